using EdgeRecorder.Bytes;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>
/// What is said on one connection: who may say what, and what is answered. Every message is answered except a general reply. Called for one message at a time.
/// </summary>
internal sealed partial class TerminalDialogue(TerminalConnection connection, TerminalServerParts parts)
{
    private TerminalHead? _head;
    private PackageAssembler? _packages;
    private int _packagesDropped;

    /// <summary>Since the connection authenticated.</summary>
    public Terminal? Terminal { get; private set; }

    public void Handle(in TerminalMessage message, long nowMs)
    {
        if (_head is null || !_head.IsOf(message))
            _head = TerminalHead.Of(message);
        try
        {
            if (message.IsEncrypted)
            {
                parts.Figures.CountEncrypted();
                Answer(message, GeneralResult.NotSupported);
            }
            else if (Terminal is null)
                HandleStranger(message, nowMs);
            else if (message.Sim != Terminal.Sim)
                Refuse(message);                            // a connection is one terminal's
            else if (message.IsPart)
                HandlePackage(Terminal, message, nowMs);
            else
                Answer(message, HandleMessage(Terminal, message, nowMs));
        }
        catch (ProtocolException e)
        {
            parts.Figures.CountBadBody();
            LogBadBody(parts.Log, message.Id, message.Sim, e.Message);
            Answer(message, GeneralResult.BadMessage);
        }
    }

    /// <summary>Asks for packages that are missing.</summary>
    public void Tick(long nowMs)
    {
        if (_packages is null || _head is null)
            return;
        foreach (var request in _packages.Tick(nowMs))
        {
            parts.Figures.CountPackagesRequested(request.Indexes.Count);
            connection.TrySend(request, _head);
        }
        CountDropped();
    }

    public void End(string why)
    {
        _packages?.Clear();
        CountDropped();
        if (Terminal is not { } terminal)
            return;
        terminal.Requests.EndAll(why);
        LogGone(parts.Log, terminal.Sim, why);
        parts.Observer.Gone(terminal, why);
    }

    private void HandleStranger(in TerminalMessage message, long nowMs)
    {
        switch (message.Id)
        {
            case MessageIds.GeneralReply:
                break;
            case MessageIds.Heartbeat:
                Answer(message, GeneralResult.Ok);
                break;
            case MessageIds.ServerTime:                     // some terminals set their clock before anything else
                AnswerTime(message);
                break;
            case MessageIds.Unregister:                     // forgets nothing: anybody could say it
                Answer(message, GeneralResult.Ok);
                connection.Leave();
                break;
            case MessageIds.Register or MessageIds.Authenticate when message.IsPart:        // nothing is kept for strangers, and neither fills a package
                Answer(message, GeneralResult.BadMessage);
                break;
            case MessageIds.Register:
                Register(message, nowMs);
                break;
            case MessageIds.Authenticate:
                Authenticate(message, nowMs);
                break;
            default:
                if (EnterWithoutCode(message, nowMs))
                    Handle(message, nowMs);
                else
                    Refuse(message);
                break;
        }
    }

    private bool EnterWithoutCode(in TerminalMessage message, long nowMs)
    {
        if (parts.Options.RequireAuthentication)
            return false;
        var admission = parts.Registry.Admit(message.Sim, null, connection.Remote.Address);
        if (admission == Admission.Refused || !Enter(message, admission, nowMs))
            return false;
        parts.Observer.Connected(Terminal!);
        return true;
    }

    private void Register(in TerminalMessage message, long nowMs)
    {
        var (sim, from) = (message.Sim, connection.Remote.Address);
        if (!parts.Attempts.TryTake(from, sim, nowMs))
        {
            parts.Figures.CountThrottled();
            Answer(message, GeneralResult.Failed);
            return;
        }
        var registration = Registration.Parse(message.Body, message.Layout);
        var admission = parts.Registry.Admit(sim, registration, from);
        if (admission == Admission.Refused)
        {
            CountRefusal(sim, "is not listed", nowMs);
            Send(new T8100RegistrationReply(message.Serial, RegistrationResult.NoSuchTerminal, default));
            return;
        }
        connection.IsKnown |= admission == Admission.Admitted;
        parts.Figures.CountRegistration();
        var code = parts.Code.Of(sim);
        parts.Registry.StoreCode(sim, code);
        Send(new T8100RegistrationReply(message.Serial, RegistrationResult.Ok, code));
        parts.Observer.Registered(sim, registration);
    }

