using System.Globalization;

namespace EdgeRecorder.Tests.Hls;

/// <summary>Rules of parts (bis), and of what may change between two reloads.</summary>
internal static partial class PlaylistRules
{
    private static void Parts(PlaylistText playlist, List<string> found)
    {
        var hints = playlist.Tags.FindAll(t => t.Name == "EXT-X-PRELOAD-HINT").ConvertAll(t => PlaylistText.ParseAttributes(t.Value));
        if (hints.Exists(hint => hint is null || !hint.ContainsKey("TYPE") || !hint.ContainsKey("URI")))
            found.Add("bis 4.4.5.3: EXT-X-PRELOAD-HINT without TYPE or URI");
        if (hints.GroupBy(hint => hint?.GetValueOrDefault("TYPE")).Any(same => same.Count() > 1))
            found.Add("bis 4.4.5.3: two hints of one TYPE");
        var control = playlist.Attributes("EXT-X-SERVER-CONTROL");
        if (Seconds(control, "HOLD-BACK") is { } holdBack && holdBack < 3 * playlist.Number("EXT-X-TARGETDURATION", 0))
            found.Add("bis 4.4.3.8: HOLD-BACK is less than three target durations");
        if (Seconds(control, "CAN-SKIP-UNTIL") is { } skip && skip < 6 * playlist.Number("EXT-X-TARGETDURATION", 0))
            found.Add("bis 4.4.3.8: CAN-SKIP-UNTIL is less than six target durations");

        var parts = playlist.Entries.SelectMany(e => e.Parts).Concat(playlist.OpenParts).ToList();
        if (playlist.Has("EXT-X-PART-INF") && Seconds(control, "PART-HOLD-BACK") is null)
            found.Add("bis 4.4.3.8: EXT-X-PART-INF needs PART-HOLD-BACK in EXT-X-SERVER-CONTROL");
        if (parts.Count == 0)
            return;
        if (Seconds(playlist.Attributes("EXT-X-PART-INF"), "PART-TARGET") is not { } target)
        {
            found.Add("bis 4.4.3.7: parts without EXT-X-PART-INF and its PART-TARGET");
            return;
        }
        if (Seconds(control, "PART-HOLD-BACK") is { } hold && hold < 2 * target)
            found.Add("bis 4.4.3.8: PART-HOLD-BACK is less than two part targets");
        foreach (var part in parts)
        {
            if (part.Uri is null || part.Duration is null)
                found.Add("bis 4.4.4.9: EXT-X-PART without URI or DURATION");
            if (part.Duration > target + 0.000_001)
                found.Add($"bis 4.4.4.9: {part.Uri} lasts {part.Duration} s, the part target is {target} s");
        }
        foreach (var entry in playlist.Entries.Where(e => e.Parts.Count > 0))
        {
            Lengths(entry.Parts.SkipLast(1));
            var sum = entry.Parts.Sum(p => p.Duration ?? 0);
            if (entry.Duration is { } duration && Math.Abs(sum - duration) > 0.001 * entry.Parts.Count)
                found.Add(FormattableString.Invariant($"bis 4.4.4.9: the parts of {entry.Uri} last {sum:f3} s, it lasts {duration:f3} s"));
        }
        Lengths(playlist.OpenParts.SkipLast(1));
        if (playlist.IsEnded && playlist.OpenParts.Count > 0)
            found.Add("bis 4.4.4.9: EXT-X-ENDLIST and parts of no segment");

        // Shorter ones are allowed at the end of a segment, and where something is missing.
        void Lengths(IEnumerable<PlaylistPart> inner) => found.AddRange(inner.Where(p => p.Duration < 0.85 * target && !p.IsGap)
            .Select(p => $"bis 4.4.4.9: {p.Uri} lasts {p.Duration} s, less than 85 % of {target} s, and is not the last of its segment"));
    }

    /// <summary>What may change (6.2.1, 6.2.2): segments come at the end; of a sliding playlist they go in front, and its numbers count them.</summary>
    public static IReadOnlyList<string> CheckReload(string beforeText, string afterText)
    {
        var (before, after) = (PlaylistText.Parse(beforeText), PlaylistText.Parse(afterText));
        var found = new List<string>();
        foreach (var tag in new[] { "EXT-X-TARGETDURATION", "EXT-X-PLAYLIST-TYPE", "EXT-X-PART-INF", "EXT-X-START" })
            if (before.Value(tag) != after.Value(tag))
                found.Add($"6.2.1: {tag} changed from {before.Value(tag)} to {after.Value(tag)}");
        if (before.IsEnded && beforeText != afterText)
            found.Add("6.2.1: it changed behind EXT-X-ENDLIST");
        var gone = after.MediaSequence - before.MediaSequence;
        if (gone < 0)
            found.Add($"6.2.2: EXT-X-MEDIA-SEQUENCE went back from {before.MediaSequence} to {after.MediaSequence}");
        if (gone > 0 && before.Has("EXT-X-PLAYLIST-TYPE"))
            found.Add($"4.3.3.5: an {before.Value("EXT-X-PLAYLIST-TYPE")} playlist lost {gone} segments");
        if (gone < 0)
            return found;
        var kept = before.Entries.Skip((int)Math.Min(gone, int.MaxValue)).ToList();
        if (after.Entries.Count < kept.Count)
            found.Add($"6.2.1: {kept.Count - after.Entries.Count} segments went from the end");
        foreach (var (was, now) in kept.Zip(after.Entries))
            if (was.Identity != now.Identity && !IsFirstOf(after, now, was))
                found.Add($"6.2.1: a segment changed from \"{was.Identity}\" to \"{now.Identity}\"");
        var discontinuities = before.Entries.Take((int)Math.Min(gone, before.Entries.Count)).Count(e => e.IsDiscontinuity);
        // A discontinuity that goes with its segment counts; one in front of the first segment that is left may still stand there.
        var counted = after.Number("EXT-X-DISCONTINUITY-SEQUENCE", 0) - before.Number("EXT-X-DISCONTINUITY-SEQUENCE", 0);
        var mayCount = discontinuities + (gone > 0 && kept.Count > 0 && kept[0].IsDiscontinuity && !after.Entries[0].IsDiscontinuity ? 1 : 0);
        if (gone <= before.Entries.Count && counted != mayCount)
            found.Add($"6.2.2: {mayCount} discontinuities went, EXT-X-DISCONTINUITY-SEQUENCE counted {counted}");
        return found;
    }

    /// <summary>The first segment that is left takes over date and discontinuity from those in front of it.</summary>
    private static bool IsFirstOf(PlaylistText playlist, PlaylistEntry now, PlaylistEntry was)
        => playlist.Entries[0] == now && now.Uri == was.Uri && now.Map == was.Map && now.Value("EXTINF") == was.Value("EXTINF");

    private static double? Seconds(Dictionary<string, string> attributes, string name)
        => attributes.TryGetValue(name, out var text) && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}
