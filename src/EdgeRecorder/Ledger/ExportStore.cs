using EdgeRecorder.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>From <see cref="Done"/> on nothing changes any more.</summary>
internal enum ExportState { Queued, Running, Done, Failed, NoSpace, NameTaken, Nothing }

/// <summary>A file of an export. <paramref name="Friendly"/>: its name with the channel's in it.</summary>
internal sealed record ExportFileRow(string Name, string Friendly, long Bytes, string Sha256, long FromUtcUs, long ToUtcUs);

/// <summary>A range, [From, To) in Unix microseconds, that is or was taken out of the ring.</summary>
/// <param name="Live">It was filmed while the export ran.</param>
/// <param name="WishJson">What was asked for, the export's own notation.</param>
internal sealed record ExportRow(
    string Id, string Owner, bool Live, StreamKey Stream, long FromUtcUs, long ToUtcUs, string WishJson, ExportState State, string Error, IReadOnlyList<string> Warnings,
    IReadOnlyList<ExportFileRow> Files, string CreatedBy, DateTimeOffset Created, DateTimeOffset Activity, TimeSpan Keep)
{
    public bool IsOver => State >= ExportState.Done;
    public long Bytes => Files.Sum(file => file.Bytes);
    public bool IsExpired(DateTimeOffset now) => IsOver && Activity + Keep <= now;
}

internal sealed class ExportStore(LedgerDatabase ledger)
{
    private const string Columns =
        "id, owner, kind, channel_number, stream, from_utc_us, to_utc_us, wish_json, state, error, warnings, created_by, created_utc_ms, activity_utc_ms, keep_s";

    private static readonly (ExportState State, string Word)[] Words =
    [
        (ExportState.Queued, "queued"), (ExportState.Running, "running"), (ExportState.Done, "done"), (ExportState.Failed, "failed"), (ExportState.NoSpace, "no-space"),
        (ExportState.NameTaken, "name-taken"), (ExportState.Nothing, "nothing"),
    ];

    public void Add(ExportRow row) => ledger.Write(c =>
    {
        c.Run($"INSERT INTO exports ({Columns}) VALUES ($id, $owner, $kind, $c, $s, $from, $to, $wish, $state, $error, $warnings, $by, $created, $activity, $keep)",
            ("$id", row.Id), ("$owner", row.Owner), ("$kind", row.Live ? "live" : "archive"), ("$c", row.Stream.ChannelNumber), ("$s", row.Stream.Stream),
            ("$from", row.FromUtcUs), ("$to", row.ToUtcUs), ("$wish", row.WishJson), ("$state", Word(row.State)), ("$error", row.Error), ("$warnings", Joined(row.Warnings)),
            ("$by", row.CreatedBy), ("$created", row.Created.ToUnixTimeMilliseconds()), ("$activity", row.Activity.ToUnixTimeMilliseconds()), ("$keep", (long)row.Keep.TotalSeconds));
    });

    /// <summary>Writes what changes while it runs: state, error, warnings, files.</summary>
    public void Update(ExportRow row) => ledger.Write(c =>
    {
        c.Run("UPDATE exports SET state=$state, error=$error, warnings=$warnings, activity_utc_ms=$activity WHERE id=$id", ("$id", row.Id), ("$state", Word(row.State)),
            ("$error", row.Error), ("$warnings", Joined(row.Warnings)), ("$activity", row.Activity.ToUnixTimeMilliseconds()));
        c.Run("DELETE FROM export_files WHERE export_id=$id", ("$id", row.Id));
        for (var i = 0; i < row.Files.Count; i++)
            c.Run("INSERT INTO export_files (export_id, number, name, friendly, bytes, sha256, from_utc_us, to_utc_us) VALUES ($id, $n, $name, $friendly, $bytes, $sha, $from, $to)",
                ("$id", row.Id), ("$n", i + 1), ("$name", row.Files[i].Name), ("$friendly", row.Files[i].Friendly), ("$bytes", row.Files[i].Bytes), ("$sha", row.Files[i].Sha256),
                ("$from", row.Files[i].FromUtcUs), ("$to", row.Files[i].ToUtcUs));
    });

    public void Touch(string id, DateTimeOffset now) => ledger.Write(c => { c.Run("UPDATE exports SET activity_utc_ms=$at WHERE id=$id", ("$id", id), ("$at", now.ToUnixTimeMilliseconds())); });

    /// <summary>False when there is none.</summary>
    public bool Remove(string id) => ledger.Write(c => c.Run("DELETE FROM exports WHERE id=$id", ("$id", id)) > 0);

    /// <summary>In order of making.</summary>
    public IReadOnlyList<ExportRow> All() => ledger.Read(c =>
    {
        var files = c.List("SELECT export_id, name, friendly, bytes, sha256, from_utc_us, to_utc_us FROM export_files ORDER BY export_id, number",
            r => (Id: r.GetString(0), Row: new ExportFileRow(r.GetString(1), r.GetString(2), r.GetInt64(3), r.GetString(4), r.GetInt64(5), r.GetInt64(6)))).ToLookup(f => f.Id, f => f.Row);
        return c.List($"SELECT {Columns} FROM exports ORDER BY created_utc_ms, id", r => Read(r, [.. files[r.GetString(0)]]));
    });

    public static string Word(ExportState state) => Words.First(w => w.State == state).Word;

    private static string Joined(IReadOnlyList<string> warnings) => string.Join('\n', warnings);

    private static ExportRow Read(SqliteDataReader r, ExportFileRow[] files) => new(
        r.GetString(0), r.GetString(1), r.GetString(2) == "live", new(r.GetInt32(3), r.GetByte(4)), r.GetInt64(5), r.GetInt64(6), r.GetString(7),
        Words.First(w => w.Word == r.GetString(8)).State, r.GetString(9), r.GetString(10).Split('\n', StringSplitOptions.RemoveEmptyEntries), files, r.GetString(11), r.Time(12), r.Time(13),
        TimeSpan.FromSeconds(r.GetInt64(14)));
}
