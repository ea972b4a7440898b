using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>TCP and UDP of one port. A datagram is one packet or several; its size tells how wide the SIM is.</summary>
internal sealed class MediaPort : IDisposable
{
    private const int Backlog = 512;
    private const int Attempts = 20;

    /// <summary>The kernel gives up to net.core.rmem_max of it; a key frame comes as one burst.</summary>
    private const int ReceiveBuffer = 2 * 1024 * 1024;

    private readonly MediaHub _hub;
    private readonly MediaKind _kind;
    private readonly Socket _tcp;
    private readonly Socket _udp;
    private readonly IPEndPoint _anyone;

    private MediaPort(MediaHub hub, MediaKind kind, Socket tcp, Socket udp)
    {
        (_hub, _kind, _tcp, _udp) = (hub, kind, tcp, udp);
        Port = ((IPEndPoint)tcp.LocalEndPoint!).Port;
        _anyone = new(udp.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
    }

    public int Port { get; }

    /// <param name="port">0 takes one that is free for both.</param>
    /// <exception cref="SocketException">It is taken.</exception>
    public static MediaPort Open(MediaHub hub, MediaKind kind, IPAddress address, int port)
    {
        if (address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
            address = IPAddress.Any;
        for (var attempt = 0; ; attempt++)
        {
            var tcp = Create(address, SocketType.Stream, ProtocolType.Tcp);
            var udp = Create(address, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);   // what was closed before a restart may linger
                udp.ReceiveBufferSize = ReceiveBuffer;
                tcp.Bind(new IPEndPoint(address, port));
                udp.Bind(new IPEndPoint(address, ((IPEndPoint)tcp.LocalEndPoint!).Port));
                tcp.Listen(Backlog);
                return new(hub, kind, tcp, udp);
            }
            catch (SocketException)
            {
                tcp.Dispose();
                udp.Dispose();
                if (port != 0 || attempt == Attempts)
                    throw;
            }
        }
    }

    /// <summary>Accepts and receives until disposed.</summary>
    public Task RunAsync(BoxClock clock) => Task.WhenAll(AcceptAsync(), ReceiveAsync(clock));

    public void Dispose()
    {
        _tcp.Dispose();
        _udp.Dispose();
    }

    private static Socket Create(IPAddress address, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(address.AddressFamily, type, protocol);
        if (address.Equals(IPAddress.IPv6Any))
            socket.DualMode = true;
        return socket;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _hub.Accept(_kind, await _tcp.AcceptAsync().ConfigureAwait(false));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
            {
                _hub.MakeRoom();                            // the process has no file descriptor left: one of those that bring nothing has to go
                await Task.Delay(TimeSpan.FromMilliseconds(100), _hub.Time).ConfigureAwait(false);      // nothing tells when there is one again
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.OperationAborted)
            {
                // It was gone before it was accepted.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ReceiveAsync(BoxClock clock)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(ushort.MaxValue + 1, pinned: true);
        var from = _anyone.Serialize();
        while (true)
        {
            try
            {
                var count = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, from).ConfigureAwait(false);
                Take(buffer.AsSpan(0, count), from, clock.BoottimeUs);
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.OperationAborted)
            {
                // ICMP about a datagram of somebody else's.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Take(ReadOnlySpan<byte> datagram, SocketAddress from, long nowUs)
    {
        var six = IsWhole(datagram, SimWidth.Six, out var sixSim);
        var ten = IsWhole(datagram, SimWidth.Ten, out var tenSim);
        if (!six && !ten)
        {
            Interlocked.Increment(ref _hub.Counters.Malformed);
            return;
        }
        var width = six && (!ten || _hub.IsKnown(sixSim) || !_hub.IsKnown(tenSim)) ? SimWidth.Six : SimWidth.Ten;
        long packets = 0, unasked = 0;
        for (var rest = datagram; PacketHead.Read(rest, width, out var head) == HeadState.Valid; rest = rest[head.Length..])
        {
            packets++;
            if (!Route(head, rest.Slice(head.HeaderLength, head.BodyLength), from, nowUs))
                unasked++;
        }
        _hub.Count(packets, datagram.Length, unasked);
    }

    private bool Route(in PacketHead head, ReadOnlySpan<byte> body, SocketAddress from, long nowUs)
    {
        if (_hub.Find(_kind, head.Sim, head.Channel) is { } lease)
        {
            if (lease.Carrier is UdpSource source && source.Is(from))
                return lease.Receive(source, head, body, nowUs);
            if (lease.IsFreeForDatagrams(nowUs))
                return lease.Receive(new UdpSource(from, _anyone, _hub.NextOrdinal()), head, body, nowUs);
        }
        return false;
    }

    /// <summary>The datagram is packets to its last byte.</summary>
    private static bool IsWhole(ReadOnlySpan<byte> datagram, SimWidth width, out SimNumber sim)
    {
        sim = default;
        for (var rest = datagram; ; )
        {
            if (PacketHead.Read(rest, width, out var head) != HeadState.Valid || !head.IsPlausible || head.Length > rest.Length)
                return false;
            sim = head.Sim;
            rest = rest[head.Length..];
            if (rest.IsEmpty)
                return true;
        }
    }
}
