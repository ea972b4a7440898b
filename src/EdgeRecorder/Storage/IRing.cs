using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Storage;

/// <summary>What Recording, Playback and Api see of the ring. One implementation (<c>Ring</c>); an interface so that their tests need no disk.</summary>
public interface IRing
{
    /// <summary>The longest fragment (moof and mdat, bytes) that a segment takes; lengths are multiples of 8.</summary>
    int MaxFragmentLength { get; }

    /// <summary>Bytes of all segments.</summary>
    long SizeBytes { get; }

    /// <summary>Unix time of a CLOCK_BOOTTIME of the running boot, as the ring dates its footage; both microseconds.</summary>
    long ToUtcUs(long boottimeUs);

    /// <summary>How far those dates can be believed.</summary>
    ClockQuality ClockQuality { get; }

    /// <summary>The running boot.</summary>
    int BootNumber { get; }

    /// <summary>A round at once, without waiting: something happened that footage must survive.</summary>
    void SyncNow();

    /// <summary>Locks are pinned and promises told: from now on footage may be overwritten.</summary>
    void MayOverwrite();

    /// <summary>What a channel is promised and limited to, from now on.</summary>
    void SetQuota(int channelNumber, RingQuota quota);

    /// <summary>What a channel's main stream gets from now on is there for events that may come, and for nobody else: older than <see cref="RingOptions.PreRollKept"/> it is the first to be overwritten.</summary>
    void SetPreRoll(int channelNumber, bool on);

    /// <summary>Opens a stream for writing and says where its media time stands. One writer per stream.</summary>
    /// <exception cref="RingTooSmallException">The ring has not the segments for one more.</exception>
    IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority);

    /// <summary>Spans overlapping [from, to), Unix microseconds, in order of time.</summary>
    IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs);

    /// <summary>
    /// Durable fragments overlapping [from, to), in order, with a lease on their segments: until it is disposed the ring does not recycle them
    /// (at most 30 s once it wants to). With <paramref name="fromSync"/> the list begins at the sync fragment at or before from, in the same run.
    /// </summary>
    FootageLease Lease(StreamKey key, long fromUtcUs, long toUtcUs, bool fromSync);

    /// <summary>Durable fragments of a span, in order and dated now; none once its segment has been recycled. They are not held.</summary>
    IReadOnlyList<FragmentRef> FragmentsOf(in FootageSpan span);

    /// <summary>
    /// The records that lie from the first to the last byte of <paramref name="place"/>, held as by <see cref="Lease"/>. Null when the place is no longer the
    /// stream's; empty when no durable record begins at its first byte and ends at its last.
    /// </summary>
    FootageLease? LeaseRecords(StreamKey key, in RecordPlace place);

    /// <summary>
    /// Bytes of a record. False when the segment has been recycled since (its generation changed): nothing of <paramref name="target"/> may be used then.
    /// </summary>
    bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target);

    /// <summary>ftyp + moov of the segment that holds the fragment; null once recycled.</summary>
    byte[]? ReadInit(in FragmentRef fragment);
}

/// <summary>Writing end of a stream.</summary>
public interface IRingStream : IDisposable
{
    /// <summary>Media time at which the next run begins: largest track end so far plus nothing; 0 when the stream never held footage.</summary>
    long MediaEnd90k { get; }

    /// <summary>End of the last footage on disk, Unix microseconds; null when there is none. With it a new run's gap begins.</summary>
    long? LastFootageEndUtcUs { get; }

    /// <summary>The channel has another name or priority: the priority counts at once, the name in the next segment's header.</summary>
    void Describe(ChannelIdentity identity, int priority);

    /// <summary>
    /// Queues a fragment (adds its own reference); never blocks. False when the box is overloaded and the fragment was not taken:
    /// the caller drops up to the next sync fragment and writes a gap `overload`.
    /// </summary>
    bool Offer(Fragment fragment);
}

/// <summary>Fragments of a range, held readable.</summary>
public sealed class FootageLease(IReadOnlyList<FragmentRef> fragments, Action release, CancellationToken cut) : IDisposable
{
    private Action? _release = release;

    public IReadOnlyList<FragmentRef> Fragments => fragments;

    /// <summary>Fires when the ring needed the space and the 30 s of grace are over; reads fail from then on.</summary>
    public CancellationToken Cut => cut;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}

/// <summary>The ring has too few segments for one more stream; the channel is refused.</summary>
public sealed class RingTooSmallException(int segments, int streams)
    : IOException($"ring too small: {segments} segments serve {segments / RingOptions.SegmentsPerChannel} streams at the most, {streams} are open");
