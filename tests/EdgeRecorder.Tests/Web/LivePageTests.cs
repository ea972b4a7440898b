using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>What the page does with live pictures: which stream it asks for, what it says where there is none, and that they come back.</summary>
[Collection(Pages.Name)]
public sealed class LivePageTests(PageRig rig)
{
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
}
