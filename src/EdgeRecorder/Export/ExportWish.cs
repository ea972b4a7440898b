using System.Text.Json.Serialization;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>What somebody wants as files; kept in the ledger, so that an export can begin again after a restart.</summary>
internal sealed record ExportWish
{
    public required MediaFormat Format { get; init; }
    public required ExportNames Names { get; init; }
    public long MaxFileBytes { get; init; }
    public string Comment { get; init; } = "";

    /// <summary>0 copies, 1 the best to 6 the worst.</summary>
    public int VideoQuality { get; init; }

    /// <inheritdoc cref="VideoQuality"/>
    public int AudioQuality { get; init; }
    public int KeepOneOf { get; init; } = 1;
    public double[]? Crop { get; init; }
    public double[][][]? Masks { get; init; }

    /// <summary>Of the time drawn into pictures that are encoded; empty: none.</summary>
    public string TimeFormat { get; init; } = "";

    /// <summary>The time is wanted so much that pictures are encoded for it alone.</summary>
    public bool ShowsTime { get; init; }
    public string Color { get; init; } = "#FFFFFF";
    public MediaPage? Page { get; init; }

    /// <summary>Pictures: scaled down to this width; 0 as they are.</summary>
    public int Width { get; init; }

    /// <summary>Pictures: the first one at the instant or later, instead of the one that is shown then.</summary>
    public bool IsNextPicture { get; init; }

    /// <summary>Live: how long the source is waited for.</summary>
    public int WaitMs { get; init; } = 10_000;

    /// <summary>Live: until it is ended or runs into the limit; how far it is nobody knows.</summary>
    public bool OpenEnd { get; init; }

    /// <summary>What was asked for and is known from the start not to be done.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    [JsonIgnore]
    public bool IsPicture => Format is MediaFormat.Jpg or MediaFormat.Pdf;

    /// <summary>Pictures must be decoded and encoded again.</summary>
    [JsonIgnore]
    public bool NeedsEncoder => !IsPicture && (VideoQuality > 0 || KeepOneOf > 1 || Crop is not null || Masks is not null || ShowsTime);

    /// <summary>The packets go into an MP4 as they are: that needs no worker.</summary>
    [JsonIgnore]
    public bool IsCopy => Format == MediaFormat.Mp4 && !NeedsEncoder && AudioQuality == 0;

    [JsonIgnore]
    public string Extension => Format.ToString().ToLowerInvariant();
}

/// <summary>Who wants it, of what, and for how long.</summary>
/// <param name="Live">Filmed from now on; <paramref name="ToUtcUs"/> lies in the future.</param>
/// <param name="Keep">It goes when nobody asked for it or fetched it for so long.</param>
internal sealed record ExportOrder(string Owner, bool Live, StreamKey Stream, long FromUtcUs, long ToUtcUs, ExportWish Wish, string By, TimeSpan Keep);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(MediaFormatName)])]
[JsonSerializable(typeof(ExportWish))]
internal sealed partial class ExportJson : JsonSerializerContext;
