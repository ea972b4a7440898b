using System.Text.Json;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>A device of a batch. What could not be read is the error of its entries.</summary>
/// <param name="Channels">Null: the member is missing.</param>
internal sealed record CdvrBatchItem(string Sim, IReadOnlyList<string>? Channels, int Protocol, string CTags, string? Error);

/// <summary>A query for files.</summary>
/// <param name="Devices">Null: all.</param>
internal sealed record CdvrQuery(string? Start, string? End, IReadOnlyList<CdvrBatchItem>? Devices);

/// <summary>
/// Bodies of the family. Members without regard to case, unknown ones ignored, trailing commas and comments tolerated; numbers are read where text is meant and digits where a number is.
/// A document of another kind than what is meant is no request at all: <see cref="JsonException"/>.
/// </summary>
internal static class CdvrBody
{
    private static readonly JsonDocumentOptions Tolerant = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 16 };

    /// <exception cref="JsonException">Not JSON, or not of that kind.</exception>
    public static IReadOnlyList<CdvrBatchItem> Batch(ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        return document is null ? [] : Items(document.RootElement);
    }

    /// <exception cref="JsonException">Not JSON, or not of that kind.</exception>
    public static CdvrQuery Query(ReadOnlyMemory<byte> body)
    {
        using var document = Parse(body);
        if (document is null || document.RootElement.ValueKind == JsonValueKind.Null)
            return new CdvrQuery(null, null, null);
        var members = Members(document.RootElement);
        return new CdvrQuery(Text(members, "timeStart"), Text(members, "timeEnd"), members.TryGetValue("devices", out var devices) ? Items(devices) : null);
    }

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            body = body[3..];
        return body.Span.Trim(" \t\r\n"u8).IsEmpty ? null : JsonDocument.Parse(body, Tolerant);
    }

    /// <summary>A list of devices, or one alone.</summary>
    private static List<CdvrBatchItem> Items(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Array => [.. element.EnumerateArray().Select(Item)],
        JsonValueKind.Object => [Item(element)],
        _ => throw new JsonException("is not a list of devices"),
    };

    private static CdvrBatchItem Item(JsonElement element)
    {
        var members = Members(element);
        var isNumber = CdvrDevice.ReadProtocol(Text(members, "protocol"), out var protocol);
        return new CdvrBatchItem(Text(members, "sim") ?? "", Channels(members), protocol, Text(members, "cTags") ?? "", isNumber ? null : "invalid Protocol");
    }

    private static List<string>? Channels(Dictionary<string, JsonElement> members)
        => !members.TryGetValue("channel", out var channel) ? null : channel.ValueKind == JsonValueKind.Array ? [.. channel.EnumerateArray().Select(one => Text(one) ?? "")] : [Text(channel) ?? ""];

    private static Dictionary<string, JsonElement> Members(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new JsonException("is not an object");
        var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
        foreach (var member in element.EnumerateObject())
            if (member.Value.ValueKind != JsonValueKind.Null)
                members[member.Name] = member.Value;
        return members;
    }

    private static string? Text(Dictionary<string, JsonElement> members, string name) => members.TryGetValue(name, out var element) ? Text(element) : null;

    private static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString(),
                JsonValueKind.Number => element.GetRawText(),
                JsonValueKind.Null => null,
                _ => throw new JsonException("is neither text nor a number"),
            };
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("is not Unicode text");     // half a surrogate pair
        }
    }
}
