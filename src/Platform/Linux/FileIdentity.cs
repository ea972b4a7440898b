using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>Device and inode: which file a path means, whatever its name.</summary>
public static class FileIdentity
{
    /// <exception cref="ErrnoException">The path cannot be looked at.</exception>
    public static unsafe (ulong Device, ulong Inode) Of(string path)
    {
        // statx(2): the same layout everywhere. stx_ino at 32, stx_dev_major and stx_dev_minor at 136 and 140; 256 bytes.
        var buffer = stackalloc byte[256];
        if (LibC.statx(LibC.AT_FDCWD, path, 0, LibC.STATX_INO, buffer) < 0)
            throw new ErrnoException("statx", path, Marshal.GetLastPInvokeError());
        return (((ulong)*(uint*)(buffer + 136) << 32) | *(uint*)(buffer + 140), *(ulong*)(buffer + 32));
    }
}
