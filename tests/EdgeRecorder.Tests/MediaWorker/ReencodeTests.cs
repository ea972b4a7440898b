using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>Work on the pictures, done by the worker process; what came out is decoded by ffmpeg and compared pixel by pixel.</summary>
public sealed class ReencodeTests : IDisposable
{
    private const int Width = 320, Height = 240;
    private static readonly double[][][] Triangle = [[[0.2, 0.2], [0.3, 0.7], [0.5, 0.5], [0.2, 0.2]]];
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private MediaJob Job(MediaFormat format = MediaFormat.Mp4) => new() { Id = "test", Format = format, Folder = _directory.Path, FootageBytes = 0, Encoder = VideoEncoder.Software };

    private string Only(JobRun run) => _directory.File(Assert.Single(run.Parts).Name);

    [Theory]
    [InlineData("mp4", "H264")]
    [InlineData("mkv", "H265")]
    [InlineData("avi", "H264")]
    [InlineData("ts", "H265")]
    public async Task Masked_areas_are_black_and_the_rest_is_what_it_was(string format, string video)
    {
        var footage = await WorkerProcess.FootageAsync(Enum.Parse<Codec>(video), Codec.Aac, seconds: 2, width: Width);
        var job = Job(Enum.Parse<MediaFormat>(format, ignoreCase: true)) with { Masks = Triangle };
        var (source, result) = (await Pictures.OfFootageAsync(footage, Width, Height), await Pictures.OfAsync(Only(await WorkerProcess.DoAsync(job, footage)), Width, Height));
        Assert.Equal((50, 50), (source.Count, result.Count));
        var shape = new MaskShape(Width, Height, Triangle);
        for (var picture = 0; picture < result.Count; picture += 7)
        {
            var inside = 0;
            for (var y = 0; y < Height; y++)
                for (var x = 0; x < Width; x++)
                    if (shape.Covers(x, y))
                    {
                        inside++;
                        // At the edge the encoder's own transform smears a little of the outside in.
                        var deep = shape.Covers(x - 8, y - 8) && shape.Covers(x + 8, y - 8) && shape.Covers(x - 8, y + 8) && shape.Covers(x + 8, y + 8);
                        Assert.InRange(result.Luma(picture, x, y), 0, deep ? 20 : 70);
                        Assert.InRange(Math.Abs(result.Cb(picture, x, y) - 128), 0, deep ? 4 : 48);
                        Assert.InRange(Math.Abs(result.Cr(picture, x, y) - 128), 0, deep ? 4 : 48);
                    }
            Assert.InRange(inside, Width * Height * 0.05, Width * Height * 0.12);
            Assert.InRange(result.Psnr(picture, source, picture, (x, y) => !shape.Covers(x, y)), 30, 200);
            Assert.InRange(result.Psnr(picture, source, picture, shape.Covers), 0, 20);
        }
    }

