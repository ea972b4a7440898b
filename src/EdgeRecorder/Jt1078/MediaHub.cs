using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Audio;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>
/// The media servers: who may connect, which streams were asked for, and where a packet belongs. A stranger gets a connection for ten seconds and nothing that is kept.
/// </summary>
internal sealed partial class MediaHub : IMediaHub, ITicking, IAsyncDisposable
{
    private const long RefusalLogUs = 60_000_000;
    private const int MostRefusals = 64;
    private const long MalformedLogUs = 1_000_000;
    private const int MostBytesInLog = 64;

    private readonly ILogger _log;
    private readonly SlowTimer _timer;
    private readonly Func<ISpeechCoder>? _coders;
    private readonly MediaPort?[] _ports = new MediaPort?[3];
    private readonly ConcurrentDictionary<ulong, MediaLease[]> _leases = new();     // by kind, channel and the last 12 digits
    private readonly Lock _gate = new();
    private readonly Dictionary<MediaConnection, Task> _connections = [];
    private readonly LinkedList<MediaConnection> _unproven = [];                    // oldest first
    private readonly Dictionary<(MediaKind, SimNumber, byte), long> _refusals = [];
    private readonly List<Task> _running = [];
    private MediaConnection[]? _snapshot = [];              // of the connections; null when they changed
    private int _leaseCount;
    private long _version;
    private long _ordinal;
    private long _malformedSaidUs = long.MinValue / 2;
    private bool _disposed;

    /// <param name="coders">Makes what makes AAC of speech that MP4 does not carry; null: it is stored as A-law.</param>
    public MediaHub(MediaHubOptions options, BoxClock clock, TimeProvider time, ILogger<MediaHub> log, Func<ISpeechCoder>? coders = null)
    {
        (Options, Clock, Time, _log, _timer, _coders) = (options, clock, time, log, SlowTimer.Of(time), coders);
    }

    public MediaHubOptions Options { get; }
    public BoxClock Clock { get; }
    public TimeProvider Time { get; }
    public MediaCounters Counters { get; } = new();

    /// <summary>Changes whenever streams are asked for or no longer.</summary>
    public long Version => Volatile.Read(ref _version);

    public MediaFigures Figures
    {
        get
        {
            var leases = _leases.Values.SelectMany(found => found).ToArray();
            return new()
            {
                Connections = Connections().Length,
                Expected = leases.Length,
                Flowing = leases.Count(lease => lease.Carrier is not null),
                Packets = Interlocked.Read(ref Counters.Packets),
                Bytes = Interlocked.Read(ref Counters.Bytes),
                Lost = Interlocked.Read(ref Counters.LostBefore) + leases.Sum(lease => lease.LostPackets),
                Unasked = Interlocked.Read(ref Counters.Unasked),
                Malformed = Interlocked.Read(ref Counters.Malformed),
                ClosedUnasked = Interlocked.Read(ref Counters.ClosedUnasked),
                ClosedMalformed = Interlocked.Read(ref Counters.ClosedMalformed),
                ClosedCrowded = Interlocked.Read(ref Counters.ClosedCrowded),
                Takeovers = Interlocked.Read(ref Counters.Takeovers),
            };
        }
    }

    /// <summary>Opens the ports.</summary>
    /// <exception cref="SocketException">One of them is taken.</exception>
    public void Start()
    {
        foreach (var kind in Enum.GetValues<MediaKind>())
            if (Options.PortOf(kind) is { } number)
            {
                var port = MediaPort.Open(this, kind, Options.Address, number);
                _ports[(int)kind] = port;
                _running.Add(Task.Run(() => port.RunAsync(Clock)));
            }
        _timer.Add(this);
    }

    public int PortOf(MediaKind kind) => _ports[(int)kind]?.Port ?? 0;

    /// <summary>For one stream.</summary>
    public ISpeechCoder? NewCoder() => _coders?.Invoke();

