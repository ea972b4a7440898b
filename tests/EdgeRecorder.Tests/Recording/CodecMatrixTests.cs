using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Recording;

/// <summary>What the fragmenter makes of real media, judged by players that others wrote.</summary>
public sealed class CodecMatrixTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<Codec?, Codec?, int> Matrix()
    {
        var data = new TheoryData<Codec?, Codec?, int>();
        foreach (var video in new Codec?[] { Codec.H264, Codec.H265, null })
            foreach (var audio in new Codec?[] { null, Codec.Aac, Codec.G711A, Codec.G711U })
                if (video is not null || audio is not null)
                    data.Add(video, audio, 0);
        data.Add(Codec.H264, Codec.Aac, 2);
        data.Add(Codec.H265, Codec.G711A, 3);
        return data;
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task Fragments_play_in_both_players_with_every_frame_once(Codec? video, Codec? audio, int bFrames)
    {
        var clip = await Clip.MakeAsync(video, audio, bFrames: bFrames);
        using var feed = new Feed();
        feed.Play(clip);
        var path = _directory.File("f.mp4");
        await File.WriteAllBytesAsync(path, feed.ToFile());

        await Tool.DecodesAsync(path);
        await Tool.DecodesInGStreamerAsync(path, video is not null, audio is not null);
        Assert.True(feed.Fragments[0].Init.Bytes.Length < InitSegment.LongestBytes);
        if (video is not null)
        {
            Assert.Equal(100, await Tool.FramesAsync(path, "v:0"));
            var dumped = await Tool.RunAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", video == Codec.H264 ? "h264" : "hevc", "-");
            // ffmpeg repeats H.265 parameter sets of the configuration box before every picture it takes out, so these are compared without.
            Assert.Equal(Clip.Nals(clip.Pictures.Select(unit => unit.Bytes)).Where(IsCompared), Clip.Nals(dumped).Where(IsCompared));
            Assert.Equal(clip.Pictures.Select(unit => unit.Bytes), feed.Samples(1).Select(sample => sample.Bytes));
        }
        if (audio is not null)
            Assert.Equal(clip.Frames.Select(unit => unit.Bytes), feed.Samples(2).Select(sample => sample.Bytes));
        bool IsCompared(byte[] nal) => video == Codec.H264 || nal[0] >> 1 is not (32 or 33 or 34);
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task Tracks_have_no_hole_and_every_fragment_is_a_whole_record(Codec? video, Codec? audio, int bFrames)
    {
        var clip = await Clip.MakeAsync(video, audio, bFrames: bFrames);
        using var feed = new Feed();
        feed.Play(clip);

        foreach (var track in clip.Tracks)
        {
            var samples = feed.Samples(track.Id).Select(sample => sample.Sample).ToList();
            Assert.Equal(0, samples[0].Dts);
            Assert.All(samples.Zip(samples.Skip(1)), pair => Assert.Equal(pair.First.Dts + pair.First.Duration, pair.Second.Dts));
            Assert.All(samples, sample => Assert.True(sample.Duration > 0));
            var sent = clip.Units.Where(unit => unit.Track == track).ToList();
            Assert.Equal(sent.Select(unit => unit.Pts - sent[0].Pts), samples.Select(sample => sample.Dts + sample.CompositionOffset));
        }
        Assert.All(feed.Fragments, fragment =>
        {
            Assert.Equal(0, fragment.Length % 8);
            Assert.True(fragment.Duration90k <= 67_500 + 3600 + 4000);
            Assert.True(fragment.Payloads.Length <= 8, $"{fragment.Payloads.Length} pieces");
            Assert.Equal(fragment.Length, fragment.ToArray().Length);
        });
        if (video is not null)
            Assert.Equal(clip.Pictures.Count(unit => unit.IsSync), feed.Fragments.Count(fragment => fragment.IsSync));
    }

    [Theory]
    [InlineData(Codec.H264)]
    [InlineData(Codec.H265)]
    public async Task Resolution_changing_at_every_GOP_plays_in_one_track(Codec codec)
    {
        using var feed = new Feed();
        var sizes = new[] { 160, 320, 240 };
        var clips = await Task.WhenAll(sizes.Select(width => Clip.MakeAsync(codec, null, seconds: 1, width: width)));
        feed.Announce(clips[0].Tracks);
        for (var round = 0; round < 6; round++)
            foreach (var unit in clips[round % clips.Length].Units)
                feed.Add(unit, unit.Pts + round * 90_000, unit.SendUs + round * 1_000_000);
        feed.Close();
        var path = _directory.File("f.mp4");
        await File.WriteAllBytesAsync(path, feed.ToFile());

        Assert.Single(feed.Fragments, fragment => fragment.StartsRun);
        Assert.All(feed.Fragments, fragment => Assert.True(fragment.Init.SameFormat(feed.Fragments[0].Init)));
        await Tool.DecodesAsync(path);
        await Tool.DecodesInGStreamerAsync(path, video: true, audio: false);
        Assert.Equal(150, await Tool.FramesAsync(path, "v:0"));
    }

    [Theory]
    [InlineData(Codec.H264, Codec.Aac, 0)]
    [InlineData(Codec.H264, Codec.G711U, 2)]
    [InlineData(Codec.H265, Codec.Aac, 3)]
    public async Task Runs_behind_one_another_play_through(Codec video, Codec audio, int bFrames)
    {
        using var feed = new Feed();
        var clip = await Clip.MakeAsync(video, audio, bFrames: bFrames);
        var sent = 0;
        feed.Announce(clip.Tracks);
        for (var round = 0; round < 4; round++)
        {
            var origin90k = round switch { 1 => 1L << 33, 2 => -40_000_000, _ => 0 };    // a wrapped clock, one that went back
            var pictures = 0;
            foreach (var unit in clip.Units)
            {
                var origin = origin90k * unit.Track.TimeScale / 90_000;
                var isLost = round == 3 && unit.Track.IsVideo && pictures == 25;
                if (unit.Track.IsVideo && pictures++ == 60)
                    break;                                  // the connection ends inside a GOP
                feed.Add(unit, unit.Pts + origin, unit.SendUs + round * 60_000_000L, isLost);
                sent += unit.Track.IsVideo ? 1 : 0;
            }
            if (round != 1)
                feed.Close();
        }
        var path = _directory.File("f.mp4");
        await File.WriteAllBytesAsync(path, feed.ToFile());

        await Tool.DecodesAsync(path);
        await Tool.DecodesInGStreamerAsync(path, video: true, audio: true);
        Assert.Equal(240, sent);
        Assert.Equal(240, feed.Samples(1).Count);
        Assert.Equal(240, await Tool.FramesAsync(path, "v:0"));
        Assert.Equal(5, feed.Fragments.Count(fragment => fragment.StartsRun));
        Assert.All(feed.Fragments.Zip(feed.Fragments.Skip(1)), pair => Assert.True(pair.Second.MediaStart90k > pair.First.MediaStart90k));
        foreach (var trackId in new[] { 1, 2 })
        {
            var samples = feed.Samples(trackId).Select(sample => sample.Sample).ToList();
            Assert.All(samples.Zip(samples.Skip(1)), pair => Assert.InRange(pair.Second.Dts - pair.First.Dts - pair.First.Duration, 0, 1));
        }
    }
}
