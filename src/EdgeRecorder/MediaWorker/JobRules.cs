using System.Globalization;

namespace EdgeRecorder.MediaWorker;

/// <summary>What a job may ask. The daemon has looked at it before; a job that is wrong all the same fails, so that nothing is delivered which was to be masked.</summary>
internal static class JobRules
{
    public const int MostMasks = 64, MostPoints = 256;

    /// <exception cref="JobException">A member is out of its range.</exception>
    public static void Check(MediaJob job)
    {
        Require(Path.IsPathFullyQualified(job.Folder) && Directory.Exists(job.Folder), "folder is not there");
        Require(job.VideoQuality is >= 0 and <= 6 && job.AudioQuality is >= 0 and <= 6, "quality is not 0 to 6");
        Require(job.KeepOneOf is 1 or 2 or 4 or 8, "keepOneOf is not 1, 2, 4 or 8");
        Require(job.FromMs >= 0 && job.ToMs >= job.FromMs, "toMs is before fromMs");
        Require(job.MaxFileBytes >= 0 && job.Width is >= 0 and <= 16384, "maxFileBytes or width is out of range");
        Require(job.Crop is null || IsArea(job.Crop), "crop is not left, top, right, bottom within 0 to 1");
        Require(job.Masks is null || AreMasks(job.Masks), $"masks are not up to {MostMasks} polygons of 3 to {MostPoints} points within 0 to 1");
        Require(job.Overlay?.Color is not { } color || ColorOf(color) is not null, "color is not #RRGGBB");
        Require(string.IsNullOrEmpty(job.Overlay?.TimeFormat) || job.WallTimes is { Count: > 0 }, "no wallTimes for the time in the picture");
        Require(job.Page is not { } page || new[] { page.Snapshot, page.Comment, page.Time }.All(area => area is null || IsArea(area)), "an area of the page is not within 0 to 1");
        Require(Math.Abs(job.UtcOffsetMinutes) <= 24 * 60, "utcOffsetMinutes is more than a day");
    }

    /// <summary>True when copying packets would not do.</summary>
    public static bool NeedsPictures(MediaJob job)
        => job.VideoQuality > 0 || job.KeepOneOf > 1 || HasCrop(job) || job.Masks is { Length: > 0 } || job.Overlay is not null;

    public static bool HasCrop(MediaJob job) => job.Crop is { } crop && !crop.AsSpan().SequenceEqual([0, 0, 1, 1]);

    /// <summary>Red, green, blue of `#RRGGBB`; null when it is none.</summary>
    public static (byte Red, byte Green, byte Blue)? ColorOf(string text)
        => text.Length == 7 && text[0] == '#' && uint.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rgb)
            ? ((byte)(rgb >> 16), (byte)(rgb >> 8), (byte)rgb) : null;

    public static bool AreMasks(double[][][] masks) => masks.Length <= MostMasks && masks.All(mask => mask is { Length: >= 3 and <= MostPoints } && mask.All(IsPoint));

    /// <summary>Left, top, right, bottom.</summary>
    public static bool IsArea(double[] area)
        => area is [var left, var top, var right, var bottom] && area.All(IsFraction) && left < right && top < bottom;

    private static bool IsPoint(double[] point) => point is { Length: 2 } && point.All(IsFraction);

    private static bool IsFraction(double value) => value is >= 0 and <= 1;

    private static void Require(bool holds, string text)
    {
        if (!holds)
            throw new JobException(JobException.Unsupported, text);
    }
}
