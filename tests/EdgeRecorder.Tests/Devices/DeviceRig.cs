using System.Collections.Concurrent;
using System.Net;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Devices;

/// <summary>The box's side of vehicle terminals on a real ledger, with a hub, terminals, a ring and clocks that a test holds in its hands.</summary>
internal sealed class DeviceRig : IAsyncDisposable
{
    public const string Sim = "13912345678";
    public static readonly SimNumber SimNumber = SimNumber.TryParse(Sim, out var sim) ? sim : default;
    public static readonly Registration Bus = new()
    {
        Year = StandardYear.Y2013, Province = 31, City = 110, Manufacturer = "maker", Model = "model", TerminalId = "T1", PlateColour = 2, Plate = "粤B12345",
    };

    private readonly TemporaryDirectory _directory = new();
    private readonly LedgerDatabase _ledger;

    public DeviceRig(Action<Jt808Options>? change = null)
    {
        change?.Invoke(Options);
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        PrivateFile.MakeDirectory(_directory.File("keys"));
        new ClockStore(_ledger).Keep(new(1, Guid.NewGuid(), Ring.ToUtcUs(0), ClockQuality.Ntp, 0));
        (Events, Positions) = (new EventStore(_ledger), new PositionStore(_ledger));
        Channels = new ChannelCatalog(new ChannelStore(_ledger, BoxSecret.Open(_directory.File("keys")), TimeProvider.System));
        Channels.Load([]);
        Store = new DeviceStore(_ledger, TimeProvider.System);
        Catalog = new DeviceCatalog(Store, Channels);
        Catalog.Load();
        Locks = new LockStore(_ledger);
        Journal = new DeviceJournal(Positions, TimeProvider.System, NullLogger<DeviceJournal>.Instance);
        LockDesk = new LockDesk(Locks, Ring, Time);
        Desk = new EventDesk(Events, LockDesk, Channels, channel => channel.Record, Ring, new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5)), NullLogger<EventDesk>.Instance);
        var reports = new TerminalReports(Journal, Desk, Ring, Clock, (utcUs, quality, source) =>
        {
            Suggested.Add((utcUs, quality, source));
            return true;
        }, NullLogger<TerminalReports>.Instance);
        Terminals = new VehicleTerminals(Catalog, Options, Hub, Journal, reports, Clock, Time, NullLogger<VehicleTerminals>.Instance);
        Terminals.Ready += Ready.Add;
        Catalog.Changed += Terminals.Changed;
        Protocol = new VehicleProtocol(Terminals, NullLogger<TerminalSession>.Instance);
    }

    public Jt808Options Options { get; } = new();
    public FakeEngine Ring { get; } = new();
    public ManualTime Time { get; } = new();
    public RecorderRig.ManualClock Clock { get; } = new();
    public FakeHub Hub { get; } = new();
    public ChannelCatalog Channels { get; }
    public DeviceStore Store { get; }
    public DeviceCatalog Catalog { get; }
    public EventStore Events { get; }
    public PositionStore Positions { get; }
    public LockStore Locks { get; }
    public LockDesk LockDesk { get; }
    public DeviceJournal Journal { get; }
    public EventDesk Desk { get; }
    public VehicleTerminals Terminals { get; }
    public VehicleProtocol Protocol { get; }
    public List<(long UtcUs, ClockQuality Quality, string Source)> Suggested { get; } = [];
    public List<int> Ready { get; } = [];

    public DeviceRow Device => Catalog.Find("jt808", Sim)!;

    /// <summary>A device that was approved, with channel 1.</summary>
    public ChannelDefinition Approve(bool record = false)
    {
        Terminals.Admit(SimNumber, Bus, IPAddress.Loopback);
        var device = Catalog.Change(Device.Number, row => row with { State = Approval.Approved, Record = record })!;
        return Catalog.Channel(device, "1")!;
    }

    public FakeTerminal Connect()
    {
        var terminal = new FakeTerminal(SimNumber);
        Terminals.Connected(terminal);
        return terminal;
    }

    /// <summary>A live report of now, or of another time.</summary>
    public void Report(FakeTerminal terminal, AlarmBits alarms = AlarmBits.None, DateTime? time = null, LocationOrigin origin = LocationOrigin.Live, int latitudeE6 = 31_230_416)
        => Terminals.Location(terminal, new LocationReport
        {
            Alarms = (uint)alarms, Status = 3, LatitudeE6 = (uint)latitudeE6, LongitudeE6 = 121_473_701, AltitudeM = 12, SpeedTenthsKmh = 305, Direction = 90, Time = time ?? Now, Others = [],
        }, origin);

    /// <summary>The box's time as a terminal in China writes it.</summary>
    public DateTime Now => DateTimeOffset.FromUnixTimeMilliseconds(Ring.ToUtcUs(Clock.BoottimeUs) / 1000).ToOffset(TimeSpan.FromHours(8)).DateTime;

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        LockDesk.Dispose();
        _ledger.Dispose();
        _directory.Dispose();
    }
}

/// <summary>A terminal that answers as a test says, and remembers what it was asked.</summary>
internal sealed class FakeTerminal(SimNumber sim) : ITerminal
{
    private readonly CancellationTokenSource _gone = new();

