using System.Globalization;
using System.Net;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Media;

namespace EdgeRecorder.Sip;

/// <summary>Who uses SIP: the platform for devices, and the device for a platform above. Called on the threads that read; must not block.</summary>
internal interface ISipUser
{
    /// <summary>A request, outside of a dialog or inside of one; has to be answered. BYE, ACK and CANCEL are dealt with before.</summary>
    void Take(SipIncoming incoming);

    /// <summary>A dialog is over though we did not end it.</summary>
    void Ended(SipDialog dialog, string why);

    /// <summary>A TCP connection is gone.</summary>
    void Closed(SipFlow flow);
}

/// <summary>
/// The SIP end of the box (RFC 3261): requests that came, answered once; requests of ours, sent until they are answered; calls and subscriptions. It knows nothing of what is said with it.
/// </summary>
internal sealed class SipEndpoint : ISipReader, ITicking, IAsyncDisposable
{
    private const string MagicCookie = "z9hG4bK";
    private const int MostAttempts = 3;

    private readonly ISipUser _user;
    private readonly TimeProvider _time;
    private readonly SipTransports _transports;
    private readonly ServerTransactions _server;
    private readonly ClientTransactions _client;
    private readonly SipOptions _options;
    private uint _number;

    public SipEndpoint(SipOptions options, ISipUser user, TimeProvider time, ILogger<SipEndpoint> log)
    {
        (_options, _user, _time) = (options, user, time);
        Figures = new();
        _transports = new(options, this, Figures, time, log);
        _server = new(_transports, time);
        _client = new(_transports, time);
        Dialogs = new(options.MostDialogs);
    }

    public SipFigures Figures { get; }
    public SipRefusals Refusals => _transports.Refusals;
    public SipDialogs Dialogs { get; }
    public int Port => _transports.Port;

    /// <summary>What waits or is remembered, for the metrics.</summary>
    public int Transactions => _server.Count + _client.Count;
    public int Connections => _transports.Connections;
    public int UnknownConnections => _transports.Unknown;

    /// <exception cref="System.Net.Sockets.SocketException">The port cannot be had.</exception>
    public void Start()
    {
        _transports.Start();
        SlowTimer.Of(_time).Add(this);
    }

    /// <summary>The way to a peer that has not spoken yet: an upper platform.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It takes no connection.</exception>
    public async Task<SipFlow> ConnectAsync(IPEndPoint remote, SipTransport transport, CancellationToken stop)
    {
        if (transport == SipTransport.Tcp)
            return await _transports.ConnectAsync(remote, stop).ConfigureAwait(false);
        var flow = _transports.To(remote);
        flow.IsKnown = true;
        return flow;
    }

    /// <summary>The way over UDP to a peer that was known before.</summary>
    public SipFlow To(IPEndPoint remote) => _transports.To(remote);

    /// <summary>Sends a request outside of a dialog and awaits its final response; 408 or 503 of our own when none comes (<see cref="SipMessage.IsMadeHere"/>).</summary>
    /// <param name="credentials">Answers a challenge.</param>
    public async Task<SipMessage> SendAsync(SipDraft draft, SipFlow flow, Authenticator? credentials = null)
    {
        var (callId, tag) = (draft.CallId ?? NewCallId(flow), draft.FromTag ?? NewToken());
        SipMessage? final = null;
        for (var attempt = 1; ; attempt++)
        {
            final = await Begin(Request(draft, flow, callId, tag, credentials, final), flow).Final.ConfigureAwait(false);
            if (attempt == MostAttempts || !IsAccepted(final, credentials))
                return final;
        }
    }

    /// <summary>
    /// Calls or subscribes. Not answered within <paramref name="patience"/>, or cancelled, an INVITE is taken back, and a call that is answered all the same is ended at once.
    /// </summary>
    /// <returns>The final response, 408 of our own when there was none in time; with a dialog when it was a 2xx, which has been acknowledged.</returns>
    public async Task<SipOpening> OpenAsync(SipDraft draft, SipFlow flow, TimeSpan patience, Authenticator? credentials = null, CancellationToken stop = default)
    {
        var (callId, tag) = (draft.CallId ?? NewCallId(flow), draft.FromTag ?? NewToken());
        SipOpening opening = default;
        for (var attempt = 1; ; attempt++)
        {
            opening = await new SipCaller(this, Request(draft, flow, callId, tag, credentials, opening.Final), flow).RunAsync(patience, _time, stop).ConfigureAwait(false);
            if (attempt == MostAttempts || !IsAccepted(opening.Final, credentials))
                return opening;
        }
    }

    public ClientTransaction Begin(SipMessage request, SipFlow flow, Action<SipMessage>? succeeded = null) => _client.Begin(request, flow, succeeded);

    public void Send(ReadOnlySpan<byte> message, SipFlow flow) => _transports.TrySend(message, flow);

    public string NewToken() => _options.NewToken();

    public (string Host, int Port) LocalOf(SipFlow flow) => _transports.LocalOf(flow);

