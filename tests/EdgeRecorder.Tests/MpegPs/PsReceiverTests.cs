using EdgeRecorder.Media;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Simulators;
using static EdgeRecorder.Tests.MpegPs.PsBuilder;

namespace EdgeRecorder.Tests.MpegPs;

public sealed class PsReceiverTests
{
    private static readonly string Whole = PsRig.TextOf(Vectors.Stream);
    private static readonly byte[] Slice = [0, 0, 0, 1, 0x41, 0x9A, 0x02, 0xAA, 0xBB];

    [Fact]
    public void The_example_gives_two_pictures_and_two_frames_of_audio()
    {
        var silence = string.Concat(Enumerable.Repeat("D5", 40));
        Assert.Equal($"G711A 0 sync {silence}\nH264 0 sync 6742C00ADA7B011000000300100000030328F1226A 68CE0FC8 6588843A26280E\nG711A 320 sync {silence}\nH264 3600 419A202694", Whole);
        using var rig = new PsRig();
        rig.Feed(Vectors.Stream).End();
        var tracks = Assert.Single(rig.Sink.Announcements);
        Assert.Equal([Codec.H264, Codec.G711A], tracks.Select(track => track.Codec));
        Assert.Equal((16, 16, 2), (tracks[0].Width, tracks[0].Height, tracks[0].ParameterSets.Count));
    }

    [Fact]
    public void It_gives_the_same_wherever_it_is_cut()
    {
        for (var first = 0; first <= Vectors.Stream.Length; first++)
            for (var second = first; second <= Vectors.Stream.Length; second += 7)
                Assert.Equal(Whole, PsRig.TextOf(Vectors.Stream[..first], Vectors.Stream[first..second], Vectors.Stream[second..]));
        Assert.Equal(Whole, PsRig.TextOf(Vectors.Stream.Select(value => (byte[])[value])));
    }

    [Fact]
    public void Every_prefix_gives_what_is_whole_of_it()
    {
        for (var length = 0; length <= Vectors.Stream.Length; length++)
        {
            var text = PsRig.TextOf(Vectors.Stream[..length]);
            Assert.Subset(Whole.Split('\n').Append("").ToHashSet(), text.Split('\n').ToHashSet());
            Assert.Equal((length >= 114 ? 1 : 0) + (length >= 168 ? 1 : 0) + (length >= 205 ? 1 : 0) + (length >= 259 ? 1 : 0), text.Split('\n').Count(line => line.Length > 0));
        }
    }

