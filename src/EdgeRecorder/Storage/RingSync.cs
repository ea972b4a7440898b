using EdgeRecorder.Media;

namespace EdgeRecorder.Storage;

/// <summary>
/// The volume's sync thread: every period, start to start, all appended records become durable and then visible (write back all, wait for all,
/// <c>fdatasync</c> each, link each).
/// </summary>
internal sealed class RingSync : IDisposable
{
    private readonly RingCatalog _catalog;
    private readonly RingWriter _writer;
    private readonly BoxClock _clock;
    private readonly TimeSpan _period;
    private readonly Action<OpenSegment> _closed;
    private readonly Lock _round;
    private readonly Thread _thread;
    private readonly object _signal = new();
    private readonly List<(OpenSegment Open, SyncBatch Batch)> _batches = [];
    private readonly List<OpenSegment> _open = [];
    private readonly List<OpenSegment> _first = [];
    private bool _ending, _now;
    private long _rounds;

    /// <param name="closed">Told of segments that take nothing more and are wholly linked: they can be sealed.</param>
    /// <param name="round">Held through a round: who takes a segment away from it waits for its end.</param>
    public RingSync(RingCatalog catalog, RingWriter writer, BoxClock clock, TimeSpan period, Lock round, Action<OpenSegment> closed)
    {
        (_catalog, _writer, _clock, _period, _round, _closed) = (catalog, writer, clock, period, round, closed);
        _thread = new Thread(Run) { Name = "ring sync", IsBackground = true };
    }

    /// <summary>The round that is under way.</summary>
    public WorkMark Work { get; } = new("ring sync");

    /// <summary>Rounds that synced something, and how long all together, the last and the longest took.</summary>
    public long Rounds => Volatile.Read(ref _rounds);
    public TimeSpan SyncTime { get; private set; }
    public TimeSpan LastRound { get; private set; }
    public TimeSpan LongestRound { get; private set; }

    /// <summary>Batches made durable since start.</summary>
    public long Syncs { get; private set; }

    public void Start() => _thread.Start();

    /// <summary>A round at once: power fails, ignition is off, an alarm came. Returns without waiting.</summary>
    public void SyncNow()
    {
        lock (_signal)
        {
            _now = true;
            Monitor.PulseAll(_signal);
        }
    }

    /// <summary>
    /// A segment has its first record: it is synced and linked at once, alone. Until then its file is a head without a fragment, which players do not open.
    /// </summary>
    public void Show(OpenSegment first)
    {
        lock (_signal)
        {
            _first.Add(first);
            Monitor.PulseAll(_signal);
        }
    }

    /// <summary>A round now; returns when everything that was appended before the call is durable and linked.</summary>
    public void Flush()
    {
        if (!_thread.IsAlive)
        {
            Round();
            return;
        }
        lock (_signal)
        {
            var target = _completed + 2;                    // one may be under way that began before the call
            while (_completed < target && !_ending)
            {
                _now = true;
                Monitor.PulseAll(_signal);
                Monitor.Wait(_signal);
            }
        }
    }

    private long _measured = TimeProvider.System.GetTimestamp();
    private long _completed;

    /// <summary>Ends the thread after one last round.</summary>
    public void Dispose()
    {
        lock (_signal)
        {
            _ending = true;
            Monitor.PulseAll(_signal);
        }
        if (_thread.IsAlive)
            _thread.Join();
        Round();
    }

    private void Run()
    {
        while (true)
        {
            var started = TimeProvider.System.GetTimestamp();
            Round();
            lock (_signal)
            {
                _completed++;
                Monitor.PulseAll(_signal);
                while (!_ending && !_now && _period - TimeProvider.System.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
                    if (_first.Count == 0)
                        Monitor.Wait(_signal, left);
                    else
                        ShowFirst();
                if (_ending)
                    return;
                _now = false;
                _first.Clear();                             // the round that begins now has them
            }
        }
    }

    /// <summary>Called with the signal's lock, which is let go while the disk works.</summary>
    private void ShowFirst()
    {
        var first = _first[^1];
        _first.RemoveAt(_first.Count - 1);
        Monitor.Exit(_signal);
        try
        {
            using var piece = Work.Begin();
            using var held = _round.EnterScope();
            _open.Clear();
            _catalog.CollectOpen(_open);
            if (!_open.Contains(first))
                return;
            // What its stream wrote before it, in the segment it left, is shown before it: readers see no hole at the seam.
            var shown = _open.FindAll(open => open == first || open.IsClosing && open.Header.Stream == first.Header.Stream);
            shown.Sort((a, b) => a.Header.Generation.CompareTo(b.Header.Generation));
            Sync(shown);
        }
        finally
        {
            Monitor.Enter(_signal);
        }
    }

    /// <summary>One round on the caller's thread; for the end, when the sync thread is gone.</summary>
    public void Round()
    {
        using var piece = Work.Begin();
        using var held = _round.EnterScope();
        var started = TimeProvider.System.GetTimestamp();
        _catalog.Clock.Observe(_clock);
        _writer.MeasureInflow(TimeProvider.System.GetElapsedTime(_measured, started));
        _measured = started;
        _open.Clear();
        _catalog.CollectOpen(_open);
        var any = Sync(_open);
        foreach (var open in _open)
            if (open.IsClosing && !open.IsDirty)
                _closed(open);
        if (!any)
            return;
        LastRound = TimeProvider.System.GetElapsedTime(started);
        SyncTime += LastRound;
        LongestRound = LastRound > LongestRound ? LastRound : LongestRound;
        Volatile.Write(ref _rounds, _rounds + 1);
    }

    /// <summary>Writes back all, waits for all, links all. False: there was nothing.</summary>
    private bool Sync(List<OpenSegment> segments)
    {
        _batches.Clear();
        foreach (var open in segments)
            Begin(open);
        foreach (var (open, batch) in _batches)
            Finish(open, batch);
        return _batches.Count > 0;
    }

    private void Begin(OpenSegment open)
    {
        try
        {
            if (open.Batch(out var batch))
                _batches.Add((open, batch));
        }
        catch (IOException e)
        {
            Fail(open, e);
        }
    }

    private void Finish(OpenSegment open, SyncBatch batch)
    {
        try
        {
            open.File.DataSync();
            var bytes = open.SyncingBytes;
            var entries = open.Link(batch);
            _catalog.Extended(open.Segment, open, entries);
            _writer.Durable(bytes);
            Syncs++;
        }
        catch (IOException e)
        {
            Fail(open, e);
        }
    }

    private void Fail(OpenSegment open, IOException error)
    {
        open.IsFailed = true;
        _writer.Quarantine(open, error.Message);
    }
}
