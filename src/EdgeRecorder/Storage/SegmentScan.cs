using System.Buffers;
using System.Buffers.Binary;
using EdgeRecorder.Bytes;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>A place in a segment where records should stand and cannot be read.</summary>
/// <param name="After">Entries before it.</param>
internal readonly record struct Damage(int After, int FromOffset, int ToOffset, string What);

/// <summary>
/// Reads a segment by itself, without the index: its header, its chain of records, what was written behind the last link, and where it is damaged.
/// Reads only; <see cref="SegmentRepair"/> writes.
/// </summary>
internal sealed class SegmentScan
{
    private readonly ISegmentFile _file;
    private readonly byte[] _window = new byte[2 * Geometry.Page];

    private SegmentScan(ISegmentFile file, SegmentHeader header)
    {
        (_file, Header) = (file, header);
        LinkedFree = header.Length;
        LastHash = header.Hash;
    }

    public SegmentHeader Header { get; }
    public List<FragmentEntry> Entries { get; } = [];
    public List<(int Number, Guid Id)> Boots { get; } = [];

    /// <summary>Sequence of each entry: they follow each other but for damages.</summary>
    public List<long> Sequences { get; } = [];

    /// <summary>What the records say of their boots' clocks, one for each change.</summary>
    public List<BootAnchor> Anchors { get; } = [];
    public long FirstSequence { get; private set; }
    public long NextSequence { get; private set; }
    public byte[] LastHash { get; private set; }

    /// <summary>Records that players see; those behind were written and not yet linked.</summary>
    public int Linked { get; private set; }

    /// <summary>Header of the `free` that ends the visible chain.</summary>
    public int LinkedFree { get; private set; }

    /// <summary>The visible chain ends at the seal.</summary>
    public bool EndsAtSeal { get; private set; }
    public List<Damage> Damages { get; } = [];

    /// <exception cref="ProtocolException">No header of ours.</exception>
    public static SegmentHeader ReadHeader(ISegmentFile file, long fileLength)
    {
        var start = ArrayPool<byte>.Shared.Rent(SegmentHeader.LongestRead);
        try
        {
            return SegmentHeader.Parse(start.AsSpan(0, file.Read(start.AsSpan(0, SegmentHeader.LongestRead), 0)), fileLength);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(start);
        }
    }

    /// <summary>False for a file that was allocated and never written: its first page is zero.</summary>
    public static bool WasWritten(ISegmentFile file)
    {
        Span<byte> start = stackalloc byte[8];
        return file.Read(start, 0) == start.Length && start.ContainsAnyExcept((byte)0);
    }

    /// <summary>The seal of this generation, or null.</summary>
    public static Seal? ReadSeal(ISegmentFile file, SegmentHeader header)
    {
        var bytes = new byte[header.Geometry.SealLength];
        try
        {
            var seal = Seal.Parse(bytes.AsSpan(0, file.Read(bytes, header.Geometry.SealOffset)));
            return seal.Volume == header.Volume && seal.Generation == header.Generation ? seal : null;
        }
        catch (ProtocolException)
        {
            return null;                                    // of an older lap, or never written
        }
    }

    /// <summary>The header of a record that a seal lists; null when it cannot be read.</summary>
    public static RecordHeader? ReadRecord(ISegmentFile file, int offset)
    {
        var bytes = new byte[RecordHeader.Length];
        try
        {
            return file.Read(bytes, offset) == bytes.Length ? RecordHeader.Parse(bytes) : null;
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            return null;
        }
    }

    /// <summary>True when the footage was given up before the box stopped.</summary>
    public static bool IsRetired(ISegmentFile file, SegmentHeader header)
    {
        var page = new byte[64];
        return file.Read(page, header.Geometry.Size - Geometry.Page) == page.Length && RetiredMark.GenerationOf(page, header.Volume) == header.Generation;
    }

