using System.Diagnostics;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Cameras;

/// <summary>Makes access units of what an encoder delivers: a picture per buffer, or parameter sets alone.</summary>
internal sealed class CameraUnits(ISourceSink sink, BoxClock clock) : IDisposable
{
    private const int TicksPerMs = 90;
    private const long OldestUs = 5_000_000;

    private readonly MediaTimeline _timeline = new(TicksPerMs);
    private readonly LossGate _gate = new();
    private PictureWriter? _picture;
    private AnnexBFeed? _feed;
    private Codec _codec;
    private double _framesPerSecond;
    private Track? _track;                                  // as announced, with the newest parameter sets

    /// <summary>Pictures that were delivered.</summary>
    public long Pictures { get; private set; }

    /// <summary>Another encoder, or the same one anew: what comes begins with a sync sample.</summary>
    public void Begin(Codec codec, double framesPerSecond)
    {
        if (_picture is null || codec != _codec)
        {
            _picture?.Dispose();
            _picture = new PictureWriter(codec, new PayloadWriter(ChunkPool.Video));
            _feed = new AnnexBFeed(_picture);
        }
        (_codec, _framesPerSecond) = (codec, framesPerSecond);
        _gate.Doubt();
    }

    /// <param name="time">CLOCK_MONOTONIC of the picture, where the driver keeps to it.</param>
    /// <exception cref="Bytes.ProtocolException">The picture is too large.</exception>
    public void Add(ReadOnlySpan<byte> annexB, TimeSpan time)
    {
        var picture = _picture!;
        _feed!.Append(annexB);
        _feed.End();
        if (!picture.HasSlice)
        {
            picture.Discard();                              // parameter sets in a buffer of their own: they are kept
            return;
        }
        if (_gate.Look(picture, picture.Sets.IsComplete) is not Decodability.Usable)
        {
            picture.Discard();
            Lose(1, "before the next sync sample");
            return;
        }
        var isNew = _track?.Codec != _codec;
        if (isNew || picture.SetsChanged)
            _track = Describe(picture);
        picture.SetsChanged = false;
        if (isNew)
            sink.Announce([_track!]);
        var (isSync, lossBefore, arrivalUs) = (picture.IsSync, _gate.Pass(picture), Arrival(time));
        var pts = _timeline.Video((ulong)(time.Ticks * TicksPerMs / TimeSpan.TicksPerMillisecond), arrivalUs, mayStepBack: false);
        Pictures++;
        sink.Add(new AccessUnit { Track = _track!, Pts = pts, IsSync = isSync, Payload = picture.Take(), ArrivalUs = arrivalUs, LossBefore = lossBefore });
    }

    /// <summary>Coded pictures are missing, and others refer to them.</summary>
    public void Lose(int pictures, string why)
    {
        if (_gate.Lose(continues: false))
            sink.Lost(pictures, why);
    }

    public void Dispose() => _picture?.Dispose();

    private Track Describe(PictureWriter picture)
    {
        var format = picture.Sets.Format;
        return new Track
        {
            Codec = _codec, TimeScale = TicksPerMs * 1000, Width = format.Width, Height = format.Height, ParameterSets = picture.Sets.ToArray(),
            FrameRate = _framesPerSecond > 0 ? _framesPerSecond : format.FrameRate,
        };
    }

    /// <summary>When the camera took it, on the box's clock. A stamp that cannot be of this clock is not believed.</summary>
    private long Arrival(TimeSpan time)
    {
        var agoUs = (long)(Stopwatch.GetElapsedTime(0) - time).TotalMicroseconds;
        return clock.BoottimeUs - (agoUs is > 0 and < OldestUs ? agoUs : 0);
    }
}
