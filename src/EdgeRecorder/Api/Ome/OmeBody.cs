using System.Text.Json;

namespace EdgeRecorder.Api.Ome;

/// <summary>The members of a request body as they were sent; what has another type than it should have counts as missing, as upstream reads it.</summary>
internal sealed class OmeBody
{
    private const int LongestMetadata = 4096;
    private static readonly JsonDocumentOptions Tolerant = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 16 };

    public string? Id { get; private init; }
    public string? Stream { get; private init; }

    /// <summary>Null: none were given.</summary>
    public int[]? TrackIds { get; private init; }
    public string[]? VariantNames { get; private init; }
    public string? FilePath { get; private init; }
    public string? InfoPath { get; private init; }

    /// <summary>Milliseconds; 0: none.</summary>
    public long Interval { get; private init; }
    public string Schedule { get; private init; } = "";
    public bool Continuity { get; private init; }
    public string? Metadata { get; private init; }
    public bool IsMetadataTooLong => Metadata is { } text && System.Text.Encoding.UTF8.GetByteCount(text) > LongestMetadata;

    /// <summary>Null: it is not a JSON object. An empty body is an empty object.</summary>
    public static OmeBody? Read(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            body = body[3..];
        if (body.Span.Trim(" \t\r\n"u8).IsEmpty)
            return new OmeBody();
        try
        {
            using var document = JsonDocument.Parse(body, Tolerant);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(Members(document.RootElement)) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)     // the second: half a surrogate pair in a text
        {
            return null;
        }
    }

    private static OmeBody Read(Dictionary<string, JsonElement> members)
    {
        var stream = members.GetValueOrDefault("stream");
        var inside = stream.ValueKind == JsonValueKind.Object ? Members(stream) : [];
        return new OmeBody
        {
            Id = Text(members, "id"),
            Stream = stream.ValueKind == JsonValueKind.String ? Text(members, "stream") : Text(inside, "name"),      // the published table calls it a string
            TrackIds = Numbers(inside, "trackIds") ?? Numbers(inside, "tracks"),
            VariantNames = inside.TryGetValue("variantNames", out var names) && names.ValueKind == JsonValueKind.Array
                ? [.. names.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)] : null,
            FilePath = Text(members, "filePath"),
            InfoPath = Text(members, "infoPath"),
            Interval = members.TryGetValue("interval", out var interval) && interval.ValueKind == JsonValueKind.Number && interval.TryGetInt64(out var ms) && ms is > 0 and < 100L * 365 * 86_400_000 ? ms : 0,
            Schedule = Text(members, "schedule") ?? "",
            Continuity = Text(members, "segmentationRule") == "continuity",
            Metadata = members.TryGetValue("metadata", out var metadata) ? metadata.ValueKind switch { JsonValueKind.String => metadata.GetString(), JsonValueKind.Object => metadata.GetRawText(), _ => null } : null,
        };
    }

    private static Dictionary<string, JsonElement> Members(JsonElement element)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in element.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }

    private static string? Text(Dictionary<string, JsonElement> members, string name)
        => members.TryGetValue(name, out var element) && element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text ? text : null;

    private static int[]? Numbers(Dictionary<string, JsonElement> members, string name)
        => members.TryGetValue(name, out var element) && element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _)).Select(item => item.GetInt32())] : null;
}
