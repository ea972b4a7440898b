namespace EdgeRecorder.Tests.Audio;

/// <summary>A-law to linear as table 1a of G.711 draws it, for the tests alone.</summary>
internal static class ALaw
{
    public static short Decode(byte code)
    {
        var inverted = code ^ 0x55;
        var segment = inverted >> 4 & 7;
        var mantissa = inverted & 15;
        var magnitude = segment == 0 ? (mantissa << 4) + 8 : (mantissa << 4) + 0x108 << segment - 1;
        return (short)((inverted & 0x80) != 0 ? magnitude : -magnitude);
    }

    public static short[] Decode(IEnumerable<byte> codes) => [.. codes.Select(Decode)];
}
