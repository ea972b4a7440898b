using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.Api.Ome;

/// <summary>`Authorization: Basic base64(token)`, as published: the token is no user and no password, and there is one.</summary>
internal static class OmeAuthorization
{
    /// <summary>Null: the caller knows the token. Else what is wrong, in the words of upstream.</summary>
    public static string? Refusal(string? header, string token, out bool isWrongToken)
    {
        isWrongToken = false;
        if (string.IsNullOrEmpty(header))
            return "Authorization header is required to call API (401)";
        if (header.Split(' ') is not [{ Length: > 0 } scheme, { Length: > 0 } parameter])
            return "Invalid authorization header (401)";
        if (!scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return $"Not supported credential type: {Printable(scheme)} (401)";
        var given = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, given, out var length))
            return "Invalid credential format (401)";
        // Hashes are of one length, so how long the comparison takes says nothing of the token.
        isWrongToken = !CryptographicOperations.FixedTimeEquals(SHA256.HashData(given.AsSpan(0, length)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        return isWrongToken ? "Invalid credential (401)" : null;
    }

    private static string Printable(string scheme) => scheme.Length <= 32 && scheme.All(char.IsAsciiLetterOrDigit) ? scheme : "unknown";
}
