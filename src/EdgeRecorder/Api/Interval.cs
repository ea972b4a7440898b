using System.Globalization;
using EdgeRecorder.Media;

namespace EdgeRecorder.Api;

/// <summary>A range of time as callers write it: ISO 8601 with a zone, [from, to).</summary>
internal readonly record struct Interval(DateTimeOffset From, DateTimeOffset To)
{
    public long FromUs => UtcTime.Us(From);
    public long ToUs => UtcTime.Us(To);

    /// <summary>Null and the interval, or what is wrong with it.</summary>
    public static string? Read(string? from, string? to, out Interval interval)
    {
        interval = default;
        if (ReadTime("from", from, out var start) is { } wrong)
            return wrong;
        if (ReadTime("to", to, out var end) is { } wrongEnd)
            return wrongEnd;
        interval = new(start, end);
        return end > start ? null : "to: is not after from";
    }

    public static string? ReadTime(string name, string? text, out DateTimeOffset time)
    {
        time = default;
        if (text is null)
            return $"{name}: is missing";
        // A bare plus in a query is a space; callers forget to escape it.
        var repaired = text.Replace(' ', '+');
        return repaired.Length > 10 && (repaired[^1] is 'Z' or 'z' || repaired.AsSpan(10).IndexOfAny('+', '-') >= 0)
               && DateTimeOffset.TryParse(repaired, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            ? null : $"{name}: \"{text}\" is not an ISO 8601 time with a zone such as 2026-01-31T12:00:00Z";
    }
}
