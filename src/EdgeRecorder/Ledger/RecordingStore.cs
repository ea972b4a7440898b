using System.Globalization;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>In the ledger, the API and the families in lower case. Ready: wanted, no media yet or no more.</summary>
internal enum RecordingState { Ready, Recording, Stopping, Stopped, Error }

/// <summary>What an owner asked to be kept (DESIGN section 3, Recording), and how far it is.</summary>
internal sealed record RecordingRow
{
    /// <summary>Of families a uuid in lower case; of the box 16 characters.</summary>
    public required string Id { get; init; }
    public required string Owner { get; init; }

    /// <summary>The owner's own id, unique among those that are not stopped; empty: none.</summary>
    public string ExternalId { get; init; } = "";

    /// <summary>record, clip, pre-roll.</summary>
    public string Kind { get; init; } = "record";

    /// <summary>Numbers; empty while the channel is awaited.</summary>
    public IReadOnlyList<int> Channels { get; init; } = [];

    /// <summary>What a channel that is not there yet will be known by; empty once it is there.</summary>
    public string Awaits { get; init; } = "";
    public byte Stream { get; init; }

    /// <summary>Null: until stopped.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The owner's JSON.</summary>
    public string Plan { get; init; } = "";
    public required string By { get; init; }
    public required DateTimeOffset Created { get; init; }

    public RecordingState State { get; init; }
    public string Error { get; init; } = "";

    /// <summary>First media; of a recording with files the beginning of the one being written, or of the last one.</summary>
    public DateTimeOffset? Start { get; init; }
    public DateTimeOffset? Finish { get; init; }

    /// <summary>Files so far. Like the counters below it survives a restart.</summary>
    public int Sequence { get; init; }

    /// <summary>Of the file being written, or of the last one.</summary>
    public long Bytes { get; init; }
    public long Milliseconds { get; init; }
    public long TotalBytes { get; init; }
    public long TotalMilliseconds { get; init; }

    /// <summary>16 characters of 0-9, A-Z, a-z, new per start.</summary>
    public string Transaction { get; init; } = "";
    public string Path { get; init; } = "";
    public string InfoPath { get; init; } = "";

    public bool IsOpen => State != RecordingState.Stopped;
}

internal sealed class RecordingStore(LedgerDatabase ledger)
{
    /// <summary>Stopped rows kept; about 5 MB.</summary>
    private const int Kept = 10_000;

    private const string Columns = "id, owner, external_id, kind, channels, awaits, stream, until_utc_ms, plan, created_by, created_utc_ms, state, error, start_utc_ms, finish_utc_ms, "
        + "sequence, bytes, milliseconds, total_bytes, total_milliseconds, start_code, path, info_path";

    private static readonly string[] Words = ["ready", "recording", "stopping", "stopped", "error"];

    public static string Word(RecordingState state) => Words[(int)state];

    /// <summary>All in one transaction.</summary>
    public void Add(params IReadOnlyCollection<RecordingRow> rows) => ledger.Write(c =>
    {
        foreach (var row in rows)
            c.Run($"INSERT INTO recordings ({Columns}) VALUES ($id, $owner, $ext, $kind, $channels, $awaits, $stream, $until, $plan, $by, $created, $state, $error, $start, $finish, "
                + "$seq, $bytes, $ms, $tbytes, $tms, $code, $path, $info)",
                [.. Changing(row), ("$owner", row.Owner), ("$ext", row.ExternalId), ("$kind", row.Kind), ("$stream", row.Stream), ("$until", row.Until?.ToUnixTimeMilliseconds()), ("$plan", row.Plan), ("$by", row.By),
                    ("$created", row.Created.ToUnixTimeMilliseconds()), ("$code", row.Transaction)]);
    });