    private void Authenticate(in TerminalMessage message, long nowMs)
    {
        var (sim, from) = (message.Sim, connection.Remote.Address);
        var code = Authentication.Parse(message.Body, message.Layout).Code;
        var isOurs = parts.Code.IsOf(sim, code);
        if (!isOurs && !parts.Attempts.TryTake(from, sim, nowMs))
        {
            parts.Figures.CountThrottled();
            Answer(message, GeneralResult.Failed);
            return;
        }
        // Asked before the code is looked at, so that a terminal with another platform's code is listed at least.
        var admission = parts.Registry.Admit(sim, null, from);
        if (admission == Admission.Refused)
            CountRefusal(sim, "is not listed", nowMs);
        else if (!isOurs && !parts.Registry.VerifyCode(sim, code) && !(parts.Options.AcceptAnyCode && admission == Admission.Admitted))
        {
            parts.Figures.CountWrongCode();
            if (parts.RefusedPace.IsDue(nowMs))
                LogWrongCode(parts.Log, sim, connection.Remote);
        }
        else if (Enter(message, admission, nowMs))
        {
            parts.Attempts.Succeeded(from, sim);
            Answer(message, GeneralResult.Ok);
            parts.Observer.Connected(Terminal!);
            return;
        }
        else
            CountRefusal(sim, "would be one too many", nowMs);
        Answer(message, GeneralResult.Failed);
    }

    /// <summary>From here on the connection is the terminal's. An earlier one ends, and who watches learns that first.</summary>
    private bool Enter(in TerminalMessage message, Admission admission, long nowMs)
    {
        var terminal = new Terminal(connection, TerminalHead.Of(message), message.Sim, admission, parts.Figures, parts.Time);
        if (!parts.Table.TryEnter(terminal, out var displaced) && !(parts.RecountPace.IsDue(nowMs) && Recounted().TryEnter(terminal, out displaced)))
            return false;
        if (displaced is not null)
        {
            var isSame = displaced.Sim == terminal.Sim;
            if (isSame)
            {
                parts.Figures.CountReplaced();
                LogReplaced(parts.Log, terminal.Sim, connection.Remote, displaced.Remote);
            }
            displaced.Connection.Close(isSame ? ConnectionEnd.Replaced : ConnectionEnd.MadeRoom);
            displaced.Connection.Finish();
        }
        Terminal = terminal;
        LogConnected(parts.Log, terminal.Sim, terminal.Remote, terminal.Layout, admission);
        return true;
    }

    /// <summary>Who waited when he came may be approved by now.</summary>
    private ConnectionTable Recounted()
    {
        foreach (var terminal in parts.Table.Terminals())
            if (terminal.Admission == Admission.Waiting)
                terminal.Admission = parts.Registry.Admit(terminal.Sim, null, terminal.Remote.Address);
        return parts.Table;
    }

    private void HandlePackage(Terminal terminal, in TerminalMessage message, long nowMs)
    {
        parts.Figures.CountPackage();
        if (!MessageIds.IsAssembled(message.Id))
        {
            Answer(message, HandleOther(message));
            return;
        }
        _packages ??= new(parts.Assembly);
        var outcome = _packages.Add(message, nowMs, out var body);
        CountDropped();
        if (message.Id == MessageIds.FootageList)
            terminal.Requests.Progress(MessageIds.FootageQuery, nowMs);
        Answer(message, outcome switch
        {
            PackageOutcome.Waiting => GeneralResult.Ok,
            PackageOutcome.Complete => HandleMessage(terminal, message.WithBody(body.Span), nowMs),
            PackageOutcome.NoRoom => GeneralResult.Failed,
            _ => GeneralResult.BadMessage,
        });
    }

