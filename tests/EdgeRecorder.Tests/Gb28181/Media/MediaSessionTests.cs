using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Storage;

namespace EdgeRecorder.Tests.Gb28181.Media;

[Collection(nameof(AllocationTests))]
public sealed class MediaSessionTests
{
    private static readonly IPAddress Elsewhere = IPAddress.Parse("127.0.0.2");

    [Fact]
    public async Task Datagrams_bring_a_stream()
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        Assert.Equal(0, session.Port % 2);
        using var device = ReceptionRig.Datagrams(session);
        await PlayAsync(device, session, new PsCamera(), 50);
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 50);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => i * 3600L), tap.Video.Select(unit => unit.Pts));
        Assert.Equal(Enumerable.Range(0, 50), tap.Audio.Select(unit => (int)unit.Bytes[0]));
        Assert.Equal([Codec.H264, Codec.G711A], Assert.Single(tap.Sink.Announcements).Select(track => track.Codec));
        Assert.Equal(((IPEndPoint)device.LocalEndPoint!, (uint?)ReceptionRig.Agreed, 0L), (session.Source!, session.Ssrc, session.LostPackets));
        Assert.Equal((1, 1, 0L), (rig.Reception.Figures.Sessions, rig.Reception.Figures.Flowing, rig.Reception.Figures.Foreign));
        session.Dispose();
        session.Dispose();
        Assert.Equal(0, rig.Reception.Figures.Sessions);
        Assert.Empty(tap.Ends);
    }

    [Fact]
    public async Task The_device_connects_and_its_end_is_told()
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        using var device = await ReceptionRig.ConnectAsync(session);
        var (camera, random) = (new PsCamera(), new Random(28181));
        byte[] stream = [.. Enumerable.Range(0, 60).SelectMany(_ => PsCamera.Framed(camera.Next()))];
        for (var at = 0; at < stream.Length;)
        {
            var count = Math.Min(random.Next(1, 5000), stream.Length - at);
            await device.SendAsync(stream.AsMemory(at, count));
            at += count;
        }
        session.LowLatency = true;
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 60);
        Assert.Equal(Enumerable.Range(0, 60), tap.Video.Select(PsCamera.NumberOf));
        device.Shutdown(SocketShutdown.Both);
        Wait.Until(() => tap.Ends.Count == 1);
        Assert.Equal("media connection closed by the device", tap.Ends[0]);

        using var again = await ReceptionRig.ConnectAsync(session);     // and may come again
        for (var i = 0; i < 12; i++)
            await again.SendAsync(PsCamera.Framed(camera.Next()));
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 72);
        Assert.True(tap.Video[60] is { IsSync: true, LossBefore: true });
    }

    [Fact]
    public async Task We_connect_to_a_device_that_listens_after_some_attempts_and_only_where_it_is()
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var target = (IPEndPoint)reserved.LocalEndPoint!;
        var connecting = session.ConnectAsync(target, CancellationToken.None);
        Wait.Until(() => rig.Time.Waiting.Any(left => left <= TimeSpan.FromSeconds(1) && left > TimeSpan.FromMilliseconds(600)));
        reserved.Listen();                                  // it did not before: refused
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        using var device = await reserved.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await connecting.WaitAsync(TimeSpan.FromSeconds(20));
        var camera = new PsCamera();
        for (var i = 0; i < 20; i++)
            await device.SendAsync(PsCamera.Framed(camera.Next()));
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 20);

        var elsewhere = await Assert.ThrowsAsync<SourceException>(() => session.ConnectAsync(new(IPAddress.Parse("192.0.2.1"), 80), CancellationToken.None));
        Assert.Contains("192.0.2.1", elsewhere.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(77u)]
    public async Task A_wrong_SSRC_is_taken_as_it_comes_and_said_once(uint ssrc)
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        using var device = ReceptionRig.Datagrams(session);
        await PlayAsync(device, session, new PsCamera(ssrc), 10);
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 10);
        Assert.Equal(ssrc, session.Ssrc);
        Assert.Contains("not 0200000001", Assert.Single(rig.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strict_takes_no_other_SSRC()
    {
        using var rig = new ReceptionRig(SsrcPolicy.Strict);
        var (session, tap) = rig.Open();
        using var device = ReceptionRig.Datagrams(session);
        foreach (var packet in new PsCamera(0).Next())
            await device.SendAsync(packet);
        Wait.Until(() => session.Foreign == 3);
        await PlayAsync(device, session, new PsCamera(), 10);
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 10);
    }

    [Fact]
    public async Task RTP_from_elsewhere_is_refused_counted_and_said_once()
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        using var stranger = ReceptionRig.Datagrams(session, Elsewhere);
        using var neighbour = ReceptionRig.Datagrams(session);
        using var device = ReceptionRig.Datagrams(session);
        var (foreign, camera) = (new PsCamera(5), new PsCamera());
        foreach (var packet in foreign.Next())
            await stranger.SendAsync(packet);
        Wait.Until(() => session.Foreign == 3);
        Assert.Null(session.Source);
        for (var i = 0; i < 20; i++)
        {
            await PlayAsync(device, session, camera, 1);
            await stranger.SendAsync(foreign.Next()[0]);
            await neighbour.SendAsync(foreign.Next()[0]);   // of the same address, while the device speaks
        }
        Wait.Until(() => session.Foreign == 43);
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 20);
        Assert.Equal(0, session.LostPackets);
        Assert.Single(rig.Lines);
        using var connection = await ReceptionRig.ConnectAsync(session, Elsewhere);
        await HubRig.ClosedAsync(connection);
        Assert.Equal(44, rig.Reception.Figures.Foreign);
        await device.SendAsync(new byte[40]);
        Wait.Until(() => rig.Reception.Figures.Malformed == 1);
    }

    [Fact]
    public async Task A_device_whose_address_a_NAT_changed_is_taken_again_when_the_old_one_is_silent()
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        var camera = new PsCamera();
        using (var before = ReceptionRig.Datagrams(session))
            await PlayAsync(before, session, camera, 10);
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 10);
        using var after = ReceptionRig.Datagrams(session);
        foreach (var packet in camera.Next())
            await after.SendAsync(packet);
        Wait.Until(() => session.Foreign == 3);
        rig.Advance(2);
        await PlayAsync(after, session, camera, 19);
        await tap.Sink.WaitAsync(sink => sink.Video.Count == 20);       // from the next sync sample on
        Assert.True(tap.Video[10] is { IsSync: true, LossBefore: true });
    }

    [Fact]
    public async Task Silence_is_seen_by_the_caller_s_clock_and_what_waits_is_delivered()
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        var openedUs = rig.Clock.BoottimeUs;
        Assert.Equal(openedUs, session.SilentSinceUs);
        rig.Advance(3);
        using var device = ReceptionRig.Datagrams(session);
        await PlayAsync(device, session, new PsCamera(), 5);
        Assert.Equal(openedUs + 3_000_000, session.SilentSinceUs);
        rig.Advance(11);
        Assert.Equal(11_000_000, rig.Clock.BoottimeUs - session.SilentSinceUs);
        Assert.Equal(5, tap.Video.Count);
    }

    [Fact]
    public async Task A_connection_that_brings_no_RTP_is_closed_after_ten_seconds_and_four_are_the_most()
    {
        using var rig = new ReceptionRig();
        var (session, _) = rig.Open();
        List<Socket> silent = [];
        for (var i = 0; i < 4; i++)
            silent.Add(await ReceptionRig.ConnectAsync(session));
        using var fifth = await ReceptionRig.ConnectAsync(session);
        await HubRig.ClosedAsync(fifth);
        rig.Advance(10.5);
        foreach (var socket in silent)
        {
            await HubRig.ClosedAsync(socket);
            socket.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Two_per_cent_of_loss_and_changed_places_cost_what_was_hit_and_the_rest_stays_in_step(int seed)
    {
        using var rig = new ReceptionRig();
        var (session, tap) = rig.Open();
        using var device = ReceptionRig.Datagrams(session);
        var (camera, random) = (new PsCamera(), new Random(seed));
        List<int> expected = [];
        List<byte[]> packets = [];
        var (usable, lost) = (false, 0);
        for (var i = 0; i < 500; i++)
        {
            var hit = false;
            foreach (var packet in camera.Next())
                if (i is > 0 and < 499 && random.Next(50) == 0)
                    (hit, lost) = (true, lost + 1);
                else
                    packets.Add(packet);
            usable = !hit && (i % 10 == 0 || usable);
            if (usable)
                expected.Add(i);
        }
        const int Burst = 20;                               // between two of them so much time passes that what is late is given up
        for (var i = 1; i + 3 < packets.Count - 6; i++)     // the first packet says where the stream begins
            if (random.Next(10) == 0 && i + random.Next(1, 4) is var other && other / Burst == i / Burst)
                (packets[i], packets[other]) = (packets[other], packets[i]);
        for (var i = 0; i < packets.Count; i++)
        {
            await device.SendAsync(packets[i]);
            if (i % Burst == Burst - 1)
            {
                Wait.Until(() => session.Packets >= i + 1);
                rig.Clock.Advance(260_000);                 // gives up on what is missing
                rig.Reception.Tick();
            }
        }
        Wait.Until(() => session.Packets == packets.Count);
        rig.Advance(1);
        Assert.Equal(expected, tap.Video.Select(PsCamera.NumberOf));
        Assert.All(tap.Video, unit => Assert.Equal(PsCamera.NumberOf(unit) * 3600L, unit.Pts));
        Assert.All(tap.Audio, unit => Assert.Equal(0, (unit.Pts / 320 - unit.Bytes[0]) % 256));
        Assert.All(tap.Video.Zip(tap.Video.Skip(1)), pair => Assert.Equal(PsCamera.NumberOf(pair.Second) != PsCamera.NumberOf(pair.First) + 1, pair.Second.LossBefore));
        Assert.Equal(lost, session.LostPackets);
    }

    [Fact]
    public async Task Thirty_sessions_over_all_transports_lose_nothing()
    {
        const int Sessions = 30, Pictures = 100;
        using var rig = new ReceptionRig(pairs: 45);
        var sessions = Enumerable.Range(0, Sessions).Select(_ => rig.Open()).ToList();
        await Task.WhenAll(sessions.Select((open, i) => Task.Run(async () =>
        {
            var (session, camera) = (open.Session, new PsCamera());
            if (i % 3 == 0)
            {
                using var device = ReceptionRig.Datagrams(session);
                await PlayAsync(device, session, camera, Pictures);
                return;
            }
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            Socket connected;
            if (i % 3 == 1)
                connected = await ReceptionRig.ConnectAsync(session);
            else
            {
                var connecting = session.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, CancellationToken.None);
                connected = await listener.AcceptAsync();
                await connecting;
            }
            using (connected)
            {
                for (var picture = 0; picture < Pictures; picture++)
                    await connected.SendAsync(PsCamera.Framed(camera.Next(10_000)));
                await open.Tap.Sink.WaitAsync(sink => sink.Video.Count >= Pictures - 1);
            }
        })));
        rig.Advance(1);
        foreach (var (session, tap) in sessions)
        {
            await tap.Sink.WaitAsync(sink => sink.Video.Count == Pictures);
            Assert.Equal(Enumerable.Range(0, Pictures), tap.Video.Select(PsCamera.NumberOf));
            Assert.Equal((0L, 0), (session.LostPackets, tap.Sink.LostUnits));
        }
        Assert.Equal((0L, 0L), (rig.Reception.Figures.Lost, rig.Reception.Figures.Foreign));
    }

    [Fact]
    public void Ports_run_out_and_come_back_after_their_rest()
    {
        using var rig = new ReceptionRig(pairs: 3);
        List<IMediaSession> open = [];
        while (open.Count < 3 && TryOpen(rig) is { } session)
            open.Add(session);
        Assert.NotEmpty(open);
        Assert.Null(TryOpen(rig));
        open[0].Dispose();
        Assert.Null(TryOpen(rig));
        rig.Advance(5);
        Assert.NotNull(TryOpen(rig));
    }

    /// <summary>Pictures at the pace at which they are taken: no burst larger than the kernel's buffer.</summary>
    private static async Task PlayAsync(Socket device, IMediaSession session, PsCamera camera, int pictures)
    {
        var packets = session.Packets;
        for (var i = 0; i < pictures; i++)
            foreach (var packet in camera.Next())
            {
                await device.SendAsync(packet);
                packets++;
                Wait.Until(() => session.Packets >= packets);
            }
    }

    private static IMediaSession? TryOpen(ReceptionRig rig)
    {
        try
        {
            return rig.Open().Session;
        }
        catch (SourceException)
        {
            return null;
        }
    }
}
