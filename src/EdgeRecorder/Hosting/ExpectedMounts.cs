using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Hosting;

/// <summary>What the owner of the box wants to be mounted, and what is.</summary>
/// <param name="Meant">Mount points of fstab and of mount units, each with the file that names it.</param>
internal sealed record ExpectedMounts(IReadOnlyList<(string Point, string File)> Meant, Func<IReadOnlySet<string>> Mounted)
{
    private const string Fstab = "/etc/fstab", Units = "/etc/systemd/system", Kernel = "/proc/self/mountinfo";

    public static ExpectedMounts OfThisBox()
    {
        var meant = new List<(string, string)>();
        if (File.Exists(Fstab))
            meant.AddRange(MountTable.Meant(File.ReadLines(Fstab)).Select(point => (point, Fstab)));
        if (Directory.Exists(Units))
            foreach (var unit in Directory.EnumerateFiles(Units, "*.mount").Where(File.Exists))
                meant.AddRange(MountTable.MeantByUnit(File.ReadLines(unit)).Select(point => (point, unit)));
        return new(meant, () => MountTable.Mounted(File.ReadLines(Kernel)));
    }

    /// <summary>The innermost mount point around a path, when nothing is mounted there: what is written to the path goes to the file system below.</summary>
    /// <param name="path">Absolute; symbolic links in it are followed.</param>
    public (string Point, string File)? MissingFor(string path)
    {
        string[] names = [path, RealPath.Of(path)];
        var around = Meant.Select(meant => (Point: Trim(meant.Point), meant.File)).Where(meant => meant.Point != "/" && names.Any(name => IsWithin(name, meant.Point)));
        if (around.OrderByDescending(meant => meant.Point.Length).Cast<(string Point, string File)?>().FirstOrDefault() is not { } innermost)
            return null;
        var real = RealPath.Of(innermost.Point);
        _ = Directory.Exists(real + "/.");                   // an automount point mounts what belongs there when somebody looks inside
        var mounted = Mounted();
        return mounted.Contains(real) || mounted.Contains(innermost.Point) ? null : innermost;
    }

    private static bool IsWithin(string path, string point) => path == point || path.StartsWith(point + "/", StringComparison.Ordinal);

    private static string Trim(string point) => point.Length > 1 ? point.TrimEnd('/') : point;
}
