using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Linux;

/// <summary>The libc calls we make. Numbers are asm-generic: x86-64 and arm64 agree on them.</summary>
internal static partial class LibC
{
    public const int EINTR = 4;
    public const int POSIX_FADV_DONTNEED = 4;
    public const uint SYNC_FILE_RANGE_WRITE = 2;
    public const int CLOCK_REALTIME = 0, CLOCK_BOOTTIME = 7;
    public const int LOCK_EX = 2, LOCK_NB = 4;
    public const int AT_FDCWD = -100;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_CLOEXEC = 0x80000;
    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int EINVAL = 22, ENOSPC = 28, ENOSYS = 38;
    public const int MADV_DONTNEED = 4;
    public const uint STATX_INO = 0x100;
    public const int STA_UNSYNC = 0x0040;

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
