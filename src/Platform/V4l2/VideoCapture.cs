using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>A picture of a camera, lent until it is given back.</summary>
/// <param name="Time">CLOCK_MONOTONIC of its exposure or arrival.</param>
/// <param name="Sequence">A hole in these numbers is a picture that the driver had to drop.</param>
public readonly record struct CapturedPicture(int Index, int Offset, int Bytes, TimeSpan Time, uint Sequence, bool IsDamaged);

/// <summary>A camera's pictures through buffers shared with the driver. One thread.</summary>
/// <exception cref="ErrnoException">Every call that fails; ENODEV when the device was unplugged.</exception>
public sealed class VideoCapture : IDisposable
{
    private readonly VideoDevice _device;
    private readonly BufferQueue _buffers;

    /// <param name="buffers">Four: one is filled, one is being encoded, and the two between bear a late thread.</param>
    public VideoCapture(VideoDevice device, uint fourCC, int width, int height, (uint Frames, uint Seconds)? pace = null, int buffers = 4)
    {
        _device = device;
        Format = device.SetFormat(Side.Capture, fourCC, (uint)width, (uint)height);
        KeepsPace = pace is { } wanted && device.TryPace(Side.Capture, wanted.Frames, wanted.Seconds);
        FramesPerSecond = device.PaceOf(Side.Capture);
        device.TrySubscribe(V4L2_EVENT_SOURCE_CHANGE);
        _buffers = new BufferQueue(device, Side.Capture, Format, buffers);
    }

    /// <summary>As the driver set it: look at it, it may be another size and another format than was asked for.</summary>
    public VideoFormat Format { get; }

    /// <summary>The driver took the frame rate that was asked for.</summary>
    public bool KeepsPace { get; }

    /// <summary>What the driver counts on; 0 where it does not say.</summary>
    public double FramesPerSecond { get; }

    public void Start()
    {
        for (var i = 0; i < _buffers.Count; i++)
            _buffers.Enqueue(i, 0, TimeSpan.Zero);
        _buffers.Start();
    }

    /// <summary>Waits for a picture, an event, or that the device is gone.</summary>
    public void Wait(TimeSpan most) => _device.Node.Wait(LibC.POLLIN | LibC.POLLPRI, most);

    /// <summary>The same, or that the encoder has something ready.</summary>
    public void WaitBeside(VideoEncoder encoder, TimeSpan most) => _device.Node.WaitBeside(encoder.Device.Node, most);

    /// <summary>The next picture. False: the time is over, or (<paramref name="sourceChanged"/>) what comes has another size from now on; then begin anew.</summary>
    public bool TryTake(TimeSpan patience, out CapturedPicture picture, out bool sourceChanged)
    {
        (picture, sourceChanged) = (default, false);
        var ready = _device.Node.Wait(LibC.POLLIN | LibC.POLLPRI, patience);
        if ((ready & LibC.POLLPRI) != 0 && _device.TryTakeEvent() == V4L2_EVENT_SOURCE_CHANGE)
        {
            sourceChanged = true;
            return false;
        }
        if ((ready & (LibC.POLLIN | LibC.POLLERR)) == 0)
            return false;
        if (!_buffers.TryDequeue(out var dequeued, out _))
            // An error that no call explains would be told at once again, for ever.
            return (ready & LibC.POLLERR) == 0 ? false : throw new ErrnoException("poll", _device.Path, EIO);
        picture = new(dequeued.Index, dequeued.Offset, dequeued.Bytes, dequeued.Time, dequeued.Sequence, dequeued.IsDamaged);
        return true;
    }

    /// <summary>The picture's bytes, while it is lent.</summary>
    public ReadOnlySpan<byte> Bytes(in CapturedPicture picture) => _buffers.Memory(picture.Index).Slice(picture.Offset, picture.Bytes);

    public void GiveBack(in CapturedPicture picture) => _buffers.Enqueue(picture.Index, 0, TimeSpan.Zero);

    /// <summary>The buffer's memory for another device: pictures in it need not be copied.</summary>
    public SafeFileHandle Export(int index) => _buffers.Export(index);

    public int Buffers => _buffers.Count;

    /// <summary>Ends the stream and gives the buffers back; the device stays open.</summary>
    public void Dispose() => _buffers.Dispose();
}