    public static TheoryData<string, byte[]> Tolerated => new()
    {
        { "stuffing that is a start code", [.. Vectors.Hex("000001ba 4400dd6c8401 005f6bfe ffff 000001ba"), .. Vectors.Stream[14..]] },
        { "a counter in the stuffing", [.. Vectors.Hex("000001ba 4400dd6c8401 005f6bfe ffff 0000a005"), .. Vectors.Stream[14..]] },
        { "garbage first", [.. Enumerable.Range(0, 20).Select(i => (byte)(i * 37)), .. Vectors.Stream] },
        { "half a start code first", [0, 0, 1, 0, 0, .. Vectors.Stream] },
        { "no map", [.. Vectors.Pack, .. Vectors.SystemHeader, .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "no system header", [.. Vectors.Pack, .. Vectors.Map, .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "a map that calls it H.265", [.. Vectors.Pack, .. Vectors.SystemHeader, .. Map((0x24, 0xE0), (0x90, 0xC0)), .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "a map without a CRC", [.. Vectors.Pack, .. Vectors.Hex("000001bc 000e e0ff 0000 0008 1be00000 90c00000"), .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "a wrong CRC", [.. Vectors.Pack, .. Vectors.Hex("000001bc 0012 e0ff 0000 0008 1be00000 90c00000 00000000"), .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "descriptors that are none", [.. Vectors.Pack, .. Vectors.Hex("000001bc 001e e0ff 0004 44484553 0010 1be00004 44484553 90c00004 00000001 cb8554b9"), .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "a private stream behind each", [.. Vectors.First, .. Vectors.Private, .. Vectors.Second, .. Vectors.Private] },
        { "a packet without a length", [.. Vectors.Pack, .. Vectors.Map, .. Pes(0xE0, Vectors.Idr, 900_000, length: 0), .. Vectors.AudioPes, .. Vectors.Second] },
        { "a pack header of MPEG-1", [.. Vectors.Hex("000001ba 2100377701 805f6b"), .. Vectors.Map, .. Vectors.VideoPes, .. Vectors.AudioPes, .. Vectors.Second] },
        { "a packet of MPEG-1", [.. Vectors.Pack, .. Vectors.Map, .. Vectors.Hex("000001e0 0034 ff4020 2100377741"), .. Vectors.Idr, .. Vectors.AudioPes, .. Vectors.Second] },
        { "a pack header that is its start code", [.. Vectors.Pack, .. Vectors.Map, .. Vectors.VideoPes, .. Vectors.AudioPes, 0, 0, 1, 0xBA, .. Vectors.Second[14..]] },
        { "four bytes of stuffing in the packet", [.. Vectors.Pack, .. Vectors.Map, .. Pes(0xE0, Vectors.Idr, 900_000, stuffing: 4), .. Vectors.AudioPes, .. Vectors.Second] },
        { "parameter sets in packets of their own", [.. Vectors.Pack, .. Vectors.Map, .. Pes(0xE0, Vectors.Idr[..25], 900_000), .. Pes(0xE0, Vectors.Idr[25..33]), .. Pes(0xE0, Vectors.Idr[33..]), .. Vectors.AudioPes, .. Vectors.Second] },
        { "a PTS in each of them", [.. Vectors.Pack, .. Vectors.Map, .. Pes(0xE0, Vectors.Idr[..25], 900_000), .. Pes(0xE0, Vectors.Idr[25..33], 900_000), .. Pes(0xE0, Vectors.Idr[33..], 900_000), .. Vectors.AudioPes, .. Vectors.Second] },
        { "DTS of its own", [.. Vectors.Pack, .. Vectors.Map, .. Pes(0xE0, Vectors.Idr, 900_000, 896_400), .. Vectors.AudioPes, .. Vectors.SecondPack, .. Pes(0xE0, Vectors.SecondVideoPes[14..], 903_600, 900_000), .. Vectors.SecondAudioPes] },
        { "other stream ids", Swap(Vectors.Stream) },
        { "a packet that is longer than it says", [.. Vectors.Pack, .. Vectors.Map, .. Pes(0xE0, Vectors.Idr, 900_000, length: 48), .. Vectors.AudioPes, .. Vectors.Second] },
        { "end code behind it", [.. Vectors.Stream, 0, 0, 1, 0xB9] },
    };

    [Theory]
    [MemberData(nameof(Tolerated))]
    public void What_devices_make_of_the_example_gives_the_same(string what, byte[] stream)
    {
        Assert.True(Whole == PsRig.TextOf(stream), what);
        Assert.True(Whole == PsRig.TextOf(stream.Select(value => (byte[])[value])), $"{what}, byte by byte");
        for (var cut = 0; cut <= stream.Length; cut++)
            Assert.True(Whole == PsRig.TextOf(stream[..cut], stream[cut..]), $"{what}, cut at {cut}");
    }

    [Fact]
    public void A_picture_cut_anywhere_into_two_packets_is_one()
    {
        for (var cut = 1; cut < Vectors.Idr.Length; cut++)
            Assert.Equal(Whole, PsRig.TextOf(Vectors.Pack, Vectors.Map, Pes(0xE0, Vectors.Idr[..cut], 900_000), Pes(0xE0, Vectors.Idr[cut..]), Vectors.AudioPes, Vectors.Second));
    }

    [Fact]
    public void A_picture_of_300_KB_in_five_packets_is_one()
    {
        byte[] slice = [0, 0, 0, 1, 0x65, 0x88, .. Enumerable.Range(0, 300_000).Select(i => (byte)(i % 251 | 1))];
        byte[] picture = [.. Vectors.Idr[..33], .. slice];
        byte[][] packets = [.. picture.Chunk(61_440).Select((piece, i) => Pes(0xE0, piece, i == 0 ? 900_000 : null))];
        using var rig = new PsRig(expectsAudio: false);
        rig.Feed([Vectors.Pack, .. packets, Vectors.Second]).End();
        Assert.Equal(slice[4..], rig.Sink.Video[0].NalUnits.Last());
        Assert.Equal(2, rig.Sink.Video.Count);
    }

    [Fact]
    public void Pictures_without_any_PTS_take_their_times_from_the_transport()
    {
        using var rig = new PsRig(expectsAudio: false);
        for (var i = 0; i < 20; i++)
            rig.Frame([.. Pack(0), .. Pes(0xE0, i % 10 == 0 ? Vectors.Idr : Slice)], (uint)(i * 3600) - 30_000);      // it wraps in between
        rig.End();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * 3600L), rig.Sink.Video.Select(unit => unit.Pts));
    }

    [Fact]
    public void Several_pictures_in_one_packet_are_several()
    {
        using var rig = new PsRig(expectsAudio: false);
        rig.Feed(Pack(0), Pes(0xE0, [.. Vectors.Idr, .. Slice, .. Slice], 900_000), Pes(0xE0, [.. Slice, .. Slice], 910_800)).End();
        Assert.Equal(5, rig.Sink.Video.Count);
        Assert.Equal(10_800, rig.Sink.Video[3].Pts);
    }

    [Fact]
    public void A_PTS_is_that_of_the_first_picture_that_begins_in_its_packet_wherever_packets_cut()
    {
        List<(int At, bool IsSync)> pictures = [];
        List<byte> stream = [];
        for (var i = 0; i < 60; i++)
        {
            pictures.Add((stream.Count, i % 20 == 0));
            stream.AddRange(i % 20 == 0 ? Vectors.Idr : i % 3 == 0 ? [.. Slice, .. Enumerable.Repeat((byte)0x77, i)] : Slice);
        }
        for (var size = 16; size < 44; size++)
        {
            using var rig = new PsRig(expectsAudio: false);
            rig.Feed(Pack(0));
            for (var at = 0; at < stream.Count; at += size)
            {
                var first = pictures.FindIndex(picture => picture.At >= at && picture.At < at + size);
                rig.Feed(Pes(0xE0, [.. stream.Skip(at).Take(size)], first < 0 ? null : 900_000 + first * 3600L));
            }
            rig.End();
            Assert.Equal(pictures.Select((picture, i) => (i * 3600L, picture.IsSync)), rig.Sink.Video.Select(unit => (unit.Pts, unit.IsSync)));
        }
    }

    [Theory]
    [InlineData((1L << 33) - 10 * 3600)]                    // in the middle of them
    [InlineData((1L << 33) - 3600)]
    [InlineData(0)]
    [InlineData(1L << 32)]
    public void Times_of_33_bits_run_on_where_they_wrap_and_audio_stays_beside(long start)
    {
        using var rig = new PsRig();
        for (var i = 0; i < 40; i++)
        {
            var pts = start + i * 3600 & (1L << 33) - 1;
            rig.Frame([.. Pack(pts), .. Map((0x1B, 0xE0), (0x90, 0xC0)), .. Pes(0xE0, i % 10 == 0 ? Vectors.Idr : Slice, pts), .. Pes(0xC0, new byte[320], pts)], (uint)(i * 3600));
        }
        rig.End();
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i * 3600L), rig.Sink.Video.Select(unit => unit.Pts));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i * 320L), rig.Sink.Audio.Select(unit => unit.Pts));
    }

