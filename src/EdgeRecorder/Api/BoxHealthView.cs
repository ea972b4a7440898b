using EdgeRecorder.Configuration;
using EdgeRecorder.Health;

namespace EdgeRecorder.Api;

/// <param name="Name">As in /sys/block.</param>
/// <param name="LifeUsedPercent">eMMC: upper end of the step of ten per cent that its registers give. SSD: what SMART says, beyond 100 where it counts on.</param>
/// <param name="PreEndOfLife">eMMC: normal, warning (80 % of the blocks that replace worn ones are used), urgent.</param>
/// <param name="IoErrors">Commands that failed since the driver found the disk, harmless ones too.</param>
/// <param name="WrittenBytes">Since boot, by everybody.</param>
/// <param name="WrittenBytesPerDay">Mean since boot; null in its first hour.</param>
/// <param name="EnduranceDays">How long `storage.enduranceTerabytes` lasts at that rate, from new; null without that setting.</param>
/// <param name="Smart">Null: nobody asked the disk (no smartctl on this box, an eMMC, a disk of another kind).</param>
internal sealed record DiskView(
    string Name, string? Model, long? SizeBytes, int? LifeUsedPercent, string? PreEndOfLife, long? IoErrors, double? TemperatureCelsius, long? WrittenBytes, long? WrittenBytesPerDay, int? EnduranceDays,
    SmartView? Smart);

/// <summary>What a SATA, SCSI or NVMe disk says of its own health; null where it does not.</summary>
/// <param name="ReadAt">When it was asked; that is done twice an hour.</param>
/// <param name="Passed">The disk's own verdict.</param>
/// <param name="Warnings">NVMe: what its controller warns of.</param>
/// <param name="SparePercent">NVMe: blocks left that replace worn ones.</param>
/// <param name="ReallocatedSectors">ATA: sectors, or blocks, that were replaced.</param>
/// <param name="PendingSectors">ATA: sectors that could not be read and are replaced when they are written next.</param>
/// <param name="UncorrectableErrors">Reads that no correction helped.</param>
/// <param name="Problem">Why the disk could not be asked, in smartctl's words.</param>
internal sealed record SmartView(DateTimeOffset? ReadAt, bool? Passed, string[] Warnings, int? SparePercent, long? ReallocatedSectors, long? PendingSectors, long? UncorrectableErrors, long? PowerOnHours, string? Problem);

/// <param name="LimitCelsius">Where the kernel or the chip's maker draws the line; null: neither says one.</param>
internal sealed record TemperatureView(string Name, double Celsius, double? LimitCelsius);

/// <param name="Faults">All of them, the worst first.</param>
/// <param name="Disks">Those that carry `storage.root`; what a disk does not say is null.</param>
/// <param name="DiskFaults">Writes and syncs that the disk refused since start.</param>
/// <param name="QuarantinedSegments">Segments that are not written any more because of that.</param>
internal sealed record BoxHealthView(string[] Faults, DiskView[] Disks, TemperatureView[] Temperatures, long? VolumeBytes, long? FreeBytes, long DiskFaults, int QuarantinedSegments)
{
    private const double BytesOfTerabyte = 1e12;            // as data sheets count

    public static BoxHealthView Of(BoxHealth health, StorageOptions options, Storage.StorageFigures figures)
    {
        var reading = health.Reading;
        return new([.. health.Faults], [.. (reading?.Disks ?? []).Select(disk => Of(disk, options.EnduranceTerabytes))], [.. (reading?.Temperatures ?? []).Select(sensor => new TemperatureView(sensor.Name, sensor.Celsius, sensor.LimitCelsius))],
            reading?.VolumeBytes, reading?.FreeBytes, figures.DiskFaults, figures.QuarantinedSegments);
    }

    private static DiskView Of(DiskReading disk, int enduranceTerabytes) => new(
        disk.Name, disk.Model, disk.SizeBytes, disk.LifeUsedPercent, disk.PreEndOfLife is { } life ? Words.Of(life) : null, disk.IoErrors, disk.TemperatureCelsius, disk.WrittenBytes, disk.WrittenBytesPerDay,
        enduranceTerabytes > 0 && disk.WrittenBytesPerDay > 0 ? (int)Math.Min(int.MaxValue, enduranceTerabytes * BytesOfTerabyte / disk.WrittenBytesPerDay.Value) : null,
        disk.Smart is { } smart ? new(smart.ReadAt, smart.Passed, [.. smart.Warnings], smart.SparePercent, smart.ReallocatedSectors, smart.PendingSectors, smart.UncorrectableErrors, smart.PowerOnHours, smart.Problem) : null);
}
