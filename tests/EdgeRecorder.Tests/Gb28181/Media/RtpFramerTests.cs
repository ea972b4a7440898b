using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Gb28181.Media;

public sealed class RtpFramerTests
{
    private static readonly string[] Whole = [.. new[] { RtpVectors.One, RtpVectors.Two, RtpVectors.Three }.Select(Convert.ToHexString)];

    private static readonly byte[] Dollar = [0x24, 0, 0, 0x70, .. RtpVectors.One, 0x24, 0, 0, 0x50, .. RtpVectors.Two, 0x24, 0, 0, 0x67, .. RtpVectors.Three];

    [Fact]
    public void Packets_are_found_wherever_the_stream_is_cut()
    {
        foreach (var stream in new[] { RtpVectors.Tcp, Dollar })
        {
            for (var first = 0; first <= stream.Length; first++)
                for (var second = first; second <= stream.Length; second += 5)
                    Assert.Equal(Whole, Cut([stream[..first], stream[first..second], stream[second..]]));
            Assert.Equal(Whole, Cut(stream.Select(value => (byte[])[value])));
        }
    }

    [Fact]
    public void Every_prefix_gives_the_packets_that_are_whole()
    {
        for (var length = 0; length <= RtpVectors.Tcp.Length; length++)
            Assert.Equal(Whole.Take(length >= RtpVectors.Tcp.Length ? 3 : length >= 196 ? 2 : length >= 114 ? 1 : 0), Cut([RtpVectors.Tcp[..length]]));
    }

    [Fact]
    public void Something_private_first_is_passed_over()
    {
        byte[] prefix = [1, 0, 2, 0, .. Enumerable.Range(0, 252).Select(i => (byte)(i * 7 & 0x3F))];
        Assert.Equal(Whole, Cut([[.. prefix, .. RtpVectors.Tcp]]));
        Assert.Equal(Whole, Cut([.. prefix.Select(value => (byte[])[value]), RtpVectors.Tcp]));
    }

    [Fact]
    public void After_bytes_that_are_no_packet_the_stream_goes_on_at_the_next_that_fits()
    {
        var garbage = Enumerable.Range(0, 5000).Select(i => (byte)(i * 31 + i / 256)).ToArray();
        var framer = new RtpFramer();
        var sink = new Collector();
        var stream = (byte[])[.. RtpVectors.Tcp, .. garbage, .. RtpVectors.Tcp, .. RtpVectors.Tcp[..114]];
        framer.Take(stream, 0, sink);
        Assert.Equal(1, framer.Resyncs);
        Assert.Equal([.. Whole, .. Whole, Whole[0]], sink.Packets);
        Assert.Equal((long)1, framer.Resyncs);
    }

    [Fact]
    public void A_device_that_begins_anew_with_another_SSRC_goes_on()
    {
        byte[][] packets = [RtpVectors.One, RtpVectors.With(RtpVectors.Two, ssrc: 7), RtpVectors.With(RtpVectors.Three, ssrc: 7)];
        Assert.Equal(packets.Select(Convert.ToHexString), Cut([[.. packets.SelectMany(packet => (byte[])[0, (byte)packet.Length, .. packet])]]));
    }

    [Fact]
    public void Empty_packets_and_reports_in_between_are_no_error()
    {
        byte[] report = [0x80, 201, 0, 1, 1, 2, 3, 4];
        Assert.Equal([Whole[0], Convert.ToHexString(report), Whole[1]], Cut([[.. RtpVectors.Tcp[..114], 0, 0, 0, 8, .. report, 0, 0, 0, 0, .. RtpVectors.Tcp[114..196]]]));
    }

    [Fact]
    public void What_is_no_RTP_is_refused_after_256_KB_and_so_is_a_stream_that_is_lost_all_the_time()
    {
        Assert.Throws<ProtocolException>(() => Cut(new byte[400_000].Select((_, i) => (byte)(i % 61 | 1)).Chunk(20_000)));
        Assert.Throws<ProtocolException>(() => Cut(Enumerable.Repeat((byte[])[.. RtpVectors.Tcp, .. RtpVectors.Tcp, 0xFF, 0xFF, 0x11], 30)));
        Assert.Throws<ProtocolException>(() => Cut([RtpVectors.Tcp, new byte[1000]]));
        Assert.Throws<ProtocolException>(() => Cut(["GET / HTTP/1.1\r\nHost: 192.0.2.10\r\n\r\n"u8.ToArray(), .. Enumerable.Repeat("Host: 192.0.2.10\r\n"u8.ToArray(), 20_000)]));
    }

    [Fact]
    public void Damage_raises_ProtocolException_and_nothing_else_and_one_hit_costs_little()
    {
        foreach (var wreck in Damage.Of([.. RtpVectors.Tcp, .. RtpVectors.Tcp]))
            try
            {
                Cut(wreck.Chunk(33));
            }
            catch (ProtocolException)
            {
                // The only thing it may raise.
            }
        var long1 = Enumerable.Range(0, 100).SelectMany(i => (byte[])[0, 0x70, .. RtpVectors.With(RtpVectors.One, i)]).ToArray();
        for (var at = 114 * 50; at < 114 * 51; at++)
        {
            byte[] hit = [.. long1[..at], .. long1[(at + 3)..]];
            Assert.True(Cut([hit]).Count >= 97);
        }
    }

    private static List<string> Cut(IEnumerable<byte[]> pieces)
    {
        var framer = new RtpFramer();
        var sink = new Collector();
        byte[] waiting = [];
        var nowUs = 0L;
        foreach (var piece in pieces)
        {
            waiting = [.. waiting, .. piece];
            waiting = waiting[framer.Take(waiting, nowUs += 1000, sink)..];
        }
        return sink.Packets;
    }

    private sealed class Collector : IRtpSink
    {
        public List<string> Packets { get; } = [];

        public void Packet(ReadOnlySpan<byte> packet, long nowUs) => Packets.Add(Convert.ToHexString(packet));
    }
}