    [Theory]
    [InlineData(90_000 * 3600L)]
    [InlineData(-90_000 * 3600L)]
    [InlineData(-14_400)]
    [InlineData(1L << 32)]
    public void A_jump_of_the_device_s_clock_costs_neither_time_nor_lip_synchrony(long by)
    {
        using var rig = new PsRig();
        for (var i = 0; i < 100; i++)
        {
            var pts = (1L << 31) + i * 3600 + (i >= 50 ? by : 0) & (1L << 33) - 1;
            rig.Frame([.. Pack(pts), .. Map((0x1B, 0xE0), (0x90, 0xC0)), .. Pes(0xE0, i % 10 == 0 ? Vectors.Idr : Slice, pts), .. Pes(0xC0, new byte[320], pts)], (uint)(i * 3600));
        }
        rig.End();
        Assert.Equal((100, 100), (rig.Sink.Video.Count, rig.Sink.Audio.Count));
        foreach (var (before, after) in rig.Sink.Video.Zip(rig.Sink.Video.Skip(1)))
            Assert.InRange(after.Pts - before.Pts, 1800, 7200);
        foreach (var (picture, sound) in rig.Sink.Video.Zip(rig.Sink.Audio))
            Assert.InRange(sound.Pts / 8.0 - picture.Pts / 90.0, -45, 45);
    }

