using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace EdgeRecorder.PowerCut;

/// <summary>Goes through the cuts: makes each state, mounts it, examines it, and starts the program itself on some. Two at a time, each along its own half of the log.</summary>
internal sealed class Trial(BlockLog log, Trail trail, byte[] empty, string folder, string options, long fileSystem, string program, string configuration)
{
    private const int Workers = 2;
    private readonly ConcurrentDictionary<string, bool> _decoded = new();
    private readonly Lock _gate = new();

    public List<(Cut Cut, string Fault)> Faults { get; } = [];
    public Figures Figures { get; } = new();
    public int Started { get; private set; }
    public int Decoded => _decoded.Count;

    /// <param name="starts">Whether the program is started on the n-th state.</param>
    /// <param name="decodes">Whether all files of the n-th state are decoded that were not before.</param>
    /// <param name="keep">The disk stays in the folder, as the cut left it.</param>
    public void Run(IReadOnlyList<Cut> cuts, Func<int, bool> starts, Func<int, bool> decodes, bool keep)
    {
        Directory.CreateDirectory(folder);
        var share = (cuts.Count + Workers - 1) / Workers;
        Parallel.For(0, Workers, new ParallelOptions { MaxDegreeOfParallelism = Workers }, worker =>
        {
            var (disk, at) = (new CutDisk(log, empty), Path.Combine(folder, $"cut-{worker}"));
            for (var number = worker * share; number < Math.Min(cuts.Count, (worker + 1) * share); number++)
            {
                var figures = new Figures();
                var faults = Examine(disk, at, cuts[number], figures, starts(number), decodes(number));
                lock (_gate)
                {
                    Faults.AddRange(faults.Select(fault => (cuts[number], fault)));
                    Figures.Add(figures);
                }
            }
            if (keep && File.Exists(at + ".img"))
                disk.Write(at + ".img", cuts[^1]);
            else
                File.Delete(at + ".img");
        });
    }

    private List<string> Examine(CutDisk disk, string at, Cut cut, Figures figures, bool start, bool decode)
    {
        disk.Write(at + ".img", cut);
        try
        {
            List<string> faults;
            using (new Mounted(at + ".img", fileSystem, options, at))
            {
                var examination = new Examination(Path.Combine(at, "recorder"), trail, cut, figures);
                examination.Run(decode ? Decode : null);
                faults = examination.Faults;
            }
            if (!start)
                return faults;
            // The program meets the same state, not what the examination made of it.
            disk.Write(at + ".img", cut);
            using (new Mounted(at + ".img", fileSystem, options, at))
                if (new LiveStart(program, configuration, Path.Combine(at, "recorder"), new Acknowledged(trail, cut.Entry)).RunAsync().GetAwaiter().GetResult() is { } wrong)
                    faults.Add(wrong);
            lock (_gate)
                Started++;
            return faults;
        }
        catch (InvalidOperationException e)
        {
            return [e.Message];                             // it cannot be mounted, or not be given back
        }
    }

    /// <summary>With ffmpeg, as it lies there; what stood in an earlier state byte for byte is not decoded again.</summary>
    private string? Decode(string path)
        => _decoded.TryAdd(Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))), true)
           && Tool.Run("ffmpeg", silent: true, "-nostdin", "-v", "error", "-i", path, "-f", "null", "-") is { } wrong ? $"{Path.GetFileName(path)}: {wrong}" : null;
}
