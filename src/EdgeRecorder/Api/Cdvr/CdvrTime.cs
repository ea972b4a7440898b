using System.Globalization;
using EdgeRecorder.Media;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>The family's times. Nothing published says how they are written, so every usual form is read; answers are `yyyy-MM-dd HH:mm:ss` in the zone of the box.</summary>
internal static class CdvrTime
{
    private static readonly string[] Local = ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyyMMddHHmmss", "yyMMddHHmmss"];

    /// <summary>Null when it cannot be read.</summary>
    public static DateTimeOffset? Read(string text, TimeZoneInfo zone)
    {
        text = text.Trim();
        if (text.Length is 10 or 13 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var unix))
            return text.Length == 10 ? DateTimeOffset.FromUnixTimeSeconds(unix) : DateTimeOffset.FromUnixTimeMilliseconds(unix);
        var plain = text.Replace('/', '-');
        if (plain.Length > 10 && plain[10] is 'T' or 't')
            plain = $"{plain[..10]} {plain[11..]}";
        if (plain.Length > 19 && (plain[^1] is 'Z' or 'z' || plain.AsSpan(19).IndexOfAny('+', '-') >= 0))
            return DateTimeOffset.TryParse(plain, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var zoned) ? zoned : null;
        if (!DateTime.TryParseExact(plain, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            return null;
        return zone.IsInvalidTime(local) ? null : new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    public static string Write(long utcUs, TimeZoneInfo zone) => At(utcUs, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Without anything between, for names.</summary>
    public static string WriteShort(long utcUs, TimeZoneInfo zone) => At(utcUs, zone).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static DateTimeOffset At(long utcUs, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(UtcTime.At(utcUs), zone);
}
