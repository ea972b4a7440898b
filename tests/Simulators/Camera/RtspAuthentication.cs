using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace EdgeRecorder.Simulators.Camera;

internal enum AuthenticationScheme
{
    Basic,

    /// <summary>MD5 without qop, as most cameras do (RFC 2069).</summary>
    Digest,

    /// <summary>MD5 with qop=auth (RFC 2617).</summary>
    DigestQop,

    /// <summary>SHA-256 with qop=auth (RFC 7616).</summary>
    DigestSha256,

    /// <summary>Offers Digest and Basic, takes either.</summary>
    Both,
}

/// <summary>Checks the Authorization header and writes the challenge.</summary>
internal sealed partial class RtspAuthentication(string user, string password, AuthenticationScheme scheme)
{
    private const string Realm = "simulated camera";

    private readonly Lock _gate = new();
    private string _nonce = NewNonce();
    private string? _formerNonce;

    /// <summary>The nonce expires: the next request is refused once more, with stale=true.</summary>
    public void ExpireNonce()
    {
        lock (_gate)
            (_formerNonce, _nonce) = (_nonce, NewNonce());
    }

    public bool Accepts(RtspRequest request)
    {
        var authorization = request["Authorization"];
        if (authorization.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return scheme is AuthenticationScheme.Basic or AuthenticationScheme.Both
                && authorization[6..].Trim() == Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        if (!authorization.StartsWith("Digest ", StringComparison.OrdinalIgnoreCase) || scheme == AuthenticationScheme.Basic)
            return false;

        var given = Parameters(authorization);
        string Given(string name) => given.GetValueOrDefault(name, "");
        lock (_gate)
            if (Given("nonce") != _nonce)
                return false;
        var a1 = Hash($"{user}:{Realm}:{password}");
        var a2 = Hash($"{request.Method}:{Given("uri")}");
        var expected = UsesQop
            ? Hash($"{a1}:{Given("nonce")}:{Given("nc")}:{Given("cnonce")}:{Given("qop")}:{a2}")
            : Hash($"{a1}:{Given("nonce")}:{a2}");
        return Given("username") == user && Given("response") == expected && (!UsesQop || Given("qop") == "auth");
    }

    /// <summary>The WWW-Authenticate lines for a refused request.</summary>
    public string Challenge(RtspRequest request)
    {
        string nonce, stale;
        lock (_gate)
        {
            nonce = _nonce;
            var used = Parameters(request["Authorization"]).GetValueOrDefault("nonce");
            stale = used is not null && used == _formerNonce ? ", stale=true" : "";
        }
        var digest = $"WWW-Authenticate: Digest realm=\"{Realm}\", nonce=\"{nonce}\"{stale}";
        var basic = $"WWW-Authenticate: Basic realm=\"{Realm}\"\r\n";
        return scheme switch
        {
            AuthenticationScheme.Basic => basic,
            AuthenticationScheme.DigestQop => digest + ", qop=\"auth\", algorithm=MD5\r\n",
            AuthenticationScheme.DigestSha256 => digest + ", qop=\"auth\", algorithm=SHA-256\r\n",
            AuthenticationScheme.Both => digest + "\r\n" + basic,
            _ => digest + "\r\n",
        };
    }

    private bool UsesQop => scheme is AuthenticationScheme.DigestQop or AuthenticationScheme.DigestSha256;

    private string Hash(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
#pragma warning disable CA5351 // MD5 is what RFC 2617 and every camera on the market ask for.
        return Convert.ToHexStringLower(scheme == AuthenticationScheme.DigestSha256 ? SHA256.HashData(bytes) : MD5.HashData(bytes));
#pragma warning restore CA5351
    }

    private static Dictionary<string, string> Parameters(string header)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (Match match in Parameter().Matches(header))
            found[match.Groups[1].Value] = match.Groups[2].Success ? match.Groups[2].Value : match.Groups[3].Value;
        return found;
    }

    private static string NewNonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    [GeneratedRegex("""(\w+)=(?:"([^"]*)"|([^\s,]+))""")]
    private static partial Regex Parameter();
}
