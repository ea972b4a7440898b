using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRecorder.Api;

/// <summary>Times go out as ISO 8601 UTC to the millisecond, <c>2026-01-31T12:00:00.000Z</c>; any zone is taken in.</summary>
internal sealed class UtcConverter : JsonConverter<DateTimeOffset>
{
    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => Interval.ReadTime("time", reader.GetString(), out var time) is { } wrong ? throw new JsonException(wrong) : time;

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Write(value));
}
