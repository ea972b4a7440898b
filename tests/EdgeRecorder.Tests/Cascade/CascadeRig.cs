using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using EdgeRecorder.Cascade;
using EdgeRecorder.Configuration;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Gb28181.Media;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Playback;
using EdgeRecorder.Tests.Sip;
using EdgeRecorder.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Cascade;

/// <summary>The box below a platform that is made of the project's own server side: SIP, Digest and reception of media, all on loopback.</summary>
internal sealed class CascadeRig : IAsyncDisposable
{
    public const string ServerId = "34020000002000000001", DeviceId = "34020000001180000009", Channel = "34020000001320000007", Password = "Gb@28181";
    public const long BeginUs = 1_795_132_800_000_000;      // of the footage: 2026-11-20 08:00 in Beijing
    private const string Realm = "3402000000";

    private static readonly SipUri Server = new(ServerId, Realm), Device = new(DeviceId, Realm);

    private readonly DigestGuard _guard = new(new() { Realm = Realm }, TimeProvider.System);
    private readonly Channel<ManscdpDocument> _heard = System.Threading.Channels.Channel.CreateUnbounded<ManscdpDocument>();
    private UpperPlatforms? _box;
    private int _registers;

    public CascadeRig() => Upper.User.Handler = Take;

    public EndpointRig Upper { get; } = new(time: TimeProvider.System);
    public ReceptionRig Media { get; } = new();
    public FakeRing Ring { get; } = new();
    public WatchedRecorder Recorder { get; } = new();
    public TestClock Clock { get; } = new() { Boottime = BeginUs + 3_600_000_000 };
    public UpperPlatforms Box => _box!;
    public List<ChannelDefinition> Channels { get; set; } = [Definition(7, "gate"), Definition(8, "yard")];
    public ConcurrentDictionary<int, Position> Positions { get; } = new();

    /// <summary>Where it listens for those that connect for media.</summary>
    public RtpPortRange Ports { get; init; } = new(11_000, 19_999);
    public PlatformFigures Figures => Box.Figures[0];

    /// <summary>Where the box speaks from; set by its registration.</summary>
    public SipFlow? Flow { get; private set; }
    public string RightPassword { get; set; } = Password;
    public string RightUser { get; set; } = DeviceId;
    public int GrantedSeconds { get; set; } = 3600;

    /// <summary>Where REGISTER is sent on to; null: it is taken.</summary>
    public SipUri? OtherServer { get; set; }

    /// <summary>What the platform answers to heartbeats.</summary>
    public int KeepaliveStatus { get; set; } = 200;
    public int Registers => Volatile.Read(ref _registers);
    public int GoodByes { get; private set; }

    public async Task<CascadeRig> StartAsync(PlatformTransport transport = PlatformTransport.Udp, Action<PlatformOptions>? change = null, bool waits = true)
    {
        var options = new PlatformOptions { ServerId = ServerId, Host = "127.0.0.1", Port = Upper.Endpoint.Port, Transport = transport, DeviceId = DeviceId, Password = Password };
        change?.Invoke(options);
        _box = Make(options);
        _box.Start();
        if (waits)
            await EndpointRig.Until(() => Figures.IsRegistered, "registered");
        return this;
    }

    public UpperPlatforms Make(params IReadOnlyList<PlatformOptions> platforms)
        => new(platforms, new() { Port = 0, Bind = IPAddress.Loopback }, new("box", () => Channels, channel => Positions.TryGetValue(channel.Number, out var at) ? at : null, Recorder, Ring, Clock, TimeProvider.System, null, Ports, NullLogger<UpperPlatforms>.Instance),
            NullLogger<SipEndpoint>.Instance);

    /// <summary>The next document that the box says, which has to be this.</summary>
    public async Task<T> HeardAsync<T>() where T : ManscdpDocument => Assert.IsType<T>(await _heard.Reader.ReadAsync().AsTask().WaitAsync(EndpointRig.Patience));

    public async Task AskAsync(ManscdpDocument document)
        => Assert.Equal(200, (await Upper.Endpoint.SendAsync(new("MESSAGE", Device, Server, Device) { ContentType = ManscdpDocument.ContentType, Body = document.ToBytes() }, Flow!)).Status);

    /// <summary>What the platform wants to be told of.</summary>
    public Task<SipOpening> SubscribeAsync(ManscdpDocument query, int expires = 600, string package = "presence")
        => Upper.Endpoint.OpenAsync(new("SUBSCRIBE", Device, Server, Device)
        {
            Headers = [("Event", package), ("Expires", $"{expires}")], ContentType = ManscdpDocument.ContentType, Body = (query with { Sn = 40, DeviceId = query.DeviceId.Length > 0 ? query.DeviceId : DeviceId }).ToBytes(),
        }, Flow!, EndpointRig.Patience);

    /// <summary>The next NOTIFY, answered; and what it says.</summary>
    public async Task<(SipMessage Request, ManscdpDocument? Document)> NotifiedAsync(int status = 200)
    {
        var incoming = await Upper.User.NextAsync("NOTIFY");
        incoming.Answer(status);
        return (incoming.Request, incoming.Request.Body.IsEmpty ? null : ManscdpDocument.Parse(incoming.Request.Body.Span));
    }

    public async Task<T> NotifiedOfAsync<T>() where T : ManscdpDocument => Assert.IsType<T>((await NotifiedAsync()).Document);

