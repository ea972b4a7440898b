using EdgeRecorder.Media;

namespace EdgeRecorder.Storage.Format;

/// <summary>What the wall clock said at one instant of one boot: the row by which everything of that boot is dated.</summary>
/// <param name="BootNumber">1…, counted by the box.</param>
/// <param name="BootId">The kernel's id of the boot.</param>
/// <param name="BoottimeUs">CLOCK_BOOTTIME, microseconds.</param>
/// <param name="UtcUs">Unix time at that instant, microseconds.</param>
public readonly record struct BootAnchor(int BootNumber, Guid BootId, long BoottimeUs, long UtcUs, ClockQuality Quality)
{
    /// <summary>What is added to a boottime of this boot to get Unix time.</summary>
    public long OffsetUs => UtcUs - BoottimeUs;
}
