using System.Numerics;

namespace EdgeRecorder.Audio;

/// <summary>ITU-T G.711 A-law out of linear samples: what is stored in place of codecs that MP4 cannot carry.</summary>
internal static class G711
{
    /// <summary>One byte per sample.</summary>
    public static void EncodeALaw(ReadOnlySpan<short> samples, Span<byte> target)
    {
        for (var i = 0; i < samples.Length; i++)
            target[i] = ALaw(samples[i]);
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
