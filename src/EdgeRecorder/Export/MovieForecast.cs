using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>What a file of a range of the ring will begin with, told from the `moof` boxes alone: a few hundred bytes of each fragment.</summary>
internal static class MovieForecast
{
    private const int UsualHead = 4096;

    /// <param name="first">Fragment with which the file begins.</param>
    /// <param name="format">As its segment has it; the file ends where another begins.</param>
    /// <returns>Null: some of the range is damaged or gone, and nothing can be told.</returns>
    public static byte[]? Of(IRing ring, StreamKey stream, in FragmentRef first, InitSegment format, long fromUtcUs, long toUtcUs, MovieTags tags)
    {
        var layout = new MovieLayout(format, fromUtcUs);
        var head = new byte[UsualHead];
        var (end90k, isBegun, waitsForSync, segment) = (0L, false, false, (first.Segment, first.Generation));
        try
        {
            using var lease = ring.Lease(stream, first.FromUtcUs, toUtcUs, fromSync: false);
            foreach (var fragment in lease.Fragments)
            {
                if (!isBegun && (fragment.Segment, fragment.Generation, fragment.Offset) != (first.Segment, first.Generation, first.Offset))
                    continue;
                waitsForSync = (waitsForSync || isBegun && !MediaTime.RunsOn(end90k, fragment.MediaStart90k)) && !fragment.IsSync;
                if (waitsForSync)
                    continue;
                if (segment != (fragment.Segment, fragment.Generation))
                {
                    if (ring.ReadInit(fragment) is not { } init)
                        return null;
                    if (!InitSegment.Parse(init).SameFormat(format))
                        break;
                    segment = (fragment.Segment, fragment.Generation);
                }
                if (!TryReadHead(ring, fragment, ref head))
                    return null;
                layout.Add(fragment, head, toUtcUs);
                (isBegun, end90k) = (true, fragment.MediaStart90k + fragment.Duration90k);
            }
            return layout.IsEmpty ? null : layout.Front(tags);
        }
        catch (ProtocolException)
        {
            return null;                                        // whoever copies the range finds it too, and says so
        }
    }

    private static bool TryReadHead(IRing ring, in FragmentRef fragment, ref byte[] head)
    {
        var count = Math.Min(fragment.MediaLength, head.Length);
        if (!ring.TryRead(fragment, FragmentRef.RecordHeaderLength, head.AsSpan(0, count)))
            return false;
        var length = MovieFragment.HeadLength(head);
        if (length <= count)
            return true;
        if (length > fragment.MediaLength)
            throw new ProtocolException(BoxReader.Protocol, 0, "moof", $"has {length} bytes, the fragment {fragment.MediaLength}");
        head = new byte[length];
        return ring.TryRead(fragment, FragmentRef.RecordHeaderLength, head);
    }
}
