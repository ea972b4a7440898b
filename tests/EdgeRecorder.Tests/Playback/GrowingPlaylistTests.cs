using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Tests.Hls;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Playback;

/// <summary>A range that reaches into now: every reload is compared with the one before by the rules of the standard.</summary>
public sealed class GrowingPlaylistTests : IDisposable
{
    private const long ToUs = 30_000_000;
    private readonly PlayedRing _played = new();
    private readonly List<Feed> _feeds = [];

    public void Dispose()
    {
        _played.Dispose();
        foreach (var feed in _feeds)
            feed.Dispose();
    }

    [Theory]
    [InlineData(25)]
    [InlineData(50)]
    [InlineData(200)]
    public async Task It_only_grows_and_ends_when_its_end_has_passed_with_every_frame(int gop)
    {
        var fragments = (await PlayAsync(seconds: 16, gop)).Fragments;
        string? before = null;
        PlaylistText playlist = null!;
        foreach (var segment in fragments.Chunk(2))
        {
            _played.Ring.AddSegment(segment);
            _played.Clock.Utc = _played.Ring.Fragments[^1].ToUtcUs + 500_000;
            playlist = await ReloadAsync(before);
            Assert.False(playlist.IsEnded);
            before = playlist.Text;
        }
        _played.Clock.Utc = ToUs + GrowingPlaylist.SettledUs;
        playlist = await ReloadAsync(before);
        Assert.True(playlist.IsEnded);
        Assert.Equal("EVENT", playlist.Value("EXT-X-PLAYLIST-TYPE"));
        var path = await _played.SaveAsync(playlist);
        await Tool.DecodesAsync(path);
        Assert.Equal(400, await Tool.FramesAsync(path, "v:0"));
        Assert.Equal(playlist.Text, (await ReloadAsync(playlist.Text)).Text);
    }

    [Fact]
    public async Task A_camera_that_falls_silent_leaves_no_picture_unlisted()
    {
        var fragments = (await PlayAsync(seconds: 8)).Fragments;
        _played.Ring.AddSegment(fragments.Take(10));
        _played.Clock.Utc = _played.Ring.Fragments[^1].ToUtcUs;
        var before = await ReloadAsync(null);
        _played.Clock.Utc += 7_000_000;
        var after = await ReloadAsync(before.Text);
        Assert.True(after.Entries.Count > before.Entries.Count);
        Assert.Equal(Math.Round(fragments.Take(10).Sum(f => f.Duration90k) / 90_000.0, 3), Math.Round(after.Entries.Sum(e => e.Duration!.Value), 3));
        Assert.False(after.IsEnded);
    }

    [Fact]
    public async Task What_the_ring_overtakes_stays_listed_and_the_place_of_who_plays_on_stays_the_same()
    {
        var fragments = (await PlayAsync(seconds: 16)).Fragments;
        foreach (var segment in fragments.Take(12).Chunk(4))
            _played.Ring.AddSegment(segment);
        _played.Clock.Utc = _played.Ring.Fragments[^1].ToUtcUs;
        var before = await ReloadAsync(null);
        _played.Ring.Recycle(0);
        foreach (var segment in fragments.Skip(12).Chunk(4))
            _played.Ring.AddSegment(segment);
        _played.Clock.Utc = _played.Ring.Fragments[^1].ToUtcUs;
        var after = await ReloadAsync(before.Text);
        Assert.True(after.Entries.Count > before.Entries.Count);
        Assert.IsType<RecordsAnswer.Overwritten>(_played.Open(after.Entries[0].Uri));
        Assert.NotEmpty(await _played.BytesAsync(after.Entries[^1].Uri));

        // Whoever makes the list anew begins later, and with a larger number: nobody takes one entry for another.
        using var anew = new PlaybackSource(_played.Ring, _played.Clock);
        var restarted = PlaylistRules.Obeys(await PlayedRing.TextAsync(Assert.IsType<PlaylistAnswer.Found>(await anew.OpenAsync(PlayedRing.Key, 0, ToUs, TrackChoice.All)).Playlist, TrackChoice.All));
        var first = after.Entries.FindIndex(e => e.Uri == restarted.Entries[0].Uri);
        Assert.True(first > 0);
        Assert.True(restarted.MediaSequence >= after.MediaSequence + first);
    }

    [Fact]
    public async Task A_clock_that_is_set_meanwhile_shows_in_new_playlists_and_moves_no_open_one()
    {
        var fragments = (await PlayAsync(seconds: 16)).Fragments;
        _played.Ring.AddSegment(fragments.Take(10));
        _played.Clock.Utc = _played.Ring.Fragments[^1].ToUtcUs;
        var before = await ReloadAsync(null);
        const long Moved = 5L * 3600 * 1_000_000;
        _played.Ring.AddSegment(fragments.Skip(10));
        _played.Ring.Redate(Moved);
        _played.Clock.Utc += Moved + 6_000_000;
        var after = await ReloadAsync(before.Text);
        Assert.True(after.Entries.Count > before.Entries.Count);
        Assert.False(after.IsEnded);
        Assert.Single(after.Entries, e => e.Date is not null);

        var anew = await _played.PlaylistAsync(Moved, Moved + ToUs);
        Assert.Equal(before.Entries[0].Uri, anew.Entries[0].Uri);
        Assert.Equal(before.Entries[0].Date!.Value.AddHours(5), anew.Entries[0].Date);
        _played.Clock.Utc = Moved + ToUs + GrowingPlaylist.SettledUs;
        Assert.True((await ReloadAsync(after.Text)).IsEnded);
    }

    [Fact]
    public async Task Many_open_playlists_do_not_fill_the_memory()
    {
        _played.Ring.AddSegment((await PlayAsync(seconds: 8)).Fragments);
        _played.Clock.Utc = 9_000_000;
        for (var i = 0; i < 2000; i++)
            Assert.IsType<PlaylistAnswer.Found>(await _played.Source.OpenAsync(PlayedRing.Key, i, ToUs, TrackChoice.All));
        Assert.InRange(_played.Source.Growing, 1, 256);
    }

    private async Task<PlaylistText> ReloadAsync(string? before)
    {
        var after = await _played.PlaylistAsync(0, ToUs);
        return before is null ? after : PlaylistRules.ObeysReload(before, after.Text);
    }

    private async Task<Feed> PlayAsync(double seconds, int gop = 25)
    {
        var feed = new Feed();
        _feeds.Add(feed);
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds, gop));
        return feed;
    }
}
