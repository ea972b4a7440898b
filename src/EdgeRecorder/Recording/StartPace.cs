namespace EdgeRecorder.Recording;

/// <summary>Spreads the first connections of all channels: 500 a second, so that ten thousand configured ones are no storm and thirty-two are all tried within 64 ms.</summary>
internal sealed class StartPace(TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);

    private readonly Lock _taking = new();
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>Comes back when it is the caller's turn.</summary>
    public Task WaitAsync(CancellationToken stop)
    {
        TimeSpan wait;
        lock (_taking)
        {
            var now = time.GetUtcNow();
            // A wall clock that stepped back must not hold anybody for longer than a full round of channels takes.
            if (_next < now || _next - now > TimeSpan.FromMinutes(1))
                _next = now;
            wait = _next - now;
            _next += Step;
        }
        return wait == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time, stop);
    }
}
