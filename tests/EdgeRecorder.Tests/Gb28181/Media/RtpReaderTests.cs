using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Rtp;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.MpegPs;
using EdgeRecorder.Tests.Simulators;
using Vectors = EdgeRecorder.Tests.MpegPs.Vectors;

namespace EdgeRecorder.Tests.Gb28181.Media;

public sealed class RtpReaderTests
{
    private static readonly string Whole = PsRig.TextOf(Vectors.Stream);

    [Fact]
    public void The_example_is_read_whatever_its_packets_are()
    {
        byte[] extended = [0x90, .. RtpVectors.One[1..12], .. Vectors.Hex("0000000112345678"), .. RtpVectors.One[12..]];
        byte[] padded = [0xA0, .. RtpVectors.Two[1..], 0, 0, 3];
        foreach (var packets in (byte[][][])
        [
            [RtpVectors.One, RtpVectors.Two, RtpVectors.Three],
            [extended, padded, RtpVectors.Three],
            [RtpVectors.With(RtpVectors.One, 65535), RtpVectors.With(RtpVectors.Two, 0), RtpVectors.With(RtpVectors.Three, 1)],
            [RtpVectors.One, RtpVectors.Two, RtpVectors.Two, RtpVectors.Three],
            [RtpVectors.With(RtpVectors.One, ssrc: 0), RtpVectors.With(RtpVectors.Two, ssrc: 0), RtpVectors.With(RtpVectors.Three, ssrc: 0)],
        ])
            Assert.Equal(Sorted(Whole), Sorted(Read(packets, reorder: false)));
    }

    [Fact]
    public void Packets_that_changed_places_are_put_in_order()
    {
        var first = RtpVectors.With([.. RtpVectors.One[..12], .. Vectors.Private], 999);
        Assert.Equal(Sorted(Whole), Sorted(Read([first, RtpVectors.Two, RtpVectors.One, RtpVectors.Three], reorder: true)));
    }

