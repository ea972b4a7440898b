using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// What the calls to a channel's stream came to, over sessions: which way its media takes, and how long to leave it alone. A way that was never seen to work is given up at once where another is
/// left, one that has worked after the second failure.
/// </summary>
internal sealed class CallLine
{
    private static readonly int[] RefusedSeconds = [5, 15, 30, 60], WrongSeconds = [60, 120, 300], SilentSeconds = [2, 5, 10, 30, 60];

    private readonly Lock _gate = new();
    private MediaWay _way = MediaWay.TcpPassive;
    private bool _hasWorked;
    private int _failures;
    private int _refused, _wrong, _silent;

    /// <summary>The long list of payload types was refused.</summary>
    public bool OnlyPs { get; set; }

    /// <summary>The way of the next call.</summary>
    public MediaWay Way(MediaWay setting)
    {
        lock (_gate)
            return setting == MediaWay.Auto ? _way : setting;
    }

    /// <summary>Media flows.</summary>
    public void Flows(MediaWay way)
    {
        lock (_gate)
            (_way, _hasWorked, _failures, _refused, _wrong, _silent) = (way, true, 0, 0, 0, 0);
    }

    /// <summary>The device will not have it that way, or sends nothing: the next call takes the other one. False where none is left to be tried now.</summary>
    public bool TryOther(MediaWay setting, MediaWay failed)
    {
        lock (_gate)
        {
            if (setting != MediaWay.Auto || _way != failed || _hasWorked && ++_failures < 2)
                return false;
            (_way, _failures, _hasWorked) = (failed == MediaWay.Udp ? MediaWay.TcpPassive : MediaWay.Udp, 0, false);
            return true;
        }
    }

    /// <summary>It cannot now: no capacity, not online.</summary>
    public TimeSpan Refused() => Next(RefusedSeconds, ref _refused);

    /// <summary>It will not, whenever it is asked: no such channel, nothing it can send.</summary>
    public TimeSpan Wrong() => Next(WrongSeconds, ref _wrong);

    /// <summary>It did not answer, or answered and sent nothing.</summary>
    public TimeSpan Silent() => Next(SilentSeconds, ref _silent);

    private TimeSpan Next(int[] seconds, ref int count)
    {
        lock (_gate)
            return TimeSpan.FromSeconds(seconds[Math.Min(count++, seconds.Length - 1)]);
    }
}
