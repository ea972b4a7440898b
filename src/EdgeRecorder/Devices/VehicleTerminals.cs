using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Configuration;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices;

/// <summary>
/// Vehicle terminals as the rest of the box sees them: the ledger's side of the 808 server (who may come in, what became of it), and the sessions that pull media.
/// </summary>
internal sealed partial class VehicleTerminals(
    DeviceCatalog catalog, Jt808Options options, IMediaHub hub, DeviceJournal journal, EventDesk events, IRing ring, BoxClock clock, TimeProvider time,
    TimeSuggestion suggest, ILogger<VehicleTerminals> log) : ITerminalRegistry, ITerminalObserver
{
    public const string Name = "jt808";
    private const int MostDeclared = 64;                    // channels that a terminal can make appear by itself
    private const byte LongestText = 64;

    private readonly Lock _changing = new();
    private readonly Dictionary<int, VehicleTerminal> _terminals = [];

    public IMediaHub Hub => hub;
    public BoxClock Clock => clock;
    public TimeProvider Time => time;
    public SlowTimer Timer { get; } = SlowTimer.Of(time);
    public long NoticeUs { get; } = options.StatusSeconds * 1_000_000L;

    /// <summary>Raised with a channel's number when its terminal can be had again: whoever waits out a back-off tries at once.</summary>
    public event Action<int>? Ready;

    /// <summary>Connected and approved.</summary>
    public int ConnectedCount
    {
        get { lock (_changing) return _terminals.Values.Count(t => t.Connection is not null); }
    }

    public Admission Admit(SimNumber sim, Registration? registration, IPAddress from)
    {
        var device = catalog.Find(Name, sim.ToString());
        if (device is null)
        {
            if (options.Enrolment == Enrolment.List)
                return Admission.Refused;
            device = catalog.Add(Described(new DeviceRow
            {
                Protocol = Name, Identity = sim.ToString(), State = options.Enrolment == Enrolment.Open ? Approval.Approved : Approval.Waiting,
                Record = options.Record, FirstSeen = time.GetUtcNow(), LastSeen = time.GetUtcNow(),
            }, registration));
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
        terminal.LastHeard = time.GetUtcNow();
        journal.Do(() => catalog.Seen([(device.Number, terminal.Since)]));
        if (device.State == Approval.Approved)
            Welcome(device, terminal, connection);
    }

    public void Gone(ITerminal connection, string why)
    {
        if (catalog.Find(Name, connection.Sim.ToString()) is not { } device || !Of(device.Number).Disconnect(connection))
            return;
        LogGone(device.DisplayName, why);
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
        if (Approved(connection) is not var (device, terminal))
            return;
        var now = clock.BoottimeUs;
        var from = flow.From is { } start ? Boottime(terminal.Time.ToUtcUs(start, device.Clock)) : now;
        var to = flow.To is { } end ? Math.Max(from, Boottime(terminal.Time.ToUtcUs(end, device.Clock))) : from;
        journal.Do(() => events.Note(device, "passengers", from, to, $$"""{"boarded":{{flow.Boarded}},"left":{{flow.Left}}}"""));
    }

    public void UploadDone(ITerminal connection, ushort serial, bool isComplete) { }

    public void Location(ITerminal connection, in LocationReport report, LocationOrigin origin)
    {
        if (Approved(connection) is not var (device, terminal))
            return;
        terminal.LastHeard = time.GetUtcNow();
        var nowUs = clock.BoottimeUs;
        var isLive = origin == LocationOrigin.Live && (report.Time is not { } said || terminal.Time.Observe(said, ring.ToUtcUs(nowUs), ring.ClockQuality >= ClockQuality.Rtc, device.Clock));
        var utcUs = report.Time is { } sent ? terminal.Time.ToUtcUs(sent, device.Clock) : ring.ToUtcUs(nowUs);
        if (isLive && report.Time is not null)
            TellTime(terminal, device, nowUs, utcUs, report.HasFix);
        var atUs = isLive ? nowUs : Math.Min(nowUs, Boottime(utcUs));
        var flags = (report.HasFix ? PositionFlags.FixValid : 0) | (report.IsAccOn ? PositionFlags.IgnitionOn : 0) | (isLive ? 0 : PositionFlags.FromMemory);
        var row = new PositionRow(device.Number, new(ring.BootNumber, atUs), E7(report.Latitude), E7(report.Longitude), report.AltitudeM,
            report.SpeedTenthsKmh * 1000 / 36, report.Direction % 360, flags, utcUs / 1000);
        if (IsPosition(report))
            journal.Add(row);
        var tracker = isLive ? terminal.Alarms : terminal.StoredAlarms;
        if (isLive && terminal.StoredAlarms.Lasting.Count > 0)
            Alarm(device, terminal.StoredAlarms, terminal.StoredUs, row, report, clear: true);
        Alarm(device, tracker, atUs, row, report, clear: false);
        if (isLive)
            Show(terminal, device, row, report);
        else
            terminal.StoredUs = atUs;
    }

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

    public SimNumber SimOf(DeviceRow device) => SimNumber.TryParse(device.Identity, out var sim) ? sim : default;

    /// <summary>What the terminal is told to send media to.</summary>
    public string AddressFor(ITerminal connection)
        => options.MediaHost ?? (connection.LocalAddress.IsIPv4MappedToIPv6 ? connection.LocalAddress.MapToIPv4() : connection.LocalAddress).ToString();

    public AudioHint Hint(VehicleTerminal terminal, DeviceRow device, bool audio) => !audio ? AudioHint.NoAudio : new AudioHint
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
            foreach (var session in terminal.Sessions)
                session.End(GapReason.Unauthorized, after is null ? "the device was forgotten" : "the device is no longer approved");
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

    /// <summary>When terminals that are connected were last heard of; every few minutes.</summary>
    public void NoteSeen()
    {
        List<(int, DateTimeOffset)> seen;
        lock (_changing)
            seen = [.. _terminals.Values.Where(t => t is { Connection: not null, LastHeard: not null }).Select(t => (t.Number, t.LastHeard!.Value))];
        if (seen.Count > 0)
            journal.Do(() => catalog.Seen(seen));
    }

    private void Welcome(DeviceRow device, VehicleTerminal terminal, ITerminal connection)
    {
        LogConnected(device.DisplayName, connection.Remote, connection.Layout);
        foreach (var session in terminal.Sessions)
            session.Returned();
        foreach (var channel in catalog.ChannelsOf(device))
            Ready?.Invoke(channel.Number);
        _ = Task.Run(() => AskAsync(device, connection));
    }

    /// <summary>What it has: the answers come through <see cref="Attributes"/> and <see cref="Parameters"/>; many terminals answer only one of the two.</summary>
    private async Task AskAsync(DeviceRow device, ITerminal connection)
    {
        foreach (var ask in (Func<Task>[])[() => connection.QueryParametersAsync(CancellationToken.None), () => connection.QueryAttributesAsync(CancellationToken.None)])
            try
            {
                await ask();
            }
            catch (Exception e) when (e is TerminalGoneException or TerminalRefusedException or TimeoutException)
            {
                LogUnanswered(device.DisplayName, e.Message);
            }
    }

    private void Declare(DeviceRow device, IEnumerable<byte> numbers)
    {
        foreach (var number in numbers.Distinct().Take(MostDeclared))
            if (catalog.Find(device.Number) is { State: Approval.Approved } current)
                catalog.Channel(current, number.ToString(CultureInfo.InvariantCulture));
    }

    private void Alarm(DeviceRow device, AlarmTracker tracker, long atUs, PositionRow row, in LocationReport report, bool clear)
    {
        if (clear)
            tracker.Standing.Clear();
        else
            AlarmKinds.Of(report, tracker.Standing);
        var (began, ended) = tracker.Compare();
        if (began.Count == 0 && ended.Count == 0)
            return;
        var detail = Detail(row, report);
        journal.Do(() =>
        {
            foreach (var alarm in ended)
                events.End(device, alarm, atUs);
            foreach (var alarm in began)
                events.Begin(device, alarm, atUs, detail);
        });
    }

    /// <summary>Where and how fast it was, and what the driver did where the terminal saw it.</summary>
    private static string Detail(in PositionRow row, in LocationReport report)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (IsPosition(report))
            {
                writer.WriteNumber("latitude", row.LatitudeE7 / 1e7);
                writer.WriteNumber("longitude", row.LongitudeE7 / 1e7);
                writer.WriteNumber("speed", report.SpeedTenthsKmh / 10.0);
            }
            if (report.AbnormalDriving is { } driving)
            {
                writer.WriteStartArray("behaviour");
                foreach (var (bit, word) in ((int, string)[])[(0, "fatigue"), (1, "phone"), (2, "smoking")])
                    if ((driving >> bit & 1) != 0)
                        writer.WriteStringValue(word);
                writer.WriteEndArray();
            }
            if (report.FatigueDegree is { } degree)
                writer.WriteNumber("fatigue", degree);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private void Show(VehicleTerminal terminal, DeviceRow device, in PositionRow row, in LocationReport report)
        => terminal.Report = new VehicleReport(
            new Position(ring.ToUtcUs(row.At.BoottimeUs), row.LatitudeE7, row.LongitudeE7, row.AltitudeM, row.SpeedMmS, row.HeadingDeg, row.Flags),
            IsPosition(report) && report.HasFix, report.IsAccOn, report.MileageTenthsKm / 10.0, report.SignalStrength, report.Satellites, [.. terminal.Alarms.Lasting]);

    /// <summary>A clock that runs as ours does is a clock; the first report, and one that jumped, are not yet.</summary>
    private void TellTime(VehicleTerminal terminal, DeviceRow device, long nowUs, long utcUs, bool hasFix)
    {
        var (beforeUs, beforeUtcUs) = terminal.LastTime;
        terminal.LastTime = (nowUs, utcUs);
        if (beforeUs > 0 && nowUs > beforeUs && Math.Abs(nowUs - beforeUs - (utcUs - beforeUtcUs)) < 3_000_000
            && suggest(utcUs, hasFix ? ClockQuality.Gps : ClockQuality.Device, device.Identity))
            LogTime(device.DisplayName, DateTimeOffset.FromUnixTimeMilliseconds(utcUs / 1000));
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

    /// <summary>Something to draw: not 0, 0, not off the globe (swapped fields), not shifted on purpose.</summary>
    private static bool IsPosition(in LocationReport report)
        => !report.IsEncrypted && report.LatitudeE6 <= 90_000_000 && report.LongitudeE6 <= 180_000_000 && (report.LatitudeE6 | report.LongitudeE6) != 0;

    private long Boottime(long utcUs) => utcUs - ring.ToUtcUs(0);

    private static int E7(double degrees) => (int)Math.Clamp(Math.Round(degrees * 1e7), int.MinValue, int.MaxValue);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} from {From} is new: {State}")]
    private partial void LogNew(string sim, IPAddress from, Approval state);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} from {From} is refused: {Most} devices wait for approval already")]
    private partial void LogTooMany(string sim, IPAddress from, int most);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device} is connected from {From}, {Layout}")]
    private partial void LogConnected(string device, IPEndPoint from, HeaderLayout layout);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device} is gone: {Why}")]
    private partial void LogGone(string device, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device}: {Why}")]
    private partial void LogUnanswered(string device, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device}: its channel table cannot be read: {Why}")]
    private partial void LogTable(string device, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} tells the time: {Time:O}; the box had none better, and footage of this boot is dated by it")]
    private partial void LogTime(string device, DateTimeOffset time);
}

/// <summary>Offers the box a time, Unix microseconds; true when it was taken.</summary>
internal delegate bool TimeSuggestion(long utcUs, ClockQuality quality, string source);
