namespace EdgeRecorder.Panel;

/// <summary>An output that is switched, for good or for a time: an alarm contact, the buzzer.</summary>
internal sealed class AlarmSwitch : IDisposable
{
    private readonly ITimer _timer;

    public AlarmSwitch(Blinker output, TimeProvider time)
    {
        Output = output;
        _timer = time.CreateTimer(_ => Output.Show(LedPattern.Off), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Blinker Output { get; }

    /// <param name="time">Null: until it is switched again.</param>
    public void Set(bool on, TimeSpan? time)
    {
        Output.Show(on ? LedPattern.On : LedPattern.Off);
        _timer.Change(on && time is { } limited ? limited : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _timer.Dispose();
        Output.Dispose();
    }
}
