using EdgeRecorder.Export;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Api;

/// <summary>What somebody asks to be exported, in the members of the box API.</summary>
/// <param name="Comment">Kept in the file; written into pictures that are encoded.</param>
/// <param name="MaxFileBytes">A new file begins at the first sync sample after so many; 0 or missing: one file.</param>
/// <param name="KeepDays">It goes when nobody fetched it for so long; 7 by default.</param>
/// <param name="VideoQuality">0 copies, 1 the best to 6 the worst.</param>
/// <param name="AudioQuality">As <paramref name="VideoQuality"/>.</param>
/// <param name="KeepOneOf">1, 2, 4 or 8: every picture, every second one and so on.</param>
/// <param name="Crop">Left, top, right, bottom as fractions of the picture.</param>
/// <param name="Masks">Polygons of points [x, y], fractions of the whole picture: black in every picture, or there is no file.</param>
/// <param name="TimeFormat">The time is written into each picture, for example `%Y-%m-%d %H:%M:%S`.</param>
/// <param name="Color">Of the writing, `#RRGGBB`.</param>
/// <param name="Width">jpg: scaled down to so many pixels.</param>
internal sealed record NewExport(
    string Channel, DateTimeOffset From, DateTimeOffset To, string Format = "mp4", string? Stream = null, string? Comment = null, long? MaxFileBytes = null, int? KeepDays = null,
    int? VideoQuality = null, int? AudioQuality = null, int? KeepOneOf = null, double[]? Crop = null, double[][][]? Masks = null, string? TimeFormat = null, string? Color = null, int? Width = null);

/// <summary>Reads a <see cref="NewExport"/>; what is wrong is named by its member.</summary>
internal static class ExportRequest
{
    private const int LongestComment = 1024, LongestTimeFormat = 128, WorstQuality = 6, WidestPicture = 16_384;
    private const long LeastFileBytes = 65_536;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Null and the wish, or what is wrong with it.</summary>
    public static string? Read(NewExport body, ChannelDefinition channel, ExportAbility ability, out ExportWish? wish)
    {
        wish = null;
        if (ExportTypes.Read(body.Format) is not { } format)
            return $"format: \"{body.Format}\" is not mp4, mkv, avi, ts, jpg or pdf";
        if ((WrongRange(body) ?? WrongPicture(body)) is { } wrong)
            return wrong;
        wish = new ExportWish
        {
            Format = format, Comment = body.Comment ?? "", Names = new ExportNames(ExportNames.Clean(channel.Key), ExportNames.Clean(channel.Name), "_", ""),
            MaxFileBytes = body.MaxFileBytes is { } most and > 0 ? Math.Max(most, LeastFileBytes) : 0,
            VideoQuality = body.VideoQuality ?? 0, AudioQuality = body.AudioQuality ?? 0, KeepOneOf = body.KeepOneOf ?? 1,
            Crop = body.Crop is [0, 0, 1, 1] ? null : body.Crop, Masks = body.Masks is [] ? null : body.Masks,
            TimeFormat = body.TimeFormat ?? "", ShowsTime = !string.IsNullOrEmpty(body.TimeFormat), Color = body.Color ?? "#FFFFFF", Width = body.Width ?? 0,
        };
        return ability.Refusal(wish);
    }

    private static string? WrongRange(NewExport body)
        => body.To <= body.From ? "to: is not after from"
            : body.To - body.From > Longest ? "to: an export holds a day at the most; make several"
            : body.Comment?.Length > LongestComment ? $"comment: has more than {LongestComment} characters"
            : body.MaxFileBytes is < 0 ? "maxFileBytes: is negative"
            : body.KeepDays is < 1 or > 3650 ? "keepDays: is not from 1 to 3650"
            : null;

    private static string? WrongPicture(NewExport body)
        => body.VideoQuality is < 0 or > WorstQuality ? $"videoQuality: is not from 0 to {WorstQuality}"
            : body.AudioQuality is < 0 or > WorstQuality ? $"audioQuality: is not from 0 to {WorstQuality}"
            : body.KeepOneOf is not (null or 1 or 2 or 4 or 8) ? "keepOneOf: is not 1, 2, 4 or 8"
            : body.Crop is not null && !JobRules.IsArea(body.Crop) ? "crop: is not left, top, right and bottom within 0 to 1"
            : body.Masks is not null && !JobRules.AreMasks(body.Masks) ? $"masks: are not up to {JobRules.MostMasks} polygons of 3 to {JobRules.MostPoints} points [x, y] within 0 to 1"
            : body.TimeFormat?.Length > LongestTimeFormat ? $"timeFormat: has more than {LongestTimeFormat} characters"
            : body.Color is not null && JobRules.ColorOf(body.Color) is null ? "color: is not #RRGGBB"
            : body.Width is < 0 or > WidestPicture ? $"width: is not from 0 to {WidestPicture}"
            : null;
}
