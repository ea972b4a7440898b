using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>How the packets of one track reach one client. Packets come with their interleaved header in front.</summary>
internal abstract class RtpTransport
{
    /// <summary>The byte behind '$'; the RTCP of the track has the next number.</summary>
    public virtual byte Channel => 0;

    /// <summary>Bytes sent beside the RTSP connection, headers of IP and UDP not counted.</summary>
    public virtual long DatagramBytes => 0;

    /// <summary>Sends whole packets that lie one behind the other in <see cref="RtpTrack.Wire"/>.</summary>
    public abstract void SendPackets(RtpTrack track, int firstPacket, int count);

    /// <summary>Sends an RTCP compound packet, or anything else that belongs on the second channel or port.</summary>
    public abstract void SendControl(ReadOnlySpan<byte> packet);
}

/// <summary>Interleaved in the RTSP connection (RFC 2326, 10.12).</summary>
internal sealed class InterleavedTransport(Outbox outbox, byte channel) : RtpTransport
{
    public override byte Channel => channel;

    public override void SendPackets(RtpTrack track, int firstPacket, int count)
        => outbox.Write(track.Wire.AsSpan(track.Packets[firstPacket]..track.Packets[firstPacket + count]));

    public override void SendControl(ReadOnlySpan<byte> packet)
    {
        Span<byte> frame = stackalloc byte[RtpTrack.InterleavedHeader + packet.Length];
        frame[0] = (byte)'$';
        frame[1] = (byte)(channel + 1);
        frame[2] = (byte)(packet.Length >> 8);
        frame[3] = (byte)packet.Length;
        packet.CopyTo(frame[RtpTrack.InterleavedHeader..]);
        outbox.Write(frame);
    }
}

/// <summary>Datagrams from the server's one pair of ports to the client's pair.</summary>
internal sealed class UdpTransport(UdpPorts ports, IPAddress client, int clientPort) : RtpTransport
{
    private readonly SocketAddress _media = new IPEndPoint(client, clientPort).Serialize();
    private readonly SocketAddress _control = new IPEndPoint(client, clientPort + 1).Serialize();
    private long _sent;

    public override long DatagramBytes => _sent;

    public override void SendPackets(RtpTrack track, int firstPacket, int count)
    {
        for (var i = firstPacket; i < firstPacket + count; i++)
            Send(ports.Media, track.Wire.AsSpan((track.Packets[i] + RtpTrack.InterleavedHeader)..track.Packets[i + 1]), _media);
    }

    public override void SendControl(ReadOnlySpan<byte> packet) => Send(ports.Control, packet, _control);

    private void Send(Socket socket, ReadOnlySpan<byte> datagram, SocketAddress to)
    {
        try
        {
            _sent += socket.SendTo(datagram, SocketFlags.None, to);
        }
        catch (SocketException)
        {
            // The client's port is closed, which its host told us for an earlier datagram; a camera goes on sending until TEARDOWN.
        }
    }
}

/// <summary>The server's even and odd UDP port; all clients share them.</summary>
internal sealed class UdpPorts : IDisposable
{
    public Socket Media { get; }
    public Socket Control { get; }
    public int MediaPort => ((IPEndPoint)Media.LocalEndPoint!).Port;

    public UdpPorts(IPAddress address)
    {
        for (; ; )
        {
            var first = Bind(address, 0)!;
            var port = ((IPEndPoint)first.LocalEndPoint!).Port;
            // RTP ports are even, RTCP takes the next (RFC 3550, 11); the kernel picks until a pair is free.
            if (port % 2 == 0 && Bind(address, port + 1) is { } second)
            {
                (Media, Control) = (first, second);
                return;
            }
            first.Dispose();
        }
    }

    private static Socket? Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException) when (port != 0)
        {
            socket.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        Media.Dispose();
        Control.Dispose();
    }
}
