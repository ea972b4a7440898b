using System.Globalization;
using EdgeRecorder.Simulators.GbDevice.Messages;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Simulators.GbDevice;

internal enum RegistrationState
{
    Offline,
    Connecting,
    Registering,
    Online,
    Leaving,
}

/// <summary>Keeps a device registered and heard of (GB/T 28181-2022, 9.1 and 9.6).</summary>
internal sealed class Registration(Device device, double notBefore)
{
    private const int MissesUntilOffline = 3;

    private double _notBefore = notBefore;
    private double _nextHeartbeat, _refreshAt;
    private int _misses, _cseq;
    private string _callId = "", _tag = "";
    private byte[]? _last;

    public RegistrationState State { get; private set; }

    /// <summary>Fresh registrations that were taken, those that were renewed, and attempts that were not taken.</summary>
    public int Registrations { get; private set; }
    public int Refreshes { get; private set; }
    public int Failures { get; private set; }
    public int Challenges { get; private set; }
    public int Heartbeats { get; private set; }
    public int HeartbeatsAnswered { get; private set; }

    /// <summary>The last reason why it is not registered.</summary>
    public string? OfflineBecause { get; private set; }

    /// <summary>What the server said last about the time, and for how long it registers.</summary>
    public string? ServerDate { get; private set; }
    public int Expires { get; private set; }

    /// <summary>How a REGISTER was answered that came once more as it was.</summary>
    public IReadOnlyList<int> ReplayAnswers => _replayAnswers;
    private readonly List<int> _replayAnswers = [];

    public void Advance(double now)
    {
        if (State == RegistrationState.Offline)
        {
            if (now < _notBefore || device.Fleet.IsEnding)
                return;
            device.OpenLink();
            State = RegistrationState.Connecting;
        }
        if (device.Link is not { } link)
            return;
        if (link.Broken is { } why)
            Lose(why, device.Options.Reconnect);
        else if (State == RegistrationState.Connecting && link.IsConnected)
        {
            State = RegistrationState.Registering;
            (_callId, _tag) = ($"{device.NewToken()}@{device.Id}", device.NewToken());
            Register(device.Options.Expires, null, 0);
        }
        else if (State == RegistrationState.Online)
            StayOnline(now);
    }

    /// <summary>Goes without a word; comes back after a while.</summary>
    public void Lose(string why, double seconds)
    {
        device.CloseLink();
        device.Subscriptions.Clear();
        OfflineBecause = why;
        State = RegistrationState.Offline;
        _notBefore = Math.Max(_notBefore, device.Now + seconds);
    }

    public void RegisterAnew()
    {
        if (State == RegistrationState.Online)
            Lose("registers anew", 0);
    }

    /// <param name="seconds">Until it comes back.</param>
    public void Unregister(double seconds)
    {
        if (State != RegistrationState.Online)
            return;
        _notBefore = device.Now + seconds;
        State = RegistrationState.Leaving;
        Register(0, null, 0);
    }

    /// <summary>Sends the last REGISTER with credentials once more as it was, as somebody who saw it would.</summary>
    public void Replay()
    {
        if (_last is null || device.Link is null)
            return;
        // Another branch, so that the server does not take it for a repetition on the way.
        var old = SipText.Read(_last);
        var again = new SipText(old.StartLine);
        foreach (var (name, value) in old.Headers)
            if (name is not ("Content-Length" or "User-Agent"))
                again.Add(name, name == "Via" ? value.Replace(old.Branch, $"z9hG4bK{device.NewToken()}", StringComparison.Ordinal) : value);
        device.Ask(again, answer => _replayAnswers.Add(answer?.Status ?? 0));
    }

    /// <summary>So many keep-alives at once, whose answers nobody waits for.</summary>
    public void Flood(int count)
    {
        if (device.Link is null)
            return;
        for (var i = 0; i < count; i++)
            device.Transmit(device.Write(Heartbeat()));
    }

