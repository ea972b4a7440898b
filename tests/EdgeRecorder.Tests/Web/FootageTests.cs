using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>From the timeline to the picture, to a lock and to a file.</summary>
[Collection(Pages.Name)]
public sealed class FootageTests(PageRig rig)
{
    [Fact]
    public async Task A_click_shows_the_picture_recorded_then_before_and_after_a_gap_a_seam_and_a_restart()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.LargeClip, "--audio", "10s.aac");      // so large that 5 s do not fit a segment
        setup.With("gate", camera.Url());
        await using (var first = await DaemonProcess.StartAsync(setup))
        {
            await first.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));
            await camera.CommandAsync("disconnect");
            await first.WaitAsync(() => first.TimelineAsync("gate"), t => t.Spans.Count == 2 && t.Spans[1].To - t.Spans[1].From > TimeSpan.FromSeconds(7), "footage behind the gap");
            Assert.Equal(0, await first.StopAsync());
        }
        await using var daemon = await DaemonProcess.StartAsync(setup);
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 3 && t.Spans[2].To - t.Spans[2].From > TimeSpan.FromSeconds(4), "footage behind the restart");
        Assert.True(setup.Segments().Length > timeline.Spans.Count, "no seam inside a span");
        var clients = (await camera.StatsAsync()).Clients;
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");          // one minute

        var paused = false;
        foreach (var span in timeline.Spans)
            foreach (var place in (double[])[0.25, 0.5, 0.85])
            {
                var instant = await page.ClickTimelineAsync(span.From + (span.To - span.From) * place);
                await page.Page.WaitForSelectorAsync("[data-phase=recorded] video");
                if (!paused)
                {
                    await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && !v.Paused && v.Shown > 0, "playing footage");
                    await page.Page.ClickAsync(".controls button >> nth=0");
                    instant = await page.ClickTimelineAsync(span.From + (span.To - span.From) * (place + 0.1));
                    paused = true;
                }
                var client = clients.Last(c => c.BeganAt > 0 && c.BeganAt <= span.From.ToUnixTimeMilliseconds() / 1000.0 + 0.5);
                var expected = client.PictureAt(instant) % BurntInCounter.Count;
                var seen = await page.WaitAsync(() => page.VideoAsync(), v => v.Paused && Math.Abs(v.Counter - expected) <= 1, $"picture {expected} ± 1 of {instant:HH:mm:ss.fff}", TimeSpan.FromSeconds(8));
                Assert.InRange(seen.Counter, expected - 1, expected + 1);
            }

        // In a gap there is no picture: the next one is shown, and said.
        var next = await page.ClickTimelineAsync(timeline.Spans[1].To + (timeline.Spans[2].From - timeline.Spans[1].To) / 2);
        Assert.InRange(next, timeline.Spans[2].From.AddMilliseconds(-2), timeline.Spans[2].From.AddMilliseconds(2));
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Footage_plays_on_over_a_gap_and_a_change_of_resolution()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--alternate", BurntInCounter.LargeClip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(3));
        await camera.CommandAsync("params");
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(6));
        await camera.CommandAsync("disconnect");
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 2 && t.Footage > TimeSpan.FromSeconds(12), "footage behind the gap");
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        await page.ClickTimelineAsync(timeline.Spans[0].From + TimeSpan.FromSeconds(1));
        var small = await page.WaitAsync(() => page.VideoAsync(), v => v.Width == 640 && v.Counter >= 0 && v.Shown > 0, "the first resolution");
        var large = await page.WaitAsync(() => page.VideoAsync(), v => v.Width > 640 && v.Counter >= 0, "the other resolution");
        var behind = timeline.Spans[1].From + TimeSpan.FromSeconds(1);
        var shown = page.Page.Locator(".controls time");
        await page.WaitAsync(async () => DateTimeOffset.Parse((await shown.GetAttributeAsync("datetime"))!, System.Globalization.CultureInfo.InvariantCulture), at => at > behind, "footage behind the gap", TimeSpan.FromSeconds(30));
        Assert.True(large.CurrentTime > small.CurrentTime);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Footage_that_was_overwritten_meanwhile_is_passed_over_and_that_is_said()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        var timeline = await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        // As the recorder answers when the ring has overtaken a player.
        await page.Page.RouteAsync("**/ring/*.m4s", route => route.FulfillAsync(new() { Status = 410, ContentType = "application/problem+json", Body = """{"status":410,"detail":"this footage has been overwritten"}""" }), new() { Times = 1 });
        var instant = await page.ClickTimelineAsync(timeline.Spans[0].From + TimeSpan.FromSeconds(2));
        await page.Page.WaitForSelectorAsync(".toast:has-text('overwritten')");
        Assert.True(await page.InstantBeyondAsync(instant) > instant);
        await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.Shown > 0, "what follows");
    }

    [Fact]
    public async Task A_range_is_locked_and_downloaded()
    {
        using var directory = new TemporaryDirectory();
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        var timeline = await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(6));
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        var mark = page.Page.Locator(".range-panel .pair button");
        await page.ClickTimelineAsync(timeline.Spans[0].From + TimeSpan.FromSeconds(1));
        await page.Page.WaitForSelectorAsync("[data-phase=recorded] video");
        await mark.Nth(0).ClickAsync();
        await page.WaitAsync(() => page.VideoAsync(), v => v.Shown > 30, "some pictures");
        await mark.Nth(1).ClickAsync();

        await page.Page.FillAsync("form.lock input[name=reason]", "bicycle at the gate");
        await page.Page.ClickAsync("form.lock button[type=submit]");
        await page.Page.WaitForSelectorAsync(".locks li >> text=bicycle at the gate");
        var made = (await daemon.GetAsync("/api/v1/locks"))[0];
        Assert.Equal("bicycle at the gate", made.GetProperty("reason").GetString());
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Any(s => s.Locked), "the lock on the timeline");
        await page.Page.WaitForSelectorAsync(".timeline rect.locked", new() { State = Microsoft.Playwright.WaitForSelectorState.Attached });

        var download = await page.Page.RunAndWaitForDownloadAsync(() => page.Page.ClickAsync(".download button"));
        Assert.Matches(@"^gate_\d{8}T\d{6}\.mp4$", download.SuggestedFilename);
        var file = directory.File("clip.mp4");
        await download.SaveAsAsync(file);
        await page.Page.WaitForSelectorAsync(".download[data-progress=done]");
        Assert.Single(BurntInCounter.Stretches(await BurntInCounter.ReadAsync(file)));

        page.Page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.Page.ClickAsync(".locks li button.quiet");
        await page.WaitAsync(async () => (await daemon.GetAsync("/api/v1/locks")).GetArrayLength(), n => n == 0, "the release");
        page.AssertNoFaults();
    }
}
