using System.Globalization;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>What an owner asked to be kept (DESIGN section 3, Recording). <paramref name="Until"/> null: until stopped.</summary>
internal sealed record RecordingRow(string Id, string Owner, IReadOnlyList<int> Channels, DateTimeOffset From, DateTimeOffset? Until, bool Running, string CreatedBy);

internal sealed class RecordingStore(LedgerDatabase ledger)
{
    private const string Columns = "id, owner, channels, from_utc_ms, until_utc_ms, state, created_by";

    public void Add(RecordingRow row) => ledger.Write(c =>
    {
        c.Run($"INSERT INTO recordings ({Columns}) VALUES ($id, $owner, $channels, $from, $until, $state, $by)", ("$id", row.Id), ("$owner", row.Owner),
            ("$channels", string.Join(',', row.Channels)), ("$from", row.From.ToUnixTimeMilliseconds()), ("$until", row.Until?.ToUnixTimeMilliseconds()),
            ("$state", row.Running ? "running" : "stopped"), ("$by", row.CreatedBy));
    });

    /// <summary>Ends it now; false when it was not running.</summary>
    public bool Stop(string id, DateTimeOffset at) => ledger.Write(c =>
        c.Run("UPDATE recordings SET state='stopped', until_utc_ms=$at WHERE id=$id AND state='running'", ("$id", id), ("$at", at.ToUnixTimeMilliseconds())) > 0);

    public RecordingRow? Find(string id) => ledger.Read(c => c.List($"SELECT {Columns} FROM recordings WHERE id=$id", Read, ("$id", id))) is [var row] ? row : null;

    public IReadOnlyList<RecordingRow> Running() => ledger.Read(c => c.List($"SELECT {Columns} FROM recordings WHERE state='running' ORDER BY id", Read));

    /// <summary>In order of id, those behind <paramref name="after"/>.</summary>
    public IReadOnlyList<RecordingRow> List(int limit, string? after) => ledger.Read(c => c.List(
        $"SELECT {Columns} FROM recordings WHERE id>$after ORDER BY id LIMIT $limit", Read, ("$after", after ?? ""), ("$limit", limit)));

    private static RecordingRow Read(SqliteDataReader r) => new(r.GetString(0), r.GetString(1),
        [.. r.GetString(2).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))],
        r.Time(3), r.OptionalTime(4), r.GetString(5) == "running", r.GetString(6));
}