    public SimNumber Sim => sim;
    public IPEndPoint Remote { get; } = new(IPAddress.Loopback, 40000);
    public IPAddress LocalAddress => IPAddress.Parse("192.0.2.1");
    public HeaderLayout Layout => HeaderLayout.Jt2013;
    public ConcurrentQueue<PlatformMessage> Asked { get; } = new();
    public ConcurrentQueue<PlatformMessage> Told { get; } = new();
    public List<StoredResource> Stored { get; } = [];

    /// <summary>What it answers to a command; null: never.</summary>
    public Func<PlatformMessage, GeneralResult?> Answer { get; set; } = _ => GeneralResult.Ok;

    public void Go() => _gone.Cancel();

    public bool IsDismissed { get; private set; }
    public void Dismiss() => IsDismissed = true;

    public async Task<GeneralResult> CommandAsync(PlatformMessage message, CancellationToken stop)
    {
        Asked.Enqueue(message);
        if (_gone.IsCancellationRequested)
            throw new TerminalGoneException("the terminal has gone");
        if (Answer(message) is { } result)
            return result;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _gone.Token);
        try
        {
            await Task.Delay(Timeout.Infinite, either.Token);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            throw new TerminalGoneException("the terminal has gone");
        }
        throw new InvalidOperationException();
    }

    public bool Tell(PlatformMessage message)
    {
        Told.Enqueue(message);
        return true;
    }

    public Task<AvAttributes> QueryAttributesAsync(CancellationToken stop) => throw new TimeoutException();

    public Task<IReadOnlyList<StoredResource>> QueryFootageAsync(T9205FootageQuery query, CancellationToken stop)
    {
        Asked.Enqueue(query);
        return Task.FromResult<IReadOnlyList<StoredResource>>(Stored);
    }

    public Task<IReadOnlyList<TerminalParameter>> QueryParametersAsync(CancellationToken stop) => throw new TimeoutException();

    public Task<UploadStart> UploadAsync(T9206UploadRequest request, CancellationToken stop) => throw new NotSupportedException();

    public async Task<T> AskedAsync<T>() where T : PlatformMessage
    {
        await RecorderRig.Until(() => Asked.OfType<T>().Any(), typeof(T).Name);
        return Asked.OfType<T>().Last();
    }
}

/// <summary>A hub whose media a test sends.</summary>
internal sealed class FakeHub : IMediaHub
{
    public ConcurrentDictionary<(MediaKind Kind, SimNumber Sim, byte Channel), FakeLease> Leases { get; } = new();
    public bool IsClosed { get; set; }

    public IMediaLease Expect(MediaKind kind, SimNumber sim, byte channel, ITerminalTap tap, AudioHint hint)
    {
        var lease = new FakeLease(this, (kind, sim, channel), tap, hint);
        return Leases.TryAdd((kind, sim, channel), lease) ? lease : throw new InvalidOperationException("two leases for one stream");
    }

    public int PortOf(MediaKind kind) => IsClosed ? 0 : 1078 + (int)kind;

    public async Task<FakeLease> LeaseAsync(MediaKind kind = MediaKind.Main, byte channel = 1)
    {
        FakeLease? lease = null;
        await RecorderRig.Until(() => Leases.TryGetValue((kind, DeviceRig.SimNumber, channel), out lease), $"a lease of {kind} {channel}");
        return lease!;
    }
}

internal sealed class FakeLease(FakeHub hub, (MediaKind, SimNumber, byte) key, ITerminalTap tap, AudioHint hint) : IMediaLease
{
    private static readonly Track Video = RecorderRig.Video;
    private static readonly Track Audio = new() { Codec = Codec.G711A, TimeScale = 8000, ChannelCount = 1 };
    private int _index;

    public ITerminalTap Tap => tap;
    public AudioHint Hint => hint;
    public LossFigures Loss { get; set; }
    public LossFigures TakeLoss() => Loss;
    public long Packets { get; set; }
    public IPEndPoint? Source { get; set; }
    public IReadOnlyList<string> Skipped => [];
    public bool LowLatency { get; set; }
    public bool IsDisposed { get; private set; }
    public void Drain() { }

    public void Dispose()
    {
        IsDisposed = true;
        hub.Leases.TryRemove(key, out _);
    }

    public void Announce(bool withAudio = false) => tap.Announce(withAudio ? [Video, Audio] : [Video]);

    /// <summary>Pictures of 40 ms each, a sync sample every 25.</summary>
    public void Send(int pictures, long arrivalUs, long sourceUtcUs = 0)
    {
        using var writer = new PayloadWriter(ChunkPool.Video);
        for (var i = 0; i < pictures; i++, _index++)
        {
            writer.Write(new byte[1000]);
            Packets += 2;
            tap.Add(new AccessUnit
            {
                Track = Video, Pts = _index * 3600L, IsSync = _index % 25 == 0, Payload = writer.Take(), ArrivalUs = arrivalUs + i * 40_000, SourceUtcUs = sourceUtcUs == 0 ? 0 : sourceUtcUs + i * 40_000,
            });
        }
    }

    public void SendAudio(long arrivalUs)
    {
        using var writer = new PayloadWriter(ChunkPool.Audio);
        writer.Write(new byte[160]);
        tap.Add(new AccessUnit { Track = Audio, Pts = 0, IsSync = true, Payload = writer.Take(), ArrivalUs = arrivalUs });
    }
}
