using EdgeRecorder.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

internal enum LockState { Pinned, Copied, Released }

/// <summary>A range that the ring keeps, [From, To). <paramref name="Pool"/>: event-pool segments that hold its copies, the storage's own notation.</summary>
internal sealed record LockRow(string Id, StreamKey Stream, DateTimeOffset From, DateTimeOffset To, string Reason, string CreatedBy,
    DateTimeOffset Created, DateTimeOffset? Expires, LockState State, string Pool);

/// <summary>Locks; released ones stay listed for the record but not here.</summary>
internal sealed class LockStore(LedgerDatabase ledger)
{
    private const string Columns = "id, channel_number, stream, from_utc_ms, to_utc_ms, reason, created_by, created_utc_ms, expires_utc_ms, state, pool";

    public void Add(LockRow row) => ledger.Write(c =>
    {
        c.Run($"INSERT INTO locks ({Columns}) VALUES ($id, $c, $s, $from, $to, $reason, $by, $at, $until, $state, $pool)",
            ("$id", row.Id), ("$c", row.Stream.ChannelNumber), ("$s", row.Stream.Stream), ("$from", row.From.ToUnixTimeMilliseconds()), ("$to", row.To.ToUnixTimeMilliseconds()),
            ("$reason", row.Reason), ("$by", row.CreatedBy), ("$at", row.Created.ToUnixTimeMilliseconds()), ("$until", row.Expires?.ToUnixTimeMilliseconds()),
            ("$state", Word(row.State)), ("$pool", row.Pool));
    });

    /// <summary>It ends later from now on, and expires later with it. False when there is no such lock.</summary>
    public bool Extend(string id, DateTimeOffset to, DateTimeOffset expires) => ledger.Write(c =>
        c.Run("UPDATE locks SET to_utc_ms=max(to_utc_ms, $to), expires_utc_ms=max(expires_utc_ms, $until), state='pinned', pool='' WHERE id=$id AND state<>'released'",
            ("$id", id), ("$to", to.ToUnixTimeMilliseconds()), ("$until", expires.ToUnixTimeMilliseconds())) > 0);

    /// <summary>All of it lies in these segments of the event pool. False when there is no such lock; nothing is written that stands there already.</summary>
    public bool SetCopied(string id, string pool)
        => Find(id) is { } row && (row is { State: LockState.Copied } && row.Pool == pool || Set(id, LockState.Copied, pool));

    /// <summary>False when there is no such lock.</summary>
    public bool Release(string id) => Set(id, LockState.Released, "");

    private bool Set(string id, LockState state, string pool) => ledger.Write(c =>
        c.Run("UPDATE locks SET state=$state, pool=$pool WHERE id=$id AND state<>'released'", ("$id", id), ("$state", Word(state)), ("$pool", pool)) > 0);

    public LockRow? Find(string id) => ledger.Read(c => c.List($"SELECT {Columns} FROM locks WHERE id=$id AND state<>'released'", Read, ("$id", id))) is [var row] ? row : null;

    /// <summary>Locks that hold, in order of id.</summary>
    public IReadOnlyList<LockRow> Active() => ledger.Read(c => c.List($"SELECT {Columns} FROM locks WHERE state<>'released' ORDER BY id", Read));

    /// <summary>Locks that hold and should no longer.</summary>
    public IReadOnlyList<LockRow> Expired(DateTimeOffset now) => ledger.Read(c => c.List(
        $"SELECT {Columns} FROM locks WHERE state<>'released' AND expires_utc_ms<=$now", Read, ("$now", now.ToUnixTimeMilliseconds())));

    private static LockRow Read(SqliteDataReader r) => new(r.GetString(0), new(r.GetInt32(1), r.GetByte(2)), r.Time(3), r.Time(4), r.GetString(5), r.GetString(6),
        r.Time(7), r.OptionalTime(8), r.GetString(9) switch { "pinned" => LockState.Pinned, "copied" => LockState.Copied, _ => LockState.Released }, r.GetString(10));

    private static string Word(LockState state) => state switch { LockState.Pinned => "pinned", LockState.Copied => "copied", _ => "released" };
}
