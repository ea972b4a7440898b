using System.Net.Sockets;
using System.Numerics;

namespace EdgeRecorder.Network;

/// <summary>What goes to a peer over TCP: at once as far as the kernel takes it, the rest later. Never waits. Not for two threads at a time.</summary>
/// <param name="most">Bytes that may wait.</param>
internal sealed class SendQueue(Socket socket, int most = 64 * 1024)
{
    private byte[] _unsent = [];
    private int _length;

    /// <summary>What waits. From any thread.</summary>
    public int Bytes => Volatile.Read(ref _length);

    /// <summary>Since when nothing of it was taken.</summary>
    public long SinceMs { get; private set; }

    /// <summary>False when the connection is broken, or too much waits already.</summary>
    public bool TrySend(ReadOnlySpan<byte> frame, long nowMs)
    {
        if (!TryFlush(nowMs))
            return false;
        var sent = _length > 0 ? 0 : SendNow(frame);
        return sent == frame.Length || sent >= 0 && Keep(frame[sent..], nowMs);
    }

    /// <summary>Sends what waits, as far as it goes; false when the connection is broken.</summary>
    public bool TryFlush(long nowMs)
    {
        if (_length == 0)
            return true;
        var sent = SendNow(_unsent.AsSpan(0, _length));
        if (sent < 0)
            return false;
        if (sent > 0)
            SinceMs = nowMs;
        _unsent.AsSpan(sent, _length - sent).CopyTo(_unsent);
        _length -= sent;
        if (_length == 0)
            _unsent = [];                                   // it happens seldom; nobody keeps its room for that
        return true;
    }

    /// <summary>How much the kernel took; −1 when the connection is broken.</summary>
    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = socket.Send(bytes, SocketFlags.None, out var error);
            return error switch { SocketError.Success => sent, SocketError.WouldBlock => 0, _ => -1 };
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    private bool Keep(ReadOnlySpan<byte> bytes, long nowMs)
    {
        if (_length + bytes.Length > most)
            return false;
        if (_length == 0)
            SinceMs = nowMs;
        if (_length + bytes.Length > _unsent.Length)
            Array.Resize(ref _unsent, (int)BitOperations.RoundUpToPowerOf2((uint)(_length + bytes.Length)));
        bytes.CopyTo(_unsent.AsSpan(_length));
        _length += bytes.Length;
        return true;
    }
}
