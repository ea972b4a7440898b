using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// The volume's writer thread: fragments in, records on disk at once, so that a killed process loses only the fragment it was still
/// building. It may block on the disk; nobody waits for it: the queue is bounded in bytes and refuses.
/// </summary>
internal sealed class RingWriter : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly RingCatalog _catalog;
    private readonly RingOptions _options;
    private readonly Guid _volume;
    private readonly ISegmentDevice _device;
    private readonly IRingObserver _observer;
    private readonly DiskFaults _faults;
    private readonly Lock _round;
    private readonly Func<StreamKey, StreamState?> _streams;
    private readonly BoxClock _clock;
    private readonly RecordScratch _scratch = new();
    private readonly Queue<Job> _queue = new();
    private readonly object _signal = new();
    private readonly Thread _thread;
    private bool _ending, _isDry;
    private long _held, _accepted;
    private double _inflow;
    private volatile int _topPriority;

    /// <param name="round">Held by the sync thread through each of its rounds.</param>
    public RingWriter(RingCatalog catalog, RingOptions options, Guid volume, ISegmentDevice device, IRingObserver observer, DiskFaults faults, Lock round,
        Func<StreamKey, StreamState?> streams, BoxClock clock)
    {
        (_catalog, _options, _volume, _device, _observer, _faults, _round, _streams, _clock) = (catalog, options, volume, device, observer, faults, round, streams, clock);
        QueueLimit = options.QueueBytes;
        _thread = new Thread(Run) { Name = "ring writer", IsBackground = true };
    }

    /// <summary>The fragment that is being written, or what else was asked of the thread.</summary>
    public WorkMark Work { get; } = new("ring writer");

    /// <summary>Bytes of fragments queued or written and not yet durable.</summary>
    public long HeldBytes => Volatile.Read(ref _held);

    /// <summary>Fragments and bytes that became records since start.</summary>
    public long FragmentsWritten { get; private set; }
    public long BytesWritten { get; private set; }

    /// <summary>Fragments refused because the queue was full.</summary>
    public long Refused { get; private set; }

    /// <summary>Told of segments that have got their first record.</summary>
    public Action<OpenSegment>? Began { get; set; }

    public void Start() => _thread.Start();

    /// <summary>Of all streams: those below it are refused first.</summary>
    public int TopPriority { set => _topPriority = value; }

    /// <summary>Takes the fragment, or refuses when the box holds too much already: lower priorities from three quarters on.</summary>
    public bool Offer(StreamState stream, Fragment fragment)
    {
        var limit = stream.Priority < _topPriority ? QueueLimit / 4 * 3 : QueueLimit;
        if (Volatile.Read(ref _held) + fragment.Length > limit)
        {
            Refused++;
            return false;
        }
        Interlocked.Add(ref _accepted, fragment.Length);
        fragment.AddReference();
        Enqueue(new Job(stream, fragment, null));
        return true;
    }

    /// <summary>What may be held now; measured anew every round.</summary>
    public long QueueLimit { get; private set; }

    /// <summary>Takes the inflow since the last call as the measure of how much may wait. Called once a round, by the sync thread.</summary>
    public void MeasureInflow(TimeSpan elapsed)
    {
        var perSecond = Interlocked.Exchange(ref _accepted, 0) / Math.Max(0.1, elapsed.TotalSeconds);
        _inflow = Math.Max(perSecond, _inflow * 0.9 + perSecond * 0.1);    // rises at once, falls over some rounds
        var wanted = (long)(_inflow * (1.5 + 2 * _options.SyncPeriod.TotalSeconds));
        QueueLimit = Math.Clamp(wanted, _options.QueueBytes, Math.Max(_options.QueueBytes, _options.QueueCeilingBytes));
    }

    /// <summary>Runs something on the writer thread, in its turn.</summary>
    public void Post(Action action) => Enqueue(new Job(null, null, action));

    /// <summary>Runs something on the writer thread and waits for it.</summary>
    public void Invoke(Action action)
    {
        using var done = new ManualResetEventSlim();
        Exception? fault = null;
        Post(() =>
        {
            try { action(); }
            catch (Exception e) { fault = e; }
            finally { done.Set(); }
        });
        done.Wait();
        if (fault is not null)
            throw new InvalidOperationException($"Writer thread: {fault.Message}", fault);
    }

    /// <summary>A batch is durable: its memory is given back.</summary>
    public void Durable(long bytes) => Interlocked.Add(ref _held, -bytes);

    /// <summary>The disk failed under a segment: what is not durable goes into a fresh one, before anything newer.</summary>
    public void Quarantine(OpenSegment failed, string error) => Post(() => Rescue(failed, error));

    /// <summary>Ends a segment that has been idle, unless something came meanwhile.</summary>
    public void CloseIfIdle(OpenSegment open, long sinceUs) => Post(() =>
    {
        if (open.IsClosing || open.TouchedUs >= sinceUs)
            return;
        if (_streams(open.Header.Stream) is { } stream && stream.Open == open)
            Close(stream);
        else
        {
            open.IsClosing = true;
            _catalog.SetState(open.Segment, SegmentState.Closing);
        }
    });

    /// <summary>Writes what is queued and ends the thread.</summary>
    public void Dispose()
    {
        lock (_signal)
        {
            _ending = true;
            Monitor.Pulse(_signal);
        }
        if (_thread.IsAlive)
            _thread.Join();
    }

    /// <summary>After the thread's end: runs what the last round still asked for. True when there was something.</summary>
    public bool RunLeft()
    {
        var any = false;
        for (; _queue.TryDequeue(out var job); any = true)
            job.Action?.Invoke();
        return any;
    }

    private void Enqueue(Job job)
    {
        if (job.Fragment is { } fragment)
            Interlocked.Add(ref _held, fragment.Length);
        lock (_signal)
        {
            _queue.Enqueue(job);
            if (_queue.Count == 1)
                Monitor.Pulse(_signal);
        }
    }

    private void Run()
    {
        while (true)
        {
            Job job;
            lock (_signal)
            {
                while (_queue.Count == 0)
                {
                    if (_ending)
                        return;
                    Monitor.Wait(_signal);
                }
                job = _queue.Dequeue();
            }
            using var piece = Work.Begin();
            if (job.Action is { } action)
                action();
            else
            {
                Write(job.Stream!, job.Fragment!);
                job.Fragment!.Release();
            }
        }
    }

    private void Write(StreamState stream, Fragment fragment)
    {
        if (stream.WaitsForSync && !fragment.IsSync)
        {
            Drop(stream, fragment);
            return;
        }
        for (var tries = 0; tries < 3; tries++)
        {
            if (stream.Open is { IsClosing: true })
                stream.Open = null;                         // it was idle and is being sealed
            if (stream.Open is { } current && MustChange(stream, current, fragment))
                Close(stream);
            if (stream.Open is null && !OpenNext(stream, fragment))
                break;
            var open = stream.Open!;
            try
            {
                open.Append(fragment, HeaderOf(stream, open, fragment), _catalog.Clock.Current, _options.Chain, _scratch);
                if (open.Count == 1)
                    Began?.Invoke(open);
                stream.NextSequence++;
                stream.WaitsForSync = false;
                stream.Count(fragment);
                stream.Records = open.Count;
                FragmentsWritten++;
                BytesWritten += fragment.Length;
                return;
            }
            catch (IOException e)
            {
                Rescue(open, e.Message);
            }
        }
        Drop(stream, fragment);
    }

    private void Drop(StreamState stream, Fragment fragment)
    {
        stream.WaitsForSync = true;
        Durable(fragment.Length);
        _observer.Dropped(stream.Key, _catalog.Clock.Current.BootNumber, fragment.BoottimeUs, fragment.BoottimeUs + (long)fragment.Duration90k * 100 / 9);
    }

    /// <summary>Segments change at a sync sample when less than 1.25 of the largest of the last four GOPs is left, and where nothing more fits.</summary>
    private bool MustChange(StreamState stream, OpenSegment open, Fragment fragment)
    {
        var length = RecordHeader.Length + fragment.Length;
        if (length > open.Room || open.IsFull || open.Boots.Count >= Seal.MaxBoots)
            return true;
        if (!open.Takes(fragment.Init))
            return true;
        var wanted = Math.Max(length, stream.LargestGop * 5 / 4);
        return fragment.IsSync && open.Count > 0 && open.Room < wanted && wanted <= _catalog.Geometry.SealOffset - 2 * Geometry.Page;
    }

    private void Close(StreamState stream)
    {
        stream.Open!.IsClosing = true;
        _catalog.SetState(stream.Open.Segment, SegmentState.Closing);
        stream.Open = null;
    }

    private bool OpenNext(StreamState stream, Fragment fragment)
    {
        while (!_faults.IsGone && TakeSegment() is { } segment)
        {
            try
            {
                var previous = _catalog.Newest(stream.Key);
                var header = new SegmentHeader
                {
                    Volume = _volume, Generation = _catalog.Claim(segment), Segment = segment.Number, Geometry = _catalog.Geometry,
                    Stream = stream.Key, Channel = stream.Identity, Init = fragment.Init.Bytes,
                    Anchor = _catalog.Clock.Current,
                    PreviousSegment = previous?.Number ?? 0, PreviousGeneration = previous?.Generation ?? 0,
                    PreviousHash = LastHash(previous),
                };
                stream.Open = Open(segment, header, fragment.Init, stream);
                return true;
            }
            catch (IOException e)
            {
                _catalog.SetState(segment, SegmentState.Quarantined);
                _faults.Report(segment.Number, e.Message);
            }
        }
        return false;
    }

    /// <summary>Waits once for the housekeeper, not again at every fragment while nothing can be overwritten: others still have room where they are.</summary>
    private Segment? TakeSegment()
    {
        var segment = _catalog.Take(_isDry ? TimeSpan.Zero : Patience);
        _isDry = segment is null;
        return segment;
    }

    /// <summary>Writes the header, durably, before the first record; a file that never held footage gets its name.</summary>
    private OpenSegment Open(Segment segment, SegmentHeader header, InitSegment init, StreamState stream)
    {
        var written = header.Write(out var pages);
        var file = SegmentFolder.Begin(segment, _device, pages);
        var open = new OpenSegment(segment, written, init, file, expected: stream.Records + 1) { FirstSequence = stream.NextSequence, TouchedUs = _clock.BoottimeUs };
        open.BootIndex(header.Anchor.BootNumber, header.Anchor.BootId);
        _catalog.Opened(segment, open, written);
        return open;
    }

    private static byte[] LastHash(Segment? previous)
        => previous?.Open?.Hash ?? (previous?.LastHash is { Length: 32 } hash ? hash : new byte[32]);

    private RecordHeader HeaderOf(StreamState stream, OpenSegment open, Fragment fragment)
    {
        var anchor = _catalog.Clock.Current;
        if (open.Boots.Count == 0 || open.Boots[^1].Number != anchor.BootNumber)
            open.BootIndex(anchor.BootNumber, anchor.BootId);
        return new RecordHeader
        {
            Flags = (fragment.IsSync ? RecordFlags.Sync : 0) | (fragment.StartsRun ? RecordFlags.StartsRun : 0) | (_options.Chain ? RecordFlags.Chained : 0) | (stream.IsPreRoll ? RecordFlags.PreRoll : 0),
            Volume = _volume, Generation = open.Header.Generation, Stream = stream.Key, Quality = anchor.Quality,
            SyncDistance = fragment.SyncDistance, Sequence = stream.NextSequence, RecordLength = RecordHeader.Length + fragment.Length,
            MediaStart90k = fragment.MediaStart90k, Duration90k = fragment.Duration90k,
            BootNumber = anchor.BootNumber, BootId = anchor.BootId, BoottimeUs = fragment.BoottimeUs,
            UtcUs = fragment.BoottimeUs + anchor.OffsetUs, SourceUtcUs = fragment.SourceUtcUs, VideoSamples = fragment.VideoSamples,
        };
    }

    private void Rescue(OpenSegment failed, string error)
    {
        if (failed.Segment.Open != failed)
            return;                                         // writer and sync thread both met the fault
        List<Fragment> unsynced;
        lock (_round)                                       // a round under way may still make some of it durable
        {
            failed.IsFailed = true;
            unsynced = failed.TakeUnsynced();
            _catalog.SetState(failed.Segment, SegmentState.Quarantined);
        }
        _faults.Report(failed.Segment.Number, error);
        if (!failed.Header.IsPool && _streams(failed.Header.Stream) is { } stream)
        {
            var (wasNewest, next) = (stream.Open == failed, stream.NextSequence);
            if (wasNewest)
                stream.Open = null;
            else if (stream.Open is not null && unsynced.Count > 0)
                Close(stream);                              // older records must not stand behind newer ones
            if (unsynced.Count > 0)                         // under the numbers they had: recovery knows by them what is here twice
                stream.NextSequence = failed.FirstSequence + failed.Linked;
            foreach (var fragment in unsynced)
                Write(stream, fragment);
            if (!wasNewest && unsynced.Count > 0)
            {
                stream.NextSequence = next;
                if (stream.Open is not null)
                    Close(stream);
            }
        }
        foreach (var fragment in unsynced)
            fragment.Release();
        failed.Dispose();
    }

    private readonly record struct Job(StreamState? Stream, Fragment? Fragment, Action? Action);
}
