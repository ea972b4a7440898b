using System.Collections.Concurrent;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Api;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Recording;

/// <summary>Recordings from a start to a stop, without media.</summary>
public sealed class RecordingDeskTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeEngine _engine = new();
    private readonly ManualTime _time = new();
    private readonly TaskCompletionSource _closing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LedgerDatabase _ledger;
    private ChannelCatalog _catalog;
    private RecordingStore _store;
    private RecordingDesk _desk;

    public RecordingDeskTests()
    {
        PrivateFile.MakeDirectory(_directory.File("keys"));
        (_ledger, _catalog, _store, _desk) = Open();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _closing.TrySetResult();                            // a desk waits for whoever closes files
        await _desk.DisposeAsync();
        _ledger.Dispose();
        _directory.Dispose();
    }

    private static RecordingWish Wish(string external = "", params int[] channels) => new() { Owner = "cdvr", ExternalId = external, Channels = channels, By = "somebody" };

    private (LedgerDatabase, ChannelCatalog, RecordingStore, RecordingDesk) Open()
    {
        var ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        var catalog = new ChannelCatalog(new ChannelStore(ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System));
        catalog.Load([]);
        var store = new RecordingStore(ledger);
        return (ledger, catalog, store, new RecordingDesk(catalog, store, _engine, _time, NullLogger<RecordingDesk>.Instance));
    }

    /// <summary>Another start on the ledger, or on what became of it meanwhile.</summary>
    private async Task ReopenAsync(IRecordingFollower follower, Action? meanwhile = null)
    {
        await _desk.DisposeAsync();
        _ledger.Dispose();
        meanwhile?.Invoke();
        (_ledger, _catalog, _store, _desk) = Open();
        _desk.Follow(follower);
        _engine.Applied.Clear();
        _desk.Start();
    }

    private ChannelDefinition Channel(string key, string protocol = "rtsp", int? device = null, string? deviceChannel = null)
        => _catalog.Add(new ChannelRow { Key = key, Name = key, Url = $"{protocol}://{key}", Protocol = protocol, Device = device, DeviceChannel = deviceChannel }).Channel!;

    private static Task Until(Func<bool> condition, string what) => RecorderRig.Until(condition, what);

    [Fact]
    public async Task A_recording_is_ready_until_media_flows_and_again_when_it_ends()
    {
        var gate = Channel("gate");
        var row = _desk.Start(Wish("", gate.Number), out var created);
        Assert.True(created);
        Assert.Equal(RecordingState.Ready, row.State);
        Assert.True(_engine.Applied[gate.Number]);
        Assert.Matches("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", row.Id);
        Assert.Matches("^[0-9A-Za-z]{16}$", row.Transaction);
        _engine.Say(new(gate.Number, 0), ChannelState.Recording);
        await Until(() => _desk.Find(row.Id)!.State == RecordingState.Recording, "recording");
        Assert.NotNull(_desk.Find(row.Id)!.Start);
        _engine.Say(new(gate.Number, 0), ChannelState.Offline);
        await Until(() => _desk.Find(row.Id)!.State == RecordingState.Ready, "ready");
        _engine.Say(new(gate.Number, 0), ChannelState.Refused);
        await Until(() => _desk.Find(row.Id)!.State == RecordingState.Error, "error");
        var stopped = (await _desk.StopAsync(row.Id, Patience))!;
        Assert.Equal(RecordingState.Stopped, stopped.State);
        Assert.False(_engine.Applied[gate.Number]);
        Assert.Equal(RecordingState.Stopped, _store.Find(row.Id)!.State);
        Assert.Null(await _desk.StopAsync(row.Id, Patience));
    }

    [Fact]
    public async Task Of_starts_that_race_one_makes_a_recording_and_all_are_given_it()
    {
        var gate = Channel("gate");
        var created = 0;
        var ids = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
        {
            ids.Add(_desk.Start(Wish("0:1:1", gate.Number), out var isNew).Id);
            if (isNew)
                Interlocked.Increment(ref created);
        })));
        Assert.Equal(1, created);
        Assert.Single(ids.Distinct());
        Assert.Single(_store.Open());
        var first = ids.First();
        await _desk.StopAsync(first, Patience);
        Assert.NotEqual(first, _desk.Start(Wish("0:1:1", gate.Number), out _).Id);
    }

    [Fact]
    public async Task Several_begin_and_end_together_and_a_batch_that_cannot_be_written_leaves_none()
    {
        var (gate, yard) = (Channel("gate"), Channel("yard"));
        var there = _desk.Start(Wish("a", gate.Number), out _);
        _desk.Start([Wish("a", gate.Number), Wish("b", yard.Number), Wish("c", yard.Number)]);
        var all = _desk.Of("cdvr");
        Assert.Equal(["a", "b", "c"], all.Select(row => row.ExternalId).Order());
        Assert.Contains(all, row => row.Id == there.Id);
        Assert.True(_engine.Applied[yard.Number]);
        await _desk.StopAsync([.. all.Select(row => row.Id), "nobody"], Patience);
        Assert.Empty(_desk.Of("cdvr"));
        Assert.All(all, row => Assert.Equal(RecordingState.Stopped, _store.Find(row.Id)!.State));
        Assert.False(_engine.Applied[gate.Number] || _engine.Applied[yard.Number]);

        _ledger.Write(c => c.Run("CREATE TRIGGER refuse BEFORE INSERT ON recordings WHEN NEW.external_id='e' BEGIN SELECT RAISE(ABORT, 'refused'); END"));
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => _desk.Start([Wish("d", gate.Number), Wish("e", yard.Number)]));
        Assert.Empty(_desk.Of("cdvr"));
        Assert.Empty(_store.Open());
        _desk.Start(Wish("d", gate.Number), out var created);
        Assert.True(created);
    }

    [Fact]
    public async Task A_stop_of_several_waits_for_the_files_of_all_and_no_longer_than_it_may()
    {
        var (gate, yard) = (Channel("gate"), Channel("yard"));
        _desk.Follow(new Follower { Closing = _closing });
        _desk.Start([Wish("a", gate.Number), Wish("b", yard.Number)]);
        var ids = _desk.Of("cdvr").Select(row => row.Id).ToList();
        var stop = _desk.StopAsync(ids, TimeSpan.FromSeconds(5));
        await Until(() => ids.TrueForAll(id => _store.Find(id)!.State == RecordingState.Stopping), "the stops in the ledger");
        while (!stop.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }
        await stop;
        Assert.All(ids, id => Assert.Equal(RecordingState.Stopping, _desk.Find(id)!.State));
        _closing.SetResult();
        await _desk.StopAsync(ids, Patience);
        Assert.All(ids, id => Assert.Equal(RecordingState.Stopped, _store.Find(id)!.State));
    }

    [Fact]
    public async Task A_channel_is_let_go_when_the_last_owner_stops()
    {
        var gate = Channel("gate");
        var one = _desk.Start(Wish("a", gate.Number), out _);
        var other = _desk.Start(Wish("a", gate.Number) with { Owner = "ome" }, out var created);
        Assert.True(created);
        await _desk.StopAsync(one.Id, Patience);
        Assert.True(_engine.Applied[gate.Number]);
        await _desk.StopAsync(other.Id, Patience);
        Assert.False(_engine.Applied[gate.Number]);
    }

    [Fact]
    public async Task What_ran_goes_on_after_a_restart_with_its_counters_and_what_was_stopping_is_stopped()
    {
        var gate = Channel("gate");
        var running = _desk.Start(Wish("a", gate.Number), out _);
        _desk.Report(running.Id, new RecordingProgress { Sequence = 3, Path = "x_3.mp4", TotalBytes = 1234, TotalMilliseconds = 5678 });
        await Until(() => _store.Find(running.Id)!.Sequence == 3, "the split in the ledger");
        var slow = new Follower { Closing = _closing };
        _desk.Follow(slow);
        var stopping = _desk.Start(Wish("b", gate.Number), out _);
        var stop = _desk.StopAsync(stopping.Id, TimeSpan.FromSeconds(5));
        await Until(() => _store.Find(stopping.Id)!.State == RecordingState.Stopping, "the stop in the ledger");
        Assert.Equal(RecordingState.Stopping, (await Advancing(stop))!.State);
        var follower = new Follower();
        using var cut = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(_directory.Path, "ledger.db*"))
            using (var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
            using (var target = File.Create(cut.File(Path.GetFileName(file))))
                source.CopyTo(target);
        _closing.SetResult();
        await ReopenAsync(follower, () =>
        {
            foreach (var file in Directory.GetFiles(_directory.Path, "ledger.db*"))
                File.Delete(file);
            foreach (var file in Directory.GetFiles(cut.Path))
                File.Move(file, _directory.File(Path.GetFileName(file)));
        });
        var again = Assert.Single(_desk.Of("cdvr"), row => row.Id == running.Id);
        Assert.Equal((3, "x_3.mp4", 1234L, 5678L), (again.Sequence, again.Path, again.TotalBytes, again.TotalMilliseconds));
        Assert.True(_engine.Applied[gate.Number]);
        await Until(() => _store.Find(stopping.Id)!.State == RecordingState.Stopped, "the end of what was being stopped");
        Assert.Equal(new[] { running.Id, stopping.Id }.Order(), follower.Told.Order());
        Assert.Equal([stopping.Id], follower.Ended);
    }

    [Fact]
    public async Task A_channel_that_is_not_there_yet_is_bound_when_the_catalog_has_it()
    {
        var follower = new Follower();
        _desk.Follow(follower);
        var awaited = _desk.Start(Wish("x") with { Awaits = ChannelNames.OfDevice("jt808", "13912345678", "2") }, out _);
        Assert.Empty(follower.Told);
        await ReopenAsync(follower);
        _desk.Changed(Channel("13912345678_1", "jt808", 1, "1"));
        Assert.Empty(_desk.Find(awaited.Id)!.Channels);
        var two = Channel("13912345678_2", "jt808", 1, "2");
        _desk.Changed(two);
        Assert.Equal([two.Number], _desk.Find(awaited.Id)!.Channels);
        Assert.True(_engine.Applied[two.Number]);
        Assert.Equal([awaited.Id], follower.Told);
        await _desk.StopAsync(awaited.Id, Patience);
        Assert.Equal([awaited.Id], follower.Ended);
    }

    [Fact]
    public async Task Counters_reach_the_ledger_within_seconds_and_an_error_stands_until_a_report_without_one()
    {
        var gate = Channel("gate");
        var row = _desk.Start(Wish("", gate.Number), out _);
        _engine.Say(new(gate.Number, 0), ChannelState.Recording);
        _desk.Report(row.Id, new RecordingProgress { Sequence = 0, Bytes = 10, TotalBytes = 10, Error = "no space" });
        Assert.Equal((RecordingState.Error, "no space"), (_desk.Find(row.Id)!.State, _desk.Find(row.Id)!.Error));
        _time.Advance(TimeSpan.FromSeconds(5));
        await Until(() => _store.Find(row.Id) is { TotalBytes: 10, State: RecordingState.Error }, "counters in the ledger");
        _desk.Report(row.Id, new RecordingProgress { Sequence = 0, Bytes = 20, TotalBytes = 20 });
        Assert.Equal(RecordingState.Recording, _desk.Find(row.Id)!.State);
    }

    [Fact]
    public async Task A_recording_ends_at_its_time()
    {
        var gate = Channel("gate");
        var row = _desk.Start(Wish("", gate.Number) with { Until = _time.GetUtcNow() + TimeSpan.FromMinutes(90) }, out _);
        for (var minute = 0; minute < 89; minute++)
            _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_engine.Applied[gate.Number]);
        _time.Advance(TimeSpan.FromMinutes(2));
        await Until(() => _store.Find(row.Id)!.State == RecordingState.Stopped, "the end");
        Assert.False(_engine.Applied[gate.Number]);
    }

    private async Task<T> Advancing<T>(Task<T> work)
    {
        while (!work.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }
        return await work;
    }

    private sealed class Follower : IRecordingFollower
    {
        public ConcurrentQueue<string> Told { get; } = new();
        public ConcurrentQueue<string> Ended { get; } = new();
        public TaskCompletionSource? Closing { get; init; }
        public bool Wants(RecordingRow recording) => true;
        public void Began(RecordingRow recording) => Told.Enqueue(recording.Id);

        public async Task EndedAsync(RecordingRow recording)
        {
            Ended.Enqueue(recording.Id);
            if (Closing is { } closing)
                await closing.Task;
        }
    }
}
