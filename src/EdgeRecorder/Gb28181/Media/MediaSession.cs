using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>One session: datagrams and connections of a port pair, of which one source is believed, to one reader.</summary>
internal sealed class MediaSession : IMediaSession, IRtpInput
{
    private const long ReportUs = 5_000_000;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    private readonly MediaReception _reception;
    private readonly SessionPorts _ports;
    private readonly IMediaTap _tap;
    private readonly SourceGate _gateKeeper;
    private readonly Lock _gate = new();
    private readonly uint _ownSsrc = (uint)Random.Shared.Next();
    private readonly CancellationTokenSource _stop = new();
    private JitterBuffer? _reorder;
    private RtpReader? _reader;
    private MediaConnection[] _connections = [];            // replaced, never changed
    private readonly TaskCompletionSource _expected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IPEndPoint? _source;
    private bool _isDatagram;
    private volatile bool _closed;
    private bool _saidForeign;
    private bool _saidSsrc;
    private volatile bool _lowLatency;
    private long _lastUs;
    private long _reportedUs;
    private long _packets;
    private long _foreign;

    public MediaSession(MediaReception reception, SessionPorts ports, IMediaTap tap)
    {
        (_reception, _ports, _tap) = (reception, ports, tap);
        _gateKeeper = new(reception.Options.SsrcPolicy, (long)reception.Options.SourceSilence.TotalMicroseconds);
        _lastUs = reception.Clock.BoottimeUs;
    }

    public int Port => _ports.Port;
    public IPEndPoint? Source => Volatile.Read(ref _source);
    public uint? Ssrc => _gateKeeper.Ssrc;
    public long Packets => Volatile.Read(ref _packets);
    public long LostPackets => _reader?.LostPackets ?? 0;
    public long Foreign => Volatile.Read(ref _foreign);
    public IReadOnlyList<string> NotRecorded => _reader?.NotRecorded ?? [];
    public long SilentSinceUs => Volatile.Read(ref _lastUs);

    public bool LowLatency
    {
        get => _lowLatency;
        set
        {
            _lowLatency = value;
            foreach (var connection in _connections)
                connection.LowLatency = value;
        }
    }

    internal MediaReception Reception => _reception;

    public void Start()
    {
        _ = Task.Run(ReceiveAsync);
        _ = Task.Run(AcceptAsync);
    }

    public void Expect(MediaPeer peer)
    {
        lock (_gate)
        {
            _gateKeeper.Expect(peer);
            if (_reader is null && !_closed)
            {
                _reader = new(_tap, peer.Formats);
                _reorder = new(this);
            }
        }
        _expected.TrySetResult();
    }

