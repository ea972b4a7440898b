using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>
/// One stream of a channel, pulled once however many ask: recordings and viewers hold leases, the last one ends the pull. Connects, and again after
/// every outage; makes fragments; hands them to the ring and to viewers.
/// </summary>
/// <remarks>While nobody asks there is no task. The timer is the box's. The lock is the session thread's, taken by others only to change or look.</remarks>
internal sealed partial class Capture : ISourceSink, ITicking, IAsyncDisposable
{
    /// <summary>0.2 s: what low latency waits for a fragment. Shorter ones cost a wake-up of every viewer each and show nothing sooner than a picture.</summary>
    public const long Short90k = 18_000;

    private readonly Lock _sync = new();
    private readonly StreamKey _key;
    private readonly CaptureSurroundings _box;
    private readonly ILogger _log;
    private readonly Action _changed;
    private readonly StreamGaps _gaps;
    private readonly Fragmenter _fragmenter;
    private readonly Attempts _attempts;
    private readonly RateMeter _rate = new();
    private readonly Audience _viewers = new();
    private readonly Audience _shortViewers = new();

    private Fragmenter? _short;                             // goes beside the other while somebody watches with low latency
    private ISourceSession? _session;
    private Func<ISourceSession> _connect;
    private RingTail? _ring;
    private bool _records;
    private CancellationTokenSource? _pull;                 // ends the loop
    private Task _loop = Task.CompletedTask;

    private ChannelState _state = ChannelState.Idle;
    private string _detail = "";
    private DateTimeOffset _since;
    private GapReason _outage = GapReason.Reconnect;        // why the last session ended
    private long _lost;
    private long _reconnects;
    private long _bytes;

    /// <param name="changed">Told, under the lock, that the state is another one.</param>
    public Capture(StreamKey key, Func<ISourceSession> connect, CaptureSurroundings box, Action changed)
    {
        (_key, _connect, _box, _log, _changed) = (key, connect, box, box.Log, changed);
        _gaps = new StreamGaps(key, box.Gaps);
        _fragmenter = new Fragmenter(box.LargestFragmentBytes);
        _attempts = new Attempts(_sync, box.Time, box.Chance);
        _since = box.Time.GetUtcNow();
    }

    /// <summary>Starts or stops writing to the ring. Stopping hands it everything received until now.</summary>
    public void Record(bool on, ChannelIdentity identity, int priority)
    {
        if (!on)
            Drain();
        lock (_sync)
        {
            _ring?.Describe(identity, priority);
            if (on == _records)
                return;
            if (on)
                StartRecording(identity, priority);
            else
                StopRecording();
            Balance();
        }
    }

    /// <summary>Another address or transport: a session that runs ends, and the next begins at once with the new one.</summary>
    public void Reconnect(Func<ISourceSession> connect)
    {
        lock (_sync)
        {
            _connect = connect;
            _attempts.EndCurrent();
        }
    }

    /// <summary>The source can be had again: an attempt that waits begins now. A session that delivers goes on.</summary>
    public void Retry() => _attempts.Retry();

    /// <summary>Watches the stream: first the state and what the window knows, then every fragment until disposed.</summary>
    public IDisposable Watch(IFragmentViewer viewer, bool lowLatency)
    {
        lock (_sync)
        {
            if (lowLatency && _short is null)
            {
                _short = _fragmenter.Fork(Short90k);
                _shortViewers.KnowsLike(_viewers);
            }
            viewer.Changed(_state, _detail);
            (lowLatency ? _shortViewers : _viewers).Join(viewer);
            Balance();
        }
        return new ViewerLease(this, viewer);
    }

    private string Remark => _session?.Remark ?? "";

    private bool IsWatched => !_viewers.IsEmpty || !_shortViewers.IsEmpty;

    public ChannelStatus Status
    {
        get
        {
            lock (_sync)
                return new ChannelStatus
                {
                    State = _state,
                    Detail = _detail,
                    Since = _since,
                    Tracks = _fragmenter.Tracks,
                    BitsPerSecond = _rate.BitsPerSecond,
                    FrameRate = _rate.FrameRate,
                    LossCount = _lost,
                    Reconnects = _reconnects,
                    BytesReceived = _bytes,
                    Fragments = _ring?.Taken ?? 0,
                    // ToBoottimeUs(0) is when Unix time began, on the boot's own clock.
                    LastFragment = _ring is { Taken: > 0 } ring ? DateTimeOffset.FromUnixTimeMilliseconds((ring.LastBoottimeUs - _box.ToBoottimeUs(0)) / 1000) : null,
                };
        }
    }

