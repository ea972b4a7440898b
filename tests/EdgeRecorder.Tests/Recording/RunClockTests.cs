using EdgeRecorder.Recording;

namespace EdgeRecorder.Tests.Recording;

public sealed class RunClockTests
{
    [Fact]
    public void Jitter_alone_moves_no_date()
    {
        var clock = new RunClock();
        var random = new Random(7);
        clock.Start(1_000_000, 0);
        for (var i = 1; i < 25 * 600; i++)
        {
            clock.Observe(1_000_000 + i * 40_000L + random.Next(0, 400_000), i * 3600L);
            if (i % 18 == 0)
                Assert.InRange(clock.At(i * 3600L) - 1_000_000 - i * 40_000L, 0, RunClock.ToleratedUs);
        }
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(-0.001)]
    [InlineData(0.01)]
    [InlineData(-0.01)]
    public void Dates_follow_a_source_whose_clock_runs_wrong(double wrong)
    {
        var clock = new RunClock();
        var random = new Random(7);
        clock.Start(0, 0);
        var before = -1L;
        for (var i = 1; i < 25 * 1800; i++)
        {
            var trueUs = (long)(i * 40_000L * (1 + wrong));
            clock.Observe(trueUs + random.Next(0, 50_000), i * 3600L);
            if (i % 18 != 0)
                continue;
            var dated = clock.At(i * 3600L);
            Assert.True(dated > before, "dates never step back");
            before = dated;
            Assert.InRange(dated - trueUs, -250_000, 250_000);
        }
    }

    [Fact]
    public void Pictures_a_camera_had_kept_back_at_the_start_are_dated_earlier_in_the_end()
    {
        var clock = new RunClock();
        clock.Start(0, 0);
        var last = 0L;
        for (var i = 1; i < 25 * 60; i++)
        {
            var arrival = Math.Max(i * 1000L, i * 40_000L - 2_000_000);     // two seconds come in a burst
            clock.Observe(arrival, i * 3600L);
            if (i % 18 == 0)
                last = clock.At(i * 3600L) - arrival;
        }
        Assert.InRange(last, -100_000, 100_000);
    }
}
