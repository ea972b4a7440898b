using EdgeRecorder.Configuration;
using EdgeRecorder.Health;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Panel;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Panel;

/// <summary>A front panel on lines, clocks and a system that a test holds in its hands, with a real ledger, desk and locks behind it. Work is done where it is posted, unless a test holds it back.</summary>
internal sealed class PanelRig : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LedgerDatabase _ledger;
    private readonly RecordingDesk _desk;
    private readonly Queue<Func<Task>> _held = new();

    public PanelRig(Action<PanelOptions>? change = null, Action<FakeLines>? before = null)
    {
        change?.Invoke(Options);
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        PrivateFile.MakeDirectory(_directory.File("keys"));
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), Engine.ToUtcUs(0), ClockQuality.Ntp, 0));
        Catalog = new ChannelCatalog(new ChannelStore(_ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System));
        Catalog.Load([Camera("gate"), Camera("yard")]);
        (Recordings, Events, Locks) = (new RecordingStore(_ledger), new EventStore(_ledger), new LockStore(_ledger));
        _desk = new RecordingDesk(Catalog, Recordings, Engine, Time, NullLogger<RecordingDesk>.Instance);
        _desk.Start();
        Recording = new ButtonRecording(_desk, Catalog, Options.Channels);
        Health = new BoxHealth(new SysTree(_directory.File("sys"), _directory.File("reports")), _directory.Path, Engine, new Standstill([], Time), () => TimeSpan.Zero);
        Time.Advance(TimeSpan.FromHours(1));               // the box has been up for a while
        before?.Invoke(Lines);
        var events = new PanelEvents(Events, new FoldedLocks(new LockDesk(Locks, Engine, Time)), Engine, new TestClock(Time), () => Recording.Channels.Where(Recording.Wants), Time, NullLogger.Instance);
        Panel = new FrontPanel(Options, Lines, new(Catalog, Engine, Recording, events, Engine, () => BoxCondition.Read(Catalog, Engine, Recording, Health), System, Time, Post, NullLogger.Instance));
        Panel.Refresh();
    }

    public PanelOptions Options { get; } = new();
    public ManualTime Time { get; } = new();
    public FakeLines Lines { get; } = new();
    public FakeEngine Engine { get; } = new();
    public FakeSystem System { get; } = new();
    public BoxHealth Health { get; }

    /// <summary>Where <see cref="Health"/> reads the hardware.</summary>
    public string Sys => _directory.File("sys");
    public ChannelCatalog Catalog { get; }
    public RecordingStore Recordings { get; }
    public EventStore Events { get; }
    public LockStore Locks { get; }
    public ButtonRecording Recording { get; }
    public FrontPanel Panel { get; }
    public RecordingDesk Desk => _desk;

    /// <summary>Posted work waits while this is so.</summary>
    public bool Holds { get; set; }

    public TimeSpan Now => Time.GetElapsedTime(0);

    /// <summary>All events, oldest first: kind and beginning, and how long they lasted.</summary>
    public IEnumerable<(string Kind, TimeSpan From, TimeSpan? For)> AllEvents
        => Events.List(100, null, null, null, null, null).Reverse().Select(e => (e.Kind, Since(e.FromUtcUs), e.ToUtcUs is { } end ? Since(end) - Since(e.FromUtcUs) : (TimeSpan?)null));

    /// <summary>Locked ranges: channel, from and to on the monotonic clock, reason.</summary>
    public IEnumerable<(int Channel, TimeSpan From, TimeSpan To, string Reason)> AllLocks
        => Locks.Active().OrderBy(l => l.Stream.ChannelNumber).ThenBy(l => l.From).Select(l => (l.Stream.ChannelNumber, Since(Us(l.From)), Since(Us(l.To)), l.Reason));

    /// <summary>Time goes on in small steps, as it does.</summary>
    public void Run(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(25))
            Time.Advance(left < TimeSpan.FromMilliseconds(25) ? left : TimeSpan.FromMilliseconds(25));
    }

    public void Run(double seconds) => Run(TimeSpan.FromSeconds(seconds));

    /// <summary>Holds the record button for so long.</summary>
    public void Press(double seconds)
    {
        Lines.Set("REC_BUTTON", true, Now);
        Run(seconds);
        Lines.Set("REC_BUTTON", false, Now);
    }

    /// <summary>Lit stretches of a light within the next seconds, rounded to 25 ms.</summary>
    public IReadOnlyList<(double From, double For)> Watch(string line, double seconds)
    {
        var (from, lit) = (Now, Lines.Lit(line) ? Now : (TimeSpan?)null);
        List<(double, double)> stretches = [];
        for (var left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(25))
        {
            Time.Advance(TimeSpan.FromMilliseconds(25));
            if (Lines.Lit(line) == lit is not null)
                continue;
            if (lit is { } since)
                stretches.Add(((since - from).TotalSeconds, (Now - since).TotalSeconds));
            lit = lit is null ? Now : null;
        }
        if (lit is { } open)
            stretches.Add(((open - from).TotalSeconds, (Now - open).TotalSeconds));
        return stretches;
    }

    /// <summary>What a channel does from now on.</summary>
    public void Say(int channel, ChannelState state) => Engine.Say(new(channel, 0), state);

    /// <summary>Somebody else's recording of a channel.</summary>
    public RecordingRow Start(int channel, string kind = "record") => Desk.Start(new RecordingWish { Owner = "box", Kind = kind, Channels = [channel], By = "somebody" }, out _);

    public string Shows(string line) => State.All.Single(l => l.Line == line).Shows;

    public PanelState State => Task.Run(Panel.StateAsync).GetAwaiter().GetResult();

    /// <summary>What waits is done.</summary>
    public void Release()
    {
        Holds = false;
        while (_held.TryDequeue(out var work))
            Do(work);
    }

    public void Dispose()
    {
        Panel.Dispose();
        Do(async () => await _desk.DisposeAsync());
        _ledger.Dispose();
        _directory.Dispose();
    }

    private void Post(Func<Task> work)
    {
        if (Holds)
            _held.Enqueue(work);
        else
            Do(work);
    }

    // Away from the test's own context, whose few threads all may be waiting like this one.
    private static void Do(Func<Task> work) => Task.Run(work).GetAwaiter().GetResult();

    private TimeSpan Since(long utcUs) => TimeSpan.FromMicroseconds(utcUs - Engine.ToUtcUs(0));

    private static long Us(DateTimeOffset at) => at.ToUnixTimeMilliseconds() * 1000;

    private static ChannelOptions Camera(string key) => new() { Key = key, Name = key, Url = $"rtsp://h/{key}", Record = false };

    /// <summary>Boot time is the time that the test moves.</summary>
    private sealed class TestClock(ManualTime time) : BoxClock
    {
        public override long BoottimeUs => (long)time.GetElapsedTime(0).TotalMicroseconds;
        public override long UtcUs => BoottimeUs;
        public override ClockQuality Quality => ClockQuality.Ntp;
        public override Guid BootId { get; } = Guid.NewGuid();
    }
}

