namespace EdgeRecorder.Media;

/// <summary>Unix time in microseconds, as the ring counts it.</summary>
internal static class UtcTime
{
    public static long Us(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset At(long utcUs) => DateTimeOffset.UnixEpoch.AddTicks(utcUs * TimeSpan.TicksPerMicrosecond);
}
