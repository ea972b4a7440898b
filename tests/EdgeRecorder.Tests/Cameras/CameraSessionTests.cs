using EdgeRecorder.Cameras;
using EdgeRecorder.Configuration;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.MediaWorker;
using EdgeRecorder.Tests.Rtsp;
using Microsoft.Extensions.Logging.Abstractions;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Tests.Cameras;

/// <summary>Local cameras from device to access units, against devices that answer from a script; real kernels are asked in the virtual machine.</summary>
public sealed class CameraSessionTests : IDisposable
{
    private const string Path = "/dev/video0", EncoderPath = "/dev/video5";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CollectingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();
    private EncodingWish _wish = EncodingWish.None;
    private CameraSession? _session;

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task Without_an_encoder_pictures_are_encoded_in_software_and_the_state_says_so()
    {
        var camera = new FakeCamera(Path, V4L2_PIX_FMT_YUYV);
        var running = Run("width=320&height=180&gop=5&bitrate=4M", camera);
        await DeliveredAsync(running, sink => sink.Units.Count >= 12);
        await StopAsync(running);
        var track = Assert.Single(Assert.Single(_sink.Announcements));
        Assert.Equal((Codec.H264, 320, 180, 25.0), (track.Codec, track.Width, track.Height, track.FrameRate));
        Assert.Equal("no V4L2 encoder of H.264 or H.265 in this box: encoded by libx264, on the processor", _session!.Remark);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => i % 5 == 0), _sink.Video.Take(12).Select(unit => unit.IsSync));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => i * 3600L), _sink.Video.Take(12).Select(unit => unit.Pts));
        Assert.All(_sink.Video, unit => Assert.Equal(unit.IsSync, unit.NalUnits.Any(nal => (nal[0] & 31) == 7)));
        await ShowsAsync(320, 180, tolerance: 6);
        Assert.Equal((0, 0), (camera.Maps, camera.Opened));
    }

    [Theory]
    [InlineData(V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_NV12)]
    [InlineData(V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_NV12)]
    [InlineData(V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_YUV420)]
    public async Task An_encoder_of_the_kernel_gets_the_cameras_pictures_to_the_last_bit(uint from, uint to)
    {
        var (camera, encoder) = (new FakeCamera(Path, from), new FakeEncoder(EncoderPath, to, rounds: 16));
        var running = Run("width=320&height=180&gop=4&bitrate=2M", camera, encoder);
        await DeliveredAsync(running, sink => sink.Units.Count >= 10);
        await StopAsync(running);
        Assert.Equal("", _session!.Remark);
        Assert.Equal((2_000_000, 4, 0), (encoder.Set[V4L2_CID_MPEG_VIDEO_BITRATE], encoder.Set[V4L2_CID_MPEG_VIDEO_GOP_SIZE], encoder.Maps + camera.Maps));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i % 4 == 0), _sink.Video.Take(10).Select(unit => unit.IsSync));
        await ShowsAsync(320, 180, tolerance: 0);
    }

    [Fact]
    public async Task Pictures_are_shared_where_both_lay_them_out_alike()
    {
        var (camera, encoder) = (new FakeCamera(Path, V4L2_PIX_FMT_NV12), new FakeEncoder(EncoderPath, V4L2_PIX_FMT_NV12));
        encoder.Shared = camera.Memory;
        var running = Run("width=320&height=176&gop=4", camera, encoder);
        await DeliveredAsync(running, sink => sink.Units.Count >= 10);
        Assert.True(encoder.SharedWasUsed);
        await StopAsync(running);
        await ShowsAsync(320, 176, tolerance: 0);
        Assert.Equal((0, 0), (camera.Maps, encoder.Maps));
    }

    [Fact]
    public async Task Memory_that_the_encoder_cannot_reach_is_copied_from_then_on()
    {
        var (camera, encoder) = (new FakeCamera(Path, V4L2_PIX_FMT_NV12), new FakeEncoder(EncoderPath, V4L2_PIX_FMT_NV12) { RefusesShared = true });
        encoder.Shared = camera.Memory;
        var running = Run("width=320&height=176&gop=4", camera, encoder);
        await DeliveredAsync(running, sink => sink.Units.Count >= 4);
        await StopAsync(running);
        Assert.False(encoder.SharedWasUsed);
        await ShowsAsync(320, 176, tolerance: 0, first: 1);           // with picture 0 it was found out
        Assert.Equal((0, 0), (camera.Maps, encoder.Maps));
    }

    [Fact]
    public async Task A_camera_that_encodes_itself_is_taken_as_it_is_and_a_hole_lasts_to_the_next_sync_sample()
    {
        var h264 = new IpcmH264(64, 48);
        var picture = FakeCamera.Gradient(V4L2_PIX_FMT_YUV420, 64, 48, 0);
        var camera = new FakeCamera(Path, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_H264) { Shows = number => h264.Encode(picture, number % 5 == 0) };
        camera.Drops.Add(6);
        var running = Run("", camera);
        await DeliveredAsync(running, sink => sink.Units.Count >= 9);
        await StopAsync(running);
        // 0…5 and 10…: 6 was dropped, 7 to 9 refer to it.
        Assert.Equal([0, 1, 2, 3, 4, 5, 10, 11, 12], _sink.Video.Take(9).Select(unit => (int)(unit.Pts / 3600)));
        Assert.Equal([6], _sink.Video.Take(9).Index().Where(unit => unit.Item.LossBefore).Select(unit => unit.Index));
        Assert.Equal(4, _sink.LostUnits);
        Assert.Equal("", _session!.Remark);
    }

    [Fact]
    public async Task Raw_pictures_that_the_driver_drops_or_marks_are_counted_and_leave_no_hole()
    {
        var camera = new FakeCamera(Path, V4L2_PIX_FMT_YUV420);
        camera.Drops.UnionWith([3, 4]);
        camera.Damages.Add(8);
        var running = Run("width=320&height=180", camera);
        await DeliveredAsync(running, sink => sink.Units.Count >= 9);
        await StopAsync(running);
        Assert.Equal([0, 1, 2, 5, 6, 7, 9, 10, 11], _sink.Video.Take(9).Select(unit => (int)(unit.Pts / 3600)));
        Assert.DoesNotContain(_sink.Video, unit => unit.LossBefore);
        Assert.Equal(3, _sink.LostUnits);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_camera_that_is_unplugged_ends_the_session_and_leaves_no_memory_behind(bool withEncoder)
    {
        var (camera, encoder) = (new FakeCamera(Path, V4L2_PIX_FMT_NV12), withEncoder ? new FakeEncoder(EncoderPath, V4L2_PIX_FMT_NV12) : null);
        var running = Run("width=320&height=180", camera, encoder);
        await DeliveredAsync(running, sink => sink.Units.Count >= 3);
        camera.IsGone = true;
        var why = await Assert.ThrowsAsync<SourceException>(() => running.WaitAsync(Patience));
        Assert.Equal((GapReason.Offline, "/dev/video0 was unplugged or its driver unloaded"), (why.Reason, why.Message));
        Assert.Equal((0, 0), (camera.Maps, camera.Opened));
        Assert.Equal(0, encoder?.Maps ?? 0);
        why = await Assert.ThrowsAsync<SourceException>(() => Run("", camera));
        Assert.Equal("/dev/video0 is not there", why.Message);
    }

    [Fact]
    public async Task Settings_of_the_box_reach_a_running_camera_and_begin_with_a_sync_sample()
    {
        var camera = new FakeCamera(Path, V4L2_PIX_FMT_YUV420);
        var running = Run("width=320&height=180&fps=25", camera);
        await DeliveredAsync(running, sink => sink.Units.Count >= 3);
        _wish = new EncodingWish(160, 96, 10, 300_000, CameraCodec.H265);
        await DeliveredAsync(running, sink => sink.Units.Count(unit => unit.Track.Width == 160) >= 3);
        await StopAsync(running);
        var first = _sink.Video.First(unit => unit.Track.Width == 160);
        // H.265 is preferred only: nothing here makes it.
        Assert.Equal((true, 96, Codec.H264, 10.0), (first.IsSync, first.Track.Height, first.Track.Codec, first.Track.FrameRate));
        Assert.Equal(10u, camera.Rate);
        Assert.True(_sink.Video.Zip(_sink.Video.Skip(1)).All(pair => pair.First.Pts < pair.Second.Pts));
    }

    [Fact]
    public async Task An_encoder_that_is_in_use_is_passed_over_and_named()
    {
        var (camera, encoder) = (new FakeCamera(Path, V4L2_PIX_FMT_NV12), new FakeEncoder(EncoderPath, V4L2_PIX_FMT_NV12));
        encoder.Fails[VIDIOC_STREAMON] = EBUSY;
        var running = Run("width=320&height=180", camera, encoder);
        await DeliveredAsync(running, sink => sink.Units.Count >= 2);
        await StopAsync(running);
        Assert.StartsWith("VIDIOC_STREAMON /dev/video5: Device or resource busy (errno 16): encoded by libx264", _session!.Remark, StringComparison.Ordinal);
        Assert.Equal((0, 0), (encoder.Maps, camera.Maps));
    }

    [Fact]
    public async Task What_cannot_be_recorded_says_why()
    {
        Assert.Equal("/dev/video0 (Camera of a test) delivers MJPG, of which this version records none", await RefusalAsync("", new FakeCamera(Path, V4L2_PIX_FMT_MJPEG)));
        Assert.Equal("/dev/video0 (Camera of a test) has no input 3", await RefusalAsync("input=3", new FakeCamera(Path, V4L2_PIX_FMT_YUYV)));
        Assert.StartsWith("no V4L2 encoder of H.265 in this box", await RefusalAsync("codec=h265", new FakeCamera(Path, V4L2_PIX_FMT_YUYV)), StringComparison.Ordinal);
        var busy = new FakeCamera(Path, V4L2_PIX_FMT_YUYV);
        busy.Fails[VIDIOC_REQBUFS] = EBUSY;
        Assert.Equal("/dev/video0 is in use by another program", await RefusalAsync("", busy));
        var closed = new FakeCamera(Path, V4L2_PIX_FMT_YUYV);
        closed.Fails[0] = EACCES;
        Assert.Equal("/dev/video0 may not be opened: the recorder's user must be in the group video", await RefusalAsync("", closed));
        var noCamera = new FakeEncoder(Path, V4L2_PIX_FMT_NV12);
        Assert.Equal("/dev/video0 (Encoder of a test, fake) is no camera", (await Assert.ThrowsAsync<SourceException>(() => Run("", noCamera))).Message);
        Assert.Equal(0, noCamera.Opened);
    }

    [Fact]
    public async Task A_camera_that_falls_silent_is_given_up()
    {
        var time = new SteppingTime();
        var camera = new FakeCamera(Path, V4L2_PIX_FMT_YUV420) { Ends = 2 };
        var running = Run("width=320&height=180", camera, time: time);
        await DeliveredAsync(running, sink => sink.Units.Count >= 2);
        time.Step = TimeSpan.FromSeconds(11);
        var why = await Assert.ThrowsAsync<SourceException>(() => running.WaitAsync(Patience));
        Assert.Equal((GapReason.Stalled, "no picture for 10 s"), (why.Reason, why.Message));
    }

    [Fact]
    public void A_probe_says_what_would_be_recorded_and_by_what()
    {
        var (camera, encoder) = (new FakeCamera(Path, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_MJPEG), new FakeEncoder(EncoderPath, V4L2_PIX_FMT_NV12));
        var offer = new CameraProbe(Devices(camera, encoder)).Ask(CameraAddress.Read($"v4l2://{Path}?width=640&height=480&fps=30", out _)!);
        Assert.Equal(("Camera of a test", EncoderPath, Codec.H264, 640, 480, 30.0), (offer.Card, offer.Encoder, offer.Track.Codec, offer.Track.Width, offer.Track.Height, offer.Track.FrameRate));
        Assert.Equal(["MJPG"], offer.Unused);
        Assert.Equal("libx264, on the processor", new CameraProbe(Devices(camera)).Ask(CameraAddress.Read($"v4l2://{Path}", out _)!).Encoder);
        Assert.Equal(0, camera.Opened);
    }

    private Task Run(string settings, FakeVideoNode camera, FakeEncoder? encoder = null, CancellationToken? stop = null, TimeProvider? time = null)
    {
        _session = new CameraSession(CameraAddress.Read($"v4l2://{Path}?{settings}", out _)!, Devices(camera, encoder), () => _wish, new RunningClock(), time ?? TimeProvider.System, NullLogger.Instance);
        return _session.RunAsync(_sink, stop ?? _stop.Token);
    }

    private static VideoDevices Devices(FakeVideoNode camera, FakeEncoder? encoder = null)
        => new(path => path == Path ? camera.Open() : encoder!.Open(), () => encoder is null ? [Path] : [Path, EncoderPath]);

    /// <summary>Or the session has ended, and says why.</summary>
    private async Task DeliveredAsync(Task running, Func<CollectingSink, bool> enough)
    {
        var delivered = _sink.WaitAsync(enough);
        if (await Task.WhenAny(running, delivered) == running && !delivered.IsCompleted)
            await running;
        await delivered;
    }

    private async Task StopAsync(Task running)
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
    }

    private async Task<string> RefusalAsync(string settings, FakeCamera camera)
    {
        var why = await Assert.ThrowsAsync<SourceException>(() => Run(settings, camera).WaitAsync(Patience));
        Assert.Equal((GapReason.Offline, 0, 0), (why.Reason, camera.Opened, camera.Maps));
        return why.Message;
    }

    /// <summary>ffmpeg decodes what was delivered, and sees the camera's pictures: their number is in their times.</summary>
    private async Task ShowsAsync(int width, int height, int tolerance, int first = 0)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("all.h264"), _sink.AnnexB());
        var pictures = await Pictures.OfAsync(directory.File("all.h264"), width, height);
        Assert.Equal(_sink.Video.Count, pictures.Count);
        var begin = _sink.Video[0].Pts;
        for (var i = 0; i < pictures.Count; i++)
            for (var x = 8; x < width; x += 37)
                // Beside the edge from bright to dark, which coding softens.
                if (FakeCamera.Luma(x - 4, width, Number(i)) < FakeCamera.Luma(x + 4, width, Number(i)) || tolerance == 0)
                    Assert.InRange(pictures.Luma(i, x, height / 2), FakeCamera.Luma(x, width, Number(i)) - tolerance, FakeCamera.Luma(x, width, Number(i)) + tolerance);
        Assert.InRange(pictures.Cb(0, width / 2, height / 2), 128 - tolerance, 128 + tolerance);

        int Number(int i) => first + (int)((_sink.Video[i].Pts - begin) / 3600);
    }

    /// <summary>A clock that can be put forward.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        public TimeSpan Step { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Step.TotalSeconds * TimestampFrequency);
    }
}
