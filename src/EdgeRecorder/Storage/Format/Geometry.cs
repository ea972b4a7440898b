namespace EdgeRecorder.Storage.Format;

/// <summary>
/// Where things stand in a segment of a given size:
/// <code>
/// 0            header: ftyp moov uuid, then free                  (one page, more when it says so)
/// n × 4096     record: uuid moof mdat, then free to the next one
/// SealOffset   seal: uuid with the fragment table                 (visible once the last free ends here)
/// Size − 4096  mark of a retired segment, inside the seal's box
/// Size
/// </code>
/// </summary>
internal readonly record struct Geometry(long Size)
{
    /// <summary>Records begin on these boundaries: unaligned ones cost a device read each.</summary>
    public const int Page = 4096;

    /// <summary>Header of a `free` box: 32-bit size and type.</summary>
    public const int FreeHeader = 8;

    public const long SmallestSegment = 1 << 20, LargestSegment = 1 << 30;

    /// <summary>Bytes kept for the seal at the end: 1/128, at least 16 KiB, in whole pages.</summary>
    public int SealLength => (int)Math.Max(16 * 1024, Size / 128);

    public int SealOffset => (int)(Size - SealLength);

    /// <summary>Records whose table entries fit into the seal; its last page is kept for the <see cref="RetiredMark"/>.</summary>
    public int MaxRecords => (SealLength - Page - Seal.FixedLength) / FragmentEntry.Length;

    /// <summary>The longest record a segment takes: half of it, so that a seam never wastes more than it holds, and 8 MiB.</summary>
    public int MaxRecordLength => (int)Math.Min(8 << 20, (SealOffset - 2 * Page) / 2);

    /// <summary>First place for a record behind a `free` whose header stands at <paramref name="freeOffset"/>.</summary>
    public static int NextRecord(int freeOffset) => AlignUp(freeOffset + FreeHeader);

    public static int AlignUp(int offset) => (offset + Page - 1) & ~(Page - 1);

    public static int AlignDown(int offset) => offset & ~(Page - 1);
}
