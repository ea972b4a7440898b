using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Media;

namespace EdgeRecorder.Sip;

/// <summary>What is asked of those who register.</summary>
internal sealed record DigestOptions
{
    /// <summary>The SIP domain: the first ten digits of the server's ID.</summary>
    public required string Realm { get; init; }

    /// <summary>In the order they are offered (RFC 8760: strongest first). Old devices read only the first, or break on two.</summary>
    public IReadOnlyList<DigestAlgorithm> Algorithms { get; init; } = [DigestAlgorithm.Md5];

    /// <summary>Without it every device can answer.</summary>
    public bool OfferQop { get; init; }

    public TimeSpan NonceLife { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Nonces that were answered rightly and are remembered until they expire. When there are more, older ones expire early.</summary>
    public int MostNonces { get; init; } = 16_384;

    /// <summary>Wrong answers for a user from an address before nothing of it is looked at for the rest of the window.</summary>
    public int MostFailures { get; init; } = 10;
    public TimeSpan FailureWindow { get; init; } = TimeSpan.FromMinutes(5);
}

internal enum DigestOutcome
{
    Right,

    /// <summary>No credentials for this realm.</summary>
    Missing,

    /// <summary>A nonce that has expired, is not ours or was given to another address.</summary>
    Stale,

    /// <summary>Right, and seen before.</summary>
    Replayed,
    Wrong,

    /// <summary>Too many wrong ones; this one was not looked at.</summary>
    Throttled,
}

/// <param name="User">As the credentials name it; empty without any.</param>
internal readonly record struct DigestResult(DigestOutcome Outcome, string User)
{
    public bool IsRight => Outcome == DigestOutcome.Right;

    /// <summary>A new challenge should say stale=true: the password was not what was wrong.</summary>
    public bool IsStale => Outcome is DigestOutcome.Stale or DigestOutcome.Replayed;
}

/// <summary>
/// The server's side of digest authentication (RFC 2617, RFC 7616, RFC 8760). A nonce carries its time and the proof that it was given to this address, so a challenge costs no memory;
/// remembered are only those that a right password has used.
/// </summary>
internal sealed class DigestGuard(DigestOptions options, TimeProvider time)
{
    private const int NonceBytes = 16, ProofBytes = 8;
    private const int MostFailing = 4096;

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private readonly long _startMs = time.Milliseconds();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, uint> _used = [];
    private readonly Queue<(string Nonce, long IssuedS)> _order = [];
    private readonly Dictionary<(IPAddress, string), (int Count, long SinceMs)> _failures = [];
    private uint _serial;
    private long _floorS = -1;

    /// <summary>Nonces that are remembered.</summary>
    public int Remembered { get { lock (_lock) return _used.Count; } }

