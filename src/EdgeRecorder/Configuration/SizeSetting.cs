using System.Globalization;

namespace EdgeRecorder.Configuration;

/// <summary>A size as an owner writes it: bytes with a unit, a share of the volume, or "auto". The default value is auto.</summary>
internal readonly record struct SizeSetting(long? Bytes, double? Percent)
{
    // Longest first: "GiB" ends in "B" too.
    private static readonly (string Unit, long Factor)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ];

    public bool IsAuto => Bytes is null && Percent is null;

    public static SizeSetting Of(long bytes) => new(bytes, null);

    /// <summary>Bytes of this setting on a volume of <paramref name="whole"/> bytes; null when it is auto.</summary>
    public long? On(long whole) => Bytes ?? (Percent is { } percent ? (long)(whole / 100.0 * percent) : null);

    public static bool TryParse(string text, out SizeSetting size)
    {
        size = default;
        if (text == "auto")
            return true;
        if (text.EndsWith('%'))
        {
            if (!Number(text.AsSpan(0, text.Length - 1), out var percent) || percent > 100)
                return false;
            size = new(null, percent);
            return true;
        }
        foreach (var (unit, factor) in Units)
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
            {
                if (!Number(text.AsSpan(0, text.Length - unit.Length).TrimEnd(), out var count) || count * factor > long.MaxValue / 2)
                    return false;
                size = Of((long)(count * factor));
                return true;
            }
        return false;
    }

    public override string ToString()
    {
        if (Percent is { } percent)
            return percent.ToString(CultureInfo.InvariantCulture) + "%";
        if (Bytes is not { } bytes)
            return "auto";
        var best = ("B", 1L);
        foreach (var (unit, factor) in Units[..4])
            if (bytes % factor == 0 && bytes >= factor)
                best = (unit, factor);
        return $"{bytes / best.Item2}{best.Item1}";
    }

    private static bool Number(ReadOnlySpan<char> text, out double number)
        => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && number > 0;
}

/// <summary>Ages and intervals as an owner writes them: a whole number and s, m, h or d.</summary>
internal static class Duration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 36_500)
            return false;
        TimeSpan? unit = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        duration = count * (unit ?? default);
        return unit is not null;
    }

    public static string Show(TimeSpan value) => value switch
    {
        { Ticks: var t } when t % TimeSpan.TicksPerDay == 0 => $"\"{value.Days}d\"",
        { Ticks: var t } when t % TimeSpan.TicksPerHour == 0 => $"\"{(int)value.TotalHours}h\"",
        { Ticks: var t } when t % TimeSpan.TicksPerMinute == 0 => $"\"{(int)value.TotalMinutes}m\"",
        _ => $"\"{(int)value.TotalSeconds}s\"",
    };
}
