using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>What the ring is told at start.</summary>
public sealed record RingOptions
{
    /// <summary>Folder of the segments, <c>storage.root/ring</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Path of the index, <c>storage.root/index.db</c>.</summary>
    public required string IndexPath { get; init; }

    /// <summary>Bytes of the ring; decides the number of segments when the folder is formatted and when it grows.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Bytes of a segment; 0: the largest power of two from 4 to 256 MiB with 2,048 segments in the ring.</summary>
    public long SegmentBytes { get; init; }

    /// <summary>Channels known when the ring is formatted: each is to have at least <see cref="SegmentsPerChannel"/> segments.</summary>
    public int Channels { get; init; }

    /// <summary>Below this a channel's footage would be overwritten while it is still being written.</summary>
    public const int SegmentsPerChannel = 8;

    /// <summary>Pre-roll younger than this goes in its turn: more than the longest one that can be asked for, and what an alarm takes until it is heard.</summary>
    public static readonly TimeSpan PreRollKept = TimeSpan.FromMinutes(15);

    /// <summary>Start to start of the rounds: 1 s on flash and SSD, 2 s on rotating disks.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether digests and the evidence chain are computed.</summary>
    public bool Chain { get; init; } = true;

    /// <summary>Makes a DER ECDSA P-256 signature over SHA-256 of what it is given; null: seals are not signed.</summary>
    public Signer? Sign { get; init; }

    /// <summary>
    /// Bytes of fragments in memory, queued or not yet durable, before whole GOPs are refused: at least <see cref="QueueBytes"/>, at most
    /// <see cref="QueueCeilingBytes"/>, between them what comes in during 1.5 s and two rounds.
    /// </summary>
    public long QueueBytes { get; init; } = 32 << 20;

    /// <summary>A tenth of the box's memory.</summary>
    public long QueueCeilingBytes { get; init; } = Math.Max(32 << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 10);

    /// <summary>Share of the ring that copies of locked footage may take.</summary>
    public double EventPoolShare { get; init; } = 0.2;

    /// <summary>How long readers may hold a segment that is to be overwritten.</summary>
    public TimeSpan LeaseGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Nothing is given up until <see cref="Ring.MayOverwrite"/>: at a start the ring does not know yet what is locked, and what a channel is promised.</summary>
    public bool KeepsAll { get; init; }

    /// <summary>A segment that took nothing for so long is sealed.</summary>
    public TimeSpan IdleSeal { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Space and age a channel is promised or limited to; null: no promise, no limit.</summary>
public readonly record struct RingQuota(long? MinBytes, long? MaxBytes, TimeSpan? MinAge, TimeSpan? MaxAge);

/// <summary>What the ring tells the rest of the box, from its own threads; must not block for long. Times are CLOCK_BOOTTIME of a boot, microseconds: dates may change.</summary>
public interface IRingObserver
{
    /// <summary>Footage is gone: its space was needed.</summary>
    void Evicted(StreamKey stream, int bootNumber, long fromUs, long toUs);

    /// <summary>Records that cannot be read back, found at recovery.</summary>
    void Unreadable(StreamKey stream, int bootNumber, long fromUs, long toUs);

    /// <summary>A segment failed under the writer; its unsynced records are being written elsewhere.</summary>
    void DiskFault(int segment, string error);

    /// <summary>Fragments that could not be written anywhere; footage is missing between the two.</summary>
    void Dropped(StreamKey stream, int bootNumber, long fromUs, long toUs);

    /// <summary>The index cannot be written; it was given up. Once, until it is there again.</summary>
    void IndexLost(string why);

    /// <summary>A new index holds what the ring holds.</summary>
    void IndexRestored();

    /// <summary>A boot has a better anchor: everything of it is dated anew.</summary>
    void Anchored(Format.BootAnchor anchor);
}

/// <summary>How the box stopped last time.</summary>
public enum PreviousStop { First, Clean, Crash, PowerCut }
