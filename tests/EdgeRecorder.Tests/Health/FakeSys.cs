using EdgeRecorder.Health;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Tests.Health;

/// <summary>A /sys that a test writes, laid out as the kernel's.</summary>
/// <param name="path">Where; a folder of its own without.</param>
internal sealed class FakeSys(string? path = null) : IDisposable
{
    private readonly TemporaryDirectory? _directory = path is null ? new() : null;

    public SysTree Tree => new(Root, Path.Combine(Root, "reports"));

    /// <summary>Also a folder whose device the tree can be told to carry.</summary>
    public string Root => path ?? _directory!.Path;

    /// <summary>Writes a file, as the kernel does with a line's end.</summary>
    public void Write(string name, string content)
    {
        var file = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content + "\n");
    }

    public void Link(string name, string target)
    {
        var link = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        if (Path.Exists(link))
            File.Delete(link);
        File.CreateSymbolicLink(link, Path.GetRelativePath(Path.GetDirectoryName(link)!, Path.Combine(Root, target)));
    }

    /// <summary>The device below <paramref name="folder"/> is the one whose folder in /sys is <paramref name="device"/>.</summary>
    public void Carries(string folder, string device)
    {
        var number = FileIdentity.Of(folder).Device;
        Link($"dev/block/{number >> 32}:{(uint)number}", device);
    }

    /// <summary>An eMMC with one partition, as of Linux 6.1: its device has the registers, the partition is a folder below.</summary>
    public void AddEmmc(string lifeTime, string preEol)
    {
        const string Card = "devices/platform/soc/mmc_host/mmc0/mmc0:0001";
        Write($"{Card}/life_time", lifeTime);
        Write($"{Card}/pre_eol_info", preEol);
        Write($"{Card}/name", "DG4064");
        Write($"{Card}/type", "MMC");
        Write($"{Card}/block/mmcblk0/size", "122142720");
        //      reads merged sectors ms  writes merged sectors ms  …
        Write($"{Card}/block/mmcblk0/stat", "    1543      210    98304     1204    70000      330  2000000    41233        0    50000    42437        0        0        0        0");
        Link($"{Card}/block/mmcblk0/device", Card);
        Write($"{Card}/block/mmcblk0/mmcblk0p2/partition", "2");
        Write($"{Card}/block/mmcblk0/mmcblk0p2/size", "120000000");
    }

    public const string EmmcPartition = "devices/platform/soc/mmc_host/mmc0/mmc0:0001/block/mmcblk0/mmcblk0p2";

    /// <summary>A thermal zone with a passive and a critical trip point, and its twin in hwmon.</summary>
    public void SetZone(int milliCelsius)
    {
        Write("devices/virtual/thermal/thermal_zone0/type", "cpu-thermal");
        Write("devices/virtual/thermal/thermal_zone0/temp", $"{milliCelsius}");
        Write("devices/virtual/thermal/thermal_zone0/trip_point_0_type", "passive");
        Write("devices/virtual/thermal/thermal_zone0/trip_point_0_temp", "80000");
        Write("devices/virtual/thermal/thermal_zone0/trip_point_1_type", "critical");
        Write("devices/virtual/thermal/thermal_zone0/trip_point_1_temp", "110000");
        Link("class/thermal/thermal_zone0", "devices/virtual/thermal/thermal_zone0");
        Write("devices/virtual/thermal/thermal_zone0/hwmon0/name", "cpu_thermal");
        Write("devices/virtual/thermal/thermal_zone0/hwmon0/temp1_input", $"{milliCelsius}");
        Link("devices/virtual/thermal/thermal_zone0/hwmon0/device", "devices/virtual/thermal/thermal_zone0");
        Link("class/hwmon/hwmon0", "devices/virtual/thermal/thermal_zone0/hwmon0");
    }

    public void Dispose() => _directory?.Dispose();
}
