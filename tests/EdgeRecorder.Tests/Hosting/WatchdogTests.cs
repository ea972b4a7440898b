using EdgeRecorder.Api;
using EdgeRecorder.Health;
using EdgeRecorder.Hosting;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Storage;
using Microsoft.Extensions.Logging;

namespace EdgeRecorder.Tests.Hosting;

/// <summary>The watchdog is fed while every writer gets on, and not by one that hangs.</summary>
public sealed class WatchdogTests : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30), Third = Period / 3;
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly NotifySocket _systemd = new();
    private readonly WorkMark _writer = new("ring writer"), _ledger = new("ledger");
    private readonly KeptLog _log = new();
    private readonly LedgerDatabase _database;
    private readonly Watchdog _watchdog;

    public WatchdogTests()
    {
        _database = LedgerDatabase.Open(_directory.File("ledger.db"));
        PrivateFile.MakeDirectory(_directory.File("keys"));
        var catalog = new ChannelCatalog(new ChannelStore(_database, BoxSecret.Open(_directory.File("keys")), _time));
        catalog.Load([new() { Key = "gate", Name = "Gate", Url = "rtsp://h/gate" }, new() { Key = "yard", Name = "Yard", Url = "rtsp://h/yard" }]);
        var engine = new FakeEngine();
        engine.Say(new(1, 0), ChannelState.Recording);
        _watchdog = new Watchdog(_systemd.Notify(Period), new Standstill([_writer, _ledger], _time) { Patience = Period }, new Readiness { ListenersOpen = true }, catalog, engine, _time, _log);
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _systemd.Dispose();
        _database.Dispose();
        _directory.Dispose();
    }

    /// <summary>A third of the period goes by; what systemd is told then.</summary>
    private List<string> Next()
    {
        _time.Advance(Third);
        _watchdog.Look();
        return _systemd.Drain();
    }

    [Fact]
    public async Task It_is_fed_three_times_a_period_with_a_line_about_the_channels()
    {
        await _watchdog.StartAsync(CancellationToken.None);
        Assert.Equal("WATCHDOG=1", await _systemd.NextAsync(_ => true, TimeSpan.FromSeconds(20)));
        Assert.Equal("STATUS=1 of 2 channels record", await _systemd.NextAsync(_ => true, TimeSpan.FromSeconds(20)));
        for (var i = 0; i < 3; i++)
        {
            Wait.Until(() => _time.Waiting is [var due] && due == Third);
            _time.Advance(Third);
            Assert.Equal("WATCHDOG=1", await _systemd.NextAsync(_ => true, TimeSpan.FromSeconds(20)));
        }
        await _watchdog.StopAsync(CancellationToken.None);
        Assert.Empty(_systemd.Drain());
    }

    [Fact]
    public void Work_that_comes_and_goes_and_rest_however_long_are_no_standstill()
    {
        Next();
        for (var i = 0; i < 12; i++)
        {
            using (_writer.Begin())
                Assert.Equal(["WATCHDOG=1"], Next());       // another piece at every look
        }
        for (var i = 0; i < 12; i++)
            Assert.Equal(["WATCHDOG=1"], Next());
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void What_stands_is_named_first_and_ends_the_feeding_after_a_whole_period()
    {
        Next();
        using (_writer.Begin())
        {
            Assert.Equal(["WATCHDOG=1"], Next());           // seen for the first time
            Assert.Equal(["WATCHDOG=1", "STATUS=1 of 2 channels record; ring writer has stood for 10 s"], Next());
            Wait.Until(() => _log.Lines is [(LogLevel.Warning, "The ring writer has been at the same piece of work for 10 s")]);
            Assert.Equal(["WATCHDOG=1", "STATUS=1 of 2 channels record; ring writer has stood for 20 s"], Next());
            Assert.Equal(["STATUS=1 of 2 channels record; ring writer has stood for 30 s"], Next());
            Wait.Until(() => _log.Lines.Contains((LogLevel.Error, "The ring writer has stood for 30 s; systemd ends this process unless it goes on")));
            Assert.Equal(["STATUS=1 of 2 channels record; ring writer has stood for 40 s"], Next());
        }
        Assert.Equal(["WATCHDOG=1", "STATUS=1 of 2 channels record"], Next());
        Wait.Until(() => _log.Lines.Contains((LogLevel.Information, "The ring writer goes on")));
        Assert.Equal(3, _log.Lines.Count);
    }

    [Fact]
    public async Task A_commit_of_the_ledger_that_does_not_end_stands()
    {
        var standstill = new Standstill([_database.Commits], _time);
        using ManualResetEventSlim began = new(), goesOn = new();
        var commit = Task.Run(() => _database.Write(_ =>
        {
            began.Set();
            goesOn.Wait();
        }));
        began.Wait(TimeSpan.FromSeconds(20));
        standstill.Look();
        _time.Advance(Period);
        Assert.Equal([new("ledger", Period)], standstill.Look());
        goesOn.Set();
        await commit;
        Assert.Empty(standstill.Look());
    }

    private sealed class KeptLog : ILogger<Watchdog>
    {
        private readonly Lock _gate = new();
        private readonly List<(LogLevel Level, string Line)> _lines = [];

        public IReadOnlyList<(LogLevel Level, string Line)> Lines
        {
            get { lock (_gate) return [.. _lines]; }
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_gate)
                _lines.Add((logLevel, formatter(state, exception)));
        }

        public bool IsEnabled(LogLevel logLevel) => true;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
