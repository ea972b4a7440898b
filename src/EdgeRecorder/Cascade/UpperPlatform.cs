using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using EdgeRecorder.Bytes;
using EdgeRecorder.Configuration;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Cascade;

/// <summary>One platform above: registered there as long as it can be had, its questions answered, its calls served.</summary>
internal sealed partial class UpperPlatform
{
    private const string Allow = "INVITE, ACK, INFO, CANCEL, BYE, OPTIONS, MESSAGE, SUBSCRIBE";
    private const int MostCalls = 128;
    private const int MostQuestions = 32;
    private const int PerDatagram = 3;                      // entries of some 400 bytes
    private const int PerDocument = 100;                    // over TCP

    private readonly SipEndpoint _endpoint;
    private readonly SsrcPool _ssrcs;
    private readonly PlatformAnswers _answers;
    private readonly Channel<(ManscdpDocument Question, SipFlow Flow)> _questions = Channel.CreateBounded<(ManscdpDocument, SipFlow)>(new BoundedChannelOptions(MostQuestions));
    private readonly Lock _gate = new();
    private readonly List<PlatformCall> _calls = [];
    private readonly SipUri _own;
    private int _number;
    private long _packets, _dropped, _refused, _begun;

    public UpperPlatform(PlatformOptions options, SipEndpoint endpoint, CascadeSurroundings box)
    {
        (Options, _endpoint, Box) = (options, endpoint, box);
        _own = new(options.DeviceId, options.Realm);
        _ssrcs = new(options.DeviceId);
        _answers = new(options.DeviceId, box, Channels);
        Registration = new(this, endpoint, _own);
        Subscriptions = new(this, new PlatformReports(options.DeviceId, box, _answers, Channels));
    }

    public PlatformOptions Options { get; }
    public CascadeSurroundings Box { get; }
    public PlatformRegistration Registration { get; }
    public PlatformSubscriptions Subscriptions { get; }

    public PlatformFigures Figures
    {
        get
        {
            lock (_gate)
                return new()
                {
                    ServerId = Options.ServerId, Host = Options.Host, Port = Options.Port, DeviceId = Options.DeviceId,
                    IsRegistered = Registration.IsRegistered, Since = Registration.Since, Detail = Registration.Detail, Registrations = Registration.Count,
                    Calls = _calls.Count, CallsBegun = _begun, Subscriptions = Subscriptions.Count, Refused = _refused, Packets = _packets, Dropped = _dropped,
                };
        }
    }

    /// <summary>Registers, and answers questions, until it is stopped; then it says good-bye.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Registration.RunAsync(stop), AnswerAsync(stop));

    /// <summary>Whether a request is of this platform: from where it is registered, and in its name.</summary>
    public bool Owns(SipIncoming incoming)
        => Registration.Flow is { } flow && incoming.Request.From.Uri.User == Registration.Server.User
            && (flow.Connection is null ? incoming.Flow.Remote.Address.Equals(flow.Remote.Address) : incoming.Flow.Equals(flow));

    /// <summary>A request of this platform; must not block.</summary>
    public void Take(SipIncoming incoming)
    {
        switch (incoming.Request.Method)
        {
            case "MESSAGE":
                TakeMessage(incoming);
                break;
            case "INVITE" when incoming.Dialog is null:
                TakeInvite(incoming);
                break;
            case "INFO" when incoming.Dialog?.Owner is PlatformCall call:
                call.Control(incoming);
                break;
            case "OPTIONS":
                incoming.Answer(200, [("Allow", Allow)]);
                break;
            case "SUBSCRIBE":
                Subscriptions.Take(incoming);
                break;
            default:
                incoming.Answer(405, [("Allow", Allow)]);
                break;
        }
    }

    public int NextNumber() => Interlocked.Increment(ref _number);

    public void Count(int packets, int dropped)
    {
        Interlocked.Add(ref _packets, packets);
        if (dropped > 0 && Interlocked.Add(ref _dropped, dropped) == dropped)
            LogTooSlow(Box.Log, Options.ServerId);                      // further ones are counted
    }

