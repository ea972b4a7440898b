using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>The sockets of one session: RTP over UDP and TCP on the even port, RTCP on the next. Both transports, because devices answer with the other than was asked for.</summary>
internal sealed class SessionPorts : IDisposable
{
    /// <summary>The kernel gives up to net.core.rmem_max of it; a key frame comes as one burst of hundreds of packets.</summary>
    private const int ReceiveBuffer = 4 * 1024 * 1024;
    private const int Backlog = 4;

    private SessionPorts(int port, Socket data, Socket control, Socket listener)
        => (Port, Data, Control, Listener) = (port, data, control, listener);

    public int Port { get; }
    public Socket Data { get; }

    /// <summary>Only written: the kernel drops what it cannot keep of the reports that come.</summary>
    public Socket Control { get; }
    public Socket Listener { get; }

    /// <summary>Null: one of the ports is taken.</summary>
    public static SessionPorts? TryOpen(IPAddress address, int port)
    {
        if (address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
            address = IPAddress.Any;
        var data = Create(address, SocketType.Dgram, ProtocolType.Udp);
        var control = Create(address, SocketType.Dgram, ProtocolType.Udp);
        var listener = Create(address, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            data.ReceiveBufferSize = ReceiveBuffer;
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);    // what was closed before a restart may linger
            data.Bind(new IPEndPoint(address, port));
            control.Bind(new IPEndPoint(address, port + 1));
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(Backlog);
            return new(port, data, control, listener);
        }
        catch (SocketException)
        {
            data.Dispose();
            control.Dispose();
            listener.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        Data.Dispose();
        Control.Dispose();
        Listener.Dispose();
    }

    /// <summary>The sockets serve both families: an IPv4 address comes mapped.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static Socket Create(IPAddress address, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(address.AddressFamily, type, protocol);
        if (address.Equals(IPAddress.IPv6Any))
            socket.DualMode = true;
        return socket;
    }
}
