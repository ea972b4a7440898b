using System.Diagnostics;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Families;

/// <summary>Many callers at once.</summary>
public sealed partial class FamilyTests
{
    private const int Callers = 200;

    [Fact]
    public async Task Two_hundred_callers_start_and_stop_across_families_and_nothing_is_lost_or_stuck()
    {
        var end = TimeSpan.FromSeconds(Scale.Of(10, 60));
        var since = Stopwatch.StartNew();
        var errors = box.Daemon.Errors.ToList();            // of cases before
        using var cdvr = FamiliesBox.Client(box.Setup.CdvrPort);
        using var ome = FamiliesBox.Client(box.Setup.OmePort, FamiliesBox.OmeToken);
        using var inspector = FamiliesBox.Client(box.Setup.InspectorPort);
        using var axxon = FamiliesBox.Client(box.Setup.AxxonPort);
        var rounds = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            var round = 0;
            for (; since.Elapsed < end || round == 0; round++)
                await ((caller % 4) switch
                {
                    0 => CdvrRoundAsync(cdvr, FamiliesBox.Keys[caller / 4 % FamiliesBox.Keys.Length]),
                    1 or 2 => OmeRoundAsync(ome, $"c{caller}r{round}", FamiliesBox.Keys[caller / 4 % FamiliesBox.Keys.Length]),
                    _ when caller % 8 == 3 => AxxonRoundAsync(axxon, caller / 8 % FamiliesBox.Keys.Length + 1),
                    _ => InspectorRoundAsync(inspector),
                });
            return round;
        }));
        Assert.All(rounds, round => Assert.True(round > 0));

        await NothingAsync(inspector, "/api/inspector/stopclip");
        await NothingAsync(inspector, "/api/inspector/stoprecording");
        foreach (var key in FamiliesBox.Keys)
            await CdvrAsync(cdvr, "Stop", key);
        // Nothing of a family runs any more, though each was asked hundreds of times; and a channel that its switch turns off is let go of.
        await box.Daemon.WaitAsync(() => box.RecordingsAsync(null), states => states.Count == 0, "the end of all recordings", TimeSpan.FromSeconds(60));
        foreach (var key in FamiliesBox.Keys)
            await box.Daemon.RecordAsync(key, on: false);
        foreach (var key in FamiliesBox.Keys)
            await box.Daemon.AwaitStateAsync(key, "idle");
        Assert.Equal(errors, box.Daemon.Errors);
        // And each is started as if nothing had been.
        await CdvrAsync(cdvr, "Start", "gate");
        await box.Daemon.AwaitStateAsync("gate", "recording");
        await CdvrAsync(cdvr, "Stop", "gate");
        await box.Daemon.AwaitStateAsync("gate", "idle");
        foreach (var key in FamiliesBox.Keys)
            await box.Daemon.RecordAsync(key, on: true);
        foreach (var key in FamiliesBox.Keys)
            await box.Daemon.AwaitStateAsync(key, "recording");
    }

    private static async Task CdvrRoundAsync(HttpClient client, string key)
    {
        await CdvrAsync(client, "Start", key);
        await CdvrAsync(client, "Stop", key);
    }

    private static async Task CdvrAsync(HttpClient client, string verb, string key)
    {
        var answer = await client.GetAsync($"/Record/{verb}?Sim={key}&Channel=1&Protocol=3").BodyAsync();
        Assert.True(answer.GetProperty("result").GetInt32() == 0, $"{verb} {key}: {answer}");
    }

    /// <summary>A recording of the caller's own: it is there until he stops it.</summary>
    private static async Task OmeRoundAsync(HttpClient client, string id, string key)
    {
        Assert.Equal(id, (await OmeAsync(client, "startRecord", $$$"""{"id":"{{{id}}}","stream":{"name":"{{{key}}}"},"filePath":"/load/{{{id}}}.ts"}""")).GetProperty("id").GetString());
        Assert.Contains((await OmeAsync(client, "records", $$"""{"id":"{{id}}"}""")).GetProperty("state").GetString(), new[] { "ready", "recording" });
        Assert.Equal(id, (await OmeAsync(client, "stopRecord", $$"""{"id":"{{id}}"}""")).GetProperty("id").GetString());
    }

    private static async Task<JsonElement> OmeAsync(HttpClient client, string action, string body)
        => (await client.PostAsync($"/v1/vhosts/default/apps/app:{action}", Requests.Json(body)).BodyAsync()).GetProperty("response")[0];

    private static async Task InspectorRoundAsync(HttpClient client)
    {
        foreach (var command in new[] { "startrecording", "startclip", "stopclip", "stoprecording" })
            await NothingAsync(client, $"/api/inspector/{command}");
    }

    private static async Task NothingAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>A live export that is broken off; more of them than there are places is the one thing that may be refused.</summary>
    private static async Task AxxonRoundAsync(HttpClient client, int channel)
    {
        var begin = DateTimeOffset.UtcNow;
        using var order = await client.PostAsync($"/export/live/Server1/DeviceIpint.{channel}/SourceEndpoint.video:0:0/{begin:yyyyMMdd'T'HHmmss}/future", Requests.Json("""{"format":"mp4"}"""));
        if (order.StatusCode == HttpStatusCode.ServiceUnavailable)
            return;
        Assert.Equal(HttpStatusCode.Accepted, order.StatusCode);
        using var deleted = await client.DeleteAsync(order.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }
}
