using EdgeRecorder.Recording;

namespace EdgeRecorder.Live;

/// <summary>What a viewer is to be sent next: a packet, or a state, or that it is over.</summary>
/// <param name="Packet">With the reference, which passes to the taker.</param>
/// <param name="SkippedBefore">Fragments he did not get in front of it.</param>
internal readonly record struct LiveItem(LivePacket? Packet, int SkippedBefore, (ChannelState State, string Detail)? State, LiveEnd? End);

/// <summary>
/// What waits for one viewer. Bounded by time, bytes and number: when its oldest packet has waited for <see cref="Patience"/>, or there is no room, all of it
/// goes and he begins again with the next sync fragment. It holds references only, the packets are everybody's.
/// </summary>
internal sealed class LiveQueue(TimeProvider time, LiveFigures figures) : ILiveViewer, IDisposable
{
    public const int MostBytes = 16 << 20;
    public const int MostPackets = 256;

    /// <summary>Together with a fragment's 0.75 s and the network below the three seconds at which nobody calls it live.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Queue<(LivePacket Packet, int SkippedBefore, long Since)> _packets = new();
    private readonly SemaphoreSlim _available = new(0);
    private long _bytes;
    private int _skipped;
    private bool _hasBegun;
    private bool _awaitsSync;
    private (ChannelState, string)? _state;
    private LiveEnd? _end;
    private bool _isClosed;

    /// <summary>Bytes that wait.</summary>
    public long Bytes
    {
        get { lock (_gate) return _bytes; }
    }

    public void Add(LivePacket packet)
    {
        lock (_gate)
        {
            if (_isClosed || !_hasBegun && !packet.IsSync)
                return;                                     // he begins with a sync fragment, and has missed nothing before it
            _hasBegun = true;
            if (IsFull(packet.Length))
                SkipAll();
            if (_awaitsSync && !packet.IsSync)
            {
                Skip(1);
                return;
            }
            packet.AddReference();
            _packets.Enqueue((packet, _skipped, time.GetTimestamp()));
            _bytes += packet.Length;
            (_awaitsSync, _skipped) = (false, 0);
            Wake();
        }
    }

    public void Changed(ChannelState state, string detail)
    {
        lock (_gate)
        {
            _state = (state, detail);                       // the newest counts
            Wake();
        }
    }

    public void Ended(LiveEnd why)
    {
        lock (_gate)
        {
            _end ??= why;
            Wake();
        }
    }

    /// <summary>Waits for what comes next.</summary>
    public async ValueTask<LiveItem> TakeAsync(CancellationToken stop)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_end is { } end)
                    return new(null, 0, null, end);
                if (_state is { } state)
                {
                    _state = null;
                    return new(null, 0, state, null);
                }
                if (_packets.TryDequeue(out var next))
                {
                    _bytes -= next.Packet.Length;
                    return new(next.Packet, next.SkippedBefore, null, null);
                }
            }
            await _available.WaitAsync(stop);
        }
    }

    /// <summary>Takes nothing more and lets go of everything.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_packets.TryDequeue(out var waiting))
                waiting.Packet.Release();
            _bytes = 0;
        }
    }

    private bool IsFull(int more)
        => _packets.TryPeek(out var oldest)
           && (time.GetElapsedTime(oldest.Since) > Patience || _packets.Count >= MostPackets || _bytes + more > MostBytes);

    private void SkipAll()
    {
        var count = 0;
        while (_packets.TryDequeue(out var waiting))
        {
            _skipped += waiting.SkippedBefore;              // nobody was told of those either
            waiting.Packet.Release();
            count++;
        }
        (_bytes, _awaitsSync) = (0, true);
        Skip(count);
    }

    private void Skip(int count)
    {
        _skipped += count;
        figures.SkippedFragments(count);
    }

    private void Wake()
    {
        if (_available.CurrentCount == 0)
            _available.Release();
    }
}
