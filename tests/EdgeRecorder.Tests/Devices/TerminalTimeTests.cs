using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Tests.Devices;

public sealed class TerminalTimeTests
{
    private static readonly DateTimeOffset Arrival = new(2023, 11, 24, 6, 12, 37, TimeSpan.Zero);
    private readonly TerminalTime _time = new();

    [Fact]
    public void The_standard_says_GMT_plus_8()
    {
        Assert.True(Observe(new DateTime(2023, 11, 24, 14, 12, 36)));
        Assert.False(_time.SendsUtc(DeviceClock.Auto));
        Assert.Equal(Arrival.AddSeconds(-1), _time.FromWire(new DateTime(2023, 11, 24, 14, 12, 36), DeviceClock.Auto));
    }

    [Fact]
    public void A_terminal_that_sends_UTC_is_told_apart_by_eight_hours()
    {
        Assert.True(Observe(new DateTime(2023, 11, 24, 6, 12, 36)));      // vector J23
        Assert.True(_time.SendsUtc(DeviceClock.Auto));
        Assert.Equal(Arrival.AddSeconds(-1), _time.FromWire(new DateTime(2023, 11, 24, 6, 12, 36), DeviceClock.Auto));
        Assert.Equal(new DateTime(2023, 11, 24, 6, 12, 37), _time.ToWire(Arrival, DeviceClock.Auto));
    }

    [Fact]
    public void Four_minutes_off_is_a_clock_that_is_four_minutes_off()
    {
        Observe(new DateTime(2023, 11, 24, 6, 8, 36));
        Assert.True(_time.SendsUtc(DeviceClock.Auto));
        Observe(new DateTime(2023, 11, 24, 14, 16, 36));
        Assert.False(_time.SendsUtc(DeviceClock.Auto));
    }

    [Fact]
    public void A_box_that_does_not_know_the_time_tells_nothing_apart()
    {
        Assert.True(_time.Observe(new DateTime(2023, 11, 24, 6, 12, 36), Arrival.ToUnixTimeMilliseconds() * 1000, trusted: false, DeviceClock.Auto));
        Assert.False(_time.SendsUtc(DeviceClock.Auto));
    }

    [Theory]
    [InlineData(DeviceClock.Local, false)]
    [InlineData(DeviceClock.Utc, true)]
    public void What_the_owner_says_holds(object setting, bool utc)
    {
        Observe(new DateTime(2023, 11, 24, utc ? 14 : 6, 12, 36), (DeviceClock)setting);
        Assert.Equal(utc, _time.SendsUtc((DeviceClock)setting));
    }

    [Fact]
    public void A_report_that_comes_late_from_a_terminal_in_step_was_stored_meanwhile()
    {
        Assert.True(Observe(new DateTime(2023, 11, 24, 14, 12, 36)));
        Assert.False(Observe(new DateTime(2023, 11, 24, 14, 2, 36)));
        Assert.True(Observe(new DateTime(2023, 11, 24, 14, 12, 35)));
    }

    private bool Observe(DateTime sent, DeviceClock setting = DeviceClock.Auto) => _time.Observe(sent, Arrival.ToUnixTimeMilliseconds() * 1000, trusted: true, setting);
}
