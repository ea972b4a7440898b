using System.Net;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Axxon;

/// <summary>Live exports, A29 to A31, and limits.</summary>
public sealed partial class AxxonTests
{
    private static string Live(int channel, string begin, string end) => $"/export/live/{AxxonClient.Source(channel)}/{begin}/{end}";

    [Fact]
    public async Task A29_five_seconds_from_now()
    {
        var now = DateTimeOffset.UtcNow;
        var id = await box.Client.OrderAsync(Live(3, AxxonClient.Time(now), AxxonClient.Time(now.AddSeconds(6))), Mp4);
        await box.Daemon.WaitAsync(() => box.Client.StatusAsync(id), s => s.GetProperty("state").GetInt32() == 1 && s.GetProperty("progress").GetDouble() is > 0 and < 0.6, "state 1 with some progress");
        await box.Daemon.WaitAsync(() => box.Client.StatusAsync(id), s => s.GetProperty("state").GetInt32() == 1 && s.GetProperty("progress").GetDouble() > 0.6, "more progress");
        var file = await box.Client.SaveAsync(id, AxxonClient.Files(await box.Client.DoneAsync(id))[0], _directory);
        await Tool.DecodesAsync(file);
        Assert.InRange(await AxxonClient.DurationAsync(file), 4, 6.1);
        Assert.Single(await (await SourceClip.OpenAsync("small.h264")).StretchesAsync(file));
    }

    [Fact]
    public async Task Live_in_other_containers_and_of_the_sub_stream()
    {
        var now = DateTimeOffset.UtcNow;
        var (begin, end) = (AxxonClient.Time(now), AxxonClient.Time(now.AddSeconds(5)));
        var (mkv, avi, sub) = (await box.Client.OrderAsync(Live(3, begin, end), Mp4.Replace("mp4", "mkv", StringComparison.Ordinal)), await box.Client.OrderAsync(Live(3, begin, end), Mp4.Replace("mp4", "avi", StringComparison.Ordinal)),
            await box.Client.OrderAsync(Live(3, begin, end).Replace("video:0:0", "video:0:1", StringComparison.Ordinal), Mp4));
        await box.Daemon.WaitAsync(() => box.Client.StatusAsync(sub), s => s.GetProperty("progress").GetDouble() > 0.5, "some progress");
        foreach (var (id, codec) in new[] { (mkv, "h264"), (avi, "h264"), (sub, "hevc") })
        {
            var file = await box.Client.SaveAsync(id, AxxonClient.Files(await box.Client.DoneAsync(id))[0], _directory);
            await Tool.DecodesAsync(file);
            Assert.Equal(codec, (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file)).Trim('\n', ','));
            Assert.InRange(await AxxonClient.DurationAsync(file), 0.5, 6.1);      // of 5 s, less what it took to call the camera
        }
    }

    [Fact]
    public async Task A30_an_end_that_is_over() => await box.Client.RefusedAsync(Live(3, "20200101T000000", "20200101T000100"), Mp4, "ENDTIME");

    [Fact]
    public async Task A31_an_open_end_is_ended_by_DELETE_and_the_channel_is_captured_no_longer()
    {
        var id = await box.Client.OrderAsync(Live(5, "past", "future"), Mp4);
        await box.Daemon.AwaitStateAsync("five", "recording");
        Assert.Equal(0, (await box.Client.StatusAsync(id)).GetProperty("progress").GetDouble());
        Assert.Equal(HttpStatusCode.NoContent, await box.Client.CodeAsync(HttpMethod.Delete, $"/export/{id}"));
        await box.Daemon.AwaitStateAsync("five", "idle");
    }

    [Fact]
    public async Task A_source_that_does_not_come_is_state_6()
    {
        var now = DateTimeOffset.UtcNow;
        var id = await box.Client.OrderAsync(Live(2, AxxonClient.Time(now), AxxonClient.Time(now.AddSeconds(60))) + "?waittimeout=1", Mp4);
        Assert.Equal(6, (await box.Client.EndAsync(id)).GetProperty("state").GetInt32());
    }

    [Fact]
    public async Task A35_too_many_at_once_are_refused()
    {
        var from = DateTimeOffset.UtcNow.AddMinutes(10);
        var answers = await Task.WhenAll(Enumerable.Range(0, 19).Select(_ => box.Client.PostAsync(Live(3, AxxonClient.Time(from), AxxonClient.Time(from.AddMinutes(10))), Mp4)));
        var accepted = answers.Where(a => a.StatusCode == HttpStatusCode.Accepted).Select(a => a.Headers.Location!.OriginalString).ToList();
        var refused = answers.Where(a => a.StatusCode == HttpStatusCode.ServiceUnavailable).ToList();
        Assert.Equal((8, 11), (accepted.Count, refused.Count));
        Assert.Contains("Search query rejected. Too many requests.", await refused[0].Content.ReadAsStringAsync(), StringComparison.Ordinal);
        foreach (var location in accepted)
            Assert.Equal(HttpStatusCode.NoContent, await box.Client.CodeAsync(HttpMethod.Delete, location));
        foreach (var answer in answers)
            answer.Dispose();
    }
}
