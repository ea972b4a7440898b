using System.Security.Cryptography;
using System.Text;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>
/// The code a terminal is given with 0x8100 and keeps for weeks, across our restarts and its reconnects. Made from the number with a key of the box, so that it is known
/// again without any memory of the connection that asked for it: 16 hexadecimal digits of HMAC-SHA256.
/// </summary>
internal sealed class AuthorityCode(byte[] key)
{
    private const int HashedBytes = 8;

    public byte[] Of(SimNumber sim)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(sim.ToString()), hash);
        return Encoding.ASCII.GetBytes(Convert.ToHexString(hash[..HashedBytes]));
    }

    public bool IsOf(SimNumber sim, ReadOnlySpan<byte> code) => CryptographicOperations.FixedTimeEquals(Of(sim), code);
}
