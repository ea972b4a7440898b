using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt808;

/// <summary>What all connections share.</summary>
internal sealed record TerminalServerParts(TerminalServerOptions Options, AuthorityCode Code, ITerminalRegistry Registry, ITerminalObserver Observer, TimeProvider Time, ILogger Log)
{
    public ConnectionTable Table { get; } = new(Options);
    public TerminalFigures Figures { get; } = new();
    public AttemptLimit Attempts { get; } = new();
    public AssemblyBudget Assembly { get; } = new(Options.AssemblyBytes);
    public Pace RejectedPace { get; } = new();
    public Pace RefusedPace { get; } = new();
    public Pace RecountPace { get; } = new();
}

/// <summary>The JT/T 808 platform: terminals connect here over TCP.</summary>
internal sealed partial class TerminalServer : ITerminals, ITicking, IAsyncDisposable
{
    private const int Backlog = 512;

    /// <summary>Kernel buffers of a connection, each way: signalling needs no more, and thousands of connections shall not fill the memory from there.</summary>
    private const int SocketBuffer = 32 * 1024;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly TerminalServerParts _parts;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<TerminalConnection> _ticked = [];
    private readonly Pace _acceptPace = new();
    private readonly TaskCompletionSource _allEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = 1;
    private Task _accepting = Task.CompletedTask;

    public TerminalServer(TerminalServerOptions options, AuthorityCode code, ITerminalRegistry registry, ITerminalObserver observer, TimeProvider time, ILogger<TerminalServer> log)
        => _parts = new(options, code, registry, observer, time, log);

    public TerminalFigures Figures => _parts.Figures;

    /// <summary>Connections that have not authenticated.</summary>
    public int Pending => _parts.Table.Pending;

    /// <summary>Terminals that have.</summary>
    public int Count => _parts.Table.Count;

    /// <summary>Memory that incomplete messages take.</summary>
    public int AssemblyBytes => _parts.Assembly.Taken;

    /// <summary>What terminals have not taken yet.</summary>
    public int UnsentBytes => _parts.Table.Terminals().Sum(terminal => terminal.Connection.UnsentBytes);

    /// <summary>The port it listens on, once started.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public IReadOnlyList<ITerminal> All => _parts.Table.Terminals();

    public ITerminal? Find(SimNumber sim) => _parts.Table.Find(sim);

    /// <exception cref="SocketException">The port cannot be had.</exception>
    public void Start()
    {
        _listener.ReceiveBufferSize = SocketBuffer;         // accepted sockets inherit both
        _listener.SendBufferSize = SocketBuffer;
        _listener.Bind(new IPEndPoint(_parts.Options.Bind, _parts.Options.Port));
        _listener.Listen(Backlog);
        SlowTimer.Of(_parts.Time).Add(this);
        _accepting = AcceptAsync();
    }

    public void Tick()
    {
        var nowMs = _parts.Time.Milliseconds();
        _ticked.Clear();
        _parts.Table.CopyTo(_ticked);
        foreach (var connection in _ticked)
            connection.Tick(nowMs);
        _ticked.Clear();
        _parts.Table.CopyExcess(_ticked, nowMs);
        foreach (var connection in _ticked)
            connection.Close(ConnectionEnd.MadeRoom);
        _ticked.Clear();
    }

    /// <summary>Ends everything; when it returns, the observer has heard of every end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        SlowTimer.Of(_parts.Time).Remove(this);
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        List<TerminalConnection> open = [];
        _parts.Table.CopyTo(open);
        foreach (var connection in open)
            connection.Close(ConnectionEnd.Stopping);
        Ended();
        await _allEnded.Task.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                if (await NextAsync().ConfigureAwait(false) is { } socket)
                {
                    Interlocked.Increment(ref _running);
                    _ = RunAsync(socket);
                }
                else
                    await Task.Delay(AcceptPause, _parts.Time, _stop.Token).ConfigureAwait(false);
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
            if (_acceptPace.IsDue(_parts.Time.Milliseconds()))
                LogNotAccepted(_parts.Log, e.Message);
            return null;
        }
    }

    private async Task RunAsync(Socket socket)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);      // the next one is accepted meanwhile
        try
        {
            var connection = new TerminalConnection(socket, _parts);
            _parts.Figures.CountAccepted();
            _parts.Table.Add(connection)?.Close(ConnectionEnd.MadeRoom);
            if (_stop.IsCancellationRequested)
                connection.Close(ConnectionEnd.Stopping);
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (SocketException)                             // it was gone before it could be set up
        {
            socket.Dispose();
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "A terminal's connection could not be taken: {Reason}")]
    private static partial void LogNotAccepted(ILogger log, string reason);
}
