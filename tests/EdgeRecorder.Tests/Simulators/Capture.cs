using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>Datagrams of a test in a file that tshark reads: pcap, link type 228 (raw IPv4). Needs no right to capture.</summary>
internal sealed class Capture : IDisposable
{
    private const int Ip = 20, Udp = 8;

    private readonly FileStream _file = File.Create(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pcap"));
    private readonly Lock _gate = new();
    private uint _milliseconds;

    public Capture()
    {
        Span<byte> header = stackalloc byte[24];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xA1B2C3D4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 256 * 1024);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 228);
        _file.Write(header);
    }

    public void Add(IPEndPoint from, IPEndPoint to, ReadOnlySpan<byte> datagram)
    {
        var packet = new byte[16 + Ip + Udp + datagram.Length];
        var ip = packet.AsSpan(16);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), (uint)ip.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(12), (uint)ip.Length);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        (ip[8], ip[9]) = (64, 17);                              // TTL, UDP
        from.Address.TryWriteBytes(ip[12..], out _);
        to.Address.TryWriteBytes(ip[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(ip[20..], (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[22..], (ushort)to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ip[24..], (ushort)(Udp + datagram.Length));
        datagram.CopyTo(ip[(Ip + Udp)..]);
        lock (_gate)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(packet, ++_milliseconds / 1000);
            BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(4), _milliseconds % 1000 * 1000);
            _file.Write(packet);
        }
    }

    /// <summary>One line for each frame that passes the filter: the fields, with tabs between them.</summary>
    /// <param name="filter">tshark's display filter.</param>
    /// <param name="decodeAs">Ports and what they carry, e.g. <c>udp.port==5060,sip</c>.</param>
    public async Task<string[]> DissectAsync(string filter, IEnumerable<string> decodeAs, params string[] fields)
    {
        lock (_gate)
            _file.Flush();
        // It warns of running as root on standard error.
        var (exitCode, output, errors) = await Tool.TryAsync(
            "tshark", ["-n", "-r", _file.Name, "-Y", filter, .. decodeAs.SelectMany(d => new[] { "-d", d }), "-T", "fields", .. fields.SelectMany(f => new[] { "-e", f })]);
        Assert.True(exitCode == 0, $"tshark ended with {exitCode}: {errors}");
        return System.Text.Encoding.UTF8.GetString(output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_file.Name);
    }
}

/// <summary>Stands between one device and a server, and writes down what they say to each other over UDP.</summary>
internal sealed class RecordingRelay : IDisposable
{
    private readonly Socket _toDevice = Open(), _toServer = Open();
    private readonly IPEndPoint _server;
    private readonly Capture _capture;
    private IPEndPoint? _device;

    public RecordingRelay(int serverPort, Capture capture)
    {
        (_server, _capture) = (new(IPAddress.Loopback, serverPort), capture);
        _ = ForwardAsync(_toDevice, _toServer, () => _server, from => _device = from);
        _ = ForwardAsync(_toServer, _toDevice, () => _device, _ => { });
    }

    /// <summary>Where the device is to find its server.</summary>
    public int Port => ((IPEndPoint)_toDevice.LocalEndPoint!).Port;

    public void Dispose()
    {
        _toDevice.Dispose();
        _toServer.Dispose();
    }

    private async Task ForwardAsync(Socket from, Socket to, Func<IPEndPoint?> target, Action<IPEndPoint> seen)
    {
        var buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                var received = await from.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                var source = (IPEndPoint)received.RemoteEndPoint;
                seen(source);
                if (target() is not { } destination)
                    continue;
                _capture.Add(source, destination, buffer.AsSpan(0, received.ReceivedBytes));
                await to.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), destination);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
