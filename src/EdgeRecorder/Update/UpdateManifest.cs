using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Update;

/// <summary>What an update says of the slot it brings: `manifest.json` of the file, which is signed.</summary>
/// <param name="Format">1.</param>
/// <param name="Architecture">As Debian calls it: amd64, arm64.</param>
/// <param name="Version">Any text.</param>
/// <param name="SlotBytes">Length of the slot's content.</param>
/// <param name="SlotSha256">SHA-256 of it, hexadecimal.</param>
internal sealed record UpdateManifest(int Format, string Architecture, string Version, long SlotBytes, string SlotSha256)
{
    public const int KnownFormat = 1;
    private const int Sha256Digits = 64;

    /// <exception cref="ProtocolException">It is no manifest, or one of a later format.</exception>
    public static UpdateManifest Parse(ReadOnlySpan<byte> json)
    {
        UpdateManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(json, UpdateJson.Default.UpdateManifest) ?? throw Wrong("manifest", "is null");
        }
        catch (JsonException e)
        {
            throw Wrong(e.Path ?? "manifest", e.Message);
        }
        if (manifest.Format != KnownFormat)
            throw Wrong("format", $"is {manifest.Format}; this version knows {KnownFormat}");
        if (manifest.SlotBytes <= 0)
            throw Wrong("slotBytes", $"is {manifest.SlotBytes}");
        if (manifest.SlotSha256.Length != Sha256Digits || !manifest.SlotSha256.All(char.IsAsciiHexDigit))
            throw Wrong("slotSha256", "is not 64 hexadecimal digits");
        return manifest;
    }

    private static ProtocolException Wrong(string field, string reason) => new(UpdateFile.Protocol, 0, field, reason);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, GenerationMode = JsonSourceGenerationMode.Metadata, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(UpdateManifest))]
internal sealed partial class UpdateJson : JsonSerializerContext;
