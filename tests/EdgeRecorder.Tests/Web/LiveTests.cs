using System.Diagnostics;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Live pictures in a browser: they move, they are new, and they come back.</summary>
[Collection(Pages.Name)]
public sealed class LiveTests(PageRig rig)
{
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestStandstill = TimeSpan.FromSeconds(1);
    private const double FramesPerSecond = 25;

    [Fact]
    public async Task The_wall_shows_what_can_be_shown_and_says_what_cannot()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.alaw");
        await using var other = await CameraProcess.StartAsync("small.h265");
        setup.With("gate", camera.Url("/gate"), ("name", "Main gate")).With("hall", other.Url("/hall"), ("name", "Hall")).With("ramp", "rtsp://127.0.0.1:9/ramp", ("name", "Ramp"));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await daemon.AwaitFootageAsync("hall", TimeSpan.FromSeconds(1));
        await using var page = await rig.OpenAsync(daemon);

        // G.711, which browsers do not play, does not keep its video from them.
        await page.PlayingAsync(PageDriver.Tile("gate"));
        Assert.Contains("H.265", await page.Page.Locator($"{PageDriver.Tile("hall")} .notice").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Recording", await page.Page.Locator($"{PageDriver.Tile("hall")} .caption").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("camera refuses the connection", await page.Page.Locator($"{PageDriver.Tile("ramp")} .notice").InnerTextAsync(), StringComparison.Ordinal);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Live_over_a_WebSocket_is_live()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.PlayingAsync();
        Assert.Equal("websocket", await page.PictureAsync("transport"));
        await WatchAsync(page, camera, latency: 2);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Where_WebSockets_do_not_get_through_live_comes_over_HLS()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.alaw");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
        await using var page = await rig.OpenAsync(daemon, webSockets: false);
        await page.OpenChannelAsync("gate");
        await page.PlayingAsync();
        Assert.Equal("hls", await page.PictureAsync("transport"));
        await WatchAsync(page, camera, latency: 3);         // low-latency HLS; without parts it would be 6
        page.AssertNoFaults();
    }

    [Fact]
    public async Task The_first_picture_is_there_within_a_second()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
        await using var page = await rig.OpenAsync(daemon);
        await page.PlayingAsync(PageDriver.Tile("gate"));
        var took = await page.Page.EvaluateAsync<double>("""
            async () => {
                const begin = performance.now();
                document.querySelector('.tile a').click();
                for (;;) {
                    const video = document.querySelector('.stage video');
                    if (video && video.getVideoPlaybackQuality().totalVideoFrames > 0)
                        return performance.now() - begin;
                    await new Promise(requestAnimationFrame);
                }
            }
            """);
        Assert.True(took <= 1000, $"the first picture took {took:0} ms");
        page.AssertNoFaults();
    }

    [Fact]
    public async Task A_camera_that_changes_its_resolution_plays_on()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--alternate", BurntInCounter.LargeClip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        var before = await page.PlayingAsync();
        await camera.CommandAsync("params");
        var after = await page.WaitAsync(() => page.VideoAsync(), v => v.Width != before.Width && v.Counter >= 0, "the other resolution");
        await page.WaitAsync(() => page.VideoAsync(), v => v.CurrentTime > after.CurrentTime + 2, "pictures after the change");
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Live_comes_back_by_itself_after_a_restart_of_the_recorder()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        try
        {
            await using var page = await rig.OpenAsync(daemon);
            await page.OpenChannelAsync("gate");
            await page.PlayingAsync();
            Assert.Equal(0, await daemon.StopAsync());
            await page.WaitAsync(() => page.PictureAsync("phase"), phase => phase == "reconnecting", "the page to notice");
            await daemon.DisposeAsync();
            daemon = await DaemonProcess.StartAsync(setup);
            await page.WaitAsync(() => page.PictureAsync("phase"), phase => phase == "playing", "the picture");
            page.ForgetFaults();                            // refused connections, of course
            var back = await page.PlayingAsync();
            await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.CurrentTime > back.CurrentTime, "moving pictures");
            page.AssertNoFaults();
        }
        finally
        {
            await daemon.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_page_that_nobody_sees_lets_go_of_its_streams()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("record", false)));
        await using var page = await rig.OpenAsync(daemon);
        await page.PlayingAsync(PageDriver.Tile("gate"));
        Assert.Equal("live", (await daemon.StateAsync("gate")).State);

        // Headless browsers hide nothing; the page is told as it would be.
        const string Hide = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }";
        await page.Page.EvaluateAsync(Hide, true);
        await daemon.AwaitStateAsync("gate", "idle");
        await page.Page.EvaluateAsync(Hide, false);
        await page.PlayingAsync(PageDriver.Tile("gate"));
        page.AssertNoFaults();
    }

    /// <summary>For 20 s: time goes on, the pictures are shown, their numbers rise, and they are as new as they say.</summary>
    private static async Task WatchAsync(PageDriver page, CameraProcess camera, double latency)
    {
        // The first seconds are for finding the edge.
        await page.WaitAsync(() => page.LatencyAsync(), l => l > 0 && l <= latency, $"a latency of {latency} s");
        var client = (await camera.StatsAsync()).Clients.Single(c => c.State == "Playing");
        var clock = Stopwatch.StartNew();
        var (first, last) = (await page.VideoAsync(), await page.VideoAsync());
        var (worst, moved) = (0.0, TimeSpan.Zero);
        var ages = new List<double>();
        while (clock.Elapsed < Watched)
        {
            await Task.Delay(250);
            var (before, seen, after) = (DateTimeOffset.UtcNow, await page.VideoAsync(), DateTimeOffset.UtcNow);
            Assert.True(seen.Counter >= 0, "a picture without its number");
            if (seen.Counter != last.Counter)
                moved = clock.Elapsed;
            Assert.True(clock.Elapsed - moved < LongestStandstill, $"the picture {seen.Counter} stood still");
            var sent = client.PictureAt(before + (after - before) / 2);
            ages.Add((sent - seen.Counter + BurntInCounter.Count) % BurntInCounter.Count / FramesPerSecond);
            worst = Math.Max(worst, await page.LatencyAsync());
            last = seen;
        }
        var elapsed = clock.Elapsed.TotalSeconds;
        Assert.True(last.CurrentTime - first.CurrentTime >= 0.9 * elapsed, $"{last.CurrentTime - first.CurrentTime:0.0} s of pictures in {elapsed:0.0} s");
        Assert.True(last.Shown - first.Shown >= 0.9 * FramesPerSecond * elapsed, $"{last.Shown - first.Shown} pictures shown in {elapsed:0.0} s, {last.Dropped - first.Dropped} dropped");
        Assert.True(worst <= latency, $"the page tells of {worst:0.00} s");
        Assert.True(ages.Max() <= latency + 0.3, $"the numbers tell of {ages.Max():0.00} s");      // their way into the recorder and the time of a look come on top
    }
}