    public IMediaLease Expect(MediaKind kind, SimNumber sim, byte channel, ITerminalTap tap, AudioHint hint)
    {
        var lease = new MediaLease(this, kind, sim, channel, tap, hint, _log);
        _leases.AddOrUpdate(Key(kind, sim, channel), [lease], (_, found) => found.Any(other => other.Sim == sim && other.IsOpen)
            ? throw new InvalidOperationException($"Media of terminal {sim} channel {channel} is asked for already.")
            : [.. found, lease]);
        Interlocked.Increment(ref _leaseCount);
        Interlocked.Increment(ref _version);
        return lease;
    }

    public void Tick()
    {
        var nowUs = Clock.BoottimeUs;
        foreach (var connection in Connections())
            connection.Tick(nowUs);
        foreach (var (_, leases) in _leases)
            foreach (var lease in leases)
                lease.Tick(nowUs, (long)Options.Silence.TotalMicroseconds);
    }

    public async ValueTask DisposeAsync()
    {
        Task[] ending;
        lock (_gate)
        {
            _disposed = true;
            ending = [.. _connections.Values, .. _running];
        }
        _timer.Remove(this);
        foreach (var port in _ports)
            port?.Dispose();
        foreach (var connection in Connections())
            connection.Close("the recorder stops");
        await Task.WhenAll(ending).ConfigureAwait(false);
    }

    /// <summary>The stream a packet belongs to: exactly its number, else the only one with the same last 12 digits.</summary>
    internal MediaLease? Find(MediaKind kind, SimNumber sim, byte channel)
    {
        if (!_leases.TryGetValue(Key(kind, sim, channel), out var found))
            return null;
        foreach (var lease in found)
            if (lease.Sim == sim && lease.IsOpen)
                return lease;
        return found.Length == 1 ? found[0] : null;
    }

    /// <summary>Media of this terminal is asked for, of whatever channel.</summary>
    internal bool IsKnown(SimNumber sim)
    {
        foreach (var (_, leases) in _leases)
            foreach (var lease in leases)
                if (lease.Sim.EndsLike(sim))
                    return true;
        return false;
    }

    internal long NextOrdinal() => Interlocked.Increment(ref _ordinal);

    internal void Accept(MediaKind kind, Socket socket)
    {
        MediaConnection connection;
        try
        {
            connection = new(this, kind, socket, NextOrdinal(), Clock.BoottimeUs);
        }
        catch (SocketException)
        {
            socket.Dispose();                               // it is gone already
            return;
        }
        MediaConnection? crowded;
        lock (_gate)
        {
            if (_disposed)
            {
                socket.Dispose();
                return;
            }
            crowded = CrowdedOut(connection.Source.Address);
            if (crowded is not null)
                _unproven.Remove(crowded.Unproven!);
            connection.Unproven = _unproven.AddLast(connection);
            // Started on the pool: it may have bytes already, and they are not to be read under this lock.
            _connections.Add(connection, Task.Run(connection.RunAsync));
            _snapshot = null;
        }
        crowded?.Close("too many connections that bring nothing", ref Counters.ClosedCrowded);
    }

    /// <summary>Closes the oldest connection that brings nothing.</summary>
    internal void MakeRoom()
    {
        MediaConnection? oldest;
        lock (_gate)
        {
            oldest = _unproven.First?.Value;
            if (oldest is not null)
                _unproven.RemoveFirst();
        }
        oldest?.Close("too many open files", ref Counters.ClosedCrowded);
    }

    internal void Proved(MediaConnection connection)
    {
        lock (_gate)
            if (connection.Unproven is { List: not null } node)
                _unproven.Remove(node);
    }

    internal void Ended(MediaConnection connection)
    {
        lock (_gate)
        {
            if (connection.Unproven is { List: not null } node)
                _unproven.Remove(node);
            _connections.Remove(connection);
            _snapshot = null;
        }
    }

