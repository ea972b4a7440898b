using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Sdp;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Sdp;

public sealed class SessionDescriptionTests
{
    private const string Sps = "Z0LADNoFBn58BEAAAAMAQAAADKPFCqg=", Pps = "aM48gA==";

    private const string Camera = """
        v=0
        o=- 1 1 IN IP4 127.0.0.1
        s=Media
        t=0 0
        a=control:*
        m=video 0 RTP/AVP 96
        a=rtpmap:96 H264/90000
        a=fmtp:96 packetization-mode=1; profile-level-id=42c00c; sprop-parameter-sets=Z0LADNoFBn58BEAAAAMAQAAADKPFCqg=,aM48gA==;
        a=framerate:12,5
        a=control:trackID=1
        m=audio 0 RTP/AVP 97
        a=rtpmap:97 MPEG4-GENERIC/48000/2
        a=fmtp:97 streamtype=5; mode=AAC-hbr; config=1190; SizeLength=13; IndexLength=3; IndexDeltaLength=3
        a=control:trackID=2
        m=application 0 RTP/AVP 107
        a=rtpmap:107 vnd.onvif.metadata/90000
        a=control:trackID=3
        """;

    private static MediaSelection Choose(string text, bool audio = true) => MediaSelection.Choose(SessionDescription.Parse(Encoding.UTF8.GetBytes(text)), audio);

    [Fact]
    public void A_cameras_description_gives_its_tracks_and_names_the_rest()
    {
        var selection = Choose(Camera);
        var (video, audio) = (selection.Media[0].Format, selection.Media[1].Format);
        Assert.Equal((Codec.H264, 320, 180, 25.0, 2), (video.Track.Codec, video.Track.Width, video.Track.Height, video.Track.FrameRate, video.Track.ParameterSets.Count));
        Assert.Equal((Codec.Aac, 48000, 2, "1190"), (audio.Track.Codec, audio.Track.TimeScale, audio.Track.ChannelCount, Convert.ToHexString(audio.Track.AudioSpecificConfig)));
        Assert.Equal((13, 3, 3), (audio.Aac!.SizeLength, audio.Aac.IndexLength, audio.Aac.IndexDeltaLength));
        Assert.Equal("trackID=2", selection.Media[1].Description.Attribute("control"));
        Assert.Equal(["application vnd.onvif.metadata: unknown codec"], selection.Skipped);
        Assert.Equal(["video"], Choose(Camera, audio: false).Media.Select(media => media.Description.Kind));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Lines_end_in_any_way(string end) => Assert.Equal(2, Choose(Camera.ReplaceLineEndings("\n").Replace("\n", end, StringComparison.Ordinal) + "\0\0").Media.Count);

    [Theory]
    [InlineData("m=audio 0 RTP/AVP 8", Codec.G711A, 8000, 1)]
    [InlineData("m=audio 0 RTP/AVP 0", Codec.G711U, 8000, 1)]
    [InlineData("m=audio 0 RTP/AVP 99 8\na=rtpmap:99 G726-32/8000", Codec.G711A, 8000, 1)]
    [InlineData("m=audio 0 RTP/AVP 100\na=rtpmap:100 pcmu/16000/2", Codec.G711U, 16000, 2)]
    [InlineData("m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000", Codec.Aac, 16000, 1)]
    [InlineData("m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/44100/2\na=fmtp:97 config=zz", Codec.Aac, 44100, 2)]
    [InlineData("m=audio 0 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/48000/2\na=fmtp:97 cpresent=0;config=400023203FC0", Codec.Aac, 48000, 2)]
    public void Audio_is_known_by_static_dynamic_and_forgotten_parameters(string text, Codec codec, int rate, int channels)
    {
        var track = Assert.Single(Choose($"v=0\n{text}").Media).Format.Track;
        Assert.Equal((codec, rate, channels, codec == Codec.Aac), (track.Codec, track.TimeScale, track.ChannelCount, track.AudioSpecificConfig.Length > 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a=fmtp:96 packetization-mode=1;sprop-parameter-sets=!!!!,====")]
    [InlineData("a=fmtp:96 sprop-parameter-sets=")]
    [InlineData("a=fmtp:96")]
    [InlineData("a=fmtp:96 sprop-parameter-sets=AAAA,BBBB")]
    public void Video_without_usable_parameter_sets_waits_for_those_in_band(string fmtp)
        => Assert.Empty(Assert.Single(Choose($"v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n{fmtp}").Media).Format.Track.ParameterSets);

    [Fact]
    public void Base64_without_padding_is_read()
        => Assert.Equal(2, Choose($"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets={Sps.TrimEnd('=')},{Pps.TrimEnd('=')}").Media[0].Format.Track.ParameterSets.Count);

    [Fact]
    public void A_backchannel_and_a_second_video_are_named_and_left_out()
    {
        var selection = Choose("m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\nm=video 0 RTP/AVP 26\nm=video 0 RTP/AVP 98\na=rtpmap:98 H264/90000\nm=audio 0 RTP/AVP 0\na=sendonly");
        Assert.Equal(Codec.H265, Assert.Single(selection.Media).Format.Track.Codec);
        Assert.Equal(["video JPEG: unknown codec", "video H264: only the first video is recorded", "audio PCMU: goes to the camera"], selection.Skipped);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>no</html>")]
    [InlineData("\u0001\u0002\u0003")]
    public void What_is_no_description_is_refused(string text) => Assert.Throws<ProtocolException>(() => SessionDescription.Parse(Encoding.Latin1.GetBytes(text)));

    [Fact]
    public void Every_prefix_and_every_damage_gives_a_selection_or_a_protocol_exception()
    {
        var bytes = Encoding.UTF8.GetBytes(Camera);
        foreach (var damaged in Enumerable.Range(0, bytes.Length).Select(length => bytes[..length]).Concat(Damage.Of(bytes)))
            try
            {
                MediaSelection.Choose(SessionDescription.Parse(damaged), audio: true);
            }
            catch (ProtocolException)
            {
                continue;
            }
    }
}
