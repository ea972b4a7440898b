using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Security;

/// <summary>A logged-in page. <paramref name="CsrfToken"/> has to come back in a header with everything that changes something.</summary>
internal sealed record Session(string Id, string User, string CsrfToken);

/// <summary>
/// Sessions of pages. The ledger keeps them over a restart; what is asked at each request stands in memory. The role is read at each request: a demoted user is demoted at once.
/// How long a session was idle is counted by a clock that nobody sets: a box that learns the time while its page is open ends no session. Only the ledger has dates.
/// </summary>
internal sealed class Sessions(SessionStore store, TimeProvider time)
{
    public const string Cookie = "edge_recorder_session";
    private const int IdLength = 64;

    /// <summary>Without a request for this long the session ends.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromHours(12);

    /// <summary>So often at most the ledger hears of a session's last request.</summary>
    private static readonly TimeSpan Coarse = TimeSpan.FromMinutes(5);

    private const int Most = 1000;
    private readonly ConcurrentDictionary<string, Entry> _known = new();

    public Session Begin(User user)
    {
        var id = RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        var now = time.GetUtcNow();
        store.Add(id, user.Name, now);
        return Remember(id, user.Name, now).Session;
    }

    public Session? Find(string id)
    {
        if (id.Length != IdLength)
            return null;
        if (!_known.TryGetValue(id, out var entry))
        {
            if (store.Find(id) is not { } kept)
                return null;
            entry = Remember(id, kept.User, kept.Last);
        }
        if (IsOver(entry))
        {
            End(id);
            return null;
        }
        entry.IdleBefore = TimeSpan.Zero;
        entry.Last = time.GetTimestamp();
        if (time.GetElapsedTime(entry.Told) > Coarse)
        {
            entry.Told = entry.Last;
            store.Touch(id, time.GetUtcNow());
        }
        return entry.Session;
    }

    /// <summary>The session as long as it lasts, without using it.</summary>
    public Session? Peek(string id)
    {
        if (!_known.TryGetValue(id, out var entry) && store.Find(id) is { } kept)
            entry = Remember(id, kept.User, kept.Last);
        return entry is not null && !IsOver(entry) ? entry.Session : null;
    }

    public void End(string id)
    {
        _known.TryRemove(id, out _);
        store.Remove(id);
    }

    /// <summary>After a change of the password or the removal of the user.</summary>
    public void EndAll(string user)
    {
        store.RemoveAll(user);
        foreach (var (id, entry) in _known)
            if (string.Equals(entry.Session.User, user, StringComparison.OrdinalIgnoreCase))
                _known.TryRemove(id, out _);
    }

    private Entry Remember(string id, string user, DateTimeOffset last)
    {
        if (_known.Count >= Most)
            foreach (var old in _known.OrderBy(s => s.Value.Last).Take(Most / 2))
                _known.TryRemove(old.Key, out _);           // the ledger still has it
        var now = time.GetTimestamp();
        return _known[id] = new(new(id, user, TokenOf(id))) { IdleBefore = time.GetUtcNow() - last, Last = now, Told = now };
    }

    private bool IsOver(Entry entry) => entry.IdleBefore + time.GetElapsedTime(entry.Last) > Idle;

    // Who knows the cookie may know the token; a page of another origin knows neither. So it need not be kept.
    private static string TokenOf(string id) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("csrf " + id)).AsSpan(0, 16));

    private sealed class Entry(Session session)
    {
        public Session Session => session;

        /// <summary>How long it had not been used when it was read from the ledger.</summary>
        public TimeSpan IdleBefore { get; set; }

        /// <summary>Timestamps of the last request, and of when the ledger heard of one.</summary>
        public long Last { get; set; }
        public long Told { get; set; }
    }
}
