namespace EdgeRecorder.Media;

/// <summary>
/// Turns the time stamps of one channel into ones that begin at 0 and run on, the same for audio and video. Devices send wall clock, uptime, what starts anew
/// with every file, what jumps when GPS sets their clock, and one number for ever; only differences are believed, and of those only plausible ones.
/// </summary>
/// <remarks>
/// A <em>base</em> is what has to be added to a time stamp. Audio and video use the same one, so what the terminal stamped together stays together. When the stamps of one jump,
/// it makes a new base that lets it go on at its usual pace; the other, whose stamps jump a little sooner or later, takes that base over, and a single
/// wrong stamp costs a base that nobody uses again.
/// </remarks>
/// <param name="ticks">Of the stamps, and of what is made of them, per millisecond: 1 in JT/T 1078, 90 in a program stream.</param>
internal sealed class MediaTimeline(int ticks = 1)
{
    public const int LongestStepMs = 10_000;

    private const int Bases = 4;
    private const int StandsStill = 8;                      // equal stamps in a row
    private const int MostReorderedMs = 1000;
    private const int OtherTrackAheadMs = 500;              // what one may have been sent before the other
    private const int UsualStepMs = 40;

    private readonly int _ticks = ticks;
    private readonly long[] _bases = new long[Bases];
    private int _newest = -1;
    private Lane _video = new() { Ticks = ticks };
    private Lane _audio = new() { Ticks = ticks };

    /// <summary>From one picture to the next, as far as it is known.</summary>
    public long UsualVideoStep => _video.UsualStep;

    /// <summary>Where a picture stands.</summary>
    /// <param name="mayStepBack">It is shown before pictures that came before it.</param>
    public long Video(ulong stamp, long arrivalUs, bool mayStepBack) => Place(ref _video, _audio, (long)stamp, arrivalUs, mayStepBack);

    /// <summary>Where a body of audio begins.</summary>
    public long Audio(ulong stamp, long arrivalUs) => Place(ref _audio, _video, (long)stamp, arrivalUs, mayStepBack: false);

    /// <summary>The pictures' stamps never change: they are dated by arrival, which gathering would make coarse.</summary>
    public bool VideoStandsStill => _video.Equal >= StandsStill;

    private long Place(ref Lane lane, in Lane other, long stamp, long arrivalUs, bool mayStepBack)
    {
        if (!lane.IsStarted)
            Start(ref lane, other, stamp, arrivalUs);
        else
            Follow(ref lane, other, stamp, arrivalUs, mayStepBack);
        (lane.Stamp, lane.ArrivalUs, lane.IsStarted) = (stamp, arrivalUs, true);
        return lane.Out;
    }

    private void Start(ref Lane lane, in Lane other, long stamp, long arrivalUs)
    {
        var since = other.IsStarted ? Since(arrivalUs, other) : 0;
        if (other.IsStarted && Math.Abs(stamp + other.Base - other.Out) <= since + LongestStepMs * _ticks)
            lane.Base = other.Base;
        else
            lane.Base = Add((other.IsStarted ? other.Out + since : 0) - stamp);
        lane.Out = stamp + lane.Base;
    }

    private void Follow(ref Lane lane, in Lane other, long stamp, long arrivalUs, bool mayStepBack)
    {
        var step = stamp - lane.Stamp;
        var since = Since(arrivalUs, lane);
        lane.Pace(arrivalUs, step);
        if (step > 0 && step <= LongestStepMs * _ticks)
        {
            lane.Out = stamp + lane.Base;
            lane.Step = step;
        }
        else if (step < 0 && mayStepBack && step >= -MostReorderedMs * _ticks)
            lane.Out = stamp + lane.Base;
        else if (step == 0)
            lane.Out += lane.Equal < StandsStill ? _ticks : lane.ByArrival(arrivalUs);
        else
            Jump(ref lane, other, stamp, since);
    }

    private void Jump(ref Lane lane, in Lane other, long stamp, long since)
    {
        var latest = lane.Out + LongestStepMs * _ticks + since;
        // A little back is right only beside the other track, which has shown that it is: within one track it would be the jump itself.
        if (other.IsStarted && other.Base != lane.Base && stamp + other.Base is var beside && beside > lane.Out - OtherTrackAheadMs * _ticks && beside <= latest)
            lane.Base = other.Base;
        else if (Known(stamp, lane.Out, latest) is { } known)
            lane.Base = known;
        else
            lane.Base = Add(lane.Out + (since < 1000 * _ticks ? lane.UsualStep : since) - stamp);
        lane.Out = stamp + lane.Base;
    }

    private long Since(long arrivalUs, in Lane lane) => Math.Max(0, (arrivalUs - lane.ArrivalUs) * _ticks / 1000);

    private long? Known(long stamp, long after, long latest)
    {
        for (var i = 0; i < Math.Min(_newest + 1, Bases); i++)
            if (stamp + _bases[(_newest - i) % Bases] is var at && at > after && at <= latest)
                return _bases[(_newest - i) % Bases];
        return null;
    }

    private long Add(long value)
    {
        _newest++;
        return _bases[_newest % Bases] = value;
    }

    /// <summary>Audio or video.</summary>
    private struct Lane
    {
        private const long WindowUs = 2_000_000;

        public int Ticks;                                   // per millisecond
        public bool IsStarted;
        public long Stamp;                                  // of the newest unit
        public long ArrivalUs;
        public long Base;
        public long Out;
        public long Step;                                   // of the last two that followed each other
        public int Equal;
        private long _windowUs;
        private int _inWindow;
        private long _measuredUs;                           // from one unit to the next, by arrival
        private long _originUs;                             // arrival that belongs to output 0, since stamps stand still

        public readonly long UsualStep
            => Step > 0 ? Math.Min(Step, 1000 * Ticks) : _measuredUs > 0 ? Math.Clamp(_measuredUs * Ticks / 1000, Ticks, 1000 * Ticks) : UsualStepMs * Ticks;

        /// <summary>Counts arrivals: what units are apart, whatever gathering does to each.</summary>
        public void Pace(long arrivalUs, long step)
        {
            (Equal, _originUs) = step == 0 ? (Math.Min(Equal + 1, StandsStill), _originUs) : (0, 0);
            if (_inWindow++ == 0)
                _windowUs = arrivalUs;
            else if (arrivalUs - _windowUs >= WindowUs)
                (_measuredUs, _inWindow) = ((arrivalUs - _windowUs) / (_inWindow - 1), 0);
        }

        /// <summary>How far it is to the next unit, from arrival alone: the measured pace, pulled towards where arrivals are.</summary>
        public long ByArrival(long arrivalUs)
        {
            var step = UsualStep;
            if (_originUs == 0)
                _originUs = arrivalUs - (Out + step) * 1000 / Ticks;
            var ahead = (arrivalUs - _originUs) * Ticks / 1000 - (Out + step);
            return Math.Max(Ticks, Math.Abs(ahead) > 1000 * Ticks ? step + ahead : step + ahead / 16);
        }
    }
}
