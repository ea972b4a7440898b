using System.Security.Cryptography;
using System.Text.Json;
using EdgeRecorder.Tests.Conformance.Ome;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;

namespace EdgeRecorder.Tests.Conformance.Cdvr;

/// <summary>What the contract lets an owner limit (tags, jobs that wait, unknown devices), a ring without room, and ids that stay: one box that is started three times, the last time without its index.</summary>
[Collection(ThirdDaemon.Name)]
public sealed class CdvrLimitTests(CdvrLimitBox box) : IClassFixture<CdvrLimitBox>
{
    [Fact]
    public void A_start_without_a_tag_that_is_required_is_refused()
    {
        Assert.Equal((-1, "invalid CTags", ""), box.Answers["without a tag"]);
        Assert.Equal((-1, "invalid CTags", ""), box.Answers["another tag"]);
        Assert.Equal((0, "success"), (box.Answers["the tag"].Result, box.Answers["the tag"].Note));
    }

    [Fact]
    public void A_channel_for_which_the_ring_has_no_room_is_refused_and_leaves_no_job()
    {
        Assert.Equal((-2, "no space"), (box.Answers["no room"].Result, box.Answers["no room"].Note));
        Assert.DoesNotContain("cam2", box.JobsAfterNoRoom, StringComparison.Ordinal);
    }

    [Fact]
    public void OvenMediaEngine_s_door_refuses_such_a_channel_in_its_own_words()
    {
        box.OmeNoRoom!.Is(System.Net.HttpStatusCode.BadRequest, "Not enough storage (400)");
        Assert.Equal("stopped", OmeClient.State(box.OmeAfterNoRoom));
    }

    [Fact]
    public void So_many_devices_that_are_not_there_are_waited_for_and_no_more()
    {
        Assert.Equal(["armed", "armed", "over limit", "already recording"], new[] { "first", "second", "third", "first again" }.Select(name => box.Answers[name].Note));
        Assert.Equal(-2, box.Answers["third"].Result);
        Assert.Equal((0, "armed"), (box.Answers["third behind a stop"].Result, box.Answers["third behind a stop"].Note));
    }

    [Fact]
    public void Unknown_devices_are_refused_where_the_owner_says_so()
    {
        Assert.Equal((-3, "not found", ""), box.Answers["an unknown terminal"]);
        Assert.Equal((-3, "not found", ""), box.Answers["an unknown camera"]);
        Assert.Equal(0, box.Answers["a known camera"].Result);
    }

    [Fact]
    public void Files_have_the_ids_and_bytes_they_had_behind_a_restart_and_behind_the_loss_of_the_index()
    {
        Assert.True(box.Files[0].Count >= 2, "the ring's and OvenMediaEngine's");
        Assert.Contains(box.Files[0], file => file.Name.EndsWith(".ts", StringComparison.Ordinal));
        Assert.Equal(box.Files[0], box.Files[1]);
        Assert.Equal(box.Files[0], box.Files[2]);
    }

    [Fact]
    public void A_job_of_OvenMediaEngine_keeps_its_id_transaction_and_counters()
    {
        Assert.Equal(3, box.OmeRecords.Count);
        Assert.All(box.OmeRecords, record => Assert.Equal(box.OmeRecords[0], record));
    }
}

public sealed class CdvrLimitBox : IAsyncLifetime
{
    private const string Tag = "&CTags=fleet-7";

    internal Dictionary<string, (int Result, string Note, string Detail)> Answers { get; } = [];
    internal string JobsAfterNoRoom { get; private set; } = "";
    internal OmeAnswer? OmeNoRoom { get; private set; }
    internal JsonElement OmeAfterNoRoom { get; private set; }
    internal List<List<(string Id, string Name, long Size, string Sha256)>> Files { get; } = [];
    internal List<string> OmeRecords { get; } = [];

