using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>A surveillance device from the page alone: listed with its password, its camera chosen out of its catalog and watched.</summary>
[Collection(Pages.Name)]
public sealed class SurveillanceTests(PageRig rig)
{
    [Fact]
    public async Task A_device_is_listed_with_a_password_and_a_camera_of_its_catalog_is_watched()
    {
        using var setup = rig.Setup().WithSurveillance(("channelsPerDevice", 0));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var page = await rig.OpenAsync(daemon);
        var window = page.Page;
        await window.ClickAsync("header.top nav a[href='#/devices']");
        await window.ClickAsync(".heading button:has-text('Add device')");
        await window.FillAsync("dialog input[name=identity]", GbDeviceProcess.Id);
        await window.FillAsync("dialog input[name=name]", "Yard");
        await window.FillAsync("dialog input[name=password]", GbDeviceProcess.Password);
        await window.ClickAsync("dialog button[type=submit]");
        await window.WaitForSelectorAsync(".device:has-text('Yard'):has-text('Not connected')");

        await using var device = await GbDeviceProcess.StartAsync(setup.SurveillancePort, "--clip", BurntInCounter.Clip, "--channels", "2");
        var id = (await daemon.DeviceAsync(GbDeviceProcess.Id, d => d.GetProperty("connected").GetBoolean())).GetProperty("id").GetString();
        await daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/devices/{id}/catalog"), entries => entries.GetArrayLength() == 2, "the catalog");
        await window.WaitForSelectorAsync(".device .badge.live");
        await window.ClickAsync(".device button:has-text('Choose cameras')");
        await window.WaitForSelectorAsync("dialog .offered li >> nth=1");
        await window.FillAsync("dialog input[type=search]", "34020000001310000002");
        await window.WaitForSelectorAsync("dialog .offered li >> nth=1", new() { State = Microsoft.Playwright.WaitForSelectorState.Detached });
        await window.ClickAsync("dialog .offered button:has-text('Add')");
        await window.WaitForSelectorAsync("dialog .offered li:has-text('added')");
        await window.ClickAsync("dialog header button");

        await window.ClickAsync(".device .plain a");
        var before = await page.PlayingAsync();
        await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.CurrentTime > before.CurrentTime + 1, "moving pictures");
        Assert.Single((await device.StatsAsync()).Streams, stream => stream is { Channel: "34020000001310000002", State: "Playing" });
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Platforms_above_are_shown_beside_the_devices()
    {
        using var above = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password));
        using var setup = rig.Setup().WithSurveillance(("enabled", false)).WithPlatform(above.SurveillancePort, GbDeviceProcess.ServerId, "34020000001180000077", GbDeviceProcess.Password, "tcp");
        await using var platform = await DaemonProcess.StartAsync(above);
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var page = await rig.OpenAsync(daemon);
        var window = page.Page;
        await window.ClickAsync("header.top nav a[href='#/devices']");
        await window.WaitForSelectorAsync($".panel li:has-text('Registered'):has-text('{GbDeviceProcess.ServerId}'):has-text('watches nothing now')");
        Assert.Equal(0, await platform.StopAsync());
        await window.WaitForSelectorAsync(".panel li:has-text('Not registered') .trouble");
        page.AssertNoFaults();
    }
}
