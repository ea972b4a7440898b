using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Network;

namespace EdgeRecorder.Jt1078;

/// <summary>One TCP connection of a terminal. It may bring several channels, of several terminals even; every packet speaks for itself.</summary>
internal sealed class MediaConnection : IByteSink, IPacketSink, IMediaCarrier
{
    private const long GiveUpDetectingUs = 2_000_000;
    private const long RateWindowUs = 10_000_000;

    private readonly MediaHub _hub;
    private readonly Socket _socket;
    private readonly GatheringReader _reader;
    private readonly PacketFramer _framer = new();
    private readonly Lock _ownedGate = new();
    private readonly long _acceptedUs;
    private volatile MediaLease[] _owned = [];
    private volatile string? _closed;                       // why
    private bool _isEnd;
    private long _wantedUs;                                 // of the last packet that was asked for
    private long _packetUs;                                 // of the last packet
    private long _windowUs;
    private long _windowBytes;
    private long _packets, _bytes, _unasked;                // since the last time they were handed on
    private SimNumber _lastSim;                             // what the last packet was, and where it went
    private byte _lastChannel;
    private MediaLease? _lastLease;
    private long _lastVersion = -1;

    public MediaConnection(MediaHub hub, MediaKind kind, Socket socket, long ordinal, long nowUs)
    {
        (_hub, Kind, _socket, Ordinal, _acceptedUs, _windowUs) = (hub, kind, socket, ordinal, nowUs, nowUs);
        socket.Blocking = false;
        Source = MediaHub.Plain((IPEndPoint)socket.RemoteEndPoint!);
        _reader = new(socket, hub.Clock);
    }

    public MediaKind Kind { get; }
    public long Ordinal { get; }
    public IPEndPoint Source { get; }
    public bool IsDatagram => false;

    /// <summary>Bytes that wait for what belongs behind them.</summary>
    public int Left => _reader.Left;

    /// <summary>It brought something that was asked for, at some time.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Its place among those that did not; the hub's.</summary>
    public LinkedListNode<MediaConnection>? Unproven { get; set; }

    /// <summary>Reads until it ends, and tells its streams.</summary>
    public async Task RunAsync()
    {
        var why = "connection closed by terminal";
        try
        {
            await _reader.ReadAsync(this).ConfigureAwait(false);
            _isEnd = true;
            _reader.TakeAgain(this, _hub.Clock.BoottimeUs);
        }
        catch (ProtocolException e)
        {
            why = e.Message;
            Close(why, ref _hub.Counters.ClosedMalformed);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            why = _closed ?? $"connection lost: {e.Message}";
        }
        catch (Exception e)                                 // the connection ends here, whatever it was
        {
            why = _hub.Fault(Source, e);
        }
        finally
        {
            _closed ??= why;
            _socket.Dispose();
            HandOn();
            _hub.Ended(this);
            foreach (var lease in _owned)
                lease.Gone(this, _closed);
        }
    }

    /// <summary>Ends it from wherever; its reading task does the rest.</summary>
    public void Close(string why, ref long counter)
    {
        if (Interlocked.CompareExchange(ref _closed, why, null) is not null)
            return;
        Interlocked.Increment(ref counter);
        _socket.Dispose();
    }

    /// <summary>Ends it, and nobody is to blame.</summary>
    public void Close(string why)
    {
        if (Interlocked.CompareExchange(ref _closed, why, null) is null)
            _socket.Dispose();
    }

