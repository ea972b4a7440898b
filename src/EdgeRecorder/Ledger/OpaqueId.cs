using System.Security.Cryptography;

namespace EdgeRecorder.Ledger;

/// <summary>Ids that say nothing, sort by nothing and fit into an address: 16 characters out of 32, 80 random bits.</summary>
internal static class OpaqueId
{
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz023456789";        // without i, l, o, 1: people read ids over the phone

    public static string New() => RandomNumberGenerator.GetString(Alphabet, 16);
}
