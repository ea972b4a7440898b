using System.Globalization;
using System.Reflection;

namespace EdgeRecorder.Api;

/// <summary>What the process says of itself.</summary>
internal static class ProcessFigures
{
    private const int TicksPerSecond = 100;                 // USER_HZ, the same on all architectures

    /// <summary>Seconds since the process started: /proc/uptime less field 22 of /proc/self/stat, counted behind the name, which may hold anything.</summary>
    public static long UptimeSeconds
    {
        get
        {
            var stat = File.ReadAllText("/proc/self/stat");
            var started = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[22 - 3], CultureInfo.InvariantCulture);
            var now = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
            return (long)(now - (double)started / TicksPerSecond);
        }
    }

    /// <summary>Resident bytes; second field of /proc/self/statm, in pages.</summary>
    public static long ResidentBytes()
        => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}

internal static class ProductVersion
{
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
