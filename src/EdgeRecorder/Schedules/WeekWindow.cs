using EdgeRecorder.Ledger;

namespace EdgeRecorder.Schedules;

/// <summary>
/// Whether an instant lies in a weekly window: by what the clock on the wall shows. So where clocks are set forward or back a day has 23 or 25 hours, an hour that comes twice counts twice, and one that is
/// left out not at all.
/// </summary>
internal static class WeekWindow
{
    private const int Week = 7;

    public static bool Covers(this ScheduleWindow window, DateTimeOffset utc, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(utc, zone);
        var (day, minute) = (((int)local.DayOfWeek + Week - 1) % Week, local.Hour * 60 + local.Minute);
        var begins = IsOn(window, day) && minute >= window.FromMinute;
        return window.ToMinute > window.FromMinute ? begins && minute < window.ToMinute : begins || IsOn(window, (day + Week - 1) % Week) && minute < window.ToMinute;
    }

    /// <summary>Monday is 0.</summary>
    private static bool IsOn(ScheduleWindow window, int day) => (window.Days & 1 << day) != 0;
}
