using System.Text;
using EdgeRecorder.Platform.Linux;
using Serilog.Sinks.File;

namespace EdgeRecorder.Hosting;

/// <summary>
/// Room for the log (DESIGN section 4, Reserve): each file has all its blocks from the moment it is opened, and a ballast file keeps them for the next one.
/// On a volume without a free byte the ballast goes first, then the oldest log: history gets shorter, the log does not stop.
/// </summary>
/// <param name="fileBytes">Where the log goes on in another file; the line that reaches it is written whole.</param>
internal sealed class LogReserve(long fileBytes) : FileLifecycleHooks
{
    private const int LongestLine = 64 * 1024;

    private readonly long _bytes = fileBytes + LongestLine;

    public const string Ballast = "reserve";

    public override Stream OnFileOpened(string path, Stream underlyingStream, Encoding encoding)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var ballast = Path.Combine(folder, Ballast);
        var older = Directory.EnumerateFiles(folder, "*.log").Where(log => Path.GetFileName(log) != Path.GetFileName(path)).OrderBy(File.GetLastWriteTimeUtc);
        foreach (var victim in (string[])[ballast, .. older])
        {
            if (LinuxFile.TryReserve(path, _bytes))
                break;
            File.Delete(victim);
        }
        if (LinuxFile.TryReserve(path, _bytes))
        {
            using (File.Open(ballast, FileMode.OpenOrCreate)) { }
            LinuxFile.TryReserve(ballast, _bytes);
        }
        return underlyingStream;
    }
}
