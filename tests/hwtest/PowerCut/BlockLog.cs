using System.Buffers.Binary;

namespace EdgeRecorder.PowerCut;

/// <summary>What the disk was told: bytes at a place, or to flush. <paramref name="At"/>: where the bytes stand in the log.</summary>
/// <param name="IsForced">Durable when it was done, without a flush (FUA).</param>
internal readonly record struct BlockEntry(long Offset, int Length, int At, bool IsFlush, bool IsForced);

/// <summary>
/// Everything a virtual disk was told, in the order in which it was done: QEMU's `blklogwrites`, in the format of the kernel's dm-log-writes, version 1.
/// <code>
/// little-endian                             sector 0: magic u64 · version u64 · entries u64 · sector size u32
/// per entry a sector: sector u64 · sectors u64 · flags u64 (1 flush, 2 FUA, 4 discard, 8 mark) · length of text u64, then the data (none of a discard)
/// </code>
/// The number of entries in sector 0 is an old one: the log is read to its end.
/// </summary>
internal sealed class BlockLog
{
    private const ulong Magic = 0x6a736677736872;
    private const ulong Flush = 1, Forced = 2, Discard = 4;
    private readonly byte[] _bytes;

    private BlockLog(byte[] bytes, List<BlockEntry> entries) => (_bytes, Entries) = (bytes, entries);

    public IReadOnlyList<BlockEntry> Entries { get; }

    public ReadOnlySpan<byte> BytesOf(in BlockEntry entry) => _bytes.AsSpan(entry.At, entry.Length);

    /// <exception cref="InvalidDataException">It is no such log, or the disk did what this replay does not know.</exception>
    public static BlockLog Read(string path, long diskBytes)
    {
        var bytes = File.ReadAllBytes(path);
        if (U64(0) != Magic || U64(8) != 1)
            throw new InvalidDataException($"{path}: no log of version 1");
        var sectorBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(24));
        var entries = new List<BlockEntry>();
        for (var at = sectorBytes; at + sectorBytes <= bytes.Length;)
        {
            var (sector, count, flags) = (U64(at), U64(at + 8), U64(at + 16));
            // Nothing at all: the place of a write that QEMU could not log, and failed.
            if (count == 0 && flags == 0 || (flags & ~(Flush | Forced)) != 0 || sector + count > (ulong)(diskBytes / sectorBytes))
                throw new InvalidDataException($"{path}: entry {entries.Count} at {at}: {count} sectors from {sector}, flags {flags}{((flags & Discard) != 0 ? ": a discard" : "")}");
            var length = checked((int)(count * (ulong)sectorBytes));
            at += sectorBytes;
            if (at + length > bytes.Length)
                break;                                      // the machine ended here
            entries.Add(new BlockEntry((long)sector * sectorBytes, length, at, (flags & Flush) != 0, (flags & Forced) != 0));
            at += length;
        }
        return new BlockLog(bytes, entries);

        ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
    }
}
