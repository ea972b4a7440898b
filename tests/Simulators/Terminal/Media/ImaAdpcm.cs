using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>Encodes 16-bit samples as IMA ADPCM: blocks of predictor (16 bit, little-endian), step index, 0, then 4 bits a sample.</summary>
internal sealed class ImaAdpcm(AdpcmLayout layout)
{
    private static readonly int[] _steps =
    [
        7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253,
        279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026,
        4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
    ];

    private static readonly int[] _indexChanges = [-1, -1, -1, -1, 2, 4, 6, 8];

    private int _predictor, _index;

    /// <summary>Samples in a block of so many codes.</summary>
    public static int BlockSamples(int codes, AdpcmLayout layout) => layout == AdpcmLayout.Ima ? codes + 1 : codes;

    /// <summary>One block. The state goes on from block to block, but each block can be decoded alone.</summary>
    public byte[] Encode(ReadOnlySpan<short> samples)
    {
        if (layout == AdpcmLayout.Ima)
        {
            _predictor = samples[0];
            samples = samples[1..];
        }
        var block = new byte[4 + samples.Length / 2];
        BinaryPrimitives.WriteInt16LittleEndian(block, (short)_predictor);
        block[2] = (byte)_index;
        for (var i = 0; i < samples.Length; i++)
        {
            var code = Code(samples[i]);
            block[4 + i / 2] |= (byte)(i % 2 == 0 == (layout == AdpcmLayout.Dvi4) ? code << 4 : code);
        }
        return block;
    }

    private int Code(short sample)
    {
        // Sign, then the magnitude in quarters of the step; the decoder adds half of the last quarter.
        var step = _steps[_index];
        var difference = sample - _predictor;
        var magnitude = Math.Min(7, Math.Abs(difference) * 4 / step);
        var change = (step >> 3) + ((magnitude & 4) != 0 ? step : 0) + ((magnitude & 2) != 0 ? step >> 1 : 0) + ((magnitude & 1) != 0 ? step >> 2 : 0);
        _predictor = Math.Clamp(_predictor + (difference < 0 ? -change : change), short.MinValue, short.MaxValue);
        _index = Math.Clamp(_index + _indexChanges[magnitude], 0, _steps.Length - 1);
        return magnitude | (difference < 0 ? 8 : 0);
    }
}
