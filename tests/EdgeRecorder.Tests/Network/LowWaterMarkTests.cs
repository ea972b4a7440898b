using EdgeRecorder.Network;

namespace EdgeRecorder.Tests.Network;

public sealed class LowWaterMarkTests
{
    [Theory]
    [InlineData(500_000, 100_000)]                          // 4 Mb/s
    [InlineData(10_000, 1)]                                 // nothing to gather
    [InlineData(50_000_000, 512 * 1024)]                    // bounded
    public void It_is_what_comes_in_200_ms(int bytesPerSecond, int expected)
    {
        var mark = new LowWaterMark(512 * 1024);
        Assert.Equal(1, mark.Value);
        for (var us = 1L; us < 5_000_000; us += 20_000)
            mark.Received(bytesPerSecond / 50, us);
        Assert.InRange(mark.Value, expected * 3 / 4, expected);
    }

    [Fact]
    public void It_follows_a_camera_that_slows_down()
    {
        var mark = new LowWaterMark(512 * 1024);
        for (var us = 1L; us < 5_000_000; us += 100_000)
            mark.Received(100_000, us);
        for (var us = 5_000_000L; us < 25_000_000; us += 1_000_000)
            mark.Received(20_000, us);
        Assert.InRange(mark.Value, 1, 8192);
    }
}
