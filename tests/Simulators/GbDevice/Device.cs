using System.Globalization;
using System.Net;
using EdgeRecorder.Simulators.GbDevice.Messages;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>One device: its way to the server, what it asks and is asked. Only the pacer's thread uses it.</summary>
internal sealed class Device
{
    private const int RememberedReasons = 20;
    private const int RememberedControls = 2000;

    private readonly ClientRequests _requests = new();
    private readonly GivenAnswers _given = new();
    private readonly List<(double Due, Action Action)> _later = [];
    private readonly List<string> _malformedReasons = [];
    private readonly List<ReceivedControl> _controls = [];
    private readonly Dictionary<string, int> _sent = [], _received = [];
    private SipLink? _link;
    private int _cseq, _sn;

    public Device(Fleet fleet, int number, IReadOnlyList<Channel> channels, double now)
    {
        (Fleet, Number) = (fleet, number);
        Id = fleet.Options.DeviceId(number);
        Address = fleet.Options.AddressOf(number);
        Channels = channels;
        Now = now;
        Charset = Charset.Of(fleet.Options.Charset);
        Drive = new Drive((double)number / fleet.Options.Devices, now);
        Registration = new Registration(this, now + number / fleet.Options.Ramp);
        Calls = new CallDesk(this);
        Queries = new QueryDesk(this);
        Subscriptions = new Subscriptions(this);
        Footage = new Footage(fleet.Options.Footage, fleet.Options.FootageSeconds);
    }

    public Fleet Fleet { get; }
    public GbDeviceOptions Options => Fleet.Options;
    public int Number { get; }
    public string Id { get; }
    public IPAddress? Address { get; }
    public IReadOnlyList<Channel> Channels { get; }
    public Charset Charset { get; }
    public Drive Drive { get; }
    public Footage Footage { get; }
    public Registration Registration { get; }
    public CallDesk Calls { get; }
    public QueryDesk Queries { get; }
    public Subscriptions Subscriptions { get; }
    public Faults Faults => Fleet.Faults.Of(Id);

    /// <summary>Of the turn that runs.</summary>
    public double Now { get; private set; }

    public SipLink? Link => _link;
    public int Unanswered => _requests.Count;
    public int Resent => _requests.Resent;
    public int Repeats => _given.Repeats;

    /// <summary>Answers to what was never asked, requests for somebody else; a platform sends none.</summary>
    public int Stray { get; private set; }
    public int Malformed { get; private set; }
    public IReadOnlyList<string> MalformedReasons => _malformedReasons;
    public IReadOnlyDictionary<string, int> Sent => _sent;
    public IReadOnlyDictionary<string, int> Received => _received;
    public IReadOnlyList<ReceivedControl> Controls => _controls;

    /// <summary>One turn of the pacer.</summary>
    public void Advance(double now)
    {
        Now = now;
        Registration.Advance(now);
        for (var i = 0; i < _later.Count; i++)
            if (_later[i].Due <= now)
            {
                var action = _later[i].Action;
                _later.RemoveAt(i--);
                action();
            }
        if (Registration.State == RegistrationState.Online)
            Subscriptions.Advance(now);
        Calls.Advance(now);
        _requests.Advance(now, Transmit);
        _link?.Flush(now);
    }

    public void After(double seconds, Action action)
    {
        if (seconds <= 0)
            action();
        else
            _later.Add((Now + seconds, action));
    }

    /// <summary>Another socket, so another port: what was on its way is lost.</summary>
    public void OpenLink()
    {
        CloseLink();
        _link = new SipLink(Fleet, Address, Options.Server, Options.IsTcp, Take);
    }

    public void CloseLink()
    {
        _link?.Dispose();
        _link = null;
        _requests.Clear();
    }

    public string NewToken() => Fleet.NewToken();
    public int NextSn() => ++_sn;
    public int NextCSeq() => ++_cseq;

    /// <summary><c>&lt;sip:ID@DOMAIN&gt;</c></summary>
    public string NameOf(string id) => $"<sip:{id}@{Options.Domain}>";

    public string Contact => $"<sip:{Id}@{_link!.Local}>";

    public SipText Draft(string method, string uri, string from, string to, string callId, int cseq)
        => new SipText($"{method} {uri} SIP/2.0")
            .Add("Via", $"SIP/2.0/{(_link!.IsTcp ? "TCP" : "UDP")} {_link.Local};rport;branch=z9hG4bK{NewToken()}")
            .Add("From", from).Add("To", to).Add("Call-ID", callId).Add("CSeq", string.Create(CultureInfo.InvariantCulture, $"{cseq} {method}")).Add("Max-Forwards", "70");

    /// <summary>A request within a dialog.</summary>
    public SipText Draft(string method, Dialog dialog) => Draft(method, dialog.Target, dialog.Local, dialog.Remote, dialog.CallId, dialog.NextCSeq());

