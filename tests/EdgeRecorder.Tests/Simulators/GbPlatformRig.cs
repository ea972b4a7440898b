using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Gb28181.Media;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>The least of a platform, of the recorder's own parts: it registers whoever knows the password, collects documents, asks and calls.</summary>
internal sealed class GbPlatformRig : IAsyncDisposable
{
    private static readonly SipUri _server = new(GbDeviceProcess.ServerId, GbDeviceProcess.Domain);

    private readonly DigestGuard _guard;
    private readonly ConcurrentDictionary<string, SipFlow> _flows = new();
    private readonly Channel<ManscdpDocument> _documents = System.Threading.Channels.Channel.CreateUnbounded<ManscdpDocument>();
    private int _ssrc = 200000000, _sn = 100;

    public GbPlatformRig(bool withQop = false)
    {
        Sip = new(time: TimeProvider.System);
        _guard = new(new() { Realm = GbDeviceProcess.Domain, OfferQop = withQop }, TimeProvider.System);
        Sip.User.Handler = Take;
    }

    public EndpointRig Sip { get; }
    public ReceptionRig Media { get; } = new();
    public int Port => Sip.Endpoint.Port;
    public int Registered => _flows.Count;
    public ConcurrentQueue<string> Methods { get; } = [];

    /// <summary>Keep-alives are answered with that.</summary>
    public int KeepaliveStatus { get; set; } = 200;

    public SipFlow FlowOf(string device) => _flows[device];

    /// <summary>The next document of that kind; others before it are passed over.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? condition = null) where T : ManscdpDocument
    {
        using var deadline = new CancellationTokenSource(EndpointRig.Patience);
        while (true)
            if (await _documents.Reader.ReadAsync(deadline.Token) is T wanted && (condition is null || condition(wanted)))
                return wanted;
    }

    /// <summary>Says something and takes the device's answer to it.</summary>
    public async Task<T> AskAsync<T>(ManscdpDocument query, string device = GbDeviceProcess.Id) where T : ManscdpDocument
    {
        var sn = await TellAsync(query, device);
        return await NextAsync<T>(answer => answer.Sn == sn);
    }

    public async Task<int> TellAsync(ManscdpDocument document, string device = GbDeviceProcess.Id)
    {
        var sn = Interlocked.Increment(ref _sn);
        var uri = new SipUri(device, GbDeviceProcess.Domain);
        var body = (document with { Sn = sn, DeviceId = document.DeviceId is "" ? device : document.DeviceId }).ToBytes();
        var answer = await Sip.Endpoint.SendAsync(new("MESSAGE", uri, _server, uri) { ContentType = ManscdpDocument.ContentType, Body = body }, _flows[device]);
        Assert.Equal(200, answer.Status);
        return sn;
    }

    public async Task<SipOpening> SubscribeAsync(ManscdpDocument query, int expires, string @event, string device = GbDeviceProcess.Id)
    {
        var uri = new SipUri(device, GbDeviceProcess.Domain);
        var text = expires.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return await Sip.Endpoint.OpenAsync(
            new("SUBSCRIBE", uri, _server, uri)
            {
                Headers = [("Event", @event), ("Expires", text)],
                ContentType = ManscdpDocument.ContentType,
                Body = (query with { Sn = Interlocked.Increment(ref _sn), DeviceId = device }).ToBytes(),
            },
            _flows[device], EndpointRig.Patience);
    }

    /// <summary>Calls a channel over the transport of that name (as the device will say it) and lets its media come.</summary>
    public async Task<GbTestCall> CallAsync(string transport, string channel = GbDeviceProcess.Channel, string device = GbDeviceProcess.Id, Func<GbDescription, GbDescription>? change = null)
    {
        var (offer, tap, session) = Offer(transport, channel);
        offer = change?.Invoke(offer) ?? offer;
        var (final, dialog) = await InviteAsync(offer, channel, device);
        Assert.True(final.Status == 200 && !final.IsMadeHere, $"INVITE: {final.Status}");
        var answer = GbDescription.Parse(final.Body.Span);
        session.Expect(MediaPeer.Of(offer, answer, IPAddress.Loopback));
        session.LowLatency = true;
        if (transport == "tcp-passive")
            await session.ConnectAsync(new(answer.Address!, answer.Port), CancellationToken.None);
        return new(dialog!, session, tap, answer);
    }

