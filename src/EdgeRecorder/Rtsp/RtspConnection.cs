using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtsp;

/// <summary>Whom a connection hands what it reads. Called from one thread at a time.</summary>
internal interface IRtspPeer
{
    /// <param name="data">A slice of the network buffer, gone after the call.</param>
    /// <param name="nowUs">CLOCK_BOOTTIME of the socket read that brought it.</param>
    void Frame(byte channel, ReadOnlySpan<byte> data, long nowUs);

    void Message(RtspMessage message);
}

/// <summary>
/// The TCP connection of a session. It waits for readability without a buffer, then reads all there is into a shared buffer and keeps
/// only the incomplete end: idle connections hold a few KiB, and a wake-up allocates nothing.
/// </summary>
internal sealed class RtspConnection : IDisposable
{
    private const int MostUnsent = 64 * 1024;
    private const int SolSocket = 1, SoRcvLowat = 18;       // asm-generic/socket.h: the same on x86-64 and arm64

    private readonly Socket _socket;
    private readonly BoxClock _clock;
    private readonly LowWaterMark _mark;
    private readonly Lock _sendGate = new();
    private readonly Lock _readGate = new();
    private byte[] _tail = [];
    private int _tailLength;
    private byte[] _unsent = [];
    private int _unsentLength;
    private int _markSet = LowWaterMark.Unset;
    private long _lastReadUs;

    /// <param name="socket">Connected; belongs to this class from here on.</param>
    public RtspConnection(Socket socket, BoxClock clock)
    {
        _socket = socket;
        _clock = clock;
        _socket.NoDelay = true;
        _socket.Blocking = false;
        _mark = new(largest: 512 * 1024);
    }

    public LowWaterMark Mark => _mark;
    public IPAddress LocalAddress => Address(_socket.LocalEndPoint);
    public IPAddress RemoteAddress => Address(_socket.RemoteEndPoint);

    /// <summary>Bytes read in all, and in how many reads.</summary>
    public long BytesRead { get; private set; }
    public long Reads { get; private set; }

    /// <summary>Reads until the peer closes (returns), fails or this is disposed.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ProtocolException">What came is neither message nor frame, or <paramref name="peer"/> could not make sense of it.</exception>
    public async Task ReadAsync(IRtspPeer peer)
    {
        do
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
        while (Drain(peer));
    }

    /// <summary>Reads now what lies below the mark. From any thread.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ProtocolException">As <see cref="ReadAsync"/>.</exception>
    public void DrainNow(IRtspPeer peer) => Drain(peer);

    /// <summary>Sends without waiting. What the kernel does not take at once is kept, up to 64 KiB; a peer that reads nothing at all loses the rest.</summary>
    /// <returns>False when nothing of it was or will be sent.</returns>
    public bool Send(ReadOnlySpan<byte> bytes)
    {
        lock (_sendGate)
        {
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
            FlushUnsent();
        if (_markSet != LowWaterMark.Unset && nowUs - Volatile.Read(ref _lastReadUs) > 800_000)
            SetMark(LowWaterMark.Unset);
    }

    /// <summary>Every byte at once while true.</summary>
    public bool LowLatency
    {
        get => _mark.LowLatency;
        set
        {
            _mark.LowLatency = value;
            if (value)
                SetMark(LowWaterMark.Unset);
        }
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

    public void Dispose() => _socket.Dispose();

    /// <summary>The socket serves both families: an IPv4 address comes mapped.</summary>
    private static IPAddress Address(EndPoint? end)
        => ((IPEndPoint)end!).Address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : ((IPEndPoint)end).Address;

    /// <summary>Reads all there is; false at the end of the stream.</summary>
    private bool Drain(IRtspPeer peer)
    {
        var buffer = ReceiveBuffers.Rent();
        try
        {
            lock (_readGate)
                return Drain(peer, buffer);
        }
        finally
        {
            ReceiveBuffers.Return(buffer);
        }
    }

    private bool Drain(IRtspPeer peer, byte[] buffer)
    {
        while (true)
        {
            _tail.AsSpan(0, _tailLength).CopyTo(buffer);
            var room = buffer.AsSpan(_tailLength);
            var count = _socket.Receive(room, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            if (count == 0)
                return false;
            var nowUs = _clock.BoottimeUs;
            Volatile.Write(ref _lastReadUs, nowUs);
            BytesRead += count;
            Reads++;
            _mark.Received(count, nowUs);
            var filled = buffer.AsSpan(0, _tailLength + count);
            KeepTail(filled[Parse(filled, peer, nowUs)..]);
            if (count < room.Length)
                break;
        }
        var wanted = _mark.LowLatency ? LowWaterMark.Unset : _mark.Value;
        if (wanted != _markSet)
            SetMark(wanted);
        return true;
    }

    private static int Parse(ReadOnlySpan<byte> input, IRtspPeer peer, long nowUs)
    {
        var at = 0;
        while (RtspFramer.TryRead(input[at..], out var item, out var consumed))
        {
            at += consumed;
            if (item.Message is { } message)
                peer.Message(message);
            else
                peer.Frame(item.Channel, item.Frame, nowUs);
        }
        return at;
    }

    private void KeepTail(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _tail.Length)
            _tail = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rest.Length)];
        rest.CopyTo(_tail);
        _tailLength = rest.Length;
    }

    private void SetMark(int bytes)
    {
        try
        {
            var value = bytes;
            _socket.SetRawSocketOption(SolSocket, SoRcvLowat, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
            _markSet = bytes;
        }
        catch (ObjectDisposedException)
        {
            // The timer came while the session was ending.
        }
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
