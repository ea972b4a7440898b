namespace EdgeRecorder.Rtp;

/// <summary>
/// Turns one stream's RTP time stamps into presentation times that begin at the instant its session began, and says which wall-clock instant
/// of the source they are. Not thread-safe.
/// </summary>
/// <remarks>
/// Streams start with unrelated time stamps. They are laid side by side by RTP-Info where a source gives it for all of them, else by arrival; sender
/// reports then move audio to where its video is: once at the first pair of reports, slowly after that. Video never moves.
/// </remarks>
/// <param name="clockRate">RTP ticks per second.</param>
/// <param name="timeScale">Ticks per second of the presentation times.</param>
internal sealed class TrackTimeline(int clockRate, int timeScale)
{
    private const long LargestCorrectionUs = 10_000_000;    // beyond it the two reports are of different clocks
    private const long StepUs = 500_000;                    // the source moved one of its clocks: slewing would take minutes
    private const int SlewShift = 8;                        // 1/256 of the media time that passes

    private bool _started;
    private long _time;                                     // newest RTP time stamp, unwrapped
    private long _base;
    private long _basePts;
    private long _correction;
    private long _target;
    private int _largeInRow;
    private bool _catchUp;
    private long _lastPts = long.MinValue;
    private SenderReport _report;
    private SenderReport? _pending;                         // came before the first packet
    private long _reportTime;

    public bool Started => _started;
    public bool HasReport { get; private set; }

    /// <summary>Sender reports of both streams have been compared.</summary>
    public bool IsAligned { get; private set; }

    /// <summary>A time stamp in 64 bits: the nearest to the one before it.</summary>
    public long Unwrap(uint timestamp)
    {
        _time = _started ? _time + (int)(timestamp - (uint)_time) : timestamp;
        return _time;
    }

    /// <summary>Begins, or begins anew with another source's time stamps.</summary>
    /// <param name="sinceOriginUs">Between the session's first packet and this one.</param>
    /// <param name="rtpInfo">The RTP time stamp at which the session began, if the source said so for all its streams.</param>
    public void Start(uint timestamp, long sinceOriginUs, uint? rtpInfo)
    {
        _started = true;
        (_time, _base, HasReport) = (timestamp, timestamp, false);
        _basePts = Scale(sinceOriginUs, timeScale, 1_000_000);
        if (rtpInfo is { } origin && Math.Abs((long)(int)(timestamp - origin)) < 3L * clockRate)
            _basePts = Scale((int)(timestamp - origin), timeScale, clockRate);
        if (_pending is { } report)
            Report(report);
        _pending = null;
    }

    /// <summary>Presentation time without what sender reports corrected.</summary>
    public long RawPts(long time) => Scale(time - _base, timeScale, clockRate) + _basePts;

    /// <summary>False while audio waits until its times are again after those already delivered.</summary>
    public bool TryGetPts(long time, out long pts)
    {
        var raw = RawPts(time);
        if (_correction != _target && _lastPts != long.MinValue)
        {
            var step = Math.Max(1, (raw + _correction - _lastPts) >> SlewShift);
            _correction += Math.Clamp(_target - _correction, -step, step);
        }
        pts = raw + _correction;
        if (_catchUp && pts <= _lastPts)
            return false;
        _catchUp = false;
        _lastPts = pts;
        return true;
    }

    /// <summary>Wall clock of the source at a time stamp, Unix microseconds; 0 while it said nothing plausible.</summary>
    public long SourceUtcUs(long time)
        => HasReport && _report.IsPlausible ? _report.UnixUs + Scale(time - _reportTime, 1_000_000, clockRate) : 0;

    public void Report(SenderReport report)
    {
        if (!_started)
        {
            _pending = report;
            return;
        }
        (_report, _reportTime, HasReport) = (report, _time + (int)(report.RtpTimestamp - (uint)_time), true);
    }

    /// <summary>Moves this stream (audio) to where <paramref name="video"/> is by both's newest reports.</summary>
    public void AlignWith(TrackTimeline video)
    {
        if (!HasReport || !video.HasReport)
            return;
        var differenceUs = OriginUs() - video.OriginUs();
        if (Math.Abs(differenceUs) > LargestCorrectionUs)
            return;
        _target = Scale(differenceUs, timeScale, 1_000_000);
        var left = _target - _correction;
        _largeInRow = Math.Abs(left) > Scale(StepUs, timeScale, 1_000_000) ? _largeInRow + 1 : 0;
        if (IsAligned && _largeInRow < 2)
            return;
        (IsAligned, _largeInRow, _catchUp, _correction) = (true, 0, left < 0, _target);
    }

    /// <summary>The source's wall clock at presentation time 0.</summary>
    private long OriginUs() => _report.UnixUs - Scale(RawPts(_reportTime), 1_000_000, timeScale);

    private static long Scale(long value, long to, long from) => to == from ? value : (long)((Int128)value * to / from);
}
