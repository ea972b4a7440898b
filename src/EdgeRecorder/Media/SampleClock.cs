namespace EdgeRecorder.Media;

/// <summary>
/// Says where a unit of audio stands. It runs by its samples as long as its stamps agree: those are whole milliseconds, and with some devices those of the picture beside it.
/// </summary>
internal sealed class SampleClock
{
    private const int LeastOwnMs = 15, MostOwnMs = 30;      // what audio may be off its stamps and still run by its samples

    private Track? _track;                                  // of the last unit
    private long _next;                                     // where that ends

    /// <param name="stampedMs">Where its stamp puts it.</param>
    /// <param name="samples">How long it lasts.</param>
    /// <returns>In ticks of its track.</returns>
    public long Place(Track track, double stampedMs, int samples, bool lossBefore)
    {
        var millisecond = track.TimeScale / 1000.0;
        var stamped = (long)Math.Round(stampedMs * millisecond);
        var tolerated = Math.Clamp(samples, (int)(LeastOwnMs * millisecond), (int)(MostOwnMs * millisecond));
        var off = stamped - _next;
        if (!lossBefore && ReferenceEquals(track, _track) && Math.Abs(off) <= tolerated)
            stamped = _next + (Math.Abs(off) > tolerated / 4 ? off / 16 : 0);
        return Append(track, stamped, samples);
    }

    /// <summary>A unit that follows the last one without a stamp of its own.</summary>
    public long Continue(Track track, int samples) => Append(track, _next, samples);

    private long Append(Track track, long at, int samples)
    {
        (_track, _next) = (track, at + samples);
        return at;
    }
}
