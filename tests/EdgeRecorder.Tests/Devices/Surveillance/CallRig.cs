using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Gb28181.Media;
using EdgeRecorder.Tests.Rtsp;
using EdgeRecorder.Tests.Sip;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Devices.Surveillance;

/// <summary>The box's side of a surveillance device, SIP and media over loopback, with clocks that the test moves; and the device as an endpoint of its own, which does what the test says.</summary>
internal sealed class CallRig : IAsyncDisposable
{
    public const string Server = "34020000002000000001", DeviceId = "34020000001180000001", Camera = "34020000001320000001", OtherCamera = "34020000001320000002";

    /// <summary>What half a second of the box takes at the least.</summary>
    private const int StepMs = 20;

    private readonly TemporaryDirectory _directory = new();
    private readonly List<PeerCall> _calls = [];
    private readonly LedgerDatabase _ledger;
    private readonly DeviceJournal _journal;
    private readonly LockDesk _locks;

    public CallRig(MediaWay way = MediaWay.Auto)
    {
        _ledger = LedgerDatabase.Open(_directory.File("ledger.db"));
        PrivateFile.MakeDirectory(_directory.File("keys"));
        var secret = BoxSecret.Open(_directory.File("keys"));
        var channels = new ChannelCatalog(new ChannelStore(_ledger, secret, TimeProvider.System));
        channels.Load([]);
        Catalog = new DeviceCatalog(new DeviceStore(_ledger, TimeProvider.System), channels);
        Catalog.Load();
        _journal = new DeviceJournal(new PositionStore(_ledger), TimeProvider.System, NullLogger<DeviceJournal>.Instance);
        var ring = new FakeEngine();
        _locks = new LockDesk(new LockStore(_ledger), ring, Media.Time);
        var events = new EventDesk(new EventStore(_ledger), _locks, channels, channel => channel.Record, ring, default, NullLogger<EventDesk>.Instance);
        var options = new Gb28181Options { Bind = "127.0.0.1", Port = 0, Password = "secret" };
        Devices = new SurveillanceDevices(Catalog, options, new DevicePasswords(Catalog, options, secret, NullLogger<DevicePasswords>.Instance), _journal, new RegistrationStore(_ledger),
            new SurveillanceReports(_journal, events, Catalog, ring, Media.Clock), ring, Media.Clock, Media.Time,
            NullLogger<SurveillanceDevices>.Instance, NullLogger<SipEndpoint>.Instance);
        Devices.Open();
        Catalog.Changed += Devices.Changed;
        Calls = new SurveillanceCalls(Catalog, options, Media.Reception, Media.Clock, Media.Time);
        Protocol = new SurveillanceProtocol(Devices, Catalog, Calls, NullLogger<CallSession>.Instance);
        Number = Catalog.Add(new DeviceRow { Protocol = SurveillanceDevices.Name, Identity = DeviceId, State = Approval.Approved, MediaWay = way })!.Number;
        Channel = Catalog.Channel(Row, Camera)!;
    }

    /// <summary>A rig whose device is there.</summary>
    public static async Task<CallRig> RegisteredAsync(MediaWay way = MediaWay.Auto, SipTransport transport = SipTransport.Udp)
    {
        var rig = new CallRig(way);
        await rig.RegisterAsync(transport);
        return rig;
    }

    public ReceptionRig Media { get; } = new();
    public DeviceCatalog Catalog { get; }
    public SurveillanceDevices Devices { get; }
    public SurveillanceCalls Calls { get; }
    public SurveillanceProtocol Protocol { get; }
    public ChannelDefinition Channel { get; }
    public int Number { get; }
    public DeviceRow Row => Catalog.Find(Number)!;
    public SurveillanceDevice Device => Devices.Of(Row);

    /// <summary>The device's end.</summary>
    public EndpointRig Peer { get; } = new();

    /// <summary>The way from the device to the box, for what it says unasked.</summary>
    public SipFlow PeerFlow { get; private set; } = null!;

