using System.Buffers.Binary;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Storage.Format;

/// <summary>
/// The last page of a segment whose footage has been given up and which nobody has written yet: without it, footage that the
/// timeline already calls evicted would come back when the index is lost. It names the generation it speaks of, so the next one need not erase it.
/// <code>0 "RETIRED\0" (8) · 8 volume (16) · 24 generation u64 · 32 CRC-32C u32 of all before it</code>
/// </summary>
internal static class RetiredMark
{
    private static ReadOnlySpan<byte> Magic => "RETIRED\0"u8;

    /// <summary>A whole page, so that writing it reads nothing.</summary>
    public static byte[] Make(Guid volume, long generation)
    {
        var page = PinnedPages.Make(Geometry.Page);
        var writer = new ByteWriter(page);
        writer.Bytes(Magic);
        writer.Uuid(volume);
        writer.I64(generation);
        writer.U32(Crc32C.Of(page.AsSpan(0, 32)));
        return page;
    }

    /// <summary>The generation that was retired, or 0 when the page is no mark of this volume.</summary>
    public static long GenerationOf(ReadOnlySpan<byte> page, Guid volume)
        => page.Length >= 36 && page.StartsWith(Magic) && new Guid(page.Slice(8, 16), bigEndian: true) == volume
           && Crc32C.Of(page[..32]) == BinaryPrimitives.ReadUInt32BigEndian(page[32..])
            ? BinaryPrimitives.ReadInt64BigEndian(page[24..]) : 0;
}
