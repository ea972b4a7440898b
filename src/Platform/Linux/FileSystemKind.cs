using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>Which file system a path lies on, by statfs(2) magic number (linux/magic.h).</summary>
public static class FileSystemKind
{
    private static readonly Dictionary<uint, string> Names = new()
    {
        [0xEF53] = "ext4", [0xF2F52010] = "f2fs", [0x58465342] = "xfs", [0x9123683E] = "btrfs", [0x4D44] = "fat", [0x2011BAB0] = "exfat",
        [0x01021994] = "tmpfs", [0x794C7630] = "overlay", [0x6969] = "nfs", [0x5346544E] = "ntfs", [0x2FC12FC1] = "zfs", [0xCA451A4E] = "bcachefs",
        [0x65735546] = "fuse", [0x01021997] = "9p", [0xFF534D42] = "cifs",
    };

    /// <summary>The kernel's name for it, or its magic in hex.</summary>
    public static unsafe string Of(string path)
    {
        var buffer = stackalloc byte[256];                  // struct statfs: 120 bytes on 64-bit
        if (LibC.statfs(path, buffer) < 0)
            throw new ErrnoException("statfs", path, Marshal.GetLastPInvokeError());
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(buffer, 4));
        return Names.GetValueOrDefault(magic, $"0x{magic:x}");
    }
}
