namespace EdgeRecorder.Panel;

internal enum IgnitionState { On, Off, Leaving }

/// <summary>
/// The vehicle's ignition. Off: what is in memory goes to the disk at once, and recording goes on for the delay; on again within it: nothing happened. Behind the delay the box is
/// switched off. The delay also carries the box over the dip of the supply while the engine is cranked.
/// </summary>
internal sealed class Ignition : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _delay;
    private readonly Action? _leave;
    private readonly ITimer _timer;

    /// <param name="leave">The delay is over. Without one (null) the box is never switched off.</param>
    public Ignition(TimeSpan delay, TimeProvider time, Action<Action> post, Action? leave)
    {
        (_time, _delay, _leave) = (time, delay, leave);
        _timer = time.CreateTimer(_ => post(Leave), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public IgnitionState State { get; private set; } = IgnitionState.On;

    /// <summary>When the box will be switched off; null when nothing is planned.</summary>
    public DateTimeOffset? LeavesAt { get; private set; }

    /// <returns>False when it was so already, or the box is being switched off.</returns>
    public bool Set(bool on)
    {
        if (State == IgnitionState.Leaving || on == (State == IgnitionState.On))
            return false;
        State = on ? IgnitionState.On : IgnitionState.Off;
        LeavesAt = on || _leave is null ? null : _time.GetUtcNow() + _delay;
        _timer.Change(LeavesAt is null ? Timeout.InfiniteTimeSpan : _delay, Timeout.InfiniteTimeSpan);
        return true;
    }

    /// <summary>It could not be switched off: it goes on as with the ignition off, and is not asked again before the ignition was on.</summary>
    public void Stay() => (State, LeavesAt) = (IgnitionState.Off, null);

    public void Dispose() => _timer.Dispose();

    private void Leave()
    {
        if (State != IgnitionState.Off || LeavesAt is null)
            return;                                         // on again while the timer's call was on its way
        State = IgnitionState.Leaving;
        _leave!();
    }
}
