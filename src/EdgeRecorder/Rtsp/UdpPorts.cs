using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Media;
using EdgeRecorder.Network;
using EdgeRecorder.Rtp;

namespace EdgeRecorder.Rtsp;

/// <summary>The port pair of one media stream over UDP: data on the even port, control on the next.</summary>
internal sealed class UdpPorts : IDisposable
{
    /// <summary>The kernel gives up to net.core.rmem_max of it; a key frame comes as one burst.</summary>
    private const int ReceiveBuffer = 2 * 1024 * 1024;
    private const int Attempts = 50;

    private readonly Socket _data;
    private readonly Socket _control;

    private UdpPorts(Socket data, Socket control, int port) => (_data, _control, Port) = (data, control, port);

    /// <summary>The even one.</summary>
    public int Port { get; }

    /// <summary>Datagrams received.</summary>
    public long Datagrams { get; private set; }

    /// <summary>Takes a free pair on the address that faces the camera.</summary>
    /// <exception cref="SourceException">There is none.</exception>
    public static UdpPorts Open(IPAddress local)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var port = Random.Shared.Next(20_000, 60_000) & ~1;
            var data = Create(local.AddressFamily);
            var control = Create(local.AddressFamily);
            try
            {
                data.Bind(new IPEndPoint(local, port));
                control.Bind(new IPEndPoint(local, port + 1));
                return new(data, control, port);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                data.Dispose();
                control.Dispose();
            }
        }
        throw new SourceException(GapReason.Offline, "no free pair of UDP ports");
    }

    /// <summary>Only the camera's own ports may send here from now on; a first packet on each opens what stands between.</summary>
    public void Connect(IPAddress camera, (int Data, int Control)? server)
    {
        if (server is not { } ports)
            return;
        _data.Connect(new IPEndPoint(camera, ports.Data));
        _control.Connect(new IPEndPoint(camera, ports.Control));
        Span<byte> empty = stackalloc byte[RtpPacket.FixedHeaderLength];
        empty.Clear();
        empty[0] = 0x80;
        _data.Send(empty, SocketFlags.None, out _);
    }

    /// <summary>Sends a receiver report.</summary>
    public void SendControl(ReadOnlySpan<byte> report)
    {
        try
        {
            if (_control.Connected)
                _control.Send(report, SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // The timer came while the session was being closed.
        }
    }

    /// <summary>Reads both ports until disposed.</summary>
    public Task ReadAsync(RtpStream stream, Lock gate, BoxClock clock)
        => Task.WhenAll(ReadAsync(_data, isControl: false, stream, gate, clock), ReadAsync(_control, isControl: true, stream, gate, clock));

    public void Dispose()
    {
        _data.Dispose();
        _control.Dispose();
    }

    private async Task ReadAsync(Socket socket, bool isControl, RtpStream stream, Lock gate, BoxClock clock)
    {
        while (true)
        {
            try
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.MessageSize)
            {
                // ICMP told that the camera's port is closed for now; the stall timer decides.
            }
            lock (gate)
                Drain(socket, isControl, stream, clock.BoottimeUs);
        }
    }

    private void Drain(Socket socket, bool isControl, RtpStream stream, long nowUs)
    {
        var buffer = ReceiveBuffers.Rent();
        try
        {
            Drain(socket, isControl, stream, nowUs, buffer);
        }
        finally
        {
            ReceiveBuffers.Return(buffer);
        }
    }

    private void Drain(Socket socket, bool isControl, RtpStream stream, long nowUs, byte[] buffer)
    {
        while (true)
        {
            var count = socket.Receive(buffer, SocketFlags.None, out var error);
            if (error == SocketError.ConnectionRefused)
                continue;                                   // reported once per packet sent
            if (error != SocketError.Success)
                return;
            Datagrams++;
            if (isControl)
                stream.ReceiveControl(buffer.AsSpan(0, count), nowUs);
            else
                stream.Receive(buffer.AsSpan(0, count), nowUs);
        }
    }

    private static Socket Create(AddressFamily family)
        => new(family, SocketType.Dgram, ProtocolType.Udp) { Blocking = false, ReceiveBufferSize = ReceiveBuffer };
}
