using System.Collections.Concurrent;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// The ring of segments on one volume (DESIGN section 4). Ties together the writer, the sync thread, the housekeeper and the reading side; decides nothing itself.
/// </summary>
internal sealed class Ring : IRing, IDisposable
{
    private readonly Volume _volume;
    private readonly RingCatalog _catalog;
    private readonly RingWriter _writer;
    private readonly RingSync _sync;
    private readonly RingHousekeeper _housekeeper;
    private readonly VictimChoice _victims;
    private readonly FootageReader _reader;
    private readonly DiskFaults _faults;
    private bool _disposed;
    private readonly ConcurrentDictionary<StreamKey, StreamState> _streams = new();
    private readonly ConcurrentDictionary<StreamKey, bool> _preRoll = new();

    private Ring(Volume volume, RingCatalog catalog, RingOptions options, RingIndex index, ISegmentDevice device, BoxClock clock, IRingObserver observer)
    {
        (_volume, _catalog) = (volume, catalog);
        long Now() => catalog.Clock.ToUtcUs(catalog.Clock.Current.BootNumber, clock.BoottimeUs);
        _victims = new VictimChoice(catalog, Now);
        _faults = new DiskFaults(observer, clock);
        var round = new Lock();
        _writer = new RingWriter(catalog, options, volume.Id, device, observer, _faults, round, _streams.GetValueOrDefault, clock);
        _housekeeper = new RingHousekeeper(catalog, options, volume.Id, device, observer, _faults, clock, _victims, _writer, index);
        _sync = new RingSync(catalog, _writer, clock, options.SyncPeriod, round, _housekeeper.Complete);
        _writer.Began = _sync.Show;
        _reader = new FootageReader(catalog, device, segment =>
        {
            SpanRow[] spans;
            lock (catalog.Gate)
                spans = [.. segment.Spans];
            foreach (var span in spans)
                observer.Unreadable(segment.Stream, span.BootNumber, span.FromUs, span.ToUs);
        });
        Locks = new EventPool(catalog, options, volume.Id, _reader, device, Now, _sync.Flush, _housekeeper.Wake);
        (_housekeeper.Errand, _housekeeper.Choosing) = (Locks.Work, Locks.PinWhatCame);
    }

    public EventPool Locks { get; }

    /// <summary>What the ring's threads are at.</summary>
    public WorkMark Writing => _writer.Work;
    public WorkMark Syncing => _sync.Work;
    public WorkMark Housekeeping => _housekeeper.Work;

    public PreviousStop PreviousStop { get; private init; }

    /// <summary>What recovery found: for the log, and for the gaps of what cannot be read.</summary>
    public required RingRecovery Recovery { get; init; }
    public IReadOnlyList<string> ForeignFiles { get; private init; } = [];
    public ClockMap Clock => _catalog.Clock;
    public Guid VolumeId => _volume.Id;
    public Geometry Geometry => _catalog.Geometry;
    public int MaxFragmentLength => Geometry.MaxRecordLength - RecordHeader.Length;

    /// <summary>Opens the ring of a folder: formats what is missing, reads what is there, starts its threads.</summary>
    /// <param name="anchors">Clock anchors of the ledger; the index and the segments' headers add theirs.</param>
    /// <exception cref="StorageException">The folder, the disk or the volume cannot be used; the message is for the owner.</exception>
    public static Ring Open(RingOptions options, BoxClock clock, IRingObserver observer, IEnumerable<BootAnchor> anchors, ISegmentDevice? device = null,
        Action<string, int, int>? progress = null)
    {
        device ??= new KernelDevice();
        RingFolder.Prepare(options.Folder);
        var volume = Volume.Open(options.Folder, () => RingFolder.SegmentBytes(options));
        RingIndex? index = null;
        try
        {
            var geometry = new Geometry(volume.SegmentBytes);
            var (files, foreign) = SegmentFolder.Scan(options.Folder);
            RingFolder.Allocate(options, volume, files, (done, of) => progress?.Invoke("allocating", done, of));
            var segments = files.Select(pair => new Segment(pair.Key, pair.Value)).ToList();
            RingFolder.CheckNumbers(options.Folder, segments);
            var map = new ClockMap();
            foreach (var anchor in anchors)
                map.Learn(anchor);
            index = RingIndex.Open(options.IndexPath, volume.Id, observer, clock);
            foreach (var anchor in index.LoadBoots())
                map.Learn(anchor);
            var recovery = new RingRecovery(volume.Id, geometry, device, map, clock.BoottimeUs);
            recovery.Run(segments, index.Load(segments.ToDictionary(s => s.Number)), index.WasClean, (done, of) => progress?.Invoke("reading", done, of));
            var catalog = new RingCatalog(segments, geometry, map);
            catalog.Arrange();
            var stop = HowItStopped(index, recovery, clock);
            index.Begin();
            var ring = new Ring(volume, catalog, options, index, device, clock, observer) { PreviousStop = stop, Recovery = recovery, ForeignFiles = foreign };
            map.BeginBoot(clock);
            foreach (var (segment, boot, from, to, _) in recovery.Unreadable)
                observer.Unreadable(segment.Stream, boot, from, to);
            ring.Start();
            return ring;
        }
        catch
        {
            index?.Dispose();
            volume.Dispose();
            throw;
        }
    }

