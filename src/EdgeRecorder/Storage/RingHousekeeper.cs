using System.Collections.Concurrent;
using EdgeRecorder.Media;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// What the ring does beside recording, on one thread: seals what is complete, retires what has to go so that a segment is always ready, and keeps
/// the index. Nothing waits for it but a writer that has run out of ready segments.
/// </summary>
internal sealed class RingHousekeeper : IDisposable
{
    private static readonly byte[] Zeros = PinnedPages.Make(64 * 1024);
    private static readonly TimeSpan IndexPeriod = TimeSpan.FromSeconds(5), LimitPeriod = TimeSpan.FromSeconds(5);

    private readonly RingCatalog _catalog;
    private readonly RingOptions _options;
    private readonly Guid _volume;
    private readonly ISegmentDevice _device;
    private readonly IRingObserver _observer;
    private readonly DiskFaults _faults;
    private readonly BoxClock _clock;
    private readonly VictimChoice _victims;
    private readonly ConcurrentQueue<OpenSegment> _complete = new();
    private readonly ConcurrentQueue<BootAnchor> _anchors = new();
    private readonly List<(Segment Segment, long Deadline)> _retiring = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private readonly RingWriter _writer;
    private readonly RingIndex _index;
    private long _indexSavedUs, _limitsSeenUs;
    private volatile bool _ending, _limitsChanged, _keepsAll;

    public RingHousekeeper(RingCatalog catalog, RingOptions options, Guid volume, ISegmentDevice device, IRingObserver observer, DiskFaults faults, BoxClock clock,
        VictimChoice victims, RingWriter writer, RingIndex index)
    {
        (_catalog, _options, _volume, _device, _observer, _faults, _clock, _victims, _writer, _index)
            = (catalog, options, volume, device, observer, faults, clock, victims, writer, index);
        _keepsAll = options.KeepsAll;
        _catalog.Clock.Anchored += _anchors.Enqueue;
        _thread = new Thread(Run) { Name = "ring housekeeper", IsBackground = true };
    }

    /// <summary>The segment that is being sealed, the batch that is being retired, the index. Not the errands: copying a segment may take as long as it takes.</summary>
    public WorkMark Work { get; } = new("ring housekeeper");

    /// <summary>Work of other parts that belongs on this thread: copying locked footage. Returns true when it did something.</summary>
    public Func<bool>? Errand { get; set; }

    /// <summary>Called right before victims are chosen: who wants to keep something pins it now.</summary>
    public Action? Choosing { get; set; }

    /// <summary>Sealed and retired segments since start.</summary>
    public long Seals { get; private set; }
    public long Retirements { get; private set; }

    /// <summary>What went wrong last, for the status page; null: nothing.</summary>
    public string? LastError { get; private set; }

    public void Start() => _thread.Start();

    public void Wake() => _wake.Set();

    /// <summary>What has to be kept is known now.</summary>
    public void MayRetire()
    {
        _keepsAll = false;
        _wake.Set();
    }

    /// <summary>A channel's limits changed: what is past them goes now.</summary>
    public void LookAtLimits()
    {
        _limitsChanged = true;
        _wake.Set();
    }

    /// <summary>A segment takes nothing more and all of it is linked.</summary>
    public void Complete(OpenSegment open)
    {
        if (open.IsHandedOver)
            return;
        open.IsHandedOver = true;
        _complete.Enqueue(open);
        _wake.Set();
    }