    internal void Remove(MediaLease lease)
    {
        var key = Key(lease.Kind, lease.Sim, lease.Channel);
        while (_leases.TryGetValue(key, out var found))
        {
            var left = Array.FindAll(found, other => other != lease);
            if (left.Length == found.Length)
                return;
            if (left.Length == 0 ? _leases.TryRemove(KeyValuePair.Create(key, found)) : _leases.TryUpdate(key, left, found))
                break;
        }
        Interlocked.Decrement(ref _leaseCount);
        Interlocked.Increment(ref _version);
        Interlocked.Add(ref Counters.LostBefore, lease.LostPackets);
    }

    internal void TookOver() => Interlocked.Increment(ref Counters.Takeovers);

    internal void Count(long packets, long bytes, long unasked)
    {
        Interlocked.Add(ref Counters.Packets, packets);
        Interlocked.Add(ref Counters.Bytes, bytes);
        Interlocked.Add(ref Counters.Unasked, unasked);
    }

    /// <summary>Somebody sends what nobody asked for. Said once a minute for each.</summary>
    internal void Refused(MediaKind kind, SimNumber sim, byte channel, IPEndPoint source)
    {
        var nowUs = Clock.BoottimeUs;
        lock (_refusals)
        {
            if (_refusals.TryGetValue((kind, sim, channel), out var saidUs) && nowUs - saidUs < RefusalLogUs)
                return;
            if (_refusals.Count >= MostRefusals)
                return;                                     // somebody makes them up
            _refusals[(kind, sim, channel)] = nowUs;
        }
        LogRefused(sim, channel, kind, source);
    }

    /// <summary>A connection brought what is no JT/T 1078. Said once a second at most.</summary>
    internal void Malformed(IPEndPoint source, string why, ReadOnlySpan<byte> bytes)
    {
        var nowUs = Clock.BoottimeUs;
        if (nowUs - Interlocked.Exchange(ref _malformedSaidUs, nowUs) >= MalformedLogUs)
            LogMalformed(source, why, Convert.ToHexString(bytes[..Math.Min(bytes.Length, MostBytesInLog)]));
    }

    internal string Fault(IPEndPoint source, Exception e)
    {
        LogFault(source, e);
        return $"fault of this program: {e.Message}";
    }

    /// <summary>The sockets serve both families: an IPv4 address comes mapped.</summary>
    internal static IPEndPoint Plain(IPEndPoint end) => end.Address.IsIPv4MappedToIPv6 ? new(end.Address.MapToIPv4(), end.Port) : end;

    private static ulong Key(MediaKind kind, SimNumber sim, byte channel) => (ulong)kind << 56 | (ulong)channel << 48 | sim.Ending;

    private MediaConnection[] Connections()
    {
        lock (_gate)
            return _snapshot ??= [.. _connections.Keys];
    }

    /// <summary>Who has to go when one more comes from there: the oldest of that address when it has too many, else the oldest of all.</summary>
    private MediaConnection? CrowdedOut(IPAddress address)
    {
        var ofAddress = 0;
        MediaConnection? oldest = null;
        foreach (var other in _unproven)
            if (other.Source.Address.Equals(address))
            {
                oldest ??= other;
                ofAddress++;
            }
        return ofAddress >= Options.MostUnprovenPerAddress + Volatile.Read(ref _leaseCount) ? oldest
            : _unproven.Count >= Options.MostUnproven ? _unproven.First!.Value : null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Media connection from {Source} ended by a fault of this program")]
    private partial void LogFault(IPEndPoint source, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media connection from {Source}: {Why}; it begins with {Bytes}")]
    private partial void LogMalformed(IPEndPoint source, string why, string bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Terminal {Sim} channel {Channel} sends media to the {Kind} port that nobody asked for, from {Source}")]
    private partial void LogRefused(SimNumber sim, byte channel, MediaKind kind, IPEndPoint source);
}
