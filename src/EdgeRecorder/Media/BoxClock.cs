namespace EdgeRecorder.Media;

/// <summary>How far the wall clock can be believed, worst first (DESIGN section 4, Clock).</summary>
public enum ClockQuality : byte { Unset, Rtc, Device, Gps, Ntp }

/// <summary>
/// The box's two clocks: CLOCK_BOOTTIME, which never steps and dates everything inside, and the wall clock, which is metadata.
/// </summary>
public abstract class BoxClock
{
    /// <summary>CLOCK_BOOTTIME in microseconds.</summary>
    public abstract long BoottimeUs { get; }

    /// <summary>CLOCK_REALTIME, Unix time in microseconds.</summary>
    public abstract long UtcUs { get; }

    /// <summary>What the kernel says of the wall clock now; <see cref="ClockQuality.Unset"/> before the year 2024.</summary>
    public abstract ClockQuality Quality { get; }

    /// <summary>The kernel's boot id (/proc/sys/kernel/random/boot_id).</summary>
    public abstract Guid BootId { get; }
}
