using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>A system call that failed: which one, on what, and why.</summary>
public sealed class ErrnoException(string operation, string path, int errno)
    : IOException($"{operation} {path}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
{
    public const int EIO = 5, EAGAIN = 11, ENOSPC = 28, EROFS = 30, EOPNOTSUPP = 95;

    public int Errno => errno;
    public string Operation => operation;
    public string Path => path;
}