    /// <summary>Entries of a document, over this way.</summary>
    public static int PerPart(SipFlow flow) => flow.Transport == SipTransport.Udp ? PerDatagram : PerDocument;

    /// <summary>Where it finds us over this way.</summary>
    public SipUri ContactOver(SipFlow flow)
    {
        var (host, port) = _endpoint.LocalOf(flow);
        return new(Options.DeviceId, host, port);
    }

    /// <summary>It cannot be had any more: nobody takes what is sent.</summary>
    public void End()
    {
        Subscriptions.EndAll();
        List<PlatformCall> calls;
        lock (_gate)
            calls = [.. _calls];
        calls.ForEach(call => call.Stop());
    }

    public void Ended(PlatformCall call, string channel, string why)
    {
        lock (_gate)
            _calls.Remove(call);
        LogCallEnded(Box.Log, Options.ServerId, channel, why);
    }

    public string Fault(Exception e)
    {
        LogCallFault(Box.Log, e, Options.ServerId);
        return $"fault of this program: {e.Message}";
    }

    private IEnumerable<ChannelDefinition> Channels()
        => Box.Channels().Where(channel => channel.Number < 1_000_000 && (Options.Channels.Count == 0 || Options.Channels.Contains(channel.Key, StringComparer.OrdinalIgnoreCase)));

    private void TakeMessage(SipIncoming incoming)
    {
        ManscdpDocument document;
        try
        {
            document = ManscdpDocument.Parse(incoming.Request.Body.Span);
        }
        catch (ProtocolException e)
        {
            Interlocked.Increment(ref _refused);
            LogNotUnderstood(Box.Log, Options.ServerId, e.Message);
            incoming.Answer(400);
            return;
        }
        incoming.Answer(200);
        if (document.Root is ManscdpRoot.Query or ManscdpRoot.Control && !_questions.Writer.TryWrite((document, incoming.Flow)))
            Interlocked.Increment(ref _refused);            // it asks faster than it takes answers
    }

