using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>
/// The ring's end of a stream. What the ring refuses leaves a gap `overload` up to the next sync sample, where a run begins at the media time
/// at which the ring's footage ended, so that the file has no hole.
/// </summary>
internal sealed partial class RingTail(StreamKey stream, IRingStream ring, StreamGaps gaps, ILogger log) : IDisposable
{
    private bool _awaitsRun = true;
    private bool _overloaded;

    /// <summary>Where the ring's footage ends on the media time line, with what it has been given and not yet written.</summary>
    public long MediaEnd90k { get; private set; } = ring.MediaEnd90k;

    public long Taken { get; private set; }
    public long Refused { get; private set; }
    public long LastBoottimeUs { get; private set; }

    /// <summary>The next fragment to be taken begins a run at <see cref="MediaEnd90k"/>; whoever makes fragments has been asked for it.</summary>
    public void AwaitRun() => _awaitsRun = true;

    /// <summary>Offers a fragment. False: the caller asks the fragmenter for a new run at <see cref="MediaEnd90k"/>.</summary>
    /// <param name="outage">Reason for a hole in front of the first fragment of a session.</param>
    public bool Offer(Fragment fragment, GapReason outage)
    {
        if (_awaitsRun && !(fragment.StartsRun && fragment.IsSync && fragment.MediaStart90k >= MediaEnd90k))
            return true;
        if (!ring.Offer(fragment))
        {
            if (!_overloaded)
                LogOverload(stream.ChannelNumber, stream.Stream);
            Refused++;
            (_overloaded, _awaitsRun) = (true, true);
            gaps.Missing(GapReason.Overload, fragment.BoottimeUs);
            return false;
        }
        if (_overloaded)
            LogRecovered(stream.ChannelNumber, stream.Stream, Refused);
        (_awaitsRun, _overloaded) = (false, false);
        Taken++;
        LastBoottimeUs = fragment.BoottimeUs;
        MediaEnd90k = Math.Max(MediaEnd90k, fragment.MediaStart90k + fragment.Duration90k);
        gaps.Footage(fragment.BoottimeUs, fragment.BoottimeUs + MediaTime.ToUs(fragment.Duration90k), fragment.BreakReason ?? outage, fragment.MissingFromUs);
        return true;
    }

    public void Describe(ChannelIdentity identity, int priority) => ring.Describe(identity, priority);

    public void Dispose() => ring.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channel {Channel} stream {Stream}: the ring is behind, footage is dropped up to the next sync sample")]
    private partial void LogOverload(int channel, byte stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "Channel {Channel} stream {Stream}: the ring takes footage again ({Refused} fragments refused since start)")]
    private partial void LogRecovered(int channel, byte stream, long refused);
}
