using System.Buffers;
using System.Text;
using EdgeRecorder.Hls;

namespace EdgeRecorder.Tests.Hls;

public sealed class PlaylistWriterTests
{
    private readonly ArrayBufferWriter<byte> _output = new();

    private string Text => Encoding.UTF8.GetString(_output.WrittenSpan);

    [Fact]
    public void A_range_of_two_runs_is_written_as_the_standard_says()
    {
        var playlist = new PlaylistWriter(_output);
        playlist.Head(new PlaylistHead { Type = PlaylistType.Vod, TargetSeconds = PlaylistHead.SecondsOf(360_000), IsIndependent = true, Start90k = 120_000 });
        playlist.Begin("ring/1-5-all.mp4", utcUs: 1_769_860_800_123_456);
        playlist.Segment("ring/1-5-4096-1000-all.m4s", 360_000);
        playlist.Begin("ring/1-5-all.mp4");
        playlist.Segment("ring/1-5-8192-1000-all.m4s", 359_999);
        playlist.Begin("ring/2-6-all.mp4", isDiscontinuity: true, utcUs: 1_769_860_900_000_000);
        playlist.Segment("ring/2-6-4096-1000-all.m4s", 3_600);
        playlist.End();

        PlaylistRules.Obeys(Text);
        Assert.Equal("""
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-TARGETDURATION:4
            #EXT-X-MEDIA-SEQUENCE:0
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-START:TIME-OFFSET=1.333333,PRECISE=YES
            #EXT-X-MAP:URI="ring/1-5-all.mp4"
            #EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.123Z
            #EXTINF:4.000000,
            ring/1-5-4096-1000-all.m4s
            #EXTINF:3.999989,
            ring/1-5-8192-1000-all.m4s
            #EXT-X-DISCONTINUITY
            #EXT-X-MAP:URI="ring/2-6-all.mp4"
            #EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:01:40.000Z
            #EXTINF:0.040000,
            ring/2-6-4096-1000-all.m4s
            #EXT-X-ENDLIST

            """, Text);
    }

    [Fact]
    public void Parts_stand_in_front_of_their_segment_and_a_hint_behind_all()
    {
        var playlist = new PlaylistWriter(_output);
        playlist.Head(new PlaylistHead { Type = PlaylistType.Sliding, TargetSeconds = 2, MediaSequence = 7, DiscontinuitySequence = 2, PartTarget90k = 45_000 });
        playlist.Begin("live/init-1.mp4", utcUs: 0);
        playlist.Segment("live/7.m4s", 180_000);
        playlist.Begin("live/init-1.mp4");
        playlist.Part("live/8.0.m4s", 45_000, isIndependent: true);
        playlist.Part("live/8.1.m4s", 22_500, isIndependent: false);
        playlist.Segment("live/8.m4s", 67_500);
        playlist.Begin("live/init-1.mp4");
        playlist.Part("live/9.0.m4s", 45_000, isIndependent: true);
        playlist.PreloadHint("live/9.1.m4s");

        var read = PlaylistRules.Obeys(Text);
        Assert.Equal(7, read.MediaSequence);
        Assert.Equal([0, 2], read.Entries.Select(e => e.Parts.Count));
        Assert.Equal("live/9.0.m4s", Assert.Single(read.OpenParts).Uri);
        Assert.Equal("live/init-1.mp4", read.Entries[1].Map);
        Assert.Contains("PART-HOLD-BACK=1.500000\n", Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a\nb")]
    [InlineData("#a")]
    [InlineData("")]
    public void An_URI_that_would_end_its_line_or_its_quotes_is_refused(string uri)
        => Assert.Throws<ArgumentException>(() => new PlaylistWriter(_output).Segment(uri, 90_000));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(90_000, 1)]
    [InlineData(134_999, 1)]
    [InlineData(135_000, 2)]
    [InlineData(495_000, 6)]
    public void The_target_duration_is_that_of_the_longest_segment_to_the_nearest_second(long duration90k, int seconds)
        => Assert.Equal(seconds, PlaylistHead.SecondsOf(duration90k));
}
