using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>The kernel's clocks, in microseconds.</summary>
public static class KernelClock
{
    /// <summary>CLOCK_BOOTTIME: since boot, runs through suspend, never steps.</summary>
    public static long BoottimeUs => Read(LibC.CLOCK_BOOTTIME);

    /// <summary>CLOCK_REALTIME: since 1970, steps when somebody sets it.</summary>
    public static long RealtimeUs => Read(LibC.CLOCK_REALTIME);

    /// <summary>True while something disciplines the wall clock: adjtimex(2) without STA_UNSYNC. Containers may forbid the question, which counts as no.</summary>
    public static unsafe bool IsSynchronized
    {
        get
        {
            var timex = stackalloc byte[208];
            new Span<byte>(timex, 208).Clear();
            if (LibC.adjtimex(timex) < 0)
                return false;
            var status = BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(timex + 40, 4));
            return (status & LibC.STA_UNSYNC) == 0;
        }
    }

    /// <summary>A random id the kernel makes once per boot.</summary>
    public static Guid BootId { get; } = Guid.Parse(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    private static long Read(int clock)
    {
        if (LibC.clock_gettime(clock, out var time) < 0)
            throw new ErrnoException("clock_gettime", $"clock {clock}", Marshal.GetLastPInvokeError());
        return time.Seconds * 1_000_000 + time.Nanoseconds / 1000;
    }
}
