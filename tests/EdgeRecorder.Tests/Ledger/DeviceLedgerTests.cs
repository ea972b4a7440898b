using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Tests.Ledger;

public sealed class DeviceLedgerTests : IDisposable
{
    private const long Minute = 60_000_000;
    private readonly TemporaryDirectory _directory = new();
    private readonly LedgerDatabase _ledger;

    public DeviceLedgerTests()
    {
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), 1_000_000, ClockQuality.Ntp, 0));
        new ClockStore(_ledger).Keep(new(2, Guid.NewGuid(), 5_000_000_000, ClockQuality.Ntp, 0));
    }

    public void Dispose()
    {
        _ledger.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_ledger_of_version_2_becomes_what_a_new_one_is_and_keeps_its_channels()
    {
        var path = _directory.File("old.db");
        using (var old = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            old.Open();
            LedgerDatabase.Execute(old, File.ReadAllText(Repository.Path("tests/data/ledger/version-2.sql")));
            LedgerDatabase.Execute(old, "INSERT INTO channels (id, key, protocol, name, url, record, transport, audio, priority, from_file, created_utc_ms) VALUES ('abc', 'gate', 'rtsp', 'Gate', 'rtsp://h/', 1, 'auto', 1, 0, 0, 1); PRAGMA user_version=2");
        }
        using var migrated = LedgerDatabase.Open(path);
        Assert.Equal(Shape(_ledger), Shape(migrated));
        PrivateFile.MakeDirectory(_directory.File("keys"));
        var channel = Assert.Single(new ChannelStore(migrated, BoxSecret.Open(_directory.File("keys")), TimeProvider.System).All());
        Assert.Equal(("abc", "gate", (int?)null), (channel.Id, channel.Key, channel.Device));
    }

    [Fact]
    public void Recordings_of_a_ledger_of_version_5_go_on_with_the_ids_they_had()
    {
        var path = _directory.File("old.db");
        using (var old = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            old.Open();
            LedgerDatabase.Execute(old, File.ReadAllText(Repository.Path("tests/data/ledger/version-5.sql")));
            LedgerDatabase.Execute(old, "INSERT INTO recordings VALUES ('abc', 'box', '1,2', 1700000000123, 1900000000000, 'running', 'admin'), ('def', 'axxon', '3', 1600000000000, 1650000000000, 'stopped', 'guard'); "
                + "PRAGMA user_version=5");
        }
        using var migrated = LedgerDatabase.Open(path);
        Assert.Equal(Shape(_ledger), Shape(migrated));
        var store = new RecordingStore(migrated);
        var open = Assert.Single(store.Open());
        Assert.Equal(("abc", "box", "admin", RecordingState.Ready), (open.Id, open.Owner, open.By, open.State));
        Assert.Equal([1, 2], open.Channels);
        Assert.Equal((1_700_000_000_123, 1_900_000_000_000), (open.Created.ToUnixTimeMilliseconds(), open.Until!.Value.ToUnixTimeMilliseconds()));
        var stopped = store.Find("def")!;
        Assert.Equal((RecordingState.Stopped, 1_650_000_000_000, "record", ""), (stopped.State, stopped.Finish!.Value.ToUnixTimeMilliseconds(), stopped.Kind, stopped.ExternalId));
    }

    [Fact]
    public void A_device_comes_back_as_it_was_stored()
    {
        var store = new DeviceStore(_ledger, TimeProvider.System);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);
        var saved = store.Save(new DeviceRow
        {
            Protocol = "jt808", Identity = "13912345678", Name = "Bus 7", State = Approval.Approved, Manufacturer = "m", Model = "x", Serial = "s", Plate = "粤B12345", PlateColor = 2, Code = [1, 2, 3],
            Record = true, TwoStreams = true, G726 = G726Order.Aal2, Clock = DeviceClock.Utc, MediaWay = MediaWay.TcpActive, FirstSeen = at, LastSeen = at,
        });
        var read = Assert.Single(store.All());
        Assert.Equal(saved.Code, read.Code);
        Assert.Equal(saved with { Code = null }, read with { Code = null });
        Assert.Equal(16, read.Id.Length);
    }

    [Fact]
    public void A_forgotten_device_keeps_its_row_and_the_next_one_has_another_number_and_id()
    {
        var store = new DeviceStore(_ledger, TimeProvider.System);
        var first = store.Save(new DeviceRow { Protocol = "jt808", Identity = "1" });
        Assert.Throws<LedgerException>(() => store.Save(new DeviceRow { Protocol = "jt808", Identity = "1" }));
        store.Save(first with { Removed = true });
        var second = store.Save(new DeviceRow { Protocol = "jt808", Identity = "1" });
        Assert.True(second.Number > first.Number);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal([second.Id], store.All().Select(d => d.Id));
    }

    [Fact]
    public void When_a_device_was_seen_is_noted_and_the_first_time_stays()
    {
        var store = new DeviceStore(_ledger, TimeProvider.System);
        var number = store.Save(new DeviceRow { Protocol = "jt808", Identity = "1" }).Number;
        store.Seen([(number, DateTimeOffset.FromUnixTimeMilliseconds(1000))]);
        store.Seen([(number, DateTimeOffset.FromUnixTimeMilliseconds(2000))]);
        Assert.Equal((1000, 2000), (store.All()[0].FirstSeen!.Value.ToUnixTimeMilliseconds(), store.All()[0].LastSeen!.Value.ToUnixTimeMilliseconds()));
    }

    [Fact]
    public void Positions_are_read_in_order_of_time_across_boots_and_dated_by_their_boots()
    {
        var store = new PositionStore(_ledger);
        store.Add([At(2, 7, 300), At(1, 7, 200), At(1, 7, 100), At(1, 8, 100)]);
        Assert.Equal([1_000_100, 1_000_200, 5_000_000_300], store.Overlapping(7, 1_000_000, 6_000_000_000, 100_000_000).Select(p => p.AtUtcUs));
        Assert.Equal([1_000_200], store.Overlapping(7, 1_000_101, 1_000_201, 10).Select(p => p.AtUtcUs));
        Assert.Equal(5_000_000_300, store.Last(7)!.Value.AtUtcUs);
        Assert.Null(store.Last(9));
    }

    [Fact]
    public void A_position_that_comes_twice_is_one()
    {
        var store = new PositionStore(_ledger);
        store.Add([At(1, 7, 100)]);
        store.Add([At(1, 7, 100) with { LatitudeE7 = 42 }]);
        Assert.Equal(42, Assert.Single(store.Overlapping(7, 0, 2_000_000, 10)).LatitudeE7);
    }

    [Fact]
    public void Many_positions_are_thinned_evenly_over_the_time_they_span_and_few_are_all_there()
    {
        var store = new PositionStore(_ledger);
        store.Add([.. Enumerable.Range(0, 10_000).Select(i => At(1, 7, i * 1_000_000L))]);
        var year = store.Overlapping(7, 0, 365 * 86_400_000_000, 500);
        Assert.InRange(year.Count, 480, 500);
        Assert.All(year.Zip(year.Skip(1)), pair => Assert.InRange(pair.Second.AtUtcUs - pair.First.AtUtcUs, 19_000_000, 22_000_000));
        Assert.Equal((1_000_000, 10_000_000_000 - 30_000_000), (year[0].AtUtcUs, Math.Min(year[^1].AtUtcUs, 10_000_000_000 - 30_000_000)));
        Assert.Equal(500, store.Overlapping(7, 1_000_000, 501_000_000, 500).Count);
        store.Add([At(1, 8, 1), At(1, 8, 2), At(1, 8, 3)]);
        Assert.Equal(3, store.Overlapping(8, 0, 365 * 86_400_000_000, 500).Count);
    }

    [Fact]
    public void Old_positions_are_forgotten()
    {
        var store = new PositionStore(_ledger);
        store.Add([At(1, 7, 100), At(2, 7, 100)]);
        Assert.Equal(0, store.Prune(3_000_000_000));        // of devices that the ledger knows
        new DeviceStore(_ledger, TimeProvider.System).Save(new DeviceRow { Number = 0, Protocol = "jt808", Identity = "1" });
        store.Add([At(1, 1, 100), At(2, 1, 100)]);
        Assert.Equal(1, store.Prune(3_000_000_000));
        Assert.Equal([5_000_000_100], store.Overlapping(1, 0, long.MaxValue / 2, 10).Select(p => p.AtUtcUs));
    }

    [Fact]
    public void An_event_lasts_until_it_ends_and_is_found_by_what_it_overlaps()
    {
        var store = new EventStore(_ledger);
        var lasting = store.Begin(7, null, "overspeed", new(1, 1 * Minute));
        var over = store.Begin(7, 3, "video-signal-lost", new(1, 2 * Minute), """{"speed":1}""");
        store.End(over, new(1, 3 * Minute));
        Assert.Equal([lasting, over], store.Overlapping(7, 3, 150 * 1_000_000, 10 * Minute, 10).Select(e => e.Id));
        Assert.Equal([lasting], store.Overlapping(7, 4, 150 * 1_000_000, 10 * Minute, 10).Select(e => e.Id));
        Assert.Equal([lasting], store.Overlapping(7, 3, 4 * Minute, 10 * Minute, 10).Select(e => e.Id));
        Assert.Equal([over, lasting], store.List(10, null, 7, null, null, null).Select(e => e.Id));
        Assert.Equal([lasting], store.List(10, over, 7, null, null, null).Select(e => e.Id));
        Assert.Equal([over, lasting], store.List(10, null, null, (3, 7), null, null).Select(e => e.Id));
        Assert.Equal([lasting], store.List(10, null, null, (4, 7), null, null).Select(e => e.Id));
        Assert.Empty(store.List(10, null, null, (4, null), null, null));
        Assert.Equal("""{"speed":1}""", store.List(1, null, null, null, null, null)[0].DetailJson);
    }

    [Fact]
    public void An_event_that_lasted_when_the_daemon_ended_ends_with_the_last_position_of_its_device()
    {
        var (store, positions) = (new EventStore(_ledger), new PositionStore(_ledger));
        store.Begin(7, null, "overspeed", new(1, 10));
        store.Begin(8, null, "overspeed", new(1, 20));
        positions.Add([At(1, 7, 500), At(2, 7, 100)]);
        Assert.Equal(2, store.EndLeft());
        Assert.Equal([(20L, 20L), (10L, 500L)], store.List(10, null, null, null, null, null).Select(e => (e.FromUtcUs - 1_000_000, e.ToUtcUs!.Value - 1_000_000)));
    }

    private static PositionRow At(int boot, int device, long boottimeUs) => new(device, new(boot, boottimeUs), 312_304_160, 1_214_737_010, 12, 8472, 90, PositionFlags.FixValid, 1);

    private static string Shape(LedgerDatabase ledger) => ledger.Read(c => string.Join('\n', c.List(
        "SELECT m.name, p.name, p.type, p.\"notnull\", coalesce(p.dflt_value, ''), p.pk FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type='table' ORDER BY m.name, p.cid",
        r => string.Join(' ', Enumerable.Range(0, 6).Select(i => r.GetValue(i))))
        .Concat(c.List("SELECT name || coalesce(sql, '') FROM sqlite_schema WHERE type='index' ORDER BY name", r => r.GetString(0)))));
}
