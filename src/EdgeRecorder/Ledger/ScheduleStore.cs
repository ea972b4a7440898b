using System.Globalization;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>Event: recorded as pre-roll, and only what lies around events is kept.</summary>
internal enum ScheduleMode { Continuous, Event }

/// <summary>A stretch that comes every week, in local time.</summary>
/// <param name="Days">Bit 0 Monday … bit 6 Sunday: those on which it begins.</param>
/// <param name="FromMinute">Of the day, 0 to 1439.</param>
/// <param name="ToMinute">1 to 1440; where it is not behind the beginning, of the next day.</param>
internal readonly record struct ScheduleWindow(int Days, int FromMinute, int ToMinute);

/// <summary>When channels are recorded, by the week.</summary>
internal sealed record ScheduleRow
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public bool Enabled { get; init; } = true;

    /// <summary>Numbers; empty: all that there are.</summary>
    public IReadOnlyList<int> Channels { get; init; } = [];
    public required IReadOnlyList<ScheduleWindow> Windows { get; init; }
    public ScheduleMode Mode { get; init; }

    /// <summary>Kept before an event's beginning and behind its end.</summary>
    public TimeSpan Before { get; init; }
    public TimeSpan After { get; init; }

    /// <summary>Of events; empty: all that are alarms or marks.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];
    public required string By { get; init; }
    public required DateTimeOffset Created { get; init; }
}

internal sealed class ScheduleStore(LedgerDatabase ledger)
{
    private const string Columns = "id, name, enabled, channels, mode, before_s, after_s, kinds, created_by, created_utc_ms";
    private static readonly string[] Words = ["continuous", "event"];

    public static string Word(ScheduleMode mode) => Words[(int)mode];

    /// <summary>Makes it, or replaces the one that has its id.</summary>
    public void Put(ScheduleRow row) => ledger.Write(c =>
    {
        Delete(c, row.Id);
        c.Run($"INSERT INTO schedules ({Columns}) VALUES ($id, $name, $on, $channels, $mode, $before, $after, $kinds, $by, $at)",
            ("$id", row.Id), ("$name", row.Name), ("$on", row.Enabled), ("$channels", string.Join(',', row.Channels)), ("$mode", Word(row.Mode)), ("$before", (long)row.Before.TotalSeconds),
            ("$after", (long)row.After.TotalSeconds), ("$kinds", string.Join(',', row.Kinds)), ("$by", row.By), ("$at", row.Created.ToUnixTimeMilliseconds()));
        for (var i = 0; i < row.Windows.Count; i++)
            c.Run("INSERT INTO schedule_windows VALUES ($id, $i, $days, $from, $to)",
                ("$id", row.Id), ("$i", i), ("$days", row.Windows[i].Days), ("$from", row.Windows[i].FromMinute), ("$to", row.Windows[i].ToMinute));
    });

    /// <summary>False when there is none.</summary>
    public bool Remove(string id) => ledger.Write(c => Delete(c, id) > 0);

    /// <summary>In order of making.</summary>
    public IReadOnlyList<ScheduleRow> All() => ledger.Read(c =>
    {
        var windows = c.List("SELECT schedule_id, days, from_minute, to_minute FROM schedule_windows ORDER BY schedule_id, position",
            r => (Id: r.GetString(0), Window: new ScheduleWindow(r.GetInt32(1), r.GetInt32(2), r.GetInt32(3)))).ToLookup(row => row.Id, row => row.Window);
        return c.List($"SELECT {Columns} FROM schedules ORDER BY created_utc_ms, id", r => Read(r) with { Windows = [.. windows[r.GetString(0)]] });
    });

    private static int Delete(SqliteConnection c, string id) => c.Run("DELETE FROM schedules WHERE id=$id", ("$id", id));

    private static ScheduleRow Read(SqliteDataReader r) => new()
    {
        Id = r.GetString(0), Name = r.GetString(1), Enabled = r.GetBoolean(2), Channels = [.. Parts(r.GetString(3)).Select(n => int.Parse(n, CultureInfo.InvariantCulture))], Windows = [],
        Mode = (ScheduleMode)Array.IndexOf(Words, r.GetString(4)), Before = TimeSpan.FromSeconds(r.GetInt64(5)), After = TimeSpan.FromSeconds(r.GetInt64(6)), Kinds = Parts(r.GetString(7)),
        By = r.GetString(8), Created = r.Time(9),
    };

    private static string[] Parts(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
