using System.Collections.Concurrent;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Devices.Surveillance;

/// <summary>The box's side of surveillance devices on a real ledger and real sockets of loopback; ring and clocks are the test's.</summary>
internal sealed class SurveillanceRig : IAsyncDisposable
{
    public const string Password = "Gb@28181", Domain = "3402000000", Id = "34020000001180000001";
    public const string Camera = "34020000001320000001", Camera2 = "34020000001320000002";

    private readonly TemporaryDirectory _directory = new();
    private readonly LedgerDatabase _ledger;
    private readonly BoxSecret _secret;
    private readonly TimeProvider _time;

    /// <param name="time">Null: the machine's.</param>
    public SurveillanceRig(Action<Gb28181Options>? change = null, ManualTime? time = null)
    {
        _time = (TimeProvider?)time ?? TimeProvider.System;
        Time = time ?? new();
        Options.Password = Password;
        Options.Bind = "127.0.0.1";
        Options.Port = 0;
        change?.Invoke(Options);
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        PrivateFile.MakeDirectory(_directory.File("keys"));
        _secret = BoxSecret.Open(_directory.File("keys"));
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), Ring.ToUtcUs(0), ClockQuality.Ntp, 0));
        (Events, Positions) = (new EventStore(_ledger), new PositionStore(_ledger));
        Channels = new ChannelCatalog(new ChannelStore(_ledger, _secret, TimeProvider.System));
        Channels.Load([]);
        Catalog = new DeviceCatalog(new DeviceStore(_ledger, TimeProvider.System), Channels);
        Catalog.Load();
        LockDesk = new LockDesk(new LockStore(_ledger), Ring, Time);
        Passwords = new DevicePasswords(Catalog, Options, _secret, NullLogger<DevicePasswords>.Instance);
        Begin();
    }

    public Gb28181Options Options { get; } = new();
    public FakeEngine Ring { get; } = new();
    public ManualTime Time { get; }
    public RecorderRig.ManualClock Clock { get; } = new();
    public ChannelCatalog Channels { get; }
    public DeviceCatalog Catalog { get; }
    public EventStore Events { get; }
    public PositionStore Positions { get; }
    public LockDesk LockDesk { get; }
    public DevicePasswords Passwords { get; }
    public DeviceJournal Journal { get; private set; } = null!;
    public SurveillanceDevices Devices { get; private set; } = null!;
    public ConcurrentQueue<int> Ready { get; } = new();
    public LogLines Log { get; } = new();

    public DeviceRow? Row => Catalog.Find(SurveillanceDevices.Name, Id);
    public SurveillanceDevice Device => Devices.Find(Id)!;
    public int Port => Devices.Endpoint.Port;
    public SipFigures Figures => Devices.Endpoint.Figures;

    public IReadOnlyList<ChannelDefinition> ChannelsOf(string id = Id) => Catalog.Find(SurveillanceDevices.Name, id) is { } row ? [.. Catalog.ChannelsOf(row)] : [];

    public SurveillancePeer Udp(string id = Id, string password = Password, string from = "127.0.0.1") => new(ScriptedPeer.Udp(Port, from), id, password);

    public async Task<SurveillancePeer> TcpAsync(string id = Id, string password = Password) => new(await ScriptedPeer.TcpAsync(Port, "127.0.0.1"), id, password);

    /// <summary>In steps no longer than the shortest timer.</summary>
    public void Advance(double seconds)
    {
        for (var ms = 0; ms < seconds * 1000; ms += 500)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(500));
            Time.Advance(TimeSpan.FromMilliseconds(500));
        }
    }

    /// <summary>
    /// A device has answered everything that it is asked when it comes, and the renewals of its subscriptions have their timers. Before that time must not be moved: what is on its way would be
    /// sent again and again within a moment, and what waits would begin to wait later than the test reckons.
    /// </summary>
    public async Task SettledAsync(SurveillancePeer peer, int subscriptions = 2)
    {
        await peer.IntroducedAsync(subscriptions);
        await EndpointRig.Until(() => Devices.Subscriptions == subscriptions, $"answers to {subscriptions} subscriptions");
        var renewal = TimeSpan.FromSeconds(Subscription.ExpiresSeconds * 0.8);
        await EndpointRig.Until(() => Time.Waiting.Count(left => left == renewal) == subscriptions, $"{subscriptions} renewals that wait");
    }

    /// <summary>Ends the daemon's part and begins it anew on the same ledger.</summary>
    public async Task RestartAsync()
    {
        await Devices.DisposeAsync();
        await Journal.DisposeAsync();
        Catalog.Changed -= Devices.Changed;
        Catalog.Load();
        Begin();
    }

    public async ValueTask DisposeAsync()
    {
        await Devices.DisposeAsync();
        await Journal.DisposeAsync();
        LockDesk.Dispose();
        _ledger.Dispose();
        _directory.Dispose();
    }

    private void Begin()
    {
        Journal = new DeviceJournal(Positions, TimeProvider.System, NullLogger<DeviceJournal>.Instance);
        var desk = new EventDesk(Events, LockDesk, Channels, channel => channel.Record, Ring, new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5)), NullLogger<EventDesk>.Instance);
        var reports = new SurveillanceReports(Journal, desk, Catalog, Ring, Clock);
        Devices = new SurveillanceDevices(Catalog, Options, Passwords, Journal, new RegistrationStore(_ledger), reports, Ring, Clock, _time, NullLogger<SurveillanceDevices>.Instance, Log);
        Devices.Ready += Ready.Enqueue;
        Catalog.Changed += Devices.Changed;
        Devices.Open();
    }

    /// <summary>What the SIP end logs.</summary>
    internal sealed class LogLines : ILogger<SipEndpoint>
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception));
    }
}
