using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage;

public sealed class ClockMapTests
{
    private static readonly long Now = new DateTimeOffset(2026, 1, 15, 0, 30, 45, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
    private readonly TestClock _clock = new() { Trust = ClockQuality.Unset, Utc = 60_000_000 };
    private readonly ClockMap _map = new();

    public ClockMapTests() => _map.BeginBoot(_clock);

    [Fact]
    public void A_box_without_a_clock_takes_the_time_of_a_device()
    {
        List<ClockQuality> kept = [];
        _map.Anchored += anchor => kept.Add(anchor.Quality);
        Assert.True(_map.Suggest(_clock, Now, ClockQuality.Gps, "bus"));
        Assert.Equal(Now, _map.ToUtcUs(_map.Current.BootNumber, _clock.BoottimeUs));
        Assert.Equal([ClockQuality.Gps], kept);
    }

    [Fact]
    public void What_agrees_within_two_seconds_makes_the_clock_more_credible_and_moves_nothing()
    {
        (_clock.Trust, _clock.Utc) = (ClockQuality.Rtc, Now);
        _map.Observe(_clock);
        Assert.False(_map.Suggest(_clock, Now + 1_900_000, ClockQuality.Device, "bus"));
        Assert.Equal((ClockQuality.Device, Now), (_map.Current.Quality, _map.ToUtcUs(_map.Current.BootNumber, _clock.BoottimeUs)));
    }

    [Fact]
    public void Only_who_set_the_clock_may_correct_it()
    {
        Assert.True(_map.Suggest(_clock, Now, ClockQuality.Gps, "bus"));
        Assert.False(_map.Suggest(_clock, Now + 60_000_000, ClockQuality.Gps, "taxi"));
        Assert.False(_map.Suggest(_clock, Now + 1_000_000, ClockQuality.Gps, "bus"));
        Assert.True(_map.Suggest(_clock, Now + 60_000_000, ClockQuality.Gps, "bus"));
    }

    [Fact]
    public void A_device_moves_no_better_clock_and_gives_way_to_one()
    {
        Assert.True(_map.Suggest(_clock, Now, ClockQuality.Gps, "bus"));
        Assert.False(_map.Suggest(_clock, Now + 60_000_000, ClockQuality.Device, "taxi"));
        (_clock.Trust, _clock.Utc) = (ClockQuality.Ntp, Now + 5_000_000);
        _map.Observe(_clock);
        Assert.Equal(Now + 5_000_000, _map.ToUtcUs(_map.Current.BootNumber, _clock.BoottimeUs));
        Assert.False(_map.Suggest(_clock, Now, ClockQuality.Gps, "bus"));
    }
}
