using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Playback;

public sealed class PlaybackTests : IDisposable
{
    private readonly PlayedRing _played = new();

    private FakeRing Ring => _played.Ring;

    public void Dispose() => _played.Dispose();

    [Theory]
    [InlineData(Codec.H264, Codec.Aac, 100)]
    [InlineData(Codec.H264, Codec.Aac, 3)]
    [InlineData(Codec.H265, null, 5)]
    [InlineData(null, Codec.Aac, 7)]
    public async Task A_range_plays_with_every_frame_from_far_in_the_media_time(Codec? video, Codec? audio, int perSegment)
    {
        // 30 days: beyond what 32 bits of 90 kHz hold.
        await FillAsync(video, audio, perSegment, mediaEnd90k: 30L * 24 * 3600 * 90_000);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue);
        Assert.Equal("VOD", playlist.Value("EXT-X-PLAYLIST-TYPE"));
        Assert.True(playlist.IsEnded);
        Assert.Equal(8.0, playlist.Entries.Sum(e => e.Duration!.Value), 0.1);
        var path = await _played.SaveAsync(playlist);
        await Tool.DecodesAsync(path);
        if (video is not null)
        {
            Assert.Equal(200, await Tool.FramesAsync(path, "v:0"));
            Assert.Equal(perSegment == 100, playlist.Has("EXT-X-INDEPENDENT-SEGMENTS"));    // the others change segments in the middle of a GOP, as after a fault of the disk
            Assert.All(playlist.Entries, e => Assert.True(e.Duration <= 5));
        }
    }

    [Fact]
    public async Task An_entry_holds_four_seconds_and_no_uuid_and_its_mdat_as_it_was_recorded()
    {
        using var feed = await FillAsync(Codec.H264, Codec.Aac, 100);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue);
        Assert.Equal([4.0, 4.0], playlist.Entries.Select(e => Math.Round(e.Duration!.Value, 1)));
        var media = new List<byte>();
        foreach (var entry in playlist.Entries)
            media.AddRange(await _played.BytesAsync(entry.Uri));
        Assert.Equal(feed.Fragments.SelectMany(f => f.ToArray()), media);
    }

    [Fact]
    public async Task A_range_in_the_middle_begins_at_the_sync_sample_before_and_says_where_it_begins()
    {
        await FillAsync(Codec.H264, Codec.Aac, 3);
        var playlist = await _played.PlaylistAsync(3_500_000, 5_100_000);
        var path = await _played.SaveAsync(playlist);
        Assert.Equal(69, await Tool.FramesAsync(path, "v:0"));      // as footage.mp4 has it
        Assert.Equal("0.5", playlist.Attributes("EXT-X-START")["TIME-OFFSET"][..3]);
        Assert.Equal(3.0, (playlist.Entries[0].Date!.Value - DateTimeOffset.UnixEpoch).TotalSeconds, 0.05);
    }

    [Fact]
    public async Task A_run_begins_with_a_discontinuity_its_date_and_its_init_segment()
    {
        using var feed = await FillAsync(Codec.H264, Codec.Aac, 100);
        using var next = new Feed(mediaEnd90k: feed.Fragmenter.MediaEnd90k);
        var clip = await Clip.MakeAsync(Codec.H264, Codec.Aac, seconds: 8);
        next.Announce(clip.Tracks);
        foreach (var unit in clip.Units)
            next.Add(unit, arrivalUs: unit.SendUs + 100_000_000);
        next.Close();
        Ring.AddSegment(next.Fragments);

        var playlist = await _played.PlaylistAsync(0, long.MaxValue);
        Assert.Equal([false, false, true, false], playlist.Entries.Select(e => e.IsDiscontinuity));
        Assert.Equal(100.0, (playlist.Entries[2].Date!.Value - DateTimeOffset.UnixEpoch).TotalSeconds, 0.05);
        Assert.Equal(2, playlist.Entries.Select(e => e.Map).Distinct().Count());
        var path = await _played.SaveAsync(playlist);
        await Tool.DecodesAsync(path);
        Assert.Equal(400, await Tool.FramesAsync(path, "v:0"));
    }

    [Fact]
    public async Task A_format_that_changes_has_its_own_init_segment()
    {
        using var feed = await FillAsync(Codec.H264, Codec.Aac, 100);
        using var other = new Feed(mediaEnd90k: feed.Fragmenter.MediaEnd90k);
        var clip = await Clip.MakeAsync(Codec.H264, Codec.G711A);
        other.Announce(clip.Tracks);
        foreach (var unit in clip.Units)
            other.Add(unit, arrivalUs: unit.SendUs + 10_000_000);
        other.Close();
        Ring.AddSegment(other.Fragments);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue);
        var change = playlist.Entries.FindIndex(e => e.IsDiscontinuity);
        Assert.True(change > 0);
        Assert.Contains(InitSegment.Parse(await _played.BytesAsync(playlist.Entries[change - 1].Map!)).Tracks, t => t.Codec == Codec.Aac);
        Assert.Contains(InitSegment.Parse(await _played.BytesAsync(playlist.Entries[change].Map!)).Tracks, t => t.Codec == Codec.G711A);
    }

    [Theory]
    [InlineData(TrackChoice.Browser)]
    [InlineData(TrackChoice.Video)]
    public async Task Tracks_that_were_not_asked_for_are_not_there(TrackChoice tracks)
    {
        await FillAsync(Codec.H264, Codec.G711A, 4);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue, tracks);
        var path = await _played.SaveAsync(playlist);
        Assert.Equal("video", (await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd(',')).Distinct().Single());
        await Tool.DecodesAsync(path);
        Assert.Equal(200, await Tool.FramesAsync(path, "v:0"));
    }

    [Fact]
    public async Task Tracks_that_a_channel_does_not_have_are_refused()
    {
        await FillAsync(null, Codec.Aac, 4);
        Assert.IsType<PlaylistAnswer.NoSuchTracks>(await _played.Source.OpenAsync(PlayedRing.Key, 0, long.MaxValue, TrackChoice.Video));
    }

    [Fact]
    public async Task A_fragment_without_an_asked_for_track_goes_out_as_free_boxes()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(null, Codec.G711A));
        var bytes = feed.Fragments[0].ToArray();
        var plan = new FootagePlan([new(0, 0, 0, bytes.Length + 176, 0, 1, true, true, 0, 1)], TrackSelection.Of(feed.Fragments[0].Init, TrackChoice.Video));
        plan.Dress(bytes, 0);
        var boxes = new BoxReader(bytes);
        var types = new List<string>();
        while (boxes.TryNext(out var box))
            types.Add(box.Type);
        Assert.Equal(["free", "free"], types);
    }

    [Fact]
    public async Task A_segment_whose_head_is_damaged_costs_itself_alone()
    {
        await FillAsync(Codec.H264, Codec.Aac, 3);
        Ring.DamageInit(1);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue);
        Assert.DoesNotContain(playlist.Entries, e => e.Uri.StartsWith("ring/1-", StringComparison.Ordinal));
        Assert.Contains(playlist.Entries, e => e.IsDiscontinuity);
        await Tool.DecodesAsync(await _played.SaveAsync(playlist));
        Assert.IsType<FootageAnswer.Damaged>(new Footage(Ring).Open(PlayedRing.Key, 0, long.MaxValue, verbatim: false));
        Assert.Equal(0, Ring.Leases);
    }

    [Fact]
    public async Task Records_that_were_overwritten_are_gone_and_the_oldest_that_is_left_is_named()
    {
        await FillAsync(Codec.H264, Codec.Aac, 3);
        var playlist = await _played.PlaylistAsync(0, long.MaxValue);
        Ring.Recycle(0);
        var oldest = Ring.Fragments[3].FromUtcUs;
        Assert.Equal(oldest, Assert.IsType<RecordsAnswer.Overwritten>(_played.Open(playlist.Entries[0].Uri)).OldestUtcUs);
        Assert.Equal(oldest, Assert.IsType<RecordsAnswer.Overwritten>(_played.Open(playlist.Entries[0].Map!)).OldestUtcUs);
        Assert.NotEmpty(await _played.BytesAsync(playlist.Entries[^1].Uri));
    }

    [Fact]
    public async Task Made_up_numbers_find_nothing()
    {
        await FillAsync(Codec.H264, Codec.Aac, 3);
        var place = Ring.Fragments[0];
        foreach (var (offset, length) in new[] { (place.Offset, place.Length - 8), (place.Offset + 8, place.Length - 8), (0, 4096), (0, int.MaxValue), (place.Offset, int.MaxValue), (int.MaxValue, int.MaxValue), (0, 0) })
            Assert.IsType<RecordsAnswer.Nothing>(_played.Open($"ring/{place.Segment}-{place.Generation}-{offset}-{length}-main-all.m4s"));
        foreach (var name in new[] { $"{place.Segment}-{place.Generation + 1}", $"{place.Segment + 1}-{place.Generation}", $"999999-{place.Generation}", $"{place.Segment}-{long.MaxValue}" })
            Assert.IsType<RecordsAnswer.Overwritten>(_played.Open($"ring/{name}-{place.Offset}-{place.Length}-main-all.m4s"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1-2-3-4-main-all")]
    [InlineData("1-2-3-main-all.m4s")]
    [InlineData("1-2-3-4-5-main-all.m4s")]
    [InlineData("-1-2-3-4-main-all.m4s")]
    [InlineData("1-2-+3-4-main-all.m4s")]
    [InlineData("1-2- 3-4-main-all.m4s")]
    [InlineData("1-2-3-99999999999-main-all.m4s")]
    [InlineData("1-2-3-4-third-all.m4s")]
    [InlineData("1-2-3-4-main-some.m4s")]
    [InlineData("1-2-3-4-main-all.m3u8")]
    [InlineData("..-..-..-..-main-all.mp4")]
    public void A_name_that_no_playlist_gives_is_no_name(string name) => Assert.False(RingName.TryRead(name, out _));

    [Theory]
    [InlineData("ring/1-2-3-4-main-all.m4s")]
    [InlineData("ring/2147483647-9223372036854775807-2147483647-2147483647-main-browser.mp4")]
    [InlineData("ring/1-2-3-4-sub-video.mp4")]
    public void A_name_is_read_as_it_was_written(string name)
    {
        Assert.True(RingName.TryRead(name["ring/".Length..], out var read));
        Assert.Equal(name, read.Value.Write(new char[RingName.Longest]).ToString());
    }

    [Fact]
    public async Task A_range_without_footage_has_no_playlist()
        => Assert.IsType<PlaylistAnswer.Nothing>(await _played.Source.OpenAsync(PlayedRing.Key, -62_135_596_800_000_000, 253_402_300_799_000_000, TrackChoice.All));

    [Fact]
    public async Task More_than_a_day_of_footage_is_refused_and_where_it_would_fit_is_said()
    {
        Ring.AddImaginary(hours: 30);
        var answer = Assert.IsType<PlaylistAnswer.TooLong>(await _played.Source.OpenAsync(PlayedRing.Key, long.MinValue, 253_402_300_799_000_000, TrackChoice.All));
        Assert.Equal(24L * 3600_000_000, answer.EndThatFitsUtcUs);
        Assert.IsType<PlaylistAnswer.Found>(await _played.Source.OpenAsync(PlayedRing.Key, 0, answer.EndThatFitsUtcUs, TrackChoice.All));
    }

    private async Task<Feed> FillAsync(Codec? video, Codec? audio, int perSegment, long mediaEnd90k = 0)
    {
        var feed = new Feed(mediaEnd90k: mediaEnd90k);
        feed.Play(await Clip.MakeAsync(video, audio, seconds: 8));
        foreach (var segment in feed.Fragments.Chunk(perSegment))
            Ring.AddSegment(segment);
        return feed;
    }
}
