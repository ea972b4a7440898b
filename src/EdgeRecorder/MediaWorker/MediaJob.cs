using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRecorder.MediaWorker;

/// <summary>
/// What the daemon asks of `edge-recorder media-worker`: one line of JSON on its standard input, then exactly <see cref="FootageBytes"/> bytes of footage (one fragmented MP4 as
/// `footage.mp4` makes it). All times in ms are the footage's own, 0 its first sample.
/// </summary>
internal sealed record MediaJob
{
    /// <summary>For the log only.</summary>
    public required string Id { get; init; }

    public required MediaFormat Format { get; init; }

    /// <summary>Where the files go: absolute, and there.</summary>
    public required string Folder { get; init; }

    public required long FootageBytes { get; init; }

    /// <summary>Output begins exactly here for players. For pictures: the last picture that is not later, or the first when none is.</summary>
    public long FromMs { get; init; }

    /// <summary>First instant that is not in the output any more.</summary>
    public long ToMs { get; set; } = long.MaxValue;      // `set`: the JSON reader keeps the default of a member that is not there

    /// <summary>0: one file. Otherwise a new one begins at the first sync sample after this many bytes would be passed.</summary>
    public long MaxFileBytes { get; init; }

    /// <summary>Metadata of the container.</summary>
    public string? Comment { get; init; }

    public string? Title { get; init; }

    /// <summary>0 copies, 1 the best to 6 the worst.</summary>
    public int VideoQuality { get; init; }

    /// <inheritdoc cref="VideoQuality"/>
    public int AudioQuality { get; init; }

    /// <summary>1, 2, 4 or 8: every picture, every second one and so on.</summary>
    public int KeepOneOf { get; set; } = 1;

    /// <summary>Left, top, right, bottom as fractions of the picture.</summary>
    public double[]? Crop { get; init; }

    /// <summary>Polygons of points [x, y], fractions of the whole picture: black, whatever else is done to it.</summary>
    public double[][][]? Masks { get; init; }

    public MediaOverlay? Overlay { get; init; }

    /// <summary>Footage time to wall clock, one for each run, in order.</summary>
    public IReadOnlyList<WallTime>? WallTimes { get; init; }

    /// <summary>Of the wall clock as it is shown.</summary>
    public int UtcOffsetMinutes { get; init; }

    /// <summary>What may encode video; with <see cref="VideoEncoder.None"/> a job that would need it fails.</summary>
    public VideoEncoder Encoder { get; init; }

    /// <summary>jpg: scaled down to this width; 0 as it is.</summary>
    public int Width { get; init; }

    /// <summary>pdf: places on the page.</summary>
    public MediaPage? Page { get; init; }
}

internal enum MediaFormat
{
    Mp4,
    Mkv,
    Avi,
    Ts,
    Jpg,
    Pdf,
}

internal enum VideoEncoder
{
    None,
    Software,

    /// <summary>An encoder of the kernel that the worker was started with, and no other.</summary>
    V4l2,

    /// <summary>One of the kernel's, as far as one begins; otherwise x264.</summary>
    Auto,
}

/// <summary>Text in the picture: the comment, and the time of each picture.</summary>
/// <param name="TimeFormat">Of Boost's date_time: `%Y-%b-%d %H:%M:%S`; what is unknown is printed as it stands. Null or empty: no time.</param>
/// <param name="Color">`#RRGGBB`.</param>
internal sealed record MediaOverlay(string? Comment, string? TimeFormat, string? Color);

/// <summary>From <paramref name="AtMs"/> of the footage on the wall clock runs from <paramref name="UtcMs"/>.</summary>
internal sealed record WallTime(long AtMs, long UtcMs);

/// <summary>A4. Places are left, top, right, bottom as fractions of the page; null leaves the thing out.</summary>
internal sealed record MediaPage(bool Landscape, double[]? Snapshot, double[]? Comment, double[]? Time);

/// <summary>One line of the worker's standard output; exactly one member is set. A job ends with <see cref="Done"/> or <see cref="Error"/>.</summary>
internal sealed record MediaReport
{
    /// <summary>0 to 1.</summary>
    public double? Progress { get; init; }

    public MediaPart? Part { get; init; }

    public MediaWarning? Warning { get; init; }

    /// <summary>What encodes the pictures.</summary>
    public string? Encoder { get; init; }

    public bool? Done { get; init; }

    public MediaError? Error { get; init; }
}

/// <summary>A file that is whole and closed.</summary>
/// <param name="Name">Below the job's folder.</param>
internal sealed record MediaPart(string Name, long FromMs, long ToMs, long Bytes);

/// <summary>Something that was asked for and not done, where the result is useful all the same.</summary>
/// <param name="Member">As the AxxonSoft body spells it: `vc`, `ac`, `freq` …; `encoder` for what encodes.</param>
internal sealed record MediaWarning(string Member, string Text);

/// <param name="Code">no-picture, unsupported, damaged, disk-full, encoder or internal.</param>
internal sealed record MediaError(string Code, string Text);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, Converters = [typeof(MediaFormatName), typeof(VideoEncoderName)])]
[JsonSerializable(typeof(MediaJob))]
[JsonSerializable(typeof(MediaReport))]
internal sealed partial class MediaJobJson : JsonSerializerContext;

internal sealed class MediaFormatName() : JsonStringEnumConverter<MediaFormat>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);

internal sealed class VideoEncoderName() : JsonStringEnumConverter<VideoEncoder>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
