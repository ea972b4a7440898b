using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Bytes;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Mp4;

public sealed class TrackSelectionTests
{
    [Theory]
    [InlineData(Codec.H264, Codec.Aac, TrackChoice.Browser, "video/mp4; codecs=\"avc3.42C00B, mp4a.40.2\"", "")]
    [InlineData(Codec.H264, Codec.G711A, TrackChoice.Browser, "video/mp4; codecs=\"avc3.42C00B\"", "G711A")]
    [InlineData(Codec.H265, Codec.G711U, TrackChoice.All, "video/mp4; codecs=\"hev1.1.6.L30.90, ulaw\"", "")]
    [InlineData(Codec.H264, Codec.Aac, TrackChoice.Video, "video/mp4; codecs=\"avc3.42C00B\"", "Aac")]
    [InlineData(null, Codec.Aac, TrackChoice.Browser, "audio/mp4; codecs=\"mp4a.40.2\"", "")]
    public async Task A_choice_names_its_format_and_what_it_leaves_out(Codec? video, Codec audio, TrackChoice choice, string mime, string leftOut)
    {
        var init = InitSegment.Build((await Clip.MakeAsync(video, audio)).Tracks);
        var selection = TrackSelection.Of(init, choice);
        Assert.Equal(mime, selection.Mime);
        Assert.Equal(leftOut, string.Join(' ', selection.LeftOut.Select(track => track.Codec)));
        Assert.Equal(leftOut.Length == 0, selection.IsWhole);
        Assert.Equal(selection.IsWhole, ReferenceEquals(init, selection.Init));
        Assert.Equal(selection.Init.Tracks, InitSegment.Parse(selection.Init.Bytes).Tracks.Zip(selection.Init.Tracks, (parsed, known) => parsed.SameFormat(known) ? known : parsed));
    }

    [Theory]
    [InlineData(TrackChoice.Browser, Codec.G711A)]
    [InlineData(TrackChoice.Video, Codec.Aac)]
    public void Nothing_is_left_of_a_stream_that_has_nothing_of_the_choice(TrackChoice choice, Codec audio)
    {
        var selection = TrackSelection.Of(InitSegment.Build([new Track { Codec = audio, TimeScale = 8000, AudioSpecificConfig = audio == Codec.Aac ? [0x15, 0x88] : [] }]), choice);
        Assert.True(selection.IsEmpty);
        Assert.Single(selection.LeftOut);
    }

    [Fact]
    public async Task Every_offset_stays_and_only_the_name_of_a_traf_changes()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.G711A, bFrames: 2));
        var selection = TrackSelection.Of(feed.Fragments[0].Init, TrackChoice.Browser);
        Assert.True(feed.Fragments.Count > 3);
        foreach (var fragment in feed.Fragments)
        {
            var before = fragment.ToArray();
            var after = before.ToArray();
            Assert.True(selection.Apply(after));
            var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
            Assert.Equal("traf", System.Text.Encoding.ASCII.GetString(before, changed[0], 4));
            Assert.Equal("free", System.Text.Encoding.ASCII.GetString(after, changed[0], 4));
            Assert.InRange(changed[^1], changed[0], changed[0] + 3);
            Assert.Equal(MovieFragment.Parse(before).Tracks[0].Samples, Assert.Single(MovieFragment.Parse(after).Tracks).Samples);
            Assert.True(selection.Apply(after));            // twice does no harm
        }
    }

    [Theory]
    [InlineData(Codec.H264, Codec.G711A, TrackChoice.Browser)]
    [InlineData(Codec.H265, Codec.G711U, TrackChoice.Browser)]
    [InlineData(Codec.H264, Codec.Aac, TrackChoice.Video)]
    [InlineData(Codec.H265, Codec.Aac, TrackChoice.All)]
    public async Task A_reheaded_stream_plays_in_ffmpeg_and_GStreamer_picture_for_picture(Codec video, Codec audio, TrackChoice choice)
    {
        using var directory = new TemporaryDirectory();
        using var feed = new Feed();
        var clip = await Clip.MakeAsync(video, audio, bFrames: 2);
        feed.Play(clip);
        var selection = TrackSelection.Of(feed.Fragments[0].Init, choice);
        var file = directory.File("live.mp4");
        await using (var stream = File.Create(file))
        {
            await stream.WriteAsync(selection.Init.Bytes);
            foreach (var fragment in feed.Fragments)
            {
                var bytes = fragment.ToArray();
                if (selection.Apply(bytes))
                    await stream.WriteAsync(bytes);
            }
        }
        await Tool.DecodesAsync(file);
        await Tool.DecodesInGStreamerAsync(file, video: true, audio: selection.IsWhole);
        Assert.Equal(clip.Pictures.Count(), await Tool.FramesAsync(file, "v:0"));
        var kinds = await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", file);
        Assert.Equal(selection.IsWhole ? "video audio" : "video", string.Join(' ', kinds.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task A_fragment_without_a_chosen_track_is_not_to_be_sent()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(null, Codec.G711A));
        var init = InitSegment.Build([RecorderRig.Video, .. feed.Fragments[0].Init.Tracks]);
        Assert.False(TrackSelection.Of(init, TrackChoice.Browser).Apply(feed.Fragments[0].ToArray()));
    }

    [Fact]
    public async Task Every_prefix_of_a_moof_is_refused()
    {
        var (selection, moof) = await MoofAsync();
        for (var length = 0; length < moof.Length; length++)
            Assert.Throws<ProtocolException>(() => selection.Apply(moof.AsSpan(0, length).ToArray()));
        Assert.True(selection.Apply(moof));
    }

    [Fact]
    public async Task Damage_raises_ProtocolException_and_nothing_else()
    {
        var (selection, moof) = await MoofAsync();
        var refused = 0;
        foreach (var wreck in Damage.Of(moof))
            try
            {
                selection.Apply(wreck);
            }
            catch (ProtocolException)
            {
                refused++;
            }
        Assert.InRange(refused, 1000, Damage.Rounds - 1000);
    }

    private static async Task<(TrackSelection, byte[])> MoofAsync()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.G711A));
        var bytes = feed.Fragments[1].ToArray();
        return (TrackSelection.Of(feed.Fragments[0].Init, TrackChoice.Browser), bytes[..MovieFragment.HeadLength(bytes)]);
    }
}
