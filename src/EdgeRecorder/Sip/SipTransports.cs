using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Sip;

/// <summary>What hears the messages that came, on the thread that read them; it must not block.</summary>
internal interface ISipReader
{
    void Take(SipMessage message, SipFlow flow);

    /// <summary>A connection ended; nothing more comes from it.</summary>
    void Closed(SipFlow flow);
}

/// <summary>SIP over UDP and TCP on one port (RFC 3261, section 18). What goes to a peer goes to where it speaks from; its Via and Contact are not dialled.</summary>
internal sealed partial class SipTransports : ITicking, IAsyncDisposable
{
    private const int Backlog = 512;
    private const int MostLocal = 1024;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly ISipReader _reader;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly FlowLimits _limits;
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _udp, _listener;
    private readonly Lock _lock = new();
    private readonly LinkedList<SipConnection> _unknown = [];
    private readonly HashSet<SipConnection> _connections = [];
    private readonly Dictionary<IPAddress, IPAddress> _locals = [];
    private readonly Pace _acceptPace = new();
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = 1, _memory;
    private Task _receiving = Task.CompletedTask, _accepting = Task.CompletedTask;

    public SipTransports(SipOptions options, ISipReader reader, SipFigures figures, TimeProvider time, ILogger log)
    {
        (Options, _reader, Figures, _time, _log) = (options, reader, figures, time, log);
        Refusals = new(figures, time, log);
        _limits = new(options);
        _udp = new(options.Bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = options.ReceiveBuffer, Blocking = false };
        _listener = new(options.Bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    }

    public SipOptions Options { get; }
    public SipFigures Figures { get; }
    public SipRefusals Refusals { get; }
    public long NowMs => _time.Milliseconds();
    public int Port { get; private set; }

    /// <summary>Connections in all, and those nobody vouches for.</summary>
    public int Connections { get { lock (_lock) return _connections.Count; } }
    public int Unknown { get { lock (_lock) return _unknown.Count; } }

    /// <summary>Memory of incomplete messages.</summary>
    public int Memory => Volatile.Read(ref _memory);

    /// <exception cref="SocketException">The port cannot be had.</exception>
    public void Start()
    {
        Port = BindBoth();
        _listener.Listen(Backlog);
        SlowTimer.Of(_time).Add(this);
        _receiving = ReceiveAsync();
        _accepting = AcceptAsync();
    }

    /// <summary>A flow over UDP to a peer that has not spoken yet.</summary>
    public SipFlow To(IPEndPoint remote) => new(remote, _limits);

    /// <summary>A connection of ours, to an upper platform.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public async Task<SipFlow> ConnectAsync(IPEndPoint remote, CancellationToken stop)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(remote, stop).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var connection = new SipConnection(socket, this, isOurs: true);
        Interlocked.Increment(ref _running);
        _ = RunAsync(connection);
        return connection.Flow;
    }

