using System.Security.Cryptography;
using System.Text;

namespace EdgeRecorder.DigestAuth;

/// <summary>Hash functions of digest authentication that we speak, weakest first.</summary>
internal enum DigestAlgorithm { Md5, Sha256 }

/// <summary>The sums of digest authentication (RFC 2617, RFC 7616, RFC 8760), in lower-case hexadecimal.</summary>
internal static class DigestHash
{
    public static string Name(this DigestAlgorithm algorithm) => algorithm == DigestAlgorithm.Sha256 ? "SHA-256" : "MD5";

    public static string Of(DigestAlgorithm algorithm, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Convert.ToHexStringLower(algorithm == DigestAlgorithm.Sha256 ? SHA256.HashData(bytes) : Md5(bytes));
    }

    /// <summary>HA1: what a server keeps of a password.</summary>
    public static string OfUser(DigestAlgorithm algorithm, string user, string realm, string password) => Of(algorithm, $"{user}:{realm}:{password}");

    /// <summary>HA2.</summary>
    public static string OfRequest(DigestAlgorithm algorithm, string method, string uri) => Of(algorithm, $"{method}:{uri}");

    /// <param name="qop">Null: without, as in RFC 2069.</param>
    public static string Response(DigestAlgorithm algorithm, string ofUser, string nonce, string? count, string? clientNonce, string? qop, string ofRequest)
        => Of(algorithm, qop is null ? $"{ofUser}:{nonce}:{ofRequest}" : $"{ofUser}:{nonce}:{count}:{clientNonce}:{qop}:{ofRequest}");

    // What most cameras still ask for (RFC 2617); it protects nothing but a password on a camera's own network.
#pragma warning disable CA5351
    private static byte[] Md5(byte[] bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
