using EdgeRecorder.Bytes;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// Fills the catalog at start: sealed segments from the index where it has them, everything else from the segments themselves (DESIGN section 4, Recovery).
/// </summary>
internal sealed class RingRecovery(Guid volume, Geometry geometry, ISegmentDevice device, ClockMap clock, long now)
{
    private readonly Lock _gate = new();
    private readonly List<(Segment Segment, SegmentScan Scan, ISegmentFile File)> _unsealed = [];
    private readonly List<(Segment Segment, long First, long Next)> _sequences = [];

    /// <summary>Records that were written and not linked when the box stopped; now they are.</summary>
    public int Relinked { get; private set; }

    /// <summary>Segments that had to be read because the index did not speak for them.</summary>
    public int SegmentsRead { get; private set; }

    /// <summary>Newest record of all, to tell how the box stopped.</summary>
    public (Guid BootId, long Generation) Newest { get; private set; }

    /// <summary>Bad places: which stream, from when to when (boot number and boottime), what.</summary>
    public List<(Segment Segment, int BootNumber, long FromUs, long ToUs, string What)> Unreadable { get; } = [];

    /// <summary>Files of another volume or place, never touched; those whose header is damaged, taken as empty; those that cannot be read.</summary>
    public List<(string Path, string Why)> Refused { get; } = [];

    /// <param name="clean">The box stopped in good order: the index knows of every segment that was opened, so the unused ones need no look either.</param>
    public void Run(IReadOnlyList<Segment> segments, HashSet<int> indexed, bool clean, Action<int, int>? progress)
    {
        bool Known(Segment s) => indexed.Contains(s.Number)
            && (s.State is SegmentState.Sealed or SegmentState.Quarantined || clean && s.State is SegmentState.Free or SegmentState.Ready);
        var unknown = segments.Where(s => !Known(s)).ToList();
        var done = 0;
        // Reading is waiting: more at once than there are cores keeps a disk's queue filled.
        Parallel.ForEach(unknown, new ParallelOptions { MaxDegreeOfParallelism = 8 }, segment =>
        {
            Examine(segment);
            lock (_gate)
                progress?.Invoke(++done, unknown.Count);
        });
        SegmentsRead = unknown.Count;
        Parallel.ForEach(_unsealed, new ParallelOptions { MaxDegreeOfParallelism = 8 }, found =>
        {
            try
            {
                Adopt(found.Segment, found.Scan, found.File);
            }
            catch (IOException e)
            {
                found.File.Dispose();                       // it reads and cannot be written: its records stay where they are, unlinked ones unseen
                Quarantine(found.Segment, found.Scan, e);
            }
        });
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
        ISegmentFile? file = null;
        var keep = false;
        try
        {
            file = device.Open(segment.Path);
            if (neverUsed && !SegmentScan.WasWritten(file))
            {
                segment.Reset(SegmentState.Free);
                return;
            }
            var header = SegmentScan.ReadHeader(file, geometry.Size);
            if (header.Volume != volume || header.Segment != segment.Number)
                throw new IOException($"belongs to segment {header.Segment} of volume {header.Volume}");
            if (new FileInfo(segment.Path).Length != geometry.Size)
                throw new IOException($"has {new FileInfo(segment.Path).Length} bytes, not {geometry.Size}");
            clock.Learn(header.Anchor);
            segment.Generation = header.Generation;
            segment.Stream = header.Stream;
            segment.IsPool = header.IsPool;
            if (header.Generation == retired || SegmentScan.IsRetired(file, header))
                segment.State = SegmentState.Ready;
            else if (SegmentScan.ReadSeal(file, header) is { } seal)
                FromSeal(segment, seal, file);
            else
            {
                keep = true;
                Found(segment, SegmentScan.Walk(file, header), file);
            }
            if (neverUsed && (keep || segment.HasFootage))
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
            segment.Reset(SegmentState.Quarantined);
            lock (_gate)
                Refused.Add((segment.Path, e.Message));
        }
        finally
        {
            if (!keep)
                file?.Dispose();
        }
    }

    private void FromSeal(Segment segment, Seal seal, ISegmentFile file)
    {
        segment.State = SegmentState.Sealed;
        for (var i = 0; i < seal.Boots.Count; i++)
            if (!clock.Knows(seal.Boots[i].Number) && Array.FindIndex(seal.Records.Array!, r => r.Boot == i) is >= 0 and var first
                && SegmentScan.ReadRecord(file, seal.Records[first].Offset) is { } record)
                clock.Learn(new BootAnchor(record.BootNumber, record.BootId, record.BoottimeUs, record.UtcUs, record.Quality));
        foreach (ref readonly var entry in seal.Records.AsSpan())
            segment.Extend(entry, seal.Boots[entry.Boot].Number);
        segment.NextSequence = seal.FirstSequence + seal.Records.Count;
        segment.LastHash = seal.LastHash;
        lock (_gate)
            _sequences.Add((segment, seal.FirstSequence, segment.NextSequence));
    }

    private void Found(Segment segment, SegmentScan scan, ISegmentFile file)
    {
        foreach (var anchor in scan.Anchors)
            clock.Learn(anchor);
        lock (_gate)
        {
            _unsealed.Add((segment, scan, file));
            _sequences.Add((segment, scan.FirstSequence, scan.NextSequence));
        }
    }

    /// <summary>Takes over a segment without a seal, once all are read: what a failing disk left unlinked here may have been written into a later one.</summary>
    private void Adopt(Segment segment, SegmentScan scan, ISegmentFile file)
    {
        var header = scan.Header;
        for (var i = scan.Linked; i < scan.Entries.Count; i++)
            if (_sequences.Exists(s => s.Segment.Stream == segment.Stream && !s.Segment.IsPool && s.Segment.Generation > segment.Generation
                                       && scan.Sequences[i] >= s.First && scan.Sequences[i] < s.Next))
                scan.Forget(i);
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
    }

    private void Quarantine(Segment segment, SegmentScan scan, IOException error)
    {
        segment.State = SegmentState.Quarantined;
        for (var i = 0; i < scan.Linked; i++)
            segment.Extend(scan.Entries[i], scan.Boots[scan.Entries[i].Boot].Number);
        lock (_gate)
            Refused.Add((segment.Path, error.Message));
    }

    private static int BootOf(SegmentScan scan, Damage damage)
        => scan.Entries.Count == 0 ? scan.Header.Anchor.BootNumber : scan.Boots[scan.Entries[Math.Max(0, damage.After - 1)].Boot].Number;

    private static long TimeAt(SegmentScan scan, int index, bool end)
        => index < 0 ? scan.Header.Anchor.BoottimeUs
            : index >= scan.Entries.Count ? scan.Entries.Count == 0 ? scan.Header.Anchor.BoottimeUs : scan.Entries[^1].EndBoottimeUs
            : end ? scan.Entries[index].EndBoottimeUs : scan.Entries[index].BoottimeUs;
}
