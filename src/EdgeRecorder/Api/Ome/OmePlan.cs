using System.Text.Json.Serialization;
using EdgeRecorder.Ledger;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Api.Ome;

/// <summary>What a job of this family asked for, as the ledger keeps it.</summary>
internal sealed record OmePlan
{
    public required string Id { get; init; }
    public required string VirtualHost { get; init; }
    public required string Application { get; init; }
    public required string Stream { get; init; }

    /// <summary>As the client sent them; empty: all.</summary>
    public int[] TrackIds { get; init; } = [];
    public string[] VariantNames { get; init; } = [];
    public TrackChoice Tracks { get; init; }

    /// <summary>Templates.</summary>
    public required string FilePath { get; init; }
    public required string InfoPath { get; init; }

    /// <summary>Milliseconds; 0: none.</summary>
    public long Interval { get; init; }
    public string Schedule { get; init; } = "";
    public bool Continuity { get; init; }

    /// <summary>Null: none was given.</summary>
    public string? Metadata { get; init; }

    [JsonIgnore]
    public string ExternalId => ExternalIdOf(VirtualHost, Application, Id);

    /// <summary>Ids are unique within an application; neither name has a slash.</summary>
    public static string ExternalIdOf(string virtualHost, string application, string id) => $"{virtualHost}/{application}/{id}";

    public static OmePlan Of(RecordingRow row) => System.Text.Json.JsonSerializer.Deserialize(row.Plan, OmeJson.Plain.OmePlan)!;
}
