using System.Buffers.Binary;

namespace EdgeRecorder.Tests.Audio;

/// <summary>IMA ADPCM as a terminal encodes it, written from RFC 3551, 4.5.1, for the tests alone.</summary>
internal sealed class ImaEncoder(bool dvi4, bool firstIsLowest)
{
    private static readonly int[] Steps = MakeSteps();
    private int _value;
    private int _index;

    /// <summary>Blocks of 4 bytes of state and half a byte per sample. IMA's state is the block's first sample, DVI4's what the first is predicted from.</summary>
    public IEnumerable<byte[]> Blocks(short[] samples, int nibblesPerBlock)
    {
        var perBlock = nibblesPerBlock + (dvi4 ? 0 : 1);
        for (var at = 0; at + perBlock <= samples.Length; at += perBlock)
        {
            var block = new byte[4 + nibblesPerBlock / 2];
            var first = at;
            if (!dvi4)
                _value = samples[first++];
            BinaryPrimitives.WriteInt16LittleEndian(block, (short)_value);
            block[2] = (byte)_index;
            for (var i = 0; i < nibblesPerBlock; i++)
            {
                var code = Encode(samples[first + i]);
                block[4 + i / 2] |= (byte)(code << ((i % 2 == 0) == firstIsLowest ? 0 : 4));
            }
            yield return block;
        }
    }

    private int Encode(int sample)
    {
        var step = Steps[_index];
        var difference = sample - _value;
        var code = difference < 0 ? 8 : 0;
        difference = Math.Abs(difference);
        var made = step >> 3;
        foreach (var (bit, part) in ((int, int)[])[(4, step), (2, step >> 1), (1, step >> 2)])
            if (difference >= part)
            {
                code |= bit;
                difference -= part;
                made += part;
            }
        _value = Math.Clamp(_value + ((code & 8) != 0 ? -made : made), -32768, 32767);
        _index = Math.Clamp(_index + ((code & 7) < 4 ? -1 : ((code & 7) - 3) * 2), 0, 88);
        return code;
    }

    /// <summary>Each is 1.1 times the one before, as the table's makers rounded it.</summary>
    private static int[] MakeSteps()
        => [7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371,
            408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484,
            7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767];
}
