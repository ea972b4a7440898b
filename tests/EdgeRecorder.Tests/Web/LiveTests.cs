using System.Diagnostics;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Live pictures in a browser: they move, they are new, and they come back.</summary>
[Collection(TimedPages.Name)]
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

        // The wall has no sound, whatever the camera sends.
        await page.PlayingAsync(PageDriver.Tile("gate"));
        await page.Page.WaitForSelectorAsync($"{PageDriver.Tile("hall")} .notice:has-text('H.265')");
        Assert.Contains("Recording", await page.Page.Locator($"{PageDriver.Tile("hall")} .caption").InnerTextAsync(), StringComparison.Ordinal);
        await page.Page.WaitForSelectorAsync($"{PageDriver.Tile("ramp")} .notice:has-text('camera refuses the connection')");
        page.AssertNoFaults();
    }

    [Fact]
    public async Task A_camera_with_H265_is_shown_in_stills_that_change()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.H265Clip);
        await using var idle = await CameraProcess.StartAsync("small.h265");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("name", "Main gate")).With("hall", idle.Url("/hall"), ("record", false)));
        await using var page = await rig.OpenAsync(daemon);             // before anything is recorded
        await RisesAsync(PageDriver.Tile("gate"));
        await page.Page.WaitForSelectorAsync($"{PageDriver.Tile("gate")} .notice.beside:has-text('H.265')");
        Assert.Equal(0, await page.Page.Locator($"{PageDriver.Tile("hall")} canvas").CountAsync());     // what is not recorded is not asked for

        await page.OpenChannelAsync("gate");
        await RisesAsync(".stage");
        Assert.Equal("unsupported", await page.PictureAsync("phase"));
        page.AssertNoFaults();

        async Task RisesAsync(string place)
        {
            await page.Page.WaitForSelectorAsync($"{place} canvas.still.shown");
            var last = await page.WaitAsync(() => page.StillAsync(place), still => still is { Counter: >= 0, Width: 640 }, "a still");
            for (var i = 0; i < 3; i++)
                last = await page.WaitAsync(() => page.StillAsync(place), still => still.Counter >= 0 && still.Counter != last.Counter, "another still");
        }
    }

    [Theory]
    [InlineData("websocket", "10s.alaw")]
    [InlineData("hls", "10s.ulaw")]
    public async Task A_camera_with_G711_has_sound_live_and_recorded(string transport, string audio)
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", audio);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        var timeline = await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));
        await using var page = await rig.OpenAsync(daemon, webSockets: transport == "websocket");
        await page.OpenChannelAsync("gate");
        await page.PlayingAsync();
        await SoundsAsync();
        await page.ClickTimelineAsync(timeline.Spans[0].From.AddSeconds(1));
        await page.Page.WaitForSelectorAsync("[data-phase=recorded] video");
        await page.PlayingAsync();
        await SoundsAsync();
        page.AssertNoFaults();

        async Task SoundsAsync()
        {
            var first = await page.WaitAsync(() => page.SoundBytesAsync(), bytes => bytes > 0, "sound");
            var at = await page.VideoAsync();
            await page.WaitAsync(() => page.SoundBytesAsync(), bytes => bytes > first, "more sound");
            await page.WaitAsync(() => page.VideoAsync(), v => v.CurrentTime > at.CurrentTime + 1, "moving pictures beside it");
        }
    }

    [Theory]
    [InlineData("websocket", "10s.aac", ".stage", 2)]
    [InlineData("hls", "10s.alaw", ".stage", 3)]            // where WebSockets do not get through; the page of one camera asks for parts
    [InlineData("hls", "10s.aac", ".tile[data-channel=gate]", 6)]       // and the wall does not
    public async Task Live_is_live(string transport, string audio, string place, double latency)
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", audio);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
        await using var page = await rig.OpenAsync(daemon, webSockets: transport == "websocket");
        if (place == ".stage")
            await page.OpenChannelAsync("gate");
        await page.PlayingAsync(place);
        Assert.Equal(transport, await page.PictureAsync("transport", place));
        await WatchAsync(page, camera, place, latency);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task The_wall_shows_the_small_stream_and_the_page_of_the_camera_the_large_one()
    {
        using var setup = rig.Setup();
        await using var main = await CameraProcess.StartAsync(BurntInCounter.LargeClip);
        await using var sub = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", main.Url(), ("subUrl", sub.Url("/sub"))));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(1));
        Assert.Empty((await sub.StatsAsync()).Clients);     // nobody records it, nobody watches yet
        await using var page = await rig.OpenAsync(daemon);
        var tile = PageDriver.Tile("gate");
        await page.PlayingAsync(tile);
        await page.WaitAsync(() => page.VideoAsync(tile), v => v is { Width: 640, Height: 360, Counter: >= 0 }, "the small stream");
        Assert.Single((await sub.StatsAsync()).Clients, c => c.State == "Playing");

        await page.OpenChannelAsync("gate");
        await page.WaitAsync(() => page.VideoAsync(), v => v is { Width: 1280, Height: 720, Counter: >= 0 }, "the large stream");
        await sub.WaitAsync(s => s.Clients.All(c => c.State != "Playing"));
        Assert.Single((await main.StatsAsync()).Clients);   // and the recording's pull is the viewers' too
        page.AssertNoFaults();
    }

    [Fact]
    public async Task A_session_that_is_ended_elsewhere_leads_to_the_login_and_back_to_the_camera()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.PlayingAsync();
        // What was under way when the session ended is refused: that is how the page learns of it.
        page.Expect(401, "/api/v1/");
        var elsewhere = await page.SecondWindowAsync();
        await elsewhere.ClickAsync("header button[title='Log out']");
        await elsewhere.WaitForSelectorAsync("main.login");
        Assert.Equal(0, await elsewhere.Locator("main.login [role=status]").CountAsync());      // who logs out knows why

        await page.Page.WaitForSelectorAsync("main.login [role=status]:has-text('session has ended')");
        await daemon.WaitAsync(async () => await daemon.Http.GetStringAsync("/metrics"), text => text.Contains("\nedge_recorder_viewers{kind=\"websocket\"} 0\n", StringComparison.Ordinal), "the end of its stream");
        await page.EnterAsync();
        await page.PlayingAsync();
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

    [Theory]
    [InlineData(".stage")]
    [InlineData(".tile[data-channel=gate]")]                // its sub stream, which nobody pulls while the page cannot show it, and of which no state tells
    public async Task A_camera_that_is_set_to_a_codec_that_the_browser_lacks_is_shown_again_when_it_is_set_back(string place)
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--other", "small.h265");
        await using var main = await CameraProcess.StartAsync(BurntInCounter.LargeClip);
        setup.With("gate", place == ".stage" ? camera.Url() : main.Url(), ("subUrl", place == ".stage" ? null : camera.Url("/sub")));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var page = await rig.OpenAsync(daemon);
        if (place == ".stage")
            await page.OpenChannelAsync("gate");
        await page.PlayingAsync(place);
        await camera.CommandAsync("other");
        await page.Page.WaitForSelectorAsync($"{place} [data-missing] >> text=H.265");
        await camera.CommandAsync("other off");
        await page.WaitAsync(() => page.PictureAsync("phase", place), phase => phase == "playing", "live pictures");
        await page.WaitAsync(() => page.VideoAsync(place), v => v is { Counter: >= 0, Shown: > 0 }, "a picture");
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
    private static async Task WatchAsync(PageDriver page, CameraProcess camera, string place, double latency)
    {
        // The first seconds are for finding the edge.
        await page.WaitAsync(() => page.LatencyAsync(place), l => l > 0 && l <= latency, $"a latency of {latency} s");
        var client = (await camera.StatsAsync()).Clients.Single(c => c.State == "Playing");
        var clock = Stopwatch.StartNew();
        var (first, last) = (await page.VideoAsync(place), await page.VideoAsync(place));
        var (worst, moved) = (0.0, TimeSpan.Zero);
        var ages = new List<double>();
        while (clock.Elapsed < Watched)
        {
            await Task.Delay(250);
            var (before, seen, after) = (DateTimeOffset.UtcNow, await page.VideoAsync(place), DateTimeOffset.UtcNow);
            Assert.True(seen.Counter >= 0, "a picture without its number");
            if (seen.Counter != last.Counter)
                moved = clock.Elapsed;
            Assert.True(clock.Elapsed - moved < LongestStandstill, $"the picture {seen.Counter} stood still");
            var sent = client.PictureAt(before + (after - before) / 2);
            ages.Add((sent - seen.Counter + BurntInCounter.Count) % BurntInCounter.Count / FramesPerSecond);
            worst = Math.Max(worst, await page.LatencyAsync(place));
            last = seen;
        }
        var elapsed = clock.Elapsed.TotalSeconds;
        Assert.True(last.CurrentTime - first.CurrentTime >= 0.9 * elapsed, $"{last.CurrentTime - first.CurrentTime:0.0} s of pictures in {elapsed:0.0} s");
        Assert.True(last.Shown - first.Shown >= 0.9 * FramesPerSecond * elapsed, $"{last.Shown - first.Shown} pictures shown in {elapsed:0.0} s, {last.Dropped - first.Dropped} dropped");
        Assert.True(worst <= latency, $"the page tells of {worst:0.00} s");
        Assert.True(ages.Max() <= latency + 0.3, $"the numbers tell of {ages.Max():0.00} s");      // their way into the recorder and the time of a look come on top
    }
}
