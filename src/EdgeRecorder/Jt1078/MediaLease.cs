using System.Net;

namespace EdgeRecorder.Jt1078;

/// <summary>
/// One stream that was asked for: who brings it now, and what becomes of its packets. The newest connection wins as soon as it has brought a valid packet, for terminals
/// reconnect long before the old connection is known to be dead; two terminals with one number can so take it from each other at most once in five seconds.
/// </summary>
internal sealed partial class MediaLease : IMediaLease, IOrderedSink
{
    private const long TakeoverUs = 5_000_000;
    private const long SilentUs = 1_000_000;

    private readonly MediaHub _hub;
    private readonly ITerminalTap _tap;
    private readonly ILogger _log;
    private readonly ChannelReceiver _receiver;
    private readonly Lock _gate = new();
    private readonly Lock _lossGate = new();
    private volatile IMediaCarrier? _carrier;
    private volatile bool _closed;                          // disposed, or failed
    private bool _removed;
    private volatile bool _lowLatency;
    private volatile bool _needsArrivals;
    private ReorderWindow? _window;                         // datagrams only
    private long _takenUs;
    private long _lastPacketUs;
    private LossFigures _takenLoss;

    public MediaLease(MediaHub hub, MediaKind kind, SimNumber sim, byte channel, ITerminalTap tap, AudioHint hint, ILogger log)
    {
        (_hub, Kind, Sim, Channel, _tap, _log) = (hub, kind, sim, channel, tap, log);
        _receiver = new(tap, hint, hub.NewCoder());
    }

    public MediaKind Kind { get; }
    public SimNumber Sim { get; }
    public byte Channel { get; }
    public bool IsOpen => !_closed;
    public IMediaCarrier? Carrier => _carrier;

    public long Packets => _receiver.Counter.Received;
    public long LostPackets => _receiver.Counter.Lost;
    public IPEndPoint? Source => _carrier?.Source;
    public IReadOnlyList<string> Skipped => _receiver.NotRecorded;

    /// <summary>Bytes are to be taken as they come.</summary>
    public bool WantsLowLatency => _lowLatency || _needsArrivals;

    public bool LowLatency
    {
        get => _lowLatency;
        set
        {
            _lowLatency = value;
            _carrier?.LatencyChanged();
        }
    }

    public LossFigures TakeLoss()
    {
        lock (_lossGate)
        {
            var (received, lost) = (Packets, LostPackets);
            var loss = new LossFigures(received - _takenLoss.Received, Math.Max(0, lost - _takenLoss.Lost));
            _takenLoss = new(received, lost);
            return loss;
        }
    }

    public void Drain()
    {
        _carrier?.Drain();
        lock (_gate)
            if (!_closed)
                _receiver.Flush();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _closed = true;
                Release();
                _receiver.Dispose();
            }
            if (_removed)
                return;
            _removed = true;
        }
        _hub.Remove(this);
    }

    /// <summary>A packet of this stream. False: it is not wanted from there.</summary>
    public bool Receive(IMediaCarrier carrier, in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        lock (_gate)
        {
            if (_closed || !ReferenceEquals(_carrier, carrier) && !TryTake(carrier, nowUs))
                return false;
            _lastPacketUs = nowUs;
            try
            {
                if (_window is { } window)
                    window.Add(head, body, nowUs);
                else
                    _receiver.Add(head, body, nowUs);
            }
            catch (Exception e)
            {
                Fail(e);
                return false;
            }
            if (_needsArrivals != _receiver.NeedsArrivals)
            {
                _needsArrivals = _receiver.NeedsArrivals;
                carrier.LatencyChanged();
            }
            return true;
        }
    }

    /// <summary>Whether a source of datagrams that does not bring this stream would be let in.</summary>
    public bool IsFreeForDatagrams(long nowUs) => _carrier is null || nowUs - Volatile.Read(ref _lastPacketUs) >= SilentUs;

    /// <summary>Bytes of the connection that brings it were skipped.</summary>
    public void Skip(IMediaCarrier carrier)
    {
        lock (_gate)
            if (!_closed && ReferenceEquals(_carrier, carrier))
                _receiver.Skipped();
    }

    /// <summary>The connection is gone.</summary>
    public void Gone(IMediaCarrier carrier, string why)
    {
        lock (_gate)
        {
            if (_closed || !ReferenceEquals(_carrier, carrier))
                return;
            _receiver.Flush();                              // a clip of a second, with a sound that never came, is one all the same
            Release();
            _tap.Ended(why);
        }
    }

    /// <summary>Gives up on datagrams that are missing for too long, and on a source that is silent.</summary>
    public void Tick(long nowUs, long longestSilenceUs)
    {
        if (_carrier is not { IsDatagram: true } carrier)
            return;
        lock (_gate)
            try
            {
                _window?.Expire(nowUs);
            }
            catch (Exception e)
            {
                Fail(e);
            }
        if (nowUs - Volatile.Read(ref _lastPacketUs) > longestSilenceUs)
            Gone(carrier, "terminal is silent");
    }

    void IOrderedSink.InOrder(in PacketHead head, ReadOnlySpan<byte> body, long arrivalUs)
    {
        if (!_closed)
            _receiver.Add(head, body, arrivalUs);
    }

    private bool TryTake(IMediaCarrier carrier, long nowUs)
    {
        if (_carrier is { } before)
        {
            var isSilent = nowUs - _lastPacketUs >= SilentUs;
            var isNewer = !carrier.IsDatagram && carrier.Ordinal > before.Ordinal && (isSilent || nowUs - _takenUs >= TakeoverUs);
            if (!isNewer && !(carrier.IsDatagram && isSilent))
                return false;
            LogTakeover(Sim, Channel, carrier.Source, before.Source);
            _hub.TookOver();
        }
        Release();
        _takenUs = nowUs;
        _window = carrier.IsDatagram ? new ReorderWindow(this) : null;
        _carrier = carrier;
        _receiver.Restart();
        carrier.Took(this);
        return true;
    }

    private void Release()
    {
        _window?.Dispose();
        _window = null;
        var carrier = _carrier;
        _carrier = null;
        carrier?.Released(this);
    }

    /// <summary>This stream ends here; others on its connection have nothing to do with it.</summary>
    private void Fail(Exception e)
    {
        LogFault(Sim, Channel, e);
        _closed = true;
        Release();
        _tap.Ended($"fault of this program: {e.Message}");
        _receiver.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Terminal {Sim} channel {Channel}: media comes from {Source} now, no longer from {Before}")]
    private partial void LogTakeover(SimNumber sim, byte channel, IPEndPoint source, IPEndPoint before);

    [LoggerMessage(Level = LogLevel.Error, Message = "Terminal {Sim} channel {Channel}: the stream ended by a fault of this program")]
    private partial void LogFault(SimNumber sim, byte channel, Exception e);
}
