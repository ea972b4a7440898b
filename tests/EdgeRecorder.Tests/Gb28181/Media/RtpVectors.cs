using EdgeRecorder.Tests.MpegPs;

namespace EdgeRecorder.Tests.Gb28181.Media;

/// <summary>The example stream in three packets, SSRC 0200000001; the cut is inside the first picture.</summary>
internal static class RtpVectors
{
    public static readonly byte[] One = [.. Vectors.Hex("806003e8000dbba00bebc201"), .. Vectors.Stream[..100]];
    public static readonly byte[] Two = [.. Vectors.Hex("80e003e9000dbba00bebc201"), .. Vectors.Stream[100..168]];
    public static readonly byte[] Three = [.. Vectors.Hex("80e003ea000dc9b00bebc201"), .. Vectors.Stream[168..]];

    public static readonly byte[] Tcp = [0x00, 0x70, .. One, 0x00, 0x50, .. Two, 0x00, 0x67, .. Three];

    public static byte[] With(byte[] packet, int? sequence = null, uint? ssrc = null)
    {
        byte[] copy = [.. packet];
        if (sequence is { } number)
            (copy[2], copy[3]) = ((byte)(number >> 8), (byte)number);
        if (ssrc is { } source)
            for (var i = 0; i < 4; i++)
                copy[8 + i] = (byte)(source >> (24 - 8 * i));
        return copy;
    }
}
