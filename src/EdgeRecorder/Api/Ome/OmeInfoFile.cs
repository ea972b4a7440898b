using System.Globalization;
using System.Text;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Ome;

/// <summary>
/// The information file of a job: a `file` element per finished file. It is written anew beside the old one and takes its place whole. A file of that name that belongs to another start of a
/// job is left alone, and so is one that has grown large: the next name is taken.
/// </summary>
internal sealed class OmeInfoFile(FamilyFolder folder, OmeTime time)
{
    private const int Large = 1 << 20, MostSuffixes = 10_000;
    private const string Head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<files>\n", Tail = "</files>\n";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Enters a file.</summary>
    /// <exception cref="IOException">The disk.</exception>
    public void Add(FamilyPath wanted, OmePlan plan, RecordingRow recording, NamedFileDone done, string shown)
    {
        var place = wanted;
        for (var number = 1; ; number++)
        {
            var there = folder.Read(place) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
            if (there.Length == 0 || there.Length < Large && there.EndsWith(Tail, StringComparison.Ordinal) && there.Contains($"<transactionId>{recording.Transaction}</transactionId>", StringComparison.Ordinal))
            {
                var body = there.Length == 0 ? Head : there[..^Tail.Length];
                folder.Write(place, Encoding.UTF8.GetBytes(body + Element(plan, recording, done, shown) + Tail), Mode);
                return;
            }
            if (number == MostSuffixes)
                throw new IOException($"{wanted}: {MostSuffixes} files have that name already");
            place = wanted.Beside(number);
        }
    }

    private string Element(OmePlan plan, RecordingRow recording, NamedFileDone done, string shown)
    {
        var text = new StringBuilder("  <file>\n");
        Append("transactionId", recording.Transaction);
        Append("id", plan.Id);
        Append("metadata", plan.Metadata ?? "");
        Append("vhost", plan.VirtualHost);
        Append("app", plan.Application);
        Append("stream", plan.Stream);
        text.Append("    <filePath><![CDATA[").Append(Valid(shown).Replace("]]>", "]]]]><![CDATA[>", StringComparison.Ordinal)).Append("]]></filePath>\n");
        Append("recordBytes", Number(done.Row.Bytes));
        Append("recordTime", Number(done.Milliseconds));
        Append("sequence", Number(done.Row.Sequence));
        if (plan.Interval > 0)
            Append("interval", Number(plan.Interval));
        if (plan.Schedule.Length > 0)
            Append("schedule", plan.Schedule);
        Append("lastSequence", done.IsLast ? "true" : "false");
        Append("createdTime", time.Text(recording.Created));
        Append("startTime", time.Text(done.Start));
        Append("finishTime", time.Text(done.End));
        return text.Append("  </file>\n").ToString();

        void Append(string name, string value)
            => text.Append("    <").Append(name).Append('>').Append(Valid(value).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal))
                .Append("</").Append(name).Append(">\n");
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>XML 1.0, 2.2: what is no character of it becomes a space.</summary>
    private static string Valid(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++)
        {
            var isPair = char.IsHighSurrogate(source[i]) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]) || char.IsLowSurrogate(source[i]) && i > 0 && char.IsHighSurrogate(source[i - 1]);
            target[i] = source[i] is '\t' or '\n' or '\r' || source[i] is >= ' ' and not ('\uFFFE' or '\uFFFF') && (!char.IsSurrogate(source[i]) || isPair) ? source[i] : ' ';
        }
    });
}