    private async Task AnswerAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var (question, flow) in _questions.Reader.ReadAllAsync(stop).ConfigureAwait(false))
                foreach (var answer in _answers.To(question, PerPart(flow)))
                    if (!await TellAsync(answer, flow).WaitAsync(stop).ConfigureAwait(false))
                        break;                              // it does not hear: the rest would be for nobody
        }
        catch (OperationCanceledException)
        {
            // The box stops.
        }
    }

    /// <summary>One document outside of any call; awaits its 200.</summary>
    public async Task<bool> TellAsync(ManscdpDocument document, SipFlow flow) => (await SendAsync(document, flow).ConfigureAwait(false)).IsSuccess;

    public Task<SipMessage> SendAsync(ManscdpDocument document, SipFlow flow)
        => _endpoint.SendAsync(new("MESSAGE", Registration.Server, _own, Registration.Server) { ContentType = ManscdpDocument.ContentType, Body = document.ToBytes() }, flow);

    private void TakeInvite(SipIncoming incoming)
    {
        GbDescription offer;
        try
        {
            offer = GbDescription.Parse(incoming.Request.Body.Span);
        }
        catch (ProtocolException e)
        {
            Refuse(incoming, incoming.Request.Body.IsEmpty ? 488 : 400, e.Message);
            return;
        }
        var code = incoming.Request.To.Uri.User;
        if (ChannelCodes.NumberOf(Options.DeviceId, code) is not { } number || Channels().FirstOrDefault(c => c.Number == number) is not { } channel)
            Refuse(incoming, 404, $"there is no channel {code}");
        else if (offer.IsAudio || offer.Purpose == SessionPurpose.Talk || !offer.Formats.Any(PlatformCall.IsStream) || offer.Port == 0 || offer.Address is null
            || offer.Purpose != SessionPurpose.Play && (offer.From is null || offer.To <= offer.From))
            Refuse(incoming, 488, "what it offers is not served");
        else
            Accept(incoming, offer, channel, code);
    }

    private void Accept(SipIncoming incoming, GbDescription offer, ChannelDefinition channel, string code)
    {
        var subject = incoming.Request["Subject"]?.Split(',')[0].Trim();
        PlatformCall? same;
        int count;
        lock (_gate)
            (count, same) = (_calls.Count, subject is null ? null : _calls.Find(call => call.Subject == subject));
        if (count >= MostCalls)
        {
            Refuse(incoming, 486, $"{MostCalls} calls are open");
            return;
        }
        same?.Stop();
        CallTransport transport;
        try
        {
            transport = CallTransport.Prepare(offer, new(offer.Address!, offer.Port), Box.Ports, Box.Clock);
        }
        catch (SocketException e)
        {
            Refuse(incoming, 500, e.Message);
            return;
        }
        var ssrc = offer.Ssrc ?? Own(offer.Purpose == SessionPurpose.Play);
        var answer = new GbDescription
        {
            Owner = code, Address = MediaAddress(incoming.Flow), Purpose = offer.Purpose, Footage = offer.Footage, From = offer.From, To = offer.To, Port = transport.Port, Transport = offer.Transport,
            Direction = MediaDirection.SendOnly, Formats = [offer.Formats.First(PlatformCall.IsStream)], Setup = transport.Setup, DownloadSpeed = offer.DownloadSpeed, Ssrc = ssrc,
        };
        if (incoming.Accept(contentType: "application/sdp", body: answer.Write()) is not { } dialog)
        {
            transport.Dispose();
            return;
        }
        var call = new PlatformCall(this, dialog, transport, offer, ssrc, new(channel.Number, (byte)(offer.StreamNumber == 1 ? 1 : 0)), code, subject);
        lock (_gate)
        {
            _calls.Add(call);
            _begun++;
        }
        dialog.Owner = call;
        if (dialog.IsOver)
            call.Stop();
        LogCall(Box.Log, Options.ServerId, code, offer.Purpose, offer.Address!, offer.Port);
        _ = Task.Run(call.RunAsync);
    }

    /// <summary>For an offer that names none; nobody tells them apart by it, so it is not kept.</summary>
    private uint Own(bool isLive)
    {
        var ssrc = _ssrcs.Take(isLive) ?? 0;
        _ssrcs.Return(ssrc);
        return ssrc;
    }

    private IPAddress MediaAddress(SipFlow flow) => Box.MediaHost ?? (IPAddress.TryParse(_endpoint.LocalOf(flow).Host, out var local) ? local : IPAddress.Loopback);

    /// <summary>Asked for what it never gets, again and again perhaps: counted, and nothing for people to act on.</summary>
    public void RefuseQuietly(SipIncoming incoming, int status)
    {
        Interlocked.Increment(ref _refused);
        incoming.Answer(status);
    }

    public void Refuse(SipIncoming incoming, int status, string why)
    {
        Interlocked.Increment(ref _refused);
        LogCallRefused(Box.Log, Options.ServerId, string.Create(CultureInfo.InvariantCulture, $"{status}: {why}"));
        incoming.Answer(status);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Platform {Platform} takes {Channel} ({Purpose}) to {Address}:{Port}")]
    private static partial void LogCall(ILogger log, string platform, string channel, SessionPurpose purpose, IPAddress address, int port);

    [LoggerMessage(Level = LogLevel.Information, Message = "Platform {Platform}: the call of {Channel} ended: {Why}")]
    private static partial void LogCallEnded(ILogger log, string platform, string channel, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Platform {Platform}: a call or subscription was refused, {Why}")]
    private static partial void LogCallRefused(ILogger log, string platform, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Platform {Platform} takes media more slowly than it comes; pictures are left out up to the next sync sample, and counted")]
    private static partial void LogTooSlow(ILogger log, string platform);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Platform {Platform} says what cannot be meant: {Why}")]
    private static partial void LogNotUnderstood(ILogger log, string platform, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "Platform {Platform}: a call ended by a fault of this program")]
    private static partial void LogCallFault(ILogger log, Exception e, string platform);
}
