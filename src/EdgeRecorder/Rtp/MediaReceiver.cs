using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>
/// All streams of one session: one lock, one time origin, one sink. Announces the tracks when all are described and
/// lets nothing through before.
/// </summary>
/// <param name="sink">Called under <see cref="Gate"/>, from whichever thread brought the packet.</param>
internal sealed class MediaReceiver(ISourceSink sink) : IDisposable
{
    /// <summary>Payload that counts as a sign of life though no unit was completed: a large picture over a slow link.</summary>
    private const int ProgressBytes = 16 * 1024;

    private readonly List<RtpStream> _streams = [];
    private RtpStream? _video;
    private bool _announced;
    private bool? _usesRtpInfo;
    private long? _originUs;
    private int _bytesSinceProgress;
    private bool _progress;

    /// <summary>Held around every call that brings packets.</summary>
    public Lock Gate { get; } = new();

    public IReadOnlyList<RtpStream> Streams => _streams;

    /// <summary>Units delivered to the sink.</summary>
    public long Units { get; private set; }

    /// <summary>The source said goodbye.</summary>
    public bool HasBye { get; private set; }

    /// <summary>The parameter sets of all video are known.</summary>
    public bool IsDescribed => _streams.TrueForAll(stream => stream.IsDescribed);

    public RtpStream Add(MediaFormat format, bool reorder)
    {
        var stream = new RtpStream(this, format, reorder);
        _streams.Add(stream);
        if (stream.Track.IsVideo)
            _video = stream;
        return stream;
    }

    /// <summary>Media came since the last call: of the video where there is one, else of the audio.</summary>
    public bool TakeProgress()
    {
        var progress = _progress;
        _progress = false;
        return progress;
    }

    /// <summary>Delivers what is complete; nothing may come afterwards.</summary>
    public void End()
    {
        foreach (var stream in _streams)
            stream.End();
    }

    public void Dispose()
    {
        foreach (var stream in _streams)
            stream.Dispose();
    }

    /// <summary>Decided with the first packet: streams laid out by different rules would not fit.</summary>
    internal bool UsesRtpInfo => _usesRtpInfo ??= _streams.TrueForAll(stream => stream.RtpInfo is not null);

    internal long SinceOrigin(long arrivalUs) => arrivalUs - (_originUs ??= arrivalUs);

    internal void Progress(Track track) => _progress |= track.IsVideo || _video is null;

    internal void Bytes(Track track, int count)
    {
        if (!track.IsVideo && _video is not null)
            return;
        _bytesSinceProgress += count;
        if (_bytesSinceProgress < ProgressBytes)
            return;
        _bytesSinceProgress = 0;
        _progress = true;
    }

    internal void Lost(int count, string why) => sink.Lost(count, why);

    internal void Bye() => HasBye = true;

    internal void Reported(RtpStream stream)
    {
        if (_video is null)
            return;
        foreach (var other in _streams)
            if (other != _video && (other == stream || !other.Timeline.IsAligned))
                other.Timeline.AlignWith(_video.Timeline);
    }

    internal void Deliver(in AccessUnit unit)
    {
        if (!_announced && !TryAnnounce())
        {
            unit.Payload.Release();
            return;
        }
        Units++;
        sink.Add(unit);
    }

    private bool TryAnnounce()
    {
        if (!IsDescribed)
            return false;
        sink.Announce([.. _streams.Select(stream => stream.Track)]);
        return _announced = true;
    }
}
