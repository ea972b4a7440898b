using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>The camera: its clip, its listener and its clients.</summary>
internal sealed class RtspServer : IDisposable
{
    private const int RememberedSessions = 8192;

    /// <summary>Challenges in the name of a camera that has no credentials but refuses everybody all the same.</summary>
    public static readonly RtspAuthentication Nobody = new("nobody", "", AuthenticationScheme.Digest);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, int> _requests = new();
    private readonly List<(RtspConnection Connection, MediaSession Session)> _sessions = [];
    private readonly Lazy<UdpPorts> _udpPorts;
    private volatile RtspConnection[] _connections = [];
    private int _sessionNumber;
    private readonly Socket _placeholder;                   // bound without listening: nobody else is given the port while we refuse
    private Socket _listener;
    private double _refuseFor;

    public RtspServer(CameraOptions options)
    {
        Options = options;
        var video = VideoClip.Load(options.Video, options.FpsNumerator, options.FpsDenominator, options.Packetizer);
        Tracks = options.Audio is { } audio ? [video, AudioClip.Load(audio)] : [video];
        if (options.Alternate is { } alternate)
            Alternate = VideoClip.Load(alternate, options.FpsNumerator, options.FpsDenominator, options.Packetizer);
        if (options.Other is { } other)
        {
            var changed = VideoClip.Load(other, options.FpsNumerator, options.FpsDenominator, options.Packetizer);
            OtherTracks = options.OtherAudio is { } otherAudio ? [changed, AudioClip.Load(otherAudio)] : [changed];
        }
        if (options.User is { } user)
            Authentication = new RtspAuthentication(user, options.Password, options.Scheme);
        _udpPorts = new Lazy<UdpPorts>(OpenUdpPorts);
        _placeholder = Bind(options.Port);
        EndPoint = (IPEndPoint)_placeholder.LocalEndPoint!;
        _listener = Listen();
    }

    public CameraOptions Options { get; }
    public List<RtpTrack> Tracks { get; }
    public RtpTrack? Alternate { get; }
    public List<RtpTrack>? OtherTracks { get; }
    public RtspAuthentication? Authentication { get; }
    public IPEndPoint EndPoint { get; }
    public UdpPorts UdpPorts => _udpPorts.Value;

    /// <summary>Pacer time since which the camera films, for clients that join.</summary>
    public double Started { get; } = PacerClock.Now;

    /// <summary>By path name.</summary>
    public FaultBook<Faults> Faults { get; } = new();

    /// <summary>A copy that nobody changes; the pacer walks it without a lock.</summary>
    public RtspConnection[] Connections => _connections;

    public IReadOnlyDictionary<string, int> Requests => _requests;

    public IReadOnlyList<(RtspConnection Connection, MediaSession Session)> Sessions
    {
        get
        {
            lock (_gate)
                return [.. _sessions];
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var connection = new RtspConnection(this, await _listener.AcceptAsync(stop));
                lock (_gate)
                    _connections = [.. _connections, connection];
                _ = connection.RunAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException && !stop.IsCancellationRequested)
            {
                // Refuse() closed the listener under us.
                await Task.Delay(TimeSpan.FromSeconds(Interlocked.Exchange(ref _refuseFor, 0)), stop);
                _listener = Listen();
            }
        }
    }

    /// <summary>Closes the listener for a while; connections that are open stay.</summary>
    public void Refuse(double seconds)
    {
        Interlocked.Exchange(ref _refuseFor, seconds);
        _listener.Dispose();
    }

    public void Remove(RtspConnection connection)
    {
        lock (_gate)
            _connections = [.. _connections.Where(c => c != connection)];
    }

    public MediaSession NewSession(RtspConnection connection)
    {
        lock (_gate)
        {
            var session = new MediaSession(++_sessionNumber, connection.Path, connection.Outbox, Options);
            _sessions.Add((connection, session));
            if (_sessions.Count > RememberedSessions)
                _sessions.RemoveAt(0);
            return session;
        }
    }

    /// <summary>What clients of a path name are offered now.</summary>
    public List<RtpTrack> TracksOf(string path) => Faults.Of(path).Other && OtherTracks is { } other ? other : Tracks;

    public void Count(string method) => _requests.AddOrUpdate(method, 1, (_, n) => n + 1);

    public void Hear(List<ReceptionReport> reports)
    {
        foreach (var report in reports)
            foreach (var connection in _connections)
                lock (connection.Gate)
                    if (connection.Session is { } session && session.Tracks.Exists(t => t.Ssrc == report.Ssrc))
                        session.Heard(report);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _placeholder.Dispose();
        foreach (var connection in _connections)
            connection.Close();
        if (_udpPorts.IsValueCreated)
            _udpPorts.Value.Dispose();
    }

    private Socket Listen()
    {
        var listener = Bind(EndPoint.Port);
        listener.Listen(1024);
        return listener;
    }

    private Socket Bind(int port)
    {
        var socket = new Socket(Options.Bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(Options.Bind, port));
        return socket;
    }

    private UdpPorts OpenUdpPorts()
    {
        var ports = new UdpPorts(Options.Bind);
        _ = HearUdpAsync(ports.Control);
        return ports;
    }

    private async Task HearUdpAsync(Socket control)
    {
        var buffer = new byte[2048];
        while (true)
        {
            try
            {
                var read = await control.ReceiveAsync(buffer);
                Hear(Rtcp.ReadReports(buffer.AsSpan(0, read)));
            }
            catch (SocketException)
            {
                // A client's port is closed; the next datagram may be another's.
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }
}
