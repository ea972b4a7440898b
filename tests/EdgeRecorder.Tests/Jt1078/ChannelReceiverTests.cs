using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Audio;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Jt1078;

public sealed class ChannelReceiverTests
{
    private static readonly byte[] Sps = Convert.FromHexString("6742c00cda05067e7c0440000003004000000ca3c50aa8");
    private static readonly byte[] Pps = [0x68, 0xCE, 0x3C, 0x80];
    private static readonly byte[] Idr = [0x65, 0x88, 0x84, 1, 2, 3, 4, 5, 6, 7];
    private static readonly byte[] Slice = [0x41, 0x9A, 8, 9, 10, 11, 12, 13];
    private static readonly byte[] Unreferenced = [0x01, 0x9E, 8, 9, 10, 11, 12, 13];

    [Fact]
    public void The_vectors_of_one_connection_give_what_the_sheet_says()
    {
        var first = new Channel();
        foreach (var packet in (byte[][])[Vectors.M1, Vectors.M2, Vectors.M3, Vectors.M4, Vectors.M5, Vectors.M6, Vectors.M7, Vectors.M8, Vectors.M9, Vectors.M10, Vectors.M11])
            first.Send(packet);
        var second = new Channel();
        second.Send(Vectors.M12);
        first.Finish();
        second.Finish(Codec.H265);

        Assert.Equal([true, false, false], first.Tap.Video.Take(3).Select(unit => unit.IsSync));
        Assert.Equal(["6742C01E9A740A0FE4 68CE3C80 65888040AABBCCDD0102", "419A0102030405", "019E060708"], first.Tap.Video.Take(3).Select(CollectingTap.Hex));
        Assert.Equal([0L, 40, 80], first.Tap.Video.Take(3).Select(unit => unit.Pts / 90));
        Assert.All(first.Tap.Video.Take(3), unit => Assert.Equal(((long)Vectors.T + unit.Pts / 90) * 1000, unit.SourceUtcUs));
        Assert.Equal("HELLO"u8.ToArray(), Assert.Single(first.Tap.Bodies));
        // A-law was announced with the first picture; the AAC that follows is another format and waits for the next sync sample.
        Assert.Equal([16, 16, 32], first.Tap.Audio.Select(unit => unit.Bytes.Length));
        Assert.Equal([80L, 100, 120], first.Tap.Audio.Select(unit => unit.Pts / 8));
        Assert.All(first.Tap.Audio.Take(2), unit => Assert.Equal(0xD5, unit.Bytes[0]));
        Assert.Equal("40010C01FFFF 420101 4401C172 2601AF06".Split(' ').Length, second.Tap.Video[0].NalUnits.Count());
        Assert.True(second.Tap.Video[0].IsSync);
    }

    [Fact]
    public void AAC_of_the_vectors_is_an_access_unit_without_its_ADTS()
    {
        var channel = new Channel();
        channel.Send(Vectors.M1).Send(Vectors.M2).Send(Vectors.M3).Send(Vectors.M9);
        channel.Finish();
        var unit = Assert.Single(channel.Tap.Audio);
        Assert.Equal("21100540", Convert.ToHexString(unit.Bytes));
        Assert.Equal((Codec.Aac, 8000, "1588"), (unit.Track.Codec, unit.Track.TimeScale, Convert.ToHexString(unit.Track.AudioSpecificConfig)));
        Assert.Equal(140 * 8, unit.Pts);
    }

    [Fact]
    public void Ten_bytes_of_SIM_give_the_same_picture()
    {
        var channel = new Channel();
        channel.Send(Vectors.M13, SimWidth.Ten).Send(Vectors.M14, SimWidth.Ten).Send(Vectors.M15, SimWidth.Ten);
        Assert.Equal("6742C01E9A740A0FE4 68CE3C80 65888040AABBCCDD0102", CollectingTap.Hex(Assert.Single(channel.Tap.Video)));
        Assert.Equal(20 * 8, Assert.Single(channel.Tap.Audio).Pts);
        Assert.Single(channel.Tap.Bodies);
    }

