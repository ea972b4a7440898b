using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class PacketCounterTests
{
    [Fact]
    public void A_shared_counter_misses_nothing_and_what_is_left_out_is_counted_once()
    {
        var counter = new PacketCounter();
        Assert.Equal([0, 0, 0, 0, 2, 2], Accept(counter, "v0 a1 v2 v3 v6 a7"));     // 4 and 5 may have been either's
        Assert.Equal((6L, 2L), (counter.Received, counter.Lost));
        Assert.False(counter.IsPerClass);
    }

    [Fact]
    public void The_counter_wraps() => Assert.Equal([0, 0, 0, 0], Accept(new PacketCounter(), "v65534 a65535 v0 v1"));

    [Fact]
    public void Two_threads_of_a_terminal_that_write_past_each_other_cost_no_picture()
    {
        var counter = new PacketCounter();
        Assert.Equal([0, 0, 0, 0, 0, 1, 0, 0], Accept(counter, "v10 v11 a13 v12 v14 a16 v15 v17"));    // at 16 nobody knew yet whose 15 is
        Assert.Equal(0, counter.Lost);
    }

    [Fact]
    public void Audio_and_video_may_each_count_for_itself_from_the_first_packet_on()
    {
        foreach (var audioStart in (int[])[0, 7, 95, 130, 40_000])
        {
            var counter = new PacketCounter();
            List<(PacketClass, ushort)> packets = [];
            for (var i = 0; i < 400; i++)
                packets.Add(i % 3 == 2 ? (PacketClass.Audio, (ushort)(audioStart + i / 3)) : (PacketClass.Video, (ushort)(100 + i - i / 3)));
            Assert.All(packets, packet => Assert.Equal(0, counter.Accept(packet.Item1, packet.Item2).Missing));
            Assert.True(counter.IsPerClass);
            Assert.Equal(3, counter.Accept(PacketClass.Video, (ushort)(100 + 400 - 133 + 3)).Missing);
            Assert.Equal(0, counter.Accept(PacketClass.Audio, (ushort)(audioStart + 133)).Missing);
        }
    }

    [Fact]
    public void The_same_number_twice_is_told_apart_by_whoever_sees_the_packets()
    {
        var counter = new PacketCounter();
        counter.Accept(PacketClass.Video, 5);
        Assert.True(counter.Accept(PacketClass.Video, 5).IsRepeated);
        Assert.False(counter.Accept(PacketClass.Video, 6).IsRepeated);
        Assert.Equal((2L, 0L), (counter.Received, counter.Lost));
    }

    [Fact]
    public void A_counter_that_begins_anew_is_a_loss_of_unknown_size()
    {
        var counter = new PacketCounter();
        Accept(counter, "v40000 v40001");
        Assert.Equal([1, 0, 0], Accept(counter, "v3 v4 v5"));
        Assert.Equal(0, counter.Lost);
    }

    [Fact]
    public void Losses_at_random_are_found_where_they_are()
    {
        var random = new Random(1078);
        var counter = new PacketCounter();
        ushort number = 65_000;
        var (lost, sent) = (0, 0);
        var unseen = new Dictionary<PacketClass, int> { [PacketClass.Video] = 0, [PacketClass.Audio] = 0 };
        counter.Accept(PacketClass.Video, number++);
        counter.Accept(PacketClass.Audio, number++);
        for (var i = 0; i < 20_000; i++)
        {
            var kind = random.Next(5) == 0 ? PacketClass.Audio : PacketClass.Video;
            if (random.Next(50) == 0)
            {
                lost++;
                number++;
                unseen[PacketClass.Video]++;
                unseen[PacketClass.Audio]++;
                continue;
            }
            Assert.Equal(unseen[kind], counter.Accept(kind, number++).Missing);
            unseen[kind] = 0;
            sent++;
        }
        Assert.InRange(counter.Lost, lost - 5, lost);       // behind the last packet nothing is missed yet
        Assert.Equal(sent + 2, counter.Received);
    }

    private static int[] Accept(PacketCounter counter, string packets)
        => [.. packets.Split(' ').Select(packet => counter.Accept(packet[0] == 'v' ? PacketClass.Video : PacketClass.Audio, ushort.Parse(packet[1..], null)).Missing)];
}