    /// <summary>What an authenticated terminal says. Null when it has its answer already, or gets none.</summary>
    private GeneralResult? HandleMessage(Terminal terminal, in TerminalMessage message, long nowMs)
    {
        switch (message.Id)
        {
            case MessageIds.GeneralReply:
                terminal.Requests.Take(GeneralReply.Parse(message.Body));
                return null;
            case MessageIds.Heartbeat:
                return GeneralResult.Ok;
            case MessageIds.Unregister:
                parts.Registry.ForgetCode(terminal.Sim);
                Answer(message, GeneralResult.Ok);
                connection.Leave();
                return null;
            case MessageIds.ServerTime:
                AnswerTime(message);
                return null;
            case MessageIds.Register:
                Register(message, nowMs);
                return null;
            case MessageIds.Authenticate:                   // once more on the same connection: some do it with every reconnect of their modem
                var code = Authentication.Parse(message.Body, message.Layout).Code;
                return parts.Code.IsOf(terminal.Sim, code) || parts.Registry.VerifyCode(terminal.Sim, code) || parts.Options.AcceptAnyCode ? GeneralResult.Ok : GeneralResult.Failed;
            case MessageIds.Location:
                parts.Observer.Location(terminal, LocationReport.Parse(message.Body), LocationOrigin.Live);
                return GeneralResult.Ok;
            case MessageIds.LocationBatch:
                var batch = new LocationBatch(message.Body);
                while (batch.TryNext(out var report))
                    parts.Observer.Location(terminal, report, batch.Origin);
                return GeneralResult.Ok;
            case MessageIds.Parameters:
                var parameters = TerminalParameter.ParseList(message.Body, out var queried);
                CountUnmatched(terminal.Requests.Take(MessageIds.ParameterQuery, queried, parameters));
                parts.Observer.Parameters(terminal, parameters);
                return GeneralResult.Ok;
            case MessageIds.Attributes:
                var attributes = AvAttributes.Parse(message.Body);
                terminal.Requests.TakeAll(MessageIds.AttributeQuery, attributes);
                parts.Observer.Attributes(terminal, attributes);
                return GeneralResult.Ok;
            case MessageIds.FootageList:
                var footage = StoredResource.ParseList(message.Body, out var asked);
                CountUnmatched(terminal.Requests.Take(MessageIds.FootageQuery, asked, footage) || terminal.Requests.Take(MessageIds.Playback, asked, footage));
                return GeneralResult.Ok;
            case MessageIds.Passengers:
                parts.Observer.Passengers(terminal, PassengerFlow.Parse(message.Body));
                return GeneralResult.Ok;
            case MessageIds.UploadNotice:
                var notice = UploadNotice.Parse(message.Body);
                parts.Observer.UploadDone(terminal, notice.ReplyTo, notice.IsComplete);
                return GeneralResult.Ok;
            default:
                return HandleOther(message);
        }
    }

    private GeneralResult HandleOther(in TerminalMessage message)
    {
        if (MessageIds.IsAcknowledged(message.Id))
            return GeneralResult.Ok;
        parts.Figures.CountUnknown();
        LogUnknown(parts.Log, message.Id, message.Sim);
        return GeneralResult.NotSupported;
    }

    private void Refuse(in TerminalMessage message)
    {
        parts.Figures.CountStranger();
        Answer(message, GeneralResult.Failed);
    }

    private void AnswerTime(in TerminalMessage message)
    {
        var now = parts.Time.GetUtcNow().UtcDateTime;
        if (now.Year < 2024)                                // the clock was never set: no time is better than 1970
            Answer(message, GeneralResult.Failed);
        else
            Send(new T8004ServerTime(now));
    }

    private void Answer(in TerminalMessage message, GeneralResult? result)
    {
        if (result is { } given && message.Id != MessageIds.GeneralReply)
            Send(new T8001GeneralReply(message.Serial, message.Id, given));
    }

    private void Send(PlatformMessage message) => connection.TrySend(message, _head!);

    private void CountUnmatched(bool isMatched)
    {
        if (!isMatched)
            parts.Figures.CountUnmatched();
    }

    private void CountRefusal(SimNumber sim, string why, long nowMs)
    {
        parts.Figures.CountRefusal();
        if (parts.RefusedPace.IsDue(nowMs))
            LogRefused(parts.Log, sim, connection.Remote, why);
    }

    private void CountDropped()
    {
        if (_packages is null || _packages.Dropped == _packagesDropped)
            return;
        parts.Figures.CountPackagesDropped(_packages.Dropped - _packagesDropped);
        _packagesDropped = _packages.Dropped;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Terminal {Sim} connected from {Remote}, {Layout}, {Admission}")]
    private static partial void LogConnected(ILogger log, SimNumber sim, System.Net.IPEndPoint remote, HeaderLayout layout, Admission admission);

    [LoggerMessage(Level = LogLevel.Information, Message = "Terminal {Sim} is gone: {Why}")]
    private static partial void LogGone(ILogger log, SimNumber sim, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Terminal {Sim} connected again, from {Remote}; its connection from {Earlier} ends")]
    private static partial void LogReplaced(ILogger log, SimNumber sim, System.Net.IPEndPoint remote, System.Net.IPEndPoint earlier);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} from {Remote} is refused: it {Why}")]
    private static partial void LogRefused(ILogger log, SimNumber sim, System.Net.IPEndPoint remote, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} from {Remote} has a code that is not its own; it has to register")]
    private static partial void LogWrongCode(ILogger log, SimNumber sim, System.Net.IPEndPoint remote);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Message 0x{Id:X4} of terminal {Sim} cannot be read: {Reason}")]
    private static partial void LogBadBody(ILogger log, ushort id, SimNumber sim, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Message 0x{Id:X4} of terminal {Sim} is not known")]
    private static partial void LogUnknown(ILogger log, ushort id, SimNumber sim);
}
