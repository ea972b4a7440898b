using System.Net.Sockets;

namespace EdgeRecorder.Simulators;

/// <summary>The bytes to one client, never waiting: what the socket does not take stays here until the next turn. One thread at a time.</summary>
internal sealed class Outbox(Socket socket)
{
    private byte[] _pending = [];
    private int _begin, _end;
    private double _lastFlush;
    private double _allowance;

    public bool IsEmpty => _begin == _end;

    /// <summary>The peer is gone; nothing can be sent any more.</summary>
    public bool IsBroken { get; private set; }

    public long BytesSent { get; private set; }

    /// <summary>0 = no limit.</summary>
    public int BytesPerSecond { get; set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsEmpty && BytesPerSecond == 0)
            bytes = bytes[Send(bytes)..];
        if (bytes.IsEmpty)
            return;
        if (_pending.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_pending.AsSpan(_end));
        _end += bytes.Length;
    }

    public void Flush(double now)
    {
        var allowed = _end - _begin;
        if (BytesPerSecond > 0)
        {
            _allowance = Math.Min(_allowance + (now - _lastFlush) * BytesPerSecond, BytesPerSecond);
            allowed = Math.Min(allowed, (int)_allowance);
        }
        _lastFlush = now;
        if (allowed == 0)
            return;
        var sent = Send(_pending.AsSpan(_begin, allowed));
        _allowance -= sent;
        _begin += sent;
        if (IsEmpty)
            _begin = _end = 0;
    }

    private int Send(ReadOnlySpan<byte> bytes)
    {
        if (IsBroken)
            return bytes.Length;                               // lands nowhere, as on a cut cable
        var sent = socket.Send(bytes, SocketFlags.None, out var error);
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.TryAgain))
        {
            IsBroken = true;
            return bytes.Length;
        }
        BytesSent += sent;
        return sent;
    }

    private void MakeRoom(int count)
    {
        var kept = _pending.AsSpan(_begin.._end);
        var target = _pending.Length - kept.Length >= count ? _pending : new byte[Math.Max(64 * 1024, (kept.Length + count) * 2)];
        kept.CopyTo(target);
        (_pending, _begin, _end) = (target, 0, kept.Length);
    }
}