    public IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority)
    {
        if (!_streams.ContainsKey(key) && (_streams.Count + 1) * RingOptions.SegmentsPerChannel > _catalog.Segments.Count)
            throw new RingTooSmallException(_catalog.Segments.Count, _streams.Count);
        var state = _streams.GetOrAdd(key, NewState);
        Describe(state, identity, priority);
        return new RingStream(this, state);
    }

    public long SizeBytes => _catalog.Segments.Count * Geometry.Size;
    public long ToUtcUs(long boottimeUs) => boottimeUs + Clock.Current.OffsetUs;
    public ClockQuality ClockQuality => Clock.Current.Quality;
    public int BootNumber => Clock.Current.BootNumber;

    public void MayOverwrite() => _housekeeper.MayRetire();

    public void SetQuota(int channelNumber, RingQuota quota)
    {
        if (_victims.SetQuota(channelNumber, quota))
            _housekeeper.LookAtLimits();
    }

    public void SetPreRoll(int channelNumber, bool on)
    {
        var main = new StreamKey(channelNumber, 0);
        _preRoll[main] = on;
        if (_streams.TryGetValue(main, out var state))
            state.IsPreRoll = on;
    }

    private void Describe(StreamState state, ChannelIdentity identity, int priority)
    {
        (state.Identity, state.Priority, state.IsPreRoll) = (identity, priority, _preRoll.GetValueOrDefault(state.Key));
        _writer.TopPriority = _streams.Values.Max(stream => stream.Priority);
    }

    public IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs) => _catalog.Spans(key, fromUtcUs, toUtcUs);

    public FootageLease Lease(StreamKey key, long fromUtcUs, long toUtcUs, bool fromSync) => _reader.Lease(key, fromUtcUs, toUtcUs, fromSync);

    public IReadOnlyList<FragmentRef> FragmentsOf(in FootageSpan span) => _reader.FragmentsOf(span);

    public FootageLease? LeaseRecords(StreamKey key, in RecordPlace place) => _reader.LeaseRecords(key, place);

    public bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target) => _reader.TryRead(fragment, offsetInRecord, target);

    public byte[]? ReadInit(in FragmentRef fragment) => _reader.ReadInit(fragment);

    /// <summary>Streams that hold footage, of whatever channel.</summary>
    public IReadOnlyList<StreamKey> Streams => _catalog.Streams;

    /// <summary>Bytes of a stream and its oldest and newest instant; null when it has none.</summary>
    public StreamFigures? Extent(StreamKey stream) => _catalog.Extent(stream);

    /// <summary>A round at once, without waiting: power fails, ignition off, alarm.</summary>
    public void SyncNow() => _sync.SyncNow();

    /// <summary>Returns when everything offered before is durable, linked and found by readers.</summary>
    public void Flush()
    {
        long faults;
        do
        {
            faults = _faults.Count;
            _writer.Invoke(static () => { });
            _sync.Flush();
            _writer.Invoke(static () => { });               // what a failed sync left is written elsewhere, and synced there
        }
        while (faults != _faults.Count);
    }

    public RingStatus Status()
    {
        lock (_catalog.Gate)                                // spans grow under it
            return Counted();
    }

    private RingStatus Counted() => new()
    {
        VolumeId = _volume.Id, SegmentBytes = Geometry.Size, Segments = _catalog.Segments.Count, Available = _catalog.Available, Open = _catalog.OpenCount,
        Unused = _catalog.Segments.Count(s => s.State == SegmentState.Free), Pool = _catalog.Segments.Count(s => s.IsPool && s.HasFootage),
        PoolBytes = _catalog.Segments.Where(s => s.IsPool && s.HasFootage).Sum(s => s.Bytes), PinnedBytes = _catalog.Segments.Where(s => s.Pins > 0).Sum(s => s.Bytes),
        Quarantined = _catalog.Segments.Count(s => s.State == SegmentState.Quarantined),
        UsedBytes = _catalog.Segments.Where(s => s.HasFootage).Sum(s => s.Bytes), HeldBytes = _writer.HeldBytes, QueueLimit = _writer.QueueLimit,
        FragmentsWritten = _writer.FragmentsWritten, BytesWritten = _writer.BytesWritten, FragmentsRefused = _writer.Refused,
        Rounds = _sync.Rounds, Syncs = _sync.Syncs, SyncTime = _sync.SyncTime, LastRound = _sync.LastRound, LongestRound = _sync.LongestRound,
        Seals = _housekeeper.Seals, Retirements = _housekeeper.Retirements, LastError = _housekeeper.LastError, VolumeFault = _faults.VolumeFault, DiskFaults = _faults.Count,
    };

    /// <summary>Writes, syncs and links what is there, then stops. Open segments stay open: the next start goes on in them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _writer.Dispose();
        _sync.Dispose();
        while (_writer.RunLeft())
            _sync.Round();                                  // what the last round could not sync went elsewhere
        _housekeeper.Dispose();
        _reader.Dispose();
        foreach (var segment in _catalog.Segments)
            segment.Open?.Dispose();
        _catalog.Dispose();
        _volume.Dispose();
    }

    private void Start()
    {
        _writer.Start();
        _sync.Start();
        _housekeeper.Start();
    }

    private StreamState NewState(StreamKey key)
    {
        var newest = _catalog.Newest(key);
        var (sequence, mediaEnd) = _catalog.EndOf(key);
        var state = new StreamState(key)
        {
            NextSequence = sequence,
            MediaEnd90k = mediaEnd,
            Open = newest is { State: SegmentState.Open } ? newest.Open : null,
        };
        foreach (ref readonly var entry in (state.Open?.All() ?? []).AsSpan())
            state.Count(entry);
        return state;
    }

    private static PreviousStop HowItStopped(RingIndex index, RingRecovery recovery, BoxClock clock)
    {
        if (index.WasClean)
            return PreviousStop.Clean;
        var last = index.IsFresh ? recovery.Newest.BootId : index.LastBoot;
        return last == default ? index.IsFresh ? PreviousStop.First : PreviousStop.Crash
            : last == clock.BootId ? PreviousStop.Crash : PreviousStop.PowerCut;
    }

    private sealed class RingStream(Ring ring, StreamState state) : IRingStream
    {
        public long MediaEnd90k => state.MediaEnd90k;

        public long? LastFootageEndUtcUs => ring._catalog.LastEndUtcUs(state.Key);

        public void Describe(ChannelIdentity identity, int priority) => ring.Describe(state, identity, priority);

        public bool Offer(Fragment fragment)
        {
            if (fragment.Length % 8 != 0 || fragment.Length > ring.MaxFragmentLength)
                throw new ArgumentException($"A fragment of {fragment.Length} bytes; a multiple of 8 up to {ring.MaxFragmentLength} is taken.", nameof(fragment));
            if (!ring._writer.Offer(state, fragment))
                return false;
            state.MediaEnd90k = Math.Max(state.MediaEnd90k, fragment.MediaStart90k + fragment.Duration90k);
            return true;
        }

        public void Dispose() { }                           // the open segment waits for the stream's next run, or for its idle hour
    }
}

