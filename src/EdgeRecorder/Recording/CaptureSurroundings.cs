using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>What all captures of the box share.</summary>
/// <param name="LargestFragmentBytes">moof and mdat of the largest record the ring takes.</param>
/// <param name="RestartReason">Why footage of an earlier run of the daemon ended: restart, or power-cut.</param>
/// <param name="OpenGaps">Gaps that were open when the daemon started.</param>
/// <param name="ToBoottimeUs">CLOCK_BOOTTIME of the running boot at a Unix time, both microseconds.</param>
internal sealed record CaptureSurroundings(
    IRing Ring, GapJournal Gaps, BoxClock Clock, TimeProvider Time, ILogger Log, int LargestFragmentBytes, GapReason RestartReason,
    IReadOnlyDictionary<StreamKey, GapReason> OpenGaps, Func<long, long> ToBoottimeUs)
{
    public StartPace Pace { get; } = new(Time);
    public SlowTimer Timer { get; init; } = SlowTimer.Of(Time);
    public Random Chance { get; } = Random.Shared;
}
