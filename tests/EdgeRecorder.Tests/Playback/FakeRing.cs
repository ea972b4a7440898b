using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Playback;

/// <summary>A ring in memory: segments of a header page and records on 4 KiB boundaries, as they lie on disk.</summary>
internal sealed class FakeRing : IRing
{
    private const int Page = 4096;
    private readonly List<(byte[] Init, MemoryStream File)> _segments = [];
    private readonly List<FragmentRef> _fragments = [];
    private readonly HashSet<long> _recycled = [];

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
    public ClockQuality ClockQuality => ClockQuality.Ntp;
    public int BootNumber => 1;
    public void SyncNow() { }
    public void MayOverwrite() { }
    public void SetQuota(int channelNumber, RingQuota quota) { }
    public void SetPreRoll(int channelNumber, bool on) { }
    public IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority) => throw new NotSupportedException();
    /// <summary>A span per segment and run, dated as its fragments are.</summary>
    public IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs)
    {
        var spans = new List<FootageSpan>();
        foreach (var f in _fragments.Where(f => !_recycled.Contains(f.Generation)))
            if (spans.Count > 0 && spans[^1] is var last && last.Generation == f.Generation && !f.StartsRun && last.MediaEnd90k == f.MediaStart90k)
                spans[^1] = last with { ToUtcUs = f.ToUtcUs, MediaEnd90k = f.MediaStart90k + f.Duration90k, Bytes = last.Bytes + f.Length };
            else
                spans.Add(new FootageSpan(key, f.Generation, f.Segment, f.FromUtcUs, f.ToUtcUs, f.MediaStart90k, f.MediaStart90k + f.Duration90k, f.Length, false));
        return spans.FindAll(s => s.FromUtcUs < toUtcUs && s.ToUtcUs > fromUtcUs);
    }

    public IReadOnlyList<FragmentRef> FragmentsOf(in FootageSpan span)
    {
        var (generation, from90k, to90k) = (span.Generation, span.MediaStart90k, span.MediaEnd90k);
        return _recycled.Contains(generation) ? [] : _fragments.FindAll(f => f.Generation == generation && f.MediaStart90k >= from90k && f.MediaStart90k < to90k);
    }

    public FootageLease? LeaseRecords(StreamKey key, in RecordPlace place)
    {
        var (generation, from, to) = (place.Generation, place.Offset, place.Offset + (long)place.Length);
        if (_recycled.Contains(generation) || place.Segment < 0 || place.Segment >= _segments.Count || generation != 101 + place.Segment)
            return null;
        Leases++;
        var inside = _fragments.FindAll(f => f.Generation == generation && f.Offset >= from && f.Offset + f.Length <= to);
        var fits = inside.Count > 0 && inside[0].Offset == from && inside[^1].Offset + inside[^1].Length == to;
        return new FootageLease(fits ? inside : [], () => Leases--, Cut.Token);
    }

    /// <summary>Hours of fragments that nobody reads.</summary>
    public void AddImaginary(int hours)
    {
        _segments.Add((InitSegment.Build([new() { Codec = EdgeRecorder.Media.Codec.H264, TimeScale = 90_000 }]).Bytes, new MemoryStream()));
        for (var i = 0; i < hours * 3600; i++)
            _fragments.Add(new FragmentRef(_segments.Count - 1, 100 + _segments.Count, Page + i * Page, Page, i * 90_000L, 90_000, true, i == 0, i * 1_000_000L, (i + 1) * 1_000_000L));
    }

    /// <summary>The ring took a segment back.</summary>
    public void Recycle(int segment) => _recycled.Add(101 + segment);

    /// <summary>The clock was set: all footage has other dates.</summary>
    public void Redate(long byUs)
    {
        for (var i = 0; i < _fragments.Count; i++)
            _fragments[i] = _fragments[i] with { FromUtcUs = _fragments[i].FromUtcUs + byUs, ToUtcUs = _fragments[i].ToUtcUs + byUs };
    }

    /// <summary>A bad place in the head of a segment.</summary>
    public void DamageInit(int segment) => _segments[segment] = ([.. _segments[segment].Init.Select((b, i) => i is >= 32 and < 64 ? (byte)0xFF : b)], _segments[segment].File);

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

    public byte[]? ReadInit(in FragmentRef fragment) => _recycled.Contains(fragment.Generation) ? null : _segments[fragment.Segment].Init;
}
