using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Export;

/// <summary>
/// Proof of an export: <c>manifest.json</c> says what its files hash to and of which records of the ring they were made, <c>manifest.sig</c> is the box's signature of
/// that file (ECDSA P-256 over SHA-256, DER). How both are checked with openssl and sha256sum: docs/exports.md. A line per file and per record, for eyes and for sed.
/// </summary>
internal sealed class ExportManifest(ExportFolder folder, Signer sign)
{
    public const string Name = "manifest.json", SignatureName = "manifest.sig";

    private static readonly JsonWriterOptions Lines = new() { Indented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="IOException">The disk.</exception>
    public void Write(ExportRow row, ExportWish wish, ChannelDefinition? channel, IReadOnlyList<SourceSpan> sources, DateTimeOffset now)
    {
        var temporary = folder.NewFile(row.Id);
        using (var text = new StreamWriter(new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ExportFolder.FileMode })))
        {
            text.Write("{\n\"export\":");
            text.Write(Object(w =>
            {
                w.WriteString("id", row.Id);
                w.WriteString("made", now.UtcDateTime);
                w.WriteString("by", row.CreatedBy);
                w.WriteString("channel", channel?.Id ?? "");
                w.WriteString("key", channel?.Key ?? "");
                w.WriteString("name", channel?.Name ?? "");
                w.WriteString("stream", StreamKey.Word(row.Stream.Stream));
                w.WriteString("from", UtcTime.At(row.FromUtcUs).UtcDateTime);
                w.WriteString("to", UtcTime.At(row.ToUtcUs).UtcDateTime);
                w.WriteString("format", wish.Extension);
                w.WriteString("comment", wish.Comment);
            }));
            text.Write(",\n\"files\":[");
            WriteLines(text, row.Files, static (w, file) =>
            {
                w.WriteString("sha256", file.Sha256);
                w.WriteString("name", file.Name);
                w.WriteNumber("bytes", file.Bytes);
                w.WriteString("from", UtcTime.At(file.FromUtcUs).UtcDateTime);
                w.WriteString("to", UtcTime.At(file.ToUtcUs).UtcDateTime);
            });
            text.Write("],\n\"sources\":[");
            WriteLines(text, sources, static (w, span) =>
            {
                w.WriteNumber("segment", span.Segment);
                w.WriteNumber("generation", span.Generation);
                w.WriteString("from", UtcTime.At(span.FromUtcUs).UtcDateTime);
                w.WriteString("to", UtcTime.At(span.ToUtcUs).UtcDateTime);
                w.WriteNumber("firstSequence", span.Records[0].Sequence);
                w.WriteStartArray("chain");
                foreach (var (_, chain) in span.Records)
                    w.WriteStringValue(chain);
                w.WriteEndArray();
            });
            text.Write("]\n}\n");
        }
        Sync(temporary);
        var signature = folder.NewFile(row.Id);
        using (var file = new FileStream(signature, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ExportFolder.FileMode }))
        {
            file.Write(sign(File.ReadAllBytes(temporary)));
            file.Flush(flushToDisk: true);
        }
        folder.Keep(row.Id, signature, SignatureName);
        folder.Keep(row.Id, temporary, Name);
    }

    private static void WriteLines<T>(StreamWriter text, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            text.Write(i == 0 ? "\n" : ",\n");
            text.Write(Object(w => write(w, item)));
        }
    }

    private static string Object(Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Lines))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void Sync(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }
}
