using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// Keeps locked footage without stopping the ring (DESIGN section 4, Locks). A lock pins whole segments at once; sealed ones are then copied,
/// record by record and unchanged, into segments of the pool, and unpinned. A pool segment belongs to one stream and is filled by all its locks;
/// it goes back to the ring when no lock overlaps any of it.
/// </summary>
/// <remarks>Nothing of this is stored beside the footage and the ledger's locks: at start the owner pins its locks again and the pool's segments are found where they lie.</remarks>
internal sealed class EventPool(RingCatalog catalog, RingOptions options, Guid volume, FootageReader reader, ISegmentDevice device, Func<long> nowUtcUs, Action flush, Action wake) : ILocks
{
    private const long SettledUs = 10_000_000;              // what was received before is durable and listed

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _locks = [];
    private readonly Dictionary<StreamKey, OpenSegment> _growing = [];
    private readonly RecordScratch _scratch = new();
    private volatile bool _released;

    public Func<string, string, bool>? Copied { get; set; }

    /// <summary>Segments the pool may have.</summary>
    public int Limit => Math.Max(1, (int)(catalog.Segments.Count * options.EventPoolShare));

    public string? TryPin(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs)
        => fromUtcUs >= toUtcUs ? "the range is empty" : Pin(lockId, stream, fromUtcUs, toUtcUs, Limit);

    public void PinAgain(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs) => Pin(lockId, stream, fromUtcUs, toUtcUs, int.MaxValue);

    private string? Pin(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs, int limit)
    {
        lock (_gate)
        {
            if (_locks.ContainsKey(lockId))
                return null;
            lock (catalog.Gate)
            {
                var held = new Held(stream, fromUtcUs, toUtcUs, []);
                var wanted = Overlapping(held).Where(s => !s.IsPool).ToList();
                var bytes = wanted.Sum(s => s.Bytes) + _locks.Values.Sum(l => l.Pinned.Sum(s => s.Bytes));
                var segments = catalog.Segments.Count(s => s.IsPool && s.HasFootage) + (int)((bytes + catalog.Geometry.SealOffset - 1) / catalog.Geometry.SealOffset);
                if (wanted.Count > 0 && segments > limit)
                    return $"the event pool is full: {segments} of {limit} segments would be needed";
                Pin(held, wanted);
                _locks[lockId] = held;
            }
        }
        wake();
        return null;
    }

    public bool TryExtend(string lockId, long toUtcUs)
    {
        lock (_gate)
        {
            if (!_locks.TryGetValue(lockId, out var held))
                return false;
            if (toUtcUs > held.ToUtcUs)
            {
                held.ToUtcUs = toUtcUs;
                held.IsAnnounced = false;
                held.Done.Clear();                          // what a segment got since is not copied yet
            }
        }
        wake();
        return true;
    }

    public void Release(string lockId)
    {
        lock (_gate)
        {
            if (!_locks.Remove(lockId, out var held))
                return;
            lock (catalog.Gate)
            {
                foreach (var segment in held.Pinned)
                    segment.Pins--;
                held.Pinned.Clear();                        // a copy under way must not unpin them again
            }
        }
        _released = true;
        wake();
    }

    /// <summary>Pins what came into a lock's range: before anything is chosen to be overwritten.</summary>
    public void PinWhatCame()
    {
        lock (_gate)
            lock (catalog.Gate)
                foreach (var held in _locks.Values)
                    Pin(held, Overlapping(held).Where(s => !s.IsPool && !held.Done.Contains(s.Generation) && !held.Pinned.Contains(s)).ToList());
    }

    /// <summary>One piece of work for the housekeeper: copies one sealed segment, gives back what nobody locks. False: nothing to do.</summary>
    public bool Work()
    {
        List<(Held Lock, Segment Segment)> ready = [];
        PinWhatCame();
        lock (_gate)
            lock (catalog.Gate)
                foreach (var held in _locks.Values)
                    ready.AddRange(held.Pinned.Where(s => s.State == SegmentState.Sealed).Select(s => (held, s)));
        if (_released)
        {
            _released = false;
            GiveBack();
        }
        Announce();
        if (ready.Count == 0)
            return false;
        var (first, segment) = ready[0];
        var toUtcUs = first.ToUtcUs;
        if (!Copy(first, segment))
            return false;
        flush();                                            // the copy is durable before the pin goes
        lock (_gate)
            lock (catalog.Gate)
            {
                if (first.ToUtcUs != toUtcUs)
                    return true;                            // it grew meanwhile: the segment may hold more of it
                first.Done.Add(segment.Generation);
                if (first.Pinned.Remove(segment))
                    segment.Pins--;
            }
        return true;
    }

    /// <summary>Tells of locks whose range is over and copied. Right after pinning: what is not pinned then is in the pool or was never there.</summary>
    private void Announce()
    {
        List<(string Id, Held Lock, string Pool)> complete = [];
        lock (_gate)
            lock (catalog.Gate)
                foreach (var (id, held) in _locks)
                    if (!held.IsAnnounced && held.Pinned.Count == 0 && held.ToUtcUs <= nowUtcUs() - SettledUs
                        && Overlapping(held).Where(s => s.IsPool).Select(s => s.Number).ToList() is { Count: > 0 } pool)
                        complete.Add((id, held, string.Join(',', pool)));
        foreach (var (id, held, pool) in complete)
            held.IsAnnounced = Copied?.Invoke(id, pool) ?? true;
    }

