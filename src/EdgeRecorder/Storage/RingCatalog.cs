using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// All segments of the volume and who holds what: the one place that knows, in memory. The index database is its copy for a fast start,
/// the segments themselves are its truth. Every member takes the lock; nothing under it touches a disk.
/// </summary>
internal sealed class RingCatalog(IReadOnlyList<Segment> segments, Geometry geometry, ClockMap clock) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamKey, List<Segment>> _byStream = [];
    private readonly HashSet<Segment> _growing = [];
    private readonly Queue<Segment> _free = new(), _ready = new();
    private readonly SemaphoreSlim _available = new(0);
    private long _lastGeneration;

    public IReadOnlyList<Segment> Segments => segments;
    public Geometry Geometry => geometry;
    public ClockMap Clock => clock;
    public Lock Gate => _gate;

    /// <summary>Puts every segment where its state says, after recovery has filled them in.</summary>
    public void Arrange()
    {
        lock (_gate)
        {
            foreach (var segment in segments.OrderBy(s => s.Generation).ThenBy(s => s.Number))
            {
                _lastGeneration = Math.Max(_lastGeneration, segment.Generation);
                if (segment.HasFootage)
                {
                    ListOf(segment.Stream).Add(segment);
                    if (segment.Open is not null)
                        _growing.Add(segment);
                }
                else
                    MakeAvailable(segment);
            }
            // A header that is damaged takes the newest generation with it, while records of it may still stand: no number of that neighbourhood again.
            _lastGeneration += segments.Count;
        }
    }

    /// <summary>Gives the segment a generation nobody had before, ahead of the first byte written to it: whoever still reads it sees that his is over.</summary>
    public long Claim(Segment segment)
    {
        lock (_gate)
            return segment.Generation = ++_lastGeneration;
    }

    /// <summary>Segments that can be opened at once.</summary>
    public int Available { get { lock (_gate) return _free.Count + _ready.Count; } }

    public int OpenCount { get { lock (_gate) return _growing.Count; } }

    /// <summary>A segment to write into, retired ones first fill up last: unused files before used ones. Null when none came in time.</summary>
    public Segment? Take(TimeSpan patience)
    {
        if (!_available.Wait(patience))
            return null;
        lock (_gate)
            return _free.TryDequeue(out var free) ? free : _ready.Dequeue();
    }

    public void MakeAvailable(Segment segment)
    {
        lock (_gate)
            (segment.State == SegmentState.Free ? _free : _ready).Enqueue(segment);
        _available.Release();
    }

    /// <summary>Lists a segment under its stream, newest last.</summary>
    public void Opened(Segment segment, OpenSegment open, SegmentHeader header)
    {
        lock (_gate)
        {
            segment.State = SegmentState.Open;
            segment.Generation = header.Generation;
            segment.Stream = header.Stream;
            segment.IsPool = header.IsPool;
            segment.Open = open;
            _growing.Add(segment);
            segment.NextSequence = open.FirstSequence;
            segment.LastHash = header.Hash;
            segment.IsDirty = true;
            ListOf(header.Stream).Add(segment);
        }
    }

    /// <summary>Records became durable: they count from now.</summary>
    public void Extended(Segment segment, OpenSegment open, ReadOnlySpan<FragmentEntry> entries)
    {
        lock (_gate)
        {
            foreach (ref readonly var entry in entries)
                segment.Extend(entry, open.Boots[entry.Boot].Number);
            segment.NextSequence = open.FirstSequence + open.Linked;
            segment.LastHash = open.LinkedHash;
        }
    }

    /// <summary>Segments that may hold records not yet durable or wait to be sealed. The list of them is kept, so that a round costs nothing where nobody records.</summary>
    public void CollectOpen(List<OpenSegment> target)
    {
        lock (_gate)
            foreach (var segment in _growing)
                if (segment.Open is { IsFailed: false } open && segment.State is SegmentState.Open or SegmentState.Closing)
                    target.Add(open);
    }

    /// <summary>The seal stands: the segment is complete. One that never got a record is free to be written again.</summary>
    public void Sealed(OpenSegment open)
    {
        var segment = open.Segment;
        SetState(segment, SegmentState.Sealed);
        if (open.Linked > 0)
            return;
        Retire(segment);
        Retired(segment);
    }

    /// <summary>Open segments that took nothing since a boottime.</summary>
    public List<OpenSegment> IdleSince(long boottimeUs)
    {
        lock (_gate)
            return [.. _growing.Where(s => s.State == SegmentState.Open && !s.IsPool && s.Open!.TouchedUs < boottimeUs).Select(s => s.Open!)];
    }

    /// <summary>Rows that changed since the last call.</summary>
    public List<SegmentRow> TakeDirty()
    {
        var rows = new List<SegmentRow>();
        lock (_gate)
            foreach (var segment in segments)
                if (segment.IsDirty)
                {
                    segment.IsDirty = false;
                    rows.Add(SegmentRow.Of(segment));
                }
        return rows;
    }

    public void MarkAllDirty()
    {
        lock (_gate)
            foreach (var segment in segments)
                segment.IsDirty = true;
    }

    public void SetState(Segment segment, SegmentState state)
    {
        lock (_gate)
        {
            segment.State = state;
            segment.IsDirty = true;
            if (state is SegmentState.Sealed or SegmentState.Quarantined)
            {
                segment.Open = null;
                _growing.Remove(segment);
            }
        }
    }

    /// <summary>Newest segment of a stream's own footage, or null.</summary>
    public Segment? Newest(StreamKey stream)
    {
        lock (_gate)
            return _byStream.TryGetValue(stream, out var list) ? list.FindLast(s => !s.IsPool) : null;
    }

    /// <summary>Bytes of a stream and its oldest and newest instant; null when it has none.</summary>
    public StreamFigures? Extent(StreamKey stream)
    {
        lock (_gate)
        {
            if (!_byStream.TryGetValue(stream, out var list) || !list.Exists(s => s.Spans.Count > 0))
                return null;
            var spans = list.SelectMany(s => s.Spans).ToList();
            return new StreamFigures(list.Where(s => !s.IsPool).Sum(s => s.Bytes), spans.Min(row => clock.ToUtcUs(row.BootNumber, row.FromUs)),
                spans.Max(row => clock.ToUtcUs(row.BootNumber, row.ToUs)));
        }
    }

    /// <summary>Where a stream goes on: the next sequence and its media time, over all it has; its newest segment may have got no record, or rescued older ones.</summary>
    public (long NextSequence, long MediaEnd90k) EndOf(StreamKey stream)
    {
        lock (_gate)
        {
            var own = _byStream.TryGetValue(stream, out var list) ? list.FindAll(s => !s.IsPool) : [];
            return (own.Select(s => s.NextSequence).Append(1).Max(), own.Select(s => s.MediaEnd90k).Append(0).Max());
        }
    }

    /// <summary>Where the stream's footage ends, Unix microseconds; null when it has none.</summary>
    public long? LastEndUtcUs(StreamKey stream)
    {
        lock (_gate)
            return _byStream.TryGetValue(stream, out var list) && list.FindLast(s => !s.IsPool && s.Spans.Count > 0) is { } last
                ? clock.ToUtcUs(last.Spans[^1].BootNumber, last.Spans[^1].ToUs) : null;
    }

    public IReadOnlyList<StreamKey> Streams { get { lock (_gate) return [.. _byStream.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key)]; } }

    /// <summary>Spans overlapping [from, to), dated by the clock map, in order of time. Copies in the event pool show only where their origin is gone.</summary>
    public List<FootageSpan> Spans(StreamKey stream, long fromUtcUs, long toUtcUs)
    {
        var found = new List<FootageSpan>();
        lock (_gate)
        {
            if (!_byStream.TryGetValue(stream, out var list))
                return found;
            var copies = list.FindAll(s => s.IsPool && !s.IsDue);
            foreach (var segment in list)
                foreach (var row in segment.Spans)
                {
                    var offset = clock.ToUtcUs(row.BootNumber, 0);
                    if (row.FromUs + offset >= toUtcUs || row.ToUs + offset <= fromUtcUs)
                        continue;
                    if (segment.IsPool)
                        foreach (var piece in Uncovered(row, list))
                            found.Add(Dated(segment, piece, offset));
                    else
                        found.Add(Dated(segment, row, offset) with { Locked = segment.Pins > 0 || IsCopied(row, copies) });
                }
        }
        found.Sort((a, b) => (a.FromUtcUs, a.Generation).CompareTo((b.FromUtcUs, b.Generation)));
        return found;
    }

    private static FootageSpan Dated(Segment segment, in SpanRow row, long offset)
        => new(segment.Stream, segment.Generation, segment.Number, row.FromUs + offset, row.ToUs + offset, row.MediaStart90k, row.MediaEnd90k, row.Bytes,
            segment.IsPool || segment.Pins > 0);

    /// <summary>A lock holds it: the pool has some of it, whether or not the original is still there.</summary>
    private static bool IsCopied(SpanRow row, List<Segment> copies)
        => copies.Exists(s => s.Spans.Exists(copy => copy.MediaStart90k < row.MediaEnd90k && copy.MediaEnd90k > row.MediaStart90k));

    /// <summary>The parts of a copy whose originals the ring no longer has; by media time, which a stream never uses twice.</summary>
    private static List<SpanRow> Uncovered(in SpanRow copy, List<Segment> list)
    {
        List<SpanRow> left = [copy];
        foreach (var segment in list)
            if (!segment.IsPool)
                foreach (var row in segment.Spans)
                    left = [.. left.SelectMany(piece => Without(piece, row.MediaStart90k, row.MediaEnd90k))];
        return left;
    }

    private static List<SpanRow> Without(SpanRow row, long from90k, long to90k)
    {
        if (to90k <= row.MediaStart90k || from90k >= row.MediaEnd90k)
            return [row];
        List<SpanRow> rest = [];
        if (from90k > row.MediaStart90k)
            rest.Add(Part(row, row.MediaStart90k, from90k));
        if (to90k < row.MediaEnd90k)
            rest.Add(Part(row, to90k, row.MediaEnd90k));
        return rest;
    }

    private static SpanRow Part(in SpanRow row, long from90k, long to90k) => row with
    {
        MediaStart90k = from90k, MediaEnd90k = to90k,
        FromUs = row.FromUs + (from90k - row.MediaStart90k) * 100 / 9, ToUs = row.FromUs + (to90k - row.MediaStart90k) * 100 / 9,
        Bytes = row.Bytes * (to90k - from90k) / Math.Max(1, row.MediaEnd90k - row.MediaStart90k),
    };

    /// <summary>Segments with footage overlapping [from, to), each held readable until released.</summary>
    public List<HeldSegment> Lease(StreamKey stream, long fromUtcUs, long toUtcUs)
    {
        var held = new List<HeldSegment>();
        lock (_gate)
        {
            if (_byStream.TryGetValue(stream, out var list))
                foreach (var segment in list)
                    if (segment.Spans.Exists(row => clock.ToUtcUs(row.BootNumber, row.FromUs) < toUtcUs && clock.ToUtcUs(row.BootNumber, row.ToUs) > fromUtcUs))
                        held.Add(Hold(segment));
        }
        return held;
    }

    /// <summary>The stream's segment before a generation, held readable; null when there is none.</summary>
    public HeldSegment? LeaseBefore(StreamKey stream, long generation)
    {
        lock (_gate)
        {
            var segment = _byStream.TryGetValue(stream, out var list) ? list.FindLast(s => s.Generation < generation && !s.IsPool) : null;
            return segment is null ? null : Hold(segment);
        }
    }

    /// <summary>A segment by its number, held readable; null when its footage is another's, or gone.</summary>
    public HeldSegment? LeaseOne(StreamKey stream, int number, long generation)
    {
        if (number < 1 || number > segments.Count)
            return null;
        lock (_gate)
            return segments[number - 1] is var segment && segment.Generation == generation && segment.Stream == stream && segment.HasFootage ? Hold(segment) : null;
    }

    public void Release(IEnumerable<HeldSegment> held)
    {
        lock (_gate)
            foreach (var (segment, _, _) in held)
                segment.Leases--;
    }

    private static HeldSegment Hold(Segment segment)
    {
        segment.Leases++;
        segment.Cut ??= new CancellationTokenSource();
        return new HeldSegment(segment, segment.Generation, segment.Cut.Token);
    }

    /// <summary>Takes a segment out of every list; no new reader finds it.</summary>
    public void Retire(Segment segment)
    {
        lock (_gate)
        {
            ListOf(segment.Stream).Remove(segment);
            segment.State = SegmentState.Retiring;
            segment.IsDirty = true;
        }
    }

    /// <summary>The retired segment's rows are gone, durably: it may be written.</summary>
    public void Retired(Segment segment)
    {
        lock (_gate)
        {
            segment.Reset(SegmentState.Ready);
            segment.IsDirty = false;
            segment.Cut?.Dispose();
            segment.Cut = null;
        }
        MakeAvailable(segment);
    }

    public void Dispose() => _available.Dispose();

    private List<Segment> ListOf(StreamKey stream)
    {
        if (!_byStream.TryGetValue(stream, out var list))
            _byStream[stream] = list = [];
        return list;
    }
}

/// <summary>A segment that a reader holds, as it was when he got it: once its grace is over it may be another.</summary>
internal readonly record struct HeldSegment(Segment Segment, long Generation, CancellationToken Cut);
