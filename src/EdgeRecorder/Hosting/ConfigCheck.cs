using EdgeRecorder.Configuration;

namespace EdgeRecorder.Hosting;

/// <summary>What `check-config` says beyond the syntax: does the configuration fit this box?</summary>
internal static class ConfigCheck
{
    private const long LeastSegment = 4L << 20, MostSegment = 256L << 20;
    private const int LeastSegments = 2048, SegmentsPerChannel = 8;

    public static int Run(RecorderOptions options, TextWriter output)
    {
        List<string> findings = [];
        var root = options.Storage.Root;
        var existing = NearestExisting(root);
        if (RootBinding.Wrong(options.Storage, ExpectedMounts.OfThisBox()) is { } wrong)
            findings.Add(wrong);
        else if (!CanUse(existing, out var why))
            findings.Add($"storage.root: {root}: {why}");
        else
            CheckRing(options, new DriveInfo(existing), findings);
        foreach (var finding in findings)
            output.WriteLine(finding);
        if (findings.Count == 0)
            output.WriteLine($"ok: {options.Channels.Count} channel(s){(RootBinding.VolumeAt(root) is { } volume ? $"; volume {volume}" : "")}");
        return findings.Count == 0 ? CommandLine.Done : CommandLine.Usage;
    }

    /// <summary>Segment size that a ring of <paramref name="ringBytes"/> gets (DESIGN section 4): largest power of two with enough segments; 0 when none fits.</summary>
    public static long AutoSegment(long ringBytes, int channels)
    {
        for (var size = MostSegment; size >= LeastSegment; size /= 2)
            if (ringBytes / size >= LeastSegments && ringBytes / size >= (long)SegmentsPerChannel * channels)
                return size;
        return ringBytes / LeastSegment >= (long)SegmentsPerChannel * channels ? LeastSegment : 0;
    }

    private static void CheckRing(RecorderOptions options, DriveInfo drive, List<string> findings)
    {
        var ring = options.Storage.Ring;
        var held = Held(Path.Combine(options.Storage.Root, "ring"));
        var bytes = ring.Size.On(drive.TotalSize) ?? (held > 0 ? held : drive.AvailableFreeSpace / 100 * 80);
        if (bytes > drive.AvailableFreeSpace + held)
            findings.Add($"storage.ring.size: {ring.Size} is more than the {Show(drive.AvailableFreeSpace + held)} that {drive.Name} has for it");
        var streams = options.Channels.Sum(c => c.SubUrl is null ? 1 : 2);
        var needed = (long)Math.Max(1, streams) * SegmentsPerChannel;
        if (ring.SegmentSize.Bytes is { } fixedSize ? bytes / fixedSize < needed : AutoSegment(bytes, streams) == 0)
            findings.Add($"storage.ring.size: {Show(bytes)} is too small for {options.Channels.Count} channel(s): needs at least {Show(needed * (ring.SegmentSize.Bytes ?? LeastSegment))}, 8 segments per stream");
    }

    private static long Held(string ring)
        => Directory.Exists(ring) ? new DirectoryInfo(ring).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length) : 0;

    private static string NearestExisting(string path)
    {
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent)
            path = parent;
        return path;
    }

    private static bool CanUse(string directory, out string why)
    {
        why = "";
        var probe = Path.Combine(directory, $".edge-recorder-check-{Environment.ProcessId}");
        try
        {
            _ = Directory.EnumerateFileSystemEntries(directory).FirstOrDefault();
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            why = e.Message.Replace(probe, directory, StringComparison.Ordinal);
            return false;
        }
    }

    private static string Show(long bytes) => bytes >= 1 << 30 ? $"{bytes / (double)(1 << 30):0.#} GiB" : $"{bytes / (double)(1 << 20):0.#} MiB";
}
