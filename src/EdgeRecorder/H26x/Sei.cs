using EdgeRecorder.Media;

namespace EdgeRecorder.H26x;

/// <summary>Supplemental enhancement information (H.264 7.3.2.3, Annex D; H.265 7.3.5).</summary>
internal static class Sei
{
    private const int RecoveryPoint = 6;

    /// <summary>Whether a recovery point message (payloadType 6) is among the first 256 bytes: a decoder may start at this picture.</summary>
    public static bool HasRecoveryPoint(Codec codec, ReadOnlySpan<byte> nal)
    {
        Span<byte> rbsp = stackalloc byte[256];
        var header = codec == Codec.H264 ? 1 : 2;
        if (nal.Length <= header)
            return false;
        rbsp = rbsp[..Rbsp.Unescape(nal[header..], rbsp)];
        while (rbsp.Length > 2)                             // type, size, rbsp_trailing_bits
        {
            if (!TryReadExtended(ref rbsp, out var type) || !TryReadExtended(ref rbsp, out var size))
                return false;
            if (type == RecoveryPoint)
                return true;
            if (size >= rbsp.Length)
                return false;
            rbsp = rbsp[size..];
        }
        return false;
    }

    /// <summary>ff_byte … last_payload_type_byte: the sum of all.</summary>
    private static bool TryReadExtended(ref Span<byte> bytes, out int value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            value += bytes[i];
            if (bytes[i] != 0xFF)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }
        return false;
    }
}
