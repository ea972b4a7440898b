using System.Globalization;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>
/// YYYY-MM-DDTHH:mm:ss, Beijing time. Held as the device wrote it (<see cref="DateTimeKind.Unspecified"/>): what is asked back has to be in its own time. A zone that a device adds is
/// reckoned with.
/// </summary>
internal static class ManscdpTime
{
    public static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    private static readonly string[] Forms = ["yyyy-M-d'T'H:m:s", "yyyy-M-d H:m:s", "yyyy-M-d'T'H:m:s.FFFFFFF", "yyyy-M-d H:m:s.FFFFFFF", "yyyyMMdd'T'HHmmss", "yyyyMMddHHmmss"];

    /// <summary>Null for what is no time.</summary>
    public static DateTime? Read(string text)
    {
        var plain = text.AsSpan().Trim();
        TimeSpan? zone = null;
        if (plain is [.., 'Z' or 'z'])
        {
            plain = plain[..^1];
            zone = TimeSpan.Zero;
        }
        else if (plain.Length > 6 && plain[^6] is '+' or '-' && plain[^3] == ':' && TimeSpan.TryParseExact(plain[^5..], @"hh\:mm", CultureInfo.InvariantCulture, out var offset))
        {
            zone = plain[^6] == '-' ? -offset : offset;
            plain = plain[..^6];
        }
        if (!DateTime.TryParseExact(plain, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) || time.Year is < 1970 or > 2199)
            return null;
        return zone is { } of ? time - of + Offset : time;
    }

    public static string Write(DateTime local) => local.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>What a device that follows the standard means.</summary>
    public static DateTimeOffset ToUtc(DateTime local) => new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), Offset).ToUniversalTime();

    public static DateTime FromUtc(DateTimeOffset instant) => instant.ToOffset(Offset).DateTime;
}
