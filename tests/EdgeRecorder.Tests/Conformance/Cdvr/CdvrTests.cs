using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Cdvr;

/// <summary>The cases of the contract, C01 to C31, as black-box tests over HTTP; what devices see of them is counted at the devices.</summary>
[Collection(ThirdDaemon.Name)]
public sealed partial class CdvrTests(CdvrBox box) : IClassFixture<CdvrBox>, IAsyncLifetime
{
    public Task InitializeAsync() => box.RestAsync();

    public Task DisposeAsync() => box.RestAsync();

    [Fact]
    public async Task C01_a_start()
    {
        var started = await box.StartAsync();
        Assert.Equal((0, "success"), (started.Result, started.Note));
        Assert.Matches("^[0-9a-f-]{36}$", started.Job);
        await box.RecordingAsync(1);
        await box.Daemon.AwaitStateAsync(CdvrBox.First, "recording");
    }

    [Fact]
    public async Task C02_a_start_again()
    {
        var asked = await box.SentAsync("0x9101");
        var first = await box.StartAsync();
        var again = await box.StartAsync();
        Assert.Equal((0, "already recording", first.Job), (again.Result, again.Note, again.Job));
        Assert.Single(await box.RecordingAsync(1));
        Assert.Equal(asked + 1, await box.SentAsync("0x9101"));
    }

    [Fact]
    public async Task C03_lower_case_and_no_leading_zero()
    {
        var first = await box.StartAsync();
        var same = await box.GetAsync("/record/start?sim=13300001111&channel=1");
        Assert.Equal((0, first.Job), (same.Result, same.Job));
        Assert.Equal(first.Job, (await box.GetAsync("/RECORD/START/?SIM=013300001111&CHANNEL=1&PROTOCOL=1")).Job);
        Assert.Single(await box.JobsAsync());
    }

    [Theory]
    [InlineData("/Record/Start?Channel=1", "missing Sim")]
    [InlineData("/Record/Start?Sim=&Channel=1", "missing Sim")]
    public Task C04_a_start_without_a_device(string path, string note) => RefusedAsync(path, note);

    [Fact]
    public Task C05_a_start_without_a_channel() => RefusedAsync("/Record/Start?Sim=013300001111", "missing Channel");

    [Theory]
    [InlineData("9")]
    [InlineData("x")]
    [InlineData("-1")]
    public Task C06_a_protocol_that_is_none(string protocol) => RefusedAsync($"/Record/Start?Sim=013300001111&Channel=1&Protocol={protocol}", "invalid Protocol");

    [Theory]
    [InlineData("abc")]
    [InlineData("0")]
    [InlineData("256")]
    public Task C07_a_channel_that_is_none(string channel) => RefusedAsync($"/Record/Start?Sim=013300001111&Channel={channel}", "invalid Channel");

    [Fact]
    public async Task C08_a_terminal_that_comes_later_is_recorded_without_another_call()
    {
        var armed = await box.GetAsync($"/Record/Start?Sim={CdvrBox.Later}&Channel=1");
        Assert.Equal((0, "armed", "ready"), (armed.Result, armed.Note, armed.State));
        await using var terminal = await box.TerminalAsync(CdvrBox.Later);
        var job = Assert.Single(await box.RecordingAsync(1));
        Assert.Equal(armed.Job, job.GetProperty("id").GetString());
        Assert.Equal(1, (await terminal.StatsAsync()).Terminals[0].Received["0x9101"]);
        await box.Daemon.AwaitFootageAsync("13300002222_1", TimeSpan.FromSeconds(1));
        Assert.Equal("approved", (await box.Daemon.DeviceAsync("13300002222")).GetProperty("state").GetString());
        Assert.Equal("success", (await box.GetAsync($"/Record/Stop?Sim={CdvrBox.Later}&Channel=1")).Note);
        await terminal.WaitAsync(s => s.Terminals[0].Received.GetValueOrDefault("0x9102") == 1);
    }

