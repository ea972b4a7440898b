using System.Globalization;
using System.Net;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Hls;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Playlists of the daemon in players that others wrote; the number in each picture tells which it is, the camera when it was sent.</summary>
[Collection(SecondDaemon.Name)]
public sealed class PlaybackTests
{
    /// <summary>A picture is dated by its arrival: the frame it was sent in, and one for the way.</summary>
    private const int OneFrame = 1;

    [Fact]
    public async Task The_right_picture_is_shown_before_and_behind_a_gap_a_seam_and_a_restart()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--alternate", BurntInCounter.LargeClip);
        setup.With("gate", camera.Url(), ("transport", "tcp"));
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            await camera.WaitAsync(s => s.Clients is [{ Video: > 100 }]);
            await camera.CommandAsync("disconnect");
            await camera.WaitAsync(s => s.Clients is [_, { Video: > 75 }]);
            await camera.CommandAsync("params");            // 1280 x 720 from the next sync sample on
            await camera.WaitAsync(s => s.Clients is [_, { Video: > 300 }], TimeSpan.FromSeconds(40));
            await daemon.WaitAsync(async () => await daemon.TimelineAsync("gate"), t => t.Footage > TimeSpan.FromSeconds(15), "footage");
            await ShowsWhatWasSentAsync(daemon, await camera.StatsAsync());
            Assert.Equal(0, await daemon.StopAsync());
        }
        await using var again = await DaemonProcess.StartAsync(setup);
        await camera.WaitAsync(s => s.Clients.Count > 2 && s.Clients[^1].Video > 100);
        await again.RecordAsync("gate", false);
        // Old enough that all of it is on the disk, and that a range up to then is over.
        await again.WaitAsync(() => again.TimelineAsync("gate"), t => t.Gaps.Any(g => g.To is null) && t.Spans[^1].To < DateTimeOffset.UtcNow.AddSeconds(-12), "the last picture");
        var (numbers, playlist) = await ShowsWhatWasSentAsync(again, await camera.StatsAsync());
        Assert.True(setup.Segments().Length >= 2, "no seam");

        // Every picture of the range, once: three sessions, each without a hole, and as many as the file that is cut out of the same range has.
        Assert.Equal([0, 0, 0], BurntInCounter.Stretches(numbers).Select(s => s.First));
        Assert.Equal(2, playlist.Entries.Count(e => e.IsDiscontinuity));
        using var directory = new TemporaryDirectory();
        var file = directory.File("footage.mp4");
        Assert.True(await again.DownloadAsync("gate", file));
        Assert.Equal(await BurntInCounter.ReadAsync(file), numbers);
        await Tool.RunAsync("/usr/bin/gst-launch-1.0", "-q", "souphttpsrc", $"location={Address(again, await again.IdAsync("gate"), "tracks=all")}", "user-id=admin", $"user-pw={Password(again)}", "!", "hlsdemux", "!", "decodebin", "!", "fakesink", "sync=false");
        Assert.Empty(again.Errors);
    }

    [Fact]
    public async Task A_range_over_midnight_is_dated_on_both_days()
    {
        var midnight = new DateTimeOffset(DateTime.UtcNow.Date.AddDays(1), TimeSpan.Zero);
        using var clock = await WallClock.AtAsync(midnight);
        using var setup = new DaemonSetup { Clock = clock };
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip);
        clock.Set(midnight.AddSeconds(-8), isSynchronized: true);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Spans is [{ } span] && span.From < midnight.AddSeconds(-2) && span.To > midnight.AddSeconds(5), "footage of both days");
        await daemon.RecordAsync("gate", false);
        await daemon.WaitAsync(() => daemon.TimelineAsync("gate"), t => t.Gaps.Any(g => g.To is null) && t.Spans[^1].To < setup.Now.AddSeconds(-12), "the last picture");

        var (_, playlist) = await ShowsWhatWasSentAsync(daemon, await camera.StatsAsync());
        var dates = Dates(playlist);
        Assert.Contains(dates, date => date < midnight);
        Assert.Contains(dates, date => date >= midnight);
        Assert.Equal(dates.Order(), dates);
        // A range that begins or ends with the day has what lies in it.
        var next = PlaylistRules.Obeys(await PlaylistAsync(daemon, "", midnight, setup.Now.AddSeconds(-11)));
        Assert.InRange((midnight - next.Entries[0].Date!.Value).TotalSeconds, 0, 4.1);
        var last = PlaylistRules.Obeys(await PlaylistAsync(daemon, "", midnight.AddDays(-1), midnight));
        Assert.InRange((Dates(last)[^1].AddSeconds(last.Entries[^1].Duration!.Value) - midnight).TotalSeconds, 0, 4.1);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_range_that_reaches_into_now_grows_as_the_standard_allows_and_what_it_names_is_checked()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync(BurntInCounter.Clip, "--audio", "20s.alaw", "--speed", "4");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(6));
        var (from, to) = (DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));
        var before = await PlaylistAsync(daemon, "", from, to);
        PlaylistRules.Obeys(before);
        for (var reload = 0; reload < 4; reload++)
        {
            var known = PlaylistText.Parse(before).Entries.Count;
            var after = await daemon.WaitAsync(() => PlaylistAsync(daemon, "", from, to), t => PlaylistText.Parse(t).Entries.Count > known, "more entries");
            PlaylistRules.ObeysReload(before, after);
            before = after;
        }
        var playlist = PlaylistText.Parse(before);
        Assert.Equal("EVENT", playlist.Value("EXT-X-PLAYLIST-TYPE"));
        Assert.False(playlist.IsEnded);

        var channel = $"/api/v1/channels/{await daemon.IdAsync("gate")}/";
        var uri = playlist.Entries[0].Uri;
        using var answer = await daemon.Http.GetAsync(channel + uri);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("video/mp4", answer.Content.Headers.ContentType?.MediaType);
        var words = uri["ring/".Length..].Split('-');
        Assert.Contains("overwritten", await daemon.Http.GetAsync($"{channel}ring/{words[0]}-{long.Parse(words[1], CultureInfo.InvariantCulture) + 1}-{words[2]}-{words[3]}-main-all.m4s").ProblemAsync(410), StringComparison.Ordinal);
        await daemon.Http.GetAsync($"{channel}ring/{words[0]}-{words[1]}-0-4096-main-all.m4s").ProblemAsync(404);
        await daemon.Http.GetAsync($"{channel}ring/{words[0]}-{words[1]}-{words[2]}-{words[3]}-sub-all.m4s").ProblemAsync(410);
        await daemon.Http.GetAsync($"{channel}playback.m3u8?from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z").ProblemAsync(404);
        PlaylistRules.Obeys(await daemon.Http.GetStringAsync($"{channel}playback.m3u8?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z"));
        await daemon.Http.GetAsync($"{channel}playback.m3u8?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z").ProblemAsync(400);
        await daemon.Http.GetAsync($"{channel}playback.m3u8?from=2026-01-01T00:00:00Z&to=9999-01-01T00:00:00Z&tracks=some").ProblemAsync(400);
        using var anonymous = new HttpClient { BaseAddress = daemon.Http.BaseAddress };
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync(channel + uri)).StatusCode);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_player_that_the_ring_overtakes_is_told_where_footage_begins_now()
    {
        using var setup = new DaemonSetup { RingSize = "16MiB" };
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--speed", "8");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", "tcp")));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));
        var (from, to) = (DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));
        var before = await PlaylistAsync(daemon, "", from, to);
        var first = PlaylistText.Parse(before).Entries[0].Uri;
        var channel = $"/api/v1/channels/{await daemon.IdAsync("gate")}/";
        await daemon.WaitAsync(async () => (await daemon.Http.GetAsync(channel + first)).StatusCode, s => s == HttpStatusCode.Gone, "the end of the first segment", TimeSpan.FromSeconds(60));
        using var gone = await daemon.Http.GetAsync(channel + first);
        var problem = System.Text.Json.JsonDocument.Parse(await gone.Content.ReadAsStringAsync()).RootElement;
        var oldest = problem.GetProperty("oldest").GetDateTimeOffset();
        PlaylistRules.ObeysReload(before, await PlaylistAsync(daemon, "", from, to));
        var reopened = PlaylistRules.Obeys(await daemon.WaitAsync(() => PlaylistAsync(daemon, "", oldest.AddSeconds(10), to), _ => true, "a playlist from there"));
        Assert.True(reopened.Entries[0].Date >= oldest);
        Assert.Empty(daemon.Errors);
    }

    /// <summary>The playlist of everything, in ffmpeg: each picture is the one that the camera sent at its date, by the entries' dates and the place in them.</summary>
    private static async Task<(IReadOnlyList<int> Numbers, PlaylistText Playlist)> ShowsWhatWasSentAsync(DaemonProcess daemon, CameraStatistics sent)
    {
        var (from, to) = (daemon.Setup.Now.AddDays(-1), daemon.Setup.Now.AddSeconds(-11));
        var ahead = daemon.Setup.Now - DateTimeOffset.UtcNow;
        var playlist = PlaylistRules.Obeys(await PlaylistAsync(daemon, "tracks=all", from, to));
        var channel = $"/api/v1/channels/{await daemon.IdAsync("gate")}/";
        using var directory = new TemporaryDirectory();
        var numbers = new List<int>();
        DateTimeOffset date = default;
        foreach (var run in Runs(playlist))
        {
            // A run at a time: after a restart a seam may lie in the middle of a GOP, and an entry that begins there cannot be decoded alone.
            var path = directory.File("run.mp4");
            await using (var file = File.Create(path))
            {
                await file.WriteAsync(await daemon.Http.GetByteArrayAsync(channel + run[0].Map));
                foreach (var entry in run)
                    await file.WriteAsync(await daemon.Http.GetByteArrayAsync(channel + entry.Uri));
            }
            var shown = await BurntInCounter.ReadAsync(path);
            var dates = new List<DateTimeOffset>();
            foreach (var entry in run)
            {
                date = entry.Date ?? date;
                for (var i = 0; i < Math.Round(entry.Duration!.Value * 25); i++)
                    dates.Add(date.AddSeconds(i / 25.0));
                date = date.AddSeconds(entry.Duration.Value);
            }
            Assert.Equal(dates.Count, shown.Count);
            var session = sent.Clients.Last(c => c.BeganAt <= (dates[0] - ahead - DateTimeOffset.UnixEpoch).TotalSeconds + 0.02);
            for (var i = 0; i < shown.Count; i++)
                Assert.InRange(shown[i] - session.PictureAt(dates[i] - ahead), -OneFrame, OneFrame);
            numbers.AddRange(shown);
        }
        // The same by a player that reads the playlist itself.
        var id = await daemon.IdAsync("gate");
        Assert.Equal(numbers, await BurntInCounter.ReadAsync(Address(daemon, id, "tracks=all", from, to), "-headers", $"Authorization: {daemon.Http.DefaultRequestHeaders.Authorization}\r\n"));
        return (numbers, playlist);
    }

    /// <summary>When each entry begins: as it says, or where the one before ends.</summary>
    private static List<DateTimeOffset> Dates(PlaylistText playlist)
    {
        var dates = new List<DateTimeOffset>();
        foreach (var entry in playlist.Entries)
            dates.Add(entry.Date ?? dates[^1].AddSeconds(playlist.Entries[dates.Count - 1].Duration!.Value));
        return dates;
    }

    internal static IEnumerable<List<PlaylistEntry>> Runs(PlaylistText playlist)
    {
        List<PlaylistEntry> run = [];
        foreach (var entry in playlist.Entries)
        {
            if (entry.IsDiscontinuity)
            {
                yield return run;
                run = [];
            }
            run.Add(entry);
        }
        yield return run;
    }

    private static async Task<string> PlaylistAsync(DaemonProcess daemon, string more, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        using var answer = await daemon.Http.GetAsync(new Uri(Address(daemon, await daemon.IdAsync("gate"), more, from, to)));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        Assert.Equal("application/vnd.apple.mpegurl", answer.Content.Headers.ContentType?.MediaType);
        return text;
    }

    private static string Address(DaemonProcess daemon, string id, string more, DateTimeOffset? from = null, DateTimeOffset? to = null) => string.Create(CultureInfo.InvariantCulture,
        $"{daemon.Http.BaseAddress}api/v1/channels/{id}/playback.m3u8?from={from ?? daemon.Setup.Now.AddDays(-1):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}&to={to ?? daemon.Setup.Now.AddSeconds(-11):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}&{more}");

    private static string Password(DaemonProcess daemon) => File.ReadAllText(Path.Combine(daemon.Setup.Root, "initial-admin-password")).Trim();
}
