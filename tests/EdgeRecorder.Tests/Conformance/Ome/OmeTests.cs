using System.Net;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using static EdgeRecorder.Tests.Conformance.Ome.OmeClient;

namespace EdgeRecorder.Tests.Conformance.Ome;

/// <summary>The cases of the contract that one box can show, over HTTP as its clients see it.</summary>
[Collection(ThirdDaemon.Name)]
public sealed class OmeTests(OmeBox box) : IClassFixture<OmeBox>
{
    private OmeClient Client => box.Client;

    [Fact]
    public async Task O01_without_authorization_nothing_is_answered()
    {
        var answer = await Client.SendAsync(HttpMethod.Post, S, Body("o01"), null);
        answer.Is(HttpStatusCode.Unauthorized, "[HTTP] Authorization header is required to call API (401)");
        Assert.Equal("Basic realm=\"OvenMediaEngine\"", answer.Headers["WWW-Authenticate"]);
        (await Client.SendAsync(HttpMethod.Get, "/nowhere", null, null)).Is(HttpStatusCode.Unauthorized, "[HTTP] Authorization header is required to call API (401)");
    }

    [Fact]
    public async Task O02_a_wrong_token_is_refused()
    {
        var answer = (await Client.PostAsync(S, Body("o02"), "Basic d3Jvbmc=")).Is(HttpStatusCode.Unauthorized, "[HTTP] Invalid credential (401)");
        Assert.Equal("Basic realm=\"OvenMediaEngine\"", answer.Headers["WWW-Authenticate"]);
    }