    [Fact]
    public async Task C09_a_surveillance_device_sees_one_INVITE()
    {
        var before = await InvitesAsync();
        var started = await box.GetAsync($"/Record/Start?Sim={CdvrBox.Device}&Channel={CdvrBox.Channel}&Protocol=2");
        Assert.Equal((0, "success"), (started.Result, started.Note));
        await box.GetAsync($"/Record/Start?Sim={CdvrBox.Device}&Channel={CdvrBox.Channel}&Protocol=2");
        await box.RecordingAsync(1);
        Assert.Equal(before + 1, await InvitesAsync());
        Assert.Equal("success", (await box.GetAsync($"/Record/Stop?Sim={CdvrBox.Device}&Channel={CdvrBox.Channel}&Protocol=2")).Note);
        await box.Surveillance.WaitAsync(s => s.Streams.All(stream => stream.Call == "Ended"));
        Assert.Equal(before + 1, await InvitesAsync());
    }

    [Fact]
    public async Task C10_another_method()
    {
        using var answer = await box.Http.PostAsync("/Record/Start?Sim=013300001111&Channel=1", null);
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "GET", (long?)0), (answer.StatusCode, string.Join(',', answer.Content.Headers.Allow), answer.Content.Headers.ContentLength));
        Assert.Empty(await box.JobsAsync());
    }

    [Fact]
    public async Task C11_a_stop_ends_the_media_of_the_terminal()
    {
        await box.StartAsync();
        await box.RecordingAsync(1);
        var closed = await box.SentAsync("0x9102");
        var stopped = await box.GetAsync("/Record/Stop?Sim=013300001111&Channel=1");
        Assert.Equal((0, "success", "stopped"), (stopped.Result, stopped.Note, stopped.State));
        await box.AwaitSentAsync("0x9102", closed + 1);
        Assert.Empty(await box.JobsAsync());
    }

    [Fact]
    public async Task C12_a_stop_again()
    {
        await box.StartAsync();
        await box.RecordingAsync(1);
        await box.GetAsync("/Record/Stop?Sim=013300001111&Channel=1");
        var again = await box.GetAsync("/Record/Stop?Sim=013300001111&Channel=1");
        Assert.Equal((0, "not recording"), (again.Result, again.Note));
    }

    [Fact]
    public async Task C13_a_batch()
    {
        var asked = await box.SentAsync("0x9101");
        await box.StartBothAsync("/Record/BatchStart", "success");
        await box.RecordingAsync(2);
        Assert.Equal(asked + 2, await box.SentAsync("0x9101"));
    }

    [Fact]
    public async Task C14_its_other_name()
    {
        await box.StartBothAsync("/Record/BatchStart", "success");
        await box.StartBothAsync("/Record/Open", "already recording");
        Assert.Equal(2, (await box.JobsAsync()).Count);
    }

    [Fact]
    public async Task C15_a_batch_with_an_entry_that_is_wrong()
    {
        var partial = await box.PostAsync("/Record/BatchStart", """[{"sim":"013300001111","channel":["1"]},{"sim":"","channel":["1"]}]""");
        Assert.Equal((2, "partial"), (partial.Result, partial.Note));
        Assert.Equal([0, -1], partial.Json.EnumerateArray().Select(entry => entry.GetProperty("result").GetInt32()));
        Assert.Single(await box.JobsAsync());
    }

    [Theory]
    [InlineData("{not json")]
    [InlineData("3")]
    [InlineData("[3]")]
    public async Task C16_a_batch_that_is_not_JSON_or_no_list(string body)
    {
        var refused = await box.PostAsync("/Record/BatchStart", body, HttpStatusCode.BadRequest);
        Assert.Equal((-1, "bad request", ""), (refused.Result, refused.Note, refused.Detail));
        Assert.Empty(await box.JobsAsync());
    }

    [Fact]
    public async Task C17_an_empty_batch()
    {
        var nothing = await box.PostAsync("/Record/BatchStart", "");
        Assert.Equal((0, "[]"), (nothing.Result, nothing.Detail));
        Assert.Empty(await box.JobsAsync());
    }

    [Fact]
    public async Task C18_a_batch_of_stops()
    {
        await box.StartBothAsync("/Record/BatchStart", "success");
        await box.RecordingAsync(2);
        var closed = await box.SentAsync("0x9102");
        var stopped = await box.PostAsync("/Record/Close", """[{"sim":"013300001111","channel":["1","2"],"protocol":0}]""");
        Assert.Equal(0, stopped.Result);
        Assert.Equal(["success", "success"], stopped.Json.EnumerateArray().Select(entry => entry.GetProperty("resultNote").GetString()));
        Assert.Empty(await box.JobsAsync());
        await box.AwaitSentAsync("0x9102", closed + 2);
    }

    [Fact]
    public async Task C19_an_empty_batch_stops_nothing()
    {
        await box.StartAsync();
        Assert.Equal(0, (await box.PostAsync("/Record/BatchStop", "[]")).Result);
        await box.RecordingAsync(1);
    }

    [Fact]
    public async Task C28_a_path_for_an_id()
    {
        foreach (var path in (string[])["/Record/File/..%2f..%2fetc%2fpasswd", "/Record/File/..%2F..%2F..%2Fledger.db", "/Record/File/", "/Record/File/x", $"/Record/File/{Guid.NewGuid()}"])
        {
            using var answer = await box.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task C29_a_killed_daemon_records_again_without_a_call()
    {
        await box.StartBothAsync("/Record/BatchStart", "success");
        var before = (await box.RecordingAsync(2)).Select(job => job.GetProperty("id").GetString()).Order();
        await box.CrashAsync();
        Assert.Equal(before, (await box.RecordingAsync(2)).Select(job => job.GetProperty("id").GetString()).Order());
        Assert.Empty(box.Daemon.Errors);
    }

    [Fact]
    public async Task C30_twenty_starts_at_once_make_one_job()
    {
        var asked = await box.SentAsync("0x9101");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => box.StartAsync()));
        Assert.All(answers, answer => Assert.Equal(0, answer.Result));
        Assert.Single(answers.Select(answer => answer.Job).Distinct());
        Assert.Single(answers, answer => answer.Note == "success");
        Assert.Single(await box.RecordingAsync(1));
        Assert.Equal(asked + 1, await box.SentAsync("0x9101"));
    }

    [Theory]
    [InlineData("/v1/vhosts")]
    [InlineData("/api/v1/status")]
    [InlineData("/Record")]
    [InlineData("/")]
    public async Task C31_paths_of_others(string path)
    {
        using var answer = await box.Http.GetAsync(path);
        Assert.Equal((HttpStatusCode.NotFound, (long?)0), (answer.StatusCode, answer.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task More_than_256_pairs_start_nothing()
    {
        var channels = string.Join(',', Enumerable.Range(1, 255).Select(n => $"\"{n}\""));
        var refused = await box.PostAsync("/Record/Open", $$"""[{"sim":"019900000000","channel":[{{channels}}]},{"sim":"019900000001","channel":["1",2,"3"]}]""");
        Assert.Equal((-2, "over limit"), (refused.Result, refused.Note));
        Assert.Empty(await box.JobsAsync());
    }

    [Fact]
    public async Task A_caller_behind_a_proxy_needs_credentials_and_is_told_in_the_shape_of_the_family()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/Record/Start?Sim=013300001111&Channel=1");
        request.Headers.Add("X-Forwarded-For", "192.0.2.7");
        using var answer = await box.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(-1, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("result").GetInt32());
    }

    private async Task RefusedAsync(string path, string note)
    {
        var refused = await box.GetAsync(path);
        Assert.Equal((-1, note, ""), (refused.Result, refused.Note, refused.Detail));
        Assert.Empty(await box.JobsAsync());
    }

    private async Task<int> InvitesAsync() => (await box.Surveillance.StatsAsync()).Devices[0].Received.GetValueOrDefault("INVITE");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