    public Task<SipOpening> InviteAsync(GbDescription offer, string channel = GbDeviceProcess.Channel, string device = GbDeviceProcess.Id)
    {
        var uri = new SipUri(channel, GbDeviceProcess.Domain);
        return Sip.Endpoint.OpenAsync(
            new("INVITE", uri, _server, uri)
            {
                Headers = [("Subject", $"{channel}:{Ssrc.ToText(offer.Ssrc!.Value)},{GbDeviceProcess.ServerId}:0")],
                ContentType = "application/sdp",
                Body = offer.Write(),
            },
            _flows[device], EndpointRig.Patience);
    }

    public (GbDescription Offer, CollectingTap Tap, IMediaSession Session) Offer(string transport, string channel = GbDeviceProcess.Channel)
    {
        var tap = new CollectingTap();
        var session = Media.Reception.Open(tap);
        return (
            new()
            {
                Owner = GbDeviceProcess.ServerId,
                Address = IPAddress.Loopback,
                Footage = null,
                Port = session.Port,
                Direction = MediaDirection.ReceiveOnly,
                Formats = PayloadFormat.Offered,
                Transport = transport == "udp" ? MediaTransport.Udp : MediaTransport.Tcp,
                Setup = transport switch { "udp" => null, "tcp-active" => SetupRole.Passive, _ => SetupRole.Active },
                Ssrc = (uint)Interlocked.Increment(ref _ssrc),
            },
            tap, session);
    }

    public async ValueTask DisposeAsync()
    {
        Media.Dispose();
        await Sip.DisposeAsync();
    }

    private bool Take(SipIncoming incoming)
    {
        var request = incoming.Request;
        Methods.Enqueue(request.Method);
        switch (request.Method)
        {
            case "REGISTER":
                return Register(incoming);
            case "MESSAGE" or "NOTIFY":
                var document = request.Body.IsEmpty ? null : ManscdpDocument.Parse(request.Body.Span);
                incoming.Answer(document is Keepalive ? KeepaliveStatus : 200);
                if (document is not null)
                    _documents.Writer.TryWrite(document);
                return true;
            default:
                return false;
        }
    }

    private bool Register(SipIncoming incoming)
    {
        var (request, source) = (incoming.Request, incoming.Source.Address);
        var result = _guard.Verify(
            "REGISTER", request.Values("Authorization"), source,
            (user, algorithm) => user == request.From.Uri.User ? DigestHash.OfUser(algorithm, user, GbDeviceProcess.Domain, GbDeviceProcess.Password) : null);
        if (result.Outcome == DigestOutcome.Wrong)
            return incoming.Answer(403);
        if (!result.IsRight)
            return incoming.Answer(401, _guard.Challenges(source, result.IsStale).Select(value => ("WWW-Authenticate", value)));
        var user = request.From.Uri.User;
        if (request["Expires"] == "0")
            _flows.TryRemove(user, out _);
        else
            _flows[user] = incoming.Flow;
        incoming.Flow.IsKnown = true;
        return incoming.Answer(200, [("Contact", request["Contact"]!), ("Expires", request["Expires"]!)]);
    }
}

/// <summary>A call to a device, and what came of it.</summary>
internal sealed record GbTestCall(SipDialog Dialog, IMediaSession Session, CollectingTap Tap, GbDescription Answer)
{
    /// <summary>First 8 bytes of the SHA-256 of each picture that came, in hex: what the device lists as sent.</summary>
    public IReadOnlyList<string> Pictures => [.. Tap.Video.Select(unit => Digest(unit.NalUnits.SelectMany(nal => nal)))];

    public IReadOnlyList<string> AudioFrames => [.. Tap.Audio.Select(unit => Digest(unit.Bytes))];

    public async Task ByeAsync()
    {
        Assert.Equal(200, (await Dialog.ByeAsync()).Status);
        Session.Dispose();
    }

    private static string Digest(IEnumerable<byte> bytes) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.ToArray()).AsSpan(0, 8));
}
