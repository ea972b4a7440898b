using System.Net;
using System.Net.Http.Headers;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Playback;

namespace EdgeRecorder.Tests.Api;

public sealed class BoxApiTests() : BoxTest("[ { \"name\": \"Gate\", \"url\": \"rtsp://u:secret@h/1\" } ]")
{
    private const string Range = "from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z";
    private static readonly long FromUs = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
    private string _gate = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _gate = (await Box.Admin.GetAsync("/api/v1/channels").BodyAsync())[0].GetProperty("id").GetString()!;
    }

    private async Task<string> AddAsync(string name)
        => (await Box.Admin.PostAsync("/api/v1/channels", Requests.Json($$"""{"name":"{{name}}","url":"rtsp://h/"}""")).BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString()!;

    [Fact]
    public async Task A_channel_of_the_file_shows_its_state_and_hides_its_password()
    {
        var gate = await Box.Admin.GetAsync($"/api/v1/channels/{_gate}").BodyAsync();
        Assert.Equal("rtsp://u:***@h/1", gate.GetProperty("url").GetString());
        Assert.Equal("offline", gate.GetProperty("state").GetProperty("state").GetString());
        Assert.Equal("401 from camera", gate.GetProperty("state").GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_channel_of_the_file_takes_only_a_change_of_record()
    {
        Assert.Equal("set in recorder.json:3", await Box.Admin.PatchAsync($"/api/v1/channels/{_gate}", Requests.Json("""{"name":"x"}""")).ProblemAsync(409));
        Assert.Equal("set in recorder.json:3", await Box.Admin.DeleteAsync($"/api/v1/channels/{_gate}").ProblemAsync(409));
        await Box.Admin.PutAsync($"/api/v1/channels/{_gate}/record", Requests.Json("""{"on":false}""")).BodyAsync();
        Assert.False(Box.Engine.Applied[1]);
    }

    [Fact]
    public async Task What_the_API_said_of_record_wins_until_the_file_changes_its_value()
    {
        await Box.Admin.PutAsync($"/api/v1/channels/{_gate}/record", Requests.Json("""{"on":false}""")).BodyAsync();
        foreach (var (file, expected) in new[] { ("true", false), ("false", false), ("true", true) })
        {
            await RestartAsync($"[ {{ \"name\": \"Gate\", \"url\": \"rtsp://h/1\", \"record\": {file} }} ]");
            Assert.Equal(expected, Box.Engine.Applied[1]);
        }
    }

    [Fact]
    public async Task A_channel_gone_from_the_file_comes_back_with_its_id_and_number()
    {
        foreach (var channels in new[] { "[]", "[ { \"key\": \"gate\", \"url\": \"rtsp://h/other\" } ]" })
            await RestartAsync(channels);
        var gate = Assert.Single((await Box.Admin.GetAsync("/api/v1/channels").BodyAsync()).EnumerateArray());
        Assert.Equal((_gate, 1), (gate.GetProperty("id").GetString(), gate.GetProperty("number").GetInt32()));
    }

    [Fact]
    public async Task A_channel_is_made_changed_and_removed_and_survives_a_restart_in_between()
    {
        using var made = await Box.Admin.PostAsync("/api/v1/channels", Requests.Json("""{"name":"Yard","url":"rtsp://a:b@h/","record":false}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var path = made.Headers.Location!.ToString();
        await RestartAsync("[]");
        Assert.Equal("yard", (await Box.Admin.GetAsync(path).BodyAsync()).GetProperty("key").GetString());
        await Box.Admin.PatchAsync(path, Requests.Json("""{"name":"Back yard","record":true}""")).BodyAsync();
        Assert.Equal("Back yard", (await Box.Admin.GetAsync(path).BodyAsync()).GetProperty("name").GetString());
        Assert.True(Box.Engine.Applied[2]);
        await Box.Admin.DeleteAsync(path).BodyAsync(HttpStatusCode.NoContent);
        Assert.False(Box.Engine.Applied.ContainsKey(2));
        await Box.Admin.GetAsync(path).ProblemAsync(404);
    }

    [Theory]
    [InlineData("{\"name\":\"a\"}", "url")]
    [InlineData("{\"name\":\"a\",\"url\":\"ftp://h/\"}", "url: has the scheme ftp")]
    [InlineData("{\"name\":\"\",\"url\":\"rtsp://h/\"}", "name: ")]
    [InlineData("{\"name\":\"a\",\"url\":null}", "url")]
    [InlineData("{\"name\":\"a\",\"url\":\"rtsp://h/\",\"recrod\":true}", "recrod")]
    [InlineData("{\"name\":\"a\",\"url\":\"rtsp://h/\",\"record\":\"yes\"}", "record")]
    [InlineData("{", "body")]
    [InlineData("{\"name\":\"a\",\"url\":\"rtsp://h/\",\"transport\":\"sctp\"}", "transport: ")]
    public async Task A_body_that_does_not_fit_is_refused_with_the_field_named(string body, string part)
        => Assert.Contains(part, await Box.Admin.PostAsync("/api/v1/channels", Requests.Json(body)).ProblemAsync(400), StringComparison.Ordinal);

    [Fact]
    public async Task Keys_are_unique_and_made_unique_from_names()
    {
        await AddAsync("Gate");
        Assert.Equal(["gate", "gate-2"], (await Box.Admin.GetAsync("/api/v1/channels").BodyAsync()).EnumerateArray().Select(c => c.GetProperty("key").GetString()));
        Assert.Contains("taken", await Box.Admin.PostAsync("/api/v1/channels", Requests.Json("""{"name":"x","key":"GATE","url":"rtsp://h/"}""")).ProblemAsync(409), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_the_link_to_the_end()
    {
        for (var i = 0; i < 4; i++)
            await AddAsync($"c{i}");
        List<string> names = [];
        for (var next = "/api/v1/channels?limit=2"; next is not null;)
        {
            using var answer = await Box.Admin.GetAsync(next);
            names.AddRange(System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray().Select(c => c.GetProperty("name").GetString()!));
            next = answer.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : null;
        }
        Assert.Equal(["Gate", "c0", "c1", "c2", "c3"], names);
        Assert.Contains("limit", await Box.Admin.GetAsync("/api/v1/channels?limit=0").ProblemAsync(400), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_timeline_joins_spans_that_touch_and_shows_gaps_with_reasons()
    {
        Box.Get<ClockStore>().Keep(new(1, Guid.NewGuid(), FromUs, ClockQuality.Ntp, 0));
        Box.Get<IGapLedger>().Add(new(1, 0), GapReason.PowerCut, new(1, 30_000_000), new(1, 40_000_000));
        Box.Engine.Footage.AddRange([
            new(new(1, 0), 1, 1, FromUs, FromUs + 10_000_000, 0, 0, 100, false), new(new(1, 0), 2, 2, FromUs + 10_000_000, FromUs + 30_000_000, 0, 0, 50, false),
            new(new(1, 0), 3, 3, FromUs + 40_000_000, FromUs + 50_000_000, 0, 0, 7, true)]);
        var timeline = await Box.Admin.GetAsync($"/api/v1/channels/{_gate}/timeline?{Range}").BodyAsync();
        Assert.Equal("""[{"from":"2026-01-01T00:00:00.000Z","to":"2026-01-01T00:00:30.000Z","bytes":150,"locked":false},{"from":"2026-01-01T00:00:40.000Z","to":"2026-01-01T00:00:50.000Z","bytes":7,"locked":true}]""",
            timeline.GetProperty("spans").GetRawText());
        Assert.Equal("""[{"from":"2026-01-01T00:00:30.000Z","to":"2026-01-01T00:00:40.000Z","reason":"power-cut"}]""", timeline.GetProperty("gaps").GetRawText());
    }

    [Theory]
    [InlineData("to=2026-01-01T00:00:00Z", "from: is missing")]
    [InlineData("from=yesterday&to=2026-01-01T00:00:00Z", "from: \"yesterday\"")]
    [InlineData("from=2026-01-01T00:00:00&to=2026-01-02T00:00:00Z", "with a zone")]
    [InlineData("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to: is not after from")]
    [InlineData("from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&stream=both", "stream: ")]
    public async Task An_interval_that_cannot_be_meant_is_named(string query, string part)
    {
        Assert.Contains(part, await Box.Admin.GetAsync($"/api/v1/channels/{_gate}/timeline?{query}").ProblemAsync(400), StringComparison.Ordinal);
        Assert.Contains(part, await Box.Admin.GetAsync($"/api/v1/channels/{_gate}/footage.mp4?{query}").ProblemAsync(400), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 200, 0, 1000)]
    [InlineData("bytes=0-99", 206, 0, 100)]
    [InlineData("bytes=900-", 206, 900, 100)]
    [InlineData("bytes=900-5000", 206, 900, 100)]
    [InlineData("bytes=-10", 206, 990, 10)]
    [InlineData("bytes=-5000", 206, 0, 1000)]
    [InlineData("bytes=0-1,5-6", 200, 0, 1000)]
    [InlineData("bytes=1000-", 416, 0, 0)]
    public async Task Footage_answers_ranges(string? range, int status, int offset, int count)
    {
        var download = new FakeDownload(1000);
        Box.Engine.Answer = new FootageAnswer.Found(download);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/channels/{_gate}/footage.mp4?{Range}");
        if (range is not null)
            request.Headers.TryAddWithoutValidation("Range", range);
        using var answer = await Box.Admin.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status != 416)
            Assert.Equal(download.Bytes[offset..(offset + count)], await answer.Content.ReadAsByteArrayAsync());
        if (status == 206)
            Assert.Equal(new ContentRangeHeaderValue(offset, offset + count - 1, 1000), answer.Content.Headers.ContentRange);
        Assert.Equal(1, download.Disposed);
    }

    [Fact]
    public async Task A_range_of_another_version_gets_the_whole()
    {
        Box.Engine.Answer = new FootageAnswer.Found(new FakeDownload(1000));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/channels/{_gate}/footage.mp4?{Range}");
        request.Headers.TryAddWithoutValidation("Range", "bytes=0-9");
        request.Headers.TryAddWithoutValidation("If-Range", "\"v0\"");
        using var answer = await Box.Admin.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, 1000L), (answer.StatusCode, answer.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Head_says_the_length_and_sends_nothing()
    {
        Box.Engine.Answer = new FootageAnswer.Found(new FakeDownload(1000));
        using var answer = await Box.Admin.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/v1/channels/{_gate}/footage.mp4?{Range}"));
        Assert.Equal((HttpStatusCode.OK, 1000L, "video/mp4"), (answer.StatusCode, answer.Content.Headers.ContentLength, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task No_footage_is_404_and_a_change_of_codec_409_with_its_instant()
    {
        await Box.Admin.GetAsync($"/api/v1/channels/{_gate}/footage.mp4?{Range}").ProblemAsync(404);
        Box.Engine.Answer = new FootageAnswer.FormatChange(new DateTimeOffset(2026, 1, 1, 0, 30, 0, TimeSpan.Zero), "h264 becomes h265");
        Assert.Contains("2026-01-01T00:30:00.000Z", await Box.Admin.GetAsync($"/api/v1/channels/{_gate}/footage.mp4?{Range}").ProblemAsync(409), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_keeps_a_switched_off_channel_recording_until_it_is_stopped_and_over_a_restart()
    {
        await Box.Admin.PutAsync($"/api/v1/channels/{_gate}/record", Requests.Json("""{"on":false}""")).BodyAsync();
        var made = await Box.Admin.PostAsync("/api/v1/recordings", Requests.Json($$"""{"channels":["{{_gate}}"]}""")).BodyAsync(HttpStatusCode.Created);
        Assert.Equal("ready", made.GetProperty("state").GetString());
        Assert.True(Box.Engine.Applied[1]);
        await RestartAsync("[ { \"name\": \"Gate\", \"url\": \"rtsp://h/1\" } ]");
        Assert.True(Box.Engine.Applied[1]);
        await Box.Admin.DeleteAsync($"/api/v1/recordings/{made.GetProperty("id").GetString()}").BodyAsync(HttpStatusCode.NoContent);
        Assert.False(Box.Engine.Applied[1]);
        Assert.Equal("stopped", (await Box.Admin.GetAsync("/api/v1/recordings").BodyAsync())[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_lock_pins_until_it_is_released_and_a_full_pool_refuses()
    {
        var body = $$"""{"channel":"{{_gate}}","from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:01:00+00:00","reason":"accident"}""";
        var made = await Box.Admin.PostAsync("/api/v1/locks", Requests.Json(body)).BodyAsync(HttpStatusCode.Created);
        Assert.Equal(made.GetProperty("id").GetString(), Assert.Single(Box.Engine.Pinned).Key);
        var id = made.GetProperty("id").GetString()!;
        Assert.Equal("pinned", made.GetProperty("state").GetString());
        Assert.False(Box.Engine.Copied!("another", "3"));
        Assert.True(Box.Engine.Copied(id, "3,4"));
        Assert.Equal("copied", (await Box.Admin.GetAsync($"/api/v1/locks/{id}").BodyAsync()).GetProperty("state").GetString());
        Assert.Equal("3,4", Box.Get<LockStore>().Find(id)!.Pool);
        await Box.Admin.DeleteAsync($"/api/v1/locks/{id}").BodyAsync(HttpStatusCode.NoContent);
        Assert.Empty(Box.Engine.Pinned);
        Assert.False(Box.Engine.Copied(id, "3,4"));        // it came too late
        Box.Engine.PinRefusal = "the event pool is full";
        Assert.Contains("the event pool is full", await Box.Admin.PostAsync("/api/v1/locks", Requests.Json(body)).ProblemAsync(409), StringComparison.Ordinal);
        Assert.Equal(0, (await Box.Admin.GetAsync("/api/v1/locks").BodyAsync()).GetArrayLength());
    }

    [Fact]
    public async Task A_probe_shows_tracks_or_why_not()
    {
        var offer = await Box.Admin.PostAsync("/api/v1/probe", Requests.Json("""{"url":"rtsp://h/good"}""")).BodyAsync();
        Assert.Equal("h264", offer.GetProperty("tracks")[0].GetProperty("codec").GetString());
        Assert.Equal("application vnd.onvif.metadata", offer.GetProperty("skipped")[0].GetString());
        Assert.Equal("tcp", offer.GetProperty("transport").GetString());
        Assert.Equal(2_000_000, offer.GetProperty("bitrate").GetInt64());
        var problem = await Box.Admin.PostAsync("/api/v1/probe", Requests.Json("""{"url":"rtsp://u:hunter2@h/bad"}""")).ProblemAsync(502);
        Assert.Contains("401 from camera", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_camera_of_the_box_itself_is_a_channel_of_protocol_v4l2()
    {
        var added = await Box.Admin.PostAsync("/api/v1/channels", Requests.Json("""{"name":"Cab","url":"v4l2:///dev/video0?width=640&height=480&fps=15"}""")).BodyAsync(HttpStatusCode.Created);
        Assert.Equal(("v4l2", "v4l2:///dev/video0?width=640&height=480&fps=15"), (added.GetProperty("protocol").GetString(), added.GetProperty("url").GetString()));
        var path = $"/api/v1/channels/{added.GetProperty("id").GetString()}";
        Assert.Contains("url: has a gop that is not 1 to 600 pictures", await Box.Admin.PatchAsync(path, Requests.Json("""{"url":"v4l2:///dev/video0?gop=0"}""")).ProblemAsync(400), StringComparison.Ordinal);
        Assert.Equal("rtsp", (await Box.Admin.PatchAsync(path, Requests.Json("""{"url":"rtsp://h/1"}""")).BodyAsync()).GetProperty("protocol").GetString());
    }

    [Fact]
    public async Task A_probe_of_a_channel_uses_the_password_that_it_has()
    {
        await Box.Admin.PostAsync("/api/v1/probe", Requests.Json($$"""{"url":"rtsp://u:***@h/1","channel":"{{_gate}}"}""")).ProblemAsync(502);
        Assert.Equal("rtsp://u:secret@h/1", Box.Engine.Probed);
        await Box.Admin.PostAsync("/api/v1/probe", Requests.Json($$"""{"url":"rtsp://u:***@elsewhere/1","channel":"{{_gate}}"}""")).ProblemAsync(502);
        Assert.Equal("rtsp://u:***@elsewhere/1", Box.Engine.Probed);
        await Box.Admin.PostAsync("/api/v1/probe", Requests.Json("""{"url":"rtsp://h/1","channel":"none"}""")).ProblemAsync(404);
    }

    [Fact]
    public async Task A_masked_password_is_not_taken_for_one_and_a_sub_stream_can_be_taken_away()
    {
        var id = (await Box.Admin.PostAsync("/api/v1/channels", Requests.Json("""{"name":"Yard","url":"rtsp://u:p@h/1","subUrl":"rtsp://u:p@h/2"}""")).BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString();
        var path = $"/api/v1/channels/{id}";
        Assert.Contains("url: ***", await Box.Admin.PatchAsync(path, Requests.Json("""{"url":"rtsp://u:***@h/3"}""")).ProblemAsync(400), StringComparison.Ordinal);
        Assert.Contains("subUrl: ***", await Box.Admin.PatchAsync(path, Requests.Json("""{"subUrl":"rtsp://u:***@h/3"}""")).ProblemAsync(400), StringComparison.Ordinal);
        Assert.Equal("rtsp://u:***@h/2", (await Box.Admin.PatchAsync(path, Requests.Json("""{"name":"Yard 2"}""")).BodyAsync()).GetProperty("subUrl").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await Box.Admin.PatchAsync(path, Requests.Json("""{"subUrl":""}""")).BodyAsync()).GetProperty("subUrl").ValueKind);
    }

    [Fact]
    public async Task Locks_are_listed_for_one_channel_too()
    {
        var other = await AddAsync("other");
        foreach (var channel in (string[])[_gate, other, other])
            await Box.Admin.PostAsync("/api/v1/locks", Requests.Json($$"""{"channel":"{{channel}}","from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:01:00Z","reason":"r"}""")).BodyAsync(HttpStatusCode.Created);
        Assert.Equal(3, (await Box.Admin.GetAsync("/api/v1/locks").BodyAsync()).GetArrayLength());
        Assert.Equal(2, (await Box.Admin.GetAsync($"/api/v1/locks?channel={other}").BodyAsync()).GetArrayLength());
    }

    [Fact]
    public async Task The_audit_says_who_did_what()
    {
        await AddAsync("x");
        var row = (await Box.Admin.GetAsync("/api/v1/audit").BodyAsync())[0];
        Assert.Equal(("admin", "channel.add", "127.0.0.1"), (row.GetProperty("who").GetString(), row.GetProperty("action").GetString(), row.GetProperty("source").GetString()));
    }

    [Fact]
    public async Task Metrics_are_lines_of_name_and_number()
    {
        var text = await Box.Admin.GetStringAsync("/metrics");
        Assert.Contains("\nedge_recorder_fragments_total 42\n", text, StringComparison.Ordinal);
        Assert.Contains("\nedge_recorder_channels{state=\"offline\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nedge_recorder_dotnet_allocated_bytes_total ", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+({[a-z]+=\"[^\"]*\"})? [0-9.E+-]+)$", line));
    }

    [Fact]
    public async Task Unknown_and_reserved_routes_are_told_apart()
    {
        Assert.Contains("not available", await Box.Admin.GetAsync("/api/v1/logs").ProblemAsync(501), StringComparison.Ordinal);
        using var answer = await Box.Admin.GetAsync("/api/v1/nothing");
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task A_quota_is_set_shown_and_cleared_and_nonsense_is_refused()
    {
        var made = await Box.Admin.PostAsync("/api/v1/channels", Requests.Json("""{"name":"Yard","url":"rtsp://h/y","quota":{"maxSize":"10%","minAge":"12h"}}""")).BodyAsync(HttpStatusCode.Created);
        var address = $"/api/v1/channels/{made.GetProperty("id").GetString()}";
        Assert.Equal("""{"minSize":null,"maxSize":"10%","minAge":"12h","maxAge":null}""", made.GetProperty("quota").GetRawText());
        Assert.Equal("10%", (await Quota("""{"name":"Back yard"}""")).GetProperty("maxSize").GetString());      // left out: as it was
        Assert.Equal("""{"minSize":"1GiB","maxSize":"20GiB","minAge":null,"maxAge":"30d"}""", (await Quota("""{"quota":{"minSize":"1GiB","maxSize":"20GiB","maxAge":"30d"}}""")).GetRawText());
        var row = Box.Get<ChannelStore>().All().Single(c => c.Name == "Back yard");
        Assert.Equal(("1GiB", "20GiB", (long?)null, (long?)30 * 86_400), (row.MinSize, row.MaxSize, row.MinAgeSeconds, row.MaxAgeSeconds));
        Assert.Equal("""{"minSize":null,"maxSize":null,"minAge":null,"maxAge":null}""", (await Quota("""{"quota":{}}""")).GetRawText());

        Assert.Contains("quota: a size", await Refused("""{"quota":{"maxSize":"much"}}"""), StringComparison.Ordinal);
        Assert.Contains("quota: a size", await Refused("""{"quota":{"maxSize":"auto"}}"""), StringComparison.Ordinal);
        Assert.Contains("quota: an age", await Refused("""{"quota":{"minAge":"soon"}}"""), StringComparison.Ordinal);
        Assert.Contains("quota.minSize: is larger than maxSize", await Refused("""{"quota":{"minSize":"2GiB","maxSize":"1GiB"}}"""), StringComparison.Ordinal);
        Assert.Contains("quota.minAge: is longer than maxAge", await Refused("""{"quota":{"minAge":"2d","maxAge":"1d"}}"""), StringComparison.Ordinal);

        async Task<System.Text.Json.JsonElement> Quota(string body) => (await Box.Admin.PatchAsync(address, Requests.Json(body)).BodyAsync()).GetProperty("quota");
        Task<string> Refused(string body) => Box.Admin.PatchAsync(address, Requests.Json(body)).ProblemAsync(400);
    }

    [Fact]
    public async Task The_OpenAPI_document_is_the_one_checked_in()
    {
        var served = await Box.Admin.GetStringAsync("/openapi/v1.json");
        var path = Repository.Path("docs/api/openapi.json");
        if (Environment.GetEnvironmentVariable("WRITE_DOCS") == "1")
            await File.WriteAllTextAsync(path, served + "\n");
        Assert.Equal(await File.ReadAllTextAsync(path), served + "\n");
    }
}
