using System.Net;
using System.Net.Http.Headers;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>The box API of a daemon that records.</summary>
[Collection(SecondDaemon.Name)]
public sealed class BoxTests
{
    [Fact]
    public async Task Channels_recordings_and_ranges_work_while_it_records()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("idle", camera.Url("/idle"), ("record", false)));

        // A camera of the box itself that is not plugged in: its channel waits for it.
        await daemon.Http.PostAsync("/api/v1/channels", Requests.Json("""{"name":"Cab","key":"cab","url":"v4l2:///dev/v4l/by-id/nobody?width=640&height=480"}""")).BodyAsync(HttpStatusCode.Created);
        Assert.Equal("/dev/v4l/by-id/nobody is not there", (await daemon.AwaitStateAsync("cab", "offline")).Detail);
        await daemon.Http.DeleteAsync($"/api/v1/channels/{await daemon.IdAsync("cab")}").BodyAsync(HttpStatusCode.NoContent);

        // A channel added at run time records at once.
        var added = await daemon.Http.PostAsync("/api/v1/channels", Requests.Json($$"""{"name":"Gate","url":"{{camera.Url("/gate")}}"}""")).BodyAsync(HttpStatusCode.Created);
        var id = added.GetProperty("id").GetString();
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));

        // One that does not record has no footage; a recording starts it, its end stops it.
        Assert.Equal("idle", (await daemon.StateAsync("idle")).State);
        Assert.False(await daemon.DownloadAsync("idle", directory.File("nothing.mp4")));
        var recording = (await daemon.Http.PostAsync("/api/v1/recordings", Requests.Json($$"""{"channels":["{{await daemon.IdAsync("idle")}}"]}""")).BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString();
        await daemon.AwaitFootageAsync("idle", TimeSpan.FromSeconds(2));
        await daemon.Http.DeleteAsync($"/api/v1/recordings/{recording}").BodyAsync(HttpStatusCode.NoContent);
        Assert.Equal("idle", (await daemon.AwaitStateAsync("idle", "idle")).State);
        var idle = await daemon.WaitAsync(() => daemon.TimelineAsync("idle"), t => t.Gaps.Any(g => g.Reason == "not-recording"), "the gap behind the recording");
        Assert.Equal(["not-recording"], idle.Gaps.Select(g => g.Reason));

        // Switched off and on: a gap with its reason, then more footage.
        await daemon.RecordAsync("gate", false);
        await daemon.AwaitStateAsync("gate", "idle");
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Gaps is [{ From: var since }] && since < DateTimeOffset.UtcNow.AddSeconds(-0.2), "a pause longer than a picture");
        await daemon.RecordAsync("gate", true);
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans.Count == 2 && t.Gaps is [{ To: not null }], "footage behind the pause");
        Assert.Equal("not-recording", timeline.Gaps[0].Reason);
        await daemon.RecordAsync("gate", false);
        await daemon.AwaitStateAsync("gate", "idle");

        // Ranges of a download put together are the download.
        var (from, to) = (timeline.Spans[0].From, timeline.Spans[0].To);
        var address = await daemon.FootageAddressAsync("gate", from, to);
        var whole = await daemon.Http.GetByteArrayAsync(address);
        var parts = new MemoryStream();
        for (var at = 0; at < whole.Length; at += 40_000)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = new RangeHeaderValue(at, at + 39_999) } };
            using var answer = await daemon.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
            Assert.Equal($"bytes {at}-{Math.Min(at + 40_000, whole.Length) - 1}/{whole.Length}", answer.Content.Headers.ContentRange?.ToString());
            parts.Write(await answer.Content.ReadAsByteArrayAsync());
        }
        Assert.Equal(whole, parts.ToArray());
        var file = directory.File("footage.mp4");
        await File.WriteAllBytesAsync(file, whole);
        await Tool.DecodesAsync(file);
        using (var none = await daemon.Http.GetAsync(await daemon.FootageAddressAsync("gate", from.AddHours(-2), from.AddHours(-1))))
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);

        // Removed, it stops; the bytes stay on disk.
        await daemon.Http.DeleteAsync($"/api/v1/channels/{id}").BodyAsync(HttpStatusCode.NoContent);
        using (var gone = await daemon.Http.GetAsync($"/api/v1/channels/{id}"))
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Equal(2, setup.Segments().Length);
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    [Fact]
    public async Task A_channel_taken_out_of_the_file_and_put_back_has_its_footage_and_its_number()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h265");
        setup.With("gate", camera.Url());
        int number;
        Timeline before;
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(3));
            number = (await daemon.ChannelAsync("gate")).GetProperty("number").GetInt32();
            await daemon.RecordAsync("gate", false);
            before = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Gaps.Count == 1, "the end of the footage");
            Assert.Equal(0, await daemon.StopAsync());
        }
        setup.RemoveChannels();
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            Assert.Equal(0, (await daemon.GetAsync("/api/v1/channels")).GetArrayLength());
            Assert.Equal(0, await daemon.StopAsync());
        }

        setup.With("gate", camera.Url(), ("record", false));
        await using var again = await DaemonProcess.StartAsync(setup);
        Assert.Equal(number, (await again.ChannelAsync("gate")).GetProperty("number").GetInt32());
        Assert.Equal(before.Spans[0].From, (await again.TimelineAsync("gate")).Spans[0].From);
        Assert.True(await again.DownloadAsync("gate", directory.File("footage.mp4")));
    }
}
