using System.Text;
using System.Text.Json;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices;

/// <summary>
/// What terminals report: positions for the ledger, alarms for events, their time for the box's clock. Live reports are dated by their arrival, as footage is; what was
/// stored meanwhile by its own time. Called from connection threads; what waits for the disk goes through the journal.
/// </summary>
internal sealed partial class TerminalReports(DeviceJournal journal, EventDesk events, IRing ring, BoxClock clock, TimeSuggestion suggest, ILogger<TerminalReports> log)
{
    private const long RunsUs = 3_000_000;                  // two reports of a clock of whole seconds, each on its own way

    /// <summary>0x0200, and each item of 0x0704.</summary>
    public void Take(DeviceRow device, VehicleTerminal terminal, in LocationReport report, LocationOrigin origin)
    {
        lock (terminal.Reporting)
            TakeOne(device, terminal, report, origin);
    }

    /// <summary>Nobody listens to the device any more: what stands ends here.</summary>
    public void End(DeviceRow device, VehicleTerminal terminal)
    {
        var nowUs = clock.BoottimeUs;
        lock (terminal.Reporting)
        {
            terminal.Report = null;
            foreach (var tracker in (AlarmTracker[])[terminal.Alarms, terminal.StoredAlarms])
            {
                tracker.Standing.Clear();
                foreach (var alarm in tracker.Compare().Ended)
                    journal.Do(() => events.End(device, alarm, nowUs));
            }
        }
    }

    /// <summary>0x1005: an event of its own, from the first to the last of them.</summary>
    public void Take(DeviceRow device, VehicleTerminal terminal, PassengerFlow flow)
    {
        var now = clock.BoottimeUs;
        var from = flow.From is { } start ? Boottime(terminal.Time.ToUtcUs(start, device.Clock)) : now;
        var to = flow.To is { } end ? Math.Max(from, Boottime(terminal.Time.ToUtcUs(end, device.Clock))) : from;
        journal.Do(() => events.Note(device, "passengers", from, to, $$"""{"boarded":{{flow.Boarded}},"left":{{flow.Left}}}"""));
    }

    private void TakeOne(DeviceRow device, VehicleTerminal terminal, in LocationReport report, LocationOrigin origin)
    {
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
        if (isLive && terminal.IsIgnitionOn && !report.IsAccOn)
            ring.SyncNow();                                 // the box may have the same supply
        if (isLive)
        {
            terminal.IsIgnitionOn = report.IsAccOn;
            Show(terminal, row, report);
        }
        else
            terminal.StoredUs = atUs;
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

    private void Show(VehicleTerminal terminal, in PositionRow row, in LocationReport report)
        => terminal.Report = new DeviceReport(
            IsPosition(report) ? new Position(ring.ToUtcUs(row.At.BoottimeUs), row.LatitudeE7, row.LongitudeE7, row.AltitudeM, row.SpeedMmS, row.HeadingDeg, row.Flags) : terminal.Report?.Position,
            report.MileageTenthsKm / 10.0, report.SignalStrength, report.Satellites, [.. terminal.Alarms.Lasting]);

    /// <summary>A clock that runs as ours does is a clock; the first report, and one that jumped, are not yet.</summary>
    private void TellTime(VehicleTerminal terminal, DeviceRow device, long nowUs, long utcUs, bool hasFix)
    {
        var (beforeUs, beforeUtcUs) = terminal.LastTime;
        terminal.LastTime = (nowUs, utcUs);
        if (beforeUs > 0 && nowUs > beforeUs && Math.Abs(nowUs - beforeUs - (utcUs - beforeUtcUs)) < RunsUs
            && suggest(utcUs, hasFix ? ClockQuality.Gps : ClockQuality.Device, device.Identity))
            LogTime(device.DisplayName, DateTimeOffset.FromUnixTimeMilliseconds(utcUs / 1000));
    }

    /// <summary>Something to draw: not 0, 0, not off the globe (swapped fields), not shifted on purpose.</summary>
    private static bool IsPosition(in LocationReport report)
        => !report.IsEncrypted && report.LatitudeE6 <= 90_000_000 && report.LongitudeE6 <= 180_000_000 && (report.LatitudeE6 | report.LongitudeE6) != 0;

    private long Boottime(long utcUs) => utcUs - ring.ToUtcUs(0);

    private static int E7(double degrees) => (int)Math.Clamp(Math.Round(degrees * 1e7), int.MinValue, int.MaxValue);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} tells the time: {Time:O}; the box had none better, and footage of this boot is dated by it")]
    private partial void LogTime(string device, DateTimeOffset time);
}

/// <summary>Offers the box a time, Unix microseconds; true when it was taken.</summary>
internal delegate bool TimeSuggestion(long utcUs, ClockQuality quality, string source);