/// <summary>Figures of the ring at one moment.</summary>
public sealed record RingStatus
{
    public required Guid VolumeId { get; init; }
    public required long SegmentBytes { get; init; }
    public required int Segments { get; init; }

    /// <summary>Never used or retired: ready to be written.</summary>
    public required int Available { get; init; }
    public required int Open { get; init; }

    /// <summary>Never held footage.</summary>
    public required int Unused { get; init; }

    /// <summary>Held by copies of locked footage.</summary>
    public required int Pool { get; init; }
    public required long PoolBytes { get; init; }

    /// <summary>In segments that locks hold until they are copied.</summary>
    public required long PinnedBytes { get; init; }
    public required int Quarantined { get; init; }

    /// <summary>Bytes of records.</summary>
    public required long UsedBytes { get; init; }

    /// <summary>Bytes in memory, not yet durable.</summary>
    public required long HeldBytes { get; init; }
    public required long QueueLimit { get; init; }
    public required long FragmentsWritten { get; init; }
    public required long BytesWritten { get; init; }
    public required long FragmentsRefused { get; init; }
    public required long Rounds { get; init; }
    public required long Syncs { get; init; }
    public required TimeSpan SyncTime { get; init; }
    public required TimeSpan LastRound { get; init; }
    public required TimeSpan LongestRound { get; init; }
    public required long Seals { get; init; }
    public required long Retirements { get; init; }
    public required string? LastError { get; init; }

    /// <summary>Calls that the disk refused, since start.</summary>
    public required long DiskFaults { get; init; }

    /// <summary>Three disk faults within an hour: what the last one was. Null: the disk is as it should be, or has single bad places.</summary>
    public required string? VolumeFault { get; init; }
}
