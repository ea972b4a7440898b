using System.Text;
using EdgeRecorder.Live;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Hls;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Live;

/// <summary>Live playlists with fragments made up for the case; every text passes the checker.</summary>
public sealed class LivePlaylistTests
{
    [Fact]
    public async Task Segments_begin_at_sync_fragments_and_the_list_slides()
    {
        using var rig = new Rig(lowLatency: false);
        string? before = null;
        for (var second = 0; second < 30; second++)
        {
            rig.Feed.Send(25, to: rig.Stream);
            if (second < 2)
                continue;
            var text = await rig.TextAsync();
            PlaylistRules.Obeys(text);
            if (before is not null)
                PlaylistRules.ObeysReload(before, text);
            before = text;
        }
        var playlist = PlaylistText.Parse(before!);
        Assert.Equal("1", playlist.Value("EXT-X-TARGETDURATION"));
        Assert.True(playlist.Has("EXT-X-INDEPENDENT-SEGMENTS"));
        Assert.All(playlist.Entries, entry => Assert.Equal(1.0, entry.Duration!.Value, 0.001));
        Assert.InRange(playlist.Entries.Count, 6, 8);
        Assert.Equal(1000 + 29 - playlist.Entries.Count, playlist.MediaSequence);
        Assert.All(playlist.Entries, entry => Assert.Contains("/main-browser-normal/", entry.Uri, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_segment_is_its_packets_and_stays_for_a_while_when_it_has_left_the_list()
    {
        using var rig = new Rig(lowLatency: false);
        rig.Feed.Send(25 * 20 + 1, to: rig.Stream);
        var first = PlaylistText.Parse(await rig.TextAsync()).MediaSequence;
        foreach (var number in new[] { first, first - 3 })
        {
            var (outcome, packets) = await rig.Playlist.ReadAsync(number, null, default);
            Assert.Equal(PlaylistOutcome.Ready, outcome);
            Assert.True(packets[0].IsSync);
            Assert.Equal(90_000, packets.Sum(packet => packet.Duration90k));
            foreach (var packet in packets)
                packet.Release();
        }
        Assert.Equal(PlaylistOutcome.Gone, (await rig.Playlist.ReadAsync(1000, null, default)).Outcome);
        Assert.Equal("ftyp"u8, rig.Playlist.ReadInit(1000).AsSpan(4, 4));
        Assert.Null(rig.Playlist.ReadInit(999));
    }

    [Fact]
    public async Task A_new_run_and_a_new_format_are_discontinuities_and_a_format_has_a_map_of_its_own()
    {
        using var rig = new Rig(lowLatency: false);
        rig.Feed.Send(100, to: rig.Stream);
        rig.Feed.RestartAt(100 * 3600);                     // as an outage does: media time runs on
        rig.Feed.Send(100, to: rig.Stream);
        var other = new EdgeRecorder.Media.Track { Codec = EdgeRecorder.Media.Codec.H265, TimeScale = 90_000 };
        rig.Feed.Announce(other);
        rig.Feed.Send(51, video: other, to: rig.Stream);
        var text = await rig.TextAsync();
        var playlist = PlaylistRules.Obeys(text);
        Assert.Equal([true, false, false, false, true, false], playlist.Entries.TakeLast(6).Select(entry => entry.IsDiscontinuity));
        Assert.EndsWith("/1008.mp4", playlist.Entries[^2].Uri, StringComparison.Ordinal);
        Assert.EndsWith("/init-1000.mp4", playlist.Entries[^3].Map, StringComparison.Ordinal);
        Assert.All(playlist.Entries.TakeLast(2), entry => Assert.EndsWith("/init-1008.mp4", entry.Map, StringComparison.Ordinal));

        for (var second = 0; second < 20; second++)
        {
            rig.Feed.Send(25, video: other, to: rig.Stream);
            var next = await rig.TextAsync();
            PlaylistRules.ObeysReload(text, next);
            text = next;
        }
        Assert.Equal(2, PlaylistText.Parse(text).Number("EXT-X-DISCONTINUITY-SEQUENCE", 0));
    }

    [Fact]
    public async Task A_key_frame_every_minute_is_cut_and_no_longer_promised_to_be_independent()
    {
        using var rig = new Rig(lowLatency: false);
        rig.Feed.Send(25 * 45, gop: 25 * 60, to: rig.Stream);
        var playlist = PlaylistRules.Obeys(await rig.TextAsync());
        Assert.InRange(playlist.Number("EXT-X-TARGETDURATION", 0), 10, 11);
        Assert.False(playlist.Has("EXT-X-INDEPENDENT-SEGMENTS"));
        Assert.Equal(4, playlist.Entries.Count);
    }

    [Fact]
    public async Task Low_latency_lists_parts_and_who_asks_for_the_next_one_waits_for_it()
    {
        using var rig = new Rig(lowLatency: true);
        rig.Feed.Send(128, to: rig.Stream);
        var text = await rig.TextAsync();
        var playlist = PlaylistRules.Obeys(text);
        Assert.Equal("YES", playlist.Attributes("EXT-X-SERVER-CONTROL")["CAN-BLOCK-RELOAD"]);
        Assert.Equal("0.210000", playlist.Attributes("EXT-X-PART-INF")["PART-TARGET"]);
        var last = playlist.MediaSequence + playlist.Entries.Count;
        Assert.EndsWith($"{last}.0.mp4\"", playlist.Value("EXT-X-PRELOAD-HINT"), StringComparison.Ordinal);

        var blocked = rig.Playlist.ReadAsync(last, 1, TimeSpan.FromSeconds(3), default);
        var hinted = rig.Playlist.ReadAsync(last, 0, default);
        rig.Feed.Send(3, to: rig.Stream);
        Assert.True(hinted.IsCompleted || await Task.WhenAny(hinted, Task.Delay(5000)) == hinted);
        Assert.Equal(PlaylistOutcome.Ready, (await hinted).Outcome);
        (await hinted).Packets[0].Release();
        Assert.False(blocked.IsCompleted);
        rig.Feed.Send(5, to: rig.Stream);
        var (outcome, bytes) = await blocked;
        Assert.Equal(PlaylistOutcome.Ready, outcome);
        var after = PlaylistRules.ObeysReload(text, Encoding.UTF8.GetString(bytes));
        Assert.Equal(2, after.OpenParts.Count);
        Assert.True(after.OpenParts[0].IsIndependent);
        Assert.False(after.OpenParts[1].IsIndependent);
    }

    [Fact]
    public async Task Low_latency_that_begins_in_the_middle_lists_parts_of_what_was_there_before()
    {
        using var rig = new Rig(lowLatency: true, brief: false);
        rig.Feed.Send(60, to: rig.Stream);
        var before = await rig.TextAsync();
        PlaylistRules.Obeys(before);
        var first = PlaylistText.Parse(before);
        Assert.Equal("0.210000", first.Attributes("EXT-X-PART-INF")["PART-TARGET"]);
        Assert.All(first.Entries, entry => Assert.NotEmpty(entry.Parts));
        rig.Fork();
        for (var i = 0; i < 100; i++)
        {
            rig.Feed.Send(1, to: rig.Stream);
            var next = await rig.TextAsync();
            PlaylistRules.Obeys(next);
            PlaylistRules.ObeysReload(before, next);
            before = next;
        }
    }

    [Theory]
    [InlineData(12)]
    [InlineData(30)]
    [InlineData(7)]
    public async Task The_part_target_fits_the_frame_rate(int fps)
    {
        using var rig = new Rig(lowLatency: true, fps: fps);
        rig.Feed.Send(fps * 10, gop: fps, to: rig.Stream);
        PlaylistRules.Obeys(await rig.TextAsync());
    }

    [Fact]
    public async Task A_wait_is_bounded_and_absurd_requests_are_refused_at_once()
    {
        using var rig = new Rig(lowLatency: true);
        rig.Feed.Send(100, to: rig.Stream);
        var last = PlaylistText.Parse(await rig.TextAsync()) is var playlist ? playlist.MediaSequence + playlist.Entries.Count : 0;
        Assert.Equal(PlaylistOutcome.Absurd, (await rig.Playlist.ReadAsync(last + 3, null, TimeSpan.FromSeconds(3), default)).Outcome);
        Assert.Equal(PlaylistOutcome.Absurd, (await rig.Playlist.ReadAsync(long.MaxValue, 0, TimeSpan.FromSeconds(3), default)).Outcome);
        var waiting = rig.Playlist.ReadAsync(last + 1, null, TimeSpan.FromSeconds(3), default);
        Assert.False(waiting.IsCompleted);
        rig.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(PlaylistOutcome.NotYet, (await waiting).Outcome);
        var removed = rig.Playlist.ReadAsync(last + 1, null, TimeSpan.FromSeconds(3), default);
        rig.Playlist.Ended(LiveEnd.ChannelRemoved);
        Assert.Equal(PlaylistOutcome.Gone, (await removed).Outcome);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var other = new Rig(lowLatency: true);
            await other.Playlist.ReadAsync(null, null, TimeSpan.FromSeconds(3), stop.Token);
        });
    }

    [Fact]
    public async Task What_a_playlist_holds_is_bounded_whatever_the_bit_rate()
    {
        using var rig = new Rig(lowLatency: false);
        for (var second = 0; second < 14; second++)
            rig.Feed.Send(25, bytes: 300_000, to: rig.Stream);
        PlaylistRules.Obeys(await rig.TextAsync());
        var kept = Enumerable.Range(1000, 13).Count(number => rig.Playlist.ReadAsync(number, null, default) is { IsCompletedSuccessfully: true, Result: { Outcome: PlaylistOutcome.Ready } found } && Release(found.Packets));
        Assert.InRange(kept, 6, 10);

        static bool Release(LivePacket[] packets)
        {
            foreach (var packet in packets)
                packet.Release();
            return true;
        }
    }

    private sealed class Rig : IDisposable
    {
        public Rig(bool lowLatency, bool brief = true, int fps = 25)
        {
            Stream = new LiveStream(new FakeEngine(), lowLatency ? Capture.Short90k : null);
            Playlist = new LivePlaylist(LivePlaylists.FolderOf(0, TrackChoice.Browser, lowLatency), lowLatency, 1000, Time);
            Feed = new LiveFeed { Frame90k = 90_000 / fps };
            if (lowLatency && brief)
                Fork();
            Stream.Join(Playlist, TrackChoice.Browser, 0);
        }

        public LiveFeed Feed { get; }
        public LiveStream Stream { get; }
        public ManualTime Time { get; } = new();
        public LivePlaylist Playlist { get; }

        /// <summary>From here on fragments are cut for low latency.</summary>
        public void Fork() => Feed.Shorten();

        public async Task<string> TextAsync()
        {
            var (outcome, text) = await Playlist.ReadAsync(null, null, TimeSpan.FromSeconds(1), default);
            Assert.Equal(PlaylistOutcome.Ready, outcome);
            return Encoding.UTF8.GetString(text);
        }

        public void Dispose()
        {
            Stream.Close();
            Playlist.Dispose();
            Feed.Dispose();
        }
    }
}
