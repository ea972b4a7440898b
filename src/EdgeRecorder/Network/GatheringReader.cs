using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgeRecorder.Media;

namespace EdgeRecorder.Network;

/// <summary>Whom a connection hands what it reads. Called from one thread at a time.</summary>
internal interface IByteSink
{
    /// <param name="bytes">What was left over last time and what came since; gone after the call.</param>
    /// <param name="nowUs">CLOCK_BOOTTIME of the socket read that brought it.</param>
    /// <returns>Bytes that are done with; the rest comes again, with more behind it.</returns>
    int Take(ReadOnlySpan<byte> bytes, long nowUs);
}

/// <summary>
/// The reading half of a TCP connection that brings media. It waits for readability without a buffer, then reads all there is into a shared buffer and keeps
/// only the incomplete end: idle connections hold next to nothing, and a wake-up allocates nothing.
/// </summary>
/// <param name="socket">Connected and not blocking; stays the caller's.</param>
/// <param name="largestMark">Bound of SO_RCVLOWAT.</param>
internal sealed class GatheringReader(Socket socket, BoxClock clock, int largestMark = 512 * 1024)
{
    private const int SolSocket = 1, SoRcvLowat = 18;       // asm-generic/socket.h: the same on x86-64 and arm64
    private const long LongestBelowMarkUs = 800_000;

    private readonly Lock _gate = new();
    private byte[] _tail = [];
    private int _tailLength;
    private int _markSet = LowWaterMark.Unset;
    private long _lastReadUs;

    public LowWaterMark Mark { get; } = new(largestMark);

    /// <summary>Bytes read in all, and in how many reads.</summary>
    public long BytesRead { get; private set; }
    public long Reads { get; private set; }

    /// <summary>Bytes that wait for what belongs behind them.</summary>
    public int Left => Volatile.Read(ref _tailLength);

    /// <summary>CLOCK_BOOTTIME of the last read, microseconds; 0 before.</summary>
    public long LastReadUs => Volatile.Read(ref _lastReadUs);

    /// <summary>Every byte at once while true.</summary>
    public bool LowLatency
    {
        get => Mark.LowLatency;
        set
        {
            Mark.LowLatency = value;
            if (value && _markSet != LowWaterMark.Unset)
                SetMark(LowWaterMark.Unset);
        }
    }

    /// <summary>Reads until the peer closes (returns), fails or the socket is disposed.</summary>
    /// <exception cref="SocketException">The connection failed.</exception>
    public async Task ReadAsync(IByteSink sink)
    {
        do
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
        while (Drain(sink));
    }

    /// <summary>Reads now what lies below the mark. From any thread.</summary>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="SocketException">The connection failed.</exception>
    public bool Drain(IByteSink sink)
    {
        var buffer = ReceiveBuffers.Rent();
        try
        {
            lock (_gate)
                return Drain(sink, buffer);
        }
        finally
        {
            ReceiveBuffers.Return(buffer);
        }
    }

    /// <summary>Once a second or so: what lies below the mark for longer is fetched by lowering it, which wakes the reader.</summary>
    public void Tick(long nowUs)
    {
        if (_markSet != LowWaterMark.Unset && nowUs - LastReadUs > LongestBelowMarkUs)
            SetMark(LowWaterMark.Unset);
    }

    /// <summary>Hands over once more what is left, though nothing came behind it.</summary>
    public void TakeAgain(IByteSink sink, long nowUs)
    {
        lock (_gate)
        {
            var left = _tail.AsSpan(0, _tailLength);
            KeepTail(left[sink.Take(left, nowUs)..]);
        }
    }

    private bool Drain(IByteSink sink, byte[] buffer)
    {
        while (true)
        {
            _tail.AsSpan(0, _tailLength).CopyTo(buffer);
            var room = buffer.AsSpan(_tailLength);
            var count = socket.Receive(room, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            if (count == 0)
                return false;
            var nowUs = clock.BoottimeUs;
            Volatile.Write(ref _lastReadUs, nowUs);
            BytesRead += count;
            Reads++;
            Mark.Received(count, nowUs);
            var filled = buffer.AsSpan(0, _tailLength + count);
            KeepTail(filled[sink.Take(filled, nowUs)..]);
            if (count < room.Length)
                break;
        }
        var wanted = Mark.LowLatency ? LowWaterMark.Unset : Mark.Value;
        if (wanted != _markSet)
            SetMark(wanted);
        return true;
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
            socket.SetRawSocketOption(SolSocket, SoRcvLowat, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
            _markSet = bytes;
        }
        catch (ObjectDisposedException)
        {
            // The timer came while the connection was being closed.
        }
    }
}
