using System.Diagnostics;
using System.Globalization;
using System.Net;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Hls;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Watching the daemon over HLS: every playlist obeys the rules, players play, captures end with their players.</summary>
[Collection(FourthDaemon.Name)]
public sealed class LivePlaylistTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("small.h264", "10s.aac", "")]
    [InlineData("small.h264", "10s.alaw", "latency=low")]
    [InlineData("b-frames.h265", "10s.aac", "tracks=all")]
    [InlineData("small.h265", "10s.aac", "latency=low&tracks=video")]
    public async Task ffmpeg_plays_a_live_playlist_frame_for_frame_and_every_reload_obeys_the_rules(string video, string audio, string query)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync(video, "--audio", audio);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(7));
        var address = $"/api/v1/channels/{await daemon.IdAsync("gate")}/live.m3u8?{query}";

        var since = Stopwatch.StartNew();
        var text = await daemon.Http.GetStringAsync(address);
        var first = PlaylistRules.Obeys(text);
        using (var segment = await daemon.Http.GetAsync(new Uri(new Uri(daemon.Http.BaseAddress!, address), first.Entries[^1].Uri)))
            Assert.Equal((HttpStatusCode.OK, "video/mp4"), (segment.StatusCode, segment.Content.Headers.ContentType!.MediaType));
        output.WriteLine($"playlist of {first.Entries.Count} and a segment after {since.ElapsedMilliseconds} ms");
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(1), $"{since.Elapsed}");
        Assert.True(first.Entries.Count >= 3);

        var file = directory.File("live.mp4");
        var player = Tool.RunAsync("ffmpeg", "-v", "error", "-headers", $"Authorization: {daemon.Http.DefaultRequestHeaders.Authorization}\r\n",
            "-i", $"{daemon.Http.BaseAddress}{address.TrimStart('/')}", "-t", "6", "-c", "copy", file);
        var ages = new List<double>();
        while (!player.IsCompleted)
        {
            var playlist = PlaylistText.Parse(text);
            var next = await daemon.Http.GetStringAsync(query.Contains("low", StringComparison.Ordinal) ? $"{address}&_HLS_msn={Next(playlist)}&_HLS_part={playlist.OpenParts.Count}" : address);
            ages.Add((DateTimeOffset.UtcNow - EndOf(PlaylistRules.ObeysReload(text, next))).TotalSeconds);
            text = next;
        }
        await player;
        await Tool.DecodesAsync(file);
        var stretch = Assert.Single(await (await SourceClip.OpenAsync(video)).StretchesAsync(file));
        Assert.InRange(stretch.Count, 140, 155);
        output.WriteLine($"{ages.Count} reloads; the end of the playlist lay back {ages.Max():f3} s at most");
        if (query.Contains("low", StringComparison.Ordinal))
        {
            // Players stay three part targets behind the end.
            Assert.InRange(ages.Skip(10).Max() + 3 * 0.21, 0, 3);
            Assert.Contains("EXT-X-PART:", text, StringComparison.Ordinal);
        }
        else
            Assert.InRange(ages.Max() + 3, 0, 6);           // three segments of a second
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_change_of_resolution_is_no_discontinuity_and_a_new_session_is_one()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--alternate", "small-alternate.h264", "--alternate-every-gop");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        var address = $"/api/v1/channels/{await daemon.IdAsync("gate")}/live.m3u8";
        var text = await daemon.WaitAsync(() => daemon.Http.GetStringAsync(address), t => PlaylistRules.Obeys(t).Entries.Count >= 4, "four segments");
        Assert.DoesNotContain("DISCONTINUITY", text, StringComparison.Ordinal);
        await camera.CommandAsync("disconnect");
        var after = await daemon.WaitAsync(() => daemon.Http.GetStringAsync(address), t => PlaylistRules.Obeys(t).Entries.Exists(e => e.IsDiscontinuity), "a discontinuity");
        PlaylistRules.ObeysReload(text, after);
        Assert.Single(PlaylistText.Parse(after).Entries, entry => entry.IsDiscontinuity);
    }

    [Fact]
    public async Task A_capture_ends_some_seconds_after_its_last_player_and_numbers_never_go_back()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("record", false)));
        var address = $"/api/v1/channels/{await daemon.IdAsync("gate")}/live.m3u8";
        var first = PlaylistRules.Obeys(await daemon.Http.GetStringAsync(address));
        await daemon.AwaitStateAsync("gate", "live");
        await daemon.AwaitStateAsync("gate", "idle", TimeSpan.FromSeconds(40));
        await daemon.Http.GetAsync(new Uri(new Uri(daemon.Http.BaseAddress!, address), first.Entries[0].Uri)).ProblemAsync(404);
        var again = PlaylistRules.Obeys(await daemon.Http.GetStringAsync(address));
        Assert.True(again.MediaSequence > first.MediaSequence + first.Entries.Count);
        Assert.Equal(0, await daemon.StopAsync());
    }

    [Fact]
    public async Task A_channel_without_media_answers_503_and_says_why()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--unauthorized");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitStateAsync("gate", "offline");
        using var answer = await daemon.Http.GetAsync($"/api/v1/channels/{await daemon.IdAsync("gate")}/live.m3u8");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("2", answer.Headers.RetryAfter!.ToString());
        Assert.Contains("the channel is offline: ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static string Next(PlaylistText playlist) => (playlist.MediaSequence + playlist.Entries.Count).ToString(CultureInfo.InvariantCulture);

    /// <summary>Date of the end of what the playlist lists.</summary>
    private static DateTimeOffset EndOf(PlaylistText playlist)
    {
        var last = playlist.Entries[^1];
        return last.Date!.Value + TimeSpan.FromSeconds(last.Duration!.Value + playlist.OpenParts.Sum(part => part.Duration!.Value));
    }
}
