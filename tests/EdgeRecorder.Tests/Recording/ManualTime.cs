namespace EdgeRecorder.Tests.Recording;

/// <summary>Time that a test moves. Timers fire on the thread that moves it.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _sync = new();
    private readonly List<ManualTimer> _timers = [];
    private long _ticks;

    /// <summary>What the wall clock showed at the beginning; another value sets the clock and moves nothing else.</summary>
    public DateTimeOffset WallStart { get; set; } = DateTimeOffset.UnixEpoch.AddYears(60);

    public override DateTimeOffset GetUtcNow() => WallStart + TimeSpan.FromTicks(Volatile.Read(ref _ticks));
    public override long GetTimestamp() => Volatile.Read(ref _ticks);
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long the timers that wait now have yet to wait, shortest first.</summary>
    public IReadOnlyList<TimeSpan> Waiting
    {
        get
        {
            lock (_sync)
                return [.. _timers.Select(timer => TimeSpan.FromTicks(timer.Due - _ticks)).Order()];
        }
    }

    public void Advance(TimeSpan time)
    {
        List<ManualTimer> due;
        lock (_sync)
        {
            _ticks += time.Ticks;
            due = [.. _timers.Where(timer => timer.Due <= _ticks)];
            _timers.RemoveAll(due.Contains);
        }
        due.ForEach(timer => timer.Fire());
        lock (_sync)
            foreach (var timer in due)
                timer.Repeat();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public long Due { get; private set; }

        public void Repeat()
        {
            if (_period == Timeout.InfiniteTimeSpan || time._timers.Contains(this))
                return;
            Due = time._ticks + _period.Ticks;
            time._timers.Add(this);
        }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._sync)
            {
                time._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = time._ticks + dueTime.Ticks;
                    time._timers.Add(this);
                }
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._sync)
            {
                time._timers.Remove(this);
                _period = Timeout.InfiniteTimeSpan;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
