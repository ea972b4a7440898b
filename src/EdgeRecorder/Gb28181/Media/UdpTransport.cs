using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>RTP in datagrams to one address.</summary>
internal sealed class UdpTransport : IRtpTransport
{
    private const int SendBuffer = 2 * 1024 * 1024;         // the kernel gives up to net.core.wmem_max: a key picture is one burst

    private readonly Socket _socket;

    /// <param name="local">Where to send from: the port that the answer names.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public UdpTransport(IPEndPoint local, IPEndPoint target)
    {
        _socket = new(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = SendBuffer };
        try
        {
            _socket.Bind(local);
            _socket.Connect(target);
            _socket.Blocking = false;
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Datagrams that the kernel did not take.</summary>
    public long Refused { get; private set; }

    public bool HasRoom(int bytes) => true;

    public void Send(ReadOnlySpan<byte> packet)
    {
        _socket.Send(packet, SocketFlags.None, out var error);
        if (error == SocketError.ConnectionRefused)         // an earlier one was: reported once, and this one not sent
            _socket.Send(packet, SocketFlags.None, out error);
        if (error != SocketError.Success)
            Refused++;
    }

    public void Flush()
    {
    }

    public void Dispose() => _socket.Dispose();
}
