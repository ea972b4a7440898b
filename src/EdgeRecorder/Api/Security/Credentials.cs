using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Security;

/// <summary>Who is calling.</summary>
internal sealed record Caller(string Name, Role Role);

/// <summary>The caller, or how long he has to wait; neither: wrong.</summary>
internal readonly record struct Verdict(Caller? Caller, TimeSpan RetryAfter);

/// <summary>
/// Verifies passwords and tokens. What was right is remembered for 5 min under a keyed hash, so that a program that sends its password with
/// every request costs one PBKDF2 and not one per request; any change of users or tokens forgets everything.
/// </summary>
internal sealed class Credentials : IDisposable
{
    private const int MostRemembered = 1000;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);
    private readonly UserStore _users;
    private readonly Throttle _throttle;
    private readonly TimeProvider _time;
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, (Caller Caller, long Since)> _remembered = new();

    // PBKDF2 keeps a core busy: one at a time, so that guessing never takes the cores that record.
    private readonly SemaphoreSlim _oneAtATime = new(1);

    public Credentials(UserStore users, Throttle throttle, TimeProvider time)
    {
        (_users, _throttle, _time) = (users, throttle, time);
        _users.Changed += _remembered.Clear;
    }

    /// <summary>Basic or Bearer; anything else is wrong.</summary>
    public async Task<Verdict> VerifyAsync(AuthorizationHeader header, string source, CancellationToken stop)
    {
        if (header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            return Token(header.Parameter, source);
        Span<byte> bytes = stackalloc byte[512];
        if (!header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) || !Convert.TryFromBase64String(header.Parameter, bytes, out var length))
            return default;
        var pair = Encoding.UTF8.GetString(bytes[..length]);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? default : await PasswordAsync(pair[..colon], pair[(colon + 1)..], source, stop);
    }

    public async Task<Verdict> PasswordAsync(string name, string password, string source, CancellationToken stop)
    {
        var key = KeyOf("p", name, password);
        if (Recall(key) is { } known)
            return new(known, default);
        var account = name.ToLowerInvariant();
        if (_throttle.Wait(account, source) is var wait && wait > TimeSpan.Zero)
            return new(null, wait);
        await _oneAtATime.WaitAsync(stop);
        try
        {
            if (Recall(key) is { } settled)
                return new(settled, default);                  // one in front of us asked the same, as a hundred viewers of one user do
            if (_throttle.Wait(account, source) is var queued && queued > TimeSpan.Zero)
                return new(null, queued);                      // failures of those in front of us count
            return Settle(key, account, source, _users.Verify(name, password) is { } user ? new Caller(user.Name, user.Role) : null);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public Verdict Token(string secret, string source)
    {
        var key = KeyOf("t", "", secret);
        if (Recall(key) is { } known)
            return new(known, default);
        if (_throttle.Wait("token", source) is var wait && wait > TimeSpan.Zero)
            return new(null, wait);
        var token = _users.FindToken(secret);
        var caller = token is null ? null : new Caller($"token:{token.Name}", token.Role);
        // A token that ends sooner than it would be forgotten is looked up each time.
        return token?.Expires is { } end && end < _time.GetUtcNow() + Remembered ? new(caller, default) : Settle(key, "token", source, caller);
    }

    public void Dispose()
    {
        _users.Changed -= _remembered.Clear;
        _oneAtATime.Dispose();
    }

    private Verdict Settle(string key, string account, string source, Caller? caller)
    {
        if (caller is null)
        {
            _throttle.Failed(account, source);
            return default;
        }
        _throttle.Succeeded(account, source);
        if (_remembered.Count >= MostRemembered)
            _remembered.Clear();
        _remembered[key] = (caller, _time.GetTimestamp());
        return new(caller, default);
    }

    private Caller? Recall(string key)
    {
        if (!_remembered.TryGetValue(key, out var entry))
            return null;
        if (_time.GetElapsedTime(entry.Since) < Remembered)
            return entry.Caller;
        _remembered.TryRemove(key, out _);
        return null;
    }

    private string KeyOf(string kind, string name, string secret)
        => Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{kind}\0{name.ToLowerInvariant()}\0{secret}")));
}
