using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>Something that happened: at a device or one of its channels, or, where neither is named, at the box itself. Times are Unix microseconds as dated now; <paramref name="ToUtcUs"/> is null while it lasts.</summary>
internal sealed record EventRow(long Id, int? DeviceNumber, int? ChannelNumber, string Kind, long FromUtcUs, long? ToUtcUs, string? DetailJson);

/// <summary>What began, at a device or one of its channels, or, where neither is named, at the box itself.</summary>
internal readonly record struct BegunEvent(long Id, int? DeviceNumber, int? ChannelNumber, string Kind, BootInstant At);

/// <summary>Events: alarms of devices, and what happens at the panel.</summary>
internal sealed class EventStore(LedgerDatabase ledger)
{
    /// <summary>Rows kept, oldest first out; about 15 MB.</summary>
    private const int Kept = 100_000;
    private const string Select = "SELECT id, device_number, channel_number, kind, start_boottime_us + s.offset_us AS start_us, end_boottime_us + e.offset_us AS end_us, detail_json "
        + "FROM events JOIN boots s ON s.boot_number = start_boot_number LEFT JOIN boots e ON e.boot_number = end_boot_number ";

    /// <summary>Something began, and is in the ledger. On the thread that said so: do not wait.</summary>
    public event Action<BegunEvent>? Begun;

    /// <summary>The same of its end.</summary>
    public event Action<long, BootInstant>? Ended;

    public long Begin(int? device, int? channel, string kind, BootInstant at, string? detailJson = null)
    {
        var id = Insert(device, channel, kind, at, detailJson);
        Begun?.Invoke(new(id, device, channel, kind, at));
        return id;
    }

    private long Insert(int? device, int? channel, string kind, BootInstant at, string? detailJson) => ledger.Write(c =>
    {
        using var insert = c.Command("INSERT INTO events (device_number, channel_number, kind, start_boot_number, start_boottime_us, detail_json) VALUES ($d, $c, $k, $b, $u, $j) RETURNING id",
            ("$d", device), ("$c", channel), ("$k", kind), ("$b", at.BootNumber), ("$u", at.BoottimeUs), ("$j", detailJson));
        var id = (long)insert.ExecuteScalar()!;
        c.Run("DELETE FROM events WHERE id <= $last - $kept", ("$last", id), ("$kept", Kept));
        return id;
    });

    public void End(long id, BootInstant at)
    {
        ledger.Write(c => c.Run("UPDATE events SET end_boot_number=$b, end_boottime_us=$u WHERE id=$id AND end_boot_number IS NULL", ("$id", id), ("$b", at.BootNumber), ("$u", at.BoottimeUs)));
        Ended?.Invoke(id, at);
    }

    /// <summary>
    /// For a start: nobody saw the ends of events that lasted when the daemon ended. They are given the instant of their device's last position, until which
    /// they were known to last. Returns how many.
    /// </summary>
    public int EndLeft() => ledger.Write(c => c.Run(
        "UPDATE events SET end_boot_number=start_boot_number, end_boottime_us=max(start_boottime_us, coalesce((SELECT max(boottime_us) FROM positions p "
        + "WHERE p.device_number=events.device_number AND p.boot_number=events.start_boot_number), start_boottime_us)) WHERE end_boot_number IS NULL"));

    /// <summary>What overlaps [from, to) and is of the channel: its own, its device's that name no channel, and the box's. In order of their beginnings.</summary>
    public IReadOnlyList<EventRow> Overlapping(int? device, int channel, long fromUtcUs, long toUtcUs, int most) => ledger.Read(c => c.List(
        Select + "WHERE (channel_number=$c OR channel_number IS NULL AND (device_number=$d OR device_number IS NULL)) AND start_us < $to AND (end_boot_number IS NULL OR end_us >= $from) ORDER BY start_us, id LIMIT $most",
        Read, ("$c", channel), ("$d", device), ("$from", fromUtcUs), ("$to", toUtcUs), ("$most", most)));

    /// <summary>Newest first; <paramref name="after"/> is the id of the last row of the page before.</summary>
    /// <param name="channel">A channel and the device it is of: its own, its device's that name no channel, and the box's.</param>
    public IReadOnlyList<EventRow> List(int limit, long? after, int? device, (int Number, int? Device)? channel, long? fromUtcUs, long? toUtcUs) => ledger.Read(c => c.List(
        Select + "WHERE id < $after AND ($d IS NULL OR device_number=$d) AND ($c IS NULL OR channel_number=$c OR channel_number IS NULL AND (device_number=$cd OR device_number IS NULL)) AND ($from IS NULL OR end_boot_number IS NULL OR end_us >= $from) AND ($to IS NULL OR start_us < $to) "
        + "ORDER BY id DESC LIMIT $limit",
        Read, ("$after", after ?? long.MaxValue), ("$d", device), ("$c", channel?.Number), ("$cd", channel?.Device), ("$from", fromUtcUs), ("$to", toUtcUs), ("$limit", limit)));

    private static EventRow Read(SqliteDataReader r) => new(r.GetInt64(0), (int?)r.Number(1), (int?)r.Number(2), r.GetString(3), r.GetInt64(4), r.Number(5), r.Text(6));
}
