using System.Diagnostics;
using System.Globalization;
using System.Reflection;

namespace EdgeRecorder.Api;

/// <summary>What the process says of itself.</summary>
internal static class ProcessFigures
{
    private static readonly long Started = Stopwatch.GetTimestamp();

    public static long UptimeSeconds => (long)Stopwatch.GetElapsedTime(Started).TotalSeconds;

    /// <summary>Resident bytes; second field of /proc/self/statm, in pages.</summary>
    public static long ResidentBytes()
        => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}

internal static class ProductVersion
{
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