    /// <summary>All that happens by the clock.</summary>
    public void Tick(long nowUs)
    {
        var options = _hub.Options;
        var owned = _owned.Length;
        var packetUs = Math.Max(_acceptedUs, Volatile.Read(ref _packetUs));
        if (owned == 0 && nowUs - Math.Max(_acceptedUs, Volatile.Read(ref _wantedUs)) > options.Unproven.TotalMicroseconds)
            Close("nothing that was asked for", ref _hub.Counters.ClosedUnasked);
        else if (_reader.Left > 0 && nowUs - packetUs > options.PartialPacket.TotalMicroseconds)
            Close("packet was not completed", ref _hub.Counters.ClosedMalformed);
        else if (nowUs - packetUs > options.Silence.TotalMicroseconds)
            Close("terminal is silent");
        else if (nowUs - _windowUs >= RateWindowUs)
            CheckRate(nowUs, Math.Max(1, owned) * (Kind == MediaKind.Playback ? options.MostPlaybackBitsPerSecond : options.MostBitsPerSecond));
        if (_closed is not null)
            return;
        _reader.Tick(nowUs);
        if (_framer.Width is null && _reader.Left > 0 && nowUs - _reader.LastReadUs > GiveUpDetectingUs)
            Guarded(static connection =>
            {
                connection._isEnd = true;
                connection._reader.TakeAgain(connection, connection._hub.Clock.BoottimeUs);
                connection._isEnd = false;
                return true;
            });
    }

    public void Drain() => Guarded(static connection => connection._reader.Drain(connection));

    public void LatencyChanged()
    {
        lock (_ownedGate)
            _reader.LowLatency = Array.Exists(_owned, lease => lease.WantsLowLatency);
    }

    public void Took(MediaLease lease)
    {
        lock (_ownedGate)
            _owned = [.. _owned, lease];
        LatencyChanged();
        if (IsProven)
            return;
        IsProven = true;
        _hub.Proved(this);
    }

    public void Released(MediaLease lease)
    {
        lock (_ownedGate)
            _owned = Array.FindAll(_owned, other => other != lease);
        LatencyChanged();
        if (lease.IsOpen && _owned.Length == 0)
            Close("another connection took its place");
    }

    int IByteSink.Take(ReadOnlySpan<byte> bytes, long nowUs)
    {
        var before = _packets;
        int taken;
        try
        {
            taken = _framer.Take(bytes, nowUs, this, _isEnd);
        }
        catch (ProtocolException e)
        {
            _hub.Malformed(Source, e.Message, bytes);
            throw;
        }
        _bytes += taken;
        if (_packets > before)
            Volatile.Write(ref _packetUs, nowUs);
        HandOn();
        return taken;
    }

    void IPacketSink.Packet(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
    {
        _packets++;
        if (_lastVersion != _hub.Version || head.Channel != _lastChannel || head.Sim != _lastSim)
        {
            _lastVersion = _hub.Version;
            (_lastSim, _lastChannel, _lastLease) = (head.Sim, head.Channel, _hub.Find(Kind, head.Sim, head.Channel));
        }
        if (_lastLease is null)
            _hub.Refused(Kind, head.Sim, head.Channel, Source);
        if (_lastLease is { } lease && lease.Receive(this, head, body, nowUs))
            Volatile.Write(ref _wantedUs, nowUs);
        else
            _unasked++;                                     // or another connection brings it
    }

    void IPacketSink.Skipped()
    {
        foreach (var lease in _owned)
            lease.Skip(this);
    }

    bool IPacketSink.IsKnown(SimNumber sim) => _hub.IsKnown(sim);

    private void HandOn()
    {
        _hub.Count(_packets, _bytes, _unasked);
        Interlocked.Add(ref _windowBytes, _bytes);
        (_packets, _bytes, _unasked) = (0, 0, 0);
    }

    private void CheckRate(long nowUs, long mostBitsPerSecond)
    {
        var bits = Interlocked.Exchange(ref _windowBytes, 0) * 8;
        if (bits > mostBitsPerSecond * (nowUs - _windowUs) / 1_000_000)
            Close($"more than {mostBitsPerSecond / 1_000_000} Mbit/s", ref _hub.Counters.ClosedMalformed);
        _windowUs = nowUs;
    }

    /// <summary>Reading from another thread than its own; what goes wrong ends the connection as there.</summary>
    private void Guarded(Func<MediaConnection, bool> read)
    {
        try
        {
            if (!read(this))
                Close("connection closed by terminal");
        }
        catch (ProtocolException e)
        {
            Close(e.Message, ref _hub.Counters.ClosedMalformed);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Close($"connection lost: {e.Message}");
        }
        catch (Exception e)                                 // it ends the connection, not the thread that looked
        {
            Close(_hub.Fault(Source, e));
        }
    }
}
