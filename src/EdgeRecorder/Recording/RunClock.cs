using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>
/// Dates the media of a run by CLOCK_BOOTTIME: arrival of its first access unit plus media time since (DESIGN section 2). A source's clock is not
/// ours, so the dates follow the arrivals where both drift apart by more than <see cref="ToleratedUs"/>.
/// </summary>
/// <remarks>
/// Networks only ever delay: the earliest arrival of a window, measured against media time, is the truth, the others are jitter. A correction is
/// spread out, at most a tenth of the time that passes, so that dates never step back and spans never overlap.
/// </remarks>
internal sealed class RunClock
{
    public const long ToleratedUs = 100_000;
    private const long Window90k = 5 * 90_000;
    private const int SlewDivisor = 10;

    private long _anchorUs;
    private long _start90k;
    private long _targetUs;                                 // where the correction is going
    private long _appliedUs;
    private long _lastAsked90k;
    private long _windowStart90k;
    private long _earliestUs;                               // least lateness of the open window

    public void Start(long arrivalUs, long media90k)
    {
        (_anchorUs, _start90k, _lastAsked90k, _windowStart90k) = (arrivalUs, media90k, media90k, media90k);
        (_targetUs, _appliedUs, _earliestUs) = (0, 0, 0);
    }

    public void Observe(long arrivalUs, long media90k)
    {
        var lateUs = arrivalUs - _anchorUs - MediaTime.ToUs(media90k - _start90k);
        if (media90k - _windowStart90k < Window90k)
        {
            _earliestUs = Math.Min(_earliestUs, lateUs);
            return;
        }
        if (Math.Abs(_earliestUs - _targetUs) > ToleratedUs)
            _targetUs = _earliestUs;
        (_earliestUs, _windowStart90k) = (lateUs, media90k);
    }

    public RunClock Fork() => (RunClock)MemberwiseClone();

    /// <summary>CLOCK_BOOTTIME of a media time, microseconds. Asked with rising times, a fragment at a time.</summary>
    public long At(long media90k)
    {
        var mostUs = Math.Max(0, MediaTime.ToUs(media90k - _lastAsked90k)) / SlewDivisor;
        _appliedUs += Math.Clamp(_targetUs - _appliedUs, -mostUs, mostUs);
        _lastAsked90k = Math.Max(_lastAsked90k, media90k);
        return _anchorUs + MediaTime.ToUs(media90k - _start90k) + _appliedUs;
    }
}
