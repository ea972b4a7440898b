using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Rtsp;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Every codec with every sound: each segment and each download decodes in ffmpeg and GStreamer, as it lies.</summary>
[Collection(FirstDaemon.Name)]
public sealed class CodecMatrixTests
{
    [Fact]
    public async Task Every_segment_and_download_decodes_without_error()
    {
        string[] videos = ["small.h264", "small.h265", "b-frames.h264", "b-frames.h265", "slices.h264"];
        string[] sounds = ["", "10s.aac", "10s.alaw", "10s.ulaw"];
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = "256MiB" };
        var cameras = new List<CameraProcess>();
        try
        {
            var channels = new List<(string Key, bool Audio)>();
            foreach (var video in videos)
                foreach (var sound in video.StartsWith("small", StringComparison.Ordinal) ? sounds : ["10s.aac"])
                {
                    cameras.Add(await CameraProcess.StartAsync(video, sound.Length > 0 ? ["--audio", sound] : []));
                    channels.Add(($"{video}-{sound}".Replace('.', '_'), sound.Length > 0));
                    setup.With(channels[^1].Key, cameras[^1].Url());
                }
            await using var daemon = await DaemonProcess.StartAsync(setup);
            foreach (var (key, _) in channels)
                await daemon.AwaitFootageAsync(key, TimeSpan.FromSeconds(4));

            foreach (var (key, audio) in channels)
            {
                var file = directory.File($"{key}.mp4");
                Assert.True(await daemon.DownloadAsync(key, file), key);
                await Tool.DecodesAsync(file);
                await Tool.DecodesInGStreamerAsync(file, video: true, audio);
                Assert.Empty((await daemon.TimelineAsync(key)).Gaps);
            }
            foreach (var segment in setup.Segments())
            {
                await Tool.DecodesAsync(segment);
                var hasAudio = (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_type", "-of", "csv=p=0", segment)).Length > 0;
                await Tool.DecodesInGStreamerAsync(segment, video: true, hasAudio);
            }
            Assert.InRange(setup.Segments().Length, channels.Count, int.MaxValue);
            Assert.Empty(daemon.Errors);
        }
        finally
        {
            foreach (var camera in cameras)
                await camera.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("h264", "aac")]
    [InlineData("h265", "alaw")]
    public async Task GStreamer_as_a_camera_is_recorded(string video, string audio)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await GStreamerCamera.StartAsync(video, audio);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url));

        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(6));

        var file = directory.File("footage.mp4");
        Assert.True(await daemon.DownloadAsync("gate", file));
        await Tool.DecodesAsync(file);
        await Tool.DecodesInGStreamerAsync(file, video: true, audio: true);
        var frames = await Tool.FramesAsync(file, "v:0");
        Assert.InRange(frames, 5 * 25, 20 * 25);
        var timeline = await daemon.TimelineAsync("gate");
        Assert.Single(timeline.Spans);
        Assert.Empty(timeline.Gaps);
        Assert.Empty(daemon.Errors);
    }
}