    [Fact]
    public void A_missing_middle_costs_the_frame_and_what_refers_to_it()
    {
        var channel = new Channel().Send(Vectors.M1).Send(Vectors.M3).Send(Vectors.M4).Send(Vectors.M5);
        Assert.Empty(channel.Tap.Sink.Units);
        Assert.Equal((4L, 1L), (channel.Receiver.Counter.Received, channel.Receiver.Counter.Lost));
        Assert.Empty(new Channel().Send(Vectors.M2).Tap.Sink.Units);
        Assert.Empty(new Channel().Send(Vectors.M3).Tap.Sink.Units);
    }

    [Fact]
    public void X6_a_packet_that_comes_twice_is_one_frame_and_X7_a_counter_that_wraps_is_no_loss()
    {
        var terminal = new TerminalStream { Sequence = 65_534 };
        var channel = new Channel();
        byte[][] frames = [Unit(Sps, Pps, Idr), Unit(Slice), Unit(Slice), Unit(Slice)];
        for (var i = 0; i < frames.Length; i++)
        {
            var packet = terminal.Packet(i == 0 ? 0 : 1, 0, 98, (ulong)i * 40, frames[i]);
            channel.Send(packet);
            if (i == 2)
                channel.Send(packet);
        }
        channel.Finish();
        Assert.Equal(4, channel.Tap.Video.Count);
        Assert.DoesNotContain(channel.Tap.Video, unit => unit.LossBefore);
    }

    [Fact]
    public void A_counter_that_stands_still_loses_nothing()
    {
        var terminal = new TerminalStream { ConstantSequence = 0 };
        var channel = new Channel();
        for (var i = 0; i < 60; i++)
        {
            foreach (var packet in terminal.Frame(i % 25 == 0 ? 0 : 1, 98, (ulong)i * 40, i % 25 == 0 ? Unit(Sps, Pps, Body(Idr, 5000, i)) : Unit(Body(Slice, 3000, i))))
                channel.Send(packet);
            channel.Send(terminal.Audio(6, (ulong)i * 40, [.. Enumerable.Repeat((byte)i, 320)]));
        }
        Assert.Equal((60, 60), (channel.Tap.Video.Count, channel.Tap.Audio.Count));
        Assert.Equal(0, channel.Tap.Sink.LostUnits);
    }

    [Fact]
    public void Audio_that_counts_for_itself_costs_no_picture()
    {
        var channel = new Channel().Play(new TerminalStream { OwnAudioNumbers = true }, 75);
        Assert.Equal((75, 75), (channel.Tap.Video.Count, channel.Tap.Audio.Count));
        Assert.Equal((0, 0L), (channel.Tap.Sink.LostUnits, channel.Receiver.Counter.Lost));
    }

    [Theory]
    [InlineData("small.h264", false, 6, 950)]
    [InlineData("small.h264", false, 10, 3)]
    [InlineData("small.h264", false, 10, 60_000)]
    [InlineData("b-frames.h264", false, 6, 950)]
    [InlineData("slices.h264", false, 6, 333)]
    [InlineData("small.h265", true, 10, 950)]
    [InlineData("b-frames.h265", true, 6, 7)]
    public async Task Elementary_streams_come_out_byte_for_byte(string clip, bool h265, int width, int largestBody)
    {
        var stream = await File.ReadAllBytesAsync(await Clips.FindAsync(clip));
        var pictures = ElementaryStream.Pictures(stream, h265);
        if (largestBody == 3)
            pictures = pictures[..30];
        var terminal = new TerminalStream("12345678901", 3, width);
        var channel = new Channel();
        for (var i = 0; i < pictures.Count; i++)
            foreach (var packet in terminal.Frame(pictures[i].IsSync ? 0 : 1, h265 ? 99 : 98, 5_000 + (ulong)i * 40, pictures[i].Bytes, largestBody))
                channel.Send(packet, (SimWidth)width);
        channel.Finish(h265 ? Codec.H265 : Codec.H264);

        Assert.Equal(pictures.Count, channel.Tap.Video.Count);
        for (var i = 0; i < pictures.Count; i++)
        {
            Assert.Equal(ElementaryStream.Nals(pictures[i].Bytes).Select(Convert.ToHexString), channel.Tap.Video[i].NalUnits.Select(Convert.ToHexString));
            Assert.Equal((pictures[i].IsSync, i * 3600L), (channel.Tap.Video[i].IsSync, channel.Tap.Video[i].Pts));
        }
        Assert.Equal((320, 180), (channel.Tap.Video[0].Track.Width, channel.Tap.Video[0].Track.Height));
    }