    [Theory]
    [InlineData("mp4")]
    [InlineData("mkv")]
    [InlineData("avi")]
    [InlineData("ts")]
    public async Task It_begins_with_the_picture_of_the_asked_instant(string format)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.G711A, seconds: 6, width: Width);
        var run = await WorkerProcess.DoAsync(Job(Enum.Parse<MediaFormat>(format, ignoreCase: true)) with { FromMs = 1430, ToMs = 4000, VideoQuality = 1 }, footage);
        var path = Only(run);
        var (source, result) = (await Pictures.OfFootageAsync(footage, Width, Height), await Pictures.OfAsync(path, Width, Height));
        Assert.Equal(1 + 64, result.Count);                 // 35 is seen at 1.43 s, 36 to 99 follow
        Assert.Equal(1430, run.Parts[0].FromMs);
        Assert.InRange(result.Psnr(0, source, 35), 30, 200);
        Assert.True(result.Psnr(0, source, 35) > result.Psnr(0, source, 34) && result.Psnr(0, source, 35) > result.Psnr(0, source, 36));
        Assert.True(result.Psnr(64, source, 99) > result.Psnr(64, source, 98));
        await Tool.DecodesAsync(path);
    }

    [Fact]
    public async Task A_crop_has_the_pixels_of_its_area_and_masks_stay_on_what_they_cover()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 1, width: Width);
        var run = await WorkerProcess.DoAsync(Job() with { Crop = [0.25, 0.25, 0.75, 0.75], Masks = [[[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]] }, footage);
        var (source, result) = (await Pictures.OfFootageAsync(footage, Width, Height), await Pictures.OfAsync(Only(run), Width / 2, Height / 2));
        Assert.Equal(25, result.Count);
        Assert.InRange(result.Psnr(3, source, 3, (x, y) => x > Width / 4 + 4 || y > Height / 4 + 4, Width / 4, Height / 4), 30, 200);
        for (var y = 0; y < Height / 4; y++)
            for (var x = 0; x < Width / 4; x++)
                Assert.InRange(result.Luma(3, x, y), 0, 40);
    }

    [Theory]
    [InlineData(2, 50)]
    [InlineData(4, 25)]
    [InlineData(8, 13)]
    public async Task One_of_some_pictures_is_kept_and_time_is_not_changed(int keepOneOf, int expected)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac);
        var path = Only(await WorkerProcess.DoAsync(Job() with { KeepOneOf = keepOneOf }, footage));
        var (source, result) = (await Pictures.OfFootageAsync(footage, 160, 120), await Pictures.OfAsync(path, 160, 120));
        Assert.Equal(expected, result.Count);
        Assert.All(Enumerable.Range(0, expected), i => Assert.InRange(result.Psnr(i, source, i * keepOneOf), 28, 200));
        var times = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path);
        var numbers = times.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line.Trim(','), System.Globalization.CultureInfo.InvariantCulture));
        Assert.All(numbers.Select((time, i) => time - i * keepOneOf * 0.04), difference => Assert.Equal(0, difference, 0.002));
    }

    [Fact]
    public async Task Quality_steps_make_smaller_files()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, width: Width);
        List<long> sizes = [];
        foreach (var quality in new[] { 1, 3, 6 })
            sizes.Add((await WorkerProcess.DoAsync(Job(MediaFormat.Mkv) with { VideoQuality = quality, AudioQuality = quality }, footage)).Parts[0].Bytes);
        Assert.True(sizes[0] > sizes[1] * 1.2 && sizes[1] > sizes[2] * 1.2, string.Join(' ', sizes));
    }

    public static TheoryData<string, string> NastyTexts() => new()
    {
        { "':%{pts}\\:text=x,drawtext=textfile=/etc/passwd[out];[in]null", "%Y-%b-%d %H:%M:%S" },
        { "</span><span size=\"999999\">&amp;&#0; \0 \u0001\u001b[2J", "%%{pts\\:hms}':%" },
        { "中文 العربية עברית हिन्दी \U0001F600\U0001F468\u200D\U0001F469\u200D\U0001F467 \u202Eright to left", "%A %B %Q %é" },
        { "lone \uD800 surrogate, " + "e\u0301\u0302\u0303\u0304\u0305", "\uDC00%H" },
        { string.Concat(Enumerable.Repeat("long words and lines without an end ", 200)), string.Concat(Enumerable.Repeat("%Y", 60)) },
        { string.Concat(Enumerable.Repeat("\n", 500)) + "../../etc/passwd", "%n%n%n" },
        { " \t ", "" },
    };

    [Theory, MemberData(nameof(NastyTexts))]
    public async Task Whatever_the_text_is_it_is_drawn_where_text_belongs_and_nowhere_else(string comment, string timeFormat)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 1, width: Width);
        var job = Job() with { Comment = comment, Title = comment, Overlay = new(comment, timeFormat, "#FF8000"), WallTimes = [new(0, 1_763_800_000_000)], VideoQuality = 1 };
        var run = await WorkerProcess.DoAsync(job, footage);
        var (source, result) = (await Pictures.OfFootageAsync(footage, Width, Height), await Pictures.OfAsync(Only(run), Width, Height));
        Assert.Equal(25, result.Count);
        Assert.InRange(result.Psnr(5, source, 5, (_, y) => y is > Height / 5 and < Height * 2 / 5), 30, 200);
        Assert.Equal(["part-1.mp4"], Directory.EnumerateFiles(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Time_and_comment_are_drawn_in_their_corners()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 1, width: Width);
        var job = Job() with { Overlay = new("Gate 门", "%H:%M:%S", "#FFFFFF"), WallTimes = [new(0, 1_763_800_000_000)], VideoQuality = 1 };
        var (source, result) = (await Pictures.OfFootageAsync(footage, Width, Height), await Pictures.OfAsync(Only(await WorkerProcess.DoAsync(job, footage)), Width, Height));
        Assert.InRange(result.Psnr(5, source, 5, (x, y) => x is > 6 and < 40 && y is > 6 and < 12), 0, 20);
        Assert.InRange(result.Psnr(5, source, 5, (x, y) => x is > 6 and < 40 && y is > Height - 14 and < Height - 6), 0, 20);
        Assert.InRange(result.Psnr(5, source, 5, (x, y) => x > Width / 2), 30, 200);
    }

    [Fact]
    public async Task Files_of_an_encoder_are_split_too()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, seconds: 8, width: Width);
        var run = await WorkerProcess.DoAsync(Job(MediaFormat.Mkv) with { VideoQuality = 1, MaxFileBytes = 100_000 }, footage);
        Assert.True(run.Parts.Count >= 2, $"{run.Parts.Count} parts");
        var pictures = 0;
        foreach (var part in run.Parts)
        {
            await Tool.DecodesAsync(_directory.File(part.Name));
            pictures += await Tool.FramesAsync(_directory.File(part.Name), "v:0");
        }
        Assert.Equal(200, pictures);
    }

    [Fact]
    public async Task A_change_of_resolution_is_masked_too_and_the_file_keeps_its_size()
    {
        using var feed = new Recording.Feed();
        var clips = await Task.WhenAll(new[] { 160, 320 }.Select(width => Clip.MakeAsync(Codec.H264, null, seconds: 1, width: width)));
        feed.Announce(clips[0].Tracks);
        for (var round = 0; round < 3; round++)
            foreach (var unit in clips[round % 2].Units)
                feed.Add(unit, unit.Pts + round * 90_000, unit.SendUs + round * 1_000_000);
        feed.Close();
        var run = await WorkerProcess.DoAsync(Job() with { Masks = [[[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]] }, feed.ToFile());
        var result = await Pictures.OfAsync(Only(run), 160, 120);
        Assert.Equal(75, result.Count);
        foreach (var picture in new[] { 10, 30, 40, 60 })
            for (var y = 32; y < 88; y++)
                for (var x = 42; x < 118; x++)
                    Assert.InRange(result.Luma(picture, x, y), 0, 40);
    }

    [Fact]
    public async Task A_job_that_cannot_be_done_as_asked_delivers_nothing()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264);
        var masked = Job() with { Masks = Triangle };
        var run = await WorkerProcess.RunAsync(
            (masked with { Encoder = VideoEncoder.None }, footage),
            (masked with { Masks = [[[0.1, 0.1], [1.5, 0.2], [0.3, 0.3]]] }, footage),
            (masked with { Masks = [[[0.1, 0.1], [0.2, 0.2]]] }, footage),
            (masked with { Crop = [0.5, 0.5, 0.5, 0.9] }, footage),
            (masked with { Crop = [0.5, 0.5, 0.51, 0.51] }, footage),
            (Job() with { Overlay = new("x", "%Y", "#FFF") }, footage),
            (Job() with { Overlay = new("x", "%Y", "#FFFFFF") }, footage),
            (Job() with { Folder = "/nowhere", KeepOneOf = 2 }, footage),
            (Job() with { KeepOneOf = 2, FromMs = 9000, ToMs = 8000 }, footage),
            (masked, []));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["encoder", "unsupported", "unsupported", "unsupported", "unsupported", "unsupported", "unsupported", "unsupported", "unsupported", "damaged"], run.Jobs.Select(job => job.End.Error?.Code));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }
}
