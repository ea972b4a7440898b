using System.Net;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

internal enum LoginState
{
    Offline,
    Connecting,
    Registering,
    Authenticating,
    Online,
}

/// <summary>A message of the platform, for whoever looks on.</summary>
/// <param name="At">Seconds since 1970.</param>
internal sealed record ReceivedMessage(double At, string Id, ushort Serial, object Message);

/// <summary>One terminal: its signalling connection, from login to the next loss. Only the pacer's thread uses it.</summary>
internal sealed class VehicleTerminal
{
    private const double ReplyTimeout = 10;
    private const int Tries = 3;
    private const int RememberedMessages = 2000, RememberedSerials = 2000, RememberedLong = 16;

    /// <summary>What a terminal stored that it never was given.</summary>
    private static readonly byte[] _wrongCode = "WRONG-CODE"u8.ToArray();

    private readonly Fleet _fleet;
    private readonly CommandHandler _handler;
    private readonly FrameReader _reader = new();
    private readonly Dictionary<ushort, (ushort Id, bool NeedsReply)> _serials = [];
    private readonly Queue<ushort> _serialOrder = new();
    private readonly Dictionary<ushort, List<byte[]>> _long = [];
    private readonly List<(double Due, Action Action)> _later = [];
    private readonly List<ReceivedMessage> _received = [];
    private readonly Dictionary<string, int> _sentCounts = [], _receivedCounts = [];
    private SignalLink? _link;
    private double _now, _notBefore, _nextHeartbeat, _replyBy;
    private int _triesLeft;
    private ushort _serial;

    public VehicleTerminal(Fleet fleet, TerminalOptions options, int number, IReadOnlyList<Channel> channels, double now)
    {
        _fleet = fleet;
        Options = options;
        Sim = options.SimOf(number);
        Address = options.AddressOf(number);
        Registration = options.RegistrationOf(number);
        Desk = new MediaDesk(fleet, this, channels);
        Footage = new Footage(options, channels);
        Positions = new Positions(options, new Drive((double)number / options.Terminals, now), now);
        _handler = new CommandHandler(this, Desk, Footage);
        _notBefore = now + number / options.Ramp;
    }

    public TerminalOptions Options { get; }
    public string Sim { get; }
    public IPAddress? Address { get; }
    public Registration Registration { get; }
    public MediaDesk Desk { get; }
    public Footage Footage { get; }
    public Positions Positions { get; }
    public LoginState State { get; private set; }

    /// <summary>How often the connection was there; and the last reason why it is not.</summary>
    public int Connects { get; private set; }
    public int Logins { get; private set; }
    public string? OfflineBecause { get; private set; }
    public int Malformed => _reader.Malformed;
    public IReadOnlyList<string> MalformedReasons => _reader.Reasons;

    /// <summary>Replies to what was never said, messages for another phone, or in another header than ours.</summary>
    public int Stray { get; private set; }
    public IReadOnlyList<ReceivedMessage> Received => _received;
    public IReadOnlyDictionary<string, int> SentCounts => _sentCounts;
    public IReadOnlyDictionary<string, int> ReceivedCounts => _receivedCounts;

    /// <summary>Messages that want a reply and have none yet.</summary>
    public int Unanswered => _serials.Values.Count(s => s.NeedsReply);

    public Faults Faults => _fleet.Faults.Of(Sim);

    public Faults FaultsOf(byte channel) => _fleet.Faults.Of(Sim, channel);

    /// <summary>One turn of the pacer.</summary>
    public void Advance(double now)
    {
        _now = now;
        AdvanceLogin();
        if (Logins > 0)
            foreach (var (id, body) in Positions.Advance(now, State == LoginState.Online, Faults))
                Send(id, body);
        for (var i = 0; i < _later.Count; i++)
            if (_later[i].Due <= now)
            {
                var action = _later[i].Action;
                _later.RemoveAt(i--);
                action();
            }
        Desk.Advance(now);
        _link?.Flush(now);
    }

    public void After(double seconds, Action action)
    {
        if (seconds <= 0)
            action();
        else
            _later.Add((_now + seconds, action));
    }

    /// <summary>Cuts the signalling connection; it comes back after a while.</summary>
    public void Disconnect(string reason, double seconds)
    {
        _link?.Close(reason);
        _notBefore = Math.Max(_notBefore, _now + seconds);
    }

    public void ForgetCode() => _fleet.Codes.Forget(Sim);

    /// <summary>0x0003; the platform forgets the code, and so do we.</summary>
    public void Unregister()
    {
        Send(TerminalMessages.UnregisterId, []);
        ForgetCode();
    }

    /// <summary>0x0001.</summary>
    public void Acknowledge(in SignalHeader header, byte result)
    {
        var faults = Faults;
        if (faults.NoAck)
            return;
        var body = TerminalMessages.GeneralReply(header.Serial, header.Id, result);
        After(faults.AckDelay, () => Send(TerminalMessages.GeneralReplyId, body));
    }

