using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>Answers a challenge (RFC 2617 and 7616; SIP: RFC 3261, 22.4).</summary>
internal sealed partial record Digest(string Realm, string Nonce, string? Algorithm, bool HasQop, bool IsStale)
{
    /// <exception cref="MalformedException">It is no challenge that a device understands.</exception>
    public static Digest Read(string challenge)
    {
        if (!challenge.StartsWith("Digest ", StringComparison.OrdinalIgnoreCase))
            throw new MalformedException($"no Digest challenge: {challenge}");
        string? Value(string name) => Field().Matches(challenge).FirstOrDefault(m => m.Groups[1].Value.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found
            ? found.Groups[2].Value.Trim('"')
            : null;
        return new(
            Value("realm") ?? throw new MalformedException($"a challenge without realm: {challenge}"),
            Value("nonce") ?? throw new MalformedException($"a challenge without nonce: {challenge}"),
            Value("algorithm"),
            Value("qop")?.Split(',').Any(q => q.Trim() == "auth") ?? false,
            Value("stale")?.Equals("true", StringComparison.OrdinalIgnoreCase) ?? false);
    }

    /// <summary>The one to answer of several: the wanted algorithm, where it is offered.</summary>
    public static Digest? Choose(IEnumerable<string> challenges, string algorithm)
    {
        var all = challenges.Select(Read).ToList();
        return all.Find(c => (c.Algorithm ?? "MD5").Equals(algorithm, StringComparison.OrdinalIgnoreCase)) ?? all.FirstOrDefault();
    }

    /// <summary>The value of Authorization.</summary>
    /// <param name="count">nc of the nonce.</param>
    public string Answer(string user, string password, string method, string uri, int count, string cnonce)
    {
        var ha1 = Hash($"{user}:{Realm}:{password}");
        var ha2 = Hash($"{method}:{uri}");
        var nc = $"{count:x8}";
        var response = Hash(HasQop ? $"{ha1}:{Nonce}:{nc}:{cnonce}:auth:{ha2}" : $"{ha1}:{Nonce}:{ha2}");
        var text = new StringBuilder($"Digest username=\"{user}\", realm=\"{Realm}\", nonce=\"{Nonce}\", uri=\"{uri}\", response=\"{response}\"");
        if (Algorithm is not null)
            text.Append(", algorithm=").Append(Algorithm);
        if (HasQop)
            text.Append(", cnonce=\"").Append(cnonce).Append("\", qop=auth, nc=").Append(nc);
        return text.ToString();
    }

    private string Hash(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Convert.ToHexStringLower((Algorithm ?? "MD5").ToUpperInvariant() switch
        {
#pragma warning disable CA5351 // MD5 is what GB/T 28181 and every device on the market ask for.
            "MD5" => MD5.HashData(bytes),
#pragma warning restore CA5351
            "SHA-256" => SHA256.HashData(bytes),
            _ => throw new MalformedException($"algorithm {Algorithm}"),
        });
    }

    [GeneratedRegex("""([A-Za-z]+)\s*=\s*("[^"]*"|[^,\s]+)""")]
    private static partial Regex Field();
}
