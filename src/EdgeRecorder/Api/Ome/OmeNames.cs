using System.Globalization;
using System.Text;
using EdgeRecorder.Files;

namespace EdgeRecorder.Api.Ome;

/// <summary>
/// Templates of this family: `${Name}` or `${Name:format}` of letters, digits and colons, names with regard to case; what is not known stays as text. Values are put in one by one
/// and cannot add a folder.
/// </summary>
/// <param name="transaction">New per start, the same for all its files.</param>
internal sealed class OmeNames(OmePlan plan, string transaction, TimeZoneInfo zone, string root)
{
    public const string FamilyName = "ome";

    /// <summary>The place of a file; <paramref name="end"/> null: not known yet, the macro stays.</summary>
    /// <returns>Null: refused.</returns>
    public FamilyPath? Place(string template, NamedFileStart start, DateTimeOffset? end) => FamilyPath.Read(FamilyName, Expand(template, start, end), root, out _);

    /// <summary>As a client of this family knows the place: with the slash in front that he wrote.</summary>
    public static string Shown(string template, FamilyPath place) => template.StartsWith('/') || template.StartsWith('\\') ? "/" + place.Relative : place.Relative;

    private string Expand(string template, NamedFileStart start, DateTimeOffset? end)
    {
        var text = new StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var length = MacroLength(template.AsSpan(at));
            if (length == 0)
                text.Append(template[at++]);
            else
            {
                var macro = template.Substring(at, length);
                text.Append(Value(macro[2..^1], start, end) is { } value ? FamilyPath.Value(value) : macro);
                at += length;
            }
        }
        return text.ToString();
    }

    private string? Value(string macro, NamedFileStart start, DateTimeOffset? end) => macro switch
    {
        "TransactionId" => transaction,
        "Id" => plan.Id,
        "VirtualHost" or "Host" => plan.VirtualHost,
        "Application" => plan.Application,
        "SourceStream" or "Stream" => plan.Stream,
        "Sequence" => start.Sequence.ToString(CultureInfo.InvariantCulture),
        _ when macro.StartsWith("StartTime:", StringComparison.Ordinal) => Time(macro["StartTime:".Length..], start.Utc),
        _ when macro.StartsWith("EndTime:", StringComparison.Ordinal) && end is { } known => Time(macro["EndTime:".Length..], known),
        _ => null,
    };

    private string Time(string format, DateTimeOffset utc)
    {
        var local = TimeZoneInfo.ConvertTime(utc, zone);
        foreach (var (pattern, value) in ((string, string)[])[("YYYY", "yyyy"), ("MM", "MM"), ("DD", "dd"), ("hh", "HH"), ("mm", "mm"), ("ss", "ss")])
            format = format.Replace(pattern, local.ToString(value, CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return format;
    }

    private static int MacroLength(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("${"))
            return 0;
        var at = 2;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == ':'))
            at++;
        return at > 2 && at < text.Length && text[at] == '}' ? at + 1 : 0;
    }
}