    /// <summary>Sends one message. False: the way is gone. Over UDP a full buffer is a lost datagram, for which there are timers.</summary>
    public bool TrySend(ReadOnlySpan<byte> message, SipFlow flow)
    {
        Figures.CountSent();
        if (flow.Connection is { } connection)
            return connection.TrySend(message);
        try
        {
            _udp.SendTo(message, SocketFlags.None, flow.Remote);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>What a peer has to write to reach us.</summary>
    public (string Host, int Port) LocalOf(SipFlow flow)
    {
        var address = Options.Host is not null ? Options.Host : (flow.Connection?.Local.Address ?? RouteTo(flow.Remote.Address)) is var local && local.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{local}]" : local.ToString();
        return (address, Port);
    }

    public void Take(SipMessage message, SipFlow flow)
    {
        try
        {
            _reader.Take(message, flow);
        }
        catch (Exception e)                                 // a fault of ours ends this message and nothing else
        {
            LogFault(_log, e, flow);
        }
        Figures.CountReceived();
    }

    public bool TryTakeMemory(int bytes)
    {
        if (Interlocked.Add(ref _memory, bytes) <= Options.AssemblyBytes)
            return true;
        Interlocked.Add(ref _memory, -bytes);
        return false;
    }

    public void ReturnMemory(int bytes) => Interlocked.Add(ref _memory, -bytes);

    public void Tick()
    {
        List<SipConnection> all;
        lock (_lock)
        {
            all = [.. _connections];
            for (var node = _unknown.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.IsKnown)
                {
                    node.Value.Place = null;
                    _unknown.Remove(node);
                }
                node = next;
            }
        }
        var nowMs = NowMs;
        foreach (var connection in all)
            connection.Tick(nowMs);
        foreach (var excess in Excess(nowMs))
        {
            Refusals.Refuse(SipRefusal.Connection, excess.Remote, "too many connections of this address that did not register");
            excess.Close();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        SlowTimer.Of(_time).Remove(this);
        await _stop.CancelAsync().ConfigureAwait(false);
        _udp.Dispose();
        _listener.Dispose();
        await _receiving.ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        List<SipConnection> all;
        lock (_lock)
            all = [.. _connections];
        all.ForEach(connection => connection.Close());
        Ended();
        await _allEnded.Task.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>One port for both. Where any will do, the one that UDP got may be taken for TCP: then another.</summary>
    private int BindBoth()
    {
        for (var attempt = 0; ; attempt++)
        {
            using var probe = new Socket(Options.Bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(Options.Bind, Options.Port));
            var port = ((IPEndPoint)probe.LocalEndPoint!).Port;
            probe.Dispose();
            try
            {
                _udp.Bind(new IPEndPoint(Options.Bind, port));
            }
            catch (SocketException) when (Options.Port == 0 && attempt < 20)
            {
                continue;
            }
            _listener.Bind(new IPEndPoint(Options.Bind, port));
            return port;
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(SipParser.LargestDatagram, pinned: true);
        var any = new IPEndPoint(Options.Bind.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        var source = any.Serialize();
        try
        {
            while (true)
                try
                {
                    var count = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, source, _stop.Token).ConfigureAwait(false);
                    TakeDatagram(buffer.AsSpan(0, count), (IPEndPoint)any.Create(source));
                }
                catch (SocketException)
                {
                    // An answer of ours could not be delivered; nothing of what comes.
                }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The server stops.
        }
    }

    private void TakeDatagram(ReadOnlySpan<byte> datagram, IPEndPoint source)
    {
        if (!_limits.TryTake(source, NowMs))
        {
            Refusals.Refuse(SipRefusal.TooMany, source, "more messages than it may send");
            return;
        }
        SipMessage? message;
        try
        {
            message = SipParser.ParseDatagram(datagram);
        }
        catch (ProtocolException e)
        {
            Refusals.Refuse(SipRefusal.Malformed, source, e.Message);
            return;
        }
        if (message is not null)
            Take(message, new(source, _limits));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                if (await NextAsync().ConfigureAwait(false) is { } socket)
                    Accepted(socket);
                else
                    await Task.Delay(AcceptPause, _time, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The server stops.
        }
    }

    /// <summary>Null when there is no file descriptor left, or the peer was gone before we looked.</summary>
    private async Task<Socket?> NextAsync()
    {
        try
        {
            return await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            if (_acceptPace.IsDue(NowMs))
                LogNotAccepted(_log, e.Message);
            return null;
        }
    }

    private void Accepted(Socket socket)
    {
        SipConnection connection;
        try
        {
            connection = new(socket, this, isOurs: false);
        }
        catch (SocketException)                             // it was gone before it could be set up
        {
            socket.Dispose();
            return;
        }
        Figures.CountAccepted();
        Interlocked.Increment(ref _running);
        SipConnection? leaving = null;
        lock (_lock)
        {
            connection.Place = _unknown.AddLast(connection);
            if (_unknown.Count > Options.MostUnknown || _connections.Count >= Options.MostConnections)
            {
                // The newest may be a device we know: the oldest that has not registered makes room.
                leaving = _unknown.FirstOrDefault(old => !old.IsKnown && old != connection) ?? connection;
                if (leaving.Place is { } place)
                    _unknown.Remove(place);
                leaving.Place = null;
            }
        }
        if (leaving is not null)
        {
            Refusals.Refuse(SipRefusal.Connection, leaving.Remote, "it made room for another connection");
            leaving.Close();
        }
        _ = RunAsync(connection);
    }

    private async Task RunAsync(SipConnection connection)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            lock (_lock)
                _connections.Add(connection);
            if (_stop.IsCancellationRequested)
                connection.Close();
            await connection.RunAsync().ConfigureAwait(false);
            lock (_lock)
            {
                _connections.Remove(connection);
                if (connection.Place is { } place)
                    _unknown.Remove(place);
                connection.Place = null;
            }
            _reader.Closed(connection.Flow);
        }
        catch (Exception e)                                 // what was told about the end
        {
            LogFault(_log, e, connection.Flow);
        }
        finally
        {
            Ended();
        }
    }

    private void Ended()
    {
        if (Interlocked.Decrement(ref _running) == 0)
            _allEnded.TrySetResult();
    }

    private List<SipConnection> Excess(long nowMs)
    {
        lock (_lock)
            return [.. _unknown.Where(c => nowMs - c.AcceptedMs >= Options.Grace.TotalMilliseconds).GroupBy(c => c.Remote.Address)
                .Where(group => group.Count() > Options.MostUnknownPerAddress).SelectMany(group => group.Take(group.Count() - Options.MostUnknownPerAddress))];
    }

    /// <summary>The address of ours that the kernel would send from.</summary>
    private IPAddress RouteTo(IPAddress remote)
    {
        if (!Options.Bind.Equals(IPAddress.Any) && !Options.Bind.Equals(IPAddress.IPv6Any))
            return Options.Bind;
        lock (_lock)
            if (_locals.TryGetValue(remote, out var known))
                return known;
        using var probe = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        IPAddress local;
        try
        {
            probe.Connect(new IPEndPoint(remote, 9));
            local = ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return IPAddress.Loopback;                      // there is no way there; what is sent is lost as well
        }
        lock (_lock)
        {
            if (_locals.Count >= MostLocal)
                _locals.Clear();                            // addresses of ours change, rarely
            _locals[remote] = local;
        }
        return local;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A SIP connection could not be taken: {Reason}")]
    private static partial void LogNotAccepted(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A SIP message of {Flow} ended by a fault")]
    private static partial void LogFault(ILogger log, Exception e, SipFlow flow);
}
