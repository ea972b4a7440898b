using EdgeRecorder.Jt1078;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class PacketHeadTests
{
    private static readonly Row[] Expected =
    [
        new(Vectors.M1, 6, 0, 1, 98, 0, 1, Vectors.T, 0, 0, 13),
        new(Vectors.M2, 6, 0, 3, 98, 1, 1, Vectors.T, 0, 0, 8),
        new(Vectors.M3, 6, 0, 2, 98, 2, 1, Vectors.T, 0, 0, 14),
        new(Vectors.M4, 6, 1, 0, 98, 3, 1, Vectors.T + 40, 40, 40, 11),
        new(Vectors.M5, 6, 2, 0, 98, 4, 1, Vectors.T + 80, 80, 40, 9),
        new(Vectors.M6, 6, 3, 0, 6, 5, 1, Vectors.T + 80, 0, 0, 16),
        new(Vectors.M7, 6, 3, 0, 6, 6, 1, Vectors.T + 100, 0, 0, 20),
        new(Vectors.M8, 6, 3, 0, 26, 7, 1, Vectors.T + 120, 0, 0, 24),
        new(Vectors.M9, 6, 3, 0, 19, 8, 1, Vectors.T + 140, 0, 0, 11),
        new(Vectors.M10, 6, 4, 0, 91, 9, 1, 0, 0, 0, 5),
        new(Vectors.M11, 6, 1, 0, 98, 10, 1, Vectors.T + 160, 160, 40, 0),
        new(Vectors.M12, 6, 0, 0, 99, 11, 2, Vectors.T + 200, 200, 200, 35),
        new(Vectors.M13, 10, 0, 0, 98, 0, 1, Vectors.T, 0, 0, 35),
        new(Vectors.M14, 10, 3, 0, 6, 1, 1, Vectors.T + 20, 0, 0, 16),
        new(Vectors.M15, 10, 4, 0, 91, 2, 1, 0, 0, 0, 5),
        new(Vectors.M16, 6, 1, 0, 98, 65535, 1, Vectors.T + 240, 240, 40, 7),
        new(Vectors.M17, 6, 1, 0, 98, 12, 1, Vectors.T + 280, 280, 40, 12),
        new(Vectors.M18, 6, 1, 0, 98, 0x1088, 1, 1562085870204, 640, 40, 46),
        new(Vectors.M19, 6, 3, 0, 8, 0x10BA, 1, 1562085871501, 0, 0, 120),
        new(Vectors.M20, 6, 1, 0, 98, 0x10BB, 1, 1562085871404, 1840, 40, 29),
    ];

    [Fact]
    public void Every_field_of_every_vector_stands_where_the_table_says()
    {
        foreach (var row in Expected)
        {
            Assert.Equal(HeadState.Valid, PacketHead.Read(row.Packet, (SimWidth)row.Width, out var head));
            Assert.Equal(((DataType)row.Type, (SubPackage)row.Part, (byte)row.PayloadType, (ushort)row.Sequence, (byte)row.Channel),
                (head.Type, head.Part, head.PayloadType, head.Sequence, head.Channel));
            Assert.Equal((row.Timestamp, (ushort)row.SinceSync, (ushort)row.SinceFrame), (head.TimestampMs, head.SinceSyncMs, head.SinceFrameMs));
            Assert.Equal((row.Packet.Length, row.Body, (byte)0x81), (head.Length, head.BodyLength, head.Flags));
            Assert.Equal(row.Timestamp is > 0 and < Vectors.T ? "11234567810" : Vectors.Sim, head.Sim.ToString());
            Assert.Equal(row.Part is 0 or 2, head.Marker);
            Assert.True(head.IsPlausible);
        }
    }

    [Fact]
    public void Every_prefix_of_every_vector_waits_for_more()
    {
        foreach (var row in Expected)
        {
            var header = row.Packet.Length - row.Body;
            for (var length = 0; length < header; length++)
                Assert.Equal(HeadState.Incomplete, PacketHead.Read(row.Packet.AsSpan(0, length), (SimWidth)row.Width, out _));
            Assert.Equal(HeadState.Valid, PacketHead.Read(row.Packet.AsSpan(0, header), (SimWidth)row.Width, out _));
        }
    }

    [Fact]
    public void What_a_terminal_writes_is_what_is_read()
    {
        var random = new Random(1078);
        for (var round = 0; round < 20_000; round++)
        {
            var width = random.Next(2) == 0 ? 6 : 10;
            var sim = string.Concat(Enumerable.Range(0, random.Next(1, width * 2 + 1)).Select(_ => (char)('0' + random.Next(10))));
            var (channel, type, part) = ((byte)random.Next(256), random.Next(5), random.Next(4));
            var terminal = new TerminalStream(sim, channel, width) { Sequence = random.Next(65536) };
            var (sequence, timestamp) = (terminal.Sequence, (ulong)random.NextInt64());
            var body = new byte[random.Next(0, 200)];
            var payloadType = random.Next(128);
            var packet = terminal.Packet(type, part, payloadType, timestamp, body);

            Assert.Equal(HeadState.Valid, PacketHead.Read(packet, (SimWidth)width, out var head));
            Assert.Equal((channel, type, part, payloadType, sequence), (head.Channel, (int)head.Type, (int)head.Part, head.PayloadType, head.Sequence));
            Assert.Equal(type == 4 ? 0 : timestamp, head.TimestampMs);
            Assert.Equal(sim.TrimStart('0') is { Length: > 0 } digits ? digits : "0", head.Sim.ToString());
            Assert.Equal((packet.Length, body.Length), (head.Length, head.BodyLength));
        }
    }

    [Fact]
    public void Damaged_headers_are_read_refused_or_waited_for_and_nothing_else()
    {
        var states = new int[3];
        foreach (var damaged in Damage.Of(Vectors.M4))
            states[(int)PacketHead.Read(damaged, SimWidth.Six, out _)]++;
        Assert.All(states, count => Assert.True(count > 500));
    }

    private sealed record Row(byte[] Packet, int Width, int Type, int Part, int PayloadType, int Sequence, int Channel, ulong Timestamp, int SinceSync, int SinceFrame, int Body);
}
