using System.Runtime.CompilerServices;

namespace EdgeRecorder.Media;

/// <summary>What wants to be called twice a second, on a pool thread; it must not block.</summary>
internal interface ITicking
{
    void Tick();
}

/// <summary>One timer for all sessions and streams: two wake-ups a second for the box, not some per camera.</summary>
internal sealed class SlowTimer
{
    private static readonly ConditionalWeakTable<TimeProvider, SlowTimer> Timers = [];
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private ITicking[] _members = [];
    private int _running;

    private SlowTimer(TimeProvider time) => _timer = time.CreateTimer(_ => TickAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public static SlowTimer Of(TimeProvider time) => Timers.GetValue(time, time => new(time));

    public void Add(ITicking member) => Change(members => [.. members, member]);

    public void Remove(ITicking member) => Change(members => [.. members.Where(other => other != member)]);

    private void Change(Func<ITicking[], ITicking[]> change)
    {
        lock (_gate)
        {
            var before = _members.Length;
            _members = change(_members);
            if (before == 0 && _members.Length > 0)
                _timer.Change(Period, Period);
            else if (_members.Length == 0)
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void TickAll()
    {
        if (Interlocked.Exchange(ref _running, 1) != 0)
            return;                                         // the last round is not through
        try
        {
            foreach (var member in _members)
                member.Tick();
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }
}