    /// <summary>Copies the records of a lock's range. False when there is no room now; what was copied stays and is not copied again.</summary>
    private bool Copy(Held held, Segment segment)
    {
        var table = reader.Table(segment);
        var there = InPool(held.Stream);
        for (var i = FirstOf(table, held); i < table.Entries.Length && UtcOf(table, i) < held.ToUtcUs; i++)
        {
            ref readonly var entry = ref table.Entries[i];
            if (there.Contains(entry.MediaStart90k))
                continue;
            var record = _scratch.Raw(entry.RecordLength);
            using (var file = device.Open(segment.Path))
            {
                var init = SegmentScan.ReadHeader(file, catalog.Geometry.Size);
                if (file.Read(record, entry.Offset) != record.Length || !RecordHeader.CrcFits(record) || Target(held.Stream, init, entry.RecordLength) is not { } target)
                    return false;
                var (number, id) = table.Boots[entry.Boot];
                target.AppendCopy(entry, number, id, _scratch);
            }
        }
        return true;
    }

    /// <summary>The stream's pool segment with room for a record, or a new one; null when there is none.</summary>
    private OpenSegment? Target(StreamKey stream, SegmentHeader origin, int recordLength)
    {
        if (_growing.TryGetValue(stream, out var open))
        {
            if (!open.IsFailed && !open.IsFull && recordLength <= open.Room && open.Boots.Count < Seal.MaxBoots - 1 && open.Header.Init.AsSpan().SequenceEqual(origin.Init))
                return open;
            open.IsClosing = true;
            catalog.SetState(open.Segment, SegmentState.Closing);
            _growing.Remove(stream);
        }
        if (catalog.Take(TimeSpan.Zero) is not { } segment)
            return null;
        var header = (origin with
        {
            Volume = volume, Generation = catalog.Claim(segment), Segment = segment.Number, Anchor = catalog.Clock.Current, IsPool = true,
            OriginSegment = origin.Segment, OriginGeneration = origin.Generation, PreviousSegment = 0, PreviousGeneration = 0, PreviousHash = new byte[32],
        }).Write(out var pages);
        ISegmentFile file;
        try
        {
            file = SegmentFolder.Begin(segment, device, pages);
        }
        catch (IOException)
        {
            catalog.SetState(segment, SegmentState.Quarantined);
            throw;                                          // the housekeeper shows it and comes again
        }
        open = new OpenSegment(segment, header, init: null, file);
        catalog.Opened(segment, open, header);
        return _growing[stream] = open;
    }

    /// <summary>Pool segments that no lock overlaps any more.</summary>
    private void GiveBack()
    {
        lock (_gate)
            lock (catalog.Gate)
                foreach (var segment in catalog.Segments.Where(s => s.IsPool && s.HasFootage))
                    if (!_locks.Values.Any(held => held.Stream == segment.Stream && Overlaps(segment, held)))
                        segment.IsDue = true;
        foreach (var (stream, open) in _growing.Where(pair => pair.Value.Segment.IsDue).ToList())
        {
            open.IsClosing = true;
            catalog.SetState(open.Segment, SegmentState.Closing);
            _growing.Remove(stream);
        }
    }

    private HashSet<long> InPool(StreamKey stream)
    {
        List<Segment> segments;
        lock (catalog.Gate)
            segments = [.. catalog.Segments.Where(s => s.IsPool && s.HasFootage && s.Stream == stream)];
        return [.. segments.SelectMany(s => s.Open is { } open ? open.All() : reader.Table(s).Entries).Select(e => e.MediaStart90k)];
    }

    /// <summary>First record of the range, back to the sync record a decoder needs.</summary>
    private int FirstOf(SegmentTable table, Held held)
    {
        var first = 0;
        while (first < table.Entries.Length && catalog.Clock.ToUtcUs(table.Boots[table.Entries[first].Boot].Number, table.Entries[first].EndBoottimeUs) <= held.FromUtcUs)
            first++;
        while (first > 0 && first < table.Entries.Length && !table.Entries[first].IsSync)
            first--;
        return first;
    }

    private long UtcOf(SegmentTable table, int i) => catalog.Clock.ToUtcUs(table.Boots[table.Entries[i].Boot].Number, table.Entries[i].BoottimeUs);

    private IEnumerable<Segment> Overlapping(Held held) => catalog.Segments.Where(s => s.HasFootage && s.Stream == held.Stream && Overlaps(s, held));

    private bool Overlaps(Segment segment, Held held)
        => segment.Spans.Exists(row => catalog.Clock.ToUtcUs(row.BootNumber, row.FromUs) < held.ToUtcUs && catalog.Clock.ToUtcUs(row.BootNumber, row.ToUs) > held.FromUtcUs);

    private static void Pin(Held held, List<Segment> segments)
    {
        foreach (var segment in segments)
        {
            segment.Pins++;
            held.Pinned.Add(segment);
        }
    }

    private sealed class Held(StreamKey stream, long fromUtcUs, long toUtcUs, List<Segment> pinned)
    {
        public StreamKey Stream => stream;
        public long FromUtcUs => fromUtcUs;
        public long ToUtcUs { get; set; } = toUtcUs;

        /// <summary>Segments whose footage is not copied yet.</summary>
        public List<Segment> Pinned => pinned;

        /// <summary>Generations whose part of the range lies in the pool.</summary>
        public HashSet<long> Done { get; } = [];

        public bool IsAnnounced { get; set; }
    }
}
