using System.Globalization;
using EdgeRecorder.Ledger;
using EdgeRecorder.Schedules;

namespace EdgeRecorder.Tests.Schedules;

public sealed class WeekWindowTests
{
    private const int Mon = 1, Fri = 16, Sat = 32, Sun = 64, All = 127;
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private static bool Covers(int days, string from, string to, string utc, TimeZoneInfo? zone = null)
        => new ScheduleWindow(days, Minute(from), Minute(to)).Covers(At(utc), zone ?? TimeZoneInfo.Utc);

    private static DateTimeOffset At(string utc) => DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static int Minute(string time) => int.Parse(time[..2], CultureInfo.InvariantCulture) * 60 + int.Parse(time[3..], CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("2026-01-30T07:59:59", false)]              // a Friday
    [InlineData("2026-01-30T08:00:00", true)]
    [InlineData("2026-01-30T17:59:59", true)]
    [InlineData("2026-01-30T18:00:00", false)]
    [InlineData("2026-01-31T12:00:00", false)]
    public void A_window_is_open_from_its_first_to_before_its_last_minute_on_its_days(string utc, bool expected)
        => Assert.Equal(expected, Covers(Mon | Fri, "08:00", "18:00", utc));

    [Theory]
    [InlineData("2026-01-30T21:59:59", false)]
    [InlineData("2026-01-30T22:00:00", true)]
    [InlineData("2026-01-31T05:59:59", true)]               // of the night that began on Friday
    [InlineData("2026-01-31T06:00:00", false)]
    [InlineData("2026-01-31T22:00:00", false)]
    [InlineData("2026-01-30T05:00:00", false)]              // of Thursday's night
    public void A_window_over_midnight_belongs_to_the_day_on_which_it_begins(string utc, bool expected)
        => Assert.Equal(expected, Covers(Fri, "22:00", "06:00", utc));

    [Fact]
    public void Sunday_night_reaches_into_monday()
    {
        Assert.True(Covers(Sun, "22:00", "06:00", "2026-02-02T03:00:00"));
        Assert.False(Covers(Sat, "22:00", "06:00", "2026-02-02T03:00:00"));
    }

    [Theory]
    [InlineData("00:00", "24:00")]
    [InlineData("08:00", "08:00")]
    public void A_window_that_ends_where_it_begins_is_a_day_long(string from, string to)
    {
        for (var minute = 0; minute < 7 * 1440; minute++)
            Assert.True(new ScheduleWindow(All, Minute(from), Minute(to)).Covers(At("2026-01-26T00:00:00").AddMinutes(minute), TimeZoneInfo.Utc));
    }

    [Theory]
    [InlineData("2026-03-28T23:00:00", 23)]                 // 29 March in Berlin: 02:00 becomes 03:00
    [InlineData("2026-10-24T22:00:00", 25)]                 // 25 October: 03:00 becomes 02:00
    [InlineData("2026-06-06T22:00:00", 24)]
    public void A_day_has_the_hours_that_the_clock_on_the_wall_gives_it(string midnight, int hours)
        => Assert.Equal(hours * 60, Enumerable.Range(-600, 3000).Count(minute => new ScheduleWindow(Sun, 0, 1440).Covers(At(midnight).AddMinutes(minute), Berlin)));

    [Fact]
    public void An_hour_that_comes_twice_is_recorded_twice_and_one_that_is_left_out_is_not_missed()
    {
        Assert.Equal(120, Open("02:00", "03:00", "2026-10-25T00:00:00"));
        Assert.Equal(0, Open("02:00", "03:00", "2026-03-29T00:00:00"));
        Assert.Equal(60, Open("02:30", "04:00", "2026-03-29T00:00:00"));
        Assert.Equal(480, Open("22:00", "05:00", "2026-10-24T12:00:00"));

        static int Open(string from, string to, string start)
            => Enumerable.Range(0, 1080).Count(minute => new ScheduleWindow(Sat | Sun, Minute(from), Minute(to)).Covers(At(start).AddMinutes(minute), Berlin));
    }
}