    [Fact]
    public void After_a_loss_pictures_come_again_from_the_next_sync_sample_on()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        for (var i = 0; i < 50; i++)
        {
            var packet = terminal.Packet(i % 10 == 0 ? 0 : 1, 0, 98, (ulong)i * 40, i % 10 == 0 ? Unit(Sps, Pps, Idr) : Unit(Slice));
            if (i is not (7 or 30))                         // never came
                channel.Send(packet);
        }
        channel.Finish();
        Assert.Equal([.. Enumerable.Range(0, 7), .. Enumerable.Range(10, 20), .. Enumerable.Range(40, 10)], channel.Tap.Video.Select(unit => (int)(unit.Pts / 3600)));
        Assert.Equal([10 * 3600L, 40 * 3600], channel.Tap.Video.Where(unit => unit.LossBefore).Select(unit => unit.Pts));
        Assert.True(channel.Tap.Sink.LostUnits >= 3);
    }

    [Fact]
    public void A_packet_of_audio_that_is_missing_between_pictures_of_even_pace_costs_no_picture()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        for (var i = 0; i < 50; i++)
        {
            channel.Send(terminal.Packet(i % 25 == 0 ? 0 : 1, 0, 98, (ulong)i * 40, i % 25 == 0 ? Unit(Sps, Pps, Idr) : Unit(Slice)));
            var audio = terminal.Audio(6, (ulong)i * 40, new byte[320]);
            if (i is not (12 or 13 or 33))
                channel.Send(audio);
        }
        Assert.Equal((50, 47), (channel.Tap.Video.Count, channel.Tap.Audio.Count));
        Assert.DoesNotContain(channel.Tap.Video, unit => unit.LossBefore);
        Assert.Equal(3, channel.Receiver.Counter.Lost);
    }

    [Fact]
    public void A_picture_that_nothing_refers_to_may_be_lost_alone()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        for (var i = 0; i < 10; i++)
        {
            var packets = terminal.Frame(i == 0 ? 0 : 1, 98, (ulong)i * 40, i == 0 ? Unit(Sps, Pps, Idr) : Unit(Body(i % 2 == 1 ? Unreferenced : Slice, 3000, i)));
            if (i == 5)
                packets.RemoveAt(1);
            packets.ForEach(packet => channel.Send(packet));
        }
        channel.Finish();
        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8, 9], channel.Tap.Video.Select(unit => (int)(unit.Pts / 3600)));
        Assert.True(channel.Tap.Video[5].LossBefore);
    }

    [Fact]
    public void Parameter_sets_that_were_sent_once_stand_before_every_sync_sample()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        for (var i = 0; i < 30; i++)
            channel.Send(terminal.Packet(1, 0, 98, (ulong)i * 40, i % 10 == 0 ? Unit(i == 0 ? [Sps, Pps, Idr] : [Idr]) : Unit(Slice)));    // data type says P: the NAL unit decides
        channel.Finish();
        Assert.Equal([0L, 10, 20], channel.Tap.Video.Where(unit => unit.IsSync).Select(unit => unit.Pts / 3600));
        Assert.All(channel.Tap.Video.Where(unit => unit.IsSync), unit => Assert.Equal($"{Convert.ToHexString(Sps)} {Convert.ToHexString(Pps)} {Convert.ToHexString(Idr)}", CollectingTap.Hex(unit)));
    }

    [Fact]
    public void Parameter_sets_in_frames_of_their_own_belong_to_the_picture_behind_them()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        foreach (var nal in (byte[][])[Sps, Pps, Idr])
            channel.Send(terminal.Packet(0, 0, 98, 0, Unit(nal)));
        channel.Send(terminal.Packet(1, 0, 98, 40, Unit(Slice)));
        channel.Finish();
        Assert.Equal([$"{Convert.ToHexString(Sps)} {Convert.ToHexString(Pps)} {Convert.ToHexString(Idr)}", Convert.ToHexString(Slice)], channel.Tap.Video.Select(CollectingTap.Hex));
    }

    [Theory]
    [InlineData("first only")]                              // every packet but the first claims to be the first too
    [InlineData("all atomic")]
    [InlineData("all middle")]
    public void A_terminal_that_marks_parts_of_frames_wrong_is_cut_by_its_time_stamps(string fault)
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        List<int> sizes = [];
        for (var i = 0; i < 200; i++)
        {
            var frame = i % 10 == 0 ? Unit(Sps, Pps, Body(Idr, 4000, i)) : Unit(Body(Slice, 2500, i));
            sizes.Add(frame.Length);
            channel.Now += 40_000;
            foreach (var piece in frame.Chunk(950))
                channel.Send(terminal.Packet(i % 10 == 0 ? 0 : 1, fault switch { "first only" => TerminalStream.First, "all atomic" => TerminalStream.Atomic, _ => TerminalStream.Middle }, 98, (ulong)i * 40, piece));
        }
        var good = channel.Tap.Video.SkipWhile(unit => unit.Pts < 50 * 3600).ToList();
        Assert.True(good.Count > 100, $"{good.Count} pictures");
        Assert.All(good, unit => Assert.Equal(sizes[(int)(unit.Pts / 3600)], unit.Bytes.Length));
        Assert.DoesNotContain(good, unit => unit.LossBefore);
    }

    [Fact]
    public void Slices_that_are_sent_as_frames_become_pictures()
    {
        byte[] second = [0x41, 0x40, 8, 9, 7, 7];            // first_mb_in_slice = 1
        var terminal = new TerminalStream();
        var channel = new Channel();
        for (var i = 0; i < 100; i++)
        {
            channel.Now += 40_000;
            foreach (var nals in i % 10 == 0 ? [Unit(Sps, Pps, Idr), Unit([0x65, 0x40, 1, 2, 3])] : (byte[][])[Unit(Slice), Unit(second)])
                channel.Send(terminal.Packet(i % 10 == 0 ? 0 : 1, 0, 98, (ulong)i * 40, nals));
        }
        var last = channel.Tap.Video.Where(unit => unit.Pts > 60 * 3600).ToList();
        Assert.Equal(Enumerable.Range(61, 38), last.Select(unit => (int)(unit.Pts / 3600)));
        Assert.All(last, unit => Assert.Equal(2, unit.NalUnits.Count(nal => (nal[0] & 0x1F) is 1 or 5)));
    }

    [Fact]
    public void A_frame_without_its_first_start_code_and_one_with_three_bytes_are_frames()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        channel.Send(terminal.Packet(0, 0, 98, 0, [.. Sps, 0, 0, 1, .. Pps, 0, 0, 1, .. Idr, 0, 0]));
        channel.Send(terminal.Packet(1, 0, 98, 40, [0, 0, 1, .. Slice]));
        channel.Send(terminal.Packet(1, 0, 98, 80, Slice));
        channel.Finish();
        Assert.Equal([3, 1, 1], channel.Tap.Video.Select(unit => unit.NalUnits.Count()));
        Assert.All(channel.Tap.Video.Skip(1), unit => Assert.Equal(Slice, unit.NalUnits.Single()));
    }

    [Fact]
    public void Frames_have_bounds()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        channel.Send(terminal.Packet(0, 0, 98, 0, Unit(Sps, Pps, Idr)));
        channel.Finish();
        var before = ChunkPool.Video.InUseBytes;
        channel.Send(terminal.Packet(1, TerminalStream.First, 98, 40, Unit(Slice)));
        for (var i = 0; i < 200; i++)
            channel.Send(terminal.Packet(1, TerminalStream.Middle, 98, 40, new byte[60_000].Select(_ => (byte)7).ToArray()));
        Assert.InRange(ChunkPool.Video.InUseBytes - before, long.MinValue, VideoAssembler.LargestFrame + 1024 * 1024);
        channel.Send(terminal.Packet(0, 0, 98, 80, Unit(Sps, Pps, Idr)));
        Assert.True(channel.Tap.Video[^1] is { IsSync: true, LossBefore: true });
        Assert.Contains("frame is too large", channel.Tap.Sink.LossReasons);

        channel.Send(terminal.Packet(1, TerminalStream.First, 98, 120, Unit(Slice)));
        channel.Now += 3_100_000;
        channel.Send(terminal.Packet(1, TerminalStream.Last, 98, 120, Unit(Slice)));
        Assert.Contains("frame was not completed", channel.Tap.Sink.LossReasons);
    }

    [Fact]
    public void A_track_that_appears_later_is_announced_before_a_sync_sample_and_costs_no_picture()
    {
        var terminal = new TerminalStream();
        var channel = new Channel();
        for (var i = 0; i < 150; i++)
        {
            channel.Send(terminal.Packet(i % 25 == 0 ? 0 : 1, 0, 98, (ulong)i * 40, i % 25 == 0 ? Unit(Sps, Pps, Idr) : Unit(Slice)));
            if (i >= 60)
                channel.Send(terminal.Audio(i < 110 ? 6 : 7, (ulong)i * 40, new byte[320]));
            channel.Now += 40_000;
        }
        Assert.Equal(150, channel.Tap.Video.Count);
        Assert.Equal(["H264", "H264 G711A", "H264 G711U"], channel.Tap.Sink.Announcements.Select(tracks => string.Join(' ', tracks.Select(track => track.Codec))));
        Assert.Equal(75L * 320, channel.Tap.Audio[0].Pts);
        Assert.Equal(125L * 320, channel.Tap.Audio.First(unit => unit.Track.Codec == Codec.G711U).Pts);
    }

    [Fact]
    public void A_channel_without_audio_is_announced_at_once_when_none_was_asked_for_and_after_a_second_otherwise()
    {
        foreach (var hint in (AudioHint[])[AudioHint.NoAudio, AudioHint.Unknown])
        {
            var channel = new Channel(hint);
            var terminal = new TerminalStream();
            for (var i = 0; i < 40; i++, channel.Now += 40_000)
                channel.Send(terminal.Packet(i == 0 ? 0 : 1, 0, 98, (ulong)i * 40, i == 0 ? Unit(Sps, Pps, Idr) : Unit(Slice)));
            Assert.Equal(40, channel.Tap.Video.Count);
            Assert.Equal("H264", Assert.Single(channel.Tap.Sink.Announcements).Single().Codec.ToString());
        }
    }

    [Fact]
    public void A_channel_of_audio_alone_is_announced_as_such()
    {
        var channel = new Channel();
        var terminal = new TerminalStream();
        for (var i = 0; i < 100; i++, channel.Now += 40_000)
            channel.Send(terminal.Audio(6, (ulong)i * 40, new byte[320]));
        Assert.Equal(100, channel.Tap.Audio.Count);
        Assert.Equal(Codec.G711A, Assert.Single(channel.Tap.Sink.Announcements).Single().Codec);
    }

    [Fact]
    public void Codecs_that_are_not_recorded_are_named_once()
    {
        var channel = new Channel();
        var terminal = new TerminalStream();
        for (var i = 0; i < 10; i++)
        {
            channel.Send(terminal.Audio(5, (ulong)i * 40, new byte[20]));
            channel.Send(terminal.Packet(0, 0, 101, (ulong)i * 40, Unit(Idr)));
            channel.Send(terminal.Audio(28, (ulong)i * 40, new byte[20]));
        }
        Assert.Equal(["G.729 (5)", "SVAC (101)", "AMR (28)"], channel.Receiver.NotRecorded);
        Assert.Empty(channel.Tap.Sink.Units);
    }

    [Fact]
    public void Another_connection_goes_on_with_the_time_line_and_the_parameter_sets()
    {
        var channel = new Channel();
        var terminal = new TerminalStream();
        for (var i = 0; i < 30; i++, channel.Now += 40_000)
            channel.Send(terminal.Packet(i == 0 ? 0 : 1, 0, 98, 9_000 + (ulong)i * 40, i == 0 ? Unit(Sps, Pps, Idr) : Unit(Slice)));
        channel.Receiver.Restart();
        channel.Now += 20_000_000;
        terminal = new TerminalStream { Sequence = 500 };
        for (var i = 0; i < 30; i++, channel.Now += 40_000)
            channel.Send(terminal.Packet(i == 5 ? 0 : 1, 0, 98, 100 + (ulong)i * 40, i == 5 ? Unit(Idr) : Unit(Slice)));
        Assert.Single(channel.Tap.Sink.Announcements);
        Assert.Equal(30 + 25, channel.Tap.Video.Count);
        var next = channel.Tap.Video[30];
        Assert.True(next is { IsSync: true, LossBefore: true });
        Assert.Equal(3, next.NalUnits.Count());
        Assert.InRange(next.Pts / 90, 21_000, 22_000);
        Assert.Equal(0, channel.Receiver.Counter.Lost);
    }

    [Fact]
    public void Audio_and_video_stay_within_40_ms_whatever_the_stamps_do()
    {
        // Wall clock, set back by an hour, then by 300 ms; audio stamped with the picture beside it; seventeen hours of it would not drift either: stamps are followed.
        var channel = new Channel();
        var terminal = new TerminalStream();
        for (var i = 0; i < 3000; i++, channel.Now += 40_000)
        {
            var stamp = (ulong)(1_768_437_045_000 + i * 40 - (i >= 1000 ? 3_600_000 : 0) - (i >= 2000 ? 300 : 0));
            channel.Send(terminal.Audio(6, stamp, [.. Enumerable.Repeat((byte)(i % 256), 320)]));
            channel.Send(terminal.Packet(i % 25 == 0 ? 0 : 1, 0, 98, stamp, i % 25 == 0 ? Unit(Sps, Pps, Idr) : Unit(Slice)));
        }
        Assert.Equal((3000, 3000), (channel.Tap.Video.Count, channel.Tap.Audio.Count));
        for (var i = 0; i < 3000; i++)
            Assert.InRange(channel.Tap.Video[i].Pts / 90 - channel.Tap.Audio[i].Pts / 8, -40, 40);
    }

    [Fact]
    public void Damaged_packets_raise_nothing_and_leak_nothing()
    {
        var (video, audio) = (ChunkPool.Video.InUseBytes, ChunkPool.Audio.InUseBytes);
        var channel = new Channel();
        var units = 0;
        foreach (var damaged in Damage.Of(Vectors.Stream))
        {
            for (var rest = damaged.AsSpan(); PacketHead.Read(rest, SimWidth.Six, out var head) == HeadState.Valid && rest.Length >= head.Length; rest = rest[head.Length..])
                channel.Receiver.Add(head, rest.Slice(head.HeaderLength, head.BodyLength), channel.Now += 1000);
            units += channel.Tap.Sink.Units.Count;
            channel.Tap.Sink.Units.Clear();
        }
        channel.Receiver.Dispose();
        Assert.True(units > 1000, $"{units}");
        Assert.True(ChunkPool.Video.InUseBytes <= video + 8 * 1024 * 1024 && ChunkPool.Audio.InUseBytes <= audio + 1024 * 1024);
    }

    [Fact]
    public void A_steady_stream_allocates_nothing_but_the_pools_links()
    {
        var terminal = new TerminalStream();
        List<byte[]> packets = [];
        for (var i = 0; i < 700; i++)
        {
            packets.AddRange(terminal.Frame(i % 25 == 0 ? 0 : 1, 98, (ulong)i * 40, i % 25 == 0 ? Unit(Sps, Pps, Body(Idr, 9000, i)) : Unit(Body(Slice, 4000, i))));
            packets.Add(terminal.Audio(26, (ulong)i * 40, [.. new ImaEncoder(true, false).Blocks(Tone.Of(1000, 320), 320).Single()]));
        }
        var tap = new ReleasingTap();
        using var receiver = new ChannelReceiver(tap, AudioHint.Unknown);
        Send(receiver, packets.Take(1200));
        var measured = packets.Skip(1200).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var packet in measured)
        {
            PacketHead.Read(packet, SimWidth.Six, out var head);
            receiver.Add(head, packet.AsSpan(head.HeaderLength), 3_000_000);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var chunks = measured.Sum(packet => (long)packet.Length) / ChunkPool.Video.ChunkSize;
        Assert.InRange(allocated, 0, 40 * chunks);
        Assert.True(tap.Units > 1200, $"{tap.Units}");
    }

    private static void Send(ChannelReceiver receiver, IEnumerable<byte[]> packets)
    {
        foreach (var packet in packets)
        {
            PacketHead.Read(packet, SimWidth.Six, out var head);
            receiver.Add(head, packet.AsSpan(head.HeaderLength), 2_000_000);
        }
    }

    private static byte[] Unit(params byte[][] nals) => [.. nals.SelectMany(nal => (byte[])[0, 0, 0, 1, .. nal])];

    private static byte[] Body(byte[] head, int length, int seed)
    {
        var random = new Random(seed);
        return [.. head, .. Enumerable.Range(0, length).Select(_ => (byte)random.Next(1, 256))];
    }

    /// <summary>A receiver with its tap and a clock.</summary>
    private sealed class Channel(AudioHint? hint = null)
    {
        private readonly TerminalStream _later = new() { Sequence = 60_000 };

        public CollectingTap Tap { get; } = new();
        public long Now { get; set; } = 60_000_000;
        public ChannelReceiver Receiver { get => field ??= new(Tap, hint ?? AudioHint.Unknown); }

        public Channel Send(byte[] packet, SimWidth width = SimWidth.Six)
        {
            Assert.Equal(HeadState.Valid, PacketHead.Read(packet, width, out var head));
            Receiver.Add(head, packet.AsSpan(head.HeaderLength), Now);
            return this;
        }

        public Channel Play(TerminalStream terminal, int pictures)
        {
            for (var i = 0; i < pictures; i++, Now += 40_000)
            {
                foreach (var packet in terminal.Frame(i % 25 == 0 ? 0 : 1, 98, (ulong)i * 40, i % 25 == 0 ? Unit(Sps, Pps, Body(Idr, 3000, i)) : Unit(Body(Slice, 2000, i))))
                    Send(packet);
                Send(terminal.Audio(6, (ulong)i * 40, new byte[320]));
            }
            return this;
        }

        /// <summary>Pictures wait for audio that may come: a second later they are let through. What is sent for that is taken out again.</summary>
        public void Finish(Codec codec = Codec.H264)
        {
            Now += TrackGate.LongestWaitUs;
            var before = Tap.Video.Count;
            if (Tap.Sink.Announcements.Count > 0)
                return;
            var packet = _later.Packet(0, 0, codec == Codec.H264 ? 98 : 99, 0, codec == Codec.H264 ? Unit(Sps, Pps, Idr) : Convert.FromHexString("0000000140010C01FFFF000000014201010160000000014401C172000000012601AF06"));
            PacketHead.Read(packet, SimWidth.Six, out var head);
            Receiver.Restart();
            Receiver.Add(head, packet.AsSpan(head.HeaderLength), Now);
            Assert.True(Tap.Video.Count > before);
            Tap.Sink.Units.RemoveAt(Tap.Sink.Units.Count - 1);
        }
    }

    private sealed class ReleasingTap : ITerminalTap
    {
        public int Units { get; private set; }

        public void Announce(IReadOnlyList<Track> tracks) => Assert.Equal(2, tracks.Count);

        public void Add(in AccessUnit unit)
        {
            Units++;
            unit.Payload.Release();
        }

        public void Lost(int accessUnits, string why) => Assert.Fail(why);
        public void Ended(string why) => Assert.Fail(why);
        public void Passthrough(ReadOnlySpan<byte> body) => Assert.Fail("nothing was sent");
    }
}
