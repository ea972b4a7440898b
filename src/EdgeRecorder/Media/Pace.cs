namespace EdgeRecorder.Media;

/// <summary>Once a second at most: for log lines and work that strangers can cause at any rate.</summary>
internal sealed class Pace
{
    private const long PeriodMs = 1000;
    private long _lastMs = -PeriodMs;

    public bool IsDue(long nowMs)
    {
        var last = Volatile.Read(ref _lastMs);
        return nowMs - last >= PeriodMs && Interlocked.CompareExchange(ref _lastMs, nowMs, last) == last;
    }
}
