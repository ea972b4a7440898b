using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>A registration that is worth keeping over a restart.</summary>
/// <param name="Remote">address:port, UDP.</param>
internal sealed record RegistrationRow(int DeviceNumber, string Remote, string Edition, string CallId, int GrantedSeconds, DateTimeOffset Expires);

/// <summary>Registrations of surveillance devices, as they were some seconds ago.</summary>
internal sealed class RegistrationStore(LedgerDatabase ledger)
{
    public IReadOnlyList<RegistrationRow> All() => ledger.Read(c => c.List("SELECT device_number, remote, edition, call_id, granted_s, expires_utc_ms FROM registrations ORDER BY device_number", Read));

    /// <summary>In one transaction.</summary>
    /// <param name="gone">Devices that are no longer registered.</param>
    public void Save(IReadOnlyList<RegistrationRow> rows, IReadOnlyList<int> gone) => ledger.Write(c =>
    {
        foreach (var number in gone)
            c.Run("DELETE FROM registrations WHERE device_number=$n", ("$n", number));
        foreach (var row in rows)
            c.Run("INSERT OR REPLACE INTO registrations (device_number, remote, edition, call_id, granted_s, expires_utc_ms) VALUES ($n, $remote, $edition, $call, $granted, $expires)",
                ("$n", row.DeviceNumber), ("$remote", row.Remote), ("$edition", row.Edition), ("$call", row.CallId), ("$granted", row.GrantedSeconds), ("$expires", row.Expires.ToUnixTimeMilliseconds()));
    });

    private static RegistrationRow Read(SqliteDataReader r) => new(r.GetInt32(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.Time(5));
}
