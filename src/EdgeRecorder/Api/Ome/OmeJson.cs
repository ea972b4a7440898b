using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRecorder.Api.Ome;

/// <summary>Members in the order of the published examples; what is null is not sent.</summary>
internal sealed record OmeRecord
{
    public required string State { get; init; }
    public required string Id { get; init; }
    public required string Vhost { get; init; }
    public required string App { get; init; }
    public required OmeStream Stream { get; init; }
    public required string FilePath { get; init; }
    public required string InfoPath { get; init; }
    public long? Interval { get; init; }
    public string? Schedule { get; init; }
    public required string SegmentationRule { get; init; }
    public int? Sequence { get; init; }
    public long? RecordBytes { get; init; }
    public long? RecordTime { get; init; }
    public long? TotalRecordBytes { get; init; }
    public long? TotalRecordTime { get; init; }
    public required string CreatedTime { get; init; }
    public string? StartTime { get; init; }
    public string? FinishTime { get; init; }
    public string? OutputFilePath { get; init; }
    public string? OutputInfoPath { get; init; }
    public string? Metadata { get; init; }
    public bool IsConfig { get; init; }
}

/// <param name="Tracks">The same as <paramref name="TrackIds"/>, by its older name.</param>
internal sealed record OmeStream(string Name, int[] Tracks, int[] TrackIds, string[] VariantNames);

internal sealed record OmeMany(string Message, int StatusCode, OmeRecord[] Response);

internal sealed record OmeOne(string Message, int StatusCode, OmeRecord Response);

internal sealed record OmeBare(string Message, int StatusCode);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OmeMany))]
[JsonSerializable(typeof(OmeOne))]
[JsonSerializable(typeof(OmeBare))]
[JsonSerializable(typeof(OmePlan))]
internal sealed partial class OmeJson : JsonSerializerContext
{
    /// <summary>`+0900` is sent as it is, not as `\u002B0900`: clients compare text.</summary>
    public static OmeJson Plain => _plain ??= new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private static OmeJson? _plain;
}