    [Fact]
    public void A_PTS_that_stands_still_becomes_times_by_arrival()
    {
        using var rig = new PsRig(expectsAudio: false);
        for (var i = 0; i < 250; i++)
            rig.Frame([.. Pack(0), .. Pes(0xE0, i % 25 == 0 ? Vectors.Idr : Slice, 900_000)], 77, marker: true);
        rig.End();
        Assert.Equal(250, rig.Sink.Video.Count);
        Assert.InRange(rig.Sink.Video[^1].Pts - rig.Sink.Video[100].Pts, 148 * 3600, 150 * 3600);
    }

    [Fact]
    public void A_marker_that_proved_right_delivers_a_picture_at_once_and_one_that_lies_costs_nothing_more()
    {
        using var rig = new PsRig(expectsAudio: false);
        byte[] Picture(int i) => [.. Pack(i * 3600), .. Pes(0xE0, i % 10 == 0 ? Vectors.Idr : Slice, i * 3600)];
        for (uint i = 0; i < 4; i++)
            rig.Frame(Picture((int)i), i * 3600);
        Assert.Equal(4, rig.Sink.Video.Count);              // at its own marker
        rig.Frame(Picture(4), 4 * 3600);
        Assert.Equal(5, rig.Sink.Video.Count);

        using var liar = new PsRig(expectsAudio: false);
        for (uint i = 0; i < 30; i++)
            liar.Frame([.. Pack(i * 3600), .. Pes(0xE0, Vectors.Idr[..33], i * 3600)], i * 3600).Frame(Pes(0xE0, Vectors.Idr[33..]), i * 3600).Frame(Pes(0xE0, [0, 0, 1, 0x65, 0x08, 0xFF]), i * 3600);
        liar.End();
        Assert.Equal(30, liar.Sink.Video.Count);
        Assert.All(liar.Sink.Video, unit => Assert.Equal(4, unit.NalUnits.Count()));
    }

    [Fact]
    public void A_picture_behind_which_nothing_comes_is_delivered_after_half_a_second()
    {
        using var rig = new PsRig(expectsAudio: false);
        rig.Feed(Vectors.Pack, Vectors.VideoPes);
        rig.Advance(400_000);
        Assert.Empty(rig.Sink.Video);
        rig.Advance(200_000);
        Assert.Single(rig.Sink.Video);
    }

    [Fact]
    public void Audio_is_recognised_by_what_it_is()
    {
        (byte? Type, byte[] Body, Codec? Codec)[] cases =
        [
            (0x90, new byte[160], Codec.G711A), (0x91, new byte[160], Codec.G711U), (0x0F, Adts(1), Codec.Aac), (0x90, Adts(1), Codec.Aac), (null, Adts(1), Codec.Aac),
            (null, [.. Adts(1), .. Adts(2)], Codec.Aac), (null, new byte[160], Codec.G711A), (0x92, new byte[160], null), (0x93, new byte[24], null), (0x99, new byte[20], null),
            (0x9B, new byte[20], null), (0x11, new byte[20], null), (0x04, new byte[20], null), (null, [0xFF, 0xFD, 0x84, 0x04, .. new byte[300]], null),
        ];
        foreach (var (type, body, codec) in cases)
        {
            using var rig = new PsRig();
            for (var i = 0; i < 5; i++)
                rig.Feed(Pack(i * 1800), type is { } said ? Map((0x1B, 0xE0), (said, 0xC0)) : [], Pes(0xE0, i == 0 ? Vectors.Idr : Slice, i * 3600), Pes(0xC0, body, i * 3600));
            rig.End();
            Assert.Equal(5, rig.Sink.Video.Count);
            Assert.Equal(codec, rig.Sink.Audio.Count > 0 ? rig.Sink.Audio[0].Track.Codec : null);
            Assert.Equal(codec is null, rig.Receiver.NotRecorded.Count == 1);
        }
    }

    [Fact]
    public void A_law_that_the_map_calls_AAC_keeps_its_sound()
    {
        using var rig = new PsRig();
        for (var i = 0; i < 20; i++)
            rig.Feed(Pack(i * 1800), Map((0x1B, 0xE0), (0x0F, 0xC0)), Pes(0xE0, i == 0 ? Vectors.Idr : Slice, i * 3600), Pes(0xC0, Voice(i, 320), i * 3600));
        rig.End();
        Assert.All(rig.Sink.Audio, unit => Assert.Equal(Codec.G711A, unit.Track.Codec));
        Assert.Equal(Enumerable.Range(7, 13).Select(i => Voice(i, 320)), rig.Sink.Audio.Select(unit => unit.Bytes));      // eight packets decide, the last of them is heard
        Assert.Empty(rig.Receiver.NotRecorded);

        static byte[] Voice(int i, int length) => [(byte)i, .. Enumerable.Range(1, length - 1).Select(n => (byte)(0xD5 ^ n % 7))];
    }

