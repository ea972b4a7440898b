using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Conformance.Axxon;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Exports of the box API against the daemon: files, proof, restarts, space.</summary>
[Collection(SecondDaemon.Name)]
public sealed class ExportTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_export_can_be_verified_with_the_documented_commands_and_nothing_else()
    {
        using var setup = new DaemonSetup { RingSize = "128MiB" };
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp"), ("name", "Tür 闸门 \"1\"/..")));
        var timeline = await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));
        var (from, to) = (timeline.Spans[0].From.AddSeconds(1.3), timeline.Spans[0].From.AddSeconds(6.1));
        var export = await DoneAsync(daemon, await OrderAsync(daemon, "gate", from, to, """, "maxFileBytes": 65536, "comment": "quote \" back \\ 🚪" """));
        var files = export.GetProperty("files").EnumerateArray().ToList();
        Assert.True(files.Count > 1);
        foreach (var file in files)
        {
            var name = file.GetProperty("name").GetString()!;
            var bytes = await daemon.Http.GetByteArrayAsync($"/api/v1/exports/{export.GetProperty("id").GetString()}/files/{Uri.EscapeDataString(name)}");
            Assert.Equal(file.GetProperty("bytes").GetInt64(), bytes.Length);
            await File.WriteAllBytesAsync(_directory.File(name), bytes);
            await Tool.DecodesAsync(_directory.File(name));
        }
        foreach (var (route, name) in new[] { ("manifest", "manifest.json"), ("manifest.sig", "manifest.sig") })
            await File.WriteAllBytesAsync(_directory.File(name), await daemon.Http.GetByteArrayAsync($"/api/v1/exports/{export.GetProperty("id").GetString()}/{route}"));

        var recipe = await File.ReadAllTextAsync(Repository.Path("docs/exports.md"));
        var script = string.Join('\n', recipe.Split("```sh\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]));
        var start = $"KEY='{Path.Combine(setup.Root, "keys", DeviceKey.PublicName)}'\ncd '{_directory.Path}'\n";
        var text = await Tool.TextAsync("bash", "-euc", start + script);
        Assert.Contains("Verified OK", text, StringComparison.Ordinal);
        Assert.Equal(files.Count, text.Split('\n').Count(line => line.EndsWith(": OK", StringComparison.Ordinal)));

        using var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(_directory.File("manifest.json")));
        Assert.Equal("Tür 闸门 \"1\"/..", manifest.RootElement.GetProperty("export").GetProperty("name").GetString());
        var chain = manifest.RootElement.GetProperty("sources").EnumerateArray().SelectMany(s => s.GetProperty("chain").EnumerateArray()).Select(h => h.GetString()!).ToList();
        Assert.True(chain.Count >= 5);
        // The values stand in the ring's own files.
        var ring = setup.Segments().Select(File.ReadAllBytes).ToList();
        foreach (var value in chain.Where(value => value.Length > 0))
            Assert.Contains(ring, segment => segment.AsSpan().IndexOf(Convert.FromHexString(value)) > 0);

        // The same range straight out of the ring's files, beside the daemon.
        var copy = _directory.File("copy.mp4");
        string[] arguments = ["export", "gate", from.ToString("O", CultureInfo.InvariantCulture), to.ToString("O", CultureInfo.InvariantCulture), copy, "--config", setup.ConfigurationFile];
        var (exitCode, said, complaints) = await Tool.TryAsync(DaemonProcess.Program, arguments);
        Assert.True(exitCode == 0, complaints);
        Assert.StartsWith($"{copy}: ", System.Text.Encoding.UTF8.GetString(said), StringComparison.Ordinal);
        await Tool.DecodesAsync(copy);
        var frames = 0;
        foreach (var file in files)
            frames += await Tool.FramesAsync(_directory.File(file.GetProperty("name").GetString()!), "v:0");
        Assert.Equal(frames, await Tool.FramesAsync(copy, "v:0"));
        Assert.Equal(1, (await Tool.TryAsync(DaemonProcess.Program, arguments)).ExitCode);      // it is there already

        // One bit more or less anywhere shows.
        var first = _directory.File(files[0].GetProperty("name").GetString()!);
        var damaged = await File.ReadAllBytesAsync(first);
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(first, damaged);
        Assert.NotEqual(0, (await Tool.TryAsync("bash", "-euc", start + script)).ExitCode);
        await File.AppendAllTextAsync(_directory.File("manifest.json"), " ");
        Assert.Contains("Verification failure", (await Tool.TryAsync("bash", "-uc", start + script)) is var (_, output, errors) ? System.Text.Encoding.UTF8.GetString(output) + errors : "", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task After_a_kill_exports_of_the_archive_begin_again_and_live_ones_end_with_what_was_filmed()
    {
        using var setup = new DaemonSetup { RingSize = "128MiB" }.WithAxxon();
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.aac");
        string live;
        var ordered = new List<string>();
        await using (var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp"))))
        {
            using var client = new AxxonClient(daemon);
            live = await client.OrderAsync($"/export/live/{AxxonClient.Source(1)}/past/future", """{"format":"mp4"}""");
            var timeline = await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(6));
            for (var i = 0; i < 10; i++)
                ordered.Add(await OrderAsync(daemon, "gate", timeline.Spans[0].From, timeline.Spans[^1].To));
            await daemon.KillAsync();
        }
        Directory.CreateDirectory(Path.Combine(setup.Root, "exports", "left-behind"));
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            foreach (var id in ordered)
                Assert.True(Directory.EnumerateFiles(Path.Combine(setup.Root, "exports", (await DoneAsync(daemon, id)).GetProperty("id").GetString()!)).All(file => !Path.GetFileName(file).StartsWith("tmp_", StringComparison.Ordinal)));
            using var client = new AxxonClient(daemon);
            var ended = await client.EndAsync(live);
            Assert.Equal(3, ended.GetProperty("state").GetInt32());
            Assert.Contains("restarted", ended.GetProperty("error").GetString(), StringComparison.Ordinal);
            var file = await client.SaveAsync(live, Assert.Single(AxxonClient.Files(ended)), _directory);
            await Tool.DecodesAsync(file);
            Assert.InRange(await AxxonClient.DurationAsync(file), 3, 60);
            Assert.False(Directory.Exists(Path.Combine(setup.Root, "exports", "left-behind")));
            Assert.DoesNotContain((await daemon.GetAsync("/api/v1/recordings")).EnumerateArray(), r => r.GetProperty("state").GetString() != "stopped");
            Assert.Equal(0, await daemon.StopAsync());
        }
        await using (var daemon = await DaemonProcess.StartAsync(setup))
            Assert.Equal("done", (await daemon.GetAsync($"/api/v1/exports/{ordered[0]}")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_full_quota_lets_the_oldest_go_and_what_does_not_fit_at_all_is_refused()
    {
        using var setup = new DaemonSetup { RingSize = "128MiB", ExportsSize = "2MiB" };
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        var start = (await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(9))).Spans[0].From;
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await OrderAsync(daemon, "gate", start, start.AddSeconds(2)));
            await DoneAsync(daemon, ids[^1]);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await daemon.Http.GetAsync($"/api/v1/exports/{ids[0]}")).StatusCode);
        Assert.False(Directory.Exists(Path.Combine(setup.Root, "exports", ids[0])));
        Assert.Equal("done", (await daemon.GetAsync($"/api/v1/exports/{ids[2]}")).GetProperty("state").GetString());

        var large = await EndAsync(daemon, await OrderAsync(daemon, "gate", start, start.AddSeconds(8)));
        Assert.Equal(("no-space", "not enough space"), (large.GetProperty("state").GetString(), large.GetProperty("error").GetString()));
        Assert.Equal("done", (await daemon.GetAsync($"/api/v1/exports/{ids[2]}")).GetProperty("state").GetString());      // nothing went for it
    }

    [Fact]
    public async Task A_change_of_codec_inside_the_range_begins_a_new_file()
    {
        using var setup = new DaemonSetup { RingSize = "128MiB" };
        await using var before = await CameraProcess.StartAsync("small.h264");
        await using var after = await CameraProcess.StartAsync("small.h265");
        DateTimeOffset start;
        await using (var daemon = await DaemonProcess.StartAsync(setup.With("gate", before.Url(), ("transport", "tcp"))))
        {
            start = (await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(3))).Spans[0].From;
            await daemon.StopAsync();
        }
        setup.RemoveChannels();
        await using (var daemon = await DaemonProcess.StartAsync(setup.With("gate", after.Url(), ("transport", "tcp"))))
        {
            await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(6));
            var export = await DoneAsync(daemon, await OrderAsync(daemon, "gate", start, DateTimeOffset.UtcNow));
            List<string> codecs = [];
            foreach (var file in export.GetProperty("files").EnumerateArray())
            {
                var path = Path.Combine(setup.Root, "exports", export.GetProperty("id").GetString()!, file.GetProperty("name").GetString()!);
                await Tool.DecodesAsync(path);
                codecs.Add((await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path)).Trim());
            }
            Assert.Equal(["h264", "hevc"], codecs);
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static async Task<string> OrderAsync(DaemonProcess daemon, string key, DateTimeOffset from, DateTimeOffset to, string more = "")
        => (await daemon.Http.PostAsync("/api/v1/exports", Requests.Json($$"""{"channel":"{{await daemon.IdAsync(key)}}","from":"{{Text(from)}}","to":"{{Text(to)}}"{{more}}}"""))
            .BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString()!;

    private static Task<JsonElement> EndAsync(DaemonProcess daemon, string id)
        => daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/exports/{id}"), e => e.GetProperty("state").GetString() is not ("queued" or "running"), $"the end of export {id}", TimeSpan.FromSeconds(60));

    private static async Task<JsonElement> DoneAsync(DaemonProcess daemon, string id)
    {
        var export = await EndAsync(daemon, id);
        Assert.True(export.GetProperty("state").GetString() == "done", export.ToString());
        return export;
    }
}

