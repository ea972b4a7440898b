namespace EdgeRecorder.MpegPs;

/// <summary>CRC_32 of ISO/IEC 13818-1, Annex A: 04C11DB7, all ones first, nothing reflected. Over data with its own CRC behind it is 0.</summary>
internal static class MpegCrc
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= (uint)value << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = crc << 1 ^ ((int)crc < 0 ? 0x04C1_1DB7u : 0);
        }
        return crc;
    }
}
