using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>
/// One `moof` + `mdat` (ISO/IEC 14496-12), built once; its bytes go unchanged to disk and to every viewer.
/// Counted by references: made with one, the maker's; whoever keeps it adds one, the last <see cref="Release"/> gives the media's chunks back.
/// </summary>
public sealed class Fragment
{
    private int _references = 1;
    private ReadOnlyMemory<byte> _head;
    private Payload[] _payloads;
    private int _payloadCount;
    private FragmentBuffers? _buffers;

    /// <param name="head">The whole `moof` and the 8-byte header of `mdat`.</param>
    /// <param name="payloads">mdat's content in the order of its track runs; their references pass to the fragment.</param>
    public Fragment(ReadOnlyMemory<byte> head, Payload[] payloads, int payloadCount)
    {
        _head = head;
        _payloads = payloads;
        _payloadCount = payloadCount;
        Length = head.Length;
        for (var i = 0; i < payloadCount; i++)
            Length += payloads[i].Length;
    }

    /// <summary>A fragment whose arrays are the pool's: its last release gives them back and leaves it empty, so a late reader finds nothing, never another's bytes.</summary>
    internal Fragment(FragmentBuffers buffers, int headLength, int payloadCount)
        : this(buffers.Head.AsMemory(0, headLength), buffers.Payloads, payloadCount) => _buffers = buffers;

    /// <summary>Format of its tracks.</summary>
    public required InitSegment Init { get; init; }

    /// <summary>
    /// Decode time of its first video sample, without video of its first audio sample, on the channel's media time line, 90 kHz, which runs on over gaps
    /// and segments. Audio beside video may begin a frame earlier.
    /// </summary>
    public required long MediaStart90k { get; init; }

    /// <summary>From <see cref="MediaStart90k"/> to the largest track end, 90 kHz.</summary>
    public required uint Duration90k { get; init; }

    /// <summary>Its first video sample is a sync sample (audio only: always).</summary>
    public required bool IsSync { get; init; }

    /// <summary>A sync sample comes next, or the run ends: so far is known where a GOP is whole. False for those that were read back.</summary>
    public bool EndsGop { get; init; }

    /// <summary>How many fragments back the last sync one lies: 0 when this is one.</summary>
    public required int SyncDistance { get; init; }

    /// <summary>It follows nothing: first fragment of a run (DESIGN section 3).</summary>
    public required bool StartsRun { get; init; }

    /// <summary>Why the run before it ended, when <see cref="StartsRun"/> and the same session brought both; else null: whoever ended the session knows.</summary>
    public GapReason? BreakReason { get; init; }

    /// <summary>CLOCK_BOOTTIME in microseconds since when pictures are missing, with <see cref="BreakReason"/> loss: sound may have gone on behind the last one.</summary>
    public long? MissingFromUs { get; init; }

    /// <summary>CLOCK_BOOTTIME of <see cref="MediaStart90k"/> in microseconds: arrival of the run's first access unit plus media time, drift corrected.</summary>
    public required long BoottimeUs { get; init; }

    /// <summary>The source's own wall time for its start, Unix microseconds, 0 unknown.</summary>
    public long SourceUtcUs { get; init; }

    /// <summary>Samples of the video track.</summary>
    public int VideoSamples { get; init; }

    /// <summary>Bytes of moof and mdat together.</summary>
    public int Length { get; }

    /// <summary>`moof` and the header of `mdat`.</summary>
    public ReadOnlyMemory<byte> Head => _head;

    /// <summary>What follows <see cref="Head"/>.</summary>
    public ReadOnlySpan<Payload> Payloads => _payloads.AsSpan(0, _payloadCount);

    /// <summary>The bytes of a sample where they lie, without a reference of their own.</summary>
    /// <param name="offset">Of the first one, from the first byte of `moof`.</param>
    /// <returns>Null: `mdat` does not hold them.</returns>
    internal Payload? Find(long offset, long size)
    {
        var at = offset - _head.Length;
        foreach (var payload in Payloads)
        {
            if (at >= 0 && size >= 0 && at <= payload.Length && size <= payload.Length - at)
                return payload.Slice((int)at, (int)size);
            at -= payload.Length;
        }
        return null;
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>One more owner, unless the last has let go already: so what is remembered without being held can still be asked for.</summary>
    public bool TryAddReference()
    {
        for (var held = Volatile.Read(ref _references); held > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _references, held + 1, held);
            if (seen == held)
                return true;
            held = seen;
        }
        return false;
    }

    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left > 0)
            return;
        if (left < 0)
            throw new InvalidOperationException("A fragment was released more often than it was referenced.");
        foreach (var payload in Payloads)
            payload.Release();
        Array.Clear(_payloads, 0, _payloadCount);
        if (_buffers is { } buffers)
        {
            (_head, _payloads, _payloadCount, _buffers) = (default, [], 0, null);
            buffers.Return();
        }
    }

    /// <summary>All its bytes in order, for tests and for the few places that need them in one piece.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        _head.Span.CopyTo(bytes);
        var at = _head.Length;
        foreach (var payload in Payloads)
        {
            payload.CopyTo(bytes.AsSpan(at));
            at += payload.Length;
        }
        return bytes;
    }
}
