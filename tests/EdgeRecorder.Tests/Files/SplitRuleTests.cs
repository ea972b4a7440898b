using System.Globalization;
using EdgeRecorder.Files;

namespace EdgeRecorder.Tests.Files;

public sealed class SplitRuleTests
{
    [Theory]
    [InlineData("*/5 * *", "2026-01-04T12:53:51.4Z", "2026-01-04T12:53:55Z")]
    [InlineData("*/5 * *", "2026-01-04T12:53:55Z", "2026-01-04T12:54:00Z")]
    [InlineData("0 0 */1", "2026-01-04T12:53:51Z", "2026-01-04T13:00:00Z")]
    [InlineData("10 */1 *", "2026-01-04T12:53:10Z", "2026-01-04T12:54:10Z")]
    [InlineData("0 0 1", "2026-01-04T01:00:00Z", "2026-01-05T01:00:00Z")]
    [InlineData("59 59 23", "2026-12-31T23:59:58.999Z", "2026-12-31T23:59:59Z")]
    [InlineData("* * *", "2026-12-31T23:59:59.999Z", "2027-01-01T00:00:00Z")]
    public void A_schedule_names_the_next_instant(string rule, string after, string expected)
        => Assert.Equal(Time(expected), SplitRule.Cron3.Read(rule, TimeZoneInfo.Utc)!.Next(Time(after)));

    [Fact]
    public void Hours_are_those_of_the_zone_also_when_its_clock_is_turned()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var daily = SplitRule.Cron3.Read("0 30 2", zone)!;
        Assert.Equal(Time("2026-01-04T01:30:00Z"), daily.Next(Time("2026-01-04T00:00:00Z")));
        // 29 March 2026 has no 02:30; 25 October has two.
        Assert.Equal(Time("2026-03-30T00:30:00Z"), daily.Next(Time("2026-03-28T23:00:00Z") + TimeSpan.FromHours(4)));
        Assert.Equal(Time("2026-10-25T00:30:00Z"), daily.Next(Time("2026-10-24T12:00:00Z")));
        Assert.Equal(Time("2026-10-25T01:30:00Z"), daily.Next(Time("2026-10-25T00:30:00Z")));
    }

    [Theory]
    [InlineData("61 * *")]
    [InlineData("* 60 *")]
    [InlineData("* * 24")]
    [InlineData("*/0 * *")]
    [InlineData("1,2 * *")]
    [InlineData("1-5 * *")]
    [InlineData("* *")]
    [InlineData("* * * *")]
    [InlineData("-1 * *")]
    [InlineData("a * *")]
    [InlineData("")]
    public void What_is_no_schedule_is_refused(string rule) => Assert.Null(SplitRule.Cron3.Read(rule, TimeZoneInfo.Utc));

    [Fact]
    public void Minutes_are_read_anew_for_each_file()
    {
        var minutes = 1;
        var rule = new SplitRule.Minutes(() => minutes);
        Assert.Equal(TimeSpan.FromMinutes(1), rule.Begin(DateTimeOffset.UnixEpoch).Length);
        minutes = 0;
        Assert.Equal(default, rule.Begin(DateTimeOffset.UnixEpoch));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