    [Fact]
    public void Pieces_of_AAC_of_which_the_first_frame_is_lost_are_not_taken_for_voice()
    {
        byte[] stream = [.. Enumerable.Range(0, 60).SelectMany(i => Adts(i, 50 + i))];
        using var rig = new PsRig();
        foreach (var (i, piece) in stream.Skip(30).Chunk(160).Index())
            rig.Feed(Pack(0), Map((0x1B, 0xE0), (0x0F, 0xC0)), Pes(0xE0, i == 0 ? Vectors.Idr : Slice, i * 3600), Pes(0xC0, piece, i * 3600L));
        rig.End();
        Assert.DoesNotContain(rig.Sink.Audio, unit => unit.Track.Codec != Codec.Aac);
    }

    [Fact]
    public void AAC_frames_that_packets_cut_are_put_together_with_their_times()
    {
        byte[] stream = [.. Enumerable.Range(0, 60).SelectMany(i => Adts(i, 50 + i))];
        foreach (var size in new[] { 30, 57, 100, 333 })
        {
            using var rig = new PsRig();
            var at = 0;
            foreach (var piece in stream.Chunk(size))
            {
                var frames = 0;                             // that begin before this packet does
                for (var end = 0; end < at; end += 57 + frames, frames++)
                {
                }
                rig.Feed(Pack(0), Map((0x0F, 0xC0)), Pes(0xC0, piece, 90_000 + frames * 5760L));
                at += size;
            }
            rig.Advance(5_000_000);
            rig.Feed(Pack(0), Pes(0xC0, Adts(60), 90_000 + 60 * 5760L)).End();
            Assert.Equal(Enumerable.Range(0, 61), rig.Sink.Audio.Select(unit => (int)unit.Bytes[0]));
            Assert.All(rig.Sink.Audio.Zip(rig.Sink.Audio.Skip(1)), pair => Assert.InRange(pair.Second.Pts - pair.First.Pts, 900, 1150));
        }
    }

    [Fact]
    public void A_map_that_changes_its_mind_changes_nothing_and_a_codec_that_does_is_another_track()
    {
        using var rig = new PsRig(expectsAudio: false);
        for (var i = 0; i < 30; i++)
            rig.Feed(Pack(i * 3600), Map((i % 2 == 0 ? (byte)0x24 : (byte)0x1B, 0xE0)), Pes(0xE0, i % 10 == 0 ? Vectors.Idr : Slice, i * 3600));
        byte[] h265 = Vectors.Hex("00000001 40010c01ffff01600000030090000003000003003c95980900000001 420101016000000300900000030000 03003ca00a080e1f365992a4e3 00000001 4401c172b46240 00000001 2601af1c8040");
        rig.Feed(Pack(30 * 3600), Pes(0xE0, h265, 30 * 3600), Pes(0xE0, h265, 31 * 3600)).End();
        Assert.Equal(30, rig.Sink.Video.Count(unit => unit.Track.Codec == Codec.H264));
        Assert.All(rig.Sink.Video.Take(30).Skip(1), unit => Assert.False(unit.LossBefore));
        Assert.Equal(2, rig.Sink.Video.Count(unit => unit.Track.Codec == Codec.H265));
        Assert.Equal([Codec.H264, Codec.H265], rig.Sink.Announcements.Select(tracks => tracks[0].Codec));
    }

    [Fact]
    public void Streams_that_are_not_recorded_are_named_once()
    {
        using var rig = new PsRig(expectsAudio: false);
        for (var i = 0; i < 10; i++)
            rig.Feed(Pack(0), Map((0x1B, 0xE0), (0x1B, 0xE1), (0x80, 0xE2)), Pes(0xE0, Vectors.Idr, i * 3600), Pes(0xE1, Vectors.Idr, i * 3600), Pes(0xE2, Vectors.Idr, i * 3600), Pes(0xC0, new byte[160], i * 3600), Pes(0xC1, new byte[160], i * 3600));
        Assert.Equal(["second video stream E1", "SVAC video", "second audio stream C1"], rig.Receiver.NotRecorded);
        Assert.Equal(10, rig.End().Sink.Video.Count);
    }

