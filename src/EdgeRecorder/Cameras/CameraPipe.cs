using EdgeRecorder.Media;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.Cameras;

/// <summary>A camera that streams, and what makes its pictures H.264 or H.265. One thread.</summary>
/// <exception cref="Platform.Linux.ErrnoException">A call failed; ENODEV when a device is gone.</exception>
internal abstract class CameraPipe(VideoDevice camera, VideoCapture capture, Codec codec) : IDisposable
{
    private uint? _sequence;

    public Codec Codec => codec;
    public int Width => (int)capture.Format.Width;
    public int Height => (int)capture.Format.Height;
    public double FramesPerSecond => capture.FramesPerSecond;

    /// <summary>For the log: what encodes, and how.</summary>
    public abstract string Description { get; }

    /// <summary>What the channel's state says of it; empty: nothing.</summary>
    public virtual string Remark => "";

    /// <summary>It works no better than with copies: open it so.</summary>
    public virtual bool RefusesSharing => false;

    /// <summary>Told, before the next picture, how many the camera took that will not come out: the driver had no room, or marked them damaged, or the encoder was too slow.</summary>
    public Action<int>? Missed { get; set; }

    protected VideoDevice Camera => camera;
    protected VideoCapture Capture => capture;

    public void Start() => capture.Start();

    /// <summary>Waits until there is something to do, does it, and hands out what came of it. One picture at a time: a camera that is faster than what encodes always has another.</summary>
    public void Turn(TimeSpan most, CodedBytes coded)
    {
        Wait(most);
        if (capture.TryTake(TimeSpan.Zero, out var picture, out var sourceChanged))
            Look(picture, coded);
        else if (sourceChanged)
            throw new SourceException(GapReason.Reconnect, $"{camera.Path} delivers another size from now on");
        Collect(coded);
    }

    public virtual void Dispose()
    {
        capture.Dispose();
        camera.Dispose();
    }

    /// <summary>Fewer are no picture.</summary>
    protected abstract int LeastBytes { get; }

    protected virtual void Wait(TimeSpan most) => capture.Wait(most);

    /// <summary>A picture of the camera, to be given back.</summary>
    protected abstract void Take(in CapturedPicture picture, CodedBytes coded);

    /// <summary>Hands out what an encoder has ready.</summary>
    protected abstract void Collect(CodedBytes coded);

    private void Look(in CapturedPicture picture, CodedBytes coded)
    {
        if (_sequence is { } last && picture.Sequence - last is > 1 and < 10_000 and var step)
            Miss((int)step - 1);
        _sequence = picture.Sequence;
        if (!picture.IsDamaged && picture.Bytes >= LeastBytes)
        {
            Take(picture, coded);
            return;
        }
        Miss(1);
        capture.GiveBack(picture);
    }

    protected void Miss(int pictures) => Missed?.Invoke(pictures);
}
