using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Tests.MediaWorker;

public sealed class TimeTextTests
{
    private static readonly DateTime Time = new(2020, 4, 5, 8, 54, 6, 908, DateTimeKind.Utc);

    [Theory]
    [InlineData("%Y-%b-%d %H:%M:%S", "2020-Apr-05 08:54:06")]
    [InlineData("%y%m%d %I%p %j %e", "200405 08AM 096  5")]
    [InlineData("%A, %B %a %w", "Sunday, April Sun 0")]
    [InlineData("%H:%M:%s|%S%F|%f", "08:54:06.908000|06.908000|908000")]
    [InlineData("%T %R %D %c", "08:54:06 08:54 04/05/20 Sun Apr  5 08:54:06 2020")]
    [InlineData("%q %Q", "+0530 +05:30")]
    [InlineData("100%% %é %", "100% %é %")]
    [InlineData("", "")]
    public void Formats_of_boost_are_written_as_it_writes_them(string format, string expected)
        => Assert.Equal(expected, TimeText.Write(Time, format, TimeSpan.FromMinutes(330)));

    [Fact]
    public void Each_run_has_its_own_clock()
    {
        var job = new MediaJob { Id = "x", Format = MediaFormat.Jpg, Folder = "/", FootageBytes = 0, WallTimes = [new(1000, 3_600_000), new(5000, 7_200_000)], UtcOffsetMinutes = 60 };
        Assert.Equal("01:59:59.500000", TimeText.Of(job, 500, "%H:%M:%s"));
        Assert.Equal("02:00:03.999000", TimeText.Of(job, 4999, "%H:%M:%s"));
        Assert.Equal("03:00:00.000000", TimeText.Of(job, 5000, "%H:%M:%s"));
    }
}
