using System.Buffers;
using System.Net.Sockets;
using System.Net;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Network;

namespace EdgeRecorder.Jt808;

/// <summary>
/// The TCP connection of a terminal: frames in, frames out, and the deadlines of both. It waits for readability without a buffer and keeps only the incomplete end, so that a
/// silent connection costs a socket and some hundred bytes. One timer serves all of them; what takes more than its share of the processor is read on at the timer's next round.
/// </summary>
internal sealed partial class TerminalConnection
{
    private const int ReadLength = 16 * 1024;
    private const int AllowancePerTick = 256 * 1024, MessageCost = 256;      // bytes; about 1000 short messages or 256 KiB in half a second
    private const int MostHex = 64;
    private const long Never = -1;
    private static readonly TimeSpan MostLeaving = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly TerminalServerParts _parts;
    private readonly TerminalDialogue _dialogue;
    private readonly Lock _gate = new();                    // one message at a time, and no call to the observer after Gone
    private readonly Lock _sendGate = new();
    private readonly SendQueue _unsent;
    private readonly Queue<long> _badFrames = [];
    private byte[] _tail = [];
    private int _tailLength, _garbage;
    private long _partialSinceMs = Never, _lastFrameMs, _leavingSinceMs;
    private ushort _serial;
    private int _end = -1;
    private int _allowance = AllowancePerTick;
    private TaskCompletionSource? _paused;
    private bool _isFinished;
    private volatile bool _isLeaving;

