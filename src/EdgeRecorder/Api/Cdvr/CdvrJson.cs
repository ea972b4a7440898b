using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>The answer of everything but a query. <paramref name="Detail"/> is text that holds JSON, or empty.</summary>
internal sealed record CdvrRet(int Result, string ResultNote, string Detail);

internal sealed record CdvrJob(string JobId, string State);

internal sealed record CdvrEntry(string Sim, string Channel, int Protocol, int Result, string ResultNote);

/// <param name="More">True in the last group of a list that was cut.</param>
internal sealed record CdvrGroup(string Sim, string Channel, int Protocol, int FileCount, CdvrItem[] FileList, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? More = null);

/// <param name="Channel">A number, or text for GB/T 28181.</param>
/// <param name="Alarm">Bits of JT/T 808 and 1078.</param>
/// <param name="MediaType">0 audio and video, 1 audio, 2 video.</param>
/// <param name="StreamType">1 main, 2 sub.</param>
/// <param name="StorageType">1 main, 2 backup storage.</param>
internal sealed record CdvrItem(JsonElement Channel, string StartTime, string EndTime, long Alarm, int MediaType, int StreamType, int StorageType, long FileSize, string FileId, string FileName, string Url, bool Recording);

/// <summary>What the ledger keeps of a start.</summary>
internal sealed record CdvrPlan(int Protocol, string Sim, string Channel, string CTags);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CdvrRet))]
[JsonSerializable(typeof(CdvrJob))]
[JsonSerializable(typeof(CdvrEntry[]))]
[JsonSerializable(typeof(CdvrGroup[]))]
[JsonSerializable(typeof(CdvrPlan))]
[JsonSerializable(typeof(string))]
internal sealed partial class CdvrJson : JsonSerializerContext
{
    /// <summary>Quotation marks as \", as the original's framework writes them.</summary>
    public static CdvrJson Plain { get; } = new(new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
