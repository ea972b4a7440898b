using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>A media packet, read by the layout of JT/T 1078-2016 and nothing else.</summary>
internal sealed record Packet(string Sim, byte Channel, int Type, int Flag, int PayloadType, ushort Sequence, long Timestamp, byte[] Body);

/// <summary>Takes media over TCP and UDP on one port number and takes it apart; what stands between packets is counted.</summary>
internal sealed class MediaReceiver : IDisposable
{
    private readonly TcpListener _listener;
    private readonly Socket _udp;
    private readonly int _simBytes;
    private readonly List<Packet> _packets = [];

    public MediaReceiver(int simBytes = 6)
    {
        _simBytes = simBytes;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start(2000);
        _udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 8 << 20 };
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _ = AcceptAsync();
        _ = HearAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections { get; private set; }

    public int Closed { get; private set; }

    public long Strange { get; private set; }

    public IReadOnlyList<Packet> Packets
    {
        get
        {
            lock (_packets)
                return [.. _packets];
        }
    }

    /// <summary>Frames of a channel and kind, put together by their flags.</summary>
    public IReadOnlyList<byte[]> Frames(byte channel, bool video)
    {
        var frames = new List<byte[]>();
        var open = new List<byte>();
        foreach (var packet in Packets.Where(p => p.Channel == channel && p.Type <= 2 == video && p.Type <= 3))
        {
            if (packet.Flag is 0 or 1)
                open.Clear();
            open.AddRange(packet.Body);
            if (packet.Flag is 0 or 2)
                frames.Add([.. open]);
        }
        return frames;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _udp.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                Connections++;
                _ = ReadAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ReadAsync(TcpClient client)
    {
        using var _ = client;
        var buffer = new byte[1 << 20];
        var filled = 0;
        try
        {
            while (await client.GetStream().ReadAsync(buffer.AsMemory(filled)) is > 0 and var read)
            {
                filled += read;
                var used = TakeApart(buffer.AsSpan(0, filled));
                buffer.AsSpan(used..filled).CopyTo(buffer);
                filled -= used;
            }
        }
        catch (IOException)
        {
            // The terminal reset.
        }
        Closed++;
    }

    private async Task HearAsync()
    {
        var buffer = new byte[65536];
        try
        {
            while (true)
            {
                var read = await _udp.ReceiveAsync(buffer);
                Assert.Equal(read, TakeApart(buffer.AsSpan(0, read)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private int TakeApart(ReadOnlySpan<byte> input)
    {
        var used = 0;
        while (input.Length - used >= 10 + _simBytes)
        {
            var rest = input[used..];
            if (!rest.StartsWith("01cd"u8))
            {
                Strange++;
                used++;
                continue;
            }
            var type = rest[9 + _simBytes] >> 4;
            var header = 10 + _simBytes + 2 + (type == 4 ? 0 : type == 3 ? 8 : 12);
            if (rest.Length < header)
                break;
            var length = BinaryPrimitives.ReadUInt16BigEndian(rest[(header - 2)..]);
            if (rest.Length < header + length)
                break;
            var packet = new Packet(
                Convert.ToHexString(rest.Slice(8, _simBytes)), rest[8 + _simBytes], type, rest[9 + _simBytes] & 15, rest[5] & 0x7F, BinaryPrimitives.ReadUInt16BigEndian(rest[6..]),
                type == 4 ? 0 : BinaryPrimitives.ReadInt64BigEndian(rest[(10 + _simBytes)..]), rest.Slice(header, length).ToArray());
            lock (_packets)
                _packets.Add(packet);
            used += header + length;
        }
        return used;
    }
}