    public async Task ConnectAsync(IPEndPoint device, CancellationToken stop)
    {
        bool isKnown;
        lock (_gate)
            isKnown = _gateKeeper.Knows(device.Address);
        if (!isKnown)
            throw new SourceException(GapReason.Offline, $"the device names {device.Address} for its media, which is not where it is");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop.Token);
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(device.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(device, either.Token).ConfigureAwait(false);
                Add(socket);
                return;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (attempt >= _reception.Options.ConnectAttempts)
                    throw new SourceException(GapReason.Offline, $"no media connection to {device}: {e.Message}", e);
            }
            catch (OperationCanceledException)
            {
                socket.Dispose();
                throw;
            }
            await Task.Delay(BetweenAttempts, _reception.Time, either.Token).ConfigureAwait(false);     // the standard's: at least three, at least a second apart
        }
    }

    public void Drain()
    {
        foreach (var connection in _connections)
            connection.Drain();                             // a picture whose end has not come stays open: it would be cut
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            _reorder?.Dispose();
            _reader?.Dispose();
        }
        _expected.TrySetResult();
        _stop.Cancel();
        _ports.Dispose();
        foreach (var connection in _connections)
            connection.Close();
        _reception.Closed(this);
    }

    /// <summary>All that happens by the clock.</summary>
    public void Tick(long nowUs)
    {
        foreach (var connection in _connections)
            connection.Tick(nowUs);
        lock (_gate)
        {
            if (_closed || _reader is not { } reader)
                return;
            Guarded(() =>
            {
                _reorder!.Expire(nowUs);
                reader.Expire(nowUs);
            });
            if (_isDatagram && _source is { } source && nowUs - _reportedUs >= ReportUs)
                Report(reader, source, nowUs);
        }
    }

    /// <summary>One packet, from a datagram or a connection.</summary>
    /// <returns>Whether it is of this session.</returns>
    internal bool Receive(ReadOnlySpan<byte> packet, object carrier, IPEndPoint source, bool isDatagram, long nowUs)
    {
        lock (_gate)
        {
            if (_closed || _reader is not { } reader)
                return false;
            var admission = _gateKeeper.Look(packet, carrier, source.Address, nowUs);
            switch (admission)
            {
                case Admission.Foreign:
                    CountForeign(source, "another source sends, or the SSRC is another");
                    return false;
                case Admission.Malformed:
                    Interlocked.Increment(ref _reception.Counters.Malformed);
                    return false;
                case Admission.Control:
                    return true;
                case Admission.TakenAnew:
                    _reorder!.Flush();
                    reader.Restart();
                    _reorder.Dispose();
                    _reorder = new(this);
                    _isDatagram = isDatagram;
                    Volatile.Write(ref _source, source);
                    SaySsrc();
                    break;
            }
            Volatile.Write(ref _lastUs, nowUs);
            Volatile.Write(ref _packets, _packets + 1);
            Interlocked.Increment(ref _reception.Counters.Packets);
            Interlocked.Add(ref _reception.Counters.Bytes, packet.Length);
            if (isDatagram)
                _reorder!.Add(packet, (ushort)(packet[2] << 8 | packet[3]), nowUs);
            else
                reader.Add(packet, nowUs);
            return true;
        }
    }

    void IRtpInput.Add(ReadOnlySpan<byte> datagram, long arrivalUs)
    {
        if (!_closed)
            _reader!.Add(datagram, arrivalUs);
    }

    /// <summary>A connection that was not there before.</summary>
    internal void Add(Socket socket)
    {
        MediaConnection? connection = null;
        lock (_gate)
        {
            try
            {
                var source = (IPEndPoint)socket.RemoteEndPoint!;
                var isTooMany = _connections.Count(other => !other.IsProven) >= _reception.Options.MostUnproven;
                if (!_closed && _gateKeeper.Knows(SessionPorts.Plain(source.Address)) && !isTooMany)
                    _connections = [.. _connections, connection = new(this, socket)];
                else if (!_closed)
                    CountForeign(source, "a connection from an address that is not the device's, or one too many");
            }
            catch (SocketException)
            {
                connection = null;                          // it is gone already
            }
        }
        if (connection is null)
        {
            socket.Dispose();
            return;
        }
        connection.LowLatency = _lowLatency;
        _ = Task.Run(connection.RunAsync);
    }

    internal void Ended(MediaConnection connection, string why)
    {
        lock (_gate)
        {
            _connections = Array.FindAll(_connections, other => other != connection);
            if (_closed)
                return;
            _gateKeeper.Gone(connection);
            if (!connection.IsProven || !Equals(_source, connection.Source))
                return;
            _reader?.Flush();
            _tap.Ended(why);
        }
    }

    private async Task AcceptAsync()
    {
        await _expected.Task.ConfigureAwait(false);         // whoever comes before the answer waits in the backlog
        while (!_closed)
        {
            try
            {
                Add(await _ports.Listener.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // It was gone before it was accepted.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ReceiveAsync()
    {
        await _expected.Task.ConfigureAwait(false);
        // Only the pages that datagrams touch are ever there.
        var buffer = GC.AllocateUninitializedArray<byte>(ushort.MaxValue + 1, pinned: true);
        var anyone = new IPEndPoint(_ports.Data.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        var from = anyone.Serialize();
        SocketAddress? known = null;
        var source = anyone;
        while (!_closed)
        {
            try
            {
                var count = await _ports.Data.ReceiveFromAsync(buffer, SocketFlags.None, from, _stop.Token).ConfigureAwait(false);
                if (known is null || !known.Equals(from))
                {
                    source = (IPEndPoint)anyone.Create(from);
                    source = new(SessionPorts.Plain(source.Address), source.Port);
                    known = new(from.Family, from.Size);
                    from.Buffer.Span[..from.Size].CopyTo(known.Buffer.Span);
                }
                Receive(buffer.AsSpan(0, count), source, source, isDatagram: true, _reception.Clock.BoottimeUs);
            }
            catch (ProtocolException)
            {
                Interlocked.Increment(ref _reception.Counters.Malformed);
            }
            catch (SocketException e) when (e.SocketErrorCode is not (SocketError.OperationAborted or SocketError.NotSocket))
            {
                // ICMP about a report of ours: the device does not listen for it.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                Fail(e);
                return;
            }
        }
    }

    private void Report(RtpReader reader, IPEndPoint source, long nowUs)
    {
        _reportedUs = nowUs;
        if (_gateKeeper.Ssrc is not { } ssrc || source.Port == ushort.MaxValue)
            return;
        Span<byte> report = stackalloc byte[Rtcp.ReportLength];
        var length = Rtcp.WriteReceiverReport(report, _ownSsrc, ssrc, reader.Sequence, lastReport: 0, sinceLastReport: 0);
        var address = _ports.Control.AddressFamily == AddressFamily.InterNetworkV6 ? source.Address.MapToIPv6() : source.Address;
        try
        {
            _ports.Control.SendTo(report[..length], SocketFlags.None, new IPEndPoint(address, source.Port + 1));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Some platforms stop sending without reports; most devices do not even listen.
        }
    }

    private void CountForeign(IPEndPoint source, string why)
    {
        Volatile.Write(ref _foreign, _foreign + 1);
        Interlocked.Increment(ref _reception.Counters.Foreign);
        if (_saidForeign)
            return;
        _saidForeign = true;
        _reception.LogForeign(Port, source, why);
    }

    private void SaySsrc()
    {
        if (_saidSsrc || !_gateKeeper.IsOther)
            return;
        _saidSsrc = true;
        _reception.LogOtherSsrc(Port, Media.Ssrc.ToText(_gateKeeper.Ssrc!.Value), Media.Ssrc.ToText(_gateKeeper.ExpectedSsrc ?? 0));
    }

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (ProtocolException)
        {
            Interlocked.Increment(ref _reception.Counters.Malformed);
        }
    }

    internal void Fail(Exception e)
    {
        lock (_gate)
            if (!_closed)
                _tap.Ended(_reception.Fault(Port, e));
    }
}
