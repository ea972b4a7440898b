using EdgeRecorder.Media;
using EdgeRecorder.MpegPs;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Rtsp;
using Clip = EdgeRecorder.Tests.Media.Clip;

namespace EdgeRecorder.Tests.MpegPs;

public sealed class PsMuxerTests
{
    private static readonly Track Video = new() { Codec = Codec.H264, TimeScale = 90_000 };
    private static readonly Track Audio = new() { Codec = Codec.G711A, TimeScale = 8000, ChannelCount = 1 };

    [Fact]
    public void The_example_is_written_byte_for_byte()
    {
        var muxer = new PsMuxer(Codec.H264, Codec.G711A);
        var idr = ElementaryStream.Nals(Vectors.Idr);
        byte[] written =
        [
            .. Write(muxer, Video, 900_000, isSync: true, [.. idr.SelectMany(Nal)]), .. Write(muxer, Audio, 900_000, isSync: true, Vectors.Silence),
            .. Write(muxer, Video, 903_600, isSync: false, [.. Nal(Vectors.Hex("419a202694"))]), .. Write(muxer, Audio, 903_600, isSync: true, Vectors.Silence),
        ];
        Assert.Equal(Convert.ToHexString(Vectors.Stream), Convert.ToHexString(written));
    }

    [Fact]
    public void The_map_has_a_right_CRC()
    {
        Assert.Equal(0u, MpegCrc.Of(Vectors.Map));
        Assert.Equal(0u, MpegCrc.Of(Vectors.OtherMap));
        var map = new byte[64];
        Assert.Equal(Vectors.OtherMap, map[..ProgramStreamMap.Write(map, [new(0x24, 0xE0), new(0x0F, 0xC0)])]);
        Span<MappedStream> streams = stackalloc MappedStream[4];
        Assert.Equal(2, ProgramStreamMap.Read(Vectors.OtherMap.AsSpan(6), streams));
        Assert.Equal((new MappedStream(0x24, 0xE0), new MappedStream(0x0F, 0xC0)), (streams[0], streams[1]));
    }

    public static TheoryData<Codec?, Codec?> Pairs => new()
    {
        { Codec.H264, Codec.Aac }, { Codec.H264, Codec.G711A }, { Codec.H265, Codec.G711U }, { Codec.H265, Codec.Aac }, { Codec.H265, null }, { null, Codec.Aac },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task What_it_writes_the_demuxer_reads(Codec? video, Codec? audio)
    {
        var clip = await Clip.MakeAsync(video, audio);
        var (stream, _) = Mux(clip, video, audio);
        using var rig = new PsRig();
        rig.Feed(stream.Chunk(997)).End();
        AssertSame(clip.Pictures, rig.Sink.Video);
        AssertSame(clip.Frames, rig.Sink.Audio);
    }

    [Fact]
    public async Task B_pictures_keep_their_times()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null, bFrames: 2);
        var (stream, _) = Mux(clip, Codec.H264, null);
        using var rig = new PsRig();
        rig.Feed(stream).End();
        Assert.Equal(clip.Pictures.Select(unit => unit.Pts - clip.Pictures.First().Pts), rig.Sink.Video.Select(unit => unit.Pts));

        using var directory = new TemporaryDirectory();
        var path = directory.File("out.ps");
        await File.WriteAllBytesAsync(path, stream);
        await Tool.DecodesAsync(path);
        var probe = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts", "-of", "csv=p=0", path);
        Assert.Equal(clip.Pictures.Select(unit => $"{90_000 + unit.Pts}"), probe.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')[0].Trim()));
    }

    [Theory]
    [InlineData(Codec.H264, Codec.Aac)]
    [InlineData(Codec.H265, Codec.Aac)]
    [InlineData(Codec.H265, null)]
    public async Task What_it_writes_ffmpeg_decodes_to_the_last_frame(Codec video, Codec? audio)
    {
        var clip = await Clip.MakeAsync(video, audio, width: 1280, gop: 50);     // key pictures of several packets
        var (stream, largest) = Mux(clip, video, audio);
        Assert.True(largest > PsMuxer.LargestPayload || video == Codec.H265);
        using var directory = new TemporaryDirectory();
        var path = directory.File("out.ps");
        await File.WriteAllBytesAsync(path, stream);
        await Tool.DecodesAsync(path);
        Assert.Equal(clip.Pictures.Count(), await Tool.FramesAsync(path, "v:0"));
        if (audio is not null)
            Assert.InRange(await Tool.FramesAsync(path, "a:0"), clip.Frames.Count() - 1, clip.Frames.Count());
        var probe = await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path);
        Assert.Contains(video == Codec.H264 ? "h264" : "hevc", probe, StringComparison.Ordinal);
        Assert.Equal(audio is not null, probe.Contains("aac", StringComparison.Ordinal));
    }

    /// <summary>The whole clip, and how large its largest unit is.</summary>
    internal static (byte[] Stream, int Largest) Mux(Clip clip, Codec? video, Codec? audio, long start = 90_000)
    {
        var muxer = new PsMuxer(video, audio);
        using var output = new MemoryStream();
        var largest = 0;
        foreach (var unit in clip.Units)
        {
            output.Write(Write(muxer, unit.Track, start + unit.Pts * 90_000 / unit.Track.TimeScale, unit.IsSync, unit.Bytes));
            largest = Math.Max(largest, unit.Bytes.Length);
        }
        return (output.ToArray(), largest);
    }

    internal static byte[] Write(PsMuxer muxer, Track track, long pts, bool isSync, byte[] bytes)
    {
        using var writer = new PayloadWriter(ChunkPool.Audio);
        writer.Write(bytes);
        var unit = new AccessUnit { Track = track, Pts = 0, IsSync = isSync, Payload = writer.Take(), ArrivalUs = 0 };
        var written = muxer.Write(unit, pts).ToArray();
        unit.Payload.Release();
        return written;
    }

    /// <summary>What is read of a unit: access unit delimiters are dropped.</summary>
    internal static byte[] WithoutDelimiter(Clip.Unit unit)
        => !unit.Track.IsVideo ? unit.Bytes
            : [.. Clip.Nals([unit.Bytes]).Where(nal => unit.Track.Codec == Codec.H264 ? (nal[0] & 0x1F) != 9 : nal[0] >> 1 != 35).SelectMany(Nal)];

    private static void AssertSame(IEnumerable<Clip.Unit> sent, IReadOnlyList<CollectedUnit> found)
    {
        var list = sent.ToList();
        Assert.Equal(list.Count, found.Count);
        foreach (var (unit, other) in list.Zip(found))
        {
            Assert.Equal(WithoutDelimiter(unit), other.Bytes);
            Assert.Equal((unit.IsSync, false), (other.IsSync, other.LossBefore));
            Assert.InRange(other.Pts - found[0].Pts - (unit.Pts - list[0].Pts), -2, 2);
        }
    }

    private static byte[] Nal(byte[] nal) => [(byte)(nal.Length >> 24), (byte)(nal.Length >> 16), (byte)(nal.Length >> 8), (byte)nal.Length, .. nal];
}
