using System.Buffers;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Live;

/// <summary>
/// Reads the newest fragments of a recorded stream back from the ring, for a viewer who joins: what is durable is read, what is not yet is still in memory.
/// So a recorded stream that nobody watches costs nothing to be shown at once.
/// </summary>
internal sealed partial class RingRecall(IRing ring, BoxClock clock, ILogger<RingRecall> log)
{
    private const long LeastUs = 3_000_000;                 // from a sync to what is in memory lie two rounds at the most
    private const long MostBytes = 16 << 20;

    /// <summary>Fragments in front of a media time, from a sync fragment on; the references are the caller's. Empty where the ring's footage does not run on to it.</summary>
    /// <param name="beforeUs">CLOCK_BOOTTIME of <paramref name="before90k"/>; with null, which means up to the newest there is, it counts for nothing.</param>
    /// <param name="historyUs">How far back; 0: to the newest sync fragment.</param>
    public List<Fragment> Before(StreamKey stream, long? before90k, long beforeUs, long historyUs)
    {
        var toUs = ring.ToUtcUs(before90k is null ? clock.BoottimeUs : beforeUs);
        using var lease = ring.Lease(stream, toUs - Math.Max(historyUs, LeastUs), toUs + 1, fromSync: true);
        var refs = lease.Fragments;
        var last = refs.Count - 1;
        while (last >= 0 && before90k is { } time && refs[last].MediaStart90k >= time)
            last--;
        if (last < 0 || before90k is { } next && !MediaTime.RunsOn(refs[last].MediaStart90k + refs[last].Duration90k, next))
            return [];
        var first = FirstOf(refs, last, toUs - historyUs);
        return first < 0 ? [] : Read(refs, first, last);
    }

    /// <summary>The sync fragment to begin with: the newest that lies far enough back, in the same unbroken stretch; else the oldest of it.</summary>
    private static int FirstOf(IReadOnlyList<FragmentRef> refs, int last, long fromUs)
    {
        var (first, bytes) = (-1, 0L);
        for (var i = last; i >= 0; i--)
        {
            bytes += refs[i].MediaLength;
            if (bytes > MostBytes || i < last && !MediaTime.RunsOn(refs[i].MediaStart90k + refs[i].Duration90k, refs[i + 1].MediaStart90k))
                break;
            if (!refs[i].IsSync)
                continue;
            first = i;
            if (refs[i].FromUtcUs <= fromUs)
                break;
        }
        return first;
    }

    private List<Fragment> Read(IReadOnlyList<FragmentRef> refs, int first, int last)
    {
        var fragments = new List<Fragment>(last - first + 1);
        using var writer = new PayloadWriter(ChunkPool.Video);
        InitSegment? init = null;
        try
        {
            for (var i = first; i <= last; i++)
            {
                if (init is null || refs[i].Segment != refs[i - 1].Segment)
                    init = ring.ReadInit(refs[i]) is { } bytes ? InitSegment.Parse(bytes) : throw new IOException("The ring took the footage back.");
                fragments.Add(Read(refs[i], init, writer, endsGop: i < last && refs[i + 1].IsSync));
            }
            return fragments;
        }
        catch (Exception e) when (e is IOException or ProtocolException)
        {
            foreach (var fragment in fragments)
                fragment.Release();
            LogUnread(e);                                   // who joins begins with the next sync fragment instead
            return [];
        }
    }

    private Fragment Read(in FragmentRef record, InitSegment init, PayloadWriter writer, bool endsGop)
    {
        var media = ArrayPool<byte>.Shared.Rent(record.MediaLength);
        try
        {
            var bytes = media.AsSpan(0, record.MediaLength);
            if (!ring.TryRead(record, FragmentRef.RecordHeaderLength, bytes))
                throw new IOException("The ring took the footage back.");
            var head = MovieFragment.HeadLength(bytes) + 8;
            if (head > bytes.Length)
                throw new ProtocolException(BoxReader.Protocol, 0, "moof", $"has a size of {head - 8}");
            writer.Write(bytes[head..]);
            Payload[] payloads = [writer.Take()];
            return new Fragment(bytes[..head].ToArray(), payloads, 1)
            {
                Init = init, MediaStart90k = record.MediaStart90k, Duration90k = record.Duration90k, IsSync = record.IsSync, SyncDistance = 0, EndsGop = endsGop,
                StartsRun = record.StartsRun, BoottimeUs = record.FromUtcUs - ring.ToUtcUs(0),
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(media);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The newest footage could not be read back for a viewer")]
    private partial void LogUnread(Exception e);
}
