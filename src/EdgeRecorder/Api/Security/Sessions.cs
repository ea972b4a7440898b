using System.Collections.Concurrent;
using System.Security.Cryptography;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Security;

/// <summary>A logged-in page. <paramref name="CsrfToken"/> has to come back in a header with everything that changes something.</summary>
internal sealed record Session(string Id, string User, string CsrfToken);

/// <summary>Sessions of pages; in memory, so a restart logs out. The role is read at each request: a demoted user is demoted at once.</summary>
internal sealed class Sessions(TimeProvider time)
{
    public const string Cookie = "edge_recorder_session";

    /// <summary>Without a request for this long the session ends.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromHours(12);
    private const int Most = 1000;
    private readonly ConcurrentDictionary<string, (Session Session, DateTimeOffset Last)> _sessions = new();

    public Session Begin(User user)
    {
        if (_sessions.Count >= Most)
            foreach (var old in _sessions.OrderBy(s => s.Value.Last).Take(Most / 2))
                _sessions.TryRemove(old.Key, out _);
        var session = new Session(RandomNumberGenerator.GetHexString(64, lowercase: true), user.Name, RandomNumberGenerator.GetHexString(32, lowercase: true));
        _sessions[session.Id] = (session, time.GetUtcNow());
        return session;
    }

    public Session? Find(string id)
    {
        if (!_sessions.TryGetValue(id, out var entry))
            return null;
        if (time.GetUtcNow() - entry.Last > Idle)
        {
            _sessions.TryRemove(id, out _);
            return null;
        }
        _sessions[id] = (entry.Session, time.GetUtcNow());
        return entry.Session;
    }

    public void End(string id) => _sessions.TryRemove(id, out _);

    /// <summary>After a change of the password or the removal of the user.</summary>
    public void EndAll(string user)
    {
        foreach (var (id, entry) in _sessions)
            if (string.Equals(entry.Session.User, user, StringComparison.OrdinalIgnoreCase))
                _sessions.TryRemove(id, out _);
    }
}