    /// <summary>Ends the pull; what was received is in the ring's hands when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        Task loop;
        Drain();
        lock (_sync)
        {
            _viewers.End();
            _shortViewers.End();
            if (_records)
                Publish(_fragmenter.Close());
            _records = false;
            _box.Timer.Remove(this);
            _ring?.Dispose();                               // before the session has ended: the channel may be wanted again at once
            _ring = null;
            Balance();
            loop = _loop;
        }
        await loop;
    }

    /// <summary>What a source that has fallen silent sent goes to the ring now: a power cut must not take it (DESIGN P1).</summary>
    void ITicking.Tick()
    {
        lock (_sync)
            if (!_records || !_fragmenter.IsSilent(_box.Clock.BoottimeUs))
                return;
        Drain();
        lock (_sync)
            if (_records)
                Publish(_fragmenter.Flush());
    }

    void ISourceSink.Announce(IReadOnlyList<Track> tracks)
    {
        lock (_sync)
        {
            Publish(_fragmenter.Announce(tracks));
            PublishShort(_short?.Announce(tracks));
        }
    }

    void IAccessUnitSink.Add(in AccessUnit unit)
    {
        lock (_sync)
        {
            _bytes += unit.Payload.Length;
            if (_short is not null)
            {
                unit.Payload.AddReference();
                PublishShort(_short.Add(unit));             // first: what the other's fragment asks for concerns the next unit
            }
            Publish(_fragmenter.Add(unit));
        }
    }

    void ISourceSink.Lost(int accessUnits, string why)
    {
        lock (_sync)
            _lost += accessUnits;
    }

    private void StartRecording(ChannelIdentity identity, int priority)
    {
        if (_ring is null)
        {
            var stream = _box.Ring.OpenStream(_key, identity, priority);
            _ring = new RingTail(_key, stream, _gaps, _box.Log);
            var end = stream.LastFootageEndUtcUs is { } utc ? _box.ToBoottimeUs(utc) : (long?)null;
            if (_box.OpenGaps.TryGetValue(_key, out var open))
                _gaps.GoOn(end, open);
            else if (end is { } endUs)
                _gaps.ResumeFrom(endUs, _box.RestartReason);
        }
        _records = true;
        _box.Timer.Add(this);
        _ring.AwaitRun();
        RestartAtSync();
        if (_state == ChannelState.Live)
            Enter(ChannelState.Recording, Remark);
    }

    /// <summary>What the source has sent until now is delivered; not under the lock, which the delivery takes.</summary>
    private void Drain()
    {
        ISourceSession? session;
        lock (_sync)
            session = _records ? _session : null;
        session?.Drain();
    }

    private void StopRecording()
    {
        Publish(IsWatched ? _fragmenter.Flush() : _fragmenter.Close());
        _records = false;
        _box.Timer.Remove(this);
        _gaps.Missing(GapReason.NotRecording, _box.Clock.BoottimeUs);
        if (_state == ChannelState.Recording)
            Enter(ChannelState.Live, Remark);
    }

    /// <summary>Pulls while somebody asks.</summary>
    private void Balance()
    {
        if (_shortViewers.IsEmpty && _short is not null)
        {
            _short.Close()?.Release();
            _short = null;
            _shortViewers.Forget();
        }
        _session?.LowLatency = _short is not null;
        var wanted = _records || IsWatched;
        if (wanted && _pull is null)
        {
            _pull = new CancellationTokenSource();
            Enter(ChannelState.Connecting, "");
            _loop = PullAsync(_loop, _pull);
        }
        else if (!wanted && _pull is { } pull)
        {
            _pull = null;
            _ = pull.CancelAsync();                         // never here: a session's end may wait for a lock that it delivers under, and a delivery waits for ours
            _viewers.Forget();
            Enter(ChannelState.Idle, "");
        }
    }

    private async Task PullAsync(Task before, CancellationTokenSource pull)
    {
        using var _ = pull;
        await before;
        var stop = pull.Token;
        try
        {
            await _box.Pace.WaitAsync(stop);
            while (!stop.IsCancellationRequested)
            {
                var again = await TrySessionAsync(stop);
                if (!again && !stop.IsCancellationRequested)
                    await _attempts.PauseAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody asks any more.
        }
    }

    /// <summary>One session from connect to end. True when it ended because a new one is wanted at once.</summary>
    private async Task<bool> TrySessionAsync(CancellationToken stop)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Func<ISourceSession> connect;
        lock (_sync)
        {
            _attempts.Begin(attempt);
            connect = _connect;
        }
        var (reason, detail) = (GapReason.Reconnect, "the source ended the stream");
        var least = TimeSpan.Zero;
        try
        {
            await Task.Run(() => Begin(connect()).RunAsync(this, attempt.Token), attempt.Token);
        }
        catch (OperationCanceledException) when (attempt.IsCancellationRequested)
        {
            (reason, detail) = (GapReason.Reconnect, "settings changed");
        }
        catch (SourceException e)
        {
            (reason, detail, least) = (e.Reason, e.Message, e.Pause);
        }
        catch (ProtocolException e)
        {
            (reason, detail) = (GapReason.Reconnect, e.Message);
        }
        catch (Exception e)                                 // a session ends here, whatever it was; the supervisor tries again
        {
            LogFault(_key.ChannelNumber, _key.Stream, e);
            (reason, detail) = (GapReason.Offline, e.Message);
        }
        var changed = attempt.IsCancellationRequested;
        lock (_sync)
        {
            _attempts.Ended(least);
            _session = null;
            Publish(_fragmenter.Close());
            PublishShort(_short?.Close());
            _rate.Reset();
            if (stop.IsCancellationRequested)
                return false;
            _reconnects++;
            _outage = reason;
            if (_state is not ChannelState.Offline || _detail != detail)
                LogOutage(_key.ChannelNumber, _key.Stream, detail);
            if (_records)
                _gaps.Missing(reason, _box.Clock.BoottimeUs);
            Enter(changed ? ChannelState.Connecting : ChannelState.Offline, changed ? "" : detail);
        }
        return changed;
    }

    private ISourceSession Begin(ISourceSession session)
    {
        lock (_sync)
        {
            _session = session;
            session.LowLatency = _short is not null;
        }
        return session;
    }

    private void Publish(Fragment? fragment)
    {
        if (fragment is null)
            return;
        _attempts.Succeeded();
        _rate.Add(fragment.Length, fragment.VideoSamples, _box.Clock.BoottimeUs);
        if (_state is ChannelState.Connecting or ChannelState.Offline)
            Enter(_records ? ChannelState.Recording : ChannelState.Live, Remark);
        if (_records && !_ring!.Offer(fragment, _outage))
            RestartAtSync();
        _viewers.Offer(fragment);
        fragment.Release();
    }

    private void PublishShort(Fragment? fragment)
    {
        if (fragment is null)
            return;
        _shortViewers.Offer(fragment);
        fragment.Release();
    }

    /// <summary>The next run begins where the ring's footage ends, for viewers too: one time line serves both.</summary>
    private void RestartAtSync()
    {
        _fragmenter.RestartAtSync(_ring!.MediaEnd90k);
        _short?.RestartAtSync(_ring.MediaEnd90k);
    }

    private void Enter(ChannelState state, string detail)
    {
        if (state == _state && detail == _detail)
            return;
        if (state != _state)
            _since = _box.Time.GetUtcNow();
        (_state, _detail) = (state, detail);
        _viewers.Changed(state, detail);
        _shortViewers.Changed(state, detail);
        _changed();
    }

    private void Leave(IFragmentViewer viewer)
    {
        lock (_sync)
        {
            if (!_viewers.Leave(viewer))
                _shortViewers.Leave(viewer);
            Balance();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channel {Channel} stream {Stream} is offline: {Detail}")]
    private partial void LogOutage(int channel, byte stream, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Channel {Channel} stream {Stream}: a session ended by a fault of this program")]
    private partial void LogFault(int channel, byte stream, Exception e);

    private sealed class ViewerLease(Capture capture, IFragmentViewer viewer) : IDisposable
    {
        private Capture? _capture = capture;

        public void Dispose() => Interlocked.Exchange(ref _capture, null)?.Leave(viewer);
    }
}
