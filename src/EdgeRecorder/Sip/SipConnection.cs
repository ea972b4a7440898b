using System.Buffers;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Network;

namespace EdgeRecorder.Sip;

/// <summary>
/// A TCP connection that carries SIP: messages in, messages out, and the deadlines of both. It waits for readability without a buffer and keeps only the incomplete message. Who sends more than
/// it may is read on later, which slows it down and nobody else.
/// </summary>
internal sealed class SipConnection
{
    private const int FirstBuffer = 8 * 1024, LargestUnsent = 256 * 1024;
    private const long Never = -1;

    private readonly Socket _socket;
    private readonly SipTransports _owner;
    private readonly Lock _sendGate = new(), _allowanceGate = new();
    private readonly SendQueue _unsent;
    private byte[] _buffer = [];
    private int _length, _needed, _taken, _end;
    private long _partialSinceMs = Never;
    private Bucket _allowance;
    private bool _isKnown, _isBehind;
    private TaskCompletionSource? _paused;

    /// <param name="socket">Connected; belongs to this class from here on.</param>
    /// <param name="isOurs">We connected it: nobody has to vouch for it.</param>
    public SipConnection(Socket socket, SipTransports owner, bool isOurs)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _socket.Blocking = false;
        _owner = owner;
        _unsent = new(socket, LargestUnsent);
        Remote = (IPEndPoint)socket.RemoteEndPoint!;
        Local = (IPEndPoint)socket.LocalEndPoint!;
        AcceptedMs = owner.NowMs;
        IsKnown = isOurs;
        Flow = new(this);
        _allowance = NewAllowance();
    }

    public IPEndPoint Remote { get; }
    public IPEndPoint Local { get; }
    public SipFlow Flow { get; }
    public long AcceptedMs { get; }
    public bool HasSpoken { get; private set; }
    public bool IsOver => Volatile.Read(ref _end) != 0;

    public bool IsKnown
    {
        get => Volatile.Read(ref _isKnown);
        set
        {
            if (Volatile.Read(ref _isKnown) == value)
                return;
            Volatile.Write(ref _isKnown, value);
            lock (_allowanceGate)
                _allowance = NewAllowance();
        }
    }

    /// <summary>Where it stands among those nobody vouches for; the owner's own.</summary>
    public LinkedListNode<SipConnection>? Place { get; set; }

    /// <summary>Reads until the connection ends, whoever ends it.</summary>
    public async Task RunAsync()
    {
        try
        {
            do
            {
                await AllowanceAsync().ConfigureAwait(false);
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
            }
            while (Read());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone; so says Closed.
        }
        catch (ProtocolException e)
        {
            _owner.Refusals.Refuse(SipRefusal.Malformed, Remote, e.Message);
        }
        Close();
        Release();
    }

    /// <summary>Sends without waiting; what the kernel does not take is kept, so much and so long.</summary>
    public bool TrySend(ReadOnlySpan<byte> message)
    {
        lock (_sendGate)
            if (!IsOver && _unsent.TrySend(message, _owner.NowMs))
                return true;
        Close();
        return false;
    }

    /// <summary>Ends it. From any thread.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _end, 1) != 0)
            return;
        _socket.Dispose();
        Resume();
    }

    /// <summary>Twice a second.</summary>
    public void Tick(long nowMs)
    {
        if (IsOver)
            return;                                         // RunAsync is about to say so
        if (Overdue(nowMs) is { } why)
        {
            _owner.Refusals.Refuse(SipRefusal.Connection, Remote, why);
            Close();
        }
        else
            Resume();
    }

    private string? Overdue(long nowMs)
    {
        var options = _owner.Options;
        lock (_sendGate)
            if (!_unsent.TryFlush(nowMs) || _unsent.Bytes > 0 && IsOver(_unsent.SinceMs, options.Write))
                return "it takes nothing that is sent to it";
        if (!HasSpoken && !IsKnown && IsOver(AcceptedMs, options.FirstMessage))
            return "it said nothing that can be understood";
        if (!IsKnown && IsOver(AcceptedMs, options.Known))
            return "it did not register";
        return Volatile.Read(ref _partialSinceMs) is not Never and var since && IsOver(since, options.PartialMessage) ? "a message did not come to its end" : null;

        bool IsOver(long sinceMs, TimeSpan most) => nowMs - sinceMs >= most.TotalMilliseconds;
    }

    /// <summary>Reads all there is, or what the allowance lets; false at the end of the stream.</summary>
    private bool Read()
    {
        while (true)
        {
            if (_length == _buffer.Length)
                Grow();
            var room = _buffer.AsSpan(_length);
            var count = _socket.Receive(room, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            if (count == 0)
                return false;
            _length += count;
            _isBehind = !Parse();
            if (_isBehind || count < room.Length)
                break;
        }
        if (_length == 0)
            Release();
        return true;
    }

    /// <summary>False when the allowance is used up.</summary>
    private bool Parse()
    {
        var at = 0;
        var mayGoOn = true;
        while (_length - at >= Math.Max(1, _needed))
        {
            if (!(mayGoOn = HasAllowance()))
                break;
            var found = SipParser.TryRead(_buffer.AsSpan(at, _length - at), IsKnown ? SipParser.LargestKnownBody : SipParser.LargestBody, out var message, out var consumed, out _needed);
            at += consumed;
            if (!found)
                break;
            _needed = 0;
            HasSpoken = true;
            Volatile.Write(ref _partialSinceMs, Never);
            Spend();
            _owner.Take(message!, Flow);
        }
        _buffer.AsSpan(at, _length - at).CopyTo(_buffer);
        _length -= at;
        if (_length == 0)
            Volatile.Write(ref _partialSinceMs, Never);
        else if (_partialSinceMs == Never)
            Volatile.Write(ref _partialSinceMs, _owner.NowMs);
        return mayGoOn;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBuffer, Math.Max(_length * 2, _needed)));
        if (!_owner.TryTakeMemory(larger.Length - _taken))
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw new ProtocolException(SipParser.Protocol, _length, "body", "there is no memory for it now");
        }
        _taken = larger.Length;
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _owner.ReturnMemory(_taken);
        (_buffer, _length, _taken) = ([], 0, 0);
    }

    private Bucket NewAllowance() => IsKnown
        ? new(_owner.Options.KnownMessagesPerSecond, _owner.Options.KnownBurst, _owner.NowMs)
        : new(_owner.Options.MessagesPerSecond, _owner.Options.Burst, _owner.NowMs);

    private bool HasAllowance()
    {
        lock (_allowanceGate)
        {
            if (_allowance.Has(_owner.NowMs) || IsOver)
                return true;
            _paused ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        _owner.Refusals.Refuse(SipRefusal.TooMany, Remote, "more messages on a connection than it may send; the rest waits");
        return false;
    }

    private void Spend()
    {
        lock (_allowanceGate)
            _allowance.TryTake(_owner.NowMs);
    }

    /// <summary>Waits while this connection has had more than its share, and reads on what it had sent.</summary>
    private async Task AllowanceAsync()
    {
        while (_isBehind && !IsOver)
        {
            Task? paused;
            lock (_allowanceGate)
                paused = _paused?.Task;
            if (paused is not null)
                await paused.ConfigureAwait(false);
            _isBehind = !Parse();
            if (_length == 0)
                Release();
        }
    }

    private void Resume()
    {
        lock (_allowanceGate)
        {
            _paused?.TrySetResult();
            _paused = null;
        }
    }
}
