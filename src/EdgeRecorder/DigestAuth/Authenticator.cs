using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.DigestAuth;

/// <summary>Answers challenges with one user's credentials: Digest with SHA-256 or MD5 (RFC 7616, RFC 2617), Basic (RFC 7617), the strongest that is offered.</summary>
/// <param name="newNonce">The client's nonce; fixed in tests.</param>
/// <param name="allowBasic">False where the protocol has done away with it (SIP: RFC 3261, 22.1).</param>
internal sealed class Authenticator(string user, string password, Func<string>? newNonce = null, bool allowBasic = true)
{
    private Challenge? _challenge;
    private int _count;

    /// <summary>Takes the challenges of a 401. False: there is none we can answer, or these credentials were refused.</summary>
    public bool Accept(IEnumerable<string> wwwAuthenticate)
    {
        var best = wwwAuthenticate.SelectMany(Challenge.ParseAll).Where(c => Strength(c) > 0).MaxBy(Strength);
        if (best is null)
            return false;
        var isStale = "true".Equals(best["stale"], StringComparison.OrdinalIgnoreCase);
        if (_challenge is { } old && !isStale && Strength(best) == Strength(old) && (best["nonce"] == old["nonce"] || _count <= 1))
            return false;                                   // the first answer to a fresh nonce was refused: the password is wrong
        (_challenge, _count) = (best, 0);
        return true;
    }

    /// <summary>The Authorization header for a request; null before the first challenge.</summary>
    public string? Header(string method, string uri)
    {
        if (_challenge is not { } challenge)
            return null;
        _count++;
        return IsBasic(challenge)
            ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))
            : Digest(challenge, method, uri);
    }

    private string Digest(Challenge challenge, string method, string uri)
    {
        var algorithm = challenge["algorithm"];
        var hash = algorithm?.StartsWith("SHA-256", StringComparison.OrdinalIgnoreCase) == true ? DigestAlgorithm.Sha256 : DigestAlgorithm.Md5;
        var realm = challenge["realm"] ?? "";
        var nonce = challenge["nonce"] ?? "";
        var clientNonce = newNonce?.Invoke() ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var count = _count.ToString("x8", CultureInfo.InvariantCulture);
        var ofUser = DigestHash.OfUser(hash, user, realm, password);
        if (algorithm?.EndsWith("-sess", StringComparison.OrdinalIgnoreCase) == true)
            ofUser = DigestHash.Of(hash, $"{ofUser}:{nonce}:{clientNonce}");
        var hasQop = challenge["qop"] is { Length: > 0 };
        var response = DigestHash.Response(hash, ofUser, nonce, count, clientNonce, hasQop ? "auth" : null, DigestHash.OfRequest(hash, method, uri));
        var header = new StringBuilder($"Digest username=\"{Escape(user)}\", realm=\"{Escape(realm)}\", nonce=\"{Escape(nonce)}\", uri=\"{uri}\", response=\"{response}\"");
        if (algorithm is not null)
            header.Append(CultureInfo.InvariantCulture, $", algorithm={algorithm}");
        if (challenge["opaque"] is { } opaque)
            header.Append(CultureInfo.InvariantCulture, $", opaque=\"{Escape(opaque)}\"");
        if (hasQop)
            header.Append(CultureInfo.InvariantCulture, $", qop=auth, nc={count}, cnonce=\"{clientNonce}\"");
        return header.ToString();
    }

    /// <summary>0 for what we cannot answer.</summary>
    private int Strength(Challenge challenge)
    {
        if (IsBasic(challenge))
            return allowBasic ? 1 : 0;
        if (!challenge.Scheme.Equals("Digest", StringComparison.OrdinalIgnoreCase) || challenge["nonce"] is null)
            return 0;
        if (challenge["qop"] is { Length: > 0 } qop && !qop.Split(',', StringSplitOptions.TrimEntries).Contains("auth", StringComparer.OrdinalIgnoreCase))
            return 0;
        return (challenge["algorithm"] ?? "MD5").ToUpperInvariant() switch
        {
            "MD5" or "MD5-SESS" => 2,
            "SHA-256" or "SHA-256-SESS" => 3,
            _ => 0,
        };
    }

    private static bool IsBasic(Challenge challenge) => challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    private static string Escape(string text) => text.Replace("\\", "\\\\").Replace("\"", "\\\"");
}