    /// <summary>Walks the chain and looks behind its end.</summary>
    public static SegmentScan Walk(ISegmentFile file, SegmentHeader header)
    {
        var scan = new SegmentScan(file, header);
        scan.WalkLinked();
        if (!scan.EndsAtSeal && !header.IsPool)             // a copy that was not linked is made again: its origin is still pinned
            scan.WalkTail();
        return scan;
    }

    private void WalkLinked()
    {
        var free = Header.Length;
        while (true)
        {
            LinkedFree = free;
            if (!TryReadFree(free, out var next))
            {
                if (!Bridge(free, Geometry.NextRecord(free), "free box", out next))
                    return;
            }
            else if (next == Header.Geometry.Size || next == Header.Geometry.SealOffset)
            {
                EndsAtSeal = next == Header.Geometry.SealOffset;
                return;
            }
            if (!TryReadRecord(next, out var record) && !Bridge(free, next, "record", out next) || !TryReadRecord(next, out record))
                return;
            Add(next, record);
            Linked = Entries.Count;
            free = next + record.RecordLength;
        }
    }

    /// <summary>Records written and not linked: the next in sequence, whole by their CRC.</summary>
    private void WalkTail()
    {
        var at = Geometry.NextRecord(Entries.Count == 0 ? Header.Length : Entries[^1].End);
        while (TryReadRecord(at, out var record) && (Entries.Count == 0 || record.Sequence == NextSequence) && Follows(record) && IsWhole(at, record))
        {
            Add(at, record);
            at = Geometry.NextRecord(at + record.RecordLength);
        }
    }

    /// <summary>
    /// False for what an earlier boot wrote behind a record that a power cut lost: the segment went on in front of it, in a later boot,
    /// under the same numbers.
    /// </summary>
    private bool Follows(in RecordHeader record)
        => Entries.Count == 0 || Boots[Entries[^1].Boot] is var (number, id) && (record.BootNumber > number || record.BootNumber == number && record.BootId == id);

    /// <summary>Looks along the grid for the next record of this generation. Not in the pool: its records have many, also older laps of the file's own.</summary>
    private bool Bridge(int free, int from, string what, out int next)
    {
        for (next = Geometry.AlignUp(from); next < Header.Geometry.SealOffset && !Header.IsPool; next += Geometry.Page)
            if (TryReadRecord(next, out var record) && record.Sequence >= NextSequence && Follows(record) && IsWhole(next, record))
            {
                Damages.Add(new Damage(Entries.Count, free, next, what));
                return true;
            }
        Damages.Add(new Damage(Entries.Count, free, Header.Geometry.SealOffset, what));
        return false;
    }

    /// <summary>Leaves out the unlinked entries from an index on: another segment has them.</summary>
    public void Forget(int from)
    {
        Entries.RemoveRange(from, Entries.Count - from);
        Sequences.RemoveRange(from, Sequences.Count - from);
        NextSequence = from == 0 ? 0 : Sequences[^1] + 1;
        LastHash = Header.Hash;
        if (Entries.FindLastIndex(e => (e.Flags & RecordFlags.Chained) != 0) is >= 0 and var last && TryFill(Entries[last].Offset, RecordHeader.Length))
            LastHash = _window.AsSpan(RecordHeader.ChainOffset, RecordHeader.ChainLength).ToArray();
    }

    private bool TryReadFree(int at, out int next)
    {
        next = 0;
        if (!TryFill(at, Geometry.FreeHeader))
            return false;
        var (size, type) = BoxType.Read(_window);
        next = (int)Math.Min(int.MaxValue, at + (long)size);
        return type == BoxType.Free && size >= Geometry.FreeHeader && next <= Header.Geometry.Size
               && (next % Geometry.Page == 0 || next == Header.Geometry.Size);
    }

