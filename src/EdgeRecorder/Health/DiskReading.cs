using System.Globalization;

namespace EdgeRecorder.Health;

/// <summary>How much of the blocks that replace worn ones is used up (JEDEC eMMC, PRE_EOL_INFO).</summary>
internal enum PreEndOfLife { Normal = 1, Warning = 2, Urgent = 3 }

/// <summary>What a disk says of itself; null where it or its driver says nothing.</summary>
/// <param name="LifeUsedPercent">eMMC: upper end of the step of ten per cent that the registers give, of the memory that is worn most; 100 also beyond. SSD: as SMART has it, to the per cent, and beyond 100.</param>
/// <param name="IoErrors">Commands that failed since the driver found the disk, harmless ones too.</param>
/// <param name="WrittenBytes">Since boot, by everybody.</param>
/// <param name="WrittenBytesPerDay">Mean since boot; null in the first hour.</param>
internal sealed record DiskReading(
    string Name, string? Model, long? SizeBytes, int? LifeUsedPercent, PreEndOfLife? PreEndOfLife, long? IoErrors, double? TemperatureCelsius,
    long? WrittenBytes, long? WrittenBytesPerDay, SmartReport? Smart)
{
    private const int SectorBytes = 512, ExceededLife = 11; // /sys counts sectors of 512 bytes, whatever the disk's are
    private static readonly TimeSpan EnoughToTell = TimeSpan.FromHours(1);

    /// <param name="disk">Its folder in /sys.</param>
    public static DiskReading Of(SysTree sys, string disk, TimeSpan sinceBoot)
    {
        var (name, device) = (Path.GetFileName(disk), Path.Combine(disk, "device"));
        var smart = SmartReport.Read(Path.Combine(sys.Reports, $"{name}.json"));
        var sensor = Sensors(device).SelectMany(Temperature.Of).FirstOrDefault();
        // Field 7 of stat: sectors written (Documentation/block/stat.rst).
        var written = SysTree.Text(disk, "stat")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 6 } stat ? SysTree.Number(stat[6]) * SectorBytes : null;
        return new(
            name, smart?.Model ?? SysTree.Text(device, "model") ?? SysTree.Text(device, "name"), SysTree.Number(disk, "size") * SectorBytes,
            LifeUsed(SysTree.Text(device, "life_time")) ?? smart?.LifeUsedPercent, SysTree.Number(device, "pre_eol_info") is >= 1 and <= 3 and var eol ? (PreEndOfLife)eol : null,
            SysTree.Number(device, "ioerr_cnt"), sensor?.Celsius ?? smart?.TemperatureCelsius,
            written, sinceBoot < EnoughToTell ? null : (long?)(written / sinceBoot.TotalDays), smart);
    }

    /// <summary>What of all that calls for another disk.</summary>
    public IEnumerable<string> Faults => new[] { EndOfLife, Verdict }.OfType<string>();

    /// <summary>The disk will not write for much longer. Null: it says nothing like that.</summary>
    private string? EndOfLife
        => LifeUsedPercent >= 90 ? string.Create(CultureInfo.InvariantCulture, $"{Name} has used up {LifeUsedPercent} % of its life")
            : PreEndOfLife >= Health.PreEndOfLife.Warning ? $"{Name} has used up most of the blocks that replace worn ones"
            : null;

    /// <summary>What the disk itself calls a failure; null: nothing.</summary>
    private string? Verdict
        => Smart is { Warnings.Count: > 0 } warns ? $"{Name} warns (SMART): {string.Join(", ", warns.Warnings)}"
            : Smart?.Passed == false ? $"{Name} says of itself that it fails (SMART)"
            : null;

    /// <summary>"0x03 0x01": memory of type A and B, in tenths; 0 is not defined, 0x0b is beyond (eMMC 5.0, DEVICE_LIFE_TIME_EST).</summary>
    private static int? LifeUsed(string? registers)
        => registers?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(SysTree.Number).Max() is >= 1 and <= ExceededLife and var tenths ? (int)Math.Min(100, tenths * 10) : null;

    /// <summary>NVMe has its sensor right below the device, SATA (drivetemp) one level further.</summary>
    private static IEnumerable<string> Sensors(string device) => SysTree.Folders(device, "hwmon*").SelectMany(found => Path.GetFileName(found) == "hwmon" ? SysTree.Folders(found, "hwmon*") : [found]);
}