    /// <param name="socket">Connected; belongs to this class from here on.</param>
    public TerminalConnection(Socket socket, TerminalServerParts parts)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _socket.Blocking = false;
        _unsent = new(socket);
        _parts = parts;
        Remote = (IPEndPoint)socket.RemoteEndPoint!;
        AcceptedMs = parts.Time.Milliseconds();
        _dialogue = new(this, parts);
    }

    public IPEndPoint Remote { get; }
    public IPAddress LocalAddress => ((IPEndPoint)_socket.LocalEndPoint!).Address;
    public long AcceptedMs { get; }

    /// <summary>Where it stands in the table; the table's own.</summary>
    public LinkedListNode<TerminalConnection>? Place { get; set; }

    /// <summary>A valid frame came.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>It says that it is a terminal that is approved. Before it authenticates, that is a claim.</summary>
    public bool IsKnown { get; set; }

    /// <summary>Since it authenticated.</summary>
    public Terminal? Terminal => _dialogue.Terminal;

    public int UnsentBytes => _unsent.Bytes;

    public string WhyOver => Say((ConnectionEnd)Math.Max(0, Volatile.Read(ref _end)));

    /// <summary>Reads until the connection ends, whoever ends it.</summary>
    public async Task RunAsync()
    {
        var end = ConnectionEnd.Peer;
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
            end = ConnectionEnd.Failed;
        }
        catch (ProtocolException e)
        {
            Rejected(e, _tail.AsSpan(0, _tailLength));
            end = ConnectionEnd.BadFrames;
        }
        catch (Exception e)                                 // a fault of ours ends this connection and nothing else
        {
            LogFault(_parts.Log, e, Remote);
            end = ConnectionEnd.Failed;
        }
        Close(_isLeaving ? ConnectionEnd.Unregistered : end);
        Finish();
    }

    /// <summary>Sends without waiting; what the kernel does not take at once is kept, so much and so long.</summary>
    /// <returns>False when the connection is over, or has just ended because the terminal reads nothing.</returns>
    /// <exception cref="ArgumentException">The message does not fit the wire.</exception>
    public bool TrySend(PlatformMessage message, TerminalHead head, Request? request = null)
    {
        Span<byte> body = stackalloc byte[PlatformMessage.LargestBody];
        var writer = new ByteWriter(body);
        message.WriteBody(ref writer, head.Layout);
        Span<byte> frame = stackalloc byte[Frame.LongestEscaped];
        lock (_sendGate)
        {
            if (Volatile.Read(ref _end) >= 0 || _isLeaving)
                return false;
            var serial = _serial++;
            request?.SentAs(serial);
            if (_unsent.TrySend(frame[..Frame.Write(frame, head, message.Id, serial, body[..writer.Offset])], _parts.Time.Milliseconds()))
            {
                _parts.Figures.CountSent();
                return true;
            }
        }
        Close(ConnectionEnd.NotReading);
        return false;
    }

    /// <summary>Ends the connection; the first reason counts. From any thread.</summary>
    public void Close(ConnectionEnd why)
    {
        if (Interlocked.CompareExchange(ref _end, (int)why, -1) >= 0)
            return;
        _parts.Figures.CountEnd(why);
        _socket.Dispose();
        Resume();
    }

    /// <summary>Ends the connection behind what has been sent: the terminal gets it, then the end of the stream, and closes.</summary>
    public void Leave()
    {
        lock (_sendGate)
        {
            _isLeaving = true;
            _leavingSinceMs = _parts.Time.Milliseconds();
            if (_unsent.Bytes == 0)
                ShutdownSending();
        }
    }

    /// <summary>Tells who has to know that it is over. Waits for the message that is being handled; more than one call does nothing.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (_isFinished)
                return;
            _isFinished = true;
            _parts.Table.Remove(this);
            try
            {
                _dialogue.End(WhyOver);
            }
            catch (Exception e)                             // it may be another terminal's connection that ends this one
            {
                LogFault(_parts.Log, e, Remote);
            }
        }
    }

    /// <summary>Twice a second, from the one timer.</summary>
    public void Tick(long nowMs)
    {
        Resume();
        if (Overdue(nowMs) is { } why)
            Close(why);
        else if (_gate.TryEnter())                          // busy with a message: next time
            try
            {
                if (!_isFinished)
                    _dialogue.Tick(nowMs);
            }
            finally
            {
                _gate.Exit();
            }
    }

    private ConnectionEnd? Overdue(long nowMs)
    {
        var options = _parts.Options;
        lock (_sendGate)
        {
            var waited = _unsent.Bytes > 0;
            if (!_unsent.TryFlush(nowMs) || _unsent.Bytes > 0 && IsOver(_unsent.SinceMs, options.Write))
                return ConnectionEnd.NotReading;
            if (_isLeaving && waited && _unsent.Bytes == 0)
                ShutdownSending();
            if (_isLeaving && IsOver(_leavingSinceMs, MostLeaving))
                return ConnectionEnd.Unregistered;
        }
        if (!HasSpoken && IsOver(AcceptedMs, options.FirstFrame))
            return ConnectionEnd.NoFrame;
        if (Terminal is null && IsOver(AcceptedMs, options.Authenticated))
            return ConnectionEnd.NotAuthenticated;
        if (Volatile.Read(ref _partialSinceMs) is not Never and var since && IsOver(since, options.PartialFrame))
            return ConnectionEnd.SlowFrame;
        return HasSpoken && IsOver(Volatile.Read(ref _lastFrameMs), options.Idle) ? ConnectionEnd.Idle : null;

        bool IsOver(long sinceMs, TimeSpan most) => nowMs - sinceMs >= most.TotalMilliseconds;
    }

    /// <summary>Reads all there is, or what the allowance lets; false at the end of the stream.</summary>
    private bool Read()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadLength);
        try
        {
            while (true)
            {
                _tail.AsSpan(0, _tailLength).CopyTo(buffer);
                var room = buffer.AsSpan(_tailLength);
                var count = _socket.Receive(room, SocketFlags.None, out var error);
                if (error == SocketError.WouldBlock)
                    return true;
                if (error != SocketError.Success)
                    throw new SocketException((int)error);
                if (count == 0)
                    return false;
                _allowance -= count;
                lock (_gate)
                {
                    if (_isFinished)
                        return false;
                    Parse(buffer.AsSpan(0, _tailLength + count));
                }
                if (count < room.Length || _allowance <= 0)
                    return true;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Parse(ReadOnlySpan<byte> input)
    {
        if (_isLeaving)
        {
            _tailLength = 0;
            return;
        }
        var nowMs = _parts.Time.Milliseconds();
        var at = 0;
        int consumed;
        while (FrameSplitter.TryRead(input[at..], out var frame, out consumed))
        {
            at += consumed;
            _partialSinceMs = Never;
            _garbage = 0;
            _allowance -= MessageCost;
            Take(frame, nowMs);
            if (_isLeaving || Volatile.Read(ref _end) >= 0)
                return;
        }
        at += consumed;
        _garbage += consumed;
        if (_garbage > FrameSplitter.MostWithoutDelimiter)
            throw new ProtocolException(TerminalMessage.Protocol, 0, "frame", $"{_garbage} bytes without one");
        KeepTail(input[at..]);
        if (_tailLength <= 1)
            Volatile.Write(ref _partialSinceMs, Never);         // the delimiter that ended the last frame
        else if (_partialSinceMs == Never)
            Volatile.Write(ref _partialSinceMs, nowMs);
    }

    private void Take(ReadOnlySpan<byte> frame, long nowMs)
    {
        Span<byte> plain = stackalloc byte[Frame.LongestPlain];
        scoped TerminalMessage message;
        try
        {
            message = TerminalMessage.Parse(Frame.Open(frame, plain));
        }
        catch (ProtocolException e)
        {
            BadFrame(e, frame, nowMs);
            return;
        }
        HasSpoken = true;
        Volatile.Write(ref _lastFrameMs, nowMs);
        _parts.Figures.CountMessage();
        _dialogue.Handle(message, nowMs);
    }

    private void BadFrame(ProtocolException e, ReadOnlySpan<byte> frame, long nowMs)
    {
        _parts.Figures.CountBadFrame();
        Rejected(e, frame);
        _badFrames.Enqueue(nowMs);
        if (_badFrames.Count < _parts.Options.MostBadFrames)
            return;
        if (nowMs - _badFrames.Dequeue() < _parts.Options.BadFrameWindow.TotalMilliseconds)
            Close(ConnectionEnd.BadFrames);
    }

    private void Rejected(ProtocolException e, ReadOnlySpan<byte> frame)
    {
        if (_parts.RejectedPace.IsDue(_parts.Time.Milliseconds()))
            LogRejected(_parts.Log, Remote, e.Message, Convert.ToHexString(frame[..Math.Min(frame.Length, MostHex)]));
    }

    private void KeepTail(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _tail.Length)
            _tail = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rest.Length)];
        rest.CopyTo(_tail);
        _tailLength = rest.Length;
    }

    private void ShutdownSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The terminal was faster.
        }
    }

    /// <summary>Waits while this connection has had more than its share.</summary>
    private Task AllowanceAsync()
    {
        lock (_sendGate)
        {
            if (_allowance > 0 || Volatile.Read(ref _end) >= 0)
                return Task.CompletedTask;
            _paused ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _paused.Task;
        }
    }

    private void Resume()
    {
        lock (_sendGate)
        {
            _allowance = AllowancePerTick;
            _paused?.TrySetResult();
            _paused = null;
        }
    }

    private static string Say(ConnectionEnd why) => why switch
    {
        ConnectionEnd.Peer => "it closed the connection",
        ConnectionEnd.NoFrame => "it said nothing that can be understood",
        ConnectionEnd.NotAuthenticated => "it did not authenticate",
        ConnectionEnd.SlowFrame => "a message did not come to its end",
        ConnectionEnd.Idle => "it has been silent for too long",
        ConnectionEnd.BadFrames => "too much of what it sent was damaged",
        ConnectionEnd.NotReading => "it takes nothing that is sent to it",
        ConnectionEnd.Replaced => "it has another, newer connection",
        ConnectionEnd.MadeRoom => "it made room for another connection",
        ConnectionEnd.Unregistered => "it unregistered",
        ConnectionEnd.Dismissed => "it is not wanted any more",
        ConnectionEnd.Stopping => "the recorder stops",
        _ => "the connection failed",
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "A frame from {Remote} is refused: {Reason} ({Hex})")]
    private static partial void LogRejected(ILogger log, IPEndPoint remote, string reason, string hex);

    [LoggerMessage(Level = LogLevel.Error, Message = "The connection of a terminal at {Remote} ended by a fault")]
    private static partial void LogFault(ILogger log, Exception e, IPEndPoint remote);
}
