namespace EdgeRecorder.Tests.Hls;

/// <summary>The checker finds what is broken: a good playlist with one thing wrong, rule by rule.</summary>
public sealed class PlaylistRulesTests
{
    private const string Vod = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:5
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-INDEPENDENT-SEGMENTS
        #EXT-X-START:TIME-OFFSET=1.5,PRECISE=YES
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.000Z
        #EXTINF:4.000000,
        a.m4s
        #EXTINF:5.400000,
        b.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-2.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:01:00.000Z
        #EXTINF:3.960000,
        c.m4s
        #EXT-X-ENDLIST

        """;

    private const string Live = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:7
        #EXT-X-DISCONTINUITY-SEQUENCE:2
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.000Z
        #EXTINF:2.000000,
        s7.m4s
        #EXT-X-PART:DURATION=0.5,URI="s8.0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.5,URI="s8.1.m4s"
        #EXT-X-PART:DURATION=0.2,URI="s8.2.m4s"
        #EXTINF:1.200000,
        s8.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-2.mp4"
        #EXT-X-PART:DURATION=0.48,URI="s9.0.m4s",INDEPENDENT=YES
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="s9.1.m4s"

        """;

    private const string Next = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:8
        #EXT-X-DISCONTINUITY-SEQUENCE:2
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:02.000Z
        #EXTINF:1.200000,
        s8.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-2.mp4"
        #EXTINF:0.480000,
        s9.m4s

        """;

    private const string Later = """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:2
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:9
        #EXT-X-DISCONTINUITY-SEQUENCE:3
        #EXT-X-MAP:URI="init-2.mp4"
        #EXTINF:0.480000,
        s9.m4s
        #EXTINF:2.000000,
        s10.m4s

