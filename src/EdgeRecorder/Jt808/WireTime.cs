using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>
/// BCD[6], YYMMDDhhmmss, GMT+8 by the standard. Held as the terminal wrote it (<see cref="DateTimeKind.Unspecified"/>): some terminals send UTC, and what
/// is asked back from them has to be in their own time.
/// </summary>
internal static class WireTime
{
    public static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    /// <summary>Null for what is no date: zeros mean "open" in queries, and terminals without a fix send zeros too.</summary>
    public static DateTime? Read(ref ByteReader reader, string field)
    {
        var digits = reader.Bytes(6, field);
        Span<int> parts = stackalloc int[6];
        for (var i = 0; i < 6; i++)
        {
            if (digits[i] >> 4 > 9 || (digits[i] & 0x0F) > 9)
                return null;
            parts[i] = (digits[i] >> 4) * 10 + (digits[i] & 0x0F);
        }
        var (year, month, day) = (2000 + parts[0], parts[1], parts[2]);
        return month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || parts[3] > 23 || parts[4] > 59 || parts[5] > 59
            ? null
            : new DateTime(year, month, day, parts[3], parts[4], parts[5], DateTimeKind.Unspecified);
    }

    public static void Write(ref ByteWriter writer, DateTime? value)
    {
        if (value is not { } time)
        {
            writer.Zeros(6);
            return;
        }
        if (time.Year is < 2000 or > 2099)
            throw new ArgumentException($"{time:s} has no two-digit year");
        foreach (var part in (ReadOnlySpan<int>)[time.Year - 2000, time.Month, time.Day, time.Hour, time.Minute, time.Second])
            writer.U8((byte)(part / 10 << 4 | part % 10));
    }

    /// <summary>A time as a terminal that follows the standard would write it.</summary>
    public static DateTime FromUtc(DateTimeOffset instant) => instant.ToOffset(Offset).DateTime;

    /// <summary>What a terminal that follows the standard means.</summary>
    public static DateTimeOffset ToUtc(DateTime sent) => new DateTimeOffset(DateTime.SpecifyKind(sent, DateTimeKind.Unspecified), Offset).ToUniversalTime();
}
