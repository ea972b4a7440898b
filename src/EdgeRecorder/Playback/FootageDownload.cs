using System.IO.Pipelines;
using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>
/// Streams a <see cref="FootagePlan"/> out of the ring. Records that lie behind one another are read together, straight into the response's memory,
/// and closed up there: the `uuid` boxes and the `free` between them go, `moof` gets its new times, `mdat` stays as it is.
/// </summary>
internal sealed class FootageDownload(FootagePlan plan, IRing ring, FootageLease lease) : IFootageDownload
{
    /// <summary>Large enough that a disk does not seek for it, small enough that a hundred viewers fit the box.</summary>
    public const int ReadBytes = 512 * 1024;

    /// <summary>Between records: to the next 4 KiB boundary, and one more page where the `free` did not fit.</summary>
    private const int LargestBetween = 8192;

    public long Length => plan.Length;
    public string EntityTag => field ??= plan.EntityTag();
    public IReadOnlyList<PlannedFragment> Records => field ??= plan.Fragments.ToArray();

    public void Dispose() => lease.Dispose();

    public async Task CopyAsync(PipeWriter output, long offset, long count, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - offset);
        while (count > 0)
        {
            var written = offset < plan.Head.Length
                ? CopyHead(output.GetSpan(plan.Head.Length), (int)offset, count)
                : Read(output.GetSpan(ReadBytes), offset, count);
            output.Advance(written);
            (offset, count) = (offset + written, count - written);
            var flushed = await output.FlushAsync(stop);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;                                     // nobody reads any more
        }
    }

    private int CopyHead(Span<byte> target, int offset, long count)
    {
        var part = plan.Head.AsSpan(offset, (int)Math.Min(count, plan.Head.Length - offset));
        part.CopyTo(target);
        return part.Length;
    }

    /// <summary>Brings bytes from <paramref name="offset"/> on, at least one.</summary>
    private int Read(Span<byte> target, long offset, long count)
    {
        try
        {
            var first = plan.IndexOf(offset);
            var inside = offset - plan.Fragments[first].Start;
            return inside == 0 && Skip(first) + LengthOf(first) <= target.Length
                ? ReadWhole(target, first, count)
                : ReadPiece(target, first, inside, count);
        }
        catch (ProtocolException e)
        {
            throw new IOException($"Damaged footage: {e.Message}", e);
        }
    }

    private int ReadWhole(Span<byte> target, int first, long count)
    {
        var last = first;
        var start = plan.Fragments[first].Ref.Offset + Skip(first);
        while (last + 1 < plan.Fragments.Length && End(last) - start < count && IsBehind(last) && End(last + 1) - start <= target.Length)
            last++;
        // One record, as far as the ring is concerned, from the first's first byte to the last's last.
        var all = plan.Fragments[first].Ref with { Length = End(last) - plan.Fragments[first].Ref.Offset };
        ReadRecord(all, Skip(first), target[..(End(last) - start)]);
        var filled = 0;
        for (var i = first; i <= last; i++)
        {
            var media = target.Slice(plan.Fragments[i].Ref.Offset + Skip(i) - start, LengthOf(i));
            if (plan.IsDressed(i))
                plan.Dress(media, i);
            media.CopyTo(target[filled..]);
            filled += media.Length;
        }
        return (int)Math.Min(filled, count);
    }

    /// <summary>A fragment larger than the buffer, or the rest of one in which a Range begins.</summary>
    private int ReadPiece(Span<byte> target, int index, long inside, long count)
    {
        var fragment = plan.Fragments[index].Ref;
        var wanted = (int)Math.Min(count, Math.Min(LengthOf(index) - inside, target.Length));
        if (plan.IsDressed(index))
        {
            Span<byte> header = stackalloc byte[8];
            ReadRecord(fragment, Skip(index), header);
            var head = MovieFragment.HeadLength(header);
            if (head + 8 > Math.Min(target.Length, fragment.MediaLength))
                throw new ProtocolException(BoxReader.Protocol, 0, "moof", $"has a size of {head}");
            if (inside < head)
            {
                var both = target[..Math.Min(target.Length, LengthOf(index))];
                ReadRecord(fragment, Skip(index), both);
                plan.Dress(both, index);
                both[(int)inside..].CopyTo(both);
                return (int)Math.Min(count, both.Length - inside);
            }
        }
        ReadRecord(fragment, Skip(index) + (int)inside, target[..wanted]);
        return wanted;
    }

    private void ReadRecord(in FragmentRef record, int offset, Span<byte> target)
    {
        if (lease.Cut.IsCancellationRequested || !ring.TryRead(record, offset, target))
            throw new IOException("The ring took this footage back while it was read.");
    }

    private int Skip(int i) => plan.Verbatim ? 0 : plan.Fragments[i].Ref.MediaOffset - plan.Fragments[i].Ref.Offset;
    private int LengthOf(int i) => plan.Verbatim ? plan.Fragments[i].Ref.Length : plan.Fragments[i].Ref.MediaLength;
    private int End(int i) => plan.Fragments[i].Ref.Offset + plan.Fragments[i].Ref.Length;

    private bool IsBehind(int i)
    {
        var (before, next) = (plan.Fragments[i].Ref, plan.Fragments[i + 1].Ref);
        return before.Segment == next.Segment && before.Generation == next.Generation && next.Offset - End(i) is >= 0 and <= LargestBetween;
    }
}
