namespace EdgeRecorder.Storage;

/// <summary>The state of the volume and its ring, for people and metrics.</summary>
internal interface IStorageStatus
{
    StorageFigures Figures();

    /// <summary>Bytes of the stream in the ring, and its oldest and newest footage as Unix microseconds; null when it has none.</summary>
    StreamFigures? Figures(StreamKey stream);
}

internal readonly record struct StreamFigures(long Bytes, long FromUtcUs, long ToUtcUs);

/// <summary>One reading. Counters count since the daemon started.</summary>
internal sealed record StorageFigures
{
    /// <summary>Empty when all is well, else what is wrong with the volume.</summary>
    public string Fault { get; init; } = "";
    public string FileSystem { get; init; } = "";

    /// <summary>Identity of the ring, made when it was formatted.</summary>
    public Guid Volume { get; init; }
    public long RingBytes { get; init; }
    public long SegmentBytes { get; init; }
    public int Segments { get; init; }

    /// <summary>Segments that never held footage.</summary>
    public int UnusedSegments { get; init; }

    /// <summary>Writes and syncs that the disk refused, and the segments that are not written any more because of that.</summary>
    public long DiskFaults { get; init; }
    public int QuarantinedSegments { get; init; }
    public long LockedBytes { get; init; }
    public long EventPoolBytes { get; init; }

    /// <summary>Of the segments that the event pool may have: 1 is full.</summary>
    public double EventPoolUse { get; init; }
    public DateTimeOffset? OldestFootage { get; init; }
    public long QueueBytes { get; init; }
    public long QueueLimitBytes { get; init; }
    public long FragmentsWritten { get; init; }
    public long FragmentsDropped { get; init; }
    public long BytesWritten { get; init; }
    public long SegmentsRecycled { get; init; }
    public long SyncRounds { get; init; }

    /// <summary>Of all rounds together, and of the slowest.</summary>
    public TimeSpan SyncTime { get; init; }
    public TimeSpan LongestSync { get; init; }
}