    /// <summary>Values for WWW-Authenticate headers, one for each algorithm.</summary>
    public IEnumerable<string> Challenges(IPAddress source, bool isStale)
    {
        var nonce = NewNonce(source);
        foreach (var algorithm in options.Algorithms)
            yield return $"Digest realm=\"{options.Realm}\", nonce=\"{nonce}\", algorithm={algorithm.Name()}{(options.OfferQop ? ", qop=\"auth\"" : "")}{(isStale ? ", stale=true" : "")}";
    }

    /// <param name="authorization">Values of the Authorization headers.</param>
    /// <param name="secretOf">HA1 of a user under an algorithm; null for nobody's.</param>
    public DigestResult Verify(string method, IEnumerable<string> authorization, IPAddress source, Func<string, DigestAlgorithm, string?> secretOf)
    {
        var given = authorization.SelectMany(Challenge.ParseAll).FirstOrDefault(c => c.Scheme.Equals("Digest", StringComparison.OrdinalIgnoreCase) && Value(c, "realm") == options.Realm);
        if (given is null || Value(given, "username") is not { Length: > 0 } user)
            return new(DigestOutcome.Missing, "");
        var nowMs = time.Milliseconds();
        if (IsThrottled((source, user), nowMs))
            return new(DigestOutcome.Throttled, user);
        if (!TryReadNonce(Value(given, "nonce"), source, out var issuedS))
            return new(DigestOutcome.Stale, user);
        if (!IsRight(given, method, user, secretOf, out var count))
        {
            CountFailure((source, user), nowMs);
            return new(DigestOutcome.Wrong, user);
        }
        return new(TryUse(Value(given, "nonce")!, issuedS, count) ? DigestOutcome.Right : DigestOutcome.Replayed, user);
    }

    /// <summary>Seconds since the start: 32 bits of them last for ever.</summary>
    private long Now() => (time.Milliseconds() - _startMs) / 1000;

    /// <summary>Devices pad quoted values with blanks.</summary>
    private static string? Value(Challenge given, string name) => given[name]?.Trim();

    private string NewNonce(IPAddress source)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        BinaryPrimitives.WriteUInt32BigEndian(nonce, (uint)Now());
        BinaryPrimitives.WriteUInt32BigEndian(nonce[4..], Interlocked.Increment(ref _serial));      // no two alike
        Prove(nonce[..ProofBytes], source, nonce[ProofBytes..]);
        return Convert.ToHexStringLower(nonce);
    }

    private bool TryReadNonce(string? text, IPAddress source, out long issuedS)
    {
        issuedS = 0;
        Span<byte> nonce = stackalloc byte[NonceBytes];
        if (text is not { Length: NonceBytes * 2 } || Convert.FromHexString(text, nonce, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        Span<byte> proof = stackalloc byte[NonceBytes - ProofBytes];
        Prove(nonce[..ProofBytes], source, proof);
        issuedS = BinaryPrimitives.ReadUInt32BigEndian(nonce);
        return CryptographicOperations.FixedTimeEquals(proof, nonce[ProofBytes..]) && Now() - issuedS <= options.NonceLife.TotalSeconds;
    }

    private void Prove(ReadOnlySpan<byte> head, IPAddress source, Span<byte> proof)
    {
        Span<byte> message = stackalloc byte[ProofBytes + 16];
        head.CopyTo(message);
        source.MapToIPv6().TryWriteBytes(message[ProofBytes..], out _);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, message, hash);
        hash[..proof.Length].CopyTo(proof);
    }

    /// <param name="count">nc; 0 without qop.</param>
    private bool IsRight(Challenge given, string method, string user, Func<string, DigestAlgorithm, string?> secretOf, out uint count)
    {
        count = 0;
        var algorithm = Value(given, "algorithm") is { } name
            ? options.Algorithms.Cast<DigestAlgorithm?>().FirstOrDefault(offered => name.Equals(offered!.Value.Name(), StringComparison.OrdinalIgnoreCase))
            : options.Algorithms.Contains(DigestAlgorithm.Md5) ? DigestAlgorithm.Md5 : null;
        if (algorithm is not { } hash || Value(given, "response") is not { } response || Value(given, "uri") is not { } uri)
            return false;
        string? nc = null, cnonce = null;
        var qop = Value(given, "qop") is { Length: > 0 } said ? said : null;
        if (qop is not null)
        {
            (nc, cnonce) = (Value(given, "nc"), Value(given, "cnonce"));
            if (!options.OfferQop || !qop.Equals("auth", StringComparison.OrdinalIgnoreCase) || string.IsNullOrEmpty(cnonce)
                || !uint.TryParse(nc, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out count) || count == 0)
                return false;
        }
        var secret = secretOf(user, hash);
        // The URI is the one in the header, which is often not the Request-URI; nobody's password is summed up all the same, so that time tells nothing.
        var expected = DigestHash.Response(hash, secret ?? "", Value(given, "nonce")!, nc, cnonce, qop, DigestHash.OfRequest(hash, method, uri));
        return CryptographicOperations.FixedTimeEquals(Encoding.Latin1.GetBytes(expected), Encoding.Latin1.GetBytes(response.ToLowerInvariant())) && secret is not null;
    }

    /// <summary>Without qop a nonce is good for one request; with it, nc has to rise.</summary>
    private bool TryUse(string nonce, long issuedS, uint count)
    {
        nonce = nonce.ToLowerInvariant();                   // hexadecimal that differs in case is the same nonce
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest))
            {
                var isExpired = Now() - oldest.IssuedS > options.NonceLife.TotalSeconds;
                if (!isExpired && _order.Count < options.MostNonces)
                    break;
                if (!isExpired)
                    _floorS = Math.Max(_floorS, oldest.IssuedS);
                _used.Remove(_order.Dequeue().Nonce);
            }
            if (_used.TryGetValue(nonce, out var last))
            {
                if (count <= last)
                    return false;
                _used[nonce] = count;
                return true;
            }
            if (issuedS <= _floorS)
                return false;                               // it may be one of those that had to be forgotten
            // Without qop the count is as high as can be: no later one is above it.
            _used.Add(nonce, count == 0 ? uint.MaxValue : count);
            _order.Enqueue((nonce, issuedS));
            return true;
        }
    }

    private bool IsThrottled((IPAddress, string) key, long nowMs)
    {
        lock (_lock)
            return _failures.TryGetValue(key, out var failure) && failure.Count >= options.MostFailures && nowMs - failure.SinceMs < options.FailureWindow.TotalMilliseconds;
    }

    private void CountFailure((IPAddress, string User) key, long nowMs)
    {
        if (key.User.Length > 64)
            return;                                         // nobody's name is that long; nothing is kept for it
        lock (_lock)
        {
            var isOpen = _failures.TryGetValue(key, out var failure) && nowMs - failure.SinceMs < options.FailureWindow.TotalMilliseconds;
            if (!isOpen && _failures.Count >= MostFailing)
            {
                foreach (var old in _failures.Where(f => nowMs - f.Value.SinceMs >= options.FailureWindow.TotalMilliseconds).Select(f => f.Key).ToList())
                    _failures.Remove(old);
                if (_failures.Count >= MostFailing)
                    _failures.Remove(_failures.MinBy(f => f.Value.SinceMs).Key);
            }
            _failures[key] = isOpen ? (failure.Count + 1, failure.SinceMs) : (1, nowMs);
        }
    }
}
