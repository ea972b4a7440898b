using System.Globalization;

namespace EdgeRecorder.Files;

/// <summary>When a named file ends and the next begins. A cut is made at the first sync sample behind the instant that a rule names, never in front of it.</summary>
internal abstract record SplitRule
{
    private SplitRule() { }

    public static SplitRule Never { get; } = new None();

    /// <summary>What the rule means for a file that begins now: a length, an instant, or neither.</summary>
    public abstract SplitDue Begin(DateTimeOffset start);

    public sealed record None : SplitRule
    {
        public override SplitDue Begin(DateTimeOffset start) => default;
    }

    public sealed record Every(TimeSpan Length) : SplitRule
    {
        public override SplitDue Begin(DateTimeOffset start) => new(Length, null);
    }

    /// <param name="Number">Asked at each sync sample, so that a setting that changes counts for the file that is open; 0: never.</param>
    public sealed record Minutes(Func<int> Number) : SplitRule
    {
        public override SplitDue Begin(DateTimeOffset start) => Number() is > 0 and var minutes ? new(TimeSpan.FromMinutes(minutes), null) : default;
    }

    /// <summary>Second, minute and hour of the wall clock in <paramref name="Zone"/>, each `*`, `N` or `*/N`.</summary>
    public sealed record Cron3(CronField Second, CronField Minute, CronField Hour, TimeZoneInfo Zone) : SplitRule
    {
        /// <summary>Null when the text is no such rule.</summary>
        public static Cron3? Read(string text, TimeZoneInfo zone)
            => text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var second, var minute, var hour] && CronField.Read(second, 59) is { } s && CronField.Read(minute, 59) is { } m && CronField.Read(hour, 23) is { } h
                ? new(s, m, h, zone) : null;

        public override SplitDue Begin(DateTimeOffset start) => new(null, Next(start));

        /// <summary>The first match behind an instant. Wall clocks that are turned back match twice, skipped times never.</summary>
        public DateTimeOffset? Next(DateTimeOffset after)
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(after.ToUnixTimeSeconds() + 1);
            for (var end = at.AddDays(2); at < end;)        // a day has every hour there is; the second one for a clock that is put forward
            {
                var local = TimeZoneInfo.ConvertTime(at, Zone);
                if (!Hour.Has(local.Hour) || !Minute.Has(local.Minute))
                    at = at.AddSeconds(60 - local.Second);
                else if (!Second.Has(local.Second))
                    at = at.AddSeconds(1);
                else
                    return at;
            }
            return null;
        }
    }
}

/// <summary>When a file is to end: when it is so long, or at an instant; neither: it goes on.</summary>
internal readonly record struct SplitDue(TimeSpan? Length, DateTimeOffset? At);

/// <summary>`*`, `N` or `*/N`.</summary>
internal readonly record struct CronField(int Value, bool IsStep)
{
    public static CronField? Read(string text, int most)
    {
        if (text == "*")
            return new CronField(1, true);
        var isStep = text.StartsWith("*/", StringComparison.Ordinal);
        return int.TryParse(isStep ? text[2..] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most && (!isStep || value > 0) ? new CronField(value, isStep) : null;
    }

    public bool Has(int number) => IsStep ? number % Value == 0 : number == Value;
}
