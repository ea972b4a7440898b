using System.Globalization;
using System.Text;
using EdgeRecorder.Files;

namespace EdgeRecorder.Inspector;

/// <summary>
/// Tags in the templates of file and directory names: <c>${yyyy} ${MM} ${dd} ${hh} ${mm} ${ss} ${fff} ${channelname}</c>. The published sample has typing errors, so a tag is
/// a <c>$</c>, an optional <c>{</c>, a known name, and <c>}</c> or <c>]</c>; what is not a tag stays as text.
/// </summary>
internal static class NameTags
{
    private const string ChannelName = "channelname";

    // Names differ by case: MM is the month, mm the minute.
    private static readonly (string Name, string Format)[] Times =
        [("yyyy", "yyyy"), ("MM", "MM"), ("dd", "dd"), ("hh", "HH"), ("HH", "HH"), ("mm", "mm"), ("ss", "ss"), ("fff", "fff")];

    /// <param name="local">In the zone of the box.</param>
    /// <returns>A label: separators are the template's own, no value brings one.</returns>
    public static string Expand(string template, DateTimeOffset local, string channel)
    {
        var label = new StringBuilder(template.Length + 32);
        for (var at = 0; at < template.Length;)
            if (template[at] == '$' && Tag(template.AsSpan(at), local, channel, out var value) is var length and > 0)
            {
                label.Append(FamilyPath.Value(value));
                at += length;
            }
            else
            {
                var c = template[at++];
                label.Append(c is ':' or '*' or '?' or '"' or '<' or '>' or '|' ? '_' : c);
            }
        return label.ToString();
    }

    /// <summary>Length of the tag at the beginning of <paramref name="text"/>; 0: it is none.</summary>
    private static int Tag(ReadOnlySpan<char> text, DateTimeOffset local, string channel, out string value)
    {
        var begin = text.Length > 1 && text[1] == '{' ? 2 : 1;
        var name = text[begin..];
        value = "";
        if (name.StartsWith(ChannelName, StringComparison.OrdinalIgnoreCase) && IsClosed(name, ChannelName.Length))
        {
            value = channel;
            return begin + ChannelName.Length + 1;
        }
        foreach (var (word, format) in Times)
            if (name.StartsWith(word, StringComparison.Ordinal) && IsClosed(name, word.Length))
            {
                value = local.ToString(format, CultureInfo.InvariantCulture);
                return begin + word.Length + 1;
            }
        return 0;
    }

    private static bool IsClosed(ReadOnlySpan<char> name, int length) => name.Length > length && name[length] is '}' or ']';
}
