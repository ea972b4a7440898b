using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Linux;

/// <summary>The libc calls we make. Numbers are asm-generic: x86-64 and arm64 agree on them.</summary>
internal static partial class LibC
{
    public const int EINTR = 4;
    public const int POSIX_FADV_DONTNEED = 4;
    public const uint SYNC_FILE_RANGE_WAIT_BEFORE = 1;
    public const uint SYNC_FILE_RANGE_WRITE = 2;
    public const uint SYNC_FILE_RANGE_WAIT_AFTER = 4;
    public const int CLOCK_REALTIME = 0, CLOCK_BOOTTIME = 7;
    public const int LOCK_EX = 2, LOCK_NB = 4;
    public const int AT_FDCWD = -100;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000;
    public const int W_OK = 2;
    public const uint RENAME_NOREPLACE = 1;
    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int ENOENT = 2, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EINVAL = 22, ENOSPC = 28, ENOSYS = 38, ELOOP = 40;
    public const int MADV_DONTNEED = 4;
    public const uint STATX_INO = 0x100;
    public const int STA_UNSYNC = 0x0040;
    public const int EPOLL_CLOEXEC = 0x80000, EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EFD_CLOEXEC = 0x80000;
    public const uint EPOLLIN = 1;
    public const short POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8;
    public const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1;

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVec
    {
        public nint Base;                                   // 0
        public nint Length;                                 // 8
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Timespec
    {
        public long Seconds;                                // 0
        public long Nanoseconds;                            // 8
    }

    /// <summary>0, or the errno of a call that failed. EINTR is retried here and nowhere else.</summary>
    public static unsafe int Ioctl<T>(SafeFileHandle device, uint request, ref T argument) where T : unmanaged
    {
        fixed (T* p = &argument)
            while (ioctl(device, request, p) < 0)
                if (Marshal.GetLastPInvokeError() is var errno and not EINTR)
                    return errno;
        return 0;
    }

    /// <summary>Bytes read, or the negative errno.</summary>
    public static unsafe int Read(SafeFileHandle file, Span<byte> target)
    {
        fixed (byte* p = target)
            while (true)
            {
                var count = read(file, p, target.Length);
                if (count >= 0)
                    return (int)count;
                if (Marshal.GetLastPInvokeError() is var errno and not EINTR)
                    return -errno;
            }
    }

    // Variadic in C; on linux-x64 and linux-arm64 the third argument travels in the same register either way.
    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int ioctl(SafeFileHandle device, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint read(SafeFileHandle file, byte* target, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial nint write(SafeFileHandle file, byte* source, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle epoll_create1(int flags);

    /// <summary>The event is 12 bytes on x86-64 and 16 elsewhere: <see cref="ReadyLoop"/>.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int epoll_ctl(SafeFileHandle epoll, int operation, SafeFileHandle file, byte* @event);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int epoll_wait(SafeFileHandle epoll, byte* events, int most, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    public static partial SafeFileHandle eventfd(uint initial, int flags);

    /// <summary>struct pollfd: descriptor (4), events (2), returned events (2).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int poll(int* descriptors, nuint count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial nint pwritev(SafeFileHandle file, IoVec* vectors, int count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int sync_file_range(SafeFileHandle file, long offset, long count, uint flags);

    /// <summary>Returns the errno itself.</summary>
    [LibraryImport("libc")]
    public static partial int posix_fallocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    /// <summary>Returns the errno itself.</summary>
    [LibraryImport("libc")]
    public static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int clock_gettime(int clock, out Timespec time);

    // Variadic in C; without O_CREAT there is no third argument.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle open(string path, int flags);

    // Variadic in C; on linux-x64 and linux-arm64 the mode travels in the same register as a named argument.
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle openat(SafeFileHandle folder, string name, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int mkdirat(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int renameat2(SafeFileHandle from, string name, SafeFileHandle to, string newName, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int linkat(SafeFileHandle from, string name, SafeFileHandle to, string newName, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlinkat(SafeFileHandle folder, string name, int flags);

    /// <summary>For the real user, whom the daemon's effective one is.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int faccessat(SafeFileHandle folder, string name, int mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int statfs(string path, byte* buffer);

    /// <summary>struct timex is 208 bytes on both; status stands at 40 (modes 0 only reads).</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int adjtimex(byte* timex);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    /// <summary>0, or the buffer of PATH_MAX bytes it was given.</summary>
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial nint realpath(string path, byte* resolved);

    [LibraryImport("libc")]
    public static partial int malloc_trim(nuint pad);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(nuint start, nuint length, int advice);

    // Variadic in C; on linux-x64 and linux-arm64 such arguments travel in the same registers as named ones.
    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    /// <summary>The call's own result, or -1.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint syscall(nint number, nint first, nint second, nint third);

    /// <summary>struct rlimit: soft and hard, 64 bits each; all ones means no limit.</summary>
    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int getrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    public static unsafe partial int setrlimit(int resource, ulong* limit);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setpriority(int which, uint who, int priority);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint signal(int number, nint handler);
}
