using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>A vehicle that connects is approved on the page, and its picture is there.</summary>
[Collection(Pages.Name)]
public sealed class DeviceTests(PageRig rig)
{
    private const string Sim = "13912345678";

    [Fact]
    public async Task A_vehicle_that_waits_is_approved_recorded_watched_and_forgotten()
    {
        using var setup = rig.Setup().WithVehicles(("enrolment", "approve"), ("record", false));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", BurntInCounter.Clip, "--channels", "1", "--plate", "粤B12345", "--position", "1");
        await daemon.DeviceAsync(Sim, d => d.GetProperty("connected").GetBoolean());
        await using var page = await rig.OpenAsync(daemon);
        var window = page.Page;

        await window.ClickAsync("header.top nav a[href='#/devices']");
        await window.WaitForSelectorAsync(".device:has-text('粤B12345'):has-text('waits for approval')");
        await window.ClickAsync(".device button:has-text('Approve')");
        await window.WaitForSelectorAsync(".device:has-text('approved') .plain a");
        await window.ClickAsync(".device .switch");
        await page.WaitAsync(async () => (await daemon.StateAsync($"{Sim}_1")).State, state => state == "recording", "the camera of the vehicle to record");
        await window.WaitForSelectorAsync(".device:has-text('km/h')");
        await window.WaitForSelectorAsync(".device:has-text('31.2')");
        await terminal.CommandAsync("alarm 20000000 5");
        await window.WaitForSelectorAsync(".device:has-text('Collision')");

        await window.ClickAsync(".device .plain a");
        await page.PlayingAsync();
        await window.ClickAsync(".actions button:has-text('Edit')");
        Assert.Equal(0, await window.Locator("dialog input[name=url]").CountAsync());       // its address is the device's
        await window.FillAsync("dialog input[name=name]", "Front");
        await window.ClickAsync("dialog button[type=submit]");
        await window.WaitForSelectorAsync("h1:has-text('Front')");

        window.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await window.ClickAsync("header.top nav a[href='#/devices']");
        await window.ClickAsync(".device footer button.quiet");
        await page.WaitAsync(async () => (await daemon.GetAsync("/api/v1/channels")).GetArrayLength(), count => count == 0, "the camera to be gone");
        page.AssertNoFaults();
    }

    [Theory]
    [InlineData("en-GB", 390)]
    [InlineData("zh-CN", 390)]
    public async Task The_devices_fit_the_window_of_a_phone(string language, int width)
    {
        using var setup = rig.Setup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "2", "--position", "1");
        await daemon.DeviceAsync(Sim, d => d.GetProperty("channels").GetArrayLength() == 2);
        await using var page = await rig.OpenAsync(daemon, language, width, 844);
        await page.Page.ClickAsync("header.top nav a[href='#/devices']");
        await page.Page.WaitForSelectorAsync(".device .plain a");
        Assert.Equal(language.StartsWith("zh", StringComparison.Ordinal) ? "设备" : "Devices", await page.Page.InnerTextAsync("h1"));
        var (content, shown) = (await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), await page.Page.EvaluateAsync<int>("document.documentElement.clientWidth"));
        Assert.True(content <= shown, $"the devices are {content} wide in a window of {shown}");
        page.AssertNoFaults();
    }
}