    public async Task InitializeAsync()
    {
        using var setup = new DaemonSetup { RingSize = "15MiB", TimeZone = "UTC", Program = await PublishedProgram.PathAsync() };     // room for one stream of eight segments
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.alaw");
        setup.WithOme().WithVehicles(("record", false)).WithCdvr(("maxArmed", 2), ("requiredCTags", new System.Text.Json.Nodes.JsonArray("fleet-7")))
            .With("cam1", camera.Url(), ("transport", "tcp"), ("record", false)).With("cam2", camera.Url(), ("transport", "tcp"), ("record", false));
        var window = await RecordAsync(setup);
        await StartedAsync(setup, window, _ => Task.CompletedTask);
        foreach (var file in Directory.GetFiles(setup.Root, "index.db*"))
            File.Delete(file);
        setup.WithCdvr(("unknownDevice", "reject"));
        await StartedAsync(setup, window, async http =>
        {
            await AskAsync(http, "an unknown terminal", "/Record/Start?Sim=013300009999&Channel=1");
            await AskAsync(http, "an unknown camera", "/Record/Start?Sim=nobody&Channel=1&Protocol=3");
            await AskAsync(http, "a known camera", "/Record/Start?Sim=cam1&Channel=1&Protocol=3");
        });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private async Task<string> RecordAsync(DaemonSetup setup)
    {
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var http = Client(setup);
        using var ome = new OmeClient(daemon);
        var from = DateTimeOffset.UtcNow.AddSeconds(-2);
        await AskAsync(http, "without a tag", "/Record/Start?Sim=cam1&Channel=1&Protocol=3");
        await AskAsync(http, "another tag", "/Record/Start?Sim=cam1&Channel=1&Protocol=3&CTags=fleet-8");
        await AskAsync(http, "the tag", $"/Record/Start?Sim=cam1&Channel=1&Protocol=3{Tag}");
        await daemon.AwaitStateAsync("cam1", "recording");
        await AskAsync(http, "no room", $"/Record/Start?Sim=cam2&Channel=1&Protocol=3{Tag}");
        OmeNoRoom = await ome.PostAsync(OmeClient.S, OmeClient.Body("no-room", "cam2"));
        OmeAfterNoRoom = await ome.ShowAsync("no-room");
        JobsAfterNoRoom = string.Join('\n', (await daemon.GetAsync("/api/v1/recordings?limit=1000")).EnumerateArray().Where(r => r.GetProperty("state").GetString() != "stopped").Select(r => r.GetRawText()));
        await AskAsync(http, "first", $"/Record/Start?Sim=013300000001&Channel=1{Tag}");
        await AskAsync(http, "second", $"/Record/Start?Sim=013300000002&Channel=1{Tag}");
        await AskAsync(http, "third", $"/Record/Start?Sim=013300000003&Channel=1{Tag}");
        await AskAsync(http, "first again", $"/Record/Start?Sim=013300000001&Channel=1{Tag}");
        await AskAsync(http, "a stop", "/Record/Stop?Sim=013300000001&Channel=1");
        await AskAsync(http, "third behind a stop", $"/Record/Start?Sim=013300000003&Channel=1{Tag}");
        await ome.RecordAsync("kept", "\"filePath\":\"kept.ts\"");
        await AskAsync(http, "the end", "/Record/Stop?Sim=cam1&Channel=1&Protocol=3");
        await daemon.AwaitStateAsync("cam1", "idle");
        var window = $$"""{"timeStart":"{{from.ToUnixTimeSeconds()}}","timeEnd":"{{DateTimeOffset.UtcNow.AddSeconds(2).ToUnixTimeSeconds()}}","devices":[{"sim":"cam1","channel":["1"],"protocol":3}]}""";
        // What the sync rounds still have to show is listed when the channel has been idle for a while; a stop of the daemon ends it in any case.
        await daemon.StopAsync();
        await StartedAsync(setup, window, _ => Task.CompletedTask);
        return window;
    }

    /// <summary>Another start: what is listed then, and what is asked then.</summary>
    private async Task StartedAsync(DaemonSetup setup, string window, Func<HttpClient, Task> ask)
    {
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var http = Client(setup);
        using var ome = new OmeClient(daemon);
        using var answer = await http.PostAsync("/Record/QueryVideoFiles", Api.Requests.Json(window));
        List<(string, string, long, string)> files = [];
        foreach (var file in JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray().SelectMany(group => group.GetProperty("fileList").EnumerateArray()))
            files.Add((file.GetProperty("fileId").GetString()!, file.GetProperty("fileName").GetString()!, file.GetProperty("fileSize").GetInt64(),
                Convert.ToHexString(SHA256.HashData(await http.GetByteArrayAsync(file.GetProperty("url").GetString())))));
        Files.Add(files);
        OmeRecords.Add((await ome.ShowAsync("kept")).GetRawText());
        await ask(http);
        await daemon.StopAsync();
    }

    private async Task AskAsync(HttpClient http, string name, string path)
    {
        var ret = JsonDocument.Parse(await http.GetStringAsync(path)).RootElement;
        Answers[name] = (ret.GetProperty("result").GetInt32(), ret.GetProperty("resultNote").GetString()!, ret.GetProperty("detail").GetString()!);
    }

    private static HttpClient Client(DaemonSetup setup) => new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{setup.CdvrPort}"), Timeout = TimeSpan.FromMinutes(2) };
}
