using System.Globalization;
using System.Text.Json;

namespace EdgeRecorder.Health;

/// <summary>
/// What a disk says of its own health (SMART), out of the report that smartctl wrote for `edge-recorder-disks.service`. Null where the disk says nothing of the kind.
/// </summary>
/// <param name="ReadAt">By the clock of the box then.</param>
/// <param name="Model">In full; /sys has 16 letters of it.</param>
/// <param name="Passed">The disk's own verdict.</param>
/// <param name="Warnings">NVMe: what its controller warns of (critical warning, NVM Express base specification, log page 02h).</param>
/// <param name="LifeUsedPercent">Of what the maker promises; beyond 100 where the disk counts on. SSD only.</param>
/// <param name="SparePercent">Blocks left that replace worn ones. NVMe.</param>
/// <param name="ReallocatedSectors">Sectors, or blocks, that were replaced. ATA.</param>
/// <param name="PendingSectors">Sectors that could not be read and are replaced when they are written next. ATA.</param>
/// <param name="UncorrectableErrors">Reads that no correction helped.</param>
/// <param name="Problem">Why smartctl could not ask the disk, in its words.</param>
internal sealed record SmartReport(
    DateTimeOffset? ReadAt, string? Model, bool? Passed, IReadOnlyList<string> Warnings, int? LifeUsedPercent, int? SparePercent, long? ReallocatedSectors, long? PendingSectors,
    long? UncorrectableErrors, long? PowerOnHours, double? TemperatureCelsius, string? Problem)
{
    private const int LongestReport = 1 << 20;              // bytes; usual are 10 KB

    // ATA attributes by number, statistics by page and offset (ACS-4, 9.5).
    private const int Reallocated = 5, ReportedUncorrectable = 187, CurrentPending = 197;
    private static readonly (int Page, int Offset) UncorrectableStatistic = (4, 8), EnduranceStatistic = (7, 8);

    /// <summary>Attributes whose normalized value is the life that is left, in per cent, by the names that smartctl's list of drives gives them.</summary>
    private static readonly string[] LifeLeft = ["SSD_Life_Left", "Percent_Lifetime_Remain", "Media_Wearout_Indicator", "Wear_Leveling_Count", "Remaining_Lifetime_Perc", "Perc_Rated_Life_Remain"];

    private static readonly string[] CriticalWarnings =
    [
        "spare blocks run out", "too hot or too cold", "reliability is degraded", "it is read-only", "its buffer is not saved when the power fails", "its persistent memory is read-only",
    ];

    /// <summary>The report on a disk; null when there is none.</summary>
    public static SmartReport? Read(string file)
    {
        try
        {
            if (new FileInfo(file) is not { Exists: true } found)
                return null;
            return found.Length > LongestReport ? Unreadable(string.Create(CultureInfo.InvariantCulture, $"{file} has {found.Length} bytes")) : Parse(File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return Unreadable($"{file}: {e.Message}");
        }
    }

    /// <exception cref="JsonException">It is no JSON.</exception>
    public static SmartReport Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var report = document.RootElement;
        var (nvme, attributes) = (At(report, "nvme_smart_health_information_log"), Attributes(report));
        return new(
            Number(At(report, "local_time", "time_t")) is > 0 and < int.MaxValue and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
            Text(At(report, "model_name")),
            At(report, "smart_status", "passed")?.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null },
            Described(Number(At(nvme, "critical_warning")) ?? 0),
            (int?)(Number(At(nvme, "percentage_used")) ?? Statistic(report, EnduranceStatistic) ?? LifeLeftAttribute(attributes)),
            (int?)Number(At(nvme, "available_spare")),
            Raw(attributes, Reallocated), Raw(attributes, CurrentPending),
            Number(At(nvme, "media_errors")) ?? Statistic(report, UncorrectableStatistic) ?? Raw(attributes, ReportedUncorrectable),
            Number(At(report, "power_on_time", "hours")), Number(At(report, "temperature", "current")), Complaint(report));
    }

    private static SmartReport Unreadable(string problem) => new(null, null, null, [], null, null, null, null, null, null, null, problem);

    private static string[] Described(long bits) => [.. CriticalWarnings.Where((_, bit) => (bits & 1L << bit) != 0)];

    /// <summary>Of its messages the errors: a disk that does not answer, an adapter that lets no command through.</summary>
    private static string? Complaint(JsonElement report)
        => string.Join("; ", Items(At(report, "smartctl", "messages")).Where(message => Text(At(message, "severity")) == "error").Select(message => Text(At(message, "string")))) is { Length: > 0 } said ? said : null;

    private static JsonElement[] Attributes(JsonElement report) => Items(At(report, "ata_smart_attributes", "table"));

    private static long? Raw(JsonElement[] attributes, int id) => attributes.Where(attribute => Number(At(attribute, "id")) == id).Select(attribute => Number(At(attribute, "raw", "value"))).FirstOrDefault();

    private static long? LifeLeftAttribute(JsonElement[] attributes)
        => 100 - attributes.Where(attribute => LifeLeft.Contains(Text(At(attribute, "name")))).Select(attribute => Number(At(attribute, "value"))).FirstOrDefault(left => left is >= 0 and <= 100);

    private static long? Statistic(JsonElement report, (int Page, int Offset) which)
        => Items(At(report, "ata_device_statistics", "pages")).Where(page => Number(At(page, "number")) == which.Page).SelectMany(page => Items(At(page, "table")))
            .Where(entry => Number(At(entry, "offset")) == which.Offset && At(entry, "flags", "valid")?.ValueKind == JsonValueKind.True).Select(entry => Number(At(entry, "value"))).FirstOrDefault();

    private static JsonElement? At(JsonElement? element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            element = element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var child) ? child : null;
        return element;
    }

    private static JsonElement[] Items(JsonElement? array) => array is { ValueKind: JsonValueKind.Array } items ? [.. items.EnumerateArray()] : [];

    private static long? Number(JsonElement? element) => element is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    private static string? Text(JsonElement? element) => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
