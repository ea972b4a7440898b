using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Ledger;

public sealed class LedgerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private LedgerDatabase _ledger;

    public LedgerTests() => _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));

    public void Dispose()
    {
        _ledger.Dispose();
        _directory.Dispose();
    }

    private void Reopen()
    {
        _ledger.Dispose();
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
    }

    [Fact]
    public void It_is_in_WAL_mode_and_syncs_fully()
    {
        Assert.Equal("wal", _ledger.Read(c => c.List("PRAGMA journal_mode", r => r.GetString(0)))[0]);
        Assert.Equal(2, _ledger.Write(c => c.List("PRAGMA synchronous", r => r.GetInt32(0)))[0]);
    }

    [Fact]
    public void A_derived_key_is_the_same_as_long_as_the_box_has_its_secret_and_another_for_another_purpose()
    {
        PrivateFile.MakeDirectory(_directory.File("keys-a"));
        PrivateFile.MakeDirectory(_directory.File("keys-b"));
        var derived = BoxSecret.Open(_directory.File("keys-a")).Derive("codes");
        Assert.Equal(32, derived.Length);
        Assert.Equal(derived, BoxSecret.Open(_directory.File("keys-a")).Derive("codes"));
        Assert.NotEqual(derived, BoxSecret.Open(_directory.File("keys-a")).Derive("cookies"));
        Assert.NotEqual(derived, BoxSecret.Open(_directory.File("keys-b")).Derive("codes"));
    }

    [Fact]
    public async Task What_nobody_waits_for_is_committed_by_itself_and_its_task_says_when_it_failed()
    {
        _ledger.Write(c => c.Run("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT"));
        await _ledger.WriteSoon(c => c.Run("INSERT INTO t VALUES (1)"));
        var again = _ledger.WriteSoon(c => c.Run("INSERT INTO t VALUES (1)"));
        var other = _ledger.WriteSoon(c => c.Run("INSERT INTO t VALUES (2)"));
        _ledger.CommitAll();
        Assert.Equal([1, 2], _ledger.Read(c => c.List("SELECT a FROM t ORDER BY a", r => r.GetInt32(0))));
        await other;
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => again);
    }

    [Fact]
    public async Task What_waits_while_another_writes_is_committed_together_and_failures_stay_with_their_own()
    {
        _ledger.Write(c => c.Run("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (7)"));
        using var inside = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        var first = Task.Run(() => _ledger.Write(c =>
        {
            inside.Set();
            go.Wait();
            return c.Run("INSERT INTO t VALUES (0)");
        }));
        inside.Wait();
        using var entered = new CountdownEvent(100);
        var others = Enumerable.Range(1, 100).Select(i =>
        {
            var done = new TaskCompletionSource<Exception?>();
            new Thread(() =>
            {
                entered.Signal();
                try
                {
                    _ledger.Write(c =>
                    {
                        c.Run("INSERT INTO t VALUES ($i)", ("$i", 1000 + i));
                        c.Run("INSERT INTO t VALUES ($i)", ("$i", i));      // 7 is there: what was written before it goes with it
                    });
                    done.SetResult(null);
                }
                catch (Exception e)
                {
                    done.SetResult(e);
                }
            }) { IsBackground = true }.Start();
            return done.Task;
        }).ToList();
        entered.Wait();
        go.Set();
        await first;
        var faults = await Task.WhenAll(others);
        Assert.Equal([7], Enumerable.Range(1, 100).Where(i => faults[i - 1] is not null));
        Assert.IsType<Microsoft.Data.Sqlite.SqliteException>(faults[6]);
        Assert.Equal(Enumerable.Range(0, 101).Concat(Enumerable.Range(1, 100).Where(i => i != 7).Select(i => 1000 + i)).Order(), _ledger.Read(c => c.List("SELECT a FROM t ORDER BY a", r => r.GetInt32(0))));
    }

    [Fact]
    public void All_tables_are_strict()
        => Assert.Empty(_ledger.Read(c => c.List("SELECT name FROM pragma_table_list WHERE type='table' AND strict=0 AND name NOT LIKE 'sqlite_%'", r => r.GetString(0))));

    [Fact]
    public void What_was_written_is_read_without_closing_even_when_the_files_are_copied_as_a_cut_leaves_them()
    {
        new SettingStore(_ledger).Set("ring", "20GiB");
        using var cut = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(_directory.Path))
            using (var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
            using (var target = File.Create(cut.File(Path.GetFileName(file))))
                source.CopyTo(target);
        using var again = LedgerDatabase.Open(cut.File("ledger.db"));
        Assert.Equal("20GiB", new SettingStore(again).Get("ring"));
    }

    [Fact]
    public void Migrations_lead_an_older_ledger_to_the_newest_schema_in_order()
    {
        var path = _directory.File("old.db");
        LedgerDatabase.Open(path, new LedgerSchema("CREATE TABLE t (a INTEGER) STRICT; INSERT INTO t VALUES (1)", [])).Dispose();
        var newest = new LedgerSchema("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER) STRICT", ["ALTER TABLE t ADD COLUMN b INTEGER", "ALTER TABLE t ADD COLUMN c INTEGER; UPDATE t SET c=a+1"]);
        using var ledger = LedgerDatabase.Open(path, newest);
        Assert.Equal(2, ledger.Read(c => c.List("SELECT c FROM t", r => r.GetInt32(0)))[0]);
        Assert.Equal(3, ledger.Read(c => c.List("PRAGMA user_version", r => r.GetInt32(0)))[0]);
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_ledger_as_it_was()
    {
        var path = _directory.File("old.db");
        LedgerDatabase.Open(path, new LedgerSchema("CREATE TABLE t (a INTEGER) STRICT", [])).Dispose();
        Assert.Throws<LedgerException>(() => LedgerDatabase.Open(path, new LedgerSchema("", ["ALTER TABLE t ADD COLUMN b INTEGER; ALTER TABLE missing ADD COLUMN c INTEGER"])));
        using var ledger = LedgerDatabase.Open(path, new LedgerSchema("", []));
        Assert.Equal(["a"], ledger.Read(c => c.List("SELECT name FROM pragma_table_info('t')", r => r.GetString(0))));
    }

    [Fact]
    public void A_newer_ledger_is_refused_by_name()
    {
        var path = _directory.File("new.db");
        LedgerDatabase.Open(path, new LedgerSchema("CREATE TABLE t (a INTEGER) STRICT", [.. Enumerable.Repeat("", LedgerSchema.Embedded.Version)])).Dispose();
        Assert.Contains($"is version {LedgerSchema.Embedded.Version + 1}, this program knows {LedgerSchema.Embedded.Version}", Assert.Throws<LedgerException>(() => LedgerDatabase.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(_directory.File("x.db"), new string('x', 5000));
        Assert.Throws<LedgerException>(() => LedgerDatabase.Open(_directory.File("x.db")));
    }

    [Fact]
    public void A_gap_lasts_until_it_is_closed_and_one_reason_gives_way_to_the_next()
    {
        IGapLedger gaps = new GapStore(_ledger);
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), 1_000_000, ClockQuality.Ntp, 0));
        var stream = new StreamKey(7, 0);
        gaps.Open(stream, GapReason.Offline, new(1, 100));
        gaps.Open(stream, GapReason.Offline, new(1, 150));
        gaps.Open(stream, GapReason.Unauthorized, new(1, 200));
        Reopen();
        gaps = new GapStore(_ledger);
        Assert.Equal([(stream, GapReason.Unauthorized, new BootInstant(1, 200))], gaps.OpenGaps());
        gaps.Close(stream, new(1, 300));
        Assert.Equal([new Gap(stream, 1_000_100, 1_000_200, GapReason.Offline), new Gap(stream, 1_000_200, 1_000_300, GapReason.Unauthorized)], gaps.Overlapping(stream, 0, 2_000_000));
        Assert.Equal([GapReason.Unauthorized], gaps.Overlapping(stream, 1_000_200, 1_000_201).Select(g => g.Reason));
        Assert.Empty(gaps.Overlapping(stream with { Stream = 1 }, 0, 2_000_000));
    }

    [Fact]
    public void Footage_that_begins_before_the_gap_leaves_no_gap()
    {
        IGapLedger gaps = new GapStore(_ledger);
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), 1_000_000, ClockQuality.Ntp, 0));
        gaps.Open(new(1, 0), GapReason.NotRecording, new(1, 200));
        gaps.Close(new(1, 0), new(1, 180));
        Assert.Empty(gaps.Overlapping(new(1, 0), 0, 2_000_000));
        Assert.Empty(gaps.OpenGaps());
    }

    [Fact]
    public void A_better_clock_redates_the_gaps_of_its_boot_alone()
    {
        IGapLedger gaps = new GapStore(_ledger);
        var (clocks, stream) = (new ClockStore(_ledger), new StreamKey(1, 0));
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        clocks.Keep(new(1, first, 5, ClockQuality.Unset, 0));
        clocks.Keep(new(2, second, 1_000, ClockQuality.Ntp, 0));
        gaps.Add(stream, GapReason.PowerCut, new(1, 100), new(2, 10));
        clocks.Keep(new(1, first, 500, ClockQuality.Ntp, 90));
        Assert.Equal([new Gap(stream, 600, 1_010, GapReason.PowerCut)], gaps.Overlapping(stream, 0, 2_000));
    }

    [Fact]
    public void The_evicted_gap_of_a_stream_grows()
    {
        var (gaps, stream) = (new GapStore(_ledger), new StreamKey(1, 0));
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), 0, ClockQuality.Ntp, 0));
        gaps.Evicted(stream, new(1, 10), new(1, 20));
        gaps.Evicted(stream, new(1, 20), new(1, 30));
        Assert.Equal([new Gap(stream, 10, 30, GapReason.Evicted)], gaps.Overlapping(stream, 0, 100));
        Assert.Equal(1, gaps.Counts()[GapReason.Evicted]);
    }

    [Fact]
    public void Camera_passwords_are_not_in_the_file_and_come_back_with_the_box_secret()
    {
        PrivateFile.MakeDirectory(_directory.File("keys"));
        var row = new ChannelRow { Key = "gate", Name = "Gate", Url = "rtsp://admin:hunter2secret@camera/1", SubUrl = "rtsp://camera/2" };
        var saved = new ChannelStore(_ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System).Save(row);
        Reopen();
        foreach (var file in Directory.GetFiles(_directory.Path))
            Assert.DoesNotContain("hunter2secret", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal([saved], new ChannelStore(_ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System).All());
        Assert.Equal(PrivateFile.Mode, File.GetUnixFileMode(_directory.File("keys/box-secret")));
    }

    [Fact]
    public void Numbers_and_ids_are_never_given_again()
    {
        PrivateFile.MakeDirectory(_directory.File("keys"));
        var store = new ChannelStore(_ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System);
        var first = store.Save(new ChannelRow { Key = "a", Name = "a", Url = "rtsp://h/" });
        store.Save(first with { Removed = true });
        var second = store.Save(new ChannelRow { Key = "a", Name = "a", Url = "rtsp://h/" });
        Assert.True(second.Number > first.Number);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Throws<LedgerException>(() => store.Save(new ChannelRow { Key = "A", Name = "a", Url = "rtsp://h/" }));
    }

    [Theory]
    [InlineData("rtsp://u:p@h/x", "rtsp://u:***@h/x", "rtsp://h/x")]
    [InlineData("rtsp://u:p@ss@h:554/x@y", "rtsp://u:***@h:554/x@y", "rtsp://h:554/x@y")]
    [InlineData("rtsp://u@h", "rtsp://u@h", "rtsp://h")]
    [InlineData("rtsp://h/x:y@z", "rtsp://h/x:y@z", "rtsp://h/x:y@z")]
    public void Addresses_are_shown_without_passwords(string address, string masked, string bare)
        => Assert.Equal((masked, bare), (SourceAddress.Masked(address), SourceAddress.WithoutCredentials(address)));

    [Fact]
    public void The_last_admin_stays()
    {
        var users = new UserStore(_ledger, TimeProvider.System);
        users.Add("admin", "password1", Role.Admin);
        Assert.False(users.Remove("admin"));
        Assert.False(users.SetRole("admin", Role.Viewer));
        users.Add("other", "password2", Role.Admin);
        Assert.True(users.Remove("ADMIN"));
    }
}
