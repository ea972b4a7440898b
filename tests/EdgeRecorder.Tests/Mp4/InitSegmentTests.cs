using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Mp4;

public sealed class InitSegmentTests
{
    private static async Task<InitSegment> SampleAsync(Codec video = Codec.H265, Codec audio = Codec.Aac)
        => InitSegment.Build((await Clip.MakeAsync(video, audio)).Tracks);

    [Theory]
    [InlineData(Codec.H264, Codec.Aac)]
    [InlineData(Codec.H265, Codec.G711A)]
    [InlineData(Codec.H264, Codec.G711U)]
    public async Task What_is_built_is_parsed_and_built_again_the_same(Codec video, Codec audio)
    {
        var built = await SampleAsync(video, audio);
        var parsed = InitSegment.Parse(built.Bytes);
        Assert.Equal(built.Bytes, InitSegment.Build(parsed.Tracks).Bytes);
        Assert.True(parsed.SameFormat(built));
    }

    [Fact]
    public void Parameter_sets_that_do_not_fit_a_page_are_left_to_the_samples()
    {
        var track = new Track { Codec = Codec.H264, TimeScale = 90_000, ParameterSets = [[0x67, 66, 0, 30, .. new byte[4000]], [0x68, 1]] };
        var init = InitSegment.Build([track]);
        Assert.True(init.Bytes.Length < InitSegment.LongestBytes);
        Assert.Empty(InitSegment.Parse(init.Bytes).Tracks[0].ParameterSets);
    }

    [Fact]
    public async Task Every_prefix_is_refused()
    {
        var bytes = (await SampleAsync()).Bytes;
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<ProtocolException>(() => InitSegment.Parse(bytes[..length]));
    }

    [Theory]
    [InlineData(Codec.H264, Codec.Aac)]
    [InlineData(Codec.H265, Codec.G711A)]
    public async Task Damaged_bytes_raise_ProtocolException_and_nothing_else(Codec video, Codec audio)
    {
        var bytes = (await SampleAsync(video, audio)).Bytes;
        var random = new Random(20_000);
        var refused = 0;
        for (var run = 0; run < 20_000; run++)
        {
            var damaged = bytes.ToArray();
            for (var hits = random.Next(1, 6); hits > 0; hits--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                InitSegment.Parse(damaged);
                BoxDump.Of(damaged);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1000, 19_999);
    }

    [Fact]
    public void The_boxes_of_an_init_segment_and_a_fragment_are_these()
    {
        var video = new Track { Codec = Codec.H264, TimeScale = 90_000, Width = 640, Height = 480, ParameterSets = [[0x67, 66, 0, 30, 0xAB], [0x68, 0xCE]] };
        var audio = new Track { Codec = Codec.Aac, TimeScale = 48_000, ChannelCount = 2, AudioSpecificConfig = [0x11, 0x90] };
        var fragmenter = new EdgeRecorder.Recording.Fragmenter(1 << 20, mediaEnd90k: 900_000);
        fragmenter.Announce([video, audio]);
        using var writer = new PayloadWriter(new ChunkPool(4096));
        foreach (var (pts, index) in new[] { 0, 10_800, 3600, 7200 }.Select((pts, index) => (pts, index)))
        {
            writer.Write(new byte[20 + index]);
            fragmenter.Add(new AccessUnit { Track = video, Pts = pts, IsSync = index == 0, Payload = writer.Take(), ArrivalUs = 0 });
            writer.Write(new byte[9]);
            fragmenter.Add(new AccessUnit { Track = audio, Pts = index * 1024, IsSync = true, Payload = writer.Take(), ArrivalUs = 0 });
        }
        var fragment = fragmenter.Close()!;
        var golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data", "mp4", "fragment.txt"));
        Assert.Equal(golden, BoxDump.Of([.. fragment.Init.Bytes, .. fragment.ToArray()]));
        fragment.Release();
    }
}
