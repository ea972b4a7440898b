using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;
using static EdgeRecorder.Tests.Conformance.Ome.OmeClient;

namespace EdgeRecorder.Tests.Conformance.Ome;

/// <summary>The cases of the contract that need a box of their own: killed, without a disk to write to, of the other dialect.</summary>
[Collection(ThirdDaemon.Name)]
public sealed class OmeFaultTests
{
    [Fact]
    public async Task O36_a_job_goes_on_behind_a_crash()
    {
        using var setup = await SetupAsync();
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.aac");
        setup.WithOme().With("cam1", camera.Url(), ("transport", "tcp"), ("record", false));
        var before = await BeforeCrashAsync(setup);

        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new OmeClient(daemon);
        var after = await client.AwaitAsync("r1", r => State(r) == "recording" && Number(r, "sequence") == 1 && Number(r, "recordBytes") > 0, "recording behind the crash");
        Assert.True(Number(after, "totalRecordBytes") >= Number(before, "totalRecordBytes"), $"{before} {after}");
        Assert.True(Number(after, "totalRecordTime") >= Number(before, "totalRecordTime"), $"{before} {after}");
        Assert.Equal(Text(before, "createdTime"), Text(after, "createdTime"));
        var first = client.OnDisk("r1_0.mp4");
        await Media.Tool.DecodesAsync(first);
        Assert.InRange(await DurationAsync(first), Number(before, "recordTime") / 1000.0 - 0.2, 30);
        Assert.Equal(2, (await EndsWholeAsync(client)).Length);
    }

    [Fact]
    public async Task O38_a_job_goes_on_behind_a_disk_that_was_read_only()
    {
        using var setup = await SetupAsync();
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.aac");
        setup.WithOme().With("cam1", camera.Url(), ("transport", "tcp"), ("record", false));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new OmeClient(daemon);
        await StartAsync(client, 1000);
        await ReadOnlyAsync(client, client.OnDisk(""));
        // What came in between is kept: counted, and in the files.
        var files = await EndsWholeAsync(client);
        Assert.Equal(Number(await client.ShowAsync("r1"), "totalRecordTime"), files.Sum(file => (long)file.Element("recordTime")!));
    }

    [Fact]
    public async Task O37_today_s_dialect_answers_with_an_object_and_a_colon()
    {
        using var setup = await SetupAsync();
        setup.WithOme(("dialect", "current"));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new OmeClient(daemon);

        var answer = await client.PostAsync(S, Body("o37"));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var record = answer.Json.GetProperty("response");
        Assert.Equal((JsonValueKind.Object, "o37", "ready"), (record.ValueKind, Text(record, "id"), State(record)));
        Assert.Matches(@"[+-]\d\d:\d\d$", Text(record, "createdTime"));
        (await client.PostAsync(S, Body("o37"))).Is(HttpStatusCode.BadRequest, "[HTTP] Duplicate ID already exists [o37] (400)");
        var none = await client.PostAsync(R, """{"id":"nope"}""");
        Assert.Equal((HttpStatusCode.OK, 0), (none.Status, none.Json.GetProperty("response").GetArrayLength()));
        Assert.Equal("stopping", State((await client.PostAsync(T, """{"id":"o37"}""")).Json.GetProperty("response")));
        Assert.Equal("stopped", State(await client.AwaitAsync("o37", "stopped")));
        Assert.False(Directory.Exists(client.OnDisk("records")));
    }

    [Fact]
    public async Task Named_files_keep_to_their_quota_and_the_oldest_goes_first()
    {
        using var setup = await SetupAsync();
        setup.FilesSize = "2MiB";
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.aac");
        setup.WithOme().With("cam1", camera.Url(), ("transport", "tcp"), ("record", false));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new OmeClient(daemon);
        await client.StartAsync("quota", more: "\"interval\":1000,\"filePath\":\"q_${Sequence}.ts\",\"infoPath\":\"i/q.xml\"");
        await client.AwaitAsync("quota", r => Number(r, "sequence") >= 8, "the eighth cut");
        await client.StopAsync("quota");
        var record = await client.AwaitAsync("quota", "stopped");

        var left = Directory.EnumerateFiles(client.OnDisk(""), "*").Select(path => new FileInfo(path)).ToList();
        Assert.InRange(left.Sum(file => file.Length), 1, 2 << 20);
        var last = (int)Number(record, "sequence");
        Assert.Equal(Enumerable.Range(last - left.Count + 1, left.Count).Select(number => $"q_{number}.ts"), left.Select(file => file.Name).OrderBy(name => int.Parse(name[2..^3], null)));
        Assert.True(Number(record, "totalRecordBytes") > 2 << 20);
    }

    private static async Task<DaemonSetup> SetupAsync() => new() { Program = await PublishedProgram.PathAsync() };

    private static async Task<JsonElement> BeforeCrashAsync(DaemonSetup setup)
    {
        await using var daemon = await DaemonProcess.StartAsync(setup);
        using var client = new OmeClient(daemon);
        var record = await StartAsync(client, 3000);
        await daemon.KillAsync();
        return record;
    }

    /// <summary>Job r1, once it has so many milliseconds of footage.</summary>
    private static async Task<JsonElement> StartAsync(OmeClient client, int milliseconds)
    {
        await client.StartAsync("r1", more: "\"filePath\":\"r1_${Sequence}.mp4\",\"infoPath\":\"r1.xml\"");
        return await client.AwaitAsync("r1", r => Number(r, "recordTime") >= milliseconds, $"{milliseconds} ms of footage");
    }

    /// <summary>Stopped, every file of r1 plays, the last is marked, and nothing temporary is left.</summary>
    private static async Task<System.Xml.Linq.XElement[]> EndsWholeAsync(OmeClient client)
    {
        await client.StopAsync("r1");
        await client.AwaitAsync("r1", "stopped");
        var files = client.Info(await client.ShowAsync("r1"));
        Assert.Equal("true", files[^1].Element("lastSequence")!.Value);
        Assert.Single(files.Select(file => file.Element("transactionId")!.Value).Distinct());
        Assert.Empty(Directory.EnumerateFiles(client.OnDisk(""), "tmp_*"));
        foreach (var file in files)
            await Media.Tool.DecodesAsync(client.OnDisk(file.Element("filePath")!.Value));
        return files;
    }

    /// <summary>`chattr +i` on the family's folder stands in for a read-only file system.</summary>
    private static async Task ReadOnlyAsync(OmeClient client, string folder)
    {
        await Media.Tool.RunAsync("chattr", "+i", folder);
        try
        {
            await client.AwaitAsync("r1", "error");
        }
        finally
        {
            await Media.Tool.RunAsync("chattr", "-i", folder);
        }
        var since = System.Diagnostics.Stopwatch.StartNew();
        await client.AwaitAsync("r1", "recording");
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(10));
    }
}
