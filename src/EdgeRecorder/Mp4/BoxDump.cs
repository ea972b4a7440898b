using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Mp4;

/// <summary>The boxes of a file as text, a line each, so that two files can be compared by reading (fsck, golden files of the tests).</summary>
/// <exception cref="ProtocolException">A box does not fit into the one that holds it.</exception>
internal static class BoxDump
{
    private static readonly string[] Containers = ["moov", "trak", "mdia", "minf", "dinf", "stbl", "mvex", "moof", "traf"];

    public static string Of(ReadOnlySpan<byte> file)
    {
        var text = new StringBuilder();
        Append(text, file, 0, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, ReadOnlySpan<byte> boxes, int at, int depth)
    {
        var reader = new BoxReader(boxes, at);
        while (reader.TryNext(out var box))
        {
            var type = box.Type;
            text.Append(' ', 2 * depth).Append(CultureInfo.InvariantCulture, $"{type} {box.Bytes.Length}");
            AppendFields(text, box, type);
            text.Append('\n');
            if (Containers.Contains(type))
                Append(text, box.Body, box.BodyOffset, depth + 1);
            else if (type == "stsd")
                Append(text, box.Body[Math.Min(8, box.Body.Length)..], box.BodyOffset + 8, depth + 1);
        }
    }

    private static void AppendFields(StringBuilder text, in Box box, string type)
    {
        switch (type)
        {
            case "ftyp":
                text.Append(' ').Append(Encoding.Latin1.GetString(box.Body[..Math.Min(4, box.Body.Length)]));
                break;
            case "uuid":
                text.Append(' ').Append(Convert.ToHexStringLower(box.Body[..Math.Min(16, box.Body.Length)]));
                break;
            case "avcC" or "hvcC" or "esds":
                text.Append(' ').Append(Convert.ToHexStringLower(box.Body));
                break;
            case "hdlr":
                var handler = box.Full(out _, out _);
                handler.U32("pre_defined");
                text.Append(' ').Append(Encoding.Latin1.GetString(handler.Bytes(4, "handler_type")));
                break;
            case "tkhd" or "mdhd" or "mvhd":
                var header = box.Full(out var version, out _);
                header.Bytes(version == 1 ? 16 : 8, "creation_time, modification_time");
                text.Append(CultureInfo.InvariantCulture, $" {(type == "tkhd" ? "track" : "timescale")} {header.U32("track_ID, timescale")}");
                break;
            case "mehd" or "tfdt":
                var time = box.Full(out version, out _);
                text.Append(CultureInfo.InvariantCulture, $" {(version == 1 ? time.I64("time") : time.U32("time"))}");
                break;
            case "trex" or "mfhd" or "tfhd":
                var first = box.Full(out _, out var flags);
                text.Append(CultureInfo.InvariantCulture, $" {first.U32("track_ID, sequence_number")} flags {flags:x6}");
                while (first.Remaining >= 4)
                    text.Append(CultureInfo.InvariantCulture, $" {first.U32("default")}");
                break;
            case "trun":
                AppendRun(text, box);
                break;
        }
    }

    /// <summary>Samples as `duration/size/offset`, `-` where the default counts.</summary>
    private static void AppendRun(StringBuilder text, in Box box)
    {
        var run = box.Full(out _, out var flags);
        var count = run.U32("sample_count");
        text.Append(CultureInfo.InvariantCulture, $" {count} samples flags {flags:x6}");
        if ((flags & 1) != 0)
            text.Append(CultureInfo.InvariantCulture, $" at {run.I32("data_offset")}");
        if ((flags & 4) != 0)
            text.Append(CultureInfo.InvariantCulture, $" first {run.U32("first_sample_flags"):x8}");
        if ((flags & 0xF00) == 0)
            return;
        for (var i = 0; i < count; i++)
        {
            text.Append(' ').Append((flags & 0x100) != 0 ? run.U32("sample_duration").ToString(CultureInfo.InvariantCulture) : "-");
            text.Append('/').Append((flags & 0x200) != 0 ? run.U32("sample_size").ToString(CultureInfo.InvariantCulture) : "-");
            if ((flags & 0x400) != 0)
                text.Append(CultureInfo.InvariantCulture, $"/{run.U32("sample_flags"):x8}");
            text.Append('/').Append((flags & 0x800) != 0 ? run.I32("sample_composition_time_offset").ToString(CultureInfo.InvariantCulture) : "-");
        }
    }
}
