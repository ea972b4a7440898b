using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>What the recorder and the simulated devices put on the wire, taken apart by tshark.</summary>
public sealed class DissectionTests
{
    private const string Wrong = "_ws.malformed or _ws.expert.severity == error";

    [Theory]
    [InlineData("small.h264", "ps")]
    [InlineData("small.h265", "ps")]
    [InlineData("small.h264", "es")]
    public async Task Tshark_finds_nothing_wrong_in_a_call(string clip, string payload)
    {
        using var capture = new Capture();
        await using var platform = new GbPlatformRig();
        using var relay = new RecordingRelay(platform.Port, capture);
        await using var device = await GbDeviceProcess.StartAsync(
            relay.Port, "--clip", clip, "--audio", "10s.alaw", "--payload", payload, "--loops", "1", "--speed", "10", "--catalog", "20", "--heartbeat", "0.5");
        await device.OnlineAsync();
        await platform.AskAsync<CatalogResponse>(new CatalogQuery());
        using var media = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 8 << 20 };
        media.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var local = (IPEndPoint)media.LocalEndPoint!;
        var (offer, _, session) = platform.Offer("udp");
        session.Dispose();
        await platform.InviteAsync(offer with { Port = local.Port });
        await platform.NextAsync<Keepalive>();
        var sent = Assert.Single((await device.WaitAsync(s => s.Streams is [{ Call: "Ended" }])).Streams).Packets;
        var buffer = new byte[ushort.MaxValue];
        for (var i = 0; i < sent; i++)
        {
            var received = await media.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(TimeSpan.FromSeconds(20));
            capture.Add((IPEndPoint)received.RemoteEndPoint, local, buffer.AsSpan(0, received.ReceivedBytes));
        }

        string[] decodeAs = [Sip(relay.Port), Sip(platform.Port), Rtp(local.Port)];
        Assert.Empty(await capture.DissectAsync(Wrong, decodeAs, "frame.number", "_ws.expert.message"));
        Assert.Equal(sent, (await capture.DissectAsync("rtp", decodeAs, "rtp.seq")).Length);
        var methods = (await capture.DissectAsync("sip.Method", decodeAs, "sip.Method")).ToHashSet();
        Assert.Superset(new HashSet<string> { "REGISTER", "MESSAGE", "INVITE", "ACK", "BYE" }, methods);
        Assert.NotEmpty(await capture.DissectAsync("sdp", decodeAs, "sdp.media"));
    }

    [Theory]
    [InlineData(Codec.H264, Codec.G711A)]
    [InlineData(Codec.H265, Codec.Aac)]
    public async Task Tshark_finds_nothing_wrong_in_what_the_recorder_sends(Codec video, Codec audio)
    {
        using var capture = new Capture();
        var clip = await Clip.MakeAsync(video, audio);
        using var media = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 8 << 20 };
        media.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var to = (IPEndPoint)media.LocalEndPoint!;
        using var transport = new UdpTransport(new(IPAddress.Loopback, 0), to);
        var sender = new PsSender(video, audio, 200000001, transport);
        var (buffer, taken) = (new byte[ushort.MaxValue], 0L);
        foreach (var unit in clip.Units)
        {
            using var writer = new PayloadWriter(ChunkPool.Audio);
            writer.Write(unit.Bytes);
            var payload = writer.Take();
            Assert.True(sender.Send(
                new AccessUnit { Track = unit.Track, Pts = unit.Pts, IsSync = unit.IsSync, Payload = payload, ArrivalUs = 0 }, 90_000 + unit.Pts * 90_000 / unit.Track.TimeScale));
            payload.Release();
            for (; taken < sender.Packets; taken++)
            {
                var received = await media.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(TimeSpan.FromSeconds(20));
                capture.Add((IPEndPoint)received.RemoteEndPoint, to, buffer.AsSpan(0, received.ReceivedBytes));
            }
        }
        Assert.Empty(await capture.DissectAsync(Wrong, [Rtp(to.Port)], "frame.number", "_ws.expert.message"));
        Assert.Equal(sender.Packets, (await capture.DissectAsync("rtp.p_type == 96 and rtp.ssrc == 200000001", [Rtp(to.Port)], "rtp.seq")).Length);
    }

    private static string Sip(int port) => string.Create(CultureInfo.InvariantCulture, $"udp.port=={port},sip");

    private static string Rtp(int port) => string.Create(CultureInfo.InvariantCulture, $"udp.port=={port},rtp");
}
