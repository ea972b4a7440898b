using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.Ledger;

/// <summary>Sessions of pages, by the hash of their cookie.</summary>
internal sealed class SessionStore(LedgerDatabase ledger)
{
    private const int Most = 1000;

    public void Add(string cookie, string user, DateTimeOffset now) => ledger.Write(c =>
    {
        c.Run("INSERT INTO sessions VALUES ($h, $u, $at)", ("$h", Hash(cookie)), ("$u", user), ("$at", now.ToUnixTimeMilliseconds()));
        c.Run($"DELETE FROM sessions WHERE hash NOT IN (SELECT hash FROM sessions ORDER BY last_utc_ms DESC LIMIT {Most})");
    });

    public (string User, DateTimeOffset Last)? Find(string cookie)
        => ledger.Read(c => c.List("SELECT user, last_utc_ms FROM sessions WHERE hash=$h", r => (r.GetString(0), r.Time(1)), ("$h", Hash(cookie)))) is [var row] ? row : null;

    public void Touch(string cookie, DateTimeOffset now)
        => ledger.Write(c => c.Run("UPDATE sessions SET last_utc_ms=$at WHERE hash=$h", ("$at", now.ToUnixTimeMilliseconds()), ("$h", Hash(cookie))));

    public void Remove(string cookie) => ledger.Write(c => c.Run("DELETE FROM sessions WHERE hash=$h", ("$h", Hash(cookie))));

    public void RemoveAll(string user) => ledger.Write(c => c.Run("DELETE FROM sessions WHERE user=$u", ("$u", user)));

    // 256 random bits need no salt.
    private static byte[] Hash(string cookie) => SHA256.HashData(Encoding.UTF8.GetBytes(cookie));
}
