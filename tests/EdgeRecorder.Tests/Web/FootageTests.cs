using System.Net;
using EdgeRecorder.Tests.Live;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>From the timeline to the picture, to a lock and to a file.</summary>
[Collection(TimedPages.Name)]
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
            await first.AwaitFootageAsync("gate", TimeSpan.FromSeconds(7));
            await camera.CommandAsync("disconnect");
            await first.WaitAsync(() => first.TimelineAsync("gate"), t => t.Spans.Count == 2 && t.Spans[1].To - t.Spans[1].From > TimeSpan.FromSeconds(3), "footage behind the gap");
            Assert.Equal(0, await first.StopAsync());
        }
        await using var daemon = await DaemonProcess.StartAsync(setup);
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 3 && t.Spans[2].To - t.Spans[2].From > TimeSpan.FromSeconds(3), "footage behind the restart");
        Assert.True(setup.Segments().Length > timeline.Spans.Count, "no seam inside a span");
        var clients = (await camera.StatsAsync()).Clients;
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");          // one minute

        await page.HoldFootageAsync(timeline.Spans[0].From + TimeSpan.FromSeconds(1));
        foreach (var span in timeline.Spans)
        {
            var client = clients.Last(c => c.BeganAt > 0 && c.BeganAt <= span.From.ToUnixTimeMilliseconds() / 1000.0 + 0.5);
            foreach (var place in (double[])[0.25, 0.5, 0.85])
                await page.ShowsAtAsync(span.From + (span.To - span.From) * place, client.PictureAt);
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
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 2 && t.Footage > TimeSpan.FromSeconds(9), "footage behind the gap");
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        await page.ClickTimelineAsync(timeline.Spans[0].From + TimeSpan.FromSeconds(1));
        var small = await page.WaitAsync(() => page.VideoAsync(), v => v.Width == 640 && v.Counter >= 0 && v.Shown > 0, "the first resolution");
        var large = await page.WaitAsync(() => page.VideoAsync(), v => v.Width > 640 && v.Counter >= 0, "the other resolution");
        var behind = timeline.Spans[1].From + TimeSpan.FromSeconds(1);
        await page.WaitAsync(page.ShownInstantAsync, at => at > behind, "footage behind the gap", TimeSpan.FromSeconds(30));
        Assert.True(large.CurrentTime > small.CurrentTime);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Footage_that_was_overwritten_meanwhile_is_passed_over_and_that_is_said()
    {
        // Four times as many pictures a second fill the eight segments that hold footage in a quarter of the time.
        const int PerSecond = 100;
        using var setup = rig.Setup();
        setup.RingSize = "16MiB";
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.LargeClip, "--fps", $"{PerSecond}");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        var first = (await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2))).Spans[0].From;
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        // The network is slow: what the player asks for behind its first entry reaches the recorder when the ring has gone over it.
        var (held, asked) = (new TaskCompletionSource(), new TaskCompletionSource<string>());
        var count = 0;
        await page.Page.RouteAsync("**/ring/*.m4s", async route =>
        {
            if (Interlocked.Increment(ref count) > 1)
            {
                asked.TrySetResult(route.Request.Url);
                await held.Task;
            }
            await route.ContinueAsync();
        });
        var lapped = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans[0].From > first.AddSeconds(0.5), "the ring to begin anew");
        await page.HoldFootageAsync(lapped.Spans[0].From + TimeSpan.FromSeconds(3));
        var wanted = await asked.Task.WaitAsync(DaemonProcess.Deadline);
        var before = await page.VideoAsync();
        await daemon.WaitAsync(async () => (await daemon.Http.GetAsync(new Uri(wanted))).StatusCode, status => status == HttpStatusCode.Gone, "the ring to go over it", TimeSpan.FromSeconds(60));
        var oldest = (await daemon.TimelineAsync("gate")).Spans[0].From;
        Assert.Equal(before.Counter, (await page.VideoAsync()).Counter);      // and the player has kept its place

        page.Expect(410, "/ring/");
        held.SetResult();
        await page.Page.WaitForSelectorAsync(".toast:has-text('overwritten')");
        var instant = await page.WaitAsync(page.ShownInstantAsync, at => at >= oldest.AddMilliseconds(-10), "footage that is there");
        var client = (await camera.StatsAsync()).Clients[^1];
        await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.Shown > 0 && v.Paused, "what follows");
        var at = await page.ShownInstantAsync();
        Assert.InRange((await page.VideoAsync()).Counter - client.PictureAt(at, PerSecond) % BurntInCounter.Count, -PerSecond / 25, PerSecond / 25);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Footage_in_a_codec_that_the_browser_lacks_is_said_in_words_and_the_rest_plays()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--other", "small.h265");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        await page.PlayingAsync();
        await camera.CommandAsync("other");
        const string Missing = ".stage [data-missing] >> text=H.265";
        await page.Page.WaitForSelectorAsync(Missing);       // live, as soon as it comes
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 2 && t.Spans[1].To - t.Spans[1].From > TimeSpan.FromSeconds(3), "footage in the other codec");
        await page.ClickTimelineAsync(timeline.Spans[1].From + TimeSpan.FromSeconds(1));
        await page.WaitAsync(() => page.PictureAsync("phase"), phase => phase == "unsupported", "word that the browser lacks it");
        await page.Page.WaitForSelectorAsync(Missing);
        // Another viewer keeps the stream's last picture in H.265 for those who join, until one in H.264 comes.
        using var viewer = await LiveSocket.OpenAsync(setup.Port, await daemon.IdAsync("gate"), daemon.Http.DefaultRequestHeaders.Authorization!.ToString(), "latency=low");
        await viewer.AnyTextAsync("init");
        await camera.CommandAsync("other off");
        await page.Page.PressAsync(".timeline", "End");
        await viewer.AnyTextAsync("init");
        await page.PlayingAsync();

        // What it has plays, up to where the codec changes.
        await page.ClickTimelineAsync(timeline.Spans[0].To - TimeSpan.FromSeconds(2));
        await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.Shown > 0, "footage in H.264");
        await page.Page.WaitForSelectorAsync(Missing);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Footage_plays_on_where_the_sound_ends_and_where_it_begins()
    {
        using var setup = rig.Setup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.aac", "--other", BurntInCounter.Clip);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(3));
        await camera.CommandAsync("other");
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 2, "footage without sound");
        await camera.CommandAsync("other off");
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 3 && t.Spans[2].To - t.Spans[2].From > TimeSpan.FromSeconds(3), "footage with sound again");
        var clients = (await camera.StatsAsync()).Clients;
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        await page.ClickTimelineAsync(timeline.Spans[0].To - TimeSpan.FromSeconds(2));
        await page.WaitAsync(page.ShownInstantAsync, at => at > timeline.Spans[1].From.AddSeconds(1), "the picture without sound");
        await page.HoldFootageAsync(timeline.Spans[1].To - TimeSpan.FromSeconds(2));
        await page.ShowsAtAsync(timeline.Spans[1].To - TimeSpan.FromSeconds(1), clients[1].PictureAt);
        await page.Page.ClickAsync(".controls button >> nth=0");
        await page.WaitAsync(page.ShownInstantAsync, at => at > timeline.Spans[2].From.AddSeconds(1), "the picture with sound");
        await page.WaitAsync(() => page.VideoAsync(), v => v.Counter >= 0 && v.Shown > 0, "pictures");
        page.AssertNoFaults();
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
