using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>
/// Makes gaps out of what happens to one stream: each from the end of the last footage to the first new footage, with the reason that holds;
/// a reason that changes meanwhile ends one and begins the next. Times are CLOCK_BOOTTIME in microseconds.
/// </summary>
internal sealed class StreamGaps(StreamKey stream, GapJournal journal)
{
    /// <summary>Less than this between two fragments is the rounding of a date, not a hole.</summary>
    private const long ShortestUs = 100_000;

    private long? _footageEndUs;
    private GapReason? _open;
    private bool _hadFootage;

    /// <summary>Footage ended some time before this process, and its end is known.</summary>
    public void ResumeFrom(long footageEndUs, GapReason reason)
    {
        _footageEndUs = footageEndUs;
        Missing(reason, footageEndUs);
    }

    /// <summary>The gap that was open when the daemon ended lasts.</summary>
    public void GoOn(long? footageEndUs, GapReason reason) => (_footageEndUs, _open) = (footageEndUs, reason);

    /// <summary>There is no footage now. The gap begins where footage ended; with another reason than before, or without footage ever, at <paramref name="nowUs"/>.</summary>
    public void Missing(GapReason reason, long nowUs)
    {
        if (_open == reason)
            return;
        journal.Open(stream, reason, _open is null ? _footageEndUs ?? nowUs : nowUs);
        _open = reason;
    }

    /// <summary>A fragment went to the ring.</summary>
    /// <param name="breakReason">Why there may be a hole in front of it that nobody reported.</param>
    /// <param name="missingFromUs">Since when pictures are missing, where sound went on behind the last one.</param>
    public void Footage(long fromUs, long toUs, GapReason breakReason, long? missingFromUs = null)
    {
        if (_open is not null || !_hadFootage)
            journal.Close(stream, fromUs);
        else if (_footageEndUs is { } end && Math.Min(end, missingFromUs ?? end) is var since && fromUs - since > ShortestUs)
            journal.Add(stream, breakReason, since, fromUs);
        (_open, _hadFootage) = (null, true);
        _footageEndUs = Math.Max(toUs, _footageEndUs ?? toUs);
    }
}
