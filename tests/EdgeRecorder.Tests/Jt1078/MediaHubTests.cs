using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;
using EdgeRecorder.Network;
using EdgeRecorder.Tests.Network;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.Storage;

namespace EdgeRecorder.Tests.Jt1078;

[Collection(nameof(AllocationTests))]
public sealed class MediaHubTests
{
    private const int Second = HubRig.Second;

    [Theory]
    [InlineData(6)]
    [InlineData(10)]
    public async Task A_connection_brings_its_stream_byte_for_byte(int width)
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        var pictures = ElementaryStream.Pictures(await File.ReadAllBytesAsync(await Clips.FindAsync("small.h264")), h265: false);
        var terminal = new TerminalStream(width: width);
        byte[] bytes = [.. pictures.SelectMany((picture, i) => terminal.Frame(picture.IsSync ? 0 : 1, 98, (ulong)i * 40, picture.Bytes).SelectMany(packet => packet))];
        using var socket = await rig.ConnectAsync();
        var random = new Random(1078);
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(random.Next(1, 5000), bytes.Length - at);
            await socket.SendAsync(bytes.AsMemory(at, count));
            at += count;
        }
        await tap.Sink.WaitAsync(sink => sink.Units.Count == pictures.Count);

        Assert.Equal(pictures.SelectMany(picture => ElementaryStream.Nals(picture.Bytes)).Select(Convert.ToHexString), tap.Video.SelectMany(unit => unit.NalUnits).Select(Convert.ToHexString));
        Assert.Equal(new LossFigures(terminal.Sequence, 0), lease.TakeLoss());
        Assert.Equal(((IPEndPoint)socket.LocalEndPoint!).Port, lease.Source!.Port);
        Assert.Equal((terminal.Sequence, bytes.Length), (rig.Hub.Figures.Packets, rig.Hub.Figures.Bytes));
        socket.Shutdown(SocketShutdown.Both);
        Wait.Until(() => tap.Ends.Count == 1);
        Assert.Equal("connection closed by terminal", tap.Ends[0]);
        Assert.Null(lease.Source);
        lease.Dispose();
    }

    [Fact]
    public async Task Datagrams_bring_a_stream_in_order_without_their_doubles()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        using var socket = rig.Datagrams();
        var terminal = new TerminalStream(width: 10);
        var packets = Enumerable.Range(0, 200).Select(i => HubRig.Packet(terminal, i)).ToList();
        for (var i = 5; i + 3 < packets.Count; i += 7)      // two change places, one comes twice
        {
            (packets[i], packets[i + 1]) = (packets[i + 1], packets[i]);
            packets.Insert(i + 3, packets[i + 3]);
        }
        for (var i = 0; i < packets.Count; i++)
        {
            await socket.SendAsync(packets[i]);
            rig.Packets(i + 1);                             // no burst larger than the kernel's buffer
        }
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 200);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => i * 3600L), tap.Video.Select(unit => unit.Pts));
        Assert.Equal(0, lease.TakeLoss().Lost);
        Assert.Equal(0, rig.Hub.Figures.Malformed);
    }

    [Fact]
    public async Task X5_a_datagram_that_is_cut_is_dropped_and_one_of_two_packets_is_two()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        using var socket = rig.Datagrams();
        await socket.SendAsync(Vectors.M4.AsMemory(0, Vectors.M4.Length - 1));
        Wait.Until(() => rig.Hub.Figures.Malformed == 1);
        await socket.SendAsync((byte[])[.. Vectors.M1, .. Vectors.M2, .. Vectors.M3]);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 1);
        Assert.Equal(3, lease.Packets);
        await socket.SendAsync(new byte[1]);
        Wait.Until(() => rig.Hub.Figures.Malformed == 2);
    }

    [Fact]
    public async Task Several_channels_and_terminals_share_a_connection_and_one_s_garbage_is_its_own()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect(channel: 1);
        var (_, second) = rig.Expect(channel: 2);
        var (_, other) = rig.Expect("99988877766", 1);
        var (good, sane, wild) = (new TerminalStream(channel: 1), new TerminalStream(channel: 2), new TerminalStream("99988877766"));
        using var socket = await rig.ConnectAsync();
        var random = new Random(1078);
        List<byte> bytes = [];
        for (var i = 0; i < 300; i++)
        {
            var pieces = good.Frame(i % 10 == 0 ? 0 : 1, 98, (ulong)i * 40, HubRig.Picture(i, 3000));
            foreach (var piece in pieces)
            {
                bytes.AddRange(piece);
                var garbage = new byte[random.Next(0, 900)];
                random.NextBytes(garbage);
                wild.Sequence = random.Next(65_536);
                bytes.AddRange(wild.Packet(random.Next(5), random.Next(4), random.Next(128), (ulong)random.NextInt64(), garbage));
            }
            if (i is 100 or 200)
                bytes.AddRange("this is no packet at all 01cd 01cd"u8);
            bytes.AddRange(HubRig.Packet(sane, i));
        }
        await socket.SendAsync(bytes.ToArray());
        await second.Sink.WaitAsync(sink => sink.Units.Count == 300);
        Assert.Equal(300, tap.Video.Count);
        Assert.All(tap.Video.Concat(second.Video), unit => Assert.False(unit.LossBefore));
        Assert.Equal((0, 0L), (tap.Sink.LostUnits, lease.TakeLoss().Lost));
        Assert.DoesNotContain(other.Video, unit => unit.LossBefore && unit.Bytes.Length == 0);
    }

    [Fact]
    public async Task Media_that_nobody_asked_for_is_counted_kept_from_everything_and_closed_after_ten_seconds()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect(channel: 1);
        var video = ChunkPool.Video.InUseBytes;
        using var stranger = await rig.ConnectAsync();
        using var wrongPort = await rig.ConnectAsync(MediaKind.Sub);
        var (unknown, misled) = (new TerminalStream("999999999999"), new TerminalStream());
        for (var i = 0; i < 20; i++)
        {
            await stranger.SendAsync(HubRig.Packet(unknown, i));
            await wrongPort.SendAsync(HubRig.Packet(misled, i));
        }
        using var datagrams = rig.Datagrams();
        await datagrams.SendAsync(Vectors.M12);
        Wait.Until(() => rig.Hub.Figures.Unasked == 41);
        Assert.Empty(tap.Sink.Units);
        Assert.Equal((0L, (IPEndPoint?)null), (lease.Packets, lease.Source));
        Assert.Equal(video, ChunkPool.Video.InUseBytes);
        rig.Advance(9.5);
        Assert.Equal(2, rig.Hub.Figures.Connections);
        rig.Advance(1);
        await HubRig.ClosedAsync(stranger);
        await HubRig.ClosedAsync(wrongPort);
        Assert.Equal(2, rig.Hub.Figures.ClosedUnasked);
        Wait.Until(() => rig.Hub.Figures.Connections == 0);
    }

    [Fact]
    public async Task A_number_of_twenty_digits_is_found_by_its_last_twelve_unless_two_end_so()
    {
        await using var rig = new HubRig();
        var (first, tap) = rig.Expect("88888888013912345678");
        using var socket = await rig.ConnectAsync();
        await socket.SendAsync((byte[])[.. Vectors.M1, .. Vectors.M2, .. Vectors.M3, .. Vectors.M4]);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 2 || sink.Units.Count == 1);
        var (exact, exactTap) = rig.Expect();
        var terminal = new TerminalStream { Sequence = 9 };
        await socket.SendAsync(HubRig.Packet(terminal, 0));
        await exactTap.Sink.WaitAsync(sink => sink.Units.Count == 1);
        exact.Dispose();
        rig.Expect("77777777013912345678");
        var unasked = rig.Hub.Figures.Unasked;
        await socket.SendAsync(HubRig.Packet(terminal, 1));
        Wait.Until(() => rig.Hub.Figures.Unasked == unasked + 1);
        first.Dispose();
    }

    [Fact]
    public async Task The_newest_connection_takes_the_stream_over_once_it_brings_something_and_not_again_within_five_seconds()
    {
        await using var rig = new HubRig();
        var (_, tap) = rig.Expect();
        var (old, young, third) = (new TerminalStream(), new TerminalStream { Sequence = 900 }, new TerminalStream { Sequence = 5_000 });
        using var first = await rig.ConnectAsync();
        await Play(first, old, 0, 15);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 15);
        rig.Advance(6);
        await first.SendAsync(HubRig.Packet(old, 15));
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 16);

        using var second = await rig.ConnectAsync();
        Wait.Until(() => rig.Hub.Figures.Connections == 2);
        await first.SendAsync(HubRig.Packet(old, 16));      // connected is not enough
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 17);
        await Play(second, young, 25, 45);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 32);    // from its first sync sample on
        await HubRig.ClosedAsync(first);
        Assert.True(tap.Video[17] is { IsSync: true, LossBefore: true });
        Assert.Empty(tap.Ends);                             // for the lease nothing ended

        using var clone = await rig.ConnectAsync();
        await Play(clone, third, 50, 60);
        Wait.Until(() => rig.Hub.Figures.Unasked == 10);
        await Play(second, young, 45, 50);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 37);
        Assert.Equal(1, rig.Hub.Figures.Takeovers);
        rig.Advance(5);
        await Play(second, young, 50, 51);                  // it is not silent, only older
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 38);
        await Play(clone, third, 60, 70);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 48);
        Assert.Equal(2, rig.Hub.Figures.Takeovers);
    }

    [Fact]
    public async Task A_connection_that_died_unnoticed_is_replaced_after_a_second()
    {
        await using var rig = new HubRig();
        var (_, tap) = rig.Expect();
        using var dead = await rig.ConnectAsync();
        await Play(dead, new TerminalStream(), 0, 5);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 5);
        rig.Advance(1.5);
        using var next = await rig.ConnectAsync();
        await Play(next, new TerminalStream(), 10, 15);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 10);
    }

    [Fact]
    public async Task A_source_of_datagrams_changes_its_address_when_the_old_one_is_silent()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        var terminal = new TerminalStream();
        using (var before = rig.Datagrams())
            await before.SendAsync(HubRig.Packet(terminal, 0));
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 1);
        using var after = rig.Datagrams();
        await after.SendAsync(HubRig.Packet(terminal, 1));
        Wait.Until(() => rig.Hub.Figures.Unasked == 1);
        rig.Advance(1);
        await after.SendAsync(HubRig.Packet(new TerminalStream { Sequence = 2 }, 10));
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 2);
        Assert.Equal(((IPEndPoint)after.LocalEndPoint!).Port, lease.Source!.Port);
        rig.Advance(61);
        Assert.Equal("terminal is silent", Assert.Single(tap.Ends));
        Assert.Null(lease.Source);
    }

    [Fact]
    public async Task A_lease_that_follows_goes_on_with_the_connection_and_one_that_does_not_ends_it()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        var terminal = new TerminalStream();
        using var socket = await rig.ConnectAsync();
        await Play(socket, terminal, 0, 5);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 5);
        lease.Dispose();
        await Play(socket, terminal, 5, 10);
        Wait.Until(() => rig.Hub.Figures.Unasked == 5);
        Assert.Equal(5, tap.Sink.Units.Count);
        rig.Advance(5);
        var (next, nextTap) = rig.Expect();
        await Play(socket, terminal, 10, 20);
        await nextTap.Sink.WaitAsync(sink => sink.Units.Count == 10);
        next.Dispose();
        next.Dispose();
        rig.Advance(11);
        await HubRig.ClosedAsync(socket);
        Assert.Empty(tap.Ends.Concat(nextTap.Ends));        // nobody listens any more
    }

    [Fact]
    public async Task Two_leases_of_one_stream_are_an_error_and_a_closed_one_makes_room()
    {
        await using var rig = new HubRig();
        var (lease, _) = rig.Expect();
        Assert.Throws<InvalidOperationException>(() => rig.Expect("00" + Vectors.Sim));
        rig.Expect(channel: 2);
        rig.Expect(kind: MediaKind.Sub);
        lease.Dispose();
        rig.Expect();
        Assert.Equal((3, 0), (rig.Hub.Figures.Expected, rig.Hub.Figures.Flowing));
    }

    [Fact]
    public async Task A_silent_connection_half_a_packet_and_too_much_are_ended()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        var terminal = new TerminalStream();
        using var silent = await rig.ConnectAsync();
        await Play(silent, terminal, 0, 3);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 3);
        rig.Advance(60);
        Assert.Empty(tap.Ends);
        rig.Advance(1);
        await HubRig.ClosedAsync(silent);
        Wait.Until(() => tap.Ends.Count == 1);
        Assert.Equal("terminal is silent", tap.Ends[0]);

        using var partial = await rig.ConnectAsync();
        await Play(partial, terminal, 10, 13);
        await partial.SendAsync(HubRig.Packet(terminal, 13).AsMemory(0, 20));
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 6);
        rig.Advance(11);
        await HubRig.ClosedAsync(partial);
        Wait.Until(() => tap.Ends.Count == 2);
        Assert.Equal("packet was not completed", tap.Ends[1]);

        using var flood = await rig.ConnectAsync();
        for (var (second, number) = (0, 20); second < 10; second++)
        {
            var before = lease.Packets;
            var sent = 0;
            for (; sent * 60_000 < 5_000_000; sent++)
                await flood.SendAsync(HubRig.Packet(terminal, number++, 60_000));
            Wait.Until(() =>
            {
                lease.Drain();
                return lease.Packets >= before + sent;
            });
            rig.Advance(1);
        }
        await HubRig.ClosedAsync(flood);
        Wait.Until(() => tap.Ends.Count == 3);
        Assert.Equal("more than 32 Mbit/s", tap.Ends[2]);
    }

    [Fact]
    public async Task What_lies_below_the_mark_comes_when_asked_for_and_at_once_with_low_latency()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var (socket, accepted) = (client.Client, await listener.AcceptSocketAsync());
        var connection = new MediaConnection(rig.Hub, MediaKind.Main, accepted, 1, rig.Clock.BoottimeUs);
        var running = connection.RunAsync();
        var terminal = new TerminalStream();
        var sent = 0;
        for (var second = 0; second < 5; second++)          // 250 KB a second: a mark of some 50 KB
        {
            for (var i = 0; i < 25; i++)
                await socket.SendAsync(HubRig.Packet(terminal, sent++, 10_000));
            Flush(lease, tap, sent);
            rig.Clock.Advance(Second);
        }
        await HeldBack.SendAsync(accepted, () => socket.SendAsync(HubRig.Packet(terminal, sent++)), () => tap.Sink.Units.Count == sent);
        lease.Drain();
        Assert.Equal(sent, tap.Sink.Units.Count);

        lease.LowLatency = true;
        await socket.SendAsync(HubRig.Packet(terminal, sent++));
        await tap.Sink.WaitAsync(sink => sink.Units.Count == sent);
        lease.LowLatency = false;
        connection.Close("the test ends");
        await running;
    }

    [Fact]
    public async Task One_packet_of_a_slow_terminal_is_taken_after_two_seconds()
    {
        await using var rig = new HubRig();
        var (_, tap) = rig.Expect();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var connection = new MediaConnection(rig.Hub, MediaKind.Main, await listener.AcceptSocketAsync(), 1, rig.Clock.BoottimeUs);
        var running = connection.RunAsync();
        await client.Client.SendAsync(HubRig.Packet(new TerminalStream(), 0));
        Wait.Until(() => connection.Left > 0);              // either width of the number may be meant
        rig.Clock.Advance(2 * Second);
        connection.Tick(rig.Clock.BoottimeUs);
        Assert.Empty(tap.Sink.Units);
        rig.Clock.Advance(1);
        connection.Tick(rig.Clock.BoottimeUs);
        Assert.Single(tap.Sink.Units);
        connection.Close("the test ends");
        await running;
    }

    [Fact]
    public async Task Ten_thousand_connections_that_bring_nothing_cost_little_and_a_terminal_among_them_nothing()
    {
        await using var rig = new HubRig();
        var (lease, tap) = rig.Expect();
        using var good = await rig.ConnectAsync();
        var terminal = new TerminalStream();
        await Play(good, terminal, 0, 10);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 10);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        List<Socket> strangers = [];
        try
        {
            for (var i = 0; i < 10_000; i++)
            {
                var socket = await rig.ConnectAsync(from: new IPAddress([127, 1, (byte)(i / 20 >> 8), (byte)(i / 20)]));
                if (i % 2 == 0)
                    await socket.SendAsync("0"u8.ToArray());
                strangers.Add(socket);
                if (i % 500 == 0)
                    await Play(good, terminal, 10 + i / 500, 11 + i / 500);
            }
            Wait.Until(() => rig.Hub.Figures.ClosedCrowded >= 10_000 - rig.Hub.Options.MostUnproven);
            Wait.Until(() => rig.Hub.Figures.Connections <= rig.Hub.Options.MostUnproven + 1);
            var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
            Assert.InRange(memory, long.MinValue, 60_000_000);      // both ends: 10,000 sockets of ours are in it
            rig.Advance(11);
            Wait.Until(() => rig.Hub.Figures.Connections == 1);
        }
        finally
        {
            strangers.ForEach(socket => socket.Dispose());
        }
        await Play(good, terminal, 30, 40);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 40);
        Assert.Equal((0, 0L), (tap.Sink.LostUnits, lease.TakeLoss().Lost));
    }

    [Fact]
    public async Task An_address_may_have_as_many_connections_as_streams_are_expected_and_thirty_two_more()
    {
        await using var rig = new HubRig();
        for (byte channel = 1; channel <= 100; channel++)
            rig.Expect(channel: channel);
        List<Socket> sockets = [];
        for (var i = 0; i < 132; i++)
            sockets.Add(await rig.ConnectAsync());
        Wait.Until(() => rig.Hub.Figures.Connections == 132);
        Assert.Equal(0, rig.Hub.Figures.ClosedCrowded);
        sockets.Add(await rig.ConnectAsync());
        await HubRig.ClosedAsync(sockets[0]);               // the oldest
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Ports_that_are_not_wanted_are_closed_and_a_port_that_is_taken_is_said()
    {
        await using var rig = new HubRig();
        Assert.Equal(0, rig.Hub.PortOf(MediaKind.Playback));
        Assert.NotEqual(rig.Hub.PortOf(MediaKind.Main), rig.Hub.PortOf(MediaKind.Sub));
        Assert.Throws<SocketException>(() => new HubRig(new() { Address = IPAddress.Loopback, MainPort = rig.Hub.PortOf(MediaKind.Main), SubPort = null, PlaybackPort = null }));
    }

    [Fact]
    public async Task A_fault_of_the_tap_ends_its_stream_and_no_other()
    {
        await using var rig = new HubRig();
        var faulty = new FaultyTap();
        var failing = rig.Hub.Expect(MediaKind.Main, SimNumber.Parse(Vectors.Sim), 1, faulty, AudioHint.NoAudio);
        var (_, tap) = rig.Expect(channel: 2);
        using var socket = await rig.ConnectAsync();
        var (bad, good) = (new TerminalStream(channel: 1), new TerminalStream(channel: 2));
        for (var i = 0; i < 10; i++)
            await socket.SendAsync((byte[])[.. HubRig.Packet(bad, i), .. HubRig.Packet(good, i)]);
        await tap.Sink.WaitAsync(sink => sink.Units.Count == 10);
        Assert.Contains("fault of this program", Assert.Single(faulty.Ends), StringComparison.Ordinal);

        var (_, next) = rig.Expect(channel: 1);             // also before the one that failed was disposed
        failing.Dispose();
        for (var i = 10; i < 20; i++)
            await socket.SendAsync(HubRig.Packet(bad, i));
        await next.Sink.WaitAsync(sink => sink.Units.Count == 10);
    }

    [Fact]
    public async Task A_steady_connection_allocates_nothing_but_the_pools_links()
    {
        await using var rig = new HubRig();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port);
        var taps = Enumerable.Range(1, 4).Select(channel =>
        {
            var tap = new CountingTap();
            rig.Hub.Expect(MediaKind.Main, SimNumber.Parse(Vectors.Sim), (byte)channel, tap, AudioHint.NoAudio);
            return tap;
        }).ToArray();
        IByteSink connection = new MediaConnection(rig.Hub, MediaKind.Main, await listener.AcceptSocketAsync(), 1, rig.Clock.BoottimeUs);
        var terminals = Enumerable.Range(1, 4).Select(channel => new TerminalStream(channel: (byte)channel)).ToArray();
        List<byte> bytes = [];
        for (var i = 0; i < 400; i++)
            foreach (var terminal in terminals)
                foreach (var packet in terminal.Frame(i % 10 == 0 ? 0 : 1, 98, (ulong)i * 40, HubRig.Picture(i, 4000)))
                    bytes.AddRange(packet);
        var input = bytes.ToArray();
        var at = 0;
        while (at < input.Length / 3)
            at += connection.Take(input.AsSpan(at, Math.Min(30_000, input.Length - at)), 61 * Second);
        var (start, before) = (at, GC.GetAllocatedBytesForCurrentThread());
        while (at < input.Length)
            at += connection.Take(input.AsSpan(at, Math.Min(30_000, input.Length - at)), 62 * Second);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, 40 * ((input.Length - start) / ChunkPool.Video.ChunkSize));
        Assert.All(taps, tap => Assert.Equal(400, tap.Units));
    }

    private static async Task Play(Socket socket, TerminalStream terminal, int from, int to)
    {
        for (var i = from; i < to; i++)
            await socket.SendAsync(HubRig.Packet(terminal, i));
    }

    private static void Flush(IMediaLease lease, CollectingTap tap, int units) => Wait.Until(() =>
    {
        lease.Drain();
        return tap.Sink.Units.Count == units;
    });

    private sealed class CountingTap : ITerminalTap
    {
        public int Units { get; private set; }

        public void Announce(IReadOnlyList<Track> tracks) => Assert.Single(tracks);

        public void Add(in AccessUnit unit)
        {
            Units++;
            unit.Payload.Release();
        }

        public void Lost(int accessUnits, string why)
        {
        }

        public void Ended(string why)
        {
        }

        public void Passthrough(ReadOnlySpan<byte> body)
        {
        }
    }

    private sealed class FaultyTap : ITerminalTap
    {
        public List<string> Ends { get; } = [];

        public void Announce(IReadOnlyList<Track> tracks) => throw new InvalidOperationException("no room");
        public void Add(in AccessUnit unit) => Assert.Fail("nothing was announced");
        public void Lost(int accessUnits, string why) => Assert.Fail(why);
        public void Ended(string why) => Ends.Add(why);
        public void Passthrough(ReadOnlySpan<byte> body) => Assert.Fail("nothing was sent");
    }
}