/// <summary>Times and prefix of the AxxonSoft door, and who may use it.</summary>
[Collection(SecondDaemon.Name)]
public sealed class AxxonDoorTests
{
    [Fact]
    public async Task A34_A38_a_prefix_is_taken_and_not_needed_and_exports_go_when_nobody_asks_for_them()
    {
        using var clock = await WallClock.AtAsync(DateTimeOffset.UtcNow);
        using var setup = new DaemonSetup { Clock = clock }.WithAxxon(("prefix", "vms"), ("ttlHours", 1));
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        using var client = new AxxonClient(daemon);
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(3));

        using var answer = await client.PostAsync($"/vms/export/archive/{AxxonClient.Source(1)}/past/future", """{"format":"mp4"}""");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.StartsWith("/vms/export/", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var id = answer.Headers.Location!.OriginalString.Split('/')[^1];
        await client.DoneAsync(id);
        Assert.Equal(HttpStatusCode.OK, await client.CodeAsync(HttpMethod.Get, $"/vms/export/{id}/status"));
        var folder = Path.Combine(setup.Root, "exports", id);
        Assert.True(Directory.Exists(folder));

        clock.Set(clock.Now.AddMinutes(59), isSynchronized: true);
        await client.DoneAsync(id);                        // which is activity
        clock.Set(clock.Now.AddMinutes(59), isSynchronized: true);
        await client.DoneAsync(id);
        clock.Set(clock.Now.AddMinutes(61), isSynchronized: true);
        Assert.Equal(HttpStatusCode.NotFound, await client.CodeAsync(HttpMethod.Get, $"/export/{id}/status"));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Programs_of_the_box_come_in_and_nobody_else_does_without_credentials()
    {
        using var setup = new DaemonSetup().WithAxxon();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new AxxonClient(daemon);
        const string Status = "/export/3dc15b75-6463-4eb1-ab2d-0eb0a8f54bd3/status";
        Assert.Equal(HttpStatusCode.NotFound, await client.CodeAsync(HttpMethod.Get, Status));
        foreach (var (name, value) in new[] { ("Host", "recorder.example:8000"), ("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.1"), ("Origin", "http://127.0.0.1"), ("Sec-Fetch-Site", "cross-site") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Status);
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await client.Http.SendAsync(request);
            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{name}: {(int)answer.StatusCode}");
            Assert.Equal("Basic", answer.Headers.WwwAuthenticate.Single().Scheme);
            Assert.NotEqual("", JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetString());
        }
        using var known = new HttpRequestMessage(HttpMethod.Get, Status) { Headers = { Authorization = daemon.Http.DefaultRequestHeaders.Authorization } };
        known.Headers.TryAddWithoutValidation("X-Forwarded-For", "10.0.0.1");
        using (var answer = await client.Http.SendAsync(known))
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);

        // A viewer looks and does not change.
        var token = (await daemon.Http.PostAsync("/api/v1/tokens", Requests.Json("""{"name":"eyes","role":"viewer"}""")).BodyAsync(HttpStatusCode.Created)).GetProperty("secret").GetString();
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/export/3dc15b75-6463-4eb1-ab2d-0eb0a8f54bd3") { Headers = { Authorization = new("Bearer", token) } };
        using (var answer = await client.Http.SendAsync(delete))
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        using var large = new ByteArrayContent(new byte[(1 << 20) + 1]);
        using (var answer = await client.Http.PostAsync($"/export/archive/{AxxonClient.Source(1)}/past/future", large))
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }
}
