using EdgeRecorder.Bytes;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class PacketFramerTests
{
    private const int Second = 1_000_000;

    [Fact]
    public void The_stream_is_cut_the_same_wherever_the_network_cut_it()
    {
        var expected = new Connection().Send(Vectors.Stream).End();
        Assert.Equal(12, expected.Packets.Count);
        Assert.Equal([13, 8, 14, 11, 9, 16, 20, 24, 11, 5, 0, 35], expected.Bodies.Select(body => body.Length));
        for (var split = 0; split <= Vectors.Stream.Length; split++)
            Assert.Equal(expected.Text, new Connection().Send(Vectors.Stream[..split]).Send(Vectors.Stream[split..]).End().Text);
        var byBytes = new Connection();
        foreach (var value in Vectors.Stream)
            byBytes.Send([value]);
        Assert.Equal(expected.Text, byBytes.End().Text);
    }

    [Fact]
    public void Every_prefix_gives_the_packets_that_are_whole()
    {
        var ends = new List<int>();
        foreach (var packet in (byte[][])[Vectors.M1, Vectors.M2, Vectors.M3, Vectors.M4, Vectors.M5, Vectors.M6, Vectors.M7, Vectors.M8, Vectors.M9, Vectors.M10, Vectors.M11, Vectors.M12])
            ends.Add(packet.Length + ends.LastOrDefault());
        for (var length = 0; length <= Vectors.Stream.Length; length++)
            Assert.Equal(ends.Count(end => end <= length), new Connection().Send(Vectors.Stream[..length]).End().Packets.Count);
    }

    [Fact]
    public void A_connection_that_begins_with_ten_bytes_of_SIM_stays_with_them()
    {
        var connection = new Connection().Send([.. Vectors.M13, .. Vectors.M14, .. Vectors.M15]).End();
        Assert.Equal((SimWidth.Ten, 3), (connection.Framer.Width, connection.Packets.Count));
    }

    [Fact]
    public void One_packet_alone_is_waited_with_until_nothing_follows()
    {
        foreach (var packet in (byte[][])[Vectors.M6, Vectors.M1])
        {
            var connection = new Connection().Send(packet);
            Assert.Empty(connection.Packets);
            connection.GiveUpWaiting();
            Assert.Equal((SimWidth.Six, 1), (connection.Framer.Width, connection.Packets.Count));
        }
    }

    [Fact]
    public void Four_bytes_like_a_beginning_inside_of_a_picture_are_the_picture_s()
    {
        var connection = new Connection().Send([.. Vectors.M16, .. Vectors.M17, .. Vectors.M4]).End();
        Assert.Equal([7, 12, 11], connection.Bodies.Select(body => body.Length));
        Assert.Equal(Vectors.M17[30..], connection.Bodies[1]);
    }

    [Fact]
    public void X1_garbage_in_front_costs_one_search()
    {
        var connection = new Connection().Send([0xDE, 0xAD, 0xBE, 0xEF, .. Vectors.M4, .. Vectors.M5]).End();
        Assert.Equal((2, 1), (connection.Packets.Count, connection.Skips));
    }

    [Fact]
    public void X2_half_a_packet_and_the_end_is_nothing()
        => Assert.Empty(new Connection().Send(Vectors.M1[..20]).End().Packets);

    [Fact]
    public void X3_a_data_type_that_does_not_exist_is_skipped()
    {
        var wrong = (byte[])Vectors.M4.Clone();
        wrong[15] = 0x50;
        var connection = new Connection().Send([.. wrong, .. Vectors.M5, .. Vectors.M4]).End();
        Assert.Equal([(ushort)4, (ushort)3], connection.Packets.Select(packet => packet.Sequence));
        Assert.Equal(1, connection.Skips);
    }

    [Fact]
    public void X4_a_length_that_is_never_filled_gives_nothing()
    {
        var endless = (byte[])Vectors.M4.Clone();
        (endless[28], endless[29]) = (0xFF, 0xFF);
        var connection = new Connection().Send([.. endless, .. new byte[100]]);
        connection.GiveUpWaiting();
        Assert.Empty(connection.End().Packets);
    }

    [Fact]
    public void Damage_in_the_middle_costs_what_it_hit()
    {
        var terminal = new TerminalStream();
        var packets = Enumerable.Range(0, 60).SelectMany(i => terminal.Frame(1, 98, (ulong)i * 40, [0, 0, 0, 1, 0x41, 0x9A, .. new byte[200]])).ToList();
        var bytes = packets.SelectMany(packet => packet).ToArray();
        var at = packets.Take(20).Sum(packet => packet.Length);
        bytes[at + 2] ^= 0xFF;                              // the magic of packet 20
        var connection = new Connection().Send(bytes).End();
        Assert.Equal((59, 1), (connection.Packets.Count, connection.Skips));
        Assert.DoesNotContain(connection.Packets, packet => packet.Sequence == 20);
    }

    [Fact]
    public void The_fourth_loss_within_ten_seconds_ends_the_connection_and_slower_ones_do_not()
    {
        byte[] bad = [1, 2, 3, 4, 5, .. Vectors.M4, .. Vectors.M5];
        var fast = new Connection();
        for (var i = 0; i < 3; i++)
            fast.Send(bad).Clock += Second;
        Assert.Throws<ProtocolException>(() => fast.Send(bad));
        var slow = new Connection();
        for (var i = 0; i < 20; i++)
            slow.Send(bad).Clock += 4 * Second;
        Assert.Equal((40, 20), (slow.End().Packets.Count, slow.Skips));
    }

    [Fact]
    public void Sixty_four_KiB_without_a_packet_end_the_connection()
    {
        foreach (var garbage in (Func<int, byte>[])[_ => 0x30, i => (byte)"01cd"[i % 4], i => Vectors.M4[i % 29], i => (byte)(i * 31 >> 3)])
        {
            var connection = new Connection();
            var sent = 0;
            Assert.Throws<ProtocolException>(() =>
            {
                for (; sent < 1 << 20; sent += 1000)
                    connection.Send([.. Enumerable.Range(sent, 1000).Select(garbage)]);
            });
            Assert.InRange(sent, PacketFramer.MostGarbage - 1000, 3 * PacketFramer.MostGarbage);
        }
    }

    [Fact]
    public void Damaged_streams_give_packets_or_ProtocolException_and_never_more_than_was_sent()
    {
        byte[] stream = [.. Vectors.M13, .. Vectors.M14, .. Vectors.M15, .. Vectors.M13, .. Vectors.M14, .. Vectors.Stream];
        var (packets, refused) = (0, 0);
        foreach (var damaged in Damage.Of(stream))
        {
            var connection = new Connection();
            try
            {
                connection.Send(damaged).End();
            }
            catch (ProtocolException)
            {
                refused++;
            }
            packets += connection.Packets.Count;
            Assert.True(connection.Bodies.Sum(body => body.Length) <= damaged.Length);
        }
        Assert.True(packets > Damage.Rounds * 4 && refused < Damage.Rounds / 10, $"{packets} packets, {refused} refused");
    }

    /// <summary>Every packet of a stream as the first of a connection: never the wrong width; by itself at once, when media is expected of the number; without that nearly always.</summary>
    [Fact]
    public async Task The_width_is_found_on_real_pictures_with_any_number()
    {
        var pictures = ElementaryStream.Pictures(await File.ReadAllBytesAsync(await Clips.FindAsync("small.h264")), h265: false);
        var random = new Random(1078);
        var (examined, undecided) = (0, 0);
        for (var round = 0; round < 200; round++)
        {
            var width = round % 2 == 0 ? 6 : 10;
            var sim = string.Concat(Enumerable.Range(0, random.Next(11, width * 2 + 1)).Select(_ => (char)('0' + random.Next(10))));
            var terminal = new TerminalStream(sim, (byte)random.Next(1, 40), width) { Sequence = random.Next(65536) };
            var start = (ulong)(round % 3 == 0 ? 0 : round % 3 == 1 ? 1_768_437_045_000 : 123_456);
            List<byte[]> packets = [];
            for (var i = 0; i < 25; i++)
            {
                var (picture, isSync) = pictures[(round + i) % pictures.Count];
                packets.AddRange(terminal.Frame(isSync ? 0 : 1, 98, start + (ulong)i * 40, picture));
                packets.Add(terminal.Audio(6, start + (ulong)i * 40, [.. Enumerable.Range(0, 160).Select(_ => (byte)random.Next(256))]));
            }
            for (var from = 0; from < packets.Count - 4; from++)
            {
                // One packet and the next one's beginning: usually enough. What is not decided then is decided by what follows.
                var connection = new Connection().Send([.. packets[from], .. packets[from + 1].AsSpan(0, 4)]);
                var expected = new Connection { Known = sim.TrimStart('0') }.Send([.. packets[from], .. packets[from + 1].AsSpan(0, 4)]);
                Assert.Equal((SimWidth)width, expected.Framer.Width);
                examined++;
                undecided += connection.Framer.Width is null ? 1 : 0;
                if (connection.Framer.Width is null)
                    connection.Send([.. packets[from + 1][4..], .. packets.Skip(from + 2).SelectMany(packet => packet)]).End();
                Assert.Equal((SimWidth)width, connection.Framer.Width);
            }
        }
        Assert.True(examined > 8000 && undecided < examined / 10, $"{undecided} of {examined} packets did not tell by themselves");
    }

    [Fact]
    public void A_known_number_decides_while_both_widths_fit()
    {
        // A video packet with 10 bytes whose 6-byte reading is audio of the same length: type 3 of the number's sixth byte from the end, and a body of that size.
        var (six, ten) = Twins();
        foreach (var known in (string[])[six, ten])
        {
            var connection = new Connection { Known = known };
            connection.Send(TwinPackets()).Send(TwinPackets());
            Assert.Equal(known == six ? SimWidth.Six : SimWidth.Ten, connection.Framer.Width);
        }
        var unknown = new Connection().Send(TwinPackets()).Send(TwinPackets());
        Assert.Null(unknown.Framer.Width);                  // nobody asked for either: it is waited for packets that tell
        Assert.Equal(2, unknown.End().Packets.Count);
        Assert.Equal(SimWidth.Six, unknown.Framer.Width);
    }

    private static (string Six, string Ten) Twins()
    {
        var packet = TwinPackets();
        Assert.Equal(HeadState.Valid, PacketHead.Read(packet, SimWidth.Six, out var six));
        Assert.Equal(HeadState.Valid, PacketHead.Read(packet, SimWidth.Ten, out var ten));
        Assert.Equal((packet.Length, packet.Length), (six.Length, ten.Length));
        return (six.Sim.ToString(), ten.Sim.ToString());
    }

    /// <summary>
    /// With 6 bytes: custom PT 120, passthrough (type 4, part 0) of channel 0x34, its length at 16. With 10 bytes: the SIM runs on over those, so that its own type (at 19) is
    /// passthrough too, its length at 20. Both lengths end at the same byte.
    /// </summary>
    private static byte[] TwinPackets()
    {
        byte[] packet = [0x30, 0x31, 0x63, 0x64, 0x81, 120, 0, 1, 0x01, 0x39, 0x12, 0x34, 0x56, 0x78, 0x34, 0x40, 0x00, 0x32, 0x05, 0x40, 0x00, 0x2E, .. new byte[46]];
        Assert.Equal(18 + 0x32, packet.Length);
        return packet;
    }

    /// <summary>A connection that keeps what the framer leaves, as the reader does.</summary>
    private sealed class Connection : IPacketSink
    {
        private byte[] _tail = [];

        public PacketFramer Framer { get; } = new();
        public List<PacketHead> Packets { get; } = [];
        public List<byte[]> Bodies { get; } = [];
        public int Skips { get; private set; }
        public long Clock { get; set; } = 60 * Second;
        public string? Known { get; init; }

        public string Text => string.Join('\n', Packets.Zip(Bodies, (packet, body) => $"{packet} {Convert.ToHexString(body)}"));

        public Connection Send(byte[] bytes)
        {
            byte[] input = [.. _tail, .. bytes];
            _tail = input[Framer.Take(input, Clock, this)..];
            return this;
        }

        public Connection GiveUpWaiting()
        {
            _tail = _tail[Framer.Take(_tail, Clock, this, isEnd: true)..];
            return this;
        }

        public Connection End() => GiveUpWaiting();

        void IPacketSink.Packet(in PacketHead head, ReadOnlySpan<byte> body, long nowUs)
        {
            Packets.Add(head);
            Bodies.Add(body.ToArray());
        }

        void IPacketSink.Skipped() => Skips++;

        bool IPacketSink.IsKnown(SimNumber sim) => sim.ToString() == Known;
    }
}
