using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>From the first sync sample to the stop every access unit that the camera sent is in footage.mp4, once, in order.</summary>
[Collection(ThirdDaemon.Name)]
public sealed class FrameExactTests(ITestOutputHelper output)
{
    /// <summary>Pictures that lay in the socket below the low-water mark, 200 ms of them, when the recorder was told to stop; and those sent meanwhile.</summary>
    private const int AtTheEnd = 12;

    [Theory]
    [InlineData("720p-4m.h264", "20s.aac", 20, 8)]
    [InlineData("360p.h265", "20s.alaw", 40, 16)]
    [InlineData("large-gop.h264", "20s.alaw", 20, 4)]       // GOPs of 10 s and 2.5 MB: seams of 1 MiB segments in the middle of each
    public async Task Footage_is_what_the_camera_sent_across_segment_seams(string video, string audio, int speed, int rounds)
    {
        rounds = Scale.Of(rounds, rounds * 10);
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = Scale.Of("128MiB", "2400MiB") };
        await using var camera = await CameraProcess.StartAsync(video, "--audio", audio, "--speed", $"{speed}", "--loops", $"{rounds}", "--at-end", "bye");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        var clip = await SourceClip.OpenAsync(video);

        await camera.WaitAsync(s => s.Clients is [{ Video: > 0 }]);
        await camera.CommandAsync("refuse 3600");           // once is enough
        var sent = await camera.WaitAsync(s => s.Clients is [{ State: not "Playing" }], TimeSpan.FromSeconds(60 + rounds * 20.0 / speed * 4));
        var file = directory.File("footage.mp4");
        var stretches = await daemon.WaitAsync(async () => await daemon.DownloadAsync("gate", file) ? await clip.StretchesAsync(file) : [],
            found => found.Sum(s => s.Count) >= sent.Clients[0].Video, "the last picture", Scale.Of(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5)));

        output.WriteLine($"{sent.Clients[0].Video} pictures, {setup.Segments().Length} segments");
        Assert.Equal([(0, (int)sent.Clients[0].Video)], stretches);
        Assert.Equal(rounds * clip.Count, sent.Clients[0].Video);
        var frames = await SourceAudio.CountStretchAsync(file, audio);
        Assert.InRange(frames, sent.Clients[0].Audio - 2, sent.Clients[0].Audio);
        await PictureTimes.FollowEachOtherAsync(file);
        await Tool.DecodesAsync(file);
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    [Theory]
    [InlineData("small.h264", "10s.aac")]
    [InlineData("small.h265", "10s.ulaw")]
    public async Task Footage_is_what_the_camera_sent_across_reconnects(string video, string audio)
    {
        const int Sessions = 3;
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync(video, "--audio", audio);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        var clip = await SourceClip.OpenAsync(video);

        for (var session = 1; session <= Sessions; session++)
        {
            await camera.WaitAsync(s => s.Clients.Count == session && s.Clients[^1].Video > 60);
            if (session < Sessions)
                await camera.CommandAsync("disconnect");
        }
        await daemon.RecordAsync("gate", false);
        var sent = (await camera.StatsAsync()).Clients;
        var file = directory.File("footage.mp4");
        var stretches = await daemon.WaitAsync(async () => await daemon.DownloadAsync("gate", file) ? await clip.StretchesAsync(file) : [],
            found => found.Count == Sessions && found[^1].Count >= sent[^1].Video - AtTheEnd, "the last session");
        var timeline = await daemon.TimelineAsync("gate");

        Assert.Equal(sent.Take(Sessions - 1).Select(c => (0, (int)c.Video)), stretches.Take(Sessions - 1));
        Assert.Equal(0, stretches[^1].First);
        Assert.Equal(["reconnect", "reconnect", "not-recording"], timeline.Gaps.Select(g => g.Reason));
        Assert.Equal(Sessions, timeline.Spans.Count);
        for (var i = 1; i < Sessions; i++)                  // each gap from span to span
        {
            Assert.Equal(timeline.Spans[i - 1].To, timeline.Gaps[i - 1].From);
            Assert.Equal(timeline.Spans[i].From, timeline.Gaps[i - 1].To);
        }
        await PictureTimes.FollowEachOtherAsync(file, stretches.Select(s => s.Count));
        await Tool.DecodesAsync(file);
        await Tool.DecodesInGStreamerAsync(file, video: true, audio: true);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_long_GOP_crosses_no_seam_and_an_outage_is_dated_right()
    {
        var outage = Scale.Of(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("long-gop.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        var clip = await SourceClip.OpenAsync("long-gop.h264");
        await camera.WaitAsync(s => s.Clients is [{ Video: > 300 }]);

        await camera.CommandAsync(FormattableString.Invariant($"refuse {outage.TotalSeconds}"));
        await camera.CommandAsync("disconnect");
        var lost = DateTimeOffset.UtcNow;
        var sent = (await camera.StatsAsync()).Clients[0];
        var again = await camera.WaitAsync(s => s.Clients.Count > 1 && s.Clients[1].Video > 25, outage + TimeSpan.FromSeconds(20));
        var back = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(again.Clients[1].Video / 25.0);
        await camera.WaitAsync(s => s.Clients[1].Video > 300);
        await daemon.RecordAsync("gate", false);
        var file = directory.File("footage.mp4");
        var stretches = await daemon.WaitAsync(async () => await daemon.DownloadAsync("gate", file) ? await clip.StretchesAsync(file) : [],
            found => found.Count == 2 && found[^1].Count >= 290, "the second session");
        var timeline = await daemon.TimelineAsync("gate");

        Assert.Equal((0, (int)sent.Video), stretches[0]);
        Assert.Equal(2, timeline.Spans.Count);
        Near(lost, timeline.Spans[0].To);
        Near(back, timeline.Spans[1].From);
        Assert.Contains(timeline.Gaps, g => g.Reason == "offline" && g.To - g.From > outage / 2);
        // The gaps fill the hole between the spans, none of it twice.
        var hole = timeline.Gaps.Where(g => g.Reason != "not-recording").ToList();
        Near(timeline.Spans[0].To, hole[0].From);
        Near(timeline.Spans[1].From, hole[^1].To!.Value);
        for (var i = 1; i < hole.Count; i++)
            Assert.Equal(hole[i - 1].To, hole[i].From);
        await PictureTimes.FollowEachOtherAsync(file);
        await Tool.DecodesAsync(file);

        static void Near(DateTimeOffset expected, DateTimeOffset actual) => Assert.InRange((actual - expected).TotalSeconds, -0.5, 0.5);
    }
}