        """;

    [Fact]
    public void A_good_playlist_breaks_no_rule()
    {
        Assert.Empty(PlaylistRules.Check(Vod));
        Assert.Empty(PlaylistRules.Check(Live));
        Assert.Empty(PlaylistRules.Check(Next));
        Assert.Empty(PlaylistRules.CheckReload(Vod, Vod));
        Assert.Empty(PlaylistRules.Check(Later));
        Assert.Empty(PlaylistRules.CheckReload(Live, Next));
        Assert.Empty(PlaylistRules.CheckReload(Next, Later));
    }

    [Theory]
    [InlineData("#EXTM3U\n", "", "4.3.1.1")]
    [InlineData("#EXTM3U\n", "\uFEFF#EXTM3U\n", "4.3.1.1")]
    [InlineData("a.m4s", "a\u0007.m4s", "4.1: a control")]
    [InlineData("a.m4s", "a b.m4s", "4.1: a blank")]
    [InlineData("#EXT-X-VERSION:6\n", "#EXT-X-VERSION:6\n#EXT-X-VERSION:6\n", "4.3.3: more than one EXT-X-VERSION")]
    [InlineData("#EXT-X-VERSION:6\n", "#EXT-X-VERSION:5\n", "7: EXT-X-MAP")]
    [InlineData("#EXT-X-VERSION:6\n", "", "7: a.m4s: a fraction")]
    [InlineData("#EXT-X-VERSION:6\n", "#EXT-X-VERSION:six\n", "4.2: EXT-X-VERSION")]
    [InlineData("#EXT-X-TARGETDURATION:5\n", "", "4.3.3.1: EXT-X-TARGETDURATION is missing")]
    [InlineData("#EXT-X-TARGETDURATION:5\n", "#EXT-X-TARGETDURATION:4\n", "4.3.3.1: b.m4s")]
    [InlineData("#EXT-X-TARGETDURATION:5\n", "#EXT-X-TARGETDURATION:5.5\n", "4.2: EXT-X-TARGETDURATION")]
    [InlineData("5.400000", "5.500000", "4.3.3.1: b.m4s")]
    [InlineData("#EXT-X-MEDIA-SEQUENCE:0\n", "#EXT-X-MEDIA-SEQUENCE:-1\n", "4.2: EXT-X-MEDIA-SEQUENCE")]
    [InlineData("#EXT-X-ENDLIST", "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-ENDLIST", "4.3.3: EXT-X-MEDIA-SEQUENCE behind")]
    [InlineData("#EXT-X-ENDLIST", "#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-ENDLIST", "4.3.3.3")]
    [InlineData("TYPE:VOD", "TYPE:SLIDING", "4.3.3.5")]
    [InlineData("#EXT-X-ENDLIST\n", "", "6.2.1: a VOD playlist")]
    [InlineData("TIME-OFFSET=1.5,", "", "4.3.5.2")]
    [InlineData("TIME-OFFSET=1.5,PRECISE", "TIME-OFFSET=soon,PRECISE", "4.3.5.2")]
    [InlineData("#EXT-X-MAP:URI=\"init-1.mp4\"\n", "", "3.3")]
    [InlineData("URI=\"init-1.mp4\"", "URI=init-1.mp4", "4.3.2.5: EXT-X-MAP without")]
    [InlineData("URI=\"init-1.mp4\"", "URI=\"init-1.mp4", "4.2: \"URI=")]
    [InlineData("#EXT-X-MAP:URI=\"init-1.mp4\"\n", "#EXT-X-MAP:URI=\"init-1.mp4\"\n#EXT-X-MAP:URI=\"init-1.mp4\"\n", "4.3.2.5: a.m4s: 2")]
    [InlineData("#EXTINF:4.000000,\n", "", "4.3.2.1: a.m4s has not one")]
    [InlineData("#EXTINF:4.000000,\n", "#EXTINF:4.000000\n", "4.3.2.1: a.m4s: \"4.000000\"")]
    [InlineData("#EXTINF:4.000000,\n", "#EXTINF:-4,\n", "4.3.2.1: a.m4s: \"-4,\"")]
    [InlineData("#EXTINF:4.000000,\n", "#EXTINF:4.000000,\n#EXT-X-BYTERANGE:3-4\n", "4.3.2.2: a.m4s: EXT-X-BYTERANGE 3-4")]
    [InlineData("#EXTINF:5.400000,\n", "#EXTINF:5.400000,\n#EXT-X-BYTERANGE:3\n", "4.3.2.2: b.m4s: EXT-X-BYTERANGE without")]
    [InlineData("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000", "4.3.2.6")]
    [InlineData("2026-01-31T12:00:00.000Z", "31 January", "4.3.2.6")]
    [InlineData("2026-01-31T12:01:00.000Z", "2026-01-31T12:00:08.000Z", "6.2.1: c.m4s is dated")]
    [InlineData("#EXT-X-ENDLIST", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-ENDLIST", "4.3.4")]
    public void A_broken_playlist_is_found(string good, string bad, string finding) => Finds(Vod, good, bad, finding);

    [Theory]
    [InlineData("#EXT-X-PART-INF:PART-TARGET=0.5\n", "", "bis 4.4.3.7")]
    [InlineData(",PART-HOLD-BACK=1.5", "", "bis 4.4.3.8: EXT-X-PART-INF needs")]
    [InlineData(",PART-HOLD-BACK=1.5", ",PART-HOLD-BACK=0.9", "bis 4.4.3.8: PART-HOLD-BACK is less")]
    [InlineData("CAN-BLOCK-RELOAD=YES", "CAN-BLOCK-RELOAD=YES,HOLD-BACK=5.9", "bis 4.4.3.8: HOLD-BACK")]
    [InlineData("CAN-BLOCK-RELOAD=YES", "CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=11.9", "bis 4.4.3.8: CAN-SKIP-UNTIL")]
    [InlineData("DURATION=0.5,URI=\"s8.0.m4s\"", "DURATION=0.6,URI=\"s8.0.m4s\"", "bis 4.4.4.9: s8.0.m4s lasts 0.6")]
    [InlineData("DURATION=0.5,URI=\"s8.1.m4s\"", "DURATION=0.4,URI=\"s8.1.m4s\"", "bis 4.4.4.9: s8.1.m4s lasts 0.4 s, less")]
    [InlineData("DURATION=0.5,URI=\"s8.1.m4s\"", "DURATION=0.45,URI=\"s8.1.m4s\"", "bis 4.4.4.9: the parts of s8.m4s")]
    [InlineData("DURATION=0.5,URI=\"s8.1.m4s\"", "DURATION=0.5", "bis 4.4.4.9: EXT-X-PART without")]
    [InlineData("#EXT-X-PRELOAD-HINT:TYPE=PART,", "#EXT-X-PRELOAD-HINT:", "bis 4.4.5.3: EXT-X-PRELOAD-HINT without")]
    [InlineData("#EXT-X-PRELOAD-HINT", "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"x\"\n#EXT-X-PRELOAD-HINT", "bis 4.4.5.3: two hints")]
    [InlineData("#EXT-X-PRELOAD-HINT", "#EXT-X-ENDLIST\n#EXT-X-PRELOAD-HINT", "bis 4.4.4.9: EXT-X-ENDLIST and parts")]
    [InlineData("EXT-X-PART-INF:PART-TARGET=0.5\n", "EXT-X-PART-INF:PART-TARGET=0.5\n#EXT-X-PART-INF:PART-TARGET=0.5\n", "4.3.3: more than one EXT-X-PART-INF")]
    public void Broken_parts_are_found(string good, string bad, string finding) => Finds(Live, good, bad, finding);

    [Theory]
    [InlineData("#EXT-X-TARGETDURATION:2", "#EXT-X-TARGETDURATION:3", "6.2.1: EXT-X-TARGETDURATION changed")]
    [InlineData("#EXT-X-MEDIA-SEQUENCE:9", "#EXT-X-MEDIA-SEQUENCE:7", "6.2.2: EXT-X-MEDIA-SEQUENCE went back")]
    [InlineData("#EXT-X-MEDIA-SEQUENCE:9", "#EXT-X-MEDIA-SEQUENCE:8", "6.2.1: a segment changed")]
    [InlineData("DISCONTINUITY-SEQUENCE:3", "DISCONTINUITY-SEQUENCE:2", "6.2.2: 1 discontinuities")]
    [InlineData("#EXT-X-MAP", "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MAP", "6.2.1: EXT-X-PLAYLIST-TYPE changed")]
    public void A_broken_reload_is_found(string good, string bad, string finding)
    {
        Assert.Contains(good, Later, StringComparison.Ordinal);
        Assert.Contains(PlaylistRules.CheckReload(Next, Later.Replace(good, bad, StringComparison.Ordinal)), f => f.StartsWith(finding, StringComparison.Ordinal));
    }

    [Fact]
    public void An_event_only_grows()
    {
        var event1 = Vod.Replace("TYPE:VOD", "TYPE:EVENT", StringComparison.Ordinal).Replace("#EXT-X-ENDLIST\n", "", StringComparison.Ordinal);
        var event2 = event1 + "#EXTINF:2.0,\nd.m4s\n";
        Assert.Empty(PlaylistRules.CheckReload(event1, event2));
        Assert.Empty(PlaylistRules.CheckReload(event2, event2 + "#EXT-X-ENDLIST\n"));
        Assert.Contains(PlaylistRules.CheckReload(event2, event1), f => f.StartsWith("6.2.1: 1 segments went", StringComparison.Ordinal));
        Assert.Contains(PlaylistRules.CheckReload(event2 + "#EXT-X-ENDLIST\n", event2), f => f.StartsWith("6.2.1: it changed behind", StringComparison.Ordinal));
        var slid = event2.Replace("SEQUENCE:0", "SEQUENCE:1", StringComparison.Ordinal).Replace("#EXTINF:4.000000,\na.m4s\n", "", StringComparison.Ordinal);
        Assert.Contains(PlaylistRules.CheckReload(event2, slid), f => f.StartsWith("4.3.3.5: an EVENT playlist lost 1", StringComparison.Ordinal));
        var changed = event2.Replace("3.96", "3.92", StringComparison.Ordinal);
        Assert.Contains(PlaylistRules.CheckReload(event2, changed), f => f.StartsWith("6.2.1: a segment changed", StringComparison.Ordinal));
    }

    private static void Finds(string playlist, string good, string bad, string finding)
    {
        Assert.Contains(good, playlist, StringComparison.Ordinal);
        var at = playlist.IndexOf(good, StringComparison.Ordinal);
        var broken = playlist[..at] + bad + playlist[(at + good.Length)..];
        Assert.Contains(PlaylistRules.Check(broken), f => f.StartsWith(finding, StringComparison.Ordinal));
    }
}
