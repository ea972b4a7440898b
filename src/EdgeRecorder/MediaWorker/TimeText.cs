using System.Globalization;
using System.Text;

namespace EdgeRecorder.MediaWorker;

/// <summary>The wall clock of a picture, as a Boost date_time format says it. What such a format does not know is printed as it stands.</summary>
internal static class TimeText
{
    /// <param name="atMs">The picture's time in the footage.</param>
    public static string Of(MediaJob job, long atMs, string format) => Write(Local(job, atMs), format, TimeSpan.FromMinutes(job.UtcOffsetMinutes));

    private static DateTime Local(MediaJob job, long atMs)
    {
        var run = job.WallTimes!.LastOrDefault(wall => wall.AtMs <= atMs) ?? job.WallTimes![0];
        var utcMs = Math.Clamp(run.UtcMs + (atMs - run.AtMs) + job.UtcOffsetMinutes * 60_000L, 0, 253_402_300_799_999);     // 1970 to 9999
        return DateTime.UnixEpoch.AddMilliseconds(utcMs);
    }

    internal static string Write(DateTime time, string format, TimeSpan offset)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            var sign = format[++i];
            if (Field(time, sign, offset) is { } field)
                text.Append(field);
            else
                text.Append('%').Append(sign);
        }
        return text.ToString();
    }

    private static string? Field(DateTime time, char sign, TimeSpan offset) => sign switch
    {
        '%' => "%",
        'Y' => Text(time, "yyyy"),
        'y' => Text(time, "yy"),
        'm' => Text(time, "MM"),
        'd' => Text(time, "dd"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'b' or 'h' => Text(time, "MMM"),
        'B' => Text(time, "MMMM"),
        'a' => Text(time, "ddd"),
        'A' => Text(time, "dddd"),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'H' => Text(time, "HH"),
        'I' => Text(time, "hh"),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'M' => Text(time, "mm"),
        'S' => Text(time, "ss"),
        's' => Text(time, "ss.ffffff"),
        'f' => Text(time, "ffffff"),
        'F' => time.Ticks % TimeSpan.TicksPerSecond == 0 ? "" : Text(time, ".ffffff"),
        'T' => Text(time, "HH:mm:ss"),
        'R' => Text(time, "HH:mm"),
        'r' => Text(time, "hh:mm:ss ") + (time.Hour < 12 ? "AM" : "PM"),
        'D' => Text(time, "MM/dd/yy"),
        'x' => Text(time, "MM/dd/yy"),
        'X' => Text(time, "HH:mm:ss"),
        'c' => Text(time, "ddd MMM ") + Field(time, 'e', offset) + Text(time, " HH:mm:ss yyyy"),
        'q' or 'Q' or 'z' => (offset < TimeSpan.Zero ? "-" : "+") + offset.ToString(sign == 'q' ? "hhmm" : "hh\\:mm", CultureInfo.InvariantCulture),
        'n' => "\n",
        't' => " ",
        _ => null,
    };

    // Slashes and colons stand for themselves only in quotes or in the invariant culture, which has them so.
    private static string Text(DateTime time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