    private bool TryReadRecord(int at, out RecordHeader record)
    {
        record = default;
        if (at + RecordHeader.Length > Header.Geometry.SealOffset || !TryFill(at, RecordHeader.Length))
            return false;
        try
        {
            record = RecordHeader.Parse(_window.AsSpan(0, RecordHeader.Length));
        }
        catch (ProtocolException)
        {
            return false;                                   // an older lap's bytes, or nothing was written here
        }
        // A pool segment holds copies: their generations are their origins', older than its own or, since it is filled by many locks, younger.
        return record.Volume == Header.Volume && record.Stream == Header.Stream && record.Generation == Header.Generation != Header.IsPool
               && record.RecordLength <= Header.Geometry.SealOffset - Geometry.FreeHeader - at;
    }

    private bool IsWhole(int at, in RecordHeader record)
    {
        var bytes = new byte[record.RecordLength];
        try
        {
            return _file.Read(bytes, at) == bytes.Length && RecordHeader.CrcFits(bytes);
        }
        catch (IOException)
        {
            return false;                                   // a bad sector is damage like any other
        }
    }

    private bool TryFill(int at, int count)
    {
        try
        {
            return _file.Read(_window.AsSpan(0, count), at) == count;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Add(int at, in RecordHeader record)
    {
        if (Entries.Count == 0)
            FirstSequence = record.Sequence;
        NextSequence = record.Sequence + 1;
        Sequences.Add(record.Sequence);
        var anchor = new BootAnchor(record.BootNumber, record.BootId, record.BoottimeUs, record.UtcUs, record.Quality);
        if (Anchors.Count == 0 || Anchors[^1] is var known && (known.BootId != anchor.BootId || known.Quality != anchor.Quality || known.OffsetUs != anchor.OffsetUs))
            Anchors.Add(anchor);
        var (bootNumber, bootId) = (record.BootNumber, record.BootId);
        var boot = Boots.FindIndex(b => b.Number == bootNumber);
        if (boot < 0)
        {
            boot = Boots.Count;
            Boots.Add((bootNumber, bootId));
        }
        if ((record.Flags & RecordFlags.Chained) != 0)      // the window still holds this header
            LastHash = _window.AsSpan(RecordHeader.ChainOffset, RecordHeader.ChainLength).ToArray();
        Entries.Add(new FragmentEntry
        {
            Offset = at, RecordLength = record.RecordLength, MediaStart90k = record.MediaStart90k, Duration90k = record.Duration90k,
            Flags = record.Flags, Boot = (byte)Math.Min(boot, 255), SyncDistance = (ushort)record.SyncDistance, BoottimeUs = record.BoottimeUs,
        });
    }
}

/// <summary>Makes a scanned segment whole again: what was written becomes visible, what is damaged is bridged.</summary>
internal static class SegmentRepair
{
    /// <summary>Sizes every `free` so that the chain visits exactly the entries that were found; durable before it is visible. True when something was written.</summary>
    public static bool Relink(ISegmentFile file, SegmentScan scan)
    {
        if (scan.Linked == scan.Entries.Count && scan.Damages.Count == 0)
            return false;
        file.DataSync();                                    // after a killed process the records may be in the page cache only
        var free = new byte[Geometry.FreeHeader];
        for (var i = scan.Entries.Count - 1; i >= scan.Linked; i--)
        {
            var end = scan.Entries[i].End;
            BoxType.WriteFree(free, (int)((i + 1 < scan.Entries.Count ? scan.Entries[i + 1].Offset : scan.Header.Geometry.Size) - end));
            file.Write(free, end);
        }
        foreach (var damage in scan.Damages)
        {
            var from = damage.After == 0 ? scan.Header.Length : scan.Entries[damage.After - 1].End;
            BoxType.WriteFree(free, (int)((damage.After < scan.Entries.Count ? scan.Entries[damage.After].Offset : scan.Header.Geometry.Size) - from));
            file.Write(free, from);
        }
        file.DataSync();
        if (scan.Linked < scan.Entries.Count)
        {
            Span<byte> size = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(size, (uint)(scan.Entries[scan.Linked].Offset - scan.LinkedFree));
            file.Write(size, scan.LinkedFree);
            file.DataSync();
        }
        return true;
    }
}
