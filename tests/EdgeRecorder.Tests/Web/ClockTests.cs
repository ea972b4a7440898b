using System.Globalization;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Web;

/// <summary>Footage is found by the date it has now: the recorder learns the time late, and days end.</summary>
[Collection(TimedPages.Name)]
public sealed class ClockTests(PageRig rig)
{
    /// <summary>Of <see cref="PageDriver.TimeZone"/>, all the year.</summary>
    private static readonly TimeSpan Zone = new(5, 45, 0);

    [Fact]
    public async Task A_click_shows_the_picture_recorded_then_also_where_the_recorder_learnt_the_time_later()
    {
        using var clock = await WallClock.AtAsync(DateTimeOffset.UnixEpoch.AddMinutes(3));
        using var setup = rig.Setup(clock);
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        var first = (await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4))).Spans[0];
        Assert.Equal((1970, "unset"), (first.From.Year, await QualityAsync(daemon)));
        var client = Assert.Single((await camera.StatsAsync()).Clients);
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        await page.HoldFootageAsync(first.From + TimeSpan.FromSeconds(1));
        await page.ShowsAtAsync(first.From + TimeSpan.FromSeconds(3), at => client.PictureAt(at - clock.Offset));
        await page.Page.PressAsync(".timeline", "End");
        await page.PlayingAsync();

        var learnt = DateTimeOffset.UtcNow;
        clock.Set(learnt, isSynchronized: true);
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans is [var span] && span.To > learnt.AddSeconds(4), "footage behind the new date");
        Assert.Equal("ntp", await QualityAsync(daemon));
        Assert.Empty(timeline.Gaps);                        // the clock was set, nothing else happened
        // The page is open still, and logged in: its line goes to the new date by itself, and the picture is as new as before.
        await page.WaitAsync(async () => double.Parse((await page.Page.GetAttributeAsync(".timeline", "data-to"))!, CultureInfo.InvariantCulture), to => to > learnt.ToUnixTimeMilliseconds(), "the new date");
        await page.WaitAsync(() => page.LatencyAsync(), latency => latency is > 0 and < 2, "a latency");

        await page.HoldFootageAsync(timeline.Spans[0].From + TimeSpan.FromSeconds(1));
        foreach (var time in (DateTimeOffset[])[timeline.Spans[0].From.AddSeconds(3), learnt.AddSeconds(-1), learnt.AddSeconds(2)])
            await page.ShowsAtAsync(time, client.PictureAt);
        page.AssertNoFaults();
    }

    [Fact]
    public async Task Footage_plays_over_midnight_from_one_day_into_the_next()
    {
        var midnight = new DateTimeOffset(DateTimeOffset.UtcNow.ToOffset(Zone).Date.AddDays(1), Zone);
        using var clock = await WallClock.AtAsync(midnight);
        using var setup = rig.Setup(clock);
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        clock.Set(midnight.AddSeconds(-10), isSynchronized: true);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans is [var span] && span.From < midnight.AddSeconds(-4) && span.To > midnight.AddSeconds(5), "footage of both days");
        var client = Assert.Single((await camera.StatsAsync()).Clients);
        await using var page = await rig.OpenAsync(daemon);
        await page.OpenChannelAsync("gate");
        await page.Page.ClickAsync(".tools .group button >> nth=0");
        var (before, after) = (Day(midnight.AddDays(-1)), Day(midnight));
        Assert.Contains(after, await page.Page.TextContentAsync(".timeline .tick.midnight"), StringComparison.Ordinal);

        await page.HoldFootageAsync(midnight.AddSeconds(-3));
        long PictureAt(DateTimeOffset at) => client.PictureAt(at - clock.Offset);
        await page.ShowsAtAsync(midnight.AddSeconds(2), PictureAt);
        await page.Page.WaitForSelectorAsync($".controls time:has-text('{after}')");
        await page.ShowsAtAsync(midnight.AddSeconds(-1), PictureAt);
        await page.Page.WaitForSelectorAsync($".controls time:has-text('{before}')");
        await page.Page.ClickAsync(".range-panel .pair button >> nth=0");
        await page.Page.ClickAsync(".controls button >> nth=0");              // and on
        await page.WaitAsync(page.ShownInstantAsync, at => at > midnight.AddSeconds(1), "the new day");
        await page.Page.ClickAsync(".range-panel .pair button >> nth=1");
        Assert.Equal((midnight.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), midnight.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            ((await page.Page.InputValueAsync("input[name=from]"))[..10], (await page.Page.InputValueAsync("input[name=to]"))[..10]));
        page.AssertNoFaults();
    }

    private static string Day(DateTimeOffset date) => date.ToString("ddd", CultureInfo.InvariantCulture);

    private static async Task<string?> QualityAsync(DaemonProcess daemon) => (await daemon.GetAsync("/api/v1/status")).GetProperty("clockQuality").GetString();
}
