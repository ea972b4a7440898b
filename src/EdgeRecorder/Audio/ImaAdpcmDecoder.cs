using System.Buffers.Binary;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Audio;

/// <summary>How the samples of an IMA ADPCM block lie (RFC 3551, 4.5.1 names the differences).</summary>
/// <param name="FirstIsLowest">The first sample in the four least significant bits: IMA. In the most significant: DVI4.</param>
/// <param name="HeaderIsSample">The header's value is the first sample of the block: IMA. It is what the first sample is predicted from: DVI4.</param>
internal readonly record struct ImaLayout(bool FirstIsLowest, bool HeaderIsSample);

/// <summary>
/// IMA ADPCM, 4 bits per sample, in blocks that carry their own state:
/// <code>
/// 0  int16, little-endian   value that the block begins with
/// 2  byte                   step index, 0…88
/// 3  byte                   reserved
/// 4  nibbles                one per sample
/// </code>
/// No state crosses blocks.
/// </summary>
internal static class ImaAdpcmDecoder
{
    public const int HeaderLength = 4;
    private const string Protocol = "IMA ADPCM";

    private static readonly short[] Steps =
    [
        7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279,
        307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871,
        5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
    ];

    private static readonly sbyte[] IndexChange = [-1, -1, -1, -1, 2, 4, 6, 8];

    /// <summary>State that a block begins with.</summary>
    /// <exception cref="ProtocolException">The block has no header, or a step index that does not exist.</exception>
    public static (short Value, int Index) ReadHeader(ReadOnlySpan<byte> block)
    {
        if (block.Length < HeaderLength)
            throw new ProtocolException(Protocol, 0, "block header", $"needs {HeaderLength} bytes, {block.Length} left");
        if (block[2] >= Steps.Length)
            throw new ProtocolException(Protocol, 2, "step index", $"{block[2]} is above {Steps.Length - 1}");
        return (BinaryPrimitives.ReadInt16LittleEndian(block), block[2]);
    }

    public static int Samples(int blockLength, ImaLayout layout) => (blockLength - HeaderLength) * 2 + (layout.HeaderIsSample ? 1 : 0);

    /// <summary>Decodes one block.</summary>
    /// <returns>The state behind it: what a DVI4 encoder writes into the next header.</returns>
    /// <exception cref="ProtocolException">See <see cref="ReadHeader"/>.</exception>
    public static (short Value, int Index) Decode(ReadOnlySpan<byte> block, ImaLayout layout, Span<short> target)
    {
        var state = ReadHeader(block);
        var count = 0;
        if (layout.HeaderIsSample)
            target[count++] = state.Value;
        foreach (var pair in block[HeaderLength..])
        {
            state = Next(state, layout.FirstIsLowest ? pair & 0x0F : pair >> 4);
            target[count++] = state.Value;
            state = Next(state, layout.FirstIsLowest ? pair >> 4 : pair & 0x0F);
            target[count++] = state.Value;
        }
        return state;
    }

    private static (short Value, int Index) Next((short Value, int Index) state, int code)
    {
        int step = Steps[state.Index];
        var difference = step >> 3;
        if ((code & 4) != 0)
            difference += step;
        if ((code & 2) != 0)
            difference += step >> 1;
        if ((code & 1) != 0)
            difference += step >> 2;
        var value = Math.Clamp((code & 8) != 0 ? state.Value - difference : state.Value + difference, short.MinValue, short.MaxValue);
        return ((short)value, Math.Clamp(state.Index + IndexChange[code & 7], 0, Steps.Length - 1));
    }
}
