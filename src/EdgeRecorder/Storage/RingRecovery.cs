using EdgeRecorder.Bytes;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// Fills the catalog at start: sealed segments from the index where it has them, everything else from the segments themselves (DESIGN section 4, Recovery).
/// </summary>
internal sealed class RingRecovery(Guid volume, Geometry geometry, ISegmentDevice device, ClockMap clock, long now)
{
    private readonly Lock _gate = new();

    /// <summary>Records that were written and not linked when the box stopped; now they are.</summary>
    public int Relinked { get; private set; }

    /// <summary>Segments that had to be read because the index did not speak for them.</summary>
    public int SegmentsRead { get; private set; }

    /// <summary>Newest record of all, to tell how the box stopped.</summary>
    public (Guid BootId, long Generation) Newest { get; private set; }

    /// <summary>Bad places: which stream, from when to when (boot number and boottime), what.</summary>
    public List<(Segment Segment, int BootNumber, long FromUs, long ToUs, string What)> Unreadable { get; } = [];

    /// <summary>Files of another volume or without a header: never touched.</summary>
    public List<(string Path, string Why)> Refused { get; } = [];

    public void Run(IReadOnlyList<Segment> segments, HashSet<int> indexed, Action<int, int>? progress)
    {
        var unknown = segments.Where(s => !indexed.Contains(s.Number) || s.State is not (SegmentState.Sealed or SegmentState.Quarantined)).ToList();
        var done = 0;
        // Reading is waiting: more at once than there are cores keeps a disk's queue filled.
        Parallel.ForEach(unknown, new ParallelOptions { MaxDegreeOfParallelism = 8 }, segment =>
        {
            Examine(segment);
            lock (_gate)
                progress?.Invoke(++done, unknown.Count);
        });
        SegmentsRead = unknown.Count;
        foreach (var stream in segments.Where(s => s.State == SegmentState.Open).GroupBy(s => (s.Stream, s.IsPool)))
            foreach (var older in stream.OrderByDescending(s => s.Generation).Skip(1))
            {
                older.State = SegmentState.Closing;
                older.Open!.IsClosing = true;
            }
    }

    private void Examine(Segment segment)
    {
        segment.Spans.Clear();
        segment.IsDirty = true;
        var retired = segment.State is SegmentState.Ready or SegmentState.Retiring ? segment.Generation : 0;
        var neverUsed = segment.Path.EndsWith(SegmentFolder.FreeSuffix, StringComparison.Ordinal);
        var file = device.Open(segment.Path);
        var keep = false;
        try
        {
            if (neverUsed && !SegmentScan.WasWritten(file))
            {
                segment.Reset(SegmentState.Free);
                return;
            }
            var header = SegmentScan.ReadHeader(file, geometry.Size);
            if (header.Volume != volume || header.Segment != segment.Number)
                throw new ProtocolException("segment header", 0, "volume", $"belongs to segment {header.Segment} of volume {header.Volume}");
            clock.Learn(header.Anchor);
            segment.Generation = header.Generation;
            segment.Stream = header.Stream;
            segment.IsPool = header.IsPool;
            if (header.Generation == retired || SegmentScan.IsRetired(file, header))
                segment.State = SegmentState.Ready;
            else if (SegmentScan.ReadSeal(file, header) is { } seal)
                FromSeal(segment, seal);
            else
                keep = FromChain(segment, header, file);
            if (neverUsed && segment.HasFootage)
                SegmentFolder.Promote(segment);
        }
        catch (ProtocolException) when (neverUsed)
        {
            segment.Reset(SegmentState.Free);
        }
        catch (ProtocolException e)
        {
            // A header that was being written when the power went: nothing of its generation exists, and the one before was retired.
            segment.Reset(SegmentState.Ready);
            lock (_gate)
                Refused.Add((segment.Path, e.Message));
        }
        catch (IOException e)
        {
            segment.State = SegmentState.Quarantined;
            lock (_gate)
                Refused.Add((segment.Path, e.Message));
        }
        finally
        {
            if (!keep)
                file.Dispose();
        }
    }

    private static void FromSeal(Segment segment, Seal seal)
    {
        segment.State = SegmentState.Sealed;
        foreach (ref readonly var entry in seal.Records.AsSpan())
            segment.Extend(entry, seal.Boots[entry.Boot].Number);
        segment.NextSequence = seal.FirstSequence + seal.Records.Length;
        segment.LastHash = seal.LastHash;
    }

    private bool FromChain(Segment segment, SegmentHeader header, ISegmentFile file)
    {
        var scan = SegmentScan.Walk(file, header);
        SegmentRepair.Relink(file, scan);
        var open = new OpenSegment(segment, header, init: null, file) { FirstSequence = scan.FirstSequence, Recovered = true, TouchedUs = now };
        open.Boots.AddRange(scan.Boots);
        foreach (var entry in scan.Entries)
        {
            open.Restore(entry, scan.LastHash);
            segment.Extend(entry, scan.Boots[entry.Boot].Number);
        }
        segment.State = scan.EndsAtSeal || scan.Damages.Count > 0 || header.IsPool ? SegmentState.Closing : SegmentState.Open;
        open.IsClosing = segment.State == SegmentState.Closing;
        segment.Open = open;
        segment.NextSequence = scan.NextSequence;
        segment.LastHash = scan.LastHash;
        lock (_gate)
        {
            Relinked += scan.Entries.Count - scan.Linked;
            if (scan.Entries.Count > 0 && header.Generation > Newest.Generation)
                Newest = (scan.Boots[scan.Entries[^1].Boot].Id, header.Generation);
            foreach (var damage in scan.Damages)
                Unreadable.Add((segment, BootOf(scan, damage), TimeAt(scan, damage.After - 1, end: true), TimeAt(scan, damage.After, end: false), damage.What));
        }
        return true;
    }

    private static int BootOf(SegmentScan scan, Damage damage)
        => scan.Entries.Count == 0 ? scan.Header.Anchor.BootNumber : scan.Boots[scan.Entries[Math.Max(0, damage.After - 1)].Boot].Number;

    private static long TimeAt(SegmentScan scan, int index, bool end)
        => index < 0 ? scan.Header.Anchor.BoottimeUs
            : index >= scan.Entries.Count ? scan.Entries.Count == 0 ? scan.Header.Anchor.BoottimeUs : scan.Entries[^1].EndBoottimeUs
            : end ? scan.Entries[index].EndBoottimeUs : scan.Entries[index].BoottimeUs;
}