    /// <param name="way">udp, passive (the platform listens) or active (it connects).</param>
    /// <param name="port">Of somebody else than the session, who is to get the media.</param>
    public async Task<PlatformSide> CallAsync(string way, GbDescription? wanted = null, string channel = Channel, string? subject = null, int? port = null)
    {
        var tap = new CollectingTap();
        var session = Media.Reception.Open(tap);
        var offer = (wanted ?? new()) with
        {
            Owner = ServerId, Address = IPAddress.Loopback, Port = port ?? session.Port, Direction = MediaDirection.ReceiveOnly, Ssrc = wanted?.Ssrc ?? ReceptionRig.Agreed,
            Transport = way == "udp" ? MediaTransport.Udp : MediaTransport.Tcp, Setup = way switch { "passive" => SetupRole.Passive, "active" => SetupRole.Active, _ => null },
            Formats = wanted is { Formats.Count: > 0 } ? wanted.Formats : PayloadFormat.Offered,
        };
        var uri = new SipUri(channel, Realm);
        var (final, dialog) = await Upper.Endpoint.OpenAsync(new("INVITE", uri, Server, uri)
        {
            Headers = [("Subject", $"{channel}:{subject ?? Ssrc.ToText(offer.Ssrc.Value)},{ServerId}:0")], ContentType = "application/sdp", Body = offer.Write(),
        }, Flow!, EndpointRig.Patience);
        if (dialog is null)
            return new(final, null, session, tap, null);
        var answer = GbDescription.Parse(final.Body.Span);
        session.LowLatency = true;
        session.Expect(MediaPeer.Of(offer, answer, IPAddress.Loopback));
        if (way == "active")
            await session.ConnectAsync(new(answer.Address!, answer.Port), default);
        return new(final, dialog, session, tap, answer);
    }

    public static GbDescription Stored(SessionPurpose purpose, int seconds = 60, int? speed = null) => new()
    {
        Purpose = purpose, Footage = $"{Channel}:0", From = DateTimeOffset.FromUnixTimeSeconds(BeginUs / 1_000_000), To = DateTimeOffset.FromUnixTimeSeconds(BeginUs / 1_000_000 + seconds), DownloadSpeed = speed,
    };

    /// <summary>The end of a call that the box makes.</summary>
    public Task<(SipDialog Dialog, string Why)> EndedAsync() => Upper.User.EndedAsync();

    public async ValueTask DisposeAsync()
    {
        if (_box is not null)
            await _box.DisposeAsync();
        Media.Dispose();
        await Upper.DisposeAsync();
    }

    public static ChannelDefinition Definition(int number, string key) => new(number, $"id{number}", key, "rtsp", $"Camera {key}", "rtsp://camera/1", null, true, TransportChoice.Auto, true, 0, new(), null);

    private bool Take(SipIncoming incoming)
    {
        switch (incoming.Request.Method)
        {
            case "REGISTER":
                Register(incoming);
                return true;
            case "MESSAGE":
                var document = ManscdpDocument.Parse(incoming.Request.Body.Span);
                incoming.Answer(document is Keepalive ? KeepaliveStatus : 200);
                _heard.Writer.TryWrite(document);
                return true;
            default:
                return false;
        }
    }

    private void Register(SipIncoming incoming)
    {
        var source = incoming.Source.Address;
        if (OtherServer is { } other)
        {
            incoming.Answer(302, [("Contact", $"<{other}>")]);
            return;
        }
        var result = _guard.Verify("REGISTER", incoming.Request.Values("Authorization"), source, (user, algorithm) => user == RightUser ? DigestHash.OfUser(algorithm, user, Realm, RightPassword) : null);
        if (result.Outcome == DigestOutcome.Wrong)
            incoming.Answer(403);
        else if (!result.IsRight)
            incoming.Answer(401, _guard.Challenges(source, result.IsStale).Select(value => ("WWW-Authenticate", value)));
        else
        {
            incoming.Flow.IsKnown = true;
            Flow = incoming.Flow;
            if (incoming.Request.ExpiresSeconds == 0)
                GoodByes++;
            else
                Interlocked.Increment(ref _registers);
            incoming.Answer(200, [("Contact", incoming.Request["Contact"]!), ("Expires", $"{Math.Min(GrantedSeconds, incoming.Request.ExpiresSeconds ?? 0)}")]);
        }
    }
}

/// <summary>A call as the platform has it.</summary>
internal sealed record PlatformSide(SipMessage Final, SipDialog? Dialog, IMediaSession Session, CollectingTap Tap, GbDescription? Answer) : IDisposable
{
    public void Dispose() => Session.Dispose();
}

/// <summary>A recorder that shows a test who watches.</summary>
internal sealed class WatchedRecorder : IRecorder
{
    private volatile IFragmentViewer? _viewer;

    public IFragmentViewer? Viewer => _viewer;
    public StreamKey Stream { get; private set; }
    public List<Fragment> Recent { get; } = [];

    public IDisposable? Watch(StreamKey stream, IFragmentViewer viewer, bool lowLatency)
    {
        Stream = stream;
        Recent.ForEach(viewer.Offer);
        _viewer = viewer;
        return new Lease(this);
    }

    public event Action<StreamKey>? Changed { add { } remove { } }
    public void Apply(ChannelDefinition channel, bool record, bool recordSub = false, bool preRoll = false) => throw new NotSupportedException();
    public void Remove(int number) => throw new NotSupportedException();
    public void Retry(int number) => throw new NotSupportedException();
    public ChannelStatus? Status(StreamKey stream) => new() { State = stream.ChannelNumber == 7 ? ChannelState.Recording : ChannelState.Offline };

    private sealed class Lease(WatchedRecorder recorder) : IDisposable
    {
        public void Dispose() => recorder._viewer = null;
    }
}
