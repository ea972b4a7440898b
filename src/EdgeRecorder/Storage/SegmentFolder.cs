using System.Globalization;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Storage;

/// <summary>Names and files of <c>ring/</c>: <c>0012/001234.mp4</c> holds or held footage, <c>0012/001234.free</c> never did.</summary>
internal static class SegmentFolder
{
    public const string FreeSuffix = ".free", FootageSuffix = ".mp4";
    private const int PerFolder = 100;

    public static string PathOf(string root, int number, bool free)
        => Path.Combine(root, (number / PerFolder).ToString("D4", CultureInfo.InvariantCulture),
            number.ToString("D6", CultureInfo.InvariantCulture) + (free ? FreeSuffix : FootageSuffix));

    /// <summary>First use of a file: from now on it is one that players open.</summary>
    public static void Promote(Segment segment)
    {
        var path = System.IO.Path.ChangeExtension(segment.Path, FootageSuffix);
        File.Move(segment.Path, path);
        segment.Path = path;
        segment.IsFirstLap = true;
    }

    /// <summary>Writes the header of a new generation, durably, and hands out the file for its records; one that never held footage gets its name.</summary>
    /// <exception cref="IOException">The disk failed; nothing stays open.</exception>
    public static ISegmentFile Begin(Segment segment, ISegmentDevice device, ReadOnlySpan<byte> header)
    {
        var file = device.Open(segment.Path);
        try
        {
            file.Write(header, 0);
            file.DataSync();
            if (segment.Path.EndsWith(FreeSuffix, StringComparison.Ordinal))
                Promote(segment);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Numbers and paths of all segments, and everything else that lies there and is not ours.</summary>
    public static (SortedDictionary<int, string> Segments, List<string> Foreign) Scan(string root)
    {
        var segments = new SortedDictionary<int, string>();
        var foreign = new List<string>();
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            var extension = Path.GetExtension(path);
            if (Path.GetDirectoryName(path) == root && name == Volume.Name)
                continue;
            if (extension is FreeSuffix or FootageSuffix && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && path == PathOf(root, number, extension == FreeSuffix) && segments.TryAdd(number, path))
                continue;
            foreign.Add(path);
        }
        return (segments, foreign);
    }

    /// <summary>Gives unused files their size back where the box stopped while they were made.</summary>
    /// <exception cref="ErrnoException">The disk is full.</exception>
    public static void Complete(SortedDictionary<int, string> existing, long segmentBytes)
    {
        foreach (var path in existing.Values)
            if (path.EndsWith(FreeSuffix, StringComparison.Ordinal) && new FileInfo(path).Length < segmentBytes)
            {
                using var file = LinuxFile.Open(path);
                file.Allocate(segmentBytes);
            }
    }

    /// <summary>Allocates files up to <paramref name="count"/>, telling how far it is; what exists stays.</summary>
    /// <exception cref="ErrnoException">The disk is full or the file system cannot allocate.</exception>
    public static void Allocate(string root, SortedDictionary<int, string> existing, int count, long segmentBytes, Action<int, int>? progress)
    {
        for (var number = 1; existing.Count < count; number++)
        {
            if (existing.ContainsKey(number))
                continue;
            var path = PathOf(root, number, free: true);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (LinuxFile.Create(path, segmentBytes)) { }
            existing[number] = path;
            progress?.Invoke(existing.Count, count);
        }
    }
}
