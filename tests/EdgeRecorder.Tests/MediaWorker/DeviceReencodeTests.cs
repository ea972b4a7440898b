using System.Text.Json;
using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Tests.Cameras;
using EdgeRecorder.Tests.Media;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>Work on the pictures, encoded by a device of the kernel that answers from a script and compresses nothing: what ffmpeg decodes of the file must be the worked-on picture to the last bit.</summary>
public sealed class DeviceReencodeTests : IDisposable
{
    private const int Width = 320, Height = 240;
    private const string Path = "/dev/video5";
    private static readonly double[][][] Triangle = [[[0.2, 0.2], [0.3, 0.7], [0.5, 0.5], [0.2, 0.2]]];
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryStream _said = new();

    public void Dispose()
    {
        _said.Dispose();
        _directory.Dispose();
    }

    private MediaJob Job(MediaFormat format = MediaFormat.Mp4) => new() { Id = "test", Format = format, Folder = _directory.Path, FootageBytes = 0, Encoder = VideoEncoder.V4l2 };

    [Theory]
    [InlineData("mp4", V4L2_PIX_FMT_NV12, 0x20)]
    [InlineData("mkv", V4L2_PIX_FMT_YUV420, 0x20)]
    [InlineData("avi", V4L2_PIX_FMT_NV12, 0x10)]
    [InlineData("ts", V4L2_PIX_FMT_NV21, 0x10)]
    public async Task Masked_areas_are_black_and_the_rest_is_what_it_was_to_the_last_bit(string format, uint raw, uint rounds)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, seconds: 2, width: Width);
        var encoder = new FakeEncoder(Path, raw, rounds);
        var reports = Run(Job(Enum.Parse<MediaFormat>(format, ignoreCase: true)) with { Masks = Triangle }, footage, encoder);
        var file = _directory.File(Assert.Single(reports, report => report.Part is not null).Part!.Name);
        await Tool.DecodesAsync(file);
        var (source, result) = (await Pictures.OfFootageAsync(footage, Width, Height), await Pictures.OfAsync(file, Width, Height));
        Assert.Equal((50, 50), (source.Count, result.Count));
        var shape = new MaskShape(Width, Height, Triangle);
        for (var picture = 0; picture < result.Count; picture += 7)
            for (var y = 0; y < Height; y++)
                for (var x = 0; x < Width; x++)
                {
                    var expected = shape.Covers(x, y) ? (16, 128, 128) : (source.Luma(picture, x, y), source.Cb(picture, x, y), source.Cr(picture, x, y));
                    if (expected != (result.Luma(picture, x, y), result.Cb(picture, x, y), result.Cr(picture, x, y)))
                        Assert.Fail($"picture {picture} at {x}, {y}");
                }
        Assert.Equal("/dev/video5 (Encoder of a test)", Assert.Single(reports, report => report.Encoder is not null).Encoder);
        Assert.Equal((0, 0), (encoder.Maps, encoder.Opened));
    }

    [Theory]
    [InlineData("mp4")]
    [InlineData("mkv")]
    [InlineData("ts")]
    public async Task Every_picture_keeps_its_time_exactly(string format)
    {
        var footage = await UnevenAsync();
        var file = Made(Run(Job(Enum.Parse<MediaFormat>(format, ignoreCase: true)) with { Masks = Triangle }, footage, new FakeEncoder(Path, V4L2_PIX_FMT_NV12, 16)));
        await File.WriteAllBytesAsync(_directory.File("footage"), footage);
        var (before, after) = (await TimesAsync(_directory.File("footage")), await TimesAsync(file));
        Assert.Equal(30, before.Count);
        // Matroska counts milliseconds; the others have the footage's 90 kHz.
        Assert.Equal(before.Select(time => Math.Round(time, format == "mkv" ? 3 : 6)), after.Select(time => Math.Round(time, format == "mkv" ? 3 : 6)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Parameter_sets_stand_in_the_head_of_mp4_and_before_each_sync_sample_of_a_transport_stream(bool comeAlone, bool isTold)
    {
        FakeEncoder New() => new(Path, V4L2_PIX_FMT_NV12, isTold: isTold) { SetsAlone = comeAlone };
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 5, width: Width);
        var inHead = await Tool.TextAsync("ffmpeg", "-v", "error", "-i", Made(Run(Job() with { KeepOneOf = 2 }, footage, New())), "-c", "copy", "-bsf:v", "filter_units=pass_types=7-8", "-f", "framecrc", "-");
        Assert.DoesNotContain(inHead.Split('\n'), line => line.StartsWith("0,", StringComparison.Ordinal));
        var path = Made(Run(Job(MediaFormat.Ts) with { KeepOneOf = 2 }, footage, New()));
        await Tool.DecodesAsync(path);
        var kinds = NalKinds(await Tool.RunAsync("ffmpeg", "-v", "error", "-i", path, "-c", "copy", "-f", "h264", "-"));
        // A GOP has two seconds: 63 pictures at 12.5 are three of 25.
        Assert.Equal(3, kinds.Count(kind => kind == 5));
        Assert.Equal([7, 8, 5], kinds.Where(kind => kind is 7 or 8 or 5).Take(3));
        Assert.Equal([3, 3], new[] { 7, 8 }.Select(set => kinds.Count(kind => kind == set)));
    }

    [Fact]
    public async Task A_quality_is_a_bit_rate_and_a_gop_two_seconds()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 1, width: Width);
        List<long> rates = [];
        foreach (var quality in new[] { 1, 3, 6 })
        {
            var encoder = new FakeEncoder(Path, V4L2_PIX_FMT_NV12);
            Made(Run(Job() with { VideoQuality = quality }, footage, encoder));
            rates.Add(encoder.Set[V4L2_CID_MPEG_VIDEO_BITRATE]);
            Assert.Equal(50, encoder.Set[V4L2_CID_MPEG_VIDEO_GOP_SIZE]);
        }
        Assert.Equal([268_800, 153_600, 100_000], rates);   // 0.14 and 0.08 bits per pixel; the least there is
    }

    [Fact]
    public async Task Files_are_split_at_its_sync_samples()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, Codec.Aac, seconds: 6, width: Width);
        var parts = Run(Job() with { VideoQuality = 1, MaxFileBytes = 7_000_000 }, footage, new FakeEncoder(Path, V4L2_PIX_FMT_NV12)).Select(report => report.Part).OfType<MediaPart>().ToList();
        Assert.Equal([0, 2000, 4000], parts.Select(part => part.FromMs));
        foreach (var part in parts)
        {
            await Tool.DecodesAsync(_directory.File(part.Name));
            Assert.Equal(50, await Tool.FramesAsync(_directory.File(part.Name), "v:0"));
        }
    }

    [Fact]
    public async Task A_change_of_resolution_keeps_the_size_that_the_device_was_set_to()
    {
        using var feed = new Recording.Feed();
        var clips = await Task.WhenAll(new[] { 160, 320 }.Select(width => Clip.MakeAsync(Codec.H264, null, seconds: 1, width: width)));
        feed.Announce(clips[0].Tracks);
        for (var round = 0; round < 2; round++)
            foreach (var unit in clips[round].Units)
                feed.Add(unit, unit.Pts + round * 90_000, unit.SendUs + round * 1_000_000);
        feed.Close();
        var file = Made(Run(Job() with { Masks = [[[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]] }, feed.ToFile(), new FakeEncoder(Path, V4L2_PIX_FMT_NV12, 16)));
        var result = await Pictures.OfAsync(file, 160, 120);
        Assert.Equal(50, result.Count);
        for (var y = 32; y < 88; y++)
            for (var x = 42; x < 118; x++)
                Assert.Equal((16, 16), (result.Luma(10, x, y), result.Luma(40, x, y)));
    }

    [Theory]
    [InlineData(EncoderFault.Goes, "/dev/video5: No such device (errno 19)")]
    [InlineData(EncoderFault.LeavesOut, "/dev/video5 (Encoder of a test) left out a picture, or gave them in another order")]
    [InlineData(EncoderFault.Damages, "/dev/video5 (Encoder of a test) called a picture damaged")]
    [InlineData(EncoderFault.Hangs, "/dev/video5 (Encoder of a test) gave nothing for 1 s")]
    public async Task A_device_that_fails_in_the_middle_ends_the_job_and_says_why(object fault, string why)
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 2, width: Width);
        var encoder = new FakeEncoder(Path, V4L2_PIX_FMT_NV12) { Fault = (EncoderFault)fault, FaultAfter = 20 };
        var failed = Assert.Throws<JobException>(() => Run(Job() with { Masks = Triangle, Encoder = VideoEncoder.Auto }, footage, encoder));
        Assert.Equal(JobException.Encoder, failed.Error.Code);
        Assert.EndsWith(why, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Reports(), report => report.Part is not null);
        Assert.Equal((0, 0), (encoder.Maps, encoder.Opened));
    }

    [Fact]
    public async Task A_device_that_does_not_begin_is_passed_over_and_where_nobody_insists_x264_encodes()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264, seconds: 1, width: Width);
        FakeEncoder busy = new("/dev/video4", V4L2_PIX_FMT_NV12), good = new(Path, V4L2_PIX_FMT_NV12), strange = new(Path, V4L2_PIX_FMT_YUYV);
        busy.Fails[VIDIOC_REQBUFS] = EBUSY;
        Assert.Equal("/dev/video5 (Encoder of a test)", Run(Job() with { Masks = Triangle }, footage, busy, good).Single(report => report.Encoder is not null).Encoder);
        var reports = Run(Job() with { Masks = Triangle, Encoder = VideoEncoder.Auto }, footage, strange, busy);
        Assert.Equal("libx264", reports.Single(report => report.Encoder is not null).Encoder);
        Assert.Equal(new MediaWarning("encoder", "VIDIOC_REQBUFS /dev/video4: Device or resource busy (errno 16); encoded by libx264"), reports.Single(report => report.Warning is not null).Warning);
        Assert.Equal("/dev/video5 (Encoder of a test) takes none of YU12, NV12, NV21 at 320x240", Assert.Throws<JobException>(() => Run(Job() with { Masks = Triangle }, footage, strange)).Message);
        var absent = new FakeEncoder(Path, V4L2_PIX_FMT_NV12) { IsGone = true };
        Assert.Equal("open /dev/video5: No such device (errno 19)", Assert.Throws<JobException>(() => Run(Job() with { Masks = Triangle }, footage, absent)).Message);
        Assert.Equal("this box has no V4L2 encoder of H.264", Assert.Throws<JobException>(() => Run(Job() with { Masks = Triangle }, footage)).Message);
        Assert.All(new[] { busy, good, strange, absent }, encoder => Assert.Equal((0, 0), (encoder.Maps, encoder.Opened)));
    }

    [Fact]
    public async Task Nothing_is_asked_of_a_device_inside_that_the_sandbox_does_not_let_through()
    {
        var encoder = new FakeEncoder(Path, V4L2_PIX_FMT_NV12, 16);
        Made(Run(Job() with { VideoQuality = 3 }, await WorkerProcess.FootageAsync(Codec.H264, seconds: 1, width: Width), encoder));
        Assert.Equal(encoder.Asked.Order(), Platform.V4l2.VideoEncoder.Calls.Append(VIDIOC_QUERYCAP).Order());      // QUERYCAP: when it is opened
    }

    private string Made(List<MediaReport> reports) => _directory.File(Assert.Single(reports, report => report.Part is not null).Part!.Name);

    /// <summary>As the worker does it, without the sandbox: there is no process that the scripted kernel could be in.</summary>
    private List<MediaReport> Run(MediaJob job, byte[] footage, params FakeEncoder[] encoders)
    {
        _said.SetLength(0);
        using var devices = new EncoderDevices([.. encoders.Select(encoder => encoder.Path)], path => encoders.First(encoder => encoder.Path == path).Open()) { Patience = TimeSpan.FromSeconds(1) };
        using var demuxer = Demuxer.Open(new MemoryStream(footage), "mp4");
        Reencode.Run(job with { FootageBytes = footage.Length }, demuxer, new JobReports(_said), devices);
        return Reports();
    }

    private List<MediaReport> Reports()
        => [.. System.Text.Encoding.UTF8.GetString(_said.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, MediaJobJson.Default.MediaReport)!)];

    /// <summary>Pictures at times that no rate explains.</summary>
    private static async Task<byte[]> UnevenAsync()
    {
        var clip = await Clip.MakeAsync(Codec.H264, null, seconds: 1.2, width: Width);
        using var feed = new Recording.Feed();
        feed.Announce(clip.Tracks);
        foreach (var (i, unit) in clip.Units.Index())
            feed.Add(unit, i * 3600L + i * 7 % 5 * 311, unit.SendUs);
        feed.Close();
        return feed.ToFile();
    }

    private static async Task<List<double>> TimesAsync(string path)
    {
        var text = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path);
        var times = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line.Trim(','), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        return [.. times.Select(time => time - times[0])];
    }

    private static List<int> NalKinds(byte[] annexB)
    {
        List<int> kinds = [];
        foreach (var nal in EdgeRecorder.H26x.AnnexB.Split(annexB))
            kinds.Add(nal[0] & 31);
        return kinds;
    }
}
