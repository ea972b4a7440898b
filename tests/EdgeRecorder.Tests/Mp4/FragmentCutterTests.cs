using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Mp4;

public sealed class FragmentCutterTests
{
    private const long Short90k = 18_000;

    [Theory]
    [InlineData(Codec.H264, Codec.Aac, 0)]
    [InlineData(Codec.H264, Codec.Aac, 2)]
    [InlineData(Codec.H264, Codec.G711A, 0)]
    [InlineData(Codec.H265, null, 2)]
    [InlineData(null, Codec.Aac, 0)]
    public async Task Pieces_are_the_samples_of_the_whole_at_their_times(Codec? video, Codec? audio, int bFrames)
    {
        using var feed = new Feed(mediaEnd90k: 1L << 33);
        feed.Play(await Clip.MakeAsync(video, audio, bFrames: bFrames));
        Assert.Contains(feed.Fragments, whole => whole.Duration90k > 3 * Short90k);
        List<Fragment> pieces = [];
        var cutter = new FragmentCutter(Short90k);
        foreach (var whole in feed.Fragments)
            cutter.Add(whole, pieces);
        try
        {
            for (var track = 1; track <= 2; track++)
                Assert.Equal(SamplesOf(feed.Fragments, track), SamplesOf(pieces, track));
            Assert.Equal(feed.Fragments.Where(f => f.IsSync && video is not null).Select(f => f.MediaStart90k), pieces.Where(f => f.IsSync && video is not null).Select(f => f.MediaStart90k));
            Assert.Equal(feed.Fragments.Sum(f => f.VideoSamples), pieces.Sum(f => f.VideoSamples));
            Assert.Equal(feed.Fragments.Count(f => f.EndsGop), pieces.Count(f => f.EndsGop));
            var scale = feed.Fragments[0].Init.Tracks[0].TimeScale;
            for (var i = 0; i < pieces.Count; i++)
            {
                var leader = MovieFragment.Parse(pieces[i].Head.Span).Tracks[0];
                var length = MediaTime.From(leader.End - leader.DecodeTime, scale);
                Assert.InRange(length, 1, Short90k + (bFrames + 1) * 3600);
                // Those of a GOP are alike, across the borders of what they were cut from; its last is what is left.
                Assert.True(bFrames > 0 || length >= 0.85 * Short90k || pieces[i].EndsGop || i + 1 < pieces.Count && pieces[i + 1].IsSync, $"piece {i} has {length}");
                Assert.Equal(MediaTime.ToUs(pieces[i].MediaStart90k - feed.Fragments[0].MediaStart90k), pieces[i].BoottimeUs - feed.Fragments[0].BoottimeUs, 100.0);
                Assert.Equal(i == 0, pieces[i].StartsRun);
                Assert.True(i == 0 || MediaTime.RunsOn(pieces[i - 1].MediaStart90k + pieces[i - 1].Duration90k, pieces[i].MediaStart90k));
                Assert.Equal(0, pieces[i].Length % 8);
            }
        }
        finally
        {
            pieces.ForEach(piece => piece.Release());
        }
    }

    [Fact]
    public async Task What_is_short_already_stays_itself()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac, bFrames: 2));
        List<Fragment> pieces = [];
        var cutter = new FragmentCutter(90_000);
        foreach (var fragment in feed.Fragments)
            cutter.Add(fragment, pieces);
        Assert.Equal(feed.Fragments, pieces);
        pieces.ForEach(piece => piece.Release());
        Assert.All(feed.Fragments, fragment => Assert.False(fragment.Head.IsEmpty));
    }

    [Fact]
    public async Task A_piece_that_waits_is_let_go_of_or_ended_by_a_new_run()
    {
        using var feed = new Feed();
        feed.Play(await Clip.MakeAsync(Codec.H264, null));
        var whole = feed.Fragments.First(fragment => fragment is { IsSync: true, EndsGop: false, Duration90k: > 3 * (uint)Short90k });
        List<Fragment> pieces = [];
        var cutter = new FragmentCutter(Short90k);
        cutter.Add(whole, pieces);
        var before = pieces.Count;
        Assert.True(pieces.Sum(piece => piece.VideoSamples) < whole.VideoSamples);
        cutter.Add(whole, pieces);                          // begins with a sync sample, so nothing can be waited for
        Assert.Equal(2 * before + 1, pieces.Count);
        Assert.Equal(whole.VideoSamples, pieces.Take(before + 1).Sum(piece => piece.VideoSamples));
        cutter.Clear();
        pieces.ForEach(piece => piece.Release());
        feed.Fragments.ForEach(fragment => fragment.Release());
        Assert.All(feed.Fragments, fragment => Assert.True(fragment.Head.IsEmpty));
        feed.Fragments.Clear();
    }

    private static List<(int, long, uint, int, bool, string)> SamplesOf(IEnumerable<Fragment> fragments, int trackId)
        => [.. fragments.SelectMany(fragment =>
        {
            var bytes = fragment.ToArray();
            return MovieFragment.Parse(bytes).Tracks.Where(track => track.TrackId == trackId).SelectMany(track => track.Samples)
                .Select(sample => (trackId, sample.Dts, sample.Duration, sample.CompositionOffset, sample.IsSync, Convert.ToBase64String(bytes.AsSpan((int)sample.Offset, (int)sample.Size))));
        })];
}
