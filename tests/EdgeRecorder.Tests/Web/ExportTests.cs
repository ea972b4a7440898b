using System.Globalization;
using System.Net;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Exported files where people open them.</summary>
[Collection(Pages.Name)]
public sealed class ExportTests(PageRig rig)
{
    [Fact]
    public async Task A_copy_plays_in_the_browser_and_begins_with_the_picture_that_players_begin_with()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        var span = (await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(5))).Spans[0];
        var (from, to) = (span.From.AddSeconds(1.7), span.From.AddSeconds(4));          // between two key frames
        var id = (await daemon.Http.PostAsync("/api/v1/exports", Requests.Json(
            $$"""{"channel":"{{await daemon.IdAsync("gate")}}","from":"{{Text(from)}}","to":"{{Text(to)}}"}""")).BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString();
        var export = await daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/exports/{id}"), e => e.GetProperty("state").GetString() == "done", "the export");
        var address = $"/api/v1/exports/{id}/files/{Uri.EscapeDataString(Assert.Single(export.GetProperty("files").EnumerateArray()).GetProperty("name").GetString()!)}";
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("export.mp4"), await daemon.Http.GetByteArrayAsync(address));
        var numbers = await BurntInCounter.ReadAsync(directory.File("export.mp4"));
        Assert.InRange(numbers.Count, 57, 59);
        Assert.Single(BurntInCounter.Stretches(numbers));

        await using var page = await rig.OpenAsync(daemon);
        await page.Page.EvaluateAsync("""
            address => {
                const video = document.createElement('video');
                video.muted = true;
                video.src = address;
                const place = document.createElement('div');
                place.className = 'export';
                place.append(video);
                document.body.append(place);
            }
            """, address);
        var first = await page.WaitAsync(() => page.VideoAsync(".export"), v => v.Counter >= 0, "the first picture");
        Assert.Equal((0, numbers[0]), (first.CurrentTime, first.Counter));
        await page.Page.EvaluateAsync("document.querySelector('.export video').play()");
        var last = await page.WaitAsync(() => page.VideoAsync(".export"), v => v.Paused && v.CurrentTime > 2, "its end");
        Assert.InRange(last.CurrentTime, 2.2, 2.4);
        page.AssertNoFaults();
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
