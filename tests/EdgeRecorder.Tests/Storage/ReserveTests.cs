using EdgeRecorder.Configuration;
using EdgeRecorder.Hosting;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Storage;

/// <summary>Another program has taken the last byte of the volume: ledger and log write on, the index may go. Needs root: a small ext4 is mounted.</summary>
public sealed class ReserveTests : IDisposable
{
    private readonly RingBench _bench = new(segments: 24);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task The_ledger_commits_thousands_of_gaps_on_a_full_volume_and_opens_again()
    {
        if (!Scale.NeedsRoot("A disk of its own"))
            return;
        using var disk = await LoopDisk.MakeAsync(32);
        var path = Path.Combine(disk.Path, "ledger.db");
        var stream = new StreamKey(1, 0);
        using (var ledger = LedgerDatabase.Open(path))
        {
            new ClockStore(ledger).Keep(new Boot(1, Guid.NewGuid(), 0, ClockQuality.Ntp, 0));
            await disk.FillAsync();
            Add(ledger, 0, 3000);
        }
        using (var ledger = LedgerDatabase.Open(path))      // also a start
        {
            Add(ledger, 3000, 4000);
            Assert.Equal(4000, new GapStore(ledger).Overlapping(stream, 0, long.MaxValue).Count);
        }
        Assert.Equal(0, disk.FreeBytes >> 16);

        void Add(LedgerDatabase ledger, int from, int to)
        {
            IGapLedger gaps = new GapStore(ledger);
            for (var i = from; i < to; i++)
                gaps.Add(stream, GapReason.Offline, new(1, i * 1000), new(1, i * 1000 + 500));
        }
    }

    [Fact]
    public async Task The_log_goes_on_through_its_files_on_a_full_volume()
    {
        if (!Scale.NeedsRoot("A disk of its own"))
            return;
        const int FileBytes = 256 * 1024, Lines = 8000;
        using var disk = await LoopDisk.MakeAsync(16);
        var folder = Directory.CreateDirectory(Path.Combine(disk.Path, "logs")).FullName;
        await using (var log = Logging.Open(LogDetail.Info, folder, FileBytes))
        {
            log.Write(Serilog.Events.LogEventLevel.Information, "before");
            await disk.FillAsync();
            for (var i = 0; i < Lines; i++)                 // some six files
                log.Write(Serilog.Events.LogEventLevel.Information, "{Number}: nobody left a byte of this disk to the recorder, and it says so line by line by line by line", i);
        }
        var files = Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal).ToList();
        Assert.InRange(files.Count, 2, 4);
        Assert.Contains($"{Lines - 1}: nobody left", File.ReadLines(files[^1]).Last(), StringComparison.Ordinal);
        var numbers = files.SelectMany(File.ReadLines).Select(line => line.Split(": ")).Where(parts => parts.Length == 3).Select(parts => int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers);
        Assert.True(numbers.Count > Lines / 6, $"only {numbers.Count} lines are left");
    }

    [Fact]
    public async Task An_index_without_room_is_given_up_once_recording_goes_on_and_it_comes_back()
    {
        if (!Scale.NeedsRoot("A disk of its own"))
            return;
        using var disk = await LoopDisk.MakeAsync(64);
        using var _ = new Closing(_bench);
        _bench.Options = _bench.Options with { Folder = Path.Combine(disk.Path, "ring"), IndexPath = Path.Combine(disk.Path, "index.db") };
        _bench.Open();
        var stream = new StreamKey(1, 0);
        _bench.Record(stream, 1000);
        _bench.Ring.Dispose();
        foreach (var file in Directory.GetFiles(disk.Path, "index.db*"))
            File.Delete(file);                              // its reserve with it, which others take
        await disk.FillAsync();
        using (var hog = File.OpenWrite(Path.Combine(disk.Path, "hog")))
            hog.SetLength(hog.Length - 300 * 1024);         // room for an index, none for its reserve
        _bench.Open();
        Assert.Empty(_bench.Observer.Index);
        await disk.FillAsync("more");
        var last = 1000;
        for (; last < 20_000 && _bench.Observer.Index.Count == 0; last += 1000)
            _bench.Record(stream, 1000);                    // laps of the ring

        Assert.StartsWith("SQLite Error 13", _bench.Observer.Index[0], StringComparison.Ordinal);
        Assert.Empty(_bench.Observer.Drops);
        Assert.Null(_bench.Ring.Status().LastError);
        var numbers = _bench.NumbersOf(stream);
        Assert.Equal(last, numbers[^1]);
        _bench.Ring.Dispose();
        foreach (var file in Directory.GetFiles(disk.Path, "index.db*"))
            File.Delete(file);                              // it may be there again: a minute of the box's clock is over soon
        await disk.FillAsync("again");
        var told = _bench.Observer.Index.Count;
        _bench.Open();                                      // without an index and without room for one
        HoldsTheNewestOf(numbers);
        Assert.Equal(told + 1, _bench.Observer.Index.Count);
        Assert.StartsWith("SQLite Error 13", _bench.Observer.Index[^1], StringComparison.Ordinal);

        File.Delete(Path.Combine(disk.Path, "hog"));
        _bench.Record(stream, 100);                         // more than a minute of the box's clock
        Wait.Until(() => _bench.Observer.Index[^1] == "restored");
        _bench.Record(stream, 3000);
        numbers = _bench.NumbersOf(stream);
        _bench.Ring.Dispose();
        _bench.Open();
        Assert.Equal(PreviousStop.Clean, _bench.Ring.PreviousStop);
        Assert.InRange(_bench.Ring.Recovery.SegmentsRead, 0, 8);    // the open ones, not the ring
        HoldsTheNewestOf(numbers);

        void HoldsTheNewestOf(List<int> before)             // a start makes some more segments ready
        {
            var now = _bench.NumbersOf(stream);
            Assert.InRange(now.Count, before.Count - 5 * 52, before.Count);
            Assert.Equal(before[^now.Count..], now);
        }
    }

    /// <summary>The ring lets go of the disk before it is taken away.</summary>
    private sealed class Closing(RingBench bench) : IDisposable
    {
        public void Dispose() => bench.Ring?.Dispose();
    }
}
