using System.Text.RegularExpressions;

namespace EdgeRecorder.Tests.Hls;

/// <summary>
/// The MUSTs of RFC 8216 that a media playlist of fragmented MP4 can break, and of its second edition (draft-pantos-hls-rfc8216bis, "bis") where that adds parts.
/// Each finding names its clause. <see cref="Check"/> looks at one playlist, <see cref="CheckReload"/> at what became of it.
/// </summary>
internal static partial class PlaylistRules
{
    private static readonly string[] Once =
    [
        "EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE",
        "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-START", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF",
    ];

    private static readonly string[] OfMultivariant = ["EXT-X-STREAM-INF", "EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA", "EXT-X-SESSION-KEY"];

    /// <summary>Fails the test when the playlist breaks a rule, and shows it.</summary>
    public static PlaylistText Obeys(string text)
    {
        var findings = Check(text);
        Assert.True(findings.Count == 0, $"{string.Join('\n', findings)}\n{Shown(text)}");
        return PlaylistText.Parse(text);
    }

    /// <summary>Fails the test when the second may not have become of the first.</summary>
    public static PlaylistText ObeysReload(string before, string after)
    {
        var findings = CheckReload(before, after);
        Assert.True(findings.Count == 0, $"{string.Join('\n', findings)}\n{Shown(before)}\n---\n{Shown(after)}");
        return Obeys(after);
    }

    public static IReadOnlyList<string> Check(string text)
    {
        var found = new List<string>();
        var playlist = PlaylistText.Parse(text);
        Form(playlist, found);
        Head(playlist, found);
        Segments(playlist, found);
        Dates(playlist, found);
        Parts(playlist, found);
        return found;
    }

    private static void Form(PlaylistText playlist, List<string> found)
    {
        var text = playlist.Text;
        if (!text.StartsWith("#EXTM3U\n", StringComparison.Ordinal) && !text.StartsWith("#EXTM3U\r\n", StringComparison.Ordinal))
            found.Add("4.3.1.1: EXTM3U is not the first line (4.1: no BOM in front of it)");
        if (text.Any(c => char.IsControl(c) && c is not ('\n' or '\r')))
            found.Add("4.1: a control character");
        if (text.Split('\n').Any(line => line.Length > 0 && line[0] != '#' && line.Contains(' ', StringComparison.Ordinal)))
            found.Add("4.1: a blank in an URI line");
        found.AddRange(playlist.Malformed.Select(list => $"4.2: \"{list}\" is no attribute list"));
        found.AddRange(Once.Where(tag => playlist.Tags.Count(t => t.Name == tag) > 1).Select(tag => $"4.3.3: more than one {tag}"));
        found.AddRange(OfMultivariant.Where(playlist.Has).Select(tag => $"4.3.4: {tag} in a media playlist"));
    }

    private static void Head(PlaylistText playlist, List<string> found)
    {
        foreach (var tag in new[] { "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE" })
            if (playlist.Has(tag) && !DecimalInteger().IsMatch(playlist.Value(tag)!))
                found.Add($"4.2: {tag} is no decimal-integer");
        if (!playlist.Has("EXT-X-TARGETDURATION"))
            found.Add("4.3.3.1: EXT-X-TARGETDURATION is missing");
        if (playlist.Value("EXT-X-PLAYLIST-TYPE") is { } type && type is not ("EVENT" or "VOD"))
            found.Add($"4.3.3.5: EXT-X-PLAYLIST-TYPE is {type}");
        if (playlist.Value("EXT-X-PLAYLIST-TYPE") == "VOD" && !playlist.IsEnded)
            found.Add("6.2.1: a VOD playlist never changes, yet it has no EXT-X-ENDLIST");
        var firstSegment = playlist.Tags.FindIndex(t => t.Name is "EXTINF" or "EXT-X-PART");
        var firstDiscontinuity = playlist.Tags.FindIndex(t => t.Name == "EXT-X-DISCONTINUITY");
        foreach (var tag in new[] { "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE" })
            if (playlist.Tags.FindLastIndex(t => t.Name == tag) > firstSegment && firstSegment >= 0)
                found.Add($"4.3.3: {tag} behind the first segment");
        if (firstDiscontinuity >= 0 && playlist.Tags.FindLastIndex(t => t.Name == "EXT-X-DISCONTINUITY-SEQUENCE") > firstDiscontinuity)
            found.Add("4.3.3.3: EXT-X-DISCONTINUITY-SEQUENCE behind an EXT-X-DISCONTINUITY");
        if (playlist.Has("EXT-X-START") && !(playlist.Attributes("EXT-X-START").TryGetValue("TIME-OFFSET", out var offset) && SignedFloat().IsMatch(offset)))
            found.Add("4.3.5.2: EXT-X-START without a TIME-OFFSET in seconds");
    }