    /// <summary>Writes what changes while they run, all in one transaction. Nothing leads back from stopping and stopped: counters may be on their way when a stop overtakes them.</summary>
    public void Update(params IReadOnlyCollection<RecordingRow> rows) => ledger.Write(c =>
    {
        foreach (var row in rows)
            c.Run("UPDATE recordings SET channels=$channels, awaits=$awaits, state=$state, error=$error, start_utc_ms=$start, finish_utc_ms=$finish, sequence=$seq, bytes=$bytes, milliseconds=$ms, "
                + "total_bytes=$tbytes, total_milliseconds=$tms, path=$path, info_path=$info WHERE id=$id AND state<>'stopped' AND ($state IN ('stopping', 'stopped') OR state<>'stopping')", Changing(row));
    });

    /// <summary>Forgets the oldest of those that are stopped, beyond what is kept.</summary>
    public void Prune() => ledger.Write(c =>
    {
        c.Run("DELETE FROM recordings WHERE id IN (SELECT id FROM recordings WHERE state='stopped' ORDER BY finish_utc_ms DESC LIMIT -1 OFFSET $kept)", ("$kept", Kept));
    });

    public RecordingRow? Find(string id) => ledger.Read(c => c.List($"SELECT {Columns} FROM recordings WHERE id=$id", Read, ("$id", id))) is [var row] ? row : null;

    /// <summary>Those that are not stopped, in order of making.</summary>
    public IReadOnlyList<RecordingRow> Open() => ledger.Read(c => c.List($"SELECT {Columns} FROM recordings WHERE state<>'stopped' ORDER BY created_utc_ms, id", Read));

    /// <summary>An owner's that were stopped at or after an instant, newest first.</summary>
    /// <param name="externalId">Only those of this one; empty: all.</param>
    public IReadOnlyList<RecordingRow> Stopped(string owner, DateTimeOffset since, int most, string externalId) => ledger.Read(c => c.List(
        $"SELECT {Columns} FROM recordings WHERE state='stopped' AND owner=$owner AND finish_utc_ms>=$since AND ($external='' OR external_id=$external) ORDER BY finish_utc_ms DESC, id LIMIT $most", Read,
        ("$owner", owner), ("$since", since.ToUnixTimeMilliseconds()), ("$most", most), ("$external", externalId)));

    /// <summary>In order of id, those behind <paramref name="after"/>.</summary>
    public IReadOnlyList<RecordingRow> List(int limit, string? after) => ledger.Read(c => c.List(
        $"SELECT {Columns} FROM recordings WHERE id>$after ORDER BY id LIMIT $limit", Read, ("$after", after ?? ""), ("$limit", limit)));

    private static (string, object?)[] Changing(RecordingRow row) =>
    [
        ("$id", row.Id), ("$channels", string.Join(',', row.Channels)), ("$awaits", row.Awaits), ("$state", Word(row.State)), ("$error", row.Error), ("$start", row.Start?.ToUnixTimeMilliseconds()),
        ("$finish", row.Finish?.ToUnixTimeMilliseconds()), ("$seq", row.Sequence), ("$bytes", row.Bytes), ("$ms", row.Milliseconds), ("$tbytes", row.TotalBytes), ("$tms", row.TotalMilliseconds),
        ("$path", row.Path), ("$info", row.InfoPath),
    ];

    private static RecordingRow Read(SqliteDataReader r) => new()
    {
        Id = r.GetString(0), Owner = r.GetString(1), ExternalId = r.GetString(2), Kind = r.GetString(3),
        Channels = [.. r.GetString(4).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))],
        Awaits = r.GetString(5), Stream = r.GetByte(6), Until = r.OptionalTime(7), Plan = r.GetString(8), By = r.GetString(9), Created = r.Time(10),
        State = (RecordingState)Array.IndexOf(Words, r.GetString(11)), Error = r.GetString(12), Start = r.OptionalTime(13), Finish = r.OptionalTime(14), Sequence = r.GetInt32(15),
        Bytes = r.GetInt64(16), Milliseconds = r.GetInt64(17), TotalBytes = r.GetInt64(18), TotalMilliseconds = r.GetInt64(19), Transaction = r.GetString(20), Path = r.GetString(21), InfoPath = r.GetString(22),
    };
}