    public string NewVia(SipFlow flow)
    {
        var (host, port) = LocalOf(flow);
        return string.Create(CultureInfo.InvariantCulture, $"SIP/2.0/{(flow.Transport == SipTransport.Udp ? "UDP" : "TCP")} {host}:{port};rport;branch={MagicCookie}{NewToken()}");
    }

    public void Ended(SipDialog dialog, string why) => _user.Ended(dialog, why);

    public void Take(SipMessage message, SipFlow flow)
    {
        if (!message.IsRequest)
            _client.Take(message, flow);
        else if (message.Method == "ACK")
            TakeAck(message, flow);
        else if (_server.Add(message, flow, out var isNew) is not { } transaction)
            Refusals.Refuse(SipRefusal.Transaction, flow.Remote, $"no room for a {message.Method}");
        else if (!isNew)
            transaction.Repeat();
        else
            TakeNew(message, flow, transaction);
    }

    public void Closed(SipFlow flow)
    {
        _client.Closed(flow);
        _user.Closed(flow);
    }

    public void Tick() => _server.Tick(_time.Milliseconds());

    public async ValueTask DisposeAsync()
    {
        SlowTimer.Of(_time).Remove(this);
        _client.FailAll();
        await _transports.DisposeAsync().ConfigureAwait(false);
        _client.FailAll();
        _server.Clear();
    }

    private void TakeNew(SipMessage message, SipFlow flow, ServerTransaction transaction)
    {
        var isInside = message.To.Tag is { Length: > 0 } && message.Method is not ("MESSAGE" or "REGISTER" or "OPTIONS" or "CANCEL") || message.Method is "BYE" or "NOTIFY";
        var dialog = Dialogs.Find(message.CallId, message.To.Tag ?? "") is { } found && found.Matches(message, flow) ? found : null;
        var incoming = new SipIncoming(this, transaction, message, flow, dialog);
        if (message.Method == "CANCEL")
            TakeCancel(message, flow, incoming);
        else if (dialog is null && isInside)
        {
            Refusals.Refuse(SipRefusal.NoDialog, flow.Remote, $"a {message.Method} in a dialog that is none of its sender's");
            incoming.Answer(481);
        }
        else if (dialog is not null && !dialog.IsInOrder(message))
            incoming.Answer(500);
        else if (dialog is not null && message.Method == "BYE")
        {
            incoming.Answer(200);
            dialog.Drop();
            _user.Ended(dialog, "the peer ended it");
        }
        else
        {
            if (message.Method == "INVITE")
                incoming.Answer(100);
            if (message.Method == "NOTIFY")
                dialog!.TryConfirm(message);
            _user.Take(incoming);
        }
    }

    private void TakeCancel(SipMessage cancel, SipFlow flow, SipIncoming incoming)
    {
        var invite = _server.Find(TransactionKey.Of(cancel, flow.Remote.Address, "INVITE"));
        incoming.Answer(invite is null ? 481 : 200);
        if (invite is { IsFinal: false })
            invite.Cancelled?.Invoke();
    }

    private void TakeAck(SipMessage ack, SipFlow flow)
    {
        if (_server.Find(TransactionKey.Of(ack, flow.Remote.Address, "INVITE")) is { } refused)
            refused.Acknowledge(ack);
        else if (Dialogs.Find(ack.CallId, ack.To.Tag ?? "") is { } dialog && dialog.Matches(ack, flow))
            dialog.Invite?.Acknowledge(ack);
        else
            Refusals.Refuse(SipRefusal.NoDialog, flow.Remote, "an ACK for nothing");
    }

    private SipMessage Request(SipDraft draft, SipFlow flow, string callId, string tag, Authenticator? credentials, SipMessage? refusal)
    {
        var uri = draft.RequestUri.ToString();
        var request = SipMessage.Request(draft.Method, uri, draft.Body).With("Via", NewVia(flow))
            .With("From", $"<{draft.From}>;tag={tag}").With("To", $"<{draft.To}>").With("Call-ID", callId)
            .With("CSeq", string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _number)} {draft.Method}")).With("Max-Forwards", "70");
        if (credentials?.Header(draft.Method, uri) is { } authorization)
            request.With(refusal?.Status == 407 ? "Proxy-Authorization" : "Authorization", authorization);
        foreach (var (name, value) in draft.Headers)
            request.With(name, value);
        if (draft.HasContact)
        {
            var (host, port) = LocalOf(flow);
            request.With("Contact", $"<{new SipUri(draft.From.User, host, port)}>");
        }
        if (draft.ContentType is { } type)
            request.With("Content-Type", type);
        return request;
    }

    private static bool IsAccepted(SipMessage final, Authenticator? credentials)
        => credentials is not null && final.Status is 401 or 407 && credentials!.Accept(final.Values(final.Status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate"));

    private string NewCallId(SipFlow flow) => $"{NewToken()}@{LocalOf(flow).Host}";
}
