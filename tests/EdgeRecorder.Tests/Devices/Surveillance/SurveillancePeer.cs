using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Threading.Channels;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

/// <summary>A device: answers what it is asked as the test says, 200 to everything else, and says again over UDP what nobody answered.</summary>
internal sealed class SurveillancePeer : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly ScriptedPeer _peer;
    private readonly Channel<SipMessage> _responses = Channel.CreateUnbounded<SipMessage>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;
    private readonly HashSet<(string Branch, string Method)> _known = [];
    private int _number;

    public SurveillancePeer(ScriptedPeer peer, string id, string password)
    {
        (_peer, Id, Password) = (peer, id, password);
        _listening = Task.Run(ListenAsync);
    }

    public string Id { get; }
    public string Password { get; set; }

    /// <summary>Of its credentials; null: its ID.</summary>
    public string? User { get; set; }
    public string CallId { get; set; } = Guid.NewGuid().ToString("N");
    public IPEndPoint Local => _peer.Local;

    /// <summary>Documents that it was sent.</summary>
    public ConcurrentQueue<ManscdpDocument> Asked { get; } = new();

    /// <summary>Requests that it was sent; one that came again is answered again and counts once.</summary>
    public ConcurrentQueue<SipMessage> Requests { get; } = new();

    /// <summary>Documents that answer a question; their numbers are set to its.</summary>
    public Func<ManscdpDocument, IEnumerable<ManscdpDocument>> Answers { get; set; } = Usual;

    /// <summary>Status for a request; 0: says nothing.</summary>
    public Func<SipMessage, int> Status { get; set; } = _ => 200;

    /// <summary>Says who it is, that it works, and that it has no channels.</summary>
    public static IEnumerable<ManscdpDocument> Usual(ManscdpDocument document) => document switch
    {
        CatalogQuery => [new CatalogResponse(new(0, [], 0))],
        PlainQuery { CmdType: "DeviceInfo" } => [new DeviceInfoResponse { DeviceName = "Yard", Manufacturer = "Acme", Model = "NVR-8" }],
        PlainQuery { CmdType: "DeviceStatus" } => [new DeviceStatusResponse { IsWorking = true }],
        _ => [],
    };

    /// <summary>With a catalog.</summary>
    public static Func<ManscdpDocument, IEnumerable<ManscdpDocument>> With(params CatalogItem[] items)
        => document => document is CatalogQuery ? items.Select(item => new CatalogResponse(new(items.Length, [item], 0))) : Usual(document);

    /// <summary>It was asked everything that a device is asked when it comes: the subscriptions are the last of it.</summary>
    public Task IntroducedAsync(int subscriptions = 2)
        => EndpointRig.Until(() => Requests.Count(request => request.Method == "SUBSCRIBE") >= subscriptions, $"{subscriptions} subscriptions");

    /// <summary>The last REGISTER with credentials, as it went over the wire.</summary>
    public string? LastRegister { get; private set; }

    /// <summary>REGISTER, and once more with the password when it is asked for. Returns the last answer.</summary>
    public async Task<SipMessage> RegisterAsync(int expires = 3600, string headers = "")
    {
        var first = await RequestAsync("REGISTER", $"Expires: {expires}\r\n{headers}");
        if (first.Status != 401)
            return first;
        var challenge = Challenge.ParseAll(first["WWW-Authenticate"]!)[0];
        const string Uri = "sip:34020000002000000001@3402000000";
        var response = DigestHash.Response(DigestAlgorithm.Md5, DigestHash.OfUser(DigestAlgorithm.Md5, User ?? Id, challenge["realm"]!, Password), challenge["nonce"]!, null, null, null,
            DigestHash.OfRequest(DigestAlgorithm.Md5, "REGISTER", Uri));
        return await RequestAsync("REGISTER", $"Authorization: Digest username=\"{User ?? Id}\", realm=\"{challenge["realm"]}\", nonce=\"{challenge["nonce"]}\", uri=\"{Uri}\", response=\"{response}\", algorithm=MD5\r\n"
            + $"Expires: {expires}\r\n{headers}");
    }

    public Task<SipMessage> KeepAliveAsync() => SayAsync(new Keepalive(true));

    /// <summary>A MESSAGE; returns its answer.</summary>
    public Task<SipMessage> SayAsync(ManscdpDocument document, string? user = null)
        => RequestAsync("MESSAGE", "Content-Type: Application/MANSCDP+xml\r\n", Encoding.Latin1.GetString(Numbered(document).ToBytes()), user);

    /// <summary>A request with a new branch; over UDP again every second until it is answered.</summary>
    public async Task<SipMessage> RequestAsync(string method, string headers, string body = "", string? user = null)
    {
        var number = Interlocked.Increment(ref _number);
        var text = _peer.Request(method, $"{Id}.{Local.Port}.{number}", CallId, number, headers: headers, body: body, user: user ?? Id);
        if (headers.StartsWith("Authorization", StringComparison.Ordinal))
            LastRegister = text;
        for (var deadline = Environment.TickCount64 + (long)EndpointRig.Patience.TotalMilliseconds; Environment.TickCount64 < deadline;)
        {
            await SendAsync(text);
            using var patience = new CancellationTokenSource(_peer.IsDatagram ? Again : EndpointRig.Patience);
            try
            {
                while (await _responses.Reader.ReadAsync(patience.Token) is var response)
                    if (response.CSeq.Number == number && !response.IsProvisional)
                        return response;
            }
            catch (OperationCanceledException) when (_peer.IsDatagram)
            {
                // Lost, or the other side is busy.
            }
        }
        throw new TimeoutException($"no answer to {method}");
    }

    /// <summary>As it stands.</summary>
    public Task SendAsync(string text) => _peer.SendAsync(text);

    public string Message(ManscdpDocument document, string branch)
        => _peer.Request("MESSAGE", branch, branch, 1, headers: "Content-Type: Application/MANSCDP+xml\r\n", body: Encoding.Latin1.GetString(Numbered(document).ToBytes()), user: Id);

    /// <summary>NOTIFY inside the subscription that <paramref name="subscribe"/> asked for; without a document its end.</summary>
    public Task<SipMessage> NotifyAsync(SipMessage subscribe, ManscdpDocument? document)
    {
        var number = Interlocked.Increment(ref _number);
        var body = document is null ? "" : Encoding.Latin1.GetString(Numbered(document).ToBytes());
        var text = $"NOTIFY sip:34020000002000000001@3402000000 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5060;rport;branch=z9hG4bKn{number}\r\nFrom: {subscribe["To"]};tag=d900\r\nTo: {subscribe["From"]}\r\n"
            + $"Call-ID: {subscribe.CallId}\r\nCSeq: {number} NOTIFY\r\nMax-Forwards: 70\r\nEvent: {subscribe["Event"]}\r\nSubscription-State: {(document is null ? "terminated" : "active")}\r\nContent-Type: Application/MANSCDP+xml\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        return AnsweredAsync(text, number);
    }

    public async Task<T> AskedAsync<T>() where T : ManscdpDocument
    {
        await EndpointRig.Until(() => Asked.OfType<T>().Any(), $"a {typeof(T).Name}; there were {string.Join(", ", Asked.Select(document => document.CmdType))}");
        return Asked.OfType<T>().Last();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _peer.Dispose();
        await _listening;
        _stop.Dispose();
    }

    private ManscdpDocument Numbered(ManscdpDocument document)
        => document with { Sn = document.Sn > 0 ? document.Sn : Interlocked.Increment(ref _number), DeviceId = document.DeviceId.Length > 0 ? document.DeviceId : Id };

    private async Task<SipMessage> AnsweredAsync(string text, int number)
    {
        await SendAsync(text);
        while (await _responses.Reader.ReadAsync().AsTask().WaitAsync(EndpointRig.Patience) is var response)
            if (response.CSeq.Number == number)
                return response;
        throw new InvalidOperationException();
    }

    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
            try
            {
                if (await _peer.TextAsync() is not { } text)
                    break;
                if (SipParser.ParseDatagram(Encoding.Latin1.GetBytes(text)) is not { } message)
                    continue;
                if (message.IsRequest)
                    await TakeAsync(message);
                else
                    _responses.Writer.TryWrite(message);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                // Nothing came for a while, or the test is over.
            }
        _responses.Writer.TryComplete();
    }

    private async Task TakeAsync(SipMessage request)
    {
        var isNew = _known.Add((request.Via.Branch, request.Method));
        if (isNew)
            Requests.Enqueue(request);
        if (request.Method == "ACK" || Status(request) is not (> 0 and var status))
            return;
        await _peer.AnswerAsync(request, status, headers: request.Method == "SUBSCRIBE" ? "Expires: 600\r\n" : "");
        if (!isNew || request.Method != "MESSAGE" || status != 200)
            return;
        var document = ManscdpDocument.Parse(request.Body.Span);
        Asked.Enqueue(document);
        foreach (var answer in Answers(document))
        {
            var number = Interlocked.Increment(ref _number);
            await SendAsync(_peer.Request("MESSAGE", $"{Id}.{Local.Port}.{number}", $"a{number}.{Id}", number, headers: "Content-Type: Application/MANSCDP+xml\r\n",
                body: Encoding.Latin1.GetString((answer with { Sn = document.Sn, DeviceId = Id }).ToBytes()), user: Id));
        }
    }
}
