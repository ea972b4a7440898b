using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Tests.Mp4;

/// <summary>SPS out of streams made by x264 164 and x265 3.5; names as the standards' own rules give them.</summary>
public sealed class CodecStringTests
{
    [Theory]
    [InlineData(Codec.H264, "6742c00cda05067e7c0440000003004000000ca3c50aa8", "avc3.42C00C")]
    [InlineData(Codec.H264, "67640028acd940780227e5c044000003000400000300f03c60c658", "avc3.640028")]
    [InlineData(Codec.H265, "42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2f0168080000003008000000c8400", "hev1.1.6.L60.90")]
    [InlineData(Codec.H265, "420101016000000300900000030000030078a003c08010e75596566924caf01680800001f480003a9804", "hev1.1.6.L120.90")]
    [InlineData(Codec.H265, "42010122200000030090000003000003007b", "hev1.2.4.H123.90")]      // Main 10, high tier
    public void A_video_track_is_named_by_its_sequence_parameter_set(Codec codec, string sps, string name)
        => Assert.Equal(name, CodecString.Of(new Track { Codec = codec, TimeScale = 90_000, ParameterSets = [Convert.FromHexString(sps)] }));

    [Theory]
    [InlineData("1190", "mp4a.40.2")]
    [InlineData("2b920800", "mp4a.40.5")]                   // SBR said first
    [InlineData("f8e85000", "mp4a.40.39")]                  // escape: 32 + 7, enhanced low delay
    [InlineData("", "mp4a.40.2")]
    public void An_AAC_track_is_named_by_its_object_type(string config, string name)
        => Assert.Equal(name, CodecString.Of(new Track { Codec = Codec.Aac, TimeScale = 48_000, AudioSpecificConfig = Convert.FromHexString(config) }));

    [Fact]
    public void Without_parameter_sets_a_name_stands_that_every_decoder_takes()
        => Assert.Equal("avc3.42001E, alaw", CodecString.Of([new Track { Codec = Codec.H264, TimeScale = 90_000 }, new Track { Codec = Codec.G711A, TimeScale = 8000 }]));
}
