using System.Diagnostics;
using System.Globalization;
using System.Net;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Recording does not notice exports, whatever becomes of the processes that make them.</summary>
[Collection(FirstDaemon.Name)]
public sealed class ExportLoadTests
{
    [Fact]
    public async Task Two_exports_encode_and_one_worker_is_killed_while_no_channel_loses_a_picture()
    {
        var channels = Scale.Of(6, 16);
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = "512MiB", Encoder = "software" };
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await using var large = await CameraProcess.StartAsync("720p-4m.h264");
        setup.With("gate", large.Url(), ("transport", "tcp"));
        for (var i = 0; i < channels; i++)
            setup.With($"c{i}", camera.Url($"/{i}"), ("transport", "tcp"));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        var span = (await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8))).Spans[0];
        var order = $$"""{"channel":"{{await daemon.IdAsync("gate")}}","from":"{{Text(span.From)}}","to":"{{Text(span.To)}}","videoQuality":1}""";
        var exports = new List<string>();
        for (var i = 0; i < 2; i++)
            exports.Add((await daemon.Http.PostAsync("/api/v1/exports", Requests.Json(order)).BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString()!);

        var workers = await daemon.WaitAsync(() => Task.FromResult(WorkersOf(daemon.Id)), found => found.Count == 2, "two workers");
        using (var worker = Process.GetProcessById(workers[0]))
            worker.Kill();

        var ended = new Dictionary<string, string>();
        foreach (var id in exports)
        {
            var export = await daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/exports/{id}"), e => e.GetProperty("state").GetString() is not ("queued" or "running"), $"the end of export {id}", TimeSpan.FromSeconds(90));
            ended[export.GetProperty("state").GetString()!] = export.GetProperty("error").GetString()!;
        }
        Assert.Equal(["done", "failed"], ended.Keys.Order());
        Assert.Contains("ended by the system", ended["failed"], StringComparison.Ordinal);
        Assert.Empty(WorkersOf(daemon.Id));

        var clip = await SourceClip.OpenAsync("small.h264");
        var file = directory.File("footage.mp4");
        for (var i = 0; i < channels; i++)
        {
            Assert.True(await daemon.DownloadAsync($"c{i}", file));
            Assert.Single(await clip.StretchesAsync(file));
            Assert.DoesNotContain((await daemon.TimelineAsync($"c{i}")).Gaps, gap => gap.From > span.From);
        }
    }

    /// <summary>The children of a process that are media workers.</summary>
    private static List<int> WorkersOf(int parent)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && TryRead($"{folder}/stat") is { } stat
                && stat[(stat.LastIndexOf(')') + 2)..].Split(' ') is [not "Z", var its, ..] && its == parent.ToString(CultureInfo.InvariantCulture)
                && TryRead($"{folder}/cmdline")?.Contains("media-worker", StringComparison.Ordinal) == true)
                found.Add(id);
        return found;
    }

    /// <summary>Null when the process has ended meanwhile.</summary>
    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
