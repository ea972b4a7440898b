using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>Packets copied into other containers by the worker process, judged by ffmpeg.</summary>
public sealed class RemuxTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private MediaJob Job(string format) => new() { Id = "test", Format = Enum.Parse<MediaFormat>(format, ignoreCase: true), Folder = _directory.Path, FootageBytes = 0 };

    [Theory]
    [InlineData("mkv", "H264", "Aac", "aac")]
    [InlineData("mkv", "H265", "G711A", "pcm_alaw")]
    [InlineData("mkv", "H264", "G711U", "pcm_mulaw")]
    [InlineData("avi", "H264", "G711A", "pcm_alaw")]
    [InlineData("avi", "H264", "Aac", "aac")]
    [InlineData("ts", "H264", "Aac", "aac")]
    [InlineData("ts", "H265", "G711U", "aac")]
    [InlineData("ts", "H264", null, null)]
    [InlineData("mp4", "H264", "G711A", "aac")]
    [InlineData("mp4", "H265", "Aac", "aac")]
    public async Task Every_picture_arrives_as_the_camera_made_it(string format, string video, string? audio, string? expected)
    {
        var codec = Enum.Parse<Codec>(video);
        var clip = await Clip.MakeAsync(codec, audio is null ? null : Enum.Parse<Codec>(audio));
        var footage = await WorkerProcess.FootageAsync(codec, audio is null ? null : Enum.Parse<Codec>(audio));
        var run = await WorkerProcess.DoAsync(Job(format), footage);

        var part = Assert.Single(run.Parts);
        Assert.Equal(($"part-1.{format}", 0L), (part.Name, part.FromMs));
        Assert.InRange(part.ToMs, 3900, 4100);
        var path = _directory.File(part.Name);
        Assert.Equal(new FileInfo(path).Length, part.Bytes);
        await Tool.DecodesAsync(path);
        Assert.Equal(100, await Tool.FramesAsync(path, "v:0"));
        var copied = await Tool.RunAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", codec == Codec.H264 ? "h264" : "hevc", "-");
        // Only slices are compared: each container has its own way with parameter sets and delimiters.
        Assert.Equal(Clip.Nals(clip.Pictures.Select(unit => unit.Bytes)).Where(IsSlice), Clip.Nals(copied).Where(IsSlice));
        var sound = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path);
        Assert.Equal(expected ?? "", sound.Split('\n')[0].Trim(','));
        if (expected is not null)
            Assert.InRange(await LengthAsync(path, "a"), 3.8, 4.3);
        Assert.InRange(await LengthAsync(path, "v"), 3.9, 4.1);
        bool IsSlice(byte[] nal) => codec == Codec.H264 ? (nal[0] & 0x1F) is 1 or 5 : nal[0] >> 1 < 32;
    }

    [Theory]
    [InlineData("mkv", 75)]
    [InlineData("avi", 75)]
    [InlineData("ts", 75)]
    [InlineData("mp4", 65)]
    public async Task A_range_begins_where_decoding_can_and_in_mp4_exactly_there(string format, int pictures)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, seconds: 6);
        var run = await WorkerProcess.DoAsync(Job(format) with { FromMs = 1400, ToMs = 4000 }, footage);
        var path = _directory.File(run.Parts[0].Name);
        Assert.Equal((1000L, 4000L), (run.Parts[0].FromMs, run.Parts[0].ToMs));
        Assert.Equal(pictures, (await Pictures.OfAsync(path, 160, 120)).Count);
        var start = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=start_time", "-of", "csv=p=0", path);
        // A transport stream begins where its muxer likes; its sound follows.
        if (format != "ts")
            Assert.Equal(0, double.Parse(start.Split('\n')[0].Trim(','), System.Globalization.CultureInfo.InvariantCulture), 0.001);
        var (source, result) = (await Pictures.OfFootageAsync(footage, 160, 120), await Pictures.OfAsync(path, 160, 120));
        Assert.True(double.IsFinite(result.Psnr(0, source, format == "mp4" ? 35 : 25)));
        Assert.InRange(result.Psnr(0, source, format == "mp4" ? 35 : 25), 90, 200);      // the very same picture
    }

    [Theory]
    [InlineData("mkv")]
    [InlineData("ts")]
    [InlineData("mp4")]
    public async Task Pictures_that_are_coded_before_earlier_ones_stay_in_order(string format)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, bFrames: 2);
        var run = await WorkerProcess.DoAsync(Job(format), footage);
        var (source, result) = (await Pictures.OfFootageAsync(footage, 160, 120), await Pictures.OfAsync(_directory.File(run.Parts[0].Name), 160, 120));
        Assert.Equal((100, 100), (source.Count, result.Count));
        Assert.All(Enumerable.Range(0, 100), i => Assert.InRange(result.Psnr(i, source, i), 90, 200));
    }

    [Theory]
    [InlineData("mkv")]
    [InlineData("avi")]
    [InlineData("ts")]
    [InlineData("mp4")]
    public async Task Files_are_split_at_sync_samples_and_each_plays_by_itself(string format)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, seconds: 8, width: 320);
        var limit = footage.Length / 4;
        var run = await WorkerProcess.DoAsync(Job(format) with { MaxFileBytes = limit }, footage);
        Assert.InRange(run.Parts.Count, 4, 9);
        var pictures = 0;
        for (var i = 0; i < run.Parts.Count; i++)
        {
            var part = run.Parts[i];
            Assert.Equal($"part-{i + 1}.{format}", part.Name);
            Assert.InRange(part.Bytes, 1000, limit + limit / 2);
            Assert.Equal(i == 0 ? 0 : run.Parts[i - 1].ToMs, part.FromMs);
            Assert.Equal(0, part.FromMs % 1000);            // where the camera's sync samples are
            await Tool.DecodesAsync(_directory.File(part.Name));
            pictures += await Tool.FramesAsync(_directory.File(part.Name), "v:0");
        }
        Assert.Equal(200, pictures);
    }

    [Theory]
    [InlineData("mkv")]
    [InlineData("avi")]
    [InlineData("mp4")]
    public async Task Title_and_comment_are_metadata_whatever_stands_in_them(string format)
    {
        const string comment = "a'b\"c\\d;e=f\n[g] 中文 \U0001F600 %{pts}";
        var run = await WorkerProcess.DoAsync(Job(format) with { Title = "门 \"1\"", Comment = comment }, await WorkerProcess.FootageAsync(Codec.H264));
        var tags = await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "format_tags", "-of", "json", _directory.File(run.Parts[0].Name));
        using var json = System.Text.Json.JsonDocument.Parse(tags);
        var found = json.RootElement.GetProperty("format").GetProperty("tags").EnumerateObject().ToDictionary(tag => tag.Name.ToLowerInvariant(), tag => tag.Value.GetString());
        Assert.Equal(("门 \"1\"", comment), (found["title"], found["comment"]));
    }

    [Fact]
    public async Task What_a_container_cannot_hold_is_an_error_and_leaves_no_file()
    {
        var run = await WorkerProcess.RunAsync((Job("avi"), await WorkerProcess.FootageAsync(Codec.H265)));
        Assert.Equal((0, "unsupported"), (run.ExitCode, run.Jobs[0].End.Error?.Code));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    private static async Task<double> LengthAsync(string path, string track)
    {
        var packets = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", track, "-show_entries", "packet=pts_time,dts_time", "-of", "csv=p=0", path);
        var times = packets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',').First(word => word != "N/A"))
            .Select(word => double.Parse(word, System.Globalization.CultureInfo.InvariantCulture)).ToList();     // AVI has decoding times only
        return times.Max() - times.Min() + 0.04;
    }
}
