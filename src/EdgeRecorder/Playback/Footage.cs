using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>Finds what the ring has of a range and lays it out as one file.</summary>
internal sealed class Footage(IRing ring) : IFootageSource
{
    private const long LongestLead90k = 22_500;

    public FootageAnswer Open(StreamKey stream, long fromUtcUs, long toUtcUs, bool verbatim)
    {
        var lease = ring.Lease(stream, fromUtcUs, toUtcUs, fromSync: true);
        FootageDownload? download = null;
        try
        {
            if (lease.Fragments.Count == 0)
                return new FootageAnswer.Nothing();
            var (init, refusal) = ReadFormat(lease.Fragments);
            if (init is null)
                return refusal ?? new FootageAnswer.Nothing();
            var plan = new FootagePlan(init, lease.Fragments, verbatim, verbatim || init.Tracks.Count < 2 ? 0 : ReadLead(lease.Fragments, init.Tracks[^1].TimeScale));
            if (plan.Fragments.IsEmpty)
                return new FootageAnswer.Nothing();
            download = new FootageDownload(plan, ring, lease);
            return new FootageAnswer.Found(download);
        }
        finally
        {
            if (download is null)
                lease.Dispose();
        }
    }

    /// <summary>How much earlier than its picture the audio of the first fragment begins, 90 kHz: a frame or less, unless it had paused.</summary>
    private long ReadLead(IReadOnlyList<FragmentRef> fragments, int timeScale)
    {
        var first = fragments.FirstOrDefault(fragment => fragment.IsSync);
        var head = new byte[8];
        if (first.Length == 0 || !ring.TryRead(first, FragmentRef.RecordHeaderLength, head))
            return 0;                                       // the copy will find it gone
        TrackFragment? audio;
        try
        {
            head = new byte[Math.Min(MovieFragment.HeadLength(head), first.MediaLength)];
            if (!ring.TryRead(first, FragmentRef.RecordHeaderLength, head))
                return 0;
            audio = MovieFragment.Parse(head).Tracks.FirstOrDefault(track => track.TrackId == 2);
        }
        catch (ProtocolException)
        {
            return 0;                                       // the copy reads it again and ends with its message
        }
        var lead90k = audio is null ? 0 : first.MediaStart90k - MediaTime.From(audio.DecodeTime, timeScale);
        return lead90k is > 0 and <= LongestLead90k ? lead90k : 0;
    }

    /// <summary>The format all fragments share, out of the head of every segment they lie in, or where it changes.</summary>
    private (InitSegment? Init, FootageAnswer? Refusal) ReadFormat(IReadOnlyList<FragmentRef> fragments)
    {
        InitSegment? init = null;
        var (segment, generation) = (-1, -1L);
        foreach (var fragment in fragments)
        {
            if (fragment.Segment == segment && fragment.Generation == generation)
                continue;
            (segment, generation) = (fragment.Segment, fragment.Generation);
            InitSegment here;
            try
            {
                if (ring.ReadInit(fragment) is not { } bytes)
                    return (null, null);                    // recycled between the lease and here: it was the oldest, ask again
                here = InitSegment.Parse(bytes);
            }
            catch (ProtocolException e)
            {
                return (null, new FootageAnswer.Damaged(At(fragment), e.Message));
            }
            init ??= here;
            if (!here.SameFormat(init))
                return (null, new FootageAnswer.FormatChange(At(fragment), $"{Describe(init)} before, {Describe(here)} from then on"));
        }
        return (init, null);
    }

    private static DateTimeOffset At(in FragmentRef fragment) => DateTimeOffset.FromUnixTimeMilliseconds(fragment.FromUtcUs / 1000);

    private static string Describe(InitSegment init)
        => string.Join(" with ", init.Tracks.Select(track => track.IsVideo ? $"{track.Codec}" : $"{track.Codec} {track.TimeScale} Hz"));
}
