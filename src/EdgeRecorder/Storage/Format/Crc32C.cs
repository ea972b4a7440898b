using System.Numerics;
using System.Runtime.InteropServices;

namespace EdgeRecorder.Storage.Format;

/// <summary>
/// CRC-32C (Castagnoli, reflected 0x82F63B78, initial and final complement), as iSCSI and ext4 use it. <see cref="BitOperations"/> takes the CPU's
/// instruction on x86-64 and arm64 and a table elsewhere.
/// </summary>
internal static class Crc32C
{
    /// <summary>State of an empty message.</summary>
    public const uint Start = 0xFFFF_FFFF;

    public static uint Update(uint state, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            state = BitOperations.Crc32C(state, word);
        foreach (var value in bytes[(words.Length * 8)..])
            state = BitOperations.Crc32C(state, value);
        return state;
    }

    public static uint Finish(uint state) => ~state;

    public static uint Of(ReadOnlySpan<byte> bytes) => Finish(Update(Start, bytes));
}
