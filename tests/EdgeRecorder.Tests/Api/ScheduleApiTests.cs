using System.Net;

namespace EdgeRecorder.Tests.Api;

/// <summary>/api/v1/schedules over HTTP.</summary>
public sealed class ScheduleApiTests() : BoxTest("""[ { "key": "gate", "name": "Gate", "url": "rtsp://h/1", "record": false }, { "key": "yard", "name": "Yard", "url": "rtsp://h/2", "record": false } ]""")
{
    private const string Schedules = "/api/v1/schedules", Always = """[{"days":["mon","tue","wed","thu","fri","sat","sun"],"from":"00:00","to":"24:00"}]""";

    private Task<HttpResponseMessage> PostAsync(string json) => Box.Admin.PostAsync(Schedules, Requests.Json(json));

    private Task<HttpResponseMessage> PatchAsync(string id, string json) => Box.Admin.PatchAsync($"{Schedules}/{id}", Requests.Json(json));

    [Fact]
    public async Task A_schedule_is_made_shown_changed_and_removed_and_counts_at_once()
    {
        var gate = (await Box.Admin.GetAsync("/api/v1/channels").BodyAsync()).EnumerateArray().First(c => c.GetProperty("key").GetString() == "gate").GetProperty("id").GetString()!;
        var made = await PostAsync($$"""{"name":"Nights","channels":["{{gate}}"],"windows":[{"days":["fri","mon"],"from":"22:00","to":"06:30"},{"days":["sun"],"from":"00:00","to":"00:00"}],"enabled":false}""").BodyAsync(HttpStatusCode.Created);
        var id = made.GetProperty("id").GetString()!;
        Assert.Equal("""[{"days":["mon","fri"],"from":"22:00","to":"06:30"},{"days":["sun"],"from":"00:00","to":"24:00"}]""", made.GetProperty("windows").GetRawText());
        Assert.Equal(("continuous", false, false, "admin"), (made.GetProperty("mode").GetString(), made.GetProperty("enabled").GetBoolean(), made.GetProperty("active").GetBoolean(), made.GetProperty("createdBy").GetString()));
        Assert.Equal(made.GetRawText(), (await Box.Admin.GetAsync($"{Schedules}/{id}").BodyAsync()).GetRawText());
        Assert.False(Box.Engine.Applied[1]);

        var changed = await PatchAsync(id, $$"""{"enabled":true,"windows":{{Always}},"mode":"event","beforeSeconds":15,"kinds":["collision"]}""").BodyAsync();
        Assert.True(changed.GetProperty("active").GetBoolean());
        Assert.Equal((15, 30, "Nights"), (changed.GetProperty("beforeSeconds").GetInt32(), changed.GetProperty("afterSeconds").GetInt32(), changed.GetProperty("name").GetString()));
        Assert.True(Box.Engine.Applied[1] && Box.Engine.PreRoll[1] && !Box.Engine.Applied[2]);
        var recording = Assert.Single((await Box.Admin.GetAsync("/api/v1/recordings").BodyAsync()).EnumerateArray());
        Assert.Equal(("schedule", "pre-roll", "Nights"), (recording.GetProperty("owner").GetString(), recording.GetProperty("kind").GetString(), recording.GetProperty("createdBy").GetString()));

        Assert.Empty((await PatchAsync(id, """{"allChannels":true}""").BodyAsync()).GetProperty("channels").EnumerateArray());
        Assert.True(Box.Engine.Applied[2]);
        await RestartAsync();
        Assert.True(Box.Engine.Applied[2]);
        Assert.Equal(id, Assert.Single((await Box.Admin.GetAsync(Schedules).BodyAsync()).EnumerateArray()).GetProperty("id").GetString());
        await Box.Admin.DeleteAsync($"{Schedules}/{id}").BodyAsync(HttpStatusCode.NoContent);
        Assert.False(Box.Engine.Applied[1] || Box.Engine.Applied[2]);
        await Box.Admin.DeleteAsync($"{Schedules}/{id}").ProblemAsync(404);
        Assert.Equal(["schedule.remove", "schedule.change", "schedule.change", "schedule.add"],
            (await Box.Admin.GetAsync("/api/v1/audit").BodyAsync()).EnumerateArray().Select(a => a.GetProperty("action").GetString()!).Where(a => a.StartsWith("schedule", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"name":"x","windows":[]}""", "windows")]
    [InlineData("""{"name":"","windows":ALWAYS}""", "name")]
    [InlineData("""{"name":"x","windows":ALWAYS,"mode":"sometimes"}""", "mode")]
    [InlineData("""{"name":"x","windows":ALWAYS,"channels":[]}""", "channels")]
    [InlineData("""{"name":"x","windows":ALWAYS,"channels":["nobody"]}""", "nobody")]
    [InlineData("""{"name":"x","windows":ALWAYS,"beforeSeconds":601}""", "0 to 600")]
    [InlineData("""{"name":"x","windows":ALWAYS,"afterSeconds":-1}""", "afterSeconds")]
    [InlineData("""{"name":"x","windows":ALWAYS,"kinds":["a,b"]}""", "kinds")]
    [InlineData("""{"name":"x","windows":[{"days":[],"from":"08:00","to":"09:00"}]}""", "windows[0].days")]
    [InlineData("""{"name":"x","windows":[{"days":["monday"],"from":"08:00","to":"09:00"}]}""", "monday")]
    [InlineData("""{"name":"x","windows":[{"days":["mon"],"from":"24:00","to":"09:00"}]}""", "windows[0].from")]
    [InlineData("""{"name":"x","windows":[{"days":["mon"],"from":"8:00","to":"09:00"}]}""", "windows[0].from")]
    [InlineData("""{"name":"x","windows":[{"days":["mon"],"from":"08:00","to":"24:01"}]}""", "windows[0].to")]
    [InlineData("""{"name":"x","windows":[{"days":["mon"],"from":"08:60","to":"09:00"}]}""", "windows[0].from")]
    public async Task Nonsense_is_refused_by_name(string json, string named)
    {
        Assert.Contains(named, await PostAsync(json.Replace("ALWAYS", Always, StringComparison.Ordinal)).ProblemAsync(400), StringComparison.Ordinal);
        Assert.Equal("[]", await Box.Admin.GetStringAsync(Schedules));
    }

    [Fact]
    public async Task Members_that_nobody_knows_and_schedules_that_are_not_there_are_refused()
    {
        await PostAsync($$"""{"name":"x","windows":{{Always}},"weekly":true}""").ProblemAsync(400);
        await PatchAsync("none", "{}").ProblemAsync(404);
        await Box.Admin.GetAsync($"{Schedules}/none").ProblemAsync(404);
    }
}
