namespace EdgeRecorder.Storage;

/// <summary>The ring's state for people and metrics.</summary>
internal sealed class RingFigures(Ring ring, string folder) : IStorageStatus
{
    private readonly string _fileSystem = Platform.Linux.FileSystemKind.Of(folder);

    public StorageFigures Figures()
    {
        var status = ring.Status();
        var oldest = ring.Streams.Select(ring.Extent).Where(e => e is not null).Select(e => e!.Value.FromUtcUs).DefaultIfEmpty(-1).Min();
        return new StorageFigures
        {
            Fault = status.VolumeFault ?? status.LastError ?? "", FileSystem = _fileSystem, Volume = status.VolumeId,
            RingBytes = status.Segments * status.SegmentBytes, SegmentBytes = status.SegmentBytes, Segments = status.Segments, UnusedSegments = status.Unused,
            DiskFaults = status.DiskFaults, QuarantinedSegments = status.Quarantined,
            LockedBytes = status.PinnedBytes, EventPoolBytes = status.PoolBytes, EventPoolUse = (double)status.Pool / ring.Locks.Limit,
            OldestFootage = oldest < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(oldest / 1000),
            QueueBytes = status.HeldBytes, QueueLimitBytes = status.QueueLimit, FragmentsWritten = status.FragmentsWritten, FragmentsDropped = status.FragmentsRefused,
            BytesWritten = status.BytesWritten, SegmentsRecycled = status.Retirements, SyncRounds = status.Rounds, SyncTime = status.SyncTime, LongestSync = status.LongestRound,
        };
    }

    public StreamFigures? Figures(StreamKey stream) => ring.Extent(stream);
}