    [Fact]
    public async Task O03_another_scheme_is_refused()
    {
        (await Client.PostAsync(S, Body("o03"), "Bearer x")).Is(HttpStatusCode.Unauthorized, "[HTTP] Not supported credential type: Bearer (401)");
        (await Client.PostAsync(S, Body("o03"), "Basic")).Is(HttpStatusCode.Unauthorized, "[HTTP] Invalid authorization header (401)");
        (await Client.PostAsync(S, Body("o03"), Token.Replace(" ", "  ", StringComparison.Ordinal))).Is(HttpStatusCode.Unauthorized, "[HTTP] Invalid authorization header (401)");
        (await Client.PostAsync(S, Body("o03"), "Basic %%%")).Is(HttpStatusCode.Unauthorized, "[HTTP] Invalid credential format (401)");
        Assert.Equal(HttpStatusCode.NoContent, (await Client.PostAsync(R, """{"id":"o03"}""", Token.Replace("Basic", "bAsIc", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task O04_a_start_answers_with_the_job()
    {
        var record = await Client.StartAsync("o04");
        Assert.Equal("o04", Text(record, "id"));
        Assert.Contains(State(record), (string[])["ready", "recording"]);
        Assert.Equal(("default", "app", "cam1"), (Text(record, "vhost"), Text(record, "app"), Text(record.GetProperty("stream"), "name")));
        Assert.Equal("discontinuity", Text(record, "segmentationRule"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$", Text(record, "createdTime"));
        Assert.Empty(record.GetProperty("stream").GetProperty("tracks").EnumerateArray());
        await Client.StopAsync("o04");
    }

    [Fact]
    public async Task O05_the_same_id_is_taken()
    {
        await Client.StartAsync("o05");
        (await Client.PostAsync(S, Body("o05"))).Is(HttpStatusCode.BadRequest, "Duplicate ID already exists [o05] (400)");
        await Client.StopAsync("o05");
    }

    [Fact]
    public async Task O06_a_running_job_shows_its_counters()
    {
        await Client.StartAsync("o06");
        var record = await Client.AwaitAsync("o06", r => Number(r, "recordTime") >= 1000, "a second of footage");
        Assert.Equal("recording", State(record));
        Assert.Equal(0, record.GetProperty("sequence").GetInt32());
        Assert.InRange(Number(record, "recordBytes"), 100_000, 10_000_000);
        Assert.InRange(Number(record, "recordTime"), 1000, 4000);
        Assert.Equal((Number(record, "recordBytes"), Number(record, "recordTime")), (Number(record, "totalRecordBytes"), Number(record, "totalRecordTime")));
        Assert.True(DateTimeOffset.Parse(Colon(Text(record, "startTime")), null) >= DateTimeOffset.Parse(Colon(Text(record, "createdTime")), null));
        Assert.False(record.TryGetProperty("finishTime", out _));
        await Client.StopAsync("o06");
    }

    [Fact]
    public async Task O07_a_stop_answers_with_the_counters()
    {
        await Client.StartAsync("o07");
        await Client.AwaitAsync("o07", r => Number(r, "recordTime") >= 1000, "a second of footage");
        var record = await Client.StopAsync("o07");
        Assert.Equal("stopping", State(record));
        Assert.True(Number(record, "recordBytes") > 0);
        Assert.Equal(Number(record, "recordBytes"), Number(record, "totalRecordBytes"));
        Assert.True(Number(record, "recordTime") >= 1000 && record.TryGetProperty("startTime", out _));
    }

    [Fact]
    public async Task O08_a_stopped_job_has_its_file_and_its_information()
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        var record = await Client.RecordAsync("o08", "\"metadata\":\"a & b <c> ]]> \\u0001\"");
        Assert.True(record.TryGetProperty("finishTime", out _));
        var path = Client.OnDisk(Text(record, "filePath"));
        Assert.Equal(Number(record, "recordBytes"), new FileInfo(path).Length);
        Assert.Equal(Number(record, "recordTime") / 1000.0, await DurationAsync(path), 0.3);
        Assert.True(await DurationAsync(path) < since.Elapsed.TotalSeconds);
        await Media.Tool.DecodesAsync(path);
        Assert.Equal(["aac", "h264"], (await CodecsAsync(path)).Order());
        Assert.Matches(@"^records/[0-9A-Za-z]{16}_default_app_cam1_\d{14}_\d{14}\.ts$", Text(record, "filePath"));
        Assert.Equal(Text(record, "filePath"), Text(record, "outputFilePath"));

        var file = Assert.Single(Client.Info(record));
        Assert.Equal(["transactionId", "id", "metadata", "vhost", "app", "stream", "filePath", "recordBytes", "recordTime", "sequence", "lastSequence", "createdTime", "startTime", "finishTime"], file.Elements().Select(e => e.Name.LocalName));
        Assert.Equal(("true", "o08", "a & b <c> ]]>"), (file.Element("lastSequence")!.Value, file.Element("id")!.Value, file.Element("metadata")!.Value.TrimEnd()));
        Assert.Equal((Text(record, "filePath"), Number(record, "recordBytes"), Number(record, "recordTime")), (file.Element("filePath")!.Value, (long)file.Element("recordBytes")!, (long)file.Element("recordTime")!));
    }

    [Fact]
    public async Task O09_a_second_stop_finds_nothing()
    {
        await Client.StartAsync("o09");
        await Client.StopAsync("o09");
        (await Client.PostAsync(T, """{"id":"o09"}""")).Contains(HttpStatusCode.NotFound, "[o09]");
    }

    [Fact]
    public async Task O10_the_id_of_a_stopped_job_is_free_again()
    {
        await Client.RecordAsync("o10");
        var record = await Client.StartAsync("o10");
        Assert.Contains(State(record), (string[])["ready", "recording"]);
        Assert.Equal(0, Number(record, "totalRecordBytes"));
        await Client.StopAsync("o10");
    }

    [Fact]
    public async Task O11_an_empty_start_names_both_members()
        => (await Client.PostAsync(S, "{}")).Is(HttpStatusCode.BadRequest, "There is no required parameter [id, stream.name] (400)");

    [Fact]
    public async Task O12_without_a_stream()
        => (await Client.PostAsync(S, """{"id":"r2"}""")).Is(HttpStatusCode.BadRequest, "There is no required parameter [stream.name] (400)");

    [Fact]
    public async Task O13_without_an_id()
        => (await Client.PostAsync(S, """{"stream":{"name":"cam1"}}""")).Is(HttpStatusCode.BadRequest, "There is no required parameter [id] (400)");

    [Fact]
    public async Task O14_interval_and_schedule_exclude_each_other()
        => (await Client.PostAsync(S, Body("o14", more: "\"interval\":60000,\"schedule\":\"0 0 */1\""))).Is(HttpStatusCode.BadRequest, "[Interval] and [Schedule] cannot be used at the same time");

    [Fact]
    public async Task O15_a_schedule_that_is_none()
    {
        (await Client.PostAsync(S, Body("o15", more: "\"schedule\":\"61 * *\""))).Contains(HttpStatusCode.BadRequest, "[schedule]");
        (await Client.PostAsync(S, Body("o15", more: "\"schedule\":\"1,2 * *\""))).Contains(HttpStatusCode.BadRequest, "[schedule]");
    }

    [Fact]
    public async Task O16_a_schedule_cuts_by_the_clock()
    {
        var record = (await box.Long)[OmeBox.Scheduled];
        Assert.Equal("*/5 * *", Text(record, "schedule"));
        var files = Client.Info(record);
        Assert.True(files.Length >= 3);
        foreach (var (before, after) in files.Zip(files.Skip(1)))
        {
            var start = Start(after);
            var due = start.AddTicks(-(start.Ticks % TimeSpan.FromSeconds(5).Ticks));
            Assert.True(due > Start(before));
            // The key frame that begins it is the first behind the instant: the last one of the file before lies in front of it. Dates follow the camera to a tenth of a second.
            var stamps = await KeyFramesAsync(Client.OnDisk(before.Element("filePath")!.Value));
            Assert.True(Start(before).AddSeconds(stamps[^1] - stamps[0]) < due.AddSeconds(0.25), $"{before} {after}");
        }
    }

    [Fact]
    public async Task O17_an_interval_cuts_by_length()
    {
        var record = (await box.Long)[OmeBox.Split];
        var files = Client.Info(record);
        Assert.True(files.Length >= 4);
        Assert.Equal(Enumerable.Range(0, files.Length).Select(number => $"seg_{number}.ts"), files.Select(file => file.Element("filePath")!.Value));
        foreach (var file in files.SkipLast(1))
            Assert.InRange(await DurationAsync(Client.OnDisk(file.Element("filePath")!.Value)), 4.9, 6.2);
        Assert.Single(files.Select(file => file.Element("transactionId")!.Value).Distinct());
        Assert.Equal(Enumerable.Repeat("false", files.Length - 1).Append("true"), files.Select(file => file.Element("lastSequence")!.Value));
        Assert.Equal(files.Sum(file => (long)file.Element("recordBytes")!), Number(record, "totalRecordBytes"));
        Assert.Equal(files.Sum(file => (long)file.Element("recordTime")!), Number(record, "totalRecordTime"));
    }

    [Fact]
    public async Task O18_stamps_run_on_or_begin_anew()
    {
        await box.Long;
        var (first, second) = (await StampsAsync(Client.OnDisk("run_0.ts")), await StampsAsync(Client.OnDisk("run_1.ts")));
        Assert.InRange(second[0] - first[^1], 0.001, 0.1);
        foreach (var number in (int[])[0, 1, 2])
            Assert.InRange((await StampsAsync(Client.OnDisk($"seg_{number}.ts")))[0], 0, 0.6);
        // Nothing is lost at a cut: the pictures of three files are as many as their time holds.
        var pictures = 0;
        foreach (var number in (int[])[0, 1, 2])
            pictures += (await StampsAsync(Client.OnDisk($"run_{number}.ts"))).Length;
        var last = await StampsAsync(Client.OnDisk("run_2.ts"));
        Assert.Equal((last[^1] - first[0]) * 25 + 1, pictures, 0.5);
    }

    [Fact]
    public async Task O19_an_unknown_rule_is_the_usual_one()
    {
        Assert.Equal("discontinuity", Text(await Client.StartAsync("o19", more: "\"segmentationRule\":\"bogus\""), "segmentationRule"));
        await Client.StopAsync("o19");
    }

    [Fact]
    public async Task O20_a_stream_that_is_not_there_is_waited_for()
    {
        var record = await Client.StartAsync("o20", "later");
        Assert.Equal("ready", State(record));
        Assert.False(record.TryGetProperty("recordBytes", out _) || record.TryGetProperty("startTime", out _));
        await using var camera = await CameraProcess.StartAsync("small.h264");
        using var made = await box.Daemon.Http.PostAsync("/api/v1/channels", Requests.Json($$"""{"name":"later","url":"{{camera.Url()}}","record":false}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        await Client.AwaitAsync("o20", r => State(r) == "recording" && Number(r, "recordBytes") > 0, "state recording");
        await Client.StopAsync("o20");
        Assert.Equal("stopped", State(await Client.AwaitAsync("o20", "stopped")));
    }

    [Fact]
    public async Task O21_a_stop_without_an_id()
        => (await Client.PostAsync(T, "{}")).Is(HttpStatusCode.BadRequest, "There is no required parameter [id] (400)");

    [Fact]
    public async Task O22_a_stop_of_nothing()
        => (await Client.PostAsync(T, """{"id":"nope"}""")).Is(HttpStatusCode.NotFound, "There is no record information related to the ID [nope] (404)");

    [Fact]
    public async Task O23_all_jobs_are_listed_in_the_order_of_their_making()
    {
        await Client.StartAsync("o23a");
        await Client.StartAsync("o23b");
        var ids = Ids(await Client.PostAsync(R, "{}"));
        Assert.True(ids.IndexOf("o23a") >= 0 && ids.IndexOf("o23a") < ids.IndexOf("o23b"));
        Assert.Contains(OmeBox.Split, ids);
        Assert.Equal(ids, Ids(await Client.PostAsync(R, "")));
        await Client.StopAsync("o23a");
        await Client.StopAsync("o23b");
    }

    [Fact]
    public async Task O24_nothing_to_list()
    {
        var answer = await Client.PostAsync(R, """{"id":"nope"}""");
        Assert.Equal((HttpStatusCode.NoContent, ""), (answer.Status, answer.Text));
        Assert.Equal("There is no record information (204)", answer.Headers["X-Message"]);
        Assert.Equal(HttpStatusCode.NoContent, (await Client.PostAsync("/v1/vhosts/default/apps/gb28181:records", "{}")).Status);
    }

    [Fact]
    public async Task O25_the_list_by_GET()
    {
        await Client.StartAsync("o25");
        Assert.Contains("o25", Ids(await Client.SendAsync(HttpMethod.Get, R, null, Token)));
        await Client.StopAsync("o25");
    }

    [Fact]
    public async Task O26_an_unknown_application()
        => (await Client.PostAsync(S.Replace("app:", "nope:", StringComparison.Ordinal), Body("o26"))).Is(HttpStatusCode.NotFound, "[HTTP] Could not find the application: [default/nope] (404)");

    [Fact]
    public async Task O27_an_unknown_virtual_host()
        => (await Client.PostAsync(S.Replace("default", "nope", StringComparison.Ordinal), Body("o27"))).Is(HttpStatusCode.NotFound, "[HTTP] Could not find the virtual host: [nope] (404)");

    [Fact]
    public async Task O28_a_body_that_is_no_JSON()
    {
        foreach (var body in (string[])["""{"id":""", "[]", "1", "# comment\n{}"])
            (await Client.PostAsync(S, body)).Is(HttpStatusCode.BadRequest, "Could not parse json context: [default/app] (400)");
        (await Client.PostAsync(T, "")).Is(HttpStatusCode.BadRequest, "There is no required parameter [id] (400)");
    }

    [Fact]
    public async Task O29_an_unknown_action()
    {
        (await Client.PostAsync("/v1/vhosts/default/apps/app:foo", "{}")).Is(HttpStatusCode.NotFound, "[HTTP] Controller not found (404)");
        (await Client.SendAsync(HttpMethod.Get, S, null, Token)).Is(HttpStatusCode.NotFound, "[HTTP] Controller not found (404)");
        (await Client.PostAsync("/api/v1/channels", "{}")).Is(HttpStatusCode.NotFound, "[HTTP] Controller not found (404)");
        Assert.Equal(HttpStatusCode.NoContent, (await Client.SendAsync(HttpMethod.Options, S, null, Token)).Status);
    }

    [Theory]
    [InlineData("/../../etc/x.ts")]
    [InlineData("..\\\\..\\\\etc\\\\x.ts")]
    [InlineData("a/${Id}/../../../../x.ts")]
    [InlineData("x\\u0000.ts")]
    public async Task O30_a_path_that_leads_out_is_refused(string path)
    {
        (await Client.PostAsync(S, Body("o30", more: $"\"filePath\":\"{path}\""))).Is(HttpStatusCode.BadRequest, "Invalid [filePath] parameter (400)");
        (await Client.PostAsync(S, Body("o30", more: $"\"infoPath\":\"{path}\""))).Is(HttpStatusCode.BadRequest, "Invalid [infoPath] parameter (400)");
        Assert.Equal(HttpStatusCode.NoContent, (await Client.PostAsync(R, """{"id":"o30"}""")).Status);
        Assert.False(Directory.Exists(Path.Combine(box.Daemon.Setup.Root, "etc")) || Directory.Exists(Path.Combine(box.Daemon.Setup.Root, "..", "etc")));
    }

    [Fact]
    public async Task A_container_that_is_not_written_is_refused()
        => (await Client.PostAsync(S, Body("webm", more: "\"filePath\":\"x.webm\""))).Is(HttpStatusCode.BadRequest, "Invalid [filePath] parameter (400)");

    [Fact]
    public async Task O31_a_value_cannot_add_a_folder()
    {
        var record = await Client.RecordAsync("a/b", "\"filePath\":\"/abs/${Id}.mp4\"");
        Assert.Equal("/abs/a_b.mp4", Text(record, "filePath"));
        Assert.True(File.Exists(Client.OnDisk("abs/a_b.mp4")));
        await Media.Tool.DecodesAsync(Client.OnDisk("abs/a_b.mp4"));
    }

    [Fact]
    public async Task O32_nothing_is_overwritten()
    {
        Assert.Equal("x.mp4", Text(await Client.RecordAsync("o32a", "\"filePath\":\"x.mp4\""), "filePath"));
        var first = await File.ReadAllBytesAsync(Client.OnDisk("x.mp4"));
        Assert.Equal("x_1.mp4", Text(await Client.RecordAsync("o32b", "\"filePath\":\"x.mp4\""), "filePath"));
        Assert.True(File.Exists(Client.OnDisk("x_1.mp4")));
        Assert.Equal(first, await File.ReadAllBytesAsync(Client.OnDisk("x.mp4")));
    }

    [Fact]
    public async Task O33_only_the_chosen_track_is_in_the_file()
    {
        await Client.PostAsync(S, """{"id":"o33","stream":{"name":"cam1","trackIds":[100]},"filePath":"o33.ts"}""");
        await Client.AwaitAsync("o33", r => Number(r, "recordTime") >= 1000, "a second of footage");
        await Client.StopAsync("o33");
        var record = await Client.AwaitAsync("o33", "stopped");
        Assert.Equal([100], record.GetProperty("stream").GetProperty("trackIds").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal([100], record.GetProperty("stream").GetProperty("tracks").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(["h264"], await CodecsAsync(Client.OnDisk("o33.ts")));
        Assert.Equal("audio", (await SoundAloneAsync()).Trim());
        (await Client.PostAsync(S, """{"id":"o33c","stream":{"name":"cam1","trackIds":[7]}}""")).Is(HttpStatusCode.BadRequest, "Invalid [stream.trackIds] parameter (400)");
    }

    [Fact]
    public async Task O34_two_jobs_of_one_stream_have_one_connection()
    {
        await Client.StartAsync("o34a");
        await Client.StartAsync("o34b");
        await Client.AwaitAsync("o34a", "recording");
        await Client.AwaitAsync("o34b", "recording");
        var stats = await box.Camera.StatsAsync();
        Assert.Single(stats.Clients, client => client.State == "Playing");
        Assert.Equal(1, stats.Requests["PLAY"]);
        await Client.StopAsync("o34a");
        await Client.StopAsync("o34b");
    }

    [Fact]
    public async Task O35_a_stop_of_CDVR_ends_no_job_of_this_family()
    {
        await Client.StartAsync("o35");
        await Client.AwaitAsync("o35", "recording");
        using var cdvr = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{box.Daemon.Setup.CdvrPort}") };
        foreach (var verb in (string[])["Start", "Stop"])
        {
            var answer = await cdvr.GetAsync($"/Record/{verb}?Sim=cam1&Channel=1&Protocol=3").BodyAsync();
            Assert.Equal((0, "success"), (answer.GetProperty("result").GetInt32(), Text(answer, "resultNote")));
        }
        var stopped = await Client.ShowAsync("o35");
        Assert.Equal("recording", State(stopped));
        // It goes on: media is added behind the stop, over the connection that was there.
        await Client.AwaitAsync("o35", r => State(r) == "recording" && Number(r, "recordTime") > Number(stopped, "recordTime"), "footage behind the stop");
        Assert.Equal(1, (await box.Camera.StatsAsync()).Requests["PLAY"]);
        await Client.StopAsync("o35");
        Assert.Equal("stopped", State(await Client.AwaitAsync("o35", "stopped")));
    }

    [Fact]
    public async Task A_page_of_another_origin_is_refused_whatever_the_browser_adds()
    {
        var answer = await Client.SendAsync(HttpMethod.Post, S, Body("page"), Token, ("Origin", "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Equal(HttpStatusCode.NoContent, (await Client.PostAsync(R, """{"id":"page"}""")).Status);
    }

    private async Task<string> SoundAloneAsync()
    {
        await Client.PostAsync(S, """{"id":"o33b","stream":{"name":"cam1","variantNames":["audio"]},"filePath":"o33b.mp4"}""");
        await Client.AwaitAsync("o33b", r => Number(r, "recordTime") >= 1000, "a second of sound");
        await Client.StopAsync("o33b");
        await Client.AwaitAsync("o33b", "stopped");
        return await Media.Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "default=nk=1:nw=1", Client.OnDisk("o33b.mp4"));
    }

    private static List<string> Ids(OmeAnswer answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return [.. answer.Json.GetProperty("response").EnumerateArray().Select(record => Text(record, "id"))];
    }

    private static DateTimeOffset Start(System.Xml.Linq.XElement file) => DateTimeOffset.Parse(Colon(file.Element("startTime")!.Value), null);

    /// <summary>`+0900` as .NET reads it.</summary>
    private static string Colon(string time) => time.Insert(time.Length - 2, ":");
}
