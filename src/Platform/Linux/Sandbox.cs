using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>What a process gives up before it looks at bytes of strangers: privileges, sockets, other processes, priority, and memory without end.</summary>
public static unsafe class Sandbox
{
    // asm-generic/resource.h
    private const int RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_DATA = 2, RLIMIT_CORE = 4;
    private const int PRIO_PROCESS = 0, IOPRIO_WHO_PROCESS = 1;
    private const int IdleClass = 3 << 13;                  // IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)
    private const int SIGXFSZ = 25, ESRCH = 3;
    private const nint SIG_IGN = 1;

    /// <summary>Everything that holds for the life of the process. Call it early: threads that are made later inherit it, those that are there get it one by one.</summary>
    /// <param name="memoryBytes">Of private memory that can be written to (RLIMIT_DATA). Address space cannot be limited: the runtime reserves far more than it uses.</param>
    /// <param name="ioctls">Of the devices that were opened before, and are worked with inside: numbers of ioctl that are let through. Those of other devices are refused.</param>
    /// <exception cref="ErrnoException">The kernel refused something; go no further.</exception>
    public static void Enter(long memoryBytes, params IReadOnlyCollection<uint> ioctls)
    {
        LowerPriority();
        SetLimit(RLIMIT_CORE, 0, 0, "RLIMIT_CORE");
        SetLimit(RLIMIT_DATA, (ulong)memoryBytes, (ulong)memoryBytes, "RLIMIT_DATA");
        LibC.signal(SIGXFSZ, SIG_IGN);                      // a file that would grow too long is an error of write, not the end
        SeccompFilter.Apply(ioctls);
    }

    /// <summary>CPU time from now on, after which the kernel ends the process.</summary>
    public static void LimitCpu(TimeSpan more)
    {
        var used = Environment.CpuUsage.TotalTime;
        SetLimit(RLIMIT_CPU, (ulong)Math.Ceiling((used + more).TotalSeconds), ulong.MaxValue, "RLIMIT_CPU");
    }

    /// <summary>The longest file that may be written; more is EFBIG.</summary>
    public static void LimitFileSize(long bytes) => SetLimit(RLIMIT_FSIZE, (ulong)bytes, ulong.MaxValue, "RLIMIT_FSIZE");

    /// <summary>nice 19 and the idle class of the disk, for each thread: on Linux both belong to threads. The run-time's own come and go meanwhile: one that has ended needs neither.</summary>
    private static void LowerPriority()
    {
        foreach (var task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            var id = int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
            if (LibC.setpriority(PRIO_PROCESS, (uint)id, 19) != 0 && Marshal.GetLastPInvokeError() is var refused and not ESRCH)
                throw new ErrnoException("setpriority", task, refused);
            if (LibC.syscall((nint)SeccompFilter.Number(SeccompFilter.IoPriorityCall), IOPRIO_WHO_PROCESS, id, IdleClass) != 0 && Marshal.GetLastPInvokeError() is var errno and not (LibC.ENOSYS or ESRCH))
                throw new ErrnoException("ioprio_set", task, errno);
        }
    }

    private static void SetLimit(int resource, ulong soft, ulong hard, string name)
    {
        var limit = stackalloc ulong[2];
        if (LibC.getrlimit(resource, limit) != 0)
            throw new ErrnoException("getrlimit", name, Marshal.GetLastPInvokeError());
        // Whoever started us may have set less already.
        (limit[0], limit[1]) = (Math.Min(soft, limit[1]), Math.Min(hard, limit[1]));
        if (LibC.setrlimit(resource, limit) != 0)
            throw new ErrnoException("setrlimit", name, Marshal.GetLastPInvokeError());
    }
}
