using System.Globalization;

namespace EdgeRecorder.Api.Ome;

/// <summary>`2021-08-31T23:44:44.789+0900`: local time; today's dialect has a colon in the offset.</summary>
internal sealed class OmeTime(TimeZoneInfo zone, bool withColon)
{
    public TimeZoneInfo Zone => zone;

    public string Text(DateTimeOffset utc)
    {
        var text = TimeZoneInfo.ConvertTime(utc, zone).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
        return withColon ? text : text.Remove(text.Length - 3, 1);
    }
}
