using System.Numerics;

namespace EdgeRecorder.Audio;

/// <summary>ITU-T G.711: A-law out of linear samples, what is stored in place of codecs that MP4 cannot carry; and both laws read.</summary>
internal static class G711
{
    /// <summary>One byte per sample.</summary>
    public static void EncodeALaw(ReadOnlySpan<short> samples, Span<byte> target)
    {
        for (var i = 0; i < samples.Length; i++)
            target[i] = ALaw(samples[i]);
    }

    /// <summary>The linear samples of all codes, the 13 and 14 bits of the standard in the upper ones of 16.</summary>
    public static short[] ALawTable { get; } = [.. Enumerable.Range(0, 256).Select(code => FromALaw((byte)code))];

    /// <inheritdoc cref="ALawTable"/>
    public static short[] MuLawTable { get; } = [.. Enumerable.Range(0, 256).Select(code => FromMuLaw((byte)code))];

    /// <summary>In the middle of its step (table 1a).</summary>
    private static short FromALaw(byte code)
    {
        code ^= 0x55;
        var (segment, mantissa) = (code >> 4 & 7, code & 0x0F);
        var magnitude = segment == 0 ? mantissa * 16 + 8 : mantissa * 16 + 264 << segment - 1;
        return (short)((code & 0x80) != 0 ? magnitude : -magnitude);
    }

    /// <summary>All bits inverted; a bias of 33 on 14 bits makes every segment twice the one before (table 2a).</summary>
    private static short FromMuLaw(byte code)
    {
        code = (byte)~code;
        var magnitude = ((code & 0x0F) * 8 + 132 << (code >> 4 & 7)) - 132;
        return (short)((code & 0x80) != 0 ? -magnitude : magnitude);
    }

    /// <summary>Sign, three bits of segment, four of the mantissa; even bits inverted (G.711, table 1a). Negative values are counted from −1 as positive ones are from 0.</summary>
    private static byte ALaw(short sample)
    {
        var sign = sample >= 0 ? 0x80 : 0;
        var magnitude = (sample >= 0 ? sample : ~sample) >> 4;          // 11 bits: segments begin at 0, 16, 32, 64 … 1024 of them
        var segment = Math.Max(0, BitOperations.Log2((uint)magnitude | 1) - 3);
        var mantissa = magnitude >> Math.Max(segment - 1, 0) & 0x0F;
        return (byte)((sign | segment << 4 | mantissa) ^ 0x55);
    }
}
