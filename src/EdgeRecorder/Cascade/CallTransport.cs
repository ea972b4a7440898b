using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;

namespace EdgeRecorder.Cascade;

/// <summary>How media of a call will travel, from the answer, which names a port, to the ACK, with which it begins.</summary>
internal sealed class CallTransport : IDisposable
{
    private const int UnusedPort = 9;                       // RFC 4145: who connects has none to name
    private static readonly TimeSpan AcceptPatience = TimeSpan.FromSeconds(20);

    private readonly IPEndPoint _target;
    private readonly Action? _giveBack;
    private IRtpTransport? _open;
    private Socket? _listener;

    private CallTransport(IPEndPoint target, Action? giveBack = null) => (_target, _giveBack) = (target, giveBack);

    public int Port { get; private init; } = UnusedPort;

    /// <summary>a=setup of our answer; null over UDP.</summary>
    public SetupRole? Setup { get; private init; }

    /// <param name="target">Where the offer wants media.</param>
    /// <param name="ports">Of those we listen on, where the platform wants to connect.</param>
    /// <exception cref="SocketException">There is no port, or no way there.</exception>
    public static CallTransport Prepare(GbDescription offer, IPEndPoint target, RtpPortRange ports, BoxClock clock)
    {
        var any = target.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        if (offer.Transport == MediaTransport.Udp)
        {
            var udp = new UdpTransport(new(any, 0), target);
            return new(target) { _open = udp, Port = udp.Port };
        }
        if (offer.Setup != SetupRole.Active)
            return new(target) { Setup = SetupRole.Active };
        for (var left = ports.Count; left > 0 && ports.Take(clock.BoottimeUs) is { } port; left--)
        {
            if (TryListen(new(any, port)) is { } listener)
                return new(target, () => ports.Return(port, clock.BoottimeUs)) { _listener = listener, Port = port, Setup = SetupRole.Passive };
            ports.Return(port, clock.BoottimeUs);           // a session with a device has it, or somebody else
        }
        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    /// <summary>The call was acknowledged.</summary>
    /// <exception cref="SourceException">There is no connection.</exception>
    public async Task<IRtpTransport> OpenAsync(TimeProvider time, CancellationToken stop)
    {
        if (_open is null && _listener is { } listener)
        {
            using var patience = new CancellationTokenSource(AcceptPatience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
            try
            {
                _open = await TcpTransport.AcceptAsync(listener, _target.Address, both.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new SourceException(GapReason.Offline, $"{_target.Address} did not connect for media");
            }
        }
        return _open ??= await TcpTransport.ConnectAsync(_target, time, stop).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _open?.Dispose();
        _listener?.Dispose();
        _giveBack?.Invoke();
    }

    private static Socket? TryListen(IPEndPoint at)
    {
        var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);    // what was closed before may linger
            listener.Bind(at);
            listener.Listen(4);
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
