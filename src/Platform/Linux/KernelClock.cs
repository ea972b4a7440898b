using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>The kernel's clocks: CLOCK_BOOTTIME, CLOCK_REALTIME, and whether anybody disciplines the latter.</summary>
public static partial class KernelClock
{
    private const int Realtime = 0, Boottime = 7;              // linux/time.h
    private const int TimeError = 5;                           // TIME_ERROR, adjtimex(2): the clock is not synchronized
    private const int TimexBytes = 208;                        // struct timex on 64-bit systems

    /// <summary>Microseconds since the box booted, suspended time included; never steps.</summary>
    public static long BoottimeUs => Read(Boottime);

    /// <summary>Unix time in microseconds.</summary>
    public static long RealtimeUs => Read(Realtime);

    /// <summary>A time daemon keeps the clock; containers may forbid the question, which counts as no.</summary>
    public static unsafe bool IsSynchronized
    {
        get
        {
            var timex = stackalloc byte[TimexBytes];
            new Span<byte>(timex, TimexBytes).Clear();         // modes = 0: only read
            return adjtimex(timex) is >= 0 and not TimeError;
        }
    }

    private static long Read(int clock)
    {
        var error = clock_gettime(clock, out var time);
        return error == 0 ? time.Seconds * 1_000_000 + time.Nanoseconds / 1000
            : throw new IOException($"clock_gettime {clock}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out Timespec time);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int adjtimex(void* timex);

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;                                   // 0
        public long Nanoseconds;                               // 8
    }
}
