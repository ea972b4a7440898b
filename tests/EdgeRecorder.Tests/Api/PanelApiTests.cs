using System.Net;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Api;

/// <summary>/api/v1/panel on a machine without a panel.</summary>
public sealed class PanelApiTests() : BoxTest("[ { \"name\": \"Gate\", \"url\": \"rtsp://h/1\", \"record\": false } ]")
{
    [Fact]
    public async Task A_panel_that_nobody_built_says_so_and_shows_its_lines()
    {
        var panel = await Box.Admin.GetAsync("/api/v1/panel").BodyAsync();
        Assert.True(panel.GetProperty("simulated").GetBoolean());
        Assert.Equal("panel.chip is none", panel.GetProperty("lines").GetString());
        Assert.Equal("on", panel.GetProperty("ignition").GetString());
        var lines = panel.GetProperty("all").EnumerateArray().ToDictionary(l => l.GetProperty("line").GetString()!, l => (l.GetProperty("kind").GetString(), l.GetProperty("shows").GetString()));
        Assert.Equal(("led", "off"), lines["REC_LED"]);
        Assert.Equal(("button", "inactive"), lines["REC_BUTTON"]);
        Assert.Equal(("ignition", "active"), lines["ACC"]);
        Assert.Equal(("output", "off"), lines["ALARM_OUT1"]);
    }

    [Fact]
    public async Task A_press_does_what_a_hand_would_and_is_audited()
    {
        var panel = await Box.Admin.PostAsync("/api/v1/panel/press", Requests.Json("""{"milliseconds":50}""")).BodyAsync();
        Assert.True(panel.GetProperty("recording").GetBoolean());
        Assert.Equal("slow-blink", panel.GetProperty("all")[0].GetProperty("shows").GetString());
        Assert.Equal("button", (await Box.Admin.GetAsync("/api/v1/recordings").BodyAsync())[0].GetProperty("owner").GetString());
        Assert.Equal(("panel.press", "50 ms"), (await Box.Admin.GetAsync("/api/v1/audit").BodyAsync()).EnumerateArray().Select(a => (a.GetProperty("action").GetString(), a.GetProperty("subject").GetString())).First());
        await Box.Admin.PostAsync("/api/v1/panel/press", Requests.Json("""{"milliseconds":50}""")).BodyAsync();
        Assert.False(Box.Engine.Applied[1]);
    }

    [Fact]
    public async Task An_alarm_input_is_an_event_of_every_channel_and_ignition_off_switches_nothing_off_here()
    {
        Box.Get<ClockStore>().Keep(new(1, Guid.NewGuid(), Box.Engine.ToUtcUs(0), ClockQuality.Ntp, 0));      // events are dated by it
        await Box.Admin.PutAsync("/api/v1/panel/inputs/ALARM_IN1", Requests.Json("""{"active":true}""")).BodyAsync();
        var off = await Box.Admin.PutAsync("/api/v1/panel/inputs/ACC", Requests.Json("""{"active":false}""")).BodyAsync();
        Assert.Equal("off", off.GetProperty("ignition").GetString());
        Assert.NotEqual(System.Text.Json.JsonValueKind.Null, off.GetProperty("leavesAt").ValueKind);
        Assert.Equal(["ignition-off", "alarm-input"], (await Box.Admin.GetAsync("/api/v1/events").BodyAsync()).EnumerateArray().Select(e => e.GetProperty("kind").GetString()));
        var gate = (await Box.Admin.GetAsync("/api/v1/channels").BodyAsync())[0].GetProperty("id").GetString();
        var shown = (await Box.Admin.GetAsync($"/api/v1/events?channel={gate}").BodyAsync())[1];
        Assert.Equal(("alarm-input", "ALARM_IN1"), (shown.GetProperty("kind").GetString(), shown.GetProperty("detail").GetProperty("line").GetString()));
        Assert.Equal("the panel has no input ALARM_IN9", await Box.Admin.PutAsync("/api/v1/panel/inputs/ALARM_IN9", Requests.Json("""{"active":true}""")).ProblemAsync(409));
    }

    [Fact]
    public async Task Outputs_are_switched_by_name()
    {
        var panel = await Box.Admin.PutAsync("/api/v1/panel/outputs/ALARM_OUT2", Requests.Json("""{"on":true,"seconds":3600}""")).BodyAsync();
        Assert.Contains(panel.GetProperty("all").EnumerateArray(), l => l.GetProperty("line").GetString() == "ALARM_OUT2" && l.GetProperty("active").GetBoolean());
        Assert.Equal("the panel has no output REC_LED", await Box.Admin.PutAsync("/api/v1/panel/outputs/REC_LED", Requests.Json("""{"on":true}""")).ProblemAsync(404));
        Assert.StartsWith("seconds:", await Box.Admin.PutAsync("/api/v1/panel/outputs/ALARM_OUT2", Requests.Json("""{"on":true,"seconds":0}""")).ProblemAsync(400), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Viewers_look_operators_press_and_only_admins_reach_for_the_network_and_the_inputs()
    {
        foreach (var role in new[] { "viewer", "operator" })
            await Box.Admin.PostAsync("/api/v1/users", Requests.Json($$"""{"name":"{{role}}","password":"a long password","role":"{{role}}"}""")).BodyAsync(HttpStatusCode.Created);
        using var viewer = Box.Client("viewer", "a long password");
        using var operated = Box.Client("operator", "a long password");
        await viewer.GetAsync("/api/v1/panel").BodyAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync("/api/v1/panel/press", Requests.Json("""{"milliseconds":50}"""))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PutAsync("/api/v1/panel/outputs/BUZZER", Requests.Json("""{"on":true}"""))).StatusCode);
        await operated.PostAsync("/api/v1/panel/press", Requests.Json("""{"milliseconds":50}""")).BodyAsync();
        Assert.Equal("restoring the network settings is for admin", await operated.PostAsync("/api/v1/panel/press", Requests.Json("""{"milliseconds":10000}""")).ProblemAsync(403));
        Assert.Equal(HttpStatusCode.Forbidden, (await operated.PutAsync("/api/v1/panel/inputs/ACC", Requests.Json("""{"active":false}"""))).StatusCode);
        Assert.StartsWith("milliseconds:", await operated.PostAsync("/api/v1/panel/press", Requests.Json("""{"milliseconds":0}""")).ProblemAsync(400), StringComparison.Ordinal);
    }
}
