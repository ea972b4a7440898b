namespace EdgeRecorder.Ledger;

/// <summary>Who did what from where.</summary>
internal sealed record AuditRow(long Id, DateTimeOffset At, string Who, string Source, string Action, string Subject);

internal sealed class AuditStore(LedgerDatabase ledger, TimeProvider time)
{
    /// <summary>Rows kept; about 10 MB.</summary>
    private const int Kept = 100_000;

    public void Add(string who, string source, string action, string subject) => ledger.Write(c =>
    {
        c.Run("INSERT INTO audit (at_utc_ms, who, source, action, subject) VALUES ($at, $who, $source, $action, $subject)",
            ("$at", time.GetUtcNow().ToUnixTimeMilliseconds()), ("$who", who), ("$source", source), ("$action", action), ("$subject", subject));
        c.Run("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - $kept", ("$kept", Kept));
    });

    /// <summary>Newest first; <paramref name="after"/> is the id of the last row of the page before.</summary>
    public IReadOnlyList<AuditRow> List(int limit, long? after) => ledger.Read(c => c.List(
        "SELECT id, at_utc_ms, who, source, action, subject FROM audit WHERE id < $after ORDER BY id DESC LIMIT $limit",
        r => new AuditRow(r.GetInt64(0), r.Time(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5)),
        ("$after", after ?? long.MaxValue), ("$limit", limit)));
}

/// <summary>Settings made through the API and facts decided once.</summary>
internal sealed class SettingStore(LedgerDatabase ledger)
{
    public string? Get(string name) => ledger.Read(c => c.List("SELECT value FROM settings WHERE name=$n", r => r.GetString(0), ("$n", name))) is [var value] ? value : null;

    public void Set(string name, string value) => ledger.Write(c =>
    {
        c.Run("INSERT INTO settings VALUES ($n, $v) ON CONFLICT (name) DO UPDATE SET value=$v", ("$n", name), ("$v", value));
    });
}
