using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>Single pictures: JPEG and PDF.</summary>
public sealed class StillTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private MediaJob Job(MediaFormat format, string folder, long fromMs)
        => new() { Id = "test", Format = format, Folder = Directory.CreateDirectory(_directory.File(folder)).FullName, FootageBytes = 0, FromMs = fromMs };

    [Theory]
    [InlineData("H264", 0)]
    [InlineData("H264", 2)]
    [InlineData("H265", 3)]
    public async Task One_worker_finds_the_exact_picture_of_many_instants(string video, int bFrames)
    {
        var footage = await WorkerProcess.FootageAsync(Enum.Parse<Codec>(video), Codec.G711A, bFrames: bFrames);
        (long AtMs, int Picture)[] asked = [(0, 0), (39, 0), (40, 1), (1000, 25), (1999, 49), (2345, 58), (3960, 99), (99_000, 99)];
        await File.WriteAllBytesAsync(_directory.File("f.mp4"), footage);
        var packets = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts", "-of", "csv=p=0", _directory.File("f.mp4"));
        var times = packets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line.Trim(','), System.Globalization.CultureInfo.InvariantCulture) / 90).Order().ToList();
        Assert.Equal(100, times.Count);                     // with pictures coded ahead the first one is not seen at 0
        var run = await WorkerProcess.RunAsync([.. asked.Select(ask => (Job(MediaFormat.Jpg, $"{ask.AtMs}", times[0] + ask.AtMs), footage))]);
        Assert.Equal((0, asked.Length), (run.ExitCode, run.Jobs.Count));
        var source = await Pictures.OfFootageAsync(footage, 160, 120);
        for (var i = 0; i < asked.Length; i++)
        {
            Assert.True(run.Jobs[i].End.Done, $"{asked[i]}: {run.Jobs[i].End.Error}");
            Assert.Equal(times[asked[i].Picture], run.Jobs[i].Parts[0].FromMs);
            var path = Path.Combine(_directory.File($"{asked[i].AtMs}"), "part-1.jpg");
            var bytes = await File.ReadAllBytesAsync(path);
            Assert.Equal((0xFF, 0xD8), (bytes[0], bytes[1]));
            var still = await LimitedAsync(path);
            Assert.InRange(still.Psnr(0, source, asked[i].Picture), 28, 200);
            Assert.InRange(Difference(still, source, asked[i].Picture), 0, 3);      // black is black and white is white: JPEG uses all of the range, video does not
            foreach (var neighbour in new[] { asked[i].Picture - 1, asked[i].Picture + 1 }.Where(n => n is >= 0 and < 100))
                Assert.True(still.Psnr(0, source, asked[i].Picture) > still.Psnr(0, source, neighbour), $"{asked[i]} rather looks like {neighbour}");
        }
    }

    [Fact]
    public async Task A_still_has_the_width_asked_for_and_the_masks()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, width: 320);
        await WorkerProcess.DoAsync(Job(MediaFormat.Jpg, "s", 500) with { Width = 160, Masks = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]], Comment = "中文 ' -->" }, footage);
        var still = await LimitedAsync(Path.Combine(_directory.File("s"), "part-1.jpg"));
        for (var y = 0; y < 120; y++)
            for (var x = 0; x < 78; x++)
                Assert.InRange(still.Luma(0, x, y), 0, 40);
        Assert.Contains("中文 ' -->", System.Text.Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(_directory.File("s"), "part-1.jpg"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_has_picture_time_and_comment_at_their_places(bool landscape)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, width: 320);
        var job = Job(MediaFormat.Pdf, "p", 500) with
        {
            Comment = "Gate (1) 大门 \\ %d",
            Title = "Evidence",
            Overlay = new(null, "%Y-%b-%d %H:%M:%S", "#FFFFFF"),
            WallTimes = [new(0, 1_763_800_000_000)],
            UtcOffsetMinutes = 480,
            Page = new(landscape, [0.1, 0.1, 0.9, 0.5], [0.1, 0.8, 0.9, 0.95], [0.1, 0.6, 0.9, 0.7]),
        };
        await WorkerProcess.DoAsync(job, footage);
        var path = Path.Combine(_directory.File("p"), "part-1.pdf");
        var text = await Tool.TextAsync("pdftotext", "-layout", path, "-");
        Assert.Contains("Gate (1) 大门 \\ %d", text, StringComparison.Ordinal);
        Assert.Contains("2025-Nov-22 16:26:40", text, StringComparison.Ordinal);
        Assert.True(text.IndexOf("2025", StringComparison.Ordinal) < text.IndexOf("Gate", StringComparison.Ordinal));
        var size = await Tool.TextAsync("pdfinfo", path);
        Assert.Contains(landscape ? "841.89 x 595.276 pts" : "595.276 x 841.89 pts", size, StringComparison.Ordinal);
        Assert.Contains("Title:           Evidence", size, StringComparison.Ordinal);

        // The JPEG lies in it as the encoder made it: the same as the still of that instant.
        await WorkerProcess.DoAsync(Job(MediaFormat.Jpg, "j", 500), footage);
        await Tool.RunAsync("pdfimages", "-j", path, _directory.File("image"));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_directory.File("j"), "part-1.jpg")), await File.ReadAllBytesAsync(_directory.File("image-000.jpg")));
    }

    /// <summary>A JPEG of 160 pixels with luma of 16 to 235, as the footage has it.</summary>
    private static async Task<Pictures> LimitedAsync(string path)
        => new(160, 120, await Tool.RunAsync("ffmpeg", "-v", "error", "-i", path, "-vf", "scale=in_range=full:out_range=limited", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"));

    /// <summary>Of luma, averaged over every fourth pixel both ways.</summary>
    private static double Difference(Pictures still, Pictures source, int picture)
        => Enumerable.Range(0, 30).SelectMany(y => Enumerable.Range(0, 40), (y, x) => Math.Abs(still.Luma(0, 4 * x, 4 * y) - source.Luma(picture, 4 * x, 4 * y))).Average();
}