/// <summary>Lines without a chip.</summary>
internal sealed class FakeLines : IPanelLines
{
    private readonly Dictionary<string, FakeInput> _inputs = [];
    private readonly Dictionary<string, FakeOutput> _outputs = [];

    public string Description => "a chip";
    public bool IsSimulated => false;
    public HashSet<string> Names { get; } = ["REC_LED", "FAULT_LED", "NET_LED", "CH1_LED", "CH2_LED", "REC_BUTTON", "ACC", "POWER_FAIL", "ALARM_IN1", "ALARM_IN2", "ALARM_OUT1", "ALARM_OUT2", "BUZZER"];
    IReadOnlyCollection<string> IPanelLines.Names => Names;

    /// <summary>Active from the beginning on.</summary>
    public HashSet<string> Active { get; } = ["ACC"];

    public Dictionary<string, TimeSpan> Debounce { get; } = [];

    public IPanelInput? Input(string name, TimeSpan debounce, Action<PanelEdge> changed)
    {
        Debounce[name] = debounce;
        return Names.Contains(name) ? _inputs[name] = new FakeInput(name, changed) { IsActive = Active.Contains(name) } : null;
    }

    public IPanelOutput? Output(string name) => Names.Contains(name) ? _outputs[name] = new FakeOutput(name) : null;

    public void Set(string name, bool active, TimeSpan at, bool isBroken = false)
    {
        _inputs[name].IsActive = active;
        _inputs[name].Changed(new(active, at, isBroken));
    }

    public bool Lit(string name) => _outputs[name].On;

    public void Dispose() { }

    private sealed class FakeInput(string name, Action<PanelEdge> changed) : IPanelInput
    {
        public string Name => name;
        public bool IsActive { get; set; }
        public long Lost => 0;
        public Action<PanelEdge> Changed => changed;
    }

    private sealed class FakeOutput(string name) : IPanelOutput
    {
        public string Name => name;
        public bool On { get; private set; }
        public void Set(bool on) => On = on;
    }
}

internal sealed class FakeSystem : ISystemControl
{
    public string? Refusal { get; set; }
    public int PoweredOff { get; private set; }
    public int Restored { get; private set; }

    public Task<string?> PowerOffAsync()
    {
        PoweredOff++;
        return Task.FromResult(Refusal);
    }

    public Task<string?> RestoreNetworkAsync()
    {
        Restored++;
        return Task.FromResult(Refusal);
    }
}