    /// <summary>Sends a request, again where UDP wants it; nothing where there is no way.</summary>
    /// <param name="answered">With the final answer, or with null when none came.</param>
    public void Ask(SipText request, Action<SipText?> answered)
    {
        if (_link is not { IsConnected: true } link)
            return;
        request.Add("User-Agent", "GB simulator");
        var bytes = Write(request);
        Count(_sent, request.Method);
        _requests.Add(request.Branch, bytes, link.IsTcp, Now, answered);
        Transmit(bytes);
    }

    /// <summary>A document in a MESSAGE of its own.</summary>
    public void Tell(byte[] document, Action<SipText?> answered)
    {
        if (_link is not { IsConnected: true })
            return;
        var server = Options.ServerId;
        Ask(
            Draft("MESSAGE", $"sip:{server}@{Options.Domain}", $"{NameOf(Id)};tag={NewToken()}", NameOf(server), $"{NewToken()}@{Id}", NextCSeq()).With(DocumentText.ContentType, document),
            answered);
    }

    public void Tell(DocumentText document) => Tell(document.ToBytes(Charset), _ => { });

    /// <param name="tag">Of To, where the request has none.</param>
    public SipText AnswerTo(SipText request, int status, string reason, string? tag = null)
    {
        var answer = new SipText(string.Create(CultureInfo.InvariantCulture, $"SIP/2.0 {status} {reason}"));
        foreach (var via in request.All("Via"))
            answer.Add("Via", via);
        var to = request["To"]!;
        return answer.Add("From", request["From"]!)
            .Add("To", SipText.Parameter(to, "tag") is null && status > 100 ? $"{to};tag={tag ?? NewToken()}" : to)
            .Add("Call-ID", request.CallId).Add("CSeq", request["CSeq"]!);
    }

    public byte[] Answer(SipText request, SipText answer)
    {
        var bytes = Write(answer);
        _given.Keep(request, bytes, Now);
        Count(_sent, answer.Status.ToString(CultureInfo.InvariantCulture));
        Transmit(bytes);
        return bytes;
    }

    public void Answer(SipText request, int status, string reason) => Answer(request, AnswerTo(request, status, reason));

    public void Transmit(byte[] message)
    {
        if (!Faults.Mute)
            _link?.Send(message);
    }

    public byte[] Write(SipText message) => message.Write(Faults.LengthError, Faults.Compact);

    public void Reject(string reason)
    {
        Malformed++;
        if (_malformedReasons.Count < RememberedReasons)
            _malformedReasons.Add(reason);
    }

    /// <summary>What a platform has the device do.</summary>
    public void Keep(string channel, string command, string value)
    {
        if (_controls.Count < RememberedControls)
            _controls.Add(new ReceivedControl((DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds, Id, channel, command, value));
    }

    private void Take(byte[] bytes)
    {
        if (Faults.Mute)
            return;
        try
        {
            var message = SipText.Read(bytes);
            if (message.IsRequest)
                Take(message);
            else
                TakeAnswer(message);
        }
        catch (Exception e) when (e is MalformedException or FormatException or OverflowException)
        {
            Reject($"{e.Message}: {System.Text.Encoding.UTF8.GetString(bytes)}");
        }
        _link?.Flush(Now);
    }

    private void TakeAnswer(SipText response)
    {
        Count(_received, response.Status.ToString(CultureInfo.InvariantCulture));
        // A repeated final answer of a request that was repeated finds nothing here; that is as it should be.
        if (!_requests.Take(response) && _requests.Resent == 0)
            Stray++;
    }

    private void Take(SipText request)
    {
        if (request.Method != "ACK" && _given.Knows(request, out var answer))
        {
            Transmit(answer);
            return;
        }
        Count(_received, request.Method);
        var user = SipText.User(request.RequestUri);
        if (user != Id && Channels.All(c => c.Id != user))
        {
            // A channel that is only in the catalog, or nobody at all.
            if (request.Method != "ACK")
                Answer(request, 404, "Not Found");
            return;
        }
        switch (request.Method)
        {
            case "MESSAGE":
                Answer(request, 200, "OK");
                Queries.Take(PlatformDocument.Read(request.Body));
                break;
            case "SUBSCRIBE":
                Subscriptions.Take(request);
                break;
            case "OPTIONS":
                Answer(request, 200, "OK");
                break;
            default:
                if (!Calls.Take(request))
                    Answer(request, 405, "Method Not Allowed");
                break;
        }
    }

    /// <summary>Once per message kind; a name that the wire has.</summary>
    private static void Count(Dictionary<string, int> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}

/// <summary>A control that a platform sent.</summary>
/// <param name="At">Seconds since 1970.</param>
/// <param name="Command">Name of the element, e.g. <c>PTZCmd</c>.</param>
internal sealed record ReceivedControl(double At, string Device, string Channel, string Command, string Value);

/// <summary>A channel of a device and what it shows.</summary>
internal sealed record Channel(string Id, string Name, Media.MediaTrack? Main, Media.MediaTrack? Alternate, Media.MediaTrack? Sub, Media.MediaTrack? Audio);