    [Fact]
    public void A_packet_whose_rest_never_comes_ends_at_the_next_pack()
    {
        using var rig = new PsRig(expectsAudio: false);
        byte[] Picture(int i, int? length = null) => [.. Pack(i * 3600), .. Pes(0xE0, Vectors.Idr, i * 3600, length: length)];
        for (uint i = 0; i < 10; i++)
            rig.Frame(Picture((int)i, i == 5 ? 60_000 : null), i * 3600);
        rig.End();
        Assert.Equal(9, rig.Sink.Video.Count);
        Assert.Equal((1, true), (rig.Sink.LostUnits, rig.Sink.Video[5].LossBefore));
    }

    [Fact]
    public async Task A_lost_piece_costs_its_picture_and_those_that_refer_to_it_and_nothing_else()
    {
        foreach (var (clip, codec) in new[] { ("small.h264", Codec.H264), ("small.h265", Codec.H265) })
        {
            var pictures = ElementaryStream.Pictures(await File.ReadAllBytesAsync(await Clips.FindAsync(clip)), codec == Codec.H265);
            for (var seed = 0; seed < 20; seed++)
            {
                using var rig = new PsRig();
                var random = new Random(seed);
                HashSet<int> damaged = [];
                List<int> expected = [];
                var usable = false;
                for (var i = 0; i < pictures.Count; i++)
                {
                    var (bytes, isSync) = pictures[i];
                    var pts = i * 3600;
                    byte[] video = [.. Pack(pts), .. isSync ? Map(((byte)(codec == Codec.H264 ? 0x1B : 0x24), 0xE0), (0x90, 0xC0)) : [], .. Pes(0xE0, bytes, pts)];
                    var hit = false;
                    rig.Frame(video, (uint)pts, largest: 300, isLost: _ => random.Next(200) == 0 && (hit = true));
                    var isAudioLost = random.Next(50) == 0;
                    rig.Frame(Pes(0xC0, [.. Enumerable.Repeat((byte)i, 320)], pts), (uint)pts + 1, isLost: _ => isAudioLost);
                    usable = !hit && (isSync || usable);
                    if (usable)
                        expected.Add(i);
                }
                rig.End();
                var sent = expected.Select(i => string.Join(' ', ElementaryStream.Nals(pictures[i].Bytes).Select(Convert.ToHexString))).ToList();
                var found = rig.Sink.Video.Select(CollectingTap.Hex).ToList();
                Assert.True(sent.SequenceEqual(found), $"{clip}, seed {seed}: {found.Count} of {sent.Count}");
                Assert.Equal(expected.Select(i => (i - expected[0]) * 3600L), rig.Sink.Video.Select(unit => unit.Pts - rig.Sink.Video[0].Pts));
                foreach (var sound in rig.Sink.Audio)       // in step: every frame says which picture it came with
                    Assert.InRange(sound.Pts / 320.0 - (rig.Sink.Video[0].Pts / 3600.0 - expected[0]) - sound.Bytes[0], -0.5, 0.5);
            }
        }
    }

    [Fact]
    public void Damaged_streams_raise_nothing_and_leave_nothing_behind()
    {
        var stream = (byte[])[.. Vectors.Stream, .. Vectors.Private, .. Vectors.First, .. Vectors.OtherMap, .. Vectors.Second];
        var random = new Random(28181);
        foreach (var wreck in Damage.Of(stream))
        {
            using var rig = new PsRig();
            for (var at = 0; at < wreck.Length;)
            {
                var count = Math.Min(random.Next(1, 120), wreck.Length - at);
                rig.Receiver.Add(wreck.AsSpan(at, count), new((uint)random.Next(4), random.Next(4) == 0, random.Next(20) == 0, at));
                at += count;
            }
            rig.End();
            Assert.True(rig.Sink.Units.Count < 64);
        }
    }

    /// <summary>E0 and C0 become E2 and DF.</summary>
    private static byte[] Swap(byte[] stream)
    {
        byte[] copy = [.. stream];
        for (var i = 0; i + 3 < copy.Length; i++)
            if (copy[i] == 0 && copy[i + 1] == 0 && copy[i + 2] == 1)
                copy[i + 3] = copy[i + 3] switch { 0xE0 => 0xE2, 0xC0 => 0xDF, var other => other };
        var map = copy.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 1, 0xBC]);
        (copy[map + 13], copy[map + 17]) = (0xE2, 0xDF);
        return copy;
    }
}
