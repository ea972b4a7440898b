using System.Globalization;
using System.Text.RegularExpressions;

namespace EdgeRecorder.Tests.Hls;

/// <summary>A media playlist as its lines say it, nothing judged: <see cref="PlaylistRules"/> does that.</summary>
internal sealed partial class PlaylistText
{
    private PlaylistText(string text) => Text = text;

    public string Text { get; }

    /// <summary>Tags in front of the first segment and those that stand for the whole, in order; and everything else that begins with #EXT.</summary>
    public List<(string Name, string Value)> Tags { get; } = [];

    public List<PlaylistEntry> Entries { get; } = [];

    /// <summary>Parts behind the last segment: of the one that is being made.</summary>
    public List<PlaylistPart> OpenParts { get; } = [];

    /// <summary>Lines that are neither tag, comment, URI nor blank, and attribute lists that are none.</summary>
    public List<string> Malformed { get; } = [];

    public bool Has(string tag) => Tags.Exists(t => t.Name == tag);
    public string? Value(string tag) => Tags.Find(t => t.Name == tag).Value;
    public long Number(string tag, long otherwise) => long.TryParse(Value(tag), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : otherwise;
    public long MediaSequence => Number("EXT-X-MEDIA-SEQUENCE", 0);
    public bool IsEnded => Has("EXT-X-ENDLIST");

    public Dictionary<string, string> Attributes(string tag) => Value(tag) is { } value ? ParseAttributes(value) ?? [] : [];

    public static PlaylistText Parse(string text)
    {
        var playlist = new PlaylistText(text);
        var entry = new PlaylistEntry();
        string? map = null;
        foreach (var line in text.Split('\n').Select(l => l.TrimEnd('\r')))
        {
            if (line.StartsWith("#EXT", StringComparison.Ordinal))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                var (name, value) = colon < 0 ? (line[1..], "") : (line[1..colon], line[(colon + 1)..]);
                playlist.Tags.Add((name, value));
                switch (name)
                {
                    case "EXT-X-MAP": map = playlist.Attribute(value, "URI"); entry.OwnMaps++; break;
                    case "EXT-X-PART": entry.Parts.Add(playlist.Part(value)); break;
                    default: entry.Tags.Add((name, value)); break;
                }
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                entry.Uri = line;
                entry.Map = map;
                playlist.Entries.Add(entry);
                entry = new PlaylistEntry();
            }
        }
        playlist.OpenParts.AddRange(entry.Parts);
        return playlist;
    }

    /// <summary>attribute-list of RFC 8216, 4.2; null when it is none.</summary>
    public static Dictionary<string, string>? ParseAttributes(string text)
    {
        var found = new Dictionary<string, string>();
        var at = 0;
        while (true)
        {
            var match = Attribute().Match(text, at);
            if (!match.Success || match.Index != at || !found.TryAdd(match.Groups[1].Value, match.Groups[2].Value))
                return null;
            at += match.Length;
            if (at == text.Length)
                return found;
            if (text[at++] != ',')
                return null;
        }
    }

    public static string Unquoted(string value) => value.Length >= 2 && value[0] == '"' ? value[1..^1] : value;

    private string? Attribute(string list, string name)
    {
        if (ParseAttributes(list) is not { } attributes)
        {
            Malformed.Add(list);
            return null;
        }
        return attributes.TryGetValue(name, out var value) ? Unquoted(value) : null;
    }

    private PlaylistPart Part(string list)
    {
        var attributes = ParseAttributes(list);
        if (attributes is null)
            Malformed.Add(list);
        attributes ??= [];
        return new PlaylistPart(attributes.TryGetValue("URI", out var uri) ? Unquoted(uri) : null,
            attributes.TryGetValue("DURATION", out var text) && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var d) ? d : null,
            attributes.GetValueOrDefault("INDEPENDENT") == "YES", attributes.GetValueOrDefault("GAP") == "YES");
    }

    // AttributeName=AttributeValue: quoted-string, resolution, hexadecimal, (signed) decimal, or an enumerated string.
    [GeneratedRegex("""\G([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)""")]
    private static partial Regex Attribute();
}

/// <summary>A media segment: the tags in front of its URI.</summary>
internal sealed class PlaylistEntry
{
    public string Uri { get; set; } = "";
    public string? Map { get; set; }
    public int OwnMaps { get; set; }
    public List<(string Name, string Value)> Tags { get; } = [];
    public List<PlaylistPart> Parts { get; } = [];

    public string? Value(string tag) => Tags.Find(t => t.Name == tag).Value;
    public bool IsDiscontinuity => Tags.Exists(t => t.Name == "EXT-X-DISCONTINUITY");
    public double? Duration => Value("EXTINF") is { } text && double.TryParse(text.Split(',')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var d) ? d : null;
    public DateTimeOffset? Date => Value("EXT-X-PROGRAM-DATE-TIME") is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var date) ? date : null;

    /// <summary>Everything that belongs to it, to compare two reloads with.</summary>
    public string Identity => $"{Value("EXTINF")} {Uri} {Map} {IsDiscontinuity} {Value("EXT-X-PROGRAM-DATE-TIME")} {Value("EXT-X-BYTERANGE")}";
}

internal sealed record PlaylistPart(string? Uri, double? Duration, bool IsIndependent, bool IsGap);
