using System.Globalization;
using System.Text;
using EdgeRecorder.Media;

namespace EdgeRecorder.Export;

/// <summary>How the files of an export are called: <c>{Stem}{Open}{begin}-{end}{Close}.{extension}</c>, times in UTC seconds.</summary>
/// <param name="Stem">Sanitised by <see cref="Clean"/>.</param>
/// <param name="Friendly">The same with the channel's name in it.</param>
internal sealed record ExportNames(string Stem, string Friendly, string Open, string Close)
{
    private const int LongestStemBytes = 160;

    /// <summary>Names that <paramref name="taken"/> does not hold; a collision gets `_2` behind the stem.</summary>
    public (string Name, string Friendly) Of(long fromUtcUs, long toUtcUs, string extension, IReadOnlyCollection<string> taken)
    {
        var times = $"{Open}{Second(fromUtcUs, up: false)}-{Second(toUtcUs, up: true)}{Close}.{extension}";
        var suffix = "";
        for (var i = 2; taken.Contains(Stem + suffix + times); i++)
            suffix = string.Create(CultureInfo.InvariantCulture, $"_{i}");
        return (Stem + suffix + times, Friendly + suffix + times);
    }

    /// <summary>A value as part of a file name (rule P4 of the path rules): it can never add a directory level, nor be one.</summary>
    public static string Clean(string value)
    {
        var text = new StringBuilder(value.Length);
        var bytes = 0;
        foreach (var rune in value.EnumerateRunes())        // what is no character, half a surrogate pair, becomes U+FFFD
        {
            var kept = Rune.IsControl(rune) || "/\\:*?\"<>|".Contains((char)Math.Min(rune.Value, char.MaxValue)) ? new Rune('_') : rune;
            if ((bytes += kept.Utf8SequenceLength) > LongestStemBytes)
                break;
            text.Append(kept.ToString());
        }
        var clean = text.ToString().Trim(' ');
        return clean is "" or "." or ".." ? "_" : clean[0] == '.' ? "_" + clean[1..] : clean;
    }


    private static string Second(long utcUs, bool up)
        => UtcTime.At((utcUs + (up ? 999_999 : 0)) / 1_000_000 * 1_000_000).ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
}
