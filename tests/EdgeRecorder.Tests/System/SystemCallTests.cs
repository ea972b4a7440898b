using System.Globalization;
using System.Text.RegularExpressions;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>What the kernel sees of a lapped ring: data syncs and nothing that costs a journal commit or a device read.</summary>
[Collection(FourthDaemon.Name)]
public sealed partial class SystemCallTests(ITestOutputHelper output)
{
    private const int Segments = 16;

    [Fact]
    public async Task A_lapped_ring_is_synced_by_fdatasync_alone_and_costs_no_read_and_no_commit_of_its_own()
    {
        if (!Scale.NeedsRoot("A disk of its own and strace"))
            return;
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = $"{Segments}MiB" };
        // Only the ring lies on the watched disk, the databases elsewhere.
        using var disk = await LoopDisk.MakeAsync(48, setup.Ring);
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--speed", "4");
        var trace = directory.File("trace");
        await using var daemon = DaemonProcess.Launch(setup.With("gate", camera.Url(), ("transport", "tcp")),
            "strace", "-f", "-qq", "-y", "-e", "trace=fsync,fdatasync,ftruncate,truncate,unlink,unlinkat,fallocate,rename,renameat2,sync_file_range", "-o", trace);
        await daemon.ReadyAsync();
        await RecycledAsync(2 * Segments);
        var (from, start) = (new FileInfo(trace).Length, Stat());

        await RecycledAsync((2 + Scale.Of(2, 8)) * Segments);

        var end = Stat();
        await using var file = new FileStream(trace, FileMode.Open, FileAccess.Read, FileShare.ReadWrite) { Position = from };
        using var reader = new StreamReader(file);
        await reader.ReadLineAsync();                       // a part of one
        var calls = (await reader.ReadToEndAsync()).Split('\n').Where(line => line.Contains(setup.Ring, StringComparison.Ordinal))
            .Select(line => CallName().Match(line).Groups[1].Value).CountBy(name => name).ToDictionary();
        output.WriteLine($"{string.Join(", ", calls.Select(c => $"{c.Key} {c.Value}"))}; reads {end.Reads - start.Reads}, journal commits {end.Commits - start.Commits}");
        Assert.Equal(["fdatasync", "sync_file_range"], calls.Keys.Order().Where(name => name.Length > 0));
        Assert.Equal(0, end.Reads - start.Reads);
        // None that a sync asked for, and the timer of the journal is set beyond this test (docs/design/ring.md).
        if (start.Commits is { } commits)
            Assert.Equal(0, end.Commits - commits);
        Assert.True(calls["fdatasync"] > 0);
        Assert.Empty(daemon.Errors);

        Task<long> RecycledAsync(int segments) => daemon.WaitAsync(
            async () => (await daemon.GetAsync("/api/v1/storage")).GetProperty("ring").GetProperty("segmentsRecycled").GetInt64(), n => n >= segments, $"{segments} recycled segments", TimeSpan.FromMinutes(3));

        (long Reads, long? Commits) Stat()
        {
            var reads = long.Parse(File.ReadAllText($"/sys/block/{disk.Device}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
            var journal = $"/proc/fs/jbd2/{disk.Device}-8/info";
            // "12 transactions (10 requested), each up to 1024 blocks"
            return (reads, File.Exists(journal) ? long.Parse(File.ReadAllText(journal).Split(' ')[0], CultureInfo.InvariantCulture) : null);
        }
    }

    [GeneratedRegex(@"^\d+\s+(?:<\.\.\. )?(\w+)")]
    private static partial Regex CallName();
}
