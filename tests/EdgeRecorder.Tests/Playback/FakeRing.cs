using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Playback;

/// <summary>A ring in memory: segments of a header page and records on 4 KiB boundaries, as they lie on disk.</summary>
internal sealed class FakeRing : IRing
{
    private const int Page = 4096;
    private readonly List<(byte[] Init, MemoryStream File)> _segments = [];
    private readonly List<FragmentRef> _fragments = [];

    public List<FragmentRef> Fragments => _fragments;
    public int Reads { get; private set; }
    public int Leases { get; private set; }
    public CancellationTokenSource Cut { get; } = new();

    /// <summary>From this read on the ring has recycled everything.</summary>
    public int RecycledFromRead { get; set; } = int.MaxValue;

    public void AddSegment(IEnumerable<Fragment> fragments)
    {
        var file = new MemoryStream();
        file.SetLength(Page);
        foreach (var fragment in fragments)
        {
            if (file.Length == Page)
                _segments.Add((fragment.Init.Bytes, file));
            var offset = (int)file.Length;
            file.Position = offset;
            file.Write(Enumerable.Repeat((byte)0xDD, FragmentRef.RecordHeaderLength).ToArray());
            file.Write(fragment.ToArray());
            _fragments.Add(new FragmentRef(_segments.Count - 1, 100 + _segments.Count, offset, FragmentRef.RecordHeaderLength + fragment.Length,
                fragment.MediaStart90k, fragment.Duration90k, fragment.IsSync, fragment.StartsRun, fragment.BoottimeUs, fragment.BoottimeUs + MediaTime.ToUs(fragment.Duration90k)));
            file.SetLength((file.Length + Page - 1) / Page * Page);
        }
    }

    public int MaxFragmentLength => 1 << 20;
    public long SizeBytes => 1L << 30;
    public long ToUtcUs(long boottimeUs) => boottimeUs;
    public void SetQuota(int channelNumber, RingQuota quota) { }
    public IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority) => throw new NotSupportedException();
    public IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs) => throw new NotSupportedException();

    public FootageLease Lease(StreamKey key, long fromUtcUs, long toUtcUs, bool fromSync)
    {
        Leases++;
        var first = _fragments.FindIndex(fragment => fragment.ToUtcUs > fromUtcUs);
        while (fromSync && first > 0 && !_fragments[first].IsSync)
            first--;
        var found = first < 0 ? [] : _fragments.Skip(first).TakeWhile(fragment => fragment.FromUtcUs < toUtcUs).ToList();
        return new FootageLease(found, () => Leases--, Cut.Token);
    }

    public bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target)
    {
        if (++Reads >= RecycledFromRead)
        {
            target.Fill(0xEE);
            return false;
        }
        Assert.InRange(offsetInRecord + target.Length, 0, fragment.Length);
        _segments[fragment.Segment].File.GetBuffer().AsSpan(fragment.Offset + offsetInRecord, target.Length).CopyTo(target);
        return true;
    }

    public byte[]? ReadInit(in FragmentRef fragment) => _segments[fragment.Segment].Init;
}
