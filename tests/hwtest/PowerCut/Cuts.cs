namespace EdgeRecorder.PowerCut;

/// <summary>Where the power is cut: more often right before and behind a flush, and where segments begin and end, than anywhere.</summary>
internal static class Cuts
{
    /// <summary>Each place twice: nothing lost, and half of what was not flushed, of writes and of pages in turn.</summary>
    /// <param name="first">The file system is there and mounted from this entry on.</param>
    /// <param name="ready">From here on the recorder records: three quarters of the cuts.</param>
    public static List<Cut> Choose(BlockLog log, Trail trail, int first, int ready, int count, int seed)
    {
        var random = new Random(seed);
        var flushes = Enumerable.Range(first, log.Entries.Count - first).Where(i => log.Entries[i].IsFlush).ToList();
        var places = new SortedSet<int>();
        while (places.Count < count)
            places.Add(Place(places.Count * 4 < count ? first : ready));
        return [.. places.SelectMany((place, i) => new[] { new Cut(place, Loss.None), new Cut(place, i % 2 == 0 ? Loss.Writes : Loss.Pages) })];

        int Place(int from)
        {
            var (near, around) = random.Next(10) switch { < 4 => (flushes, random.Next(2)), < 6 => (trail.Turns, random.Next(-2, 6)), _ => ([], 0) };
            near = near.FindAll(i => i >= from);
            var place = near.Count == 0 ? random.Next(from, log.Entries.Count + 1) : near[random.Next(near.Count)] + around;
            return Math.Clamp(place, from, log.Entries.Count);
        }
    }
}
