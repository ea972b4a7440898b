using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Storage;

/// <summary>Whether and how a folder can hold a ring: file system, size, room.</summary>
internal static class RingFolder
{
    private const long MiB = 1 << 20;

    /// <summary>Makes the folder and looks at what it lies on.</summary>
    /// <exception cref="StorageException">It cannot be made or written, or the file system cannot hold a ring.</exception>
    public static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, Volume.Name + ".probe");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"storage.root: {folder} cannot be written: {e.Message}", e);
        }
        var kind = FileSystemKind.Of(folder);
        if (kind is "btrfs" or "fat" or "exfat")
            throw new StorageException($"storage.root: {folder} lies on {kind}, which copies or fragments what a ring rewrites in place; use ext4, f2fs or xfs");
    }

    /// <summary>A warning for file systems that nobody has tried, or null.</summary>
    public static string? Warning(string folder)
        => FileSystemKind.Of(folder) is var kind && kind is "ext4" or "f2fs" or "xfs" ? null
            : $"{folder} lies on {kind}: a power cut there has not been tried; ext4 and f2fs have";

    /// <summary>The largest power of two from 4 to 256 MiB that makes at least 2,048 segments and enough for each channel.</summary>
    public static long SegmentBytes(RingOptions options)
    {
        if (options.SegmentBytes > 0)
            return options.SegmentBytes;
        var size = 256 * MiB;
        while (size > 4 * MiB && options.SizeBytes / size < Math.Max(2048, options.Channels * RingOptions.SegmentsPerChannel))
            size /= 2;
        return size;
    }

    /// <summary>Makes the files that are missing. A ring that exists keeps at least the size it has: files of the ring are never deleted.</summary>
    public static void Allocate(RingOptions options, Volume volume, SortedDictionary<int, string> files, Action<int, int> progress)
    {
        try
        {
            SegmentFolder.Complete(files, volume.SegmentBytes);
        }
        catch (ErrnoException e)
        {
            throw new StorageException($"storage.ring.size: {e.Message}", e);
        }
        var wanted = (int)Math.Max(2, options.SizeBytes / volume.SegmentBytes);
        var missing = wanted - files.Count;
        if (missing <= 0)
            return;
        var free = new DriveInfo(options.Folder).AvailableFreeSpace;
        if (missing * volume.SegmentBytes > free)
            throw new StorageException($"storage.ring.size: the ring needs {missing * volume.SegmentBytes / MiB} MiB more in {options.Folder}, {free / MiB} MiB are free");
        try
        {
            SegmentFolder.Allocate(options.Folder, files, wanted, volume.SegmentBytes, progress);
        }
        catch (ErrnoException e)
        {
            throw new StorageException($"storage.ring.size: {e.Message} after {files.Count} of {wanted} segments", e);
        }
    }

    /// <summary>Segments are numbered 1…n; a hole means files were taken away, which only their owner can explain.</summary>
    public static void CheckNumbers(string folder, List<Segment> segments)
    {
        for (var i = 0; i < segments.Count; i++)
            if (segments[i].Number != i + 1)
                throw new StorageException($"{folder}: segment {i + 1} is missing; put it back, or let the ring make a new one by moving the higher numbers away");
    }
}
