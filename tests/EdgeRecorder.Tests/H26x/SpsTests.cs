using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.H26x;

/// <summary>SPS out of streams made by x264 164 and x265 3.5 (ffmpeg 5.1); sizes and rates as ffprobe gives them.</summary>
public sealed class SpsTests
{
    private const string Baseline320x180 = "6742c00cda05067e7c0440000003004000000ca3c50aa8";
    private const string High1080p30WithScalingMatrix = "67640028acd940780227e5c044000003000400000300f03c60c658";
    private const string Interlaced576 = "6764001eacd940b424d8088000000300800000190f8a14cb";
    private const string Main320x180 = "42010101600000030090000003000003003ca00a080c1f3e5ba4a4c2f0168080000003008000000c8400";
    private const string Main1918x1078ThreeSubLayers = "4201010160000003009000000300000300" + "78a003c08010e75596566924caf01680800001f480003a9804";

    [Theory]
    [InlineData(Baseline320x180, 320, 180, 25, false)]
    [InlineData(High1080p30WithScalingMatrix, 1920, 1080, 30, false)]
    [InlineData(Interlaced576, 720, 576, 25, true)]
    public void H264_gives_the_cropped_size_and_the_rate(string hex, int width, int height, double rate, bool interlaced)
        => Assert.Equal(new VideoFormat(0, width, height, rate, interlaced), H264Sps.Parse(Convert.FromHexString(hex)));

    [Theory]
    [InlineData(Main320x180, 320, 180, 25.0)]
    [InlineData(Main1918x1078ThreeSubLayers, 1918, 1078, 30000.0 / 1001)]
    public void H265_gives_the_cropped_size_and_the_rate(string hex, int width, int height, double rate)
        => Assert.Equal(new VideoFormat(0, width, height, rate, false), H265Sps.Parse(Convert.FromHexString(hex)));

    [Theory]
    [InlineData(Baseline320x180)]
    [InlineData(High1080p30WithScalingMatrix)]
    [InlineData(Main320x180)]
    [InlineData(Main1918x1078ThreeSubLayers)]
    public void Damage_raises_a_protocol_exception_and_nothing_else(string hex)
    {
        var isH264 = hex.StartsWith("67", StringComparison.Ordinal);
        var refused = 0;
        foreach (var sps in Damage.Of(Convert.FromHexString(hex)))
            try
            {
                var format = isH264 ? H264Sps.Parse(sps) : H265Sps.Parse(sps);
                Assert.True(format is { Width: > 0 and <= 16384, Height: > 0 and <= 32768 });
            }
            catch (ProtocolException)
            {
                refused++;
            }
        Assert.InRange(refused, 100, Damage.Rounds - 100);
    }

    [Fact]
    public void Every_prefix_of_an_sps_without_its_rbsp_end_is_refused_or_lacks_only_timing()
    {
        var whole = Convert.FromHexString(Baseline320x180);
        for (var length = 0; length < 9; length++)
            Assert.Throws<ProtocolException>(() => H264Sps.Parse(whole.AsSpan(0, length)));
    }
}
