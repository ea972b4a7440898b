namespace EdgeRecorder.Configuration;

/// <summary>"Did you mean": the known word at most two edits away from what was written, case not counted.</summary>
internal static class NearMiss
{
    public static string Hint(string written, IEnumerable<string> known)
    {
        var best = known.Select(word => (Word: word, Edits: Distance(written, word))).Where(x => x.Edits <= 2).OrderBy(x => x.Edits).FirstOrDefault();
        return best.Word is null ? "" : $"; did you mean \"{best.Word}\"?";
    }

    /// <summary>Levenshtein distance without case; words are short, so the plain table does.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 2)
            return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                (diagonal, row[j]) = (row[j], Math.Min(diagonal + (same ? 0 : 1), 1 + Math.Min(row[j], row[j - 1])));
            }
        }
        return row[b.Length];
    }
}
