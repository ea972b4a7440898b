using System.Collections.Concurrent;
using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// The reading side: fragment tables and bytes. Files of the ring are never deleted or replaced, so an open handle stays good for the life of the
/// process; what it reads is believed only while the segment's generation is still the one asked for.
/// </summary>
/// <param name="unreadable">Told of a segment whose table cannot be read.</param>
internal sealed class FootageReader(RingCatalog catalog, ISegmentDevice device, Action<Segment> unreadable) : IDisposable
{
    private const int MostHandles = 128, MostTables = 64, FarthestSyncSegments = 32;

    private readonly ConcurrentDictionary<int, ISegmentFile> _files = new();
    private readonly ConcurrentDictionary<long, SegmentTable> _tables = new();

    public FootageLease Lease(StreamKey stream, long fromUtcUs, long toUtcUs, bool fromSync)
    {
        var held = catalog.Lease(stream, fromUtcUs, toUtcUs);
        try
        {
            return Lease(stream, fromUtcUs, toUtcUs, fromSync, held);
        }
        catch
        {
            catalog.Release(held);
            throw;
        }
    }

    private FootageLease Lease(StreamKey stream, long fromUtcUs, long toUtcUs, bool fromSync, List<HeldSegment> held)
    {
        var all = new List<FragmentRef>();
        foreach (var segment in held.OrderBy(s => s.Segment.IsPool))    // originals first: their copies are the same footage
            Collect(segment, all);
        all.Sort(static (a, b) => (a.FromUtcUs, a.Generation, a.Offset).CompareTo((b.FromUtcUs, b.Generation, b.Offset)));
        var first = all.FindIndex(f => f.ToUtcUs > fromUtcUs && f.FromUtcUs < toUtcUs);
        if (first < 0)
            return Make([], held);
        if (fromSync)
            first = BackToSync(stream, all, first, held);
        return Make(all.GetRange(first, all.Count - first).FindAll(f => f.FromUtcUs < toUtcUs), held);
    }

    public IReadOnlyList<FragmentRef> FragmentsOf(in FootageSpan span)
    {
        if (catalog.LeaseOne(span.Stream, span.Segment, span.Generation) is not { } held)
            return [];
        try
        {
            var found = new List<FragmentRef>();
            var table = Table(held.Segment, held.Generation);
            foreach (ref readonly var entry in table.Entries.AsSpan())
                if (entry.MediaStart90k >= span.MediaStart90k && entry.MediaStart90k < span.MediaEnd90k)
                    found.Add(Ref(held, table, entry));
            return found;
        }
        finally
        {
            catalog.Release([held]);
        }
    }

    public FootageLease? LeaseRecords(StreamKey stream, in RecordPlace place)
    {
        if (catalog.LeaseOne(stream, place.Segment, place.Generation) is not { } held)
            return null;
        try
        {
            return Make(Within(held, place), [held]);
        }
        catch
        {
            catalog.Release([held]);
            throw;
        }
    }

    /// <summary>The records of a place; none unless one begins with its first byte and one ends with its last.</summary>
    private List<FragmentRef> Within(in HeldSegment held, in RecordPlace place)
    {
        var table = Table(held.Segment, held.Generation);
        var (low, high) = (0, table.Entries.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (table.Entries[middle].Offset < place.Offset)
                low = middle + 1;
            else
                high = middle;
        }
        var found = new List<FragmentRef>(8);
        if (low == table.Entries.Length || table.Entries[low].Offset != place.Offset)
            return found;
        var end = place.Offset + (long)place.Length;
        for (; low < table.Entries.Length && table.Entries[low].End <= end; low++)
            found.Add(Ref(held, table, table.Entries[low]));
        if (found.Count > 0 && found[^1].Offset + found[^1].Length != end)
            found.Clear();
        return found;
    }

