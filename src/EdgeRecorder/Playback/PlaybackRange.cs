using EdgeRecorder.Hls;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>A range of a stream, laid out as entries of a playlist.</summary>
internal static class PlaybackRange
{
    /// <summary>A playlist holds a day of footage: 21,600 entries, 1 MB in memory, 1.5 MB as text. What lies between does not count, so a year is fine where little was recorded.</summary>
    public const long Longest90k = 24L * 3600 * 90_000;

    /// <summary>Up to where footage fits one playlist; null when all of it does.</summary>
    public static long? EndThatFits(IReadOnlyList<FootageSpan> spans, long fromUtcUs, long toUtcUs)
    {
        var longestUs = MediaTime.ToUs(Longest90k);
        var sumUs = 0L;
        foreach (var span in spans)
        {
            var from = Math.Max(span.FromUtcUs, fromUtcUs);
            sumUs += Math.Max(0, Math.Min(span.ToUtcUs, toUtcUs) - from);
            if (sumUs > longestUs)
                return Math.Min(span.ToUtcUs, toUtcUs) - (sumUs - longestUs);
        }
        return null;
    }

    /// <summary>A range that is over; null when it holds nothing.</summary>
    public static PlaybackPlaylist? Finished(IRing ring, StreamKey stream, IReadOnlyList<FootageSpan> spans, long fromUtcUs, long toUtcUs)
    {
        var entries = new EntryList(ring);
        foreach (var span in spans)
            Add(entries, ring.FragmentsOf(span), fromUtcUs, toUtcUs);
        entries.Close();
        if (entries.IsEmpty)
            return null;
        var start90k = (fromUtcUs - entries.Closed.Span[0].FromUtcUs) * 9 / 100;
        return new PlaybackPlaylist(PlaylistType.Vod, stream, entries.Closed, PlaylistHead.SecondsOf(entries.Longest90k), 0, entries.IsIndependent, start90k > 0 ? start90k : null, true);
    }

    /// <summary>Adds the fragments of a span that overlap [from, to); the first of a playlist from the sync fragment at or before from.</summary>
    public static void Add(EntryList entries, IEnumerable<FragmentRef> fragments, long fromUtcUs, long toUtcUs)
    {
        var lead = new List<FragmentRef>();                 // from the last sync fragment on, until the range begins
        foreach (var fragment in fragments)
        {
            if (fragment.FromUtcUs >= toUtcUs)
                return;
            if (fragment.ToUtcUs <= fromUtcUs)
            {
                if (fragment.IsSync || fragment.StartsRun)
                    lead.Clear();
                if (entries.IsEmpty)
                    lead.Add(fragment);
                continue;
            }
            if (!fragment.IsSync)
                foreach (var before in lead)
                    entries.Add(before);
            lead.Clear();
            entries.Add(fragment);
        }
    }
}
