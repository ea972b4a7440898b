using System.Diagnostics;

namespace EdgeRecorder.Simulators;

/// <summary>What a pacer's thread goes by.</summary>
internal static class PacerClock
{
    /// <summary>Seconds of a clock that only goes forward.</summary>
    public static double Now => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    /// <summary>Wall clock, seconds since 1970.</summary>
    public static double UnixSeconds => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
}
