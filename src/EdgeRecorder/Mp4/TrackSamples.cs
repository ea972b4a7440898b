using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// Samples that one track brings into the open fragment. Sources give presentation times only; decode times follow from them:
/// the i-th decode time is the i-th smallest presentation time, the first one where the fragment before ended.
/// Presentation stays exact whatever the decode times are, because composition offsets carry the difference, signed (trun version 1).
/// </summary>
/// <param name="isVideo">Its `trun` says which sample is a sync sample: the first at most, a fragment ends before the next.</param>
internal sealed class TrackSamples(bool isVideo)
{
    private long[] _pts = new long[32];
    private long[] _dts = new long[32];
    private int[] _sizes = new int[32];

    public bool IsVideo => isVideo;
    public int Count { get; private set; }

    /// <summary>The first sample is a sync sample.</summary>
    public bool IsSync { get; private set; }

    public PayloadRun Payloads { get; private set; } = new();

    public long FirstPts => _pts[0];

    /// <summary>Takes the payload's references.</summary>
    /// <param name="pts">Presentation time on the channel's media time line, track's time scale.</param>
    public void Add(long pts, bool isSync, in Payload payload)
    {
        if (Count == _pts.Length)
        {
            Array.Resize(ref _pts, 2 * Count);
            Array.Resize(ref _dts, 2 * Count);
            Array.Resize(ref _sizes, 2 * Count);
        }
        if (Count == 0)
            IsSync = isSync;
        (_pts[Count], _sizes[Count]) = (pts, payload.Length);
        Count++;
        Payloads.Add(payload);
    }

    /// <summary>
    /// Gives every sample its decode time, the first <paramref name="start"/>; each ends where the next begins, the last at <paramref name="end"/>.
    /// Returns where the last ends: later than asked where that is what keeps decode times rising.
    /// </summary>
    public long Time(long start, long end)
    {
        _pts.AsSpan(0, Count).CopyTo(_dts);
        _dts.AsSpan(0, Count).Sort();
        _dts[0] = start;
        for (var i = 1; i < Count; i++)
            _dts[i] = Math.Max(_dts[i], _dts[i - 1] + 1);
        return _end = Math.Max(end, _dts[Count - 1] + 1);
    }

    /// <summary>Step between the last two presentation times in order; what a last sample lasts when nothing follows. 0 with fewer than two.</summary>
    public long LastStep
    {
        get
        {
            if (Count < 2)
                return 0;
            _pts.AsSpan(0, Count).CopyTo(_dts);
            _dts.AsSpan(0, Count).Sort();
            return _dts[Count - 1] - _dts[Count - 2];
        }
    }

    public long LargestPts => Count == 0 ? long.MinValue : MaxPts();

    /// <summary>Where the last sample ends, once timed.</summary>
    public long End => _end;

    private long _end;

    /// <summary>Longest the track's `traf` can get.</summary>
    public int HeadBound => Count == 0 ? 0 : 8 + 28 + 20 + 28 + 12 * Count;

    /// <summary>Writes `traf`; returns the place of trun's data_offset.</summary>
    public int WriteTo(ref BoxWriter w, int trackId)
    {
        var firstDuration = Duration(0);
        var (durationsDiffer, sizesDiffer, hasOffsets) = (false, false, _pts[0] != _dts[0]);
        for (var i = 1; i < Count; i++)
        {
            durationsDiffer |= Duration(i) != firstDuration;
            sizesDiffer |= _sizes[i] != _sizes[0];
            hasOffsets |= _pts[i] != _dts[i];
        }

        var traf = w.Open("traf"u8);
        // default-base-is-moof, default-sample-duration and -size where all are alike (8.8.7.1).
        var tfhd = w.Open("tfhd"u8, 0, 0x020000u | (durationsDiffer ? 0 : 8u) | (sizesDiffer ? 0 : 0x10u));
        w.U32((uint)trackId);
        if (!durationsDiffer)
            w.U32(firstDuration);
        if (!sizesDiffer)
            w.U32((uint)_sizes[0]);
        w.Close(tfhd);
        var tfdt = w.Open("tfdt"u8, 1, 0);
        w.U64((ulong)_dts[0]);
        w.Close(tfdt);

        var syncFirst = isVideo && IsSync;
        var trun = w.Open("trun"u8, 1, 1u | (syncFirst ? 4u : 0) | (durationsDiffer ? 0x100u : 0) | (sizesDiffer ? 0x200u : 0) | (hasOffsets ? 0x800u : 0));
        w.U32((uint)Count);
        var dataOffset = w.Offset;
        w.U32(0);
        if (syncFirst)
            w.U32(0x0200_0000);                             // depends on no other; all behind it are trex's default, non-sync
        for (var i = 0; i < Count; i++)
        {
            if (durationsDiffer)
                w.U32(Duration(i));
            if (sizesDiffer)
                w.U32((uint)_sizes[i]);
            if (hasOffsets)
                w.I32((int)(_pts[i] - _dts[i]));
        }
        w.Close(trun);
        w.Close(traf);
        return dataOffset;
    }

    /// <summary>The same samples once more, with references of their own on the payloads.</summary>
    public TrackSamples Fork()
    {
        var fork = (TrackSamples)MemberwiseClone();
        (fork._pts, fork._dts, fork._sizes, fork.Payloads) = ([.. _pts], [.. _dts], [.. _sizes], Payloads.Fork());
        return fork;
    }

    public long FirstDts => _dts[0];
    public long LastDts => _dts[Count - 1];

    /// <summary>Forgets the samples; the payloads have been moved or are released here.</summary>
    public void Clear()
    {
        Payloads.Clear();
        (Count, IsSync) = (0, false);
    }

    private uint Duration(int i) => (uint)((i + 1 < Count ? _dts[i + 1] : _end) - _dts[i]);

    private long MaxPts()
    {
        var max = _pts[0];
        foreach (var pts in _pts.AsSpan(1, Count - 1))
            max = Math.Max(max, pts);
        return max;
    }
}
