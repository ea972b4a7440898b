using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Network;

namespace EdgeRecorder.Rtsp;

/// <summary>Whom a connection hands what it reads. Called from one thread at a time.</summary>
internal interface IRtspPeer
{
    /// <param name="data">A slice of the network buffer, gone after the call.</param>
    /// <param name="nowUs">CLOCK_BOOTTIME of the socket read that brought it.</param>
    void Frame(byte channel, ReadOnlySpan<byte> data, long nowUs);

    void Message(RtspMessage message);
}

/// <summary>The TCP connection of a session.</summary>
internal sealed class RtspConnection : IByteSink, IDisposable
{
    private const int MostUnsent = 64 * 1024;

    private readonly Socket _socket;
    private readonly GatheringReader _reader;
    private readonly Lock _sendGate = new();
    private IRtspPeer? _peer;
    private byte[] _unsent = [];
    private int _unsentLength;
    private bool _closed;

    /// <param name="socket">Connected; belongs to this class from here on.</param>
    public RtspConnection(Socket socket, BoxClock clock)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _socket.Blocking = false;
        _reader = new(socket, clock);
    }

    public LowWaterMark Mark => _reader.Mark;
    public IPAddress LocalAddress => Address(_socket.LocalEndPoint);
    public IPAddress RemoteAddress => Address(_socket.RemoteEndPoint);

    /// <summary>Bytes read in all, and in how many reads.</summary>
    public long BytesRead => _reader.BytesRead;
    public long Reads => _reader.Reads;

    /// <summary>Reads until the peer closes (returns), fails or this is disposed.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ProtocolException">What came is neither message nor frame, or <paramref name="peer"/> could not make sense of it.</exception>
    public Task ReadAsync(IRtspPeer peer)
    {
        _peer = peer;
        return _reader.ReadAsync(this);
    }

    /// <summary>Reads now what lies below the mark. From any thread.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ProtocolException">As <see cref="ReadAsync"/>.</exception>
    public void DrainNow(IRtspPeer peer)
    {
        _peer = peer;
        _reader.Drain(this);
    }

    /// <summary>Sends without waiting. What the kernel does not take at once is kept, up to 64 KiB; a peer that reads nothing at all loses the rest.</summary>
    /// <returns>False when nothing of it was or will be sent.</returns>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        lock (_sendGate)
        {
            if (_closed)
                return false;                               // the session ended while a timer was about to report
            if (!FlushUnsent())
                return Keep(bytes);
            var sent = _socket.Send(bytes, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
                return false;
            return error == SocketError.Success && sent == bytes.Length || Keep(bytes[(error == SocketError.Success ? sent : 0)..]);
        }
    }

    /// <summary>Once a second or so: what lies below the mark for longer is fetched by lowering it, which wakes the reader.</summary>
    public void Tick(long nowUs)
    {
        lock (_sendGate)
            if (!_closed)
                FlushUnsent();
        _reader.Tick(nowUs);
    }

    /// <summary>Every byte at once while true.</summary>
    public bool LowLatency
    {
        get => _reader.LowLatency;
        set => _reader.LowLatency = value;
    }

    /// <summary>Nothing more is sent; the peer learns it behind what was.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }

    public void Dispose()
    {
        lock (_sendGate)
            _closed = true;
        _socket.Dispose();
    }

    /// <summary>The socket serves both families: an IPv4 address comes mapped.</summary>
    private static IPAddress Address(EndPoint? end)
        => ((IPEndPoint)end!).Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : ((IPEndPoint)end).Address;

    int IByteSink.Take(ReadOnlySpan<byte> bytes, long nowUs)
    {
        var at = 0;
        while (RtspFramer.TryRead(bytes[at..], out var item, out var consumed))
        {
            at += consumed;
            if (item.Message is { } message)
                _peer!.Message(message);
            else
                _peer!.Frame(item.Channel, item.Frame, nowUs);
        }
        return at;
    }

    private bool FlushUnsent()
    {
        if (_unsentLength == 0)
            return true;
        var sent = _socket.Send(_unsent.AsSpan(0, _unsentLength), SocketFlags.None, out var error);
        if (error != SocketError.Success)
            return false;
        _unsent.AsSpan(sent, _unsentLength - sent).CopyTo(_unsent);
        _unsentLength -= sent;
        return _unsentLength == 0;
    }

    private bool Keep(ReadOnlySpan<byte> bytes)
    {
        if (_unsentLength + bytes.Length > MostUnsent)
            return false;
        if (_unsentLength + bytes.Length > _unsent.Length)
            Array.Resize(ref _unsent, MostUnsent);
        bytes.CopyTo(_unsent.AsSpan(_unsentLength));
        _unsentLength += bytes.Length;
        return true;
    }
}