    /// <summary>The device is there, as if it had registered.</summary>
    public async Task RegisterAsync(SipTransport transport = SipTransport.Udp, EndpointRig? from = null, string edition = "2.0")
    {
        var peer = from ?? Peer;
        peer.User.Handler = AnswersIntroduction;
        var flow = await Devices.Endpoint.ConnectAsync(new(IPAddress.Loopback, peer.Endpoint.Port), transport, CancellationToken.None);
        PeerFlow = await peer.Endpoint.ConnectAsync(new(IPAddress.Loopback, Devices.Endpoint.Port), SipTransport.Udp, CancellationToken.None);
        Devices.Register(Row, new(flow, edition, "registration", 3600, Media.Time.Milliseconds() + 3_600_000), () => { });
    }

    /// <summary>What every device is asked when it comes: this one knows none of it.</summary>
    private static bool AnswersIntroduction(SipIncoming incoming)
        => incoming.Request.Method switch
        {
            "SUBSCRIBE" => incoming.Answer(489),
            "MESSAGE" when ManscdpDocument.Parse(incoming.Request.Body.Span) is CatalogQuery or PlainQuery { CmdType: "DeviceInfo" or "DeviceStatus" } => incoming.Answer(404),
            _ => false,
        };

    /// <summary>A session of a stream of the channel; runs until it ends or is stopped.</summary>
    public RunningSession Run(byte stream = 0, ChannelDefinition? channel = null) => new((CallSession)Protocol.Connect(channel ?? Channel, stream));

    /// <summary>The next call that the device gets.</summary>
    public async Task<PeerCall> CalledAsync()
    {
        var call = new PeerCall(await Peer.User.NextAsync("INVITE"));
        _calls.Add(call);
        return call;
    }

    /// <summary>Somebody wants a stream of the channel: the session, and the call that the device gets for it.</summary>
    public async Task<(RunningSession Session, PeerCall Call)> CallAsync(byte stream = 0, ChannelDefinition? channel = null) => (Run(stream, channel), await CalledAsync());

    /// <summary>The same, with media that flows: eleven pictures have come, and the box has seen them.</summary>
    public async Task<(RunningSession Session, PeerCall Call)> FlowingAsync()
    {
        var (session, call) = await CallAsync();
        await call.OpenAsync();
        await session.SeesAsync(call, 11);
        await EndpointRig.Until(() => session.Session.IsFlowing, "the session has seen its media");
        Advance(0.5);                                       // the box has looked
        await session.PicturesAsync(11);
        return (session, call);
    }

    /// <summary>The next document that the device gets, which it acknowledges.</summary>
    public async Task<T> ToldAsync<T>() where T : ManscdpDocument
    {
        var incoming = await Peer.User.NextAsync("MESSAGE");
        incoming.Answer(200);
        return Assert.IsType<T>(ManscdpDocument.Parse(incoming.Request.Body.Span));
    }

    /// <summary>The device says something of its own.</summary>
    public async Task TellAsync(ManscdpDocument document, string from = DeviceId)
    {
        var draft = new SipDraft("MESSAGE", new(Server, "3402000000"), new(from, "3402000000"), new(Server, "3402000000")) { ContentType = ManscdpDocument.ContentType, Body = document.ToBytes() };
        Assert.Equal(200, (await Peer.Endpoint.SendAsync(draft, PeerFlow)).Status);
    }

    /// <summary>Moves both clocks on, in steps of the box's timer.</summary>
    public void Advance(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.5)
        {
            Media.Clock.Advance((long)(Math.Min(left, 0.5) * 1_000_000));
            Media.Time.Advance(TimeSpan.FromSeconds(Math.Min(left, 0.5)));
        }
    }

    /// <summary>Moves the clocks on until something is so; not so fast that the box's patience is over before a message has come through the machine.</summary>
    /// <param name="condition">Once it is so it stays so.</param>
    public async Task AdvanceUntil(Func<bool> condition, string what)
    {
        var nextMs = Environment.TickCount64 + StepMs;
        await EndpointRig.Until(() =>
        {
            if (condition())
                return true;
            if (Environment.TickCount64 < nextMs)
                return false;
            Advance(0.5);
            nextMs = Environment.TickCount64 + StepMs;
            return false;
        }, what);
    }

    /// <summary>Whether the box has given the ports of a call back.</summary>
    public static bool IsClosed(PeerCall call)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, call.Offer.Port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _calls.ForEach(call => call.Dispose());
        await Peer.DisposeAsync();
        await Devices.DisposeAsync();
        Media.Dispose();
        await _journal.DisposeAsync();
        _locks.Dispose();
        _ledger.Dispose();
        _directory.Dispose();
    }
}

