namespace EdgeRecorder.Media;

internal static class MonotonicTime
{
    /// <summary>A clock that never steps, in milliseconds.</summary>
    public static long Milliseconds(this TimeProvider time) => time.GetTimestamp() / (time.TimestampFrequency / 1000);
}
