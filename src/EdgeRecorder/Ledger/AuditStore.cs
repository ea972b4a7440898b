namespace EdgeRecorder.Ledger;

/// <summary>Who did what from where.</summary>
internal sealed record AuditRow(long Id, DateTimeOffset At, string Who, string Source, string Action, string Subject);

internal sealed partial class AuditStore(LedgerDatabase ledger, TimeProvider time, ILogger<AuditStore> log)
{
    /// <summary>Rows kept; about 10 MB.</summary>
    private const int Kept = 100_000;

    /// <summary>The answer does not wait for it: on the disk with the next commit, which is under way then.</summary>
    public void Add(string who, string source, string action, string subject)
    {
        var at = time.GetUtcNow().ToUnixTimeMilliseconds();
        ledger.WriteSoon(c =>
        {
            c.Run("INSERT INTO audit (at_utc_ms, who, source, action, subject) VALUES ($at, $who, $source, $action, $subject)",
                ("$at", at), ("$who", who), ("$source", source), ("$action", action), ("$subject", subject));
            c.Run("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - $kept", ("$kept", Kept));
        }).ContinueWith(failed => NotWritten(failed.Exception!.InnerException!, who, action, subject), TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>Newest first; <paramref name="after"/> is the id of the last row of the page before.</summary>
    public IReadOnlyList<AuditRow> List(int limit, long? after)
    {
        ledger.CommitAll();
        return ledger.Read(c => c.List(
            "SELECT id, at_utc_ms, who, source, action, subject FROM audit WHERE id < $after ORDER BY id DESC LIMIT $limit",
            r => new AuditRow(r.GetInt64(0), r.Time(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5)),
            ("$after", after ?? long.MaxValue), ("$limit", limit)));
    }

    [LoggerMessage(LogLevel.Error, "Not in the audit, the ledger cannot be written: {Who} {Action} {Subject}")]
    private partial void NotWritten(Exception fault, string who, string action, string subject);
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
