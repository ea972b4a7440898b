using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api;

/// <summary>A channel's share of the ring as the configuration writes it: sizes "20GiB" or "10%", ages "12h" or "30d"; null: no promise, no limit.</summary>
internal sealed record QuotaView(string? MinSize = null, string? MaxSize = null, string? MinAge = null, string? MaxAge = null)
{
    public static QuotaView Of(ChannelQuota quota) => new(quota.MinSize?.ToString(), quota.MaxSize?.ToString(), Show(quota.MinAge), Show(quota.MaxAge));

    /// <summary>Takes the quota into the row, unless there is none. Returns what is wrong with it, or null.</summary>
    public static string? Read(QuotaView? view, ref ChannelRow row)
    {
        if (view is null)
            return null;
        var quota = new ChannelQuota();
        if (!Size(view.MinSize, out var minSize) || !Size(view.MaxSize, out var maxSize))
            return "quota: a size is written \"20GiB\", \"512MiB\" or \"10%\"";
        if (!Age(view.MinAge, out var minAge) || !Age(view.MaxAge, out var maxAge))
            return "quota: an age is written \"90s\", \"12h\" or \"30d\"";
        (quota.MinSize, quota.MaxSize, quota.MinAge, quota.MaxAge) = (minSize, maxSize, minAge, maxAge);
        if (ConfigurationRules.WrongQuota(quota) is var (key, what))
            return $"quota.{key}: {what}";
        row = row with
        {
            MinSize = minSize?.ToString(), MaxSize = maxSize?.ToString(), MinAgeSeconds = (long?)minAge?.TotalSeconds, MaxAgeSeconds = (long?)maxAge?.TotalSeconds,
        };
        return null;
    }

    private static string? Show(TimeSpan? age) => age is { } span ? Duration.Show(span).Trim('"') : null;

    private static bool Size(string? text, out SizeSetting? size)
    {
        size = null;
        if (text is null)
            return true;
        if (!SizeSetting.TryParse(text, out var read) || read.IsAuto)
            return false;
        size = read;
        return true;
    }

    private static bool Age(string? text, out TimeSpan? age)
    {
        age = null;
        if (text is null)
            return true;
        if (!Duration.TryParse(text, out var read))
            return false;
        age = read;
        return true;
    }
}