    public bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target)
    {
        var segment = catalog.Segments[fragment.Segment - 1];
        if (offsetInRecord + target.Length > fragment.Length || segment.Generation != fragment.Generation)
            return false;
        var count = Read(segment, target, fragment.Offset + offsetInRecord);
        return count == target.Length && segment.Generation == fragment.Generation;
    }

    public byte[]? ReadInit(in FragmentRef fragment)
    {
        var segment = catalog.Segments[fragment.Segment - 1];
        var start = new byte[SegmentHeader.LongestRead];
        var count = Read(segment, start, 0);
        if (segment.Generation != fragment.Generation)
            return null;
        var header = SegmentHeader.Parse(start.AsSpan(0, count), catalog.Geometry.Size);
        return header.Generation == fragment.Generation ? header.Init : null;
    }

    /// <summary>The durable records of a segment, in order; empty once it is recycled.</summary>
    public SegmentTable Table(Segment segment) => Table(segment, segment.Generation);

    private SegmentTable Table(Segment segment, long generation)
    {
        if (segment.Open is { } open && open.Header.Generation == generation)
            return new SegmentTable(open.Durable(), open.Boots);
        if (_tables.TryGetValue(generation, out var table))
            return table;
        table = Load(segment, generation);
        if (_tables.Count >= MostTables)
            _tables.Clear();
        return _tables[generation] = table;
    }

    private SegmentTable Load(Segment segment, long generation)
    {
        try
        {
            using var file = device.Open(segment.Path);
            var header = SegmentScan.ReadHeader(file, catalog.Geometry.Size);
            if (header.Generation != generation)
                return new SegmentTable([], []);
            if (SegmentScan.ReadSeal(file, header) is { } seal)
                return new SegmentTable(seal.Records.Array!, seal.Boots);
            var scan = SegmentScan.Walk(file, header);      // quarantined: it has no seal, and what it never linked was written elsewhere
            return new SegmentTable([.. scan.Entries.Take(scan.Linked)], scan.Boots);
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            unreadable(segment);                            // a bad place in one segment does not hide the others
            return new SegmentTable([], []);
        }
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
        _files.Clear();
    }

    private void Collect(in HeldSegment held, List<FragmentRef> target)
    {
        var (segment, generation, _) = held;
        var table = Table(segment, generation);
        var known = segment.IsPool ? target.Select(f => f.MediaStart90k).ToHashSet() : null;
        foreach (ref readonly var entry in table.Entries.AsSpan())
        {
            if (known?.Contains(entry.MediaStart90k) == true)
                continue;
            target.Add(Ref(held, table, entry));
        }
    }

    private FragmentRef Ref(in HeldSegment held, SegmentTable table, in FragmentEntry entry)
    {
        var offset = catalog.Clock.ToUtcUs(table.Boots[entry.Boot].Number, 0);
        return new FragmentRef(held.Segment.Number, held.Generation, entry.Offset, entry.RecordLength, entry.MediaStart90k, entry.Duration90k,
            entry.IsSync, entry.StartsRun, entry.BoottimeUs + offset, entry.EndBoottimeUs + offset);
    }

    /// <summary>Steps back to where a decoder can start, into earlier segments if it must, never out of the run.</summary>
    private int BackToSync(StreamKey stream, List<FragmentRef> all, int first, List<HeldSegment> held)
    {
        for (var segments = 0; segments < FarthestSyncSegments; segments++)
        {
            for (; first >= 0 && !all[first].IsSync; first--)
                if (first > 0 && !RunsOn(all[first - 1], all[first]))
                    return Forward(all, first);
            if (first >= 0)
                return first;
            if (catalog.LeaseBefore(stream, all[0].Generation) is not { } earlier)
                return Forward(all, 0);
            held.Add(earlier);
            var before = new List<FragmentRef>();
            Collect(earlier, before);
            if (before.Count == 0 || !RunsOn(before[^1], all[0]))
                return Forward(all, 0);                     // what lay between is gone
            all.InsertRange(0, before);
            first = before.Count - 1;
        }
        return Forward(all, 0);
    }

    private static bool RunsOn(in FragmentRef before, in FragmentRef next) => MediaTime.RunsOn(before.MediaStart90k + before.Duration90k, next.MediaStart90k);

    /// <summary>Nothing to start from before: the next place there is.</summary>
    private static int Forward(List<FragmentRef> all, int from)
    {
        var next = all.FindIndex(from, f => f.IsSync);
        return next < 0 ? all.Count : next;
    }

    private FootageLease Make(List<FragmentRef> fragments, List<HeldSegment> held)
    {
        // Linking no token at all is refused; a range without footage holds no segment.
        var cut = CancellationTokenSource.CreateLinkedTokenSource([CancellationToken.None, .. held.Select(s => s.Cut)]);
        return new FootageLease(fragments, () =>
        {
            catalog.Release(held);
            cut.Dispose();
        }, cut.Token);
    }

    private int Read(Segment segment, Span<byte> target, long offset)
    {
        while (true)
        {
            var file = _files.GetOrAdd(segment.Number, static (_, s) => s.device.Open(s.segment.Path), (device, segment));
            try
            {
                if (_files.Count > MostHandles)
                    Shrink(segment.Number);
                return file.Read(target, offset);
            }
            catch (ObjectDisposedException)
            {
                // Another reader needed the handle's place; open it again.
            }
        }
    }

    private void Shrink(int keep)
    {
        foreach (var number in _files.Keys)
            if (number != keep && _files.Count > MostHandles / 2 && _files.TryRemove(number, out var file))
                file.Dispose();
    }
}

/// <summary>A segment's records and the boots they name by index.</summary>
internal sealed record SegmentTable(FragmentEntry[] Entries, IReadOnlyList<(int Number, Guid Id)> Boots);
