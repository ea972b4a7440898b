using System.Globalization;

namespace EdgeRecorder.Health;

/// <summary>Which disks carry a file system: what wears and fails is the disk, not the partition or the mapping that is mounted.</summary>
internal static class DiskTree
{
    private const int Deepest = 8;                          // LUKS on LVM on RAID on a partition is four

    /// <summary>Folders of the disks, below which /sys has their figures.</summary>
    /// <param name="device">Major number in the upper half, minor in the lower. A file system without a device of its own (btrfs, overlay, tmpfs) has none.</param>
    public static IReadOnlyList<string> Below(SysTree sys, ulong device)
    {
        List<string> disks = [];
        Descend(sys.File("dev", "block", string.Create(CultureInfo.InvariantCulture, $"{device >> 32}:{(uint)device}")), disks, Deepest);
        return disks;
    }

    private static void Descend(string path, List<string> disks, int depth)
    {
        if (depth == 0 || !Directory.Exists(path))
            return;
        var folder = Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if (File.Exists(Path.Combine(folder, "partition")))
            folder = Path.GetDirectoryName(folder)!;
        var slaves = SysTree.Folders(Path.Combine(folder, "slaves"), "*").ToList();
        foreach (var slave in slaves)
            Descend(slave, disks, depth - 1);
        if (slaves.Count == 0 && !disks.Contains(folder))
            disks.Add(folder);
    }
}
