using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Hosting;

/// <summary>The box's clocks as the kernel has them.</summary>
internal sealed class LinuxClock : BoxClock
{
    private static readonly long Year2024Us = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;

    public override long BoottimeUs => KernelClock.BoottimeUs;
    public override long UtcUs => KernelClock.RealtimeUs;
    public override ClockQuality Quality => UtcUs < Year2024Us ? ClockQuality.Unset : KernelClock.IsSynchronized ? ClockQuality.Ntp : ClockQuality.Rtc;
    public override Guid BootId { get; } = Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());
}