    private static void Segments(PlaylistText playlist, List<string> found)
    {
        var version = playlist.Number("EXT-X-VERSION", 1);
        var target = playlist.Number("EXT-X-TARGETDURATION", long.MaxValue);
        if (playlist.Has("EXT-X-MAP") && version < (playlist.Has("EXT-X-I-FRAMES-ONLY") ? 5 : 6))
            found.Add($"7: EXT-X-MAP needs version 6, this is {version}");
        if (playlist.Has("EXT-X-BYTERANGE") && version < 4)
            found.Add($"7: EXT-X-BYTERANGE needs version 4, this is {version}");
        foreach (var (name, value) in playlist.Tags)
            if (name == "EXT-X-MAP" && (PlaylistText.ParseAttributes(value) is not { } map || !map.TryGetValue("URI", out var uri) || uri.Length < 3 || uri[0] != '"'))
                found.Add("4.3.2.5: EXT-X-MAP without a quoted URI");
        foreach (var entry in playlist.Entries)
        {
            if (entry.Tags.Count(t => t.Name == "EXTINF") != 1)
                found.Add($"4.3.2.1: {entry.Uri} has not one EXTINF");
            else if (entry.Duration is not { } duration || !Extinf().IsMatch(entry.Value("EXTINF")!))
                found.Add($"4.3.2.1: {entry.Uri}: \"{entry.Value("EXTINF")}\" is no duration and comma");
            else
            {
                if (version < 3 && entry.Value("EXTINF")!.Split(',')[0].Contains('.', StringComparison.Ordinal))
                    found.Add($"7: {entry.Uri}: a fraction in EXTINF needs version 3");
                if (Math.Round(duration, MidpointRounding.AwayFromZero) > target)
                    found.Add($"4.3.3.1: {entry.Uri} lasts {entry.Value("EXTINF")} s, the target duration is {target} s");
            }
            if (entry.Map is null)
                found.Add($"3.3: {entry.Uri}: no EXT-X-MAP in front of a fragmented MP4");
            if (entry.OwnMaps > 1)
                found.Add($"4.3.2.5: {entry.Uri}: {entry.OwnMaps} EXT-X-MAP");
            if (entry.Value("EXT-X-BYTERANGE") is { } range && !ByteRange().IsMatch(range))
                found.Add($"4.3.2.2: {entry.Uri}: EXT-X-BYTERANGE {range}");
        }
        for (var i = 1; i < playlist.Entries.Count; i++)
        {
            var (before, entry) = (playlist.Entries[i - 1], playlist.Entries[i]);
            if (entry.Value("EXT-X-BYTERANGE") is { } range && !range.Contains('@', StringComparison.Ordinal) && (before.Uri != entry.Uri || before.Value("EXT-X-BYTERANGE") is null))
                found.Add($"4.3.2.2: {entry.Uri}: EXT-X-BYTERANGE without offset, and no range of it before");
        }
    }

    /// <summary>Dates are dates, and go forward.</summary>
    private static void Dates(PlaylistText playlist, List<string> found)
    {
        DateTimeOffset? end = null;
        foreach (var entry in playlist.Entries)
        {
            if (entry.Value("EXT-X-PROGRAM-DATE-TIME") is { } text)
            {
                if (entry.Date is not { } date || !DateTime8601().IsMatch(text))
                    found.Add($"4.3.2.6: {entry.Uri}: \"{text}\" is no date and time with a zone");
                else
                {
                    // A camera's clock drifts against the box's and dates follow the box: half a second of a segment's length is no disorder.
                    if (end - date > TimeSpan.FromSeconds(0.5))
                        found.Add($"6.2.1: {entry.Uri} is dated {text}, before the end of the segment in front of it");
                    end = date;
                }
            }
            end += TimeSpan.FromSeconds(entry.Duration ?? 0);
        }
    }

    private static string Shown(string text) => text.Length < 6000 ? text : text[..3000] + "\n…\n" + text[^3000..];

    [GeneratedRegex(@"^[0-9]{1,20}$")]
    private static partial Regex DecimalInteger();

    [GeneratedRegex(@"^-?[0-9]+(\.[0-9]+)?$")]
    private static partial Regex SignedFloat();

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)?,[^\r\n]*$")]
    private static partial Regex Extinf();

    [GeneratedRegex(@"^[0-9]+(@[0-9]+)?$")]
    private static partial Regex ByteRange();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$")]
    private static partial Regex DateTime8601();
}
