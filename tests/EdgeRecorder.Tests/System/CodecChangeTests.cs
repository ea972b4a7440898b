using System.Net;
using System.Text;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Hls;
using EdgeRecorder.Tests.Live;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>A camera that is set to another codec and other sound, and back: what the ring keeps, and what everybody who watches is told.</summary>
[Collection(SecondDaemon.Name)]
public sealed class CodecChangeTests
{
    private static readonly TimeSpan LeastBetweenChanges = TimeSpan.FromSeconds(10);
    private static readonly (string Video, string Codec, string Audio)[] Parts = [("small.h264", "h264", "aac"), ("small.h265", "hevc", "pcm_alaw"), ("small.h264", "h264", "aac")];

    [Fact]
    public async Task A_change_of_codecs_begins_a_segment_a_run_and_an_init_segment_everywhere()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac", "--other", "small.h265", "--other-audio", "10s.alaw");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));
        var channel = $"/api/v1/channels/{await daemon.IdAsync("gate")}";
        using var socket = await LiveSocket.OpenAsync(setup.Port, await daemon.IdAsync("gate"), daemon.Http.DefaultRequestHeaders.Authorization!.ToString(), "tracks=all");
        Assert.Matches("^video/mp4; codecs=\"avc3[^\"]*, mp4a.40.2\"$", (await socket.AnyTextAsync("init")).GetProperty("mime").GetString());
        var live = await NewMapAsync(daemon, channel, before: null);

        await camera.CommandAsync("other");
        Assert.Matches("^video/mp4; codecs=\"hev1[^\"]*, alaw\"$", (await socket.AnyTextAsync("init")).GetProperty("mime").GetString());
        Assert.Equal("ftyp", Encoding.ASCII.GetString(await socket.BytesAsync(), 4, 4));
        live = await NewMapAsync(daemon, channel, live);
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans is [_, var second] && second.To - second.From > TimeSpan.FromSeconds(4), "footage in the other codecs");
        await camera.CommandAsync("other off");
        Assert.StartsWith("video/mp4; codecs=\"avc3", (await socket.AnyTextAsync("init")).GetProperty("mime").GetString(), StringComparison.Ordinal);
        await NewMapAsync(daemon, channel, live);
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans is [_, _, var third] && third.To - third.From > TimeSpan.FromSeconds(3), "footage in the first codecs again");

        // The ring: a segment for each, and a camera that changes to and fro has to wait.
        Assert.Equal(["reconnect", "reconnect"], timeline.Gaps.Select(gap => gap.Reason));
        Assert.True(timeline.Spans[2].From - timeline.Spans[1].From >= LeastBetweenChanges, timeline.ToString());
        var segments = setup.Segments();
        Assert.Equal(Parts.Length, segments.Length);
        for (var i = 0; i < Parts.Length; i++)
            Assert.Equal($"{Parts[i].Codec} {Parts[i].Audio}", await CodecsAsync(segments[i]));

        await DownloadsEndAtTheChangeAsync(daemon, timeline);
        await PlaylistsNameAnInitSegmentForEachAsync(daemon, channel, timeline);
        Assert.Empty(daemon.Errors);
    }

    /// <summary>The live playlist once it begins anew: behind a discontinuity, with another init segment, and otherwise as a reload of the one before.</summary>
    private static async Task<string> NewMapAsync(DaemonProcess daemon, string channel, string? before)
    {
        var known = before is null ? null : PlaylistText.Parse(before).Entries[^1].Map;
        var text = await daemon.WaitAsync(() => daemon.Http.GetStringAsync($"{channel}/live.m3u8?tracks=all"), t => PlaylistRules.Obeys(t).Entries[^1].Map != known, "another init segment");
        if (before is null)
            return text;
        PlaylistRules.ObeysReload(before, text);
        var entries = PlaylistText.Parse(text).Entries;
        var first = entries.FindIndex(entry => entry.Map != known);
        Assert.True(first == 0 || entries[first].IsDiscontinuity, text);     // 0: what was before has left the window meanwhile, and its mark with it
        return text;
    }

    /// <summary>A file has one codec: the range is refused with the instant up to which it would do, and what lies before and behind that is given.</summary>
    private static async Task DownloadsEndAtTheChangeAsync(DaemonProcess daemon, Timeline timeline)
    {
        using var directory = new TemporaryDirectory();
        var detail = await daemon.Http.GetAsync(await daemon.FootageAddressAsync("gate")).ProblemAsync((int)HttpStatusCode.Conflict);
        Assert.Contains($"{timeline.Spans[1].From.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff}", detail, StringComparison.Ordinal);
        for (var i = 0; i < Parts.Length; i++)
        {
            var file = directory.File($"{i}.mp4");
            Assert.True(await daemon.DownloadAsync("gate", file, timeline.Spans[i].From, timeline.Spans[i].To));
            Assert.Equal($"{Parts[i].Codec} {Parts[i].Audio}", await CodecsAsync(file));
            Assert.Equal(0, Assert.Single(await (await SourceClip.OpenAsync(Parts[i].Video)).StretchesAsync(file)).First % 25);
        }
    }

    private static async Task PlaylistsNameAnInitSegmentForEachAsync(DaemonProcess daemon, string channel, Timeline timeline)
    {
        using var directory = new TemporaryDirectory();
        var address = $"{channel}/playback.m3u8?tracks=all&from={Text(timeline.Spans[0].From)}&to={Text(timeline.Spans[2].To)}";
        // The range ends at now: its last entry is listed when it is complete.
        var playlist = PlaylistRules.Obeys(await daemon.WaitAsync(() => daemon.Http.GetStringAsync(address), text => PlaylistText.Parse(text).IsEnded, "the end of the list"));
        var runs = PlaybackTests.Runs(playlist).ToList();
        Assert.Equal(Parts.Length, runs.Count);
        Assert.Equal(Parts.Length, runs.Select(run => run[0].Map).Distinct().Count());
        for (var i = 0; i < Parts.Length; i++)
        {
            Assert.InRange((runs[i][0].Date!.Value - timeline.Spans[i].From).TotalMilliseconds, -10, 10);
            Assert.All(runs[i], entry => Assert.Equal(runs[i][0].Map, entry.Map));
            var file = directory.File($"{i}.mp4");
            await using (var target = File.Create(file))
                foreach (var uri in runs[i].Select(entry => entry.Uri).Prepend(runs[i][0].Map))
                    await target.WriteAsync(await daemon.Http.GetByteArrayAsync($"{channel}/{uri}"));
            Assert.Equal($"{Parts[i].Codec} {Parts[i].Audio}", await CodecsAsync(file));
            await Tool.DecodesAsync(file);
        }
    }

    private static async Task<string> CodecsAsync(string file)
        => string.Join(' ', (await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file)).Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private static string Text(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}";
}