    [Fact]
    public void A_lost_packet_costs_its_picture_and_the_next_sync_sample_is_clean()
    {
        var text = Read([RtpVectors.One, RtpVectors.Three, RtpVectors.With(RtpVectors.One, 1003), RtpVectors.With(RtpVectors.Two, 1004), RtpVectors.With(RtpVectors.Three, 1005)], reorder: false);
        Assert.DoesNotContain("\nH264 0 ", text, StringComparison.Ordinal);
        Assert.Contains("sync 6742C00ADA7B011000000300100000030328F1226A 68CE0FC8 6588843A26280E", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split('\n').Count(line => line.StartsWith("H264", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("small.h264", 98, "H264")]
    [InlineData("small.h264", 96, "H264")]
    [InlineData("small.h265", 100, "H265")]
    [InlineData("small.h265", 99, "H265")]
    public async Task Plain_payloads_are_read_as_the_answer_says(string clip, byte type, string encoding)
    {
        var h265 = encoding == "H265";
        var pictures = ElementaryStream.Pictures(await File.ReadAllBytesAsync(await Clips.FindAsync(clip)), h265);
        var tap = new CollectingTap();
        using var read = new RtpReader(tap, [new(type, encoding, 90_000)]);
        ushort sequence = 17;
        for (var i = 0; i < 60; i++)
        {
            List<byte[]> payloads = [.. ElementaryStream.Nals(pictures[i].Bytes).SelectMany(nal => FragmentsOf(nal, h265))];
            foreach (var payload in payloads)
                read.Add(Packet(type, sequence++, (uint)(i * 3600), payload == payloads[^1], payload), i * 40_000);
        }
        read.Flush();
        Assert.InRange(tap.Video.Count, 59, 60);
        Assert.Equal(pictures.Take(tap.Video.Count).Select(picture => string.Join(' ', ElementaryStream.Nals(picture.Bytes).Select(Convert.ToHexString))), tap.Video.Select(CollectingTap.Hex));
        Assert.Equal(Enumerable.Range(0, tap.Video.Count).Select(i => i * 3600L), tap.Video.Select(unit => unit.Pts));
    }

    [Theory]
    [InlineData(8, Codec.G711A)]
    [InlineData(0, Codec.G711U)]
    public void Plain_G711_is_read(byte type, Codec codec)
    {
        var tap = new CollectingTap();
        using var reader = new RtpReader(tap, []);
        for (var i = 0; i < 200; i++)
            reader.Add(Packet(type, (ushort)i, (uint)(i * 160), true, new byte[160]), i * 20_000);
        reader.Flush();
        Assert.Equal(200, tap.Audio.Count);
        Assert.Equal(codec, tap.Audio[0].Track.Codec);
        Assert.All(tap.Audio.Select((unit, i) => unit.Pts - i * 160), off => Assert.InRange(off, -1, 1));
    }

    [Fact]
    public void What_is_not_recorded_is_named_and_a_stream_that_calls_itself_otherwise_is_looked_at()
    {
        using var other = new RtpReader(new CollectingTap(), []);
        other.Add(Packet(18, 1, 0, true, new byte[20]), 0);
        Assert.Equal(["G729"], other.NotRecorded);
        var tap = new CollectingTap();
        using var reader = new RtpReader(tap, [new(98, "H264", 90_000)]);
        reader.Add(Packet(98, 1, 0, true, Vectors.First), 0);
        reader.Add(Packet(98, 2, 3600, true, Vectors.Second), 0);
        reader.Flush();
        Assert.Equal(2, tap.Video.Count);                   // PS after all
    }

    [Fact]
    public void Damaged_packets_raise_ProtocolException_and_nothing_else()
    {
        var tap = new CollectingTap();
        using var reader = new RtpReader(tap, []);
        var refused = 0;
        foreach (var wreck in Damage.Of(RtpVectors.One))
            try
            {
                reader.Add(wreck, 0);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        Assert.True(refused < 400);
    }

    internal static byte[] Packet(byte type, ushort sequence, uint time, bool marker, byte[] payload, uint ssrc = 200000001)
    {
        var packet = new byte[12 + payload.Length];
        new RtpPacket { Marker = marker, PayloadType = type, Sequence = sequence, Timestamp = time, Ssrc = ssrc, Payload = payload }.Write(packet);
        return packet;
    }

    /// <summary>RFC 6184 FU-A, RFC 7798 FU.</summary>
    private static List<byte[]> FragmentsOf(byte[] nal, bool h265)
    {
        const int Largest = 1000;
        if (nal.Length <= Largest)
            return [nal];
        var head = h265 ? 2 : 1;
        var pieces = nal[head..].Chunk(Largest).ToList();
        return [.. pieces.Select((piece, i) =>
        {
            var flags = (i == 0 ? 0x80 : 0) | (i == pieces.Count - 1 ? 0x40 : 0);
            return h265
                ? (byte[])[(byte)(nal[0] & 0x81 | 49 << 1), nal[1], (byte)(flags | nal[0] >> 1 & 0x3F), .. piece]
                : [(byte)(nal[0] & 0xE0 | 28), (byte)(flags | nal[0] & 0x1F), .. piece];
        })];
    }

    private static string Read(IEnumerable<byte[]> packets, bool reorder)
    {
        var sink = new CollectingTap();
        using var reader = new RtpReader(sink, []);
        using var window = new JitterBuffer(reader);
        var nowUs = 1_000_000L;
        foreach (var packet in packets)
        {
            nowUs += 20_000;
            if (reorder)
                window.Add(packet, (ushort)(packet[2] << 8 | packet[3]), nowUs);
            else
                reader.Add(packet, nowUs);
        }
        window.Flush();
        reader.Flush();
        return string.Join('\n', sink.Sink.Units.Select(unit =>
            $"{unit.Track.Codec} {unit.Pts}{(unit.IsSync ? " sync" : "")}{(unit.LossBefore ? " loss" : "")} {(unit.Track.IsVideo ? CollectingTap.Hex(unit) : Convert.ToHexString(unit.Bytes))}"));
    }

    private static string Sorted(string text) => string.Join('\n', text.Split('\n').Order(StringComparer.Ordinal));
}
