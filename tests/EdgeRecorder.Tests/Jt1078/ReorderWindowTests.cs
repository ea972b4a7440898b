using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class ReorderWindowTests
{
    [Fact]
    public void Packets_come_in_order_once_each()
    {
        var rig = new Rig();
        rig.Add(10, 11, 14, 12, 13, 13, 11, 15);
        Assert.Equal([10, 11, 12, 13, 14, 15], rig.Sequences);
    }

    [Fact]
    public void What_is_missing_is_waited_for_a_tenth_of_a_second()
    {
        var rig = new Rig();
        rig.Add(1, 3);
        rig.Now += ReorderWindow.LongestWaitUs;
        rig.Window.Expire(rig.Now);
        Assert.Equal([1], rig.Sequences);
        rig.Now++;
        rig.Window.Expire(rig.Now);
        rig.Add(2, 4);
        Assert.Equal([1, 3, 4], rig.Sequences);             // 2 is too late
    }

    [Fact]
    public void What_is_missing_is_waited_for_thirty_two_packets()
    {
        var rig = new Rig();
        rig.Add([0, .. Enumerable.Range(2, ReorderWindow.Slots)]);
        Assert.Equal([0, .. Enumerable.Range(2, ReorderWindow.Slots)], rig.Sequences);
        Assert.Equal(0, rig.Window.Waiting);
    }

    [Fact]
    public void Numbers_wrap_and_may_begin_anew()
    {
        var rig = new Rig();
        rig.Add(65_534, 0, 65_535, 1, 30_000, 30_002, 30_001);
        Assert.Equal([65_534, 65_535, 0, 1, 30_000, 30_001, 30_002], rig.Sequences);
    }

    [Fact]
    public void Two_counters_in_one_stream_pass()
    {
        var rig = new Rig();
        for (var i = 0; i < 100; i++)
            rig.Add(500 + i, 40 + i);
        Assert.Equal(200, rig.Sequences.Count);
    }

    [Fact]
    public void Any_order_within_the_window_comes_out_right()
    {
        var random = new Random(1078);
        for (var round = 0; round < 200; round++)
        {
            var order = Enumerable.Range(100, 400).Select(number => (number, At: number + random.Next(ReorderWindow.Slots / 2))).OrderBy(entry => entry.At).Select(entry => entry.number).ToList();
            order.Remove(100);
            order.Insert(0, 100);
            var rig = new Rig();
            rig.Add([.. order]);
            rig.Window.Flush();
            Assert.Equal(Enumerable.Range(100, 400), rig.Sequences);
        }
    }

    private sealed class Rig : IOrderedSink
    {
        public Rig() => Window = new(this);

        public ReorderWindow Window { get; }
        public List<int> Sequences { get; } = [];
        public long Now { get; set; } = 1_000_000;

        public void Add(params int[] sequences)
        {
            foreach (var sequence in sequences)
            {
                var terminal = new TerminalStream { Sequence = sequence };
                var packet = terminal.Packet(1, 0, 98, 0, [(byte)sequence, (byte)(sequence >> 8)]);
                Assert.Equal(HeadState.Valid, PacketHead.Read(packet, SimWidth.Six, out var head));
                Window.Add(head, packet.AsSpan(head.HeaderLength), Now);
            }
        }

        void IOrderedSink.InOrder(in PacketHead head, ReadOnlySpan<byte> body, long arrivalUs)
        {
            Assert.Equal(head.Sequence, body[0] | body[1] << 8);
            Sequences.Add(head.Sequence);
        }
    }
}
