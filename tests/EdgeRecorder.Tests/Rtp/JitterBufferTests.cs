using EdgeRecorder.Rtp;

namespace EdgeRecorder.Tests.Rtp;

public sealed class JitterBufferTests
{
    private sealed class Output : IRtpInput
    {
        public List<int> Packets { get; } = [];
        public void Add(ReadOnlySpan<byte> datagram, long arrivalUs) => Packets.Add(datagram[0]);
    }

    private static List<int> Run(params (ushort Sequence, long Us)[] packets)
    {
        var output = new Output();
        using var buffer = new JitterBuffer(output);
        foreach (var (sequence, us) in packets)
            buffer.Add([(byte)sequence], sequence, us);
        return output.Packets;
    }

    [Fact]
    public void Early_packets_wait_for_those_before_them() => Assert.Equal([1, 2, 3, 4], Run((1, 0), (3, 0), (4, 0), (2, 0)));

    [Fact]
    public void Doubled_and_late_packets_are_dropped() => Assert.Equal([1, 2, 3], Run((1, 0), (1, 0), (2, 0), (3, 0), (2, 0)));

    [Fact]
    public void What_never_comes_is_waited_for_a_bounded_time()
        => Assert.Equal([1, 3, 4, 5], Run((1, 0), (3, 0), (4, 100_000), (5, JitterBuffer.LongestWaitUs + 1)));

    [Fact]
    public void Numbers_wrap() => Assert.Equal([254, 255, 0, 1], Run((65534, 0), (0, 0), (65535, 0), (1, 0)));

    [Fact]
    public void A_full_buffer_gives_up_on_the_first_gap()
        => Assert.Equal(JitterBuffer.Slots + 1, Run([(0, 0), .. Enumerable.Range(2, JitterBuffer.Slots).Select(i => ((ushort)i, 0L))]).Count);

    [Fact]
    public void A_source_that_begins_anew_is_followed() => Assert.Equal([1, 2, 136, 137], Run((1, 0), (2, 0), (5000, 0), (5001, 0)));
}