/// <summary>A session that a recorder would run.</summary>
internal sealed class RunningSession
{
    private readonly CancellationTokenSource _stop = new();

    public RunningSession(CallSession session)
    {
        Session = session;
        Task = System.Threading.Tasks.Task.Run(() => session.RunAsync(Sink, _stop.Token));
    }

    public CallSession Session { get; }
    public CollectingSink Sink { get; } = new();
    public Task Task { get; }

    /// <summary>As somebody stops watching.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WaitAsync(EndpointRig.Patience));
    }

    public Task<SourceException> EndAsync() => Assert.ThrowsAsync<SourceException>(() => Task.WaitAsync(EndpointRig.Patience));

    /// <summary>The device plays so many pictures; all of them arrive but the last, which stays open.</summary>
    public async Task SeesAsync(PeerCall call, int pictures)
    {
        await call.PlayAsync(pictures);
        await PicturesAsync(pictures - 1);
    }

    public Task PicturesAsync(int count) => Sink.WaitAsync(sink => sink.Video.Count >= count);
}

/// <summary>A call as the device sees it.</summary>
internal sealed class PeerCall(SipIncoming incoming) : IDisposable
{
    private PsCamera? _camera;
    private Socket? _socket;
    private MediaTransport _transport;

    public SipIncoming Incoming => incoming;
    public GbDescription Offer { get; } = GbDescription.Parse(incoming.Request.Body.Span);
    public SipDialog Dialog { get; private set; } = null!;

    /// <summary>Agrees, as devices do, and sends nothing yet.</summary>
    public void Accept(Func<GbDescription, GbDescription>? change = null)
    {
        var answer = new GbDescription
        {
            Owner = CallRig.Camera, Address = IPAddress.Loopback, Purpose = Offer.Purpose, Port = 9, Transport = Offer.Transport, Direction = MediaDirection.SendOnly, Formats = [PayloadFormat.Ps], Ssrc = Offer.Ssrc,
            Setup = Offer.Setup switch { SetupRole.Passive => SetupRole.Active, SetupRole.Active => SetupRole.Passive, _ => null },
        };
        answer = change?.Invoke(answer) ?? answer;
        _transport = answer.Transport;
        Accept(answer.Write());
    }

    public void Accept(byte[] body)
    {
        Dialog = incoming.Accept(null, "application/sdp", body)!;
        Assert.NotNull(Dialog);
    }

    /// <summary>Agrees, and goes the way that was agreed on to where the box listens.</summary>
    public async Task OpenAsync(Func<GbDescription, GbDescription>? change = null)
    {
        Accept(change);
        _socket = _transport == MediaTransport.Tcp ? StreamSocket() : new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await _socket.ConnectAsync(IPAddress.Loopback, Offer.Port);
    }

    /// <summary>Agrees, and listens for the box.</summary>
    public async Task ListenAsync(Func<GbDescription, GbDescription> change)
    {
        using var listener = StreamSocket();
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Accept(answer => change(answer) with { Port = ((IPEndPoint)listener.LocalEndPoint!).Port });
        _socket = await listener.AcceptAsync().WaitAsync(EndpointRig.Patience);
    }

    /// <summary>Pictures with sound, 40 ms each; every tenth is a sync sample. The last stays open until half a second has gone.</summary>
    /// <param name="skip">The first ones are lost on the way.</param>
    public async Task PlayAsync(int pictures, int skip = 0)
    {
        _camera ??= new PsCamera(Offer.Ssrc!.Value, 1);
        for (var i = 0; i < pictures; i++)
        {
            var packets = _camera.Next(40);
            if (i < skip)
                continue;
            if (_transport == MediaTransport.Tcp)
                await _socket!.SendAsync(PsCamera.Framed(packets));
            else
                foreach (var packet in packets)
                    await _socket!.SendAsync(packet);
        }
    }

    /// <summary>The connection is gone.</summary>
    public void Close()
    {
        if (_transport == MediaTransport.Tcp)
            _socket?.Shutdown(SocketShutdown.Both);
        _socket?.Dispose();
    }

    public void Dispose() => _socket?.Dispose();

    private static Socket StreamSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
