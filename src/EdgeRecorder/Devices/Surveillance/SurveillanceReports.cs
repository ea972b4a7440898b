using System.Text;
using System.Text.Json;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// What devices report: alarms for events, positions for the ledger. An alarm of GB/T 28181 has no end; one that is not repeated for a while has ended when it came last, so that a storm
/// of them is one event and one lock. Called on the threads that read; what waits for the disk goes through the journal.
/// </summary>
internal sealed class SurveillanceReports(DeviceJournal journal, EventDesk events, DeviceCatalog catalog, IRing ring, BoxClock clock)
{
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(30);

    /// <summary>Of one device: it makes up the names of its channels.</summary>
    public const int MostStanding = 256;
    private const int Left = 2;                             // EventType of an intrusion
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<SurveillanceDevice, Dictionary<Alarm, long>> _standing = [];
    private long _crowded;

    /// <summary>Alarms that were not taken because too many of a device stand.</summary>
    public long Crowded => Volatile.Read(ref _crowded);

    public void Take(SurveillanceDevice device, AlarmNotify notify)
    {
        if (catalog.Find(device.Number) is not { State: Approval.Approved } row)
            return;
        var nowUs = clock.BoottimeUs;
        var alarm = new Alarm(AlarmWords.Of(notify), notify.DeviceId.Length > 0 && notify.DeviceId != device.Id ? notify.DeviceId : null);
        lock (_gate)
        {
            if (!_standing.TryGetValue(device, out var standing))
                _standing.Add(device, standing = []);
            if (notify.EventType == Left)
            {
                if (standing.Remove(alarm))
                    journal.Do(() => events.End(row, alarm, nowUs));
            }
            else if (standing.Count >= MostStanding && !standing.ContainsKey(alarm))
                Interlocked.Increment(ref _crowded);
            else if (standing.TryAdd(alarm, nowUs))
            {
                var detail = Detail(notify);
                journal.Do(() => events.Begin(row, alarm, nowUs, detail));
            }
            else
                standing[alarm] = nowUs;
            Show(device, standing);
        }
    }

    public void Take(SurveillanceDevice device, MobilePositionNotify notify)
    {
        if (catalog.Find(device.Number) is not { State: Approval.Approved } row)
            return;
        // A platform below tells those of all its vehicles; the ledger has one place for a device.
        var isAlone = catalog.ChannelsOf(row).Take(2).Count() < 2;
        var fixes = notify.Fixes.Where(fix => (fix.DeviceId.Length == 0 ? notify.DeviceId : fix.DeviceId) is var whose && (isAlone || whose.Length == 0 || whose == device.Id)).ToList();
        if (fixes.Count == 0)
            return;
        var nowUs = clock.BoottimeUs;
        var newest = fixes.Max(fix => fix.Time);
        PositionRow? last = null;
        foreach (var fix in fixes)
        {
            // Dated by arrival, as footage is; of several, the older ones are as far behind as the device says.
            var age = newest is { } latest && fix.Time is { } time && latest - time < Oldest ? latest - time : TimeSpan.Zero;
            var atUs = Math.Max(0, nowUs - (long)age.TotalMicroseconds);
            var saidMs = fix.Time is { } said ? ManscdpTime.ToUtc(said).ToUnixTimeMilliseconds() : ring.ToUtcUs(atUs) / 1000;
            var position = new PositionRow(device.Number, new(ring.BootNumber, atUs), (int)Math.Round(fix.Latitude * 1e7), (int)Math.Round(fix.Longitude * 1e7), Whole(fix.AltitudeM, 1),
                Whole(fix.SpeedKmh, 1000 / 3.6), ((Whole(fix.DirectionDeg, 1) % 360) + 360) % 360, PositionFlags.FixValid, saidMs);
            journal.Add(position);
            if (last is null || position.At.BoottimeUs >= last.Value.At.BoottimeUs)
                last = position;
        }
        lock (_gate)
            Show(device, _standing.GetValueOrDefault(device), last);
    }

    /// <summary>Ends what was not said again.</summary>
    public void Tick()
    {
        var nowUs = clock.BoottimeUs;
        lock (_gate)
            foreach (var (device, standing) in _standing)
                if (standing.Count > 0 && standing.Any(entry => nowUs - entry.Value >= Hold.TotalMicroseconds))
                {
                    End(device, standing, entry => nowUs - entry.Value >= Hold.TotalMicroseconds, catalog.Find(device.Number));
                    Show(device, standing);
                }
    }

    /// <summary>Nobody listens to the device any more: what stands ends here.</summary>
    public void Forget(DeviceRow row, SurveillanceDevice device)
    {
        lock (_gate)
            if (_standing.Remove(device, out var standing))
                End(device, standing, _ => true, row);
        device.Report = null;
    }

    private void End(SurveillanceDevice device, Dictionary<Alarm, long> standing, Func<KeyValuePair<Alarm, long>, bool> which, DeviceRow? row)
    {
        foreach (var (alarm, lastUs) in standing.Where(which).ToList())
        {
            standing.Remove(alarm);
            if (row is not null)
                journal.Do(() => events.End(row, alarm, lastUs));
        }
    }

    private void Show(SurveillanceDevice device, Dictionary<Alarm, long>? standing, PositionRow? at = null)
        => device.Report = new DeviceReport(
            at is { } row ? new Position(ring.ToUtcUs(row.At.BoottimeUs), row.LatitudeE7, row.LongitudeE7, row.AltitudeM, row.SpeedMmS, row.HeadingDeg, row.Flags) : device.Report?.Position,
            null, null, null, standing is null ? [] : [.. standing.Keys]);

    private static string Detail(AlarmNotify alarm)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (alarm.Priority > 0)
                writer.WriteNumber("priority", alarm.Priority);
            if (alarm.Description.Length > 0)
                writer.WriteString("description", alarm.Description);
            if (alarm.Time is { } time)
                writer.WriteString("time", ManscdpTime.ToUtc(time).UtcDateTime);
            if (alarm is { Latitude: { } latitude, Longitude: { } longitude } && (latitude != 0 || longitude != 0))
            {
                writer.WriteNumber("latitude", latitude);
                writer.WriteNumber("longitude", longitude);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static int Whole(double? value, double factor) => value is { } known && double.IsFinite(known) ? (int)Math.Clamp(Math.Round(known * factor), int.MinValue, int.MaxValue) : 0;
}