    public void Dispose()
    {
        _ending = true;
        _wake.Set();
        if (_thread.IsAlive)
            _thread.Join();
        while (_complete.TryDequeue(out var open))
            SealSegment(open);
        try
        {
            SaveIndex(durable: true);
            _index.Close();
        }
        catch (Exception e) when (e is IOException or Microsoft.Data.Sqlite.SqliteException)
        {
            LastError = e.Message;                          // a cache that cannot be written must not keep the ring from closing
        }
        _index.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_ending)
        {
            try
            {
                while (_complete.TryDequeue(out var open))
                    SealSegment(open);
                CloseIdle();
                Retire();
                while (!_ending && Errand?.Invoke() == true)
                    Retire();
                if (_clock.BoottimeUs - _indexSavedUs > IndexPeriod.TotalMicroseconds)
                    SaveIndex(durable: false);
            }
            catch (Exception e) when (e is IOException or Microsoft.Data.Sqlite.SqliteException)
            {
                LastError = e.Message;                      // the stage goes on: the next second tries again, the status shows why
            }
            _wake.WaitOne(_retiring.Count > 0 ? 100 : 1000);
        }
    }

    /// <summary>Writes the seal, durably, then lets the chain end at it. The newest link is made durable before: of what one sync covers the disk may write the seal first, and a seal that lists more than the chain shows is no proof.</summary>
    private void SealSegment(OpenSegment open)
    {
        using var piece = Work.Begin();
        var geometry = open.Header.Geometry;
        if (open.Linked > 0)
        {
            try
            {
                var pages = open.MakeSeal(_options.Chain).Write(geometry, _options.Sign);
                open.File.DataSync();
                open.File.Write(pages, geometry.SealOffset);
                if (open.Segment.IsFirstLap)
                {
                    WriteZeros(open.File, Geometry.NextRecord(open.LinkedFree), geometry.SealOffset);
                    WriteZeros(open.File, geometry.SealOffset + pages.Length, geometry.Size);
                }
                open.File.DataSync();
                open.Segment.IsFirstLap = false;
                open.LinkTo(geometry.SealOffset);
                open.File.DropCache(0, geometry.Size);
            }
            catch (IOException e)
            {
                _faults.Report(open.Segment.Number, e.Message);
                _catalog.SetState(open.Segment, SegmentState.Quarantined);
                open.Dispose();
                return;
            }
        }
        _catalog.Sealed(open);
        open.Dispose();
        Seals++;
    }

    /// <summary>
    /// What the first lap left unwritten, behind the last record and behind the seal: once written, no later lap meets a block that never was, and no
    /// sync has to commit its conversion to the journal.
    /// </summary>
    private static void WriteZeros(ISegmentFile file, long from, long to)
    {
        for (var offset = from; offset < to; offset += Zeros.Length)
            file.Write(Zeros.AsSpan(0, (int)Math.Min(Zeros.Length, to - offset)), offset);
    }

    private void CloseIdle()
    {
        var limit = _clock.BoottimeUs - (long)_options.IdleSeal.TotalMicroseconds;
        foreach (var open in _catalog.IdleSince(limit))
            _writer.CloseIfIdle(open, limit);
    }

    /// <summary>Keeps max(8, open ÷ 4) segments ready, as far as the ring has them.</summary>
    private void Retire()
    {
        if (_keepsAll)
            return;
        using var piece = Work.Begin();
        var target = Math.Min(Math.Max(8, _catalog.OpenCount / 4), Math.Max(1, _catalog.Segments.Count / 8));
        var missing = target - _catalog.Available - _retiring.Count;
        var looksAtLimits = _limitsChanged || _victims.HasDue || _victims.HasLimits && _clock.BoottimeUs - _limitsSeenUs > LimitPeriod.TotalMicroseconds;
        // Several at once: choosing looks at every segment, and each batch costs a durable transaction.
        if (missing >= Math.Max(1, target / 3) || looksAtLimits)
        {
            (_limitsSeenUs, _limitsChanged) = (_clock.BoottimeUs, false);
            Choosing?.Invoke();
            var deadline = _clock.BoottimeUs + (long)_options.LeaseGrace.TotalMicroseconds;
            foreach (var victim in _victims.Choose(Math.Max(0, missing)))
            {
                _catalog.Retire(victim);
                _retiring.Add((victim, deadline));
            }
        }
        var now = _clock.BoottimeUs;
        var ready = _retiring.Where(r => r.Segment.Leases == 0 || now >= r.Deadline).Select(r => r.Segment).ToList();
        if (ready.Count == 0)
            return;
        foreach (var segment in ready)
        {
            segment.Cut?.Cancel();
            Mark(segment);
        }
        CheckIndex();
        _index.Save([.. ready.Select(s => SegmentRow.Of(s) with { State = SegmentState.Ready, Spans = [], LastHash = [] })], [], durable: true);
        foreach (var segment in ready)
        {
            _retiring.RemoveAll(r => r.Segment == segment);
            foreach (var span in segment.Spans)
                if (!segment.IsPool)
                    _observer.Evicted(segment.Stream, span.BootNumber, span.FromUs, span.ToUs);
            _catalog.Retired(segment);
            Retirements++;
        }
    }

    /// <summary>A mark that cannot be written costs nothing here: it matters only without an index, and the header's write will meet the same disk.</summary>
    private void Mark(Segment segment)
    {
        try
        {
            using var file = _device.Open(segment.Path);
            file.Write(RetiredMark.Make(_volume, segment.Generation), _catalog.Geometry.Size - Geometry.Page);
        }
        catch (IOException e)
        {
            LastError = e.Message;
        }
    }

    private void SaveIndex(bool durable)
    {
        using var piece = Work.Begin();
        _indexSavedUs = _clock.BoottimeUs;
        CheckIndex();
        var anchors = new List<BootAnchor>();
        while (_anchors.TryDequeue(out var anchor))
        {
            anchors.Add(anchor);
            _observer.Anchored(anchor);
        }
        try
        {
            _index.Save(_catalog.TakeDirty(), anchors, durable);
        }
        catch
        {
            _catalog.MarkAllDirty();                        // what was taken is not lost: the next try writes it
            anchors.ForEach(_anchors.Enqueue);
            throw;
        }
    }

    /// <summary>Somebody deleted the index, or it was given up a while ago: write it anew from memory.</summary>
    private void CheckIndex()
    {
        if (!_index.Renew())
            return;
        _catalog.MarkAllDirty();
        _index.Save(_catalog.TakeDirty(), _catalog.Clock.Anchors, durable: false);
    }
}
