using System.Diagnostics;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Cameras are added, changed and removed, in both languages and at the width of a phone.</summary>
[Collection(Pages.Name)]
public sealed class ManageTests(PageRig rig)
{
    [Fact]
    public async Task A_camera_is_asked_added_renamed_switched_off_and_removed()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.alaw");
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var page = await rig.OpenAsync(daemon);
        var window = page.Page;

        await window.ClickAsync(".heading button.main");
        await window.FillAsync("dialog input[name=name]", "Loading bay");
        await window.FillAsync("dialog input[name=url]", camera.Url("/bay"));
        await window.ClickAsync("dialog .probe button");
        var offer = await window.Locator("dialog .probe .facts").InnerTextAsync();
        Assert.Contains("H.264 · 640×360", offer, StringComparison.Ordinal);
        Assert.Contains("G.711 A-law · 8 kHz", offer, StringComparison.Ordinal);
        await window.ClickAsync("dialog button[type=submit]");
        await page.PlayingAsync(PageDriver.Tile("loading-bay"));

        await page.OpenChannelAsync("loading-bay");
        await window.ClickAsync(".actions button:has-text('Edit')");
        await window.FillAsync("dialog input[name=name]", "Loading bay 2");
        await window.ClickAsync("dialog button[type=submit]");
        await window.WaitForSelectorAsync("h1:has-text('Loading bay 2')");
        await window.ClickAsync(".actions .switch");
        await page.WaitAsync(async () => (await daemon.ChannelAsync("loading-bay")).GetProperty("record").GetBoolean(), on => !on, "recording to be off");

        window.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await window.ClickAsync(".actions button.quiet");
        await window.WaitForSelectorAsync("main.wall .empty");
        Assert.Equal(0, (await daemon.GetAsync("/api/v1/channels")).GetArrayLength());
        page.AssertNoFaults();
    }

    [Theory]
    [InlineData("en-GB", 390)]
    [InlineData("zh-CN", 390)]
    [InlineData("en-GB", 1280)]
    [InlineData("zh-CN", 1280)]
    public async Task Every_place_fits_its_window(string language, int width)
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("name", "A gate with quite a long name, at the northern side")));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
        await using var page = await rig.OpenAsync(daemon, language, width, 844);
        await page.PlayingAsync(PageDriver.Tile("gate"));
        await FitsAsync(page, "the wall");
        Assert.Equal(language.StartsWith("zh", StringComparison.Ordinal), (await page.Page.InnerTextAsync("h1")).StartsWith("摄像机", StringComparison.Ordinal));
        await page.Page.ClickAsync(".heading button.main");
        await page.Page.WaitForSelectorAsync("dialog[open]");
        await FitsAsync(page, "the form");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Page.WaitForSelectorAsync("dialog", new() { State = Microsoft.Playwright.WaitForSelectorState.Detached });
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".range-panel .pair button >> nth=0");
        await FitsAsync(page, "a camera");
        await page.Page.ClickAsync("nav a[href='#/devices']");
        await page.Page.WaitForSelectorAsync("main.box .hint");
        await FitsAsync(page, "the devices");
        await page.Page.ClickAsync("nav a[href='#/box']");
        await page.Page.WaitForSelectorAsync("main.box table");
        await FitsAsync(page, "storage and health");
        page.AssertNoFaults();
    }

    [Fact]
    public async Task The_keyboard_alone_finds_and_plays_footage()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));
        await using var page = await rig.OpenAsync(daemon);
        var keys = page.Page.Keyboard;
        await page.Page.FocusAsync($"{PageDriver.Tile("gate")} a");
        await keys.PressAsync("Enter");
        await page.Page.FocusAsync(".timeline");
        for (var i = 0; i < 6; i++)
            await keys.PressAsync("+");                     // to a minute, where a step is a second
        await keys.PressAsync("ArrowLeft");
        await keys.PressAsync("ArrowLeft");
        await keys.PressAsync("ArrowLeft");
        await keys.PressAsync("Enter");
        await page.WaitAsync(() => page.PictureAsync("phase"), phase => phase == "recorded", "what was recorded");
        await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.Shown > 0, "footage");
        await page.Page.FocusAsync(".timeline");
        await keys.PressAsync("End");
        await page.WaitAsync(() => page.PictureAsync("phase"), phase => phase == "playing", "the live picture");
        page.AssertNoFaults();
    }

    /// <summary>The page's own tests of what needs no browser: scale, ticks, words, boxes.</summary>
    [Fact]
    public async Task The_pages_own_tests_pass()
    {
        var start = new ProcessStartInfo("npm", ["run", "--silent", "test", "--", "--reporter=json"]) { WorkingDirectory = Repository.Path("src/EdgeRecorder/Web"), RedirectStandardOutput = true };
        using var run = Process.Start(start)!;
        var said = await run.StandardOutput.ReadToEndAsync();
        await run.WaitForExitAsync();
        Assert.True(run.ExitCode == 0, said);
        var report = System.Text.Json.JsonDocument.Parse(said[said.IndexOf('{')..]).RootElement;
        Assert.True(report.GetProperty("numPassedTests").GetInt32() > 20, said);
    }

    private static async Task FitsAsync(PageDriver page, string place)
    {
        var (wide, window) = (await page.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"), await page.Page.EvaluateAsync<int>("() => innerWidth"));
        Assert.True(wide <= window, $"{place} is {wide} pixels wide in a window of {window}");
    }
}
