using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.MpegPs;
using EdgeRecorder.Tests.Storage;
using Clip = EdgeRecorder.Tests.Media.Clip;

namespace EdgeRecorder.Tests.Gb28181.Media;

public sealed class PsSenderTests
{
    [Theory]
    [InlineData(Codec.H264, Codec.G711A, "udp")]
    [InlineData(Codec.H265, Codec.Aac, "active")]
    [InlineData(Codec.H264, Codec.Aac, "passive")]
    public async Task What_is_sent_is_what_a_session_receives(Codec video, Codec audio, string way)
    {
        var clip = await Clip.MakeAsync(video, audio);
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        using var transport = await OpenAsync(way, session);
        var sender = new PsSender(video, audio, ReceptionRig.Agreed, transport);
        var packets = 0L;
        foreach (var unit in clip.Units)
        {
            Assert.True(Send(sender, unit));
            if (way == "udp")
                Wait.Until(() => session.Packets >= sender.Packets);
            packets = sender.Packets;
        }
        session.LowLatency = true;
        Wait.Until(() => session.Packets == packets);
        rig.Advance(1);
        Assert.Equal(clip.Pictures.Select(unit => Convert.ToHexString(PsMuxerTests.WithoutDelimiter(unit))), tap.Video.Select(unit => Convert.ToHexString(unit.Bytes)));
        Assert.Equal(clip.Frames.Select(unit => Convert.ToHexString(unit.Bytes)), tap.Audio.Select(unit => Convert.ToHexString(unit.Bytes)));
        Assert.Equal((0L, 0L), (session.LostPackets, sender.Dropped));
    }

    [Fact]
    public async Task A_unit_is_packets_of_one_time_stamp_with_the_marker_on_the_last()
    {
        var clip = await Clip.MakeAsync(Codec.H264, Codec.Aac);
        var transport = new Recorder();
        var sender = new PsSender(Codec.H264, Codec.Aac, 7, transport);
        foreach (var unit in clip.Units)
        {
            var before = transport.Packets.Count;
            Send(sender, unit);
            var sent = transport.Packets[before..];
            Assert.Single(sent.Select(packet => Convert.ToHexString(packet, 4, 4)).Distinct());
            Assert.All(sent.SkipLast(1), packet => Assert.True(packet[1] < 0x80));
            Assert.True(sent[^1][1] >= 0x80);
            Assert.All(sent, packet => Assert.True(packet.Length <= 1412 && packet[11] == 7));
        }
    }

    [Fact]
    public async Task A_platform_that_does_not_read_loses_up_to_the_next_sync_sample()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null);
        var transport = new Recorder();
        var sender = new PsSender(Codec.H264, null, 7, transport);
        var sent = 0;
        foreach (var (unit, i) in clip.Pictures.Select((unit, i) => (unit, i)))
        {
            transport.IsFull = i == 10;
            sent += Send(sender, unit) ? 1 : 0;
        }
        Assert.Equal((clip.Pictures.Count() - 15, 15L), (sent, sender.Dropped));
    }

    [Fact]
    public async Task What_comes_before_the_first_sync_sample_is_left_out_and_is_no_loss()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null);
        var sender = new PsSender(Codec.H264, null, 7, new Recorder());
        Assert.Equal([false, true], clip.Pictures.Skip(5).Select(unit => Send(sender, unit)).Distinct());
        Assert.Equal(0, sender.Dropped);
    }

    [Fact]
    public async Task A_connection_that_is_gone_has_no_room()
    {
        using var listener = Listener();
        var accepting = listener.AcceptAsync();
        using var transport = await TcpTransport.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, TimeProvider.System, CancellationToken.None);
        (await accepting).Close(0);
        Wait.Until(() =>
        {
            transport.Send(new byte[1000]);
            transport.Flush();
            return transport.HasEnded;
        });
        Assert.False(transport.HasRoom(1));
    }

    private static async Task<IRtpTransport> OpenAsync(string way, IMediaSession session)
    {
        var target = new IPEndPoint(IPAddress.Loopback, session.Port);
        if (way == "udp")
            return new UdpTransport(new(IPAddress.Loopback, 0), target);
        if (way == "active")
            return await TcpTransport.ConnectAsync(target, TimeProvider.System, CancellationToken.None);
        using var listener = Listener();
        var accepting = TcpTransport.AcceptAsync(listener, IPAddress.Loopback, CancellationToken.None);
        await session.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, CancellationToken.None);
        return await accepting;
    }

    private static Socket Listener()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static bool Send(PsSender sender, Clip.Unit unit)
    {
        using var writer = new PayloadWriter(ChunkPool.Audio);
        writer.Write(unit.Bytes);
        var payload = writer.Take();
        var sent = sender.Send(new AccessUnit { Track = unit.Track, Pts = unit.Pts, IsSync = unit.IsSync, Payload = payload, ArrivalUs = 0 }, 90_000 + unit.Pts * 90_000 / unit.Track.TimeScale);
        payload.Release();
        return sent;
    }

    private sealed class Recorder : IRtpTransport
    {
        public List<byte[]> Packets { get; } = [];
        public bool IsFull { get; set; }

        public bool HasRoom(int bytes) => !IsFull;

        public void Send(ReadOnlySpan<byte> packet) => Packets.Add(packet.ToArray());

        public void Flush()
        {
        }

        public Task RoomAsync(int bytes, CancellationToken stop) => Task.CompletedTask;

        public bool HasEnded => false;

        public void Dispose()
        {
        }
    }
}