    /// <summary>Sends a message, in several packages when it is long; nothing where there is no connection.</summary>
    public void Send(ushort id, ReadOnlySpan<byte> body)
    {
        if (_link is not { IsConnected: true } link || Faults.Mute)
            return;
        var frames = FrameWriter.Split(new SignalHeader(id, Options.Form, 1, Sim, _serial), body, Options.Package);
        _serial = (ushort)(_serial + frames.Count);
        Count(_sentCounts, id);
        if (frames.Count > 1)
        {
            if (_long.Count == RememberedLong)
                _long.Clear();
            _long[frames[0].Header.Serial] = [.. frames.Select(f => f.Frame)];
        }
        foreach (var (header, frame) in frames)
        {
            Remember(header, needsReply: frames.Count > 1 || id is TerminalMessages.HeartbeatId or TerminalMessages.UnregisterId or TerminalMessages.AuthenticateId
                or TerminalMessages.LocationId or TerminalMessages.BatchId or TerminalMessages.PassengersId or TerminalMessages.UploadDoneId);
            if (!Faults.Withheld.Contains(header.Index))
                link.Send(frame);
        }
    }

    private void AdvanceLogin()
    {
        if (State == LoginState.Offline)
        {
            if (_now < _notBefore)
                return;
            _link = new SignalLink(Address, Options.Server);
            State = LoginState.Connecting;
            return;
        }
        if (_link is not { } link)
            return;
        if (State == LoginState.Connecting && link.IsConnected)
            Greet();
        while (link.TryReceive(out var bytes))
            _reader.Push(bytes, OnMessage);
        if (link.Broken is { } why)
            Lose(why);
        else if (State is LoginState.Registering or LoginState.Authenticating && _now >= _replyBy)
            TryAgain();
        else if (State == LoginState.Online && _now >= _nextHeartbeat && !Faults.NoHeartbeat)
        {
            _nextHeartbeat = _now + Options.Heartbeat;
            Send(TerminalMessages.HeartbeatId, []);
        }
    }

    private void Greet()
    {
        Connects++;
        _serials.Clear();
        _serialOrder.Clear();
        _triesLeft = Tries;
        if (Options.Silent)
        {
            State = LoginState.Registering;
            _replyBy = double.PositiveInfinity;
            return;
        }
        Login();
    }

    private void Login()
    {
        _replyBy = _now + ReplyTimeout;
        if ((Faults.WrongCode ? _wrongCode : _fleet.Codes.Of(Sim)) is not { } code)
        {
            State = LoginState.Registering;
            Send(TerminalMessages.RegisterId, Registration.Write(Options.Form));
            return;
        }
        State = LoginState.Authenticating;
        Send(TerminalMessages.AuthenticateId, new Authentication(code, "860000000000001", "SIM 1.0").Write(Options.Form));
    }

    private void TryAgain()
    {
        if (--_triesLeft > 0)
            Login();
        else
            _link!.Close("the platform does not answer");
    }

    private void Lose(string why)
    {
        _link!.Close(why);
        _link = null;
        OfflineBecause = why;
        State = LoginState.Offline;
        _notBefore = Math.Max(_notBefore, _now + Options.Reconnect);
    }

    private void OnMessage(SignalHeader header, byte[] body)
    {
        object message;
        try
        {
            message = PlatformMessages.Read(header, body);
        }
        catch (MalformedException e)
        {
            _reader.Reject($"0x{header.Id:X4}: {e.Message}: {Convert.ToHexString(body)}");
            return;
        }
        Count(_receivedCounts, header.Id);
        if (_received.Count < RememberedMessages)
            _received.Add(new ReceivedMessage((DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds, $"0x{header.Id:X4}", header.Serial, message));
        if (header.Phone.TrimStart('0') != Sim.TrimStart('0') || header.Form.IsWide() != Options.Form.IsWide())
            Stray++;
        if (Faults.Mute)
            return;
        switch (message)
        {
            case PlatformReply reply:
                OnReply(reply);
                break;
            case RegisterReply reply:
                OnRegisterReply(reply);
                break;
            case ResendRequest request:
                Resend(request);
                break;
            default:
                _handler.Handle(header, message, _now);
                break;
        }
    }

    private void OnReply(PlatformReply reply)
    {
        if (!_serials.Remove(reply.Serial, out var sent) || sent.Id != reply.Id)
            Stray++;
        if (reply.Id != TerminalMessages.AuthenticateId || State != LoginState.Authenticating)
            return;
        if (reply.Result == 0)
        {
            State = LoginState.Online;
            Logins++;
            _nextHeartbeat = _now + Options.Heartbeat;
            return;
        }
        // The code is worth nothing here: register anew, on another connection.
        ForgetCode();
        Faults.WrongCode = false;
        _link!.Close($"authentication refused with {reply.Result}");
    }

    private void OnRegisterReply(RegisterReply reply)
    {
        if (!_serials.Remove(reply.Serial, out var sent) || sent.Id != TerminalMessages.RegisterId)
            Stray++;
        if (State != LoginState.Registering)
            return;
        if (reply.Code is not { } code)
        {
            _link!.Close($"registration refused with {reply.Result}");
            return;
        }
        _fleet.Codes.Keep(Sim, code);
        _triesLeft = Tries;
        Login();
    }

    private void Resend(ResendRequest request)
    {
        if (!_long.TryGetValue(request.FirstSerial, out var frames))
        {
            Stray++;
            return;
        }
        foreach (var index in request.Indexes)
            if (index >= 1 && index <= frames.Count)
                _link!.Send(frames[index - 1]);
    }

    private void Remember(in SignalHeader header, bool needsReply)
    {
        if (_serialOrder.Count == RememberedSerials)
            _serials.Remove(_serialOrder.Dequeue());
        _serialOrder.Enqueue(header.Serial);
        _serials[header.Serial] = (header.Id, needsReply);
    }

    private static void Count(Dictionary<string, int> counts, ushort id)
    {
        var name = $"0x{id:X4}";
        counts[name] = counts.GetValueOrDefault(name) + 1;
    }
}