    private void StayOnline(double now)
    {
        if (now >= _refreshAt)
        {
            _refreshAt = double.PositiveInfinity;
            Register(device.Options.Expires, null, 0);
        }
        if (now < _nextHeartbeat || device.Faults.NoHeartbeat)
            return;
        _nextHeartbeat = now + device.Options.Heartbeat;
        Heartbeats++;
        device.Ask(Heartbeat(), OnHeartbeatAnswer);
    }

    private SipText Heartbeat()
    {
        var document = new DocumentText("Notify", "Keepalive", device.NextSn(), device.Id).Field("Status", "OK");
        var server = device.Options.ServerId;
        return device.Draft("MESSAGE", $"sip:{server}@{device.Options.Domain}", $"{device.NameOf(device.Id)};tag={device.NewToken()}", device.NameOf(server), $"{device.NewToken()}@{device.Id}", device.NextCSeq())
            .With(DocumentText.ContentType, document.ToBytes(device.Charset));
    }

    private void OnHeartbeatAnswer(SipText? answer)
    {
        if (answer is { Status: 200 })
        {
            _misses = 0;
            HeartbeatsAnswered++;
        }
        else if (State == RegistrationState.Online && (answer is { Status: 403 or 404 } || ++_misses >= MissesUntilOffline))
        {
            _misses = 0;
            Lose(answer is null ? "the server does not answer" : $"the server knows us no longer: {answer.Status}", 0);
        }
    }

    private void Register(int expires, string? authorization, int tries)
    {
        var uri = $"sip:{device.Options.ServerId}@{device.Options.Domain}";
        var request = device.Draft("REGISTER", uri, $"{device.NameOf(device.Id)};tag={_tag}", device.NameOf(device.Id), _callId, ++_cseq)
            .Add("Contact", device.Contact).Add("Expires", expires.ToString(CultureInfo.InvariantCulture));
        if (device.Options.Version is { } version)
            request.Add("X-GB-Ver", version);
        if (authorization is not null)
            request.Add("Authorization", authorization);
        device.Ask(request, answer => OnAnswer(answer, request, expires, tries));
        if (authorization is not null)
            _last = request.Write();
    }

    private void OnAnswer(SipText? answer, SipText request, int expires, int tries)
    {
        if (answer is { Status: 401 } && tries < 2 && Digest.Choose(answer.All("WWW-Authenticate"), device.Options.Digest) is { } challenge && (tries == 0 || challenge.IsStale))
        {
            Challenges++;
            var password = device.Faults.WrongPassword ? "wrong-" + device.Options.Password : device.Options.Password;
            var uri = device.Options.DigestUri ?? request.RequestUri;
            Register(expires, challenge.Answer(device.Options.User ?? device.Id, password, "REGISTER", uri, 1, device.NewToken()), tries + 1);
        }
        else if (answer is not { Status: 200 })
        {
            Failures++;
            Lose(answer is null ? "the server does not answer" : $"registration refused: {answer.StartLine}", device.Options.Reconnect);
        }
        else if (expires == 0)
            Lose("un-registered", 0);
        else
            OnRegistered(answer);
    }

    private void OnRegistered(SipText answer)
    {
        ServerDate = answer["Date"];
        Expires = answer["Expires"] is { } given ? int.Parse(given, CultureInfo.InvariantCulture)
            : SipText.Parameter(answer["Contact"], "expires") is { } ofContact ? int.Parse(ofContact, CultureInfo.InvariantCulture)
            : throw new MalformedException("a 200 to REGISTER without Expires");
        _refreshAt = device.Now + Expires * 2.0 / 3;
        if (State == RegistrationState.Online)
        {
            Refreshes++;
            return;
        }
        Registrations++;
        State = RegistrationState.Online;
        OfflineBecause = null;
        _misses = 0;
        _nextHeartbeat = device.Now + device.Options.Heartbeat;
    }
}
