using System.Globalization;
using System.Net;
using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Configuration;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices;

/// <summary>
/// Vehicle terminals as the rest of the box sees them: the ledger's side of the 808 server (who may come in, what became of it), and the sessions that pull media.
/// </summary>
internal sealed partial class VehicleTerminals(
    DeviceCatalog catalog, Jt808Options options, IMediaHub hub, DeviceJournal journal, TerminalReports reports, BoxClock clock, TimeProvider time, ILogger<VehicleTerminals> log) : ITerminalRegistry, ITerminalObserver
{
    public const string Name = "jt808";
    private const int MostDeclared = 64;                    // channels that a terminal can make appear by itself
    private const byte LongestText = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _changing = new();
    private readonly Dictionary<int, VehicleTerminal> _terminals = [];

    public IMediaHub Hub => hub;
    public BoxClock Clock => clock;
    public TimeProvider Time => time;
    public SlowTimer Timer { get; } = SlowTimer.Of(time);
    public long NoticeUs { get; } = options.StatusSeconds * 1_000_000L;

    /// <summary>Raised with a channel's number when its terminal can be had again: whoever waits out a back-off tries at once.</summary>
    public event Action<int>? Ready;

    public Admission Admit(SimNumber sim, Registration? registration, IPAddress from)
    {
        var device = catalog.Find(Name, sim.ToString());
        if (device is null)                                 // a recording that names it is its approval
        {
            var isWanted = catalog.IsWanted(Name, sim.ToString());
            if (options.Enrolment == Enrolment.List && !isWanted)
                return Admission.Refused;
            device = catalog.Add(Described(new DeviceRow
            {
                Protocol = Name, Identity = sim.ToString(), State = options.Enrolment == Enrolment.Open || isWanted ? Approval.Approved : Approval.Waiting,
                Record = options.Record && (options.Enrolment == Enrolment.Open || !isWanted), FirstSeen = time.GetUtcNow(), LastSeen = time.GetUtcNow(),
            }, registration)) ?? catalog.Find(Name, sim.ToString());           // it may have come twice at once
            if (device is null)
            {
                LogTooMany(sim.ToString(), from, DeviceCatalog.MostWaiting);
                return Admission.Refused;
            }
            LogNew(sim.ToString(), from, device.State);
        }
        else if (registration is not null)
            device = catalog.Change(device.Number, row => Described(row, registration)) ?? device;
        return device.State switch { Approval.Approved => Admission.Admitted, Approval.Waiting => Admission.Waiting, _ => Admission.Refused };
    }

    public bool VerifyCode(SimNumber sim, ReadOnlySpan<byte> code)
        => catalog.Find(Name, sim.ToString())?.Code is { Length: > 0 } known && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(known, code);

    public void StoreCode(SimNumber sim, byte[] code) => Change(sim, row => row.Code.AsSpan().SequenceEqual(code) ? row : row with { Code = code });

    public void ForgetCode(SimNumber sim) => Change(sim, row => row with { Code = null });

    public void Registered(SimNumber sim, Registration registration) { }        // Admit was told

    public void Connected(ITerminal connection)
    {
        if (catalog.Find(Name, connection.Sim.ToString()) is not { } device)
            return;                                         // forgotten between two lines
        var terminal = Of(device.Number);
        terminal.Connect(connection, time.GetUtcNow());
        journal.Do(() => catalog.Seen([(device.Number, terminal.Since)]));
        if (device.State == Approval.Approved)
            Welcome(device, terminal, connection);
    }

    public void Gone(ITerminal connection, string why)
    {
        if (catalog.Find(Name, connection.Sim.ToString()) is not { } device || !Of(device.Number).Disconnect(connection))
            return;
        journal.Do(() => catalog.Seen([(device.Number, time.GetUtcNow())]));
    }

    public void Attributes(ITerminal connection, AvAttributes attributes)
    {
        if (Approved(connection) is not var (device, terminal))
            return;
        terminal.Attributes = attributes;
        if (terminal.Channels.Count == 0)                   // the table of 0x8104, where there is one, knows better
            journal.Do(() => Declare(device, Enumerable.Range(1, attributes.MostVideoChannels).Select(n => (byte)n)));
    }

    public void Parameters(ITerminal connection, IReadOnlyList<TerminalParameter> parameters)
    {
        if (Approved(connection) is not var (device, terminal) || parameters.FirstOrDefault(p => p.Id == TerminalParameter.ChannelTable) is not { } table)
            return;
        try
        {
            terminal.Channels = [.. ChannelTableRow.Parse(table.Value.Span).Where(row => row.Logical != 0 && row.Kind != ChannelKind.Audio)];
        }
        catch (ProtocolException e)
        {
            LogTable(device.DisplayName, e.Message);
            return;
        }
        journal.Do(() => Declare(device, terminal.Channels.Select(row => row.Logical)));
    }

    public void Passengers(ITerminal connection, PassengerFlow flow)
    {
        if (Approved(connection) is var (device, terminal))
            reports.Take(device, terminal, flow);
    }

    public void Location(ITerminal connection, in LocationReport report, LocationOrigin origin)
    {
        if (Approved(connection) is var (device, terminal))
            reports.Take(device, terminal, report, origin);
    }

    public void UploadDone(ITerminal connection, ushort serial, bool isComplete) { }

    /// <summary>A session for a stream of one of its channels.</summary>
    public ISourceSession Connect(ChannelDefinition definition, byte stream, ILogger<TerminalSession> sessionLog)
        => catalog.Find(definition.Device ?? 0) is { } device && byte.TryParse(definition.DeviceChannel, NumberStyles.None, CultureInfo.InvariantCulture, out var channel)
            ? new TerminalSession(this, Of(device.Number), definition, channel, stream, sessionLog)
            : throw new SourceException(GapReason.Offline, "the device was forgotten");

    /// <summary>The device, when it may deliver.</summary>
    /// <exception cref="SourceException">Nobody approved it.</exception>
    public DeviceRow Require(VehicleTerminal terminal) => catalog.Find(terminal.Number) switch
    {
        null => throw new SourceException(GapReason.Offline, "the device was forgotten") { Pause = TimeSpan.FromMinutes(5) },
        { State: Approval.Waiting } => throw new SourceException(GapReason.Unauthorized, "the device waits for approval") { Pause = TimeSpan.FromMinutes(5) },
        { State: Approval.Refused } => throw new SourceException(GapReason.Unauthorized, "the device was refused") { Pause = TimeSpan.FromMinutes(5) },
        { } device => device,
    };

    public VehicleTerminal Of(int number)
    {
        lock (_changing)
            return _terminals.TryGetValue(number, out var terminal) ? terminal : _terminals[number] = new(number);
    }

    public static SimNumber SimOf(DeviceRow device) => SimNumber.TryParse(device.Identity, out var sim) ? sim : default;

    /// <summary>What the terminal is told to send media to.</summary>
    public string AddressFor(ITerminal connection)
        => options.MediaHost ?? (connection.LocalAddress.IsIPv4MappedToIPv6 ? connection.LocalAddress.MapToIPv4() : connection.LocalAddress).ToString();

    public static AudioHint Hint(VehicleTerminal terminal, DeviceRow device, bool audio) => !audio ? AudioHint.NoAudio : new AudioHint
    {
        PayloadType = terminal.Attributes?.AudioCodec ?? 0, SamplingRate = terminal.Attributes?.SampleRateHz ?? 8000, Channels = Math.Max((byte)1, terminal.Attributes?.AudioChannels ?? 1),
        G726Packing = device.G726 switch { G726Order.Rfc3551 => G726Packing.Rfc3551, G726Order.Aal2 => G726Packing.Aal2, _ => G726Packing.Auto },
    };

    /// <summary>Somebody decided about a device, or changed how it is to be understood.</summary>
    public void Changed(DeviceRow before, DeviceRow? after)
    {
        if (before.Protocol != Name)
            return;
        var terminal = Of(before.Number);
        if (after is not { State: Approval.Approved })
        {
            reports.End(before, terminal);
            foreach (var session in terminal.Sessions)
                session.End(GapReason.Unauthorized, after is null ? "the device was forgotten" : "the device is no longer approved");
            if (after is not { State: Approval.Waiting })
                terminal.Dismiss();
        }
        else if (before.State != Approval.Approved)
        {
            if (terminal.Connection is { } connection)
                Welcome(after, terminal, connection);
        }
        else if (before.G726 != after.G726)
            foreach (var session in terminal.Sessions)
                session.End(GapReason.Reconnect, "settings changed");
        if (after is null)
            lock (_changing)
                _terminals.Remove(before.Number);
    }

    /// <summary>Terminals that are connected are there now: the server ends what is silent for minutes. Called every few of them.</summary>
    public void NoteSeen()
    {
        List<(int, DateTimeOffset)> seen;
        lock (_changing)
            seen = [.. _terminals.Values.Where(t => t.Connection is not null).Select(t => (t.Number, time.GetUtcNow()))];
        if (seen.Count > 0)
            journal.Do(() => catalog.Seen(seen));
    }

    private void Welcome(DeviceRow device, VehicleTerminal terminal, ITerminal connection)
    {
        foreach (var session in terminal.Sessions)
            session.Returned();
        foreach (var channel in catalog.ChannelsOf(device))
            Ready?.Invoke(channel.Number);
        _ = Task.Run(() => AskAsync(device, connection));
    }

    /// <summary>What it has: the answers come through <see cref="Attributes"/> and <see cref="Parameters"/>; many terminals answer only one of the two.</summary>
    private async Task AskAsync(DeviceRow device, ITerminal connection)
    {
        foreach (var ask in (Func<CancellationToken, Task>[])[connection.QueryParametersAsync, connection.QueryAttributesAsync])
        {
            using var patience = new CancellationTokenSource(Patience, time);
            try
            {
                await ask(patience.Token);
            }
            catch (Exception e) when (e is TerminalGoneException or TerminalRefusedException or TimeoutException or OperationCanceledException)
            {
                LogUnanswered(device.DisplayName, e is OperationCanceledException ? "it does not say what channels it has" : e.Message);
            }
        }
    }

    private void Declare(DeviceRow device, IEnumerable<byte> numbers)
    {
        foreach (var number in numbers.Distinct().Take(MostDeclared))
            if (catalog.Find(device.Number) is { State: Approval.Approved } current)
                catalog.Channel(current, number.ToString(CultureInfo.InvariantCulture));
    }

    private (DeviceRow, VehicleTerminal)? Approved(ITerminal connection)
        => catalog.Find(Name, connection.Sim.ToString()) is { State: Approval.Approved } device ? (device, Of(device.Number)) : null;

    private void Change(SimNumber sim, Func<DeviceRow, DeviceRow> change)
    {
        if (catalog.Find(Name, sim.ToString()) is { } device)
            catalog.Change(device.Number, change);
    }

    /// <summary>Registration fields are what a stranger wrote: short, or not at all.</summary>
    private static DeviceRow Described(DeviceRow row, Registration? said) => said is null ? row : row with
    {
        Manufacturer = Cut(said.Manufacturer), Model = Cut(said.Model), Serial = Cut(said.TerminalId), Plate = Cut(said.Plate), PlateColor = said.PlateColour,
    };

    private static string Cut(string text) => text.Length > LongestText ? text[..LongestText] : text;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} from {From} is new: {State}")]
    private partial void LogNew(string sim, IPAddress from, Approval state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} from {From} is refused: {Most} devices wait for approval already")]
    private partial void LogTooMany(string sim, IPAddress from, int most);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device}: {Why}")]
    private partial void LogUnanswered(string device, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device}: its channel table cannot be read: {Why}")]
    private partial void LogTable(string device, string why);
}
