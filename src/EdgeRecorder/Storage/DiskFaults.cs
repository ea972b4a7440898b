using EdgeRecorder.Media;

namespace EdgeRecorder.Storage;

/// <summary>
/// Counts what the disk refused. One bad place costs one segment; three within an hour are a fault of the volume, which the status shows
/// (DESIGN section 4, Threads and memory); three within a minute are a disk that is gone, and no further segment is given up to it.
/// </summary>
internal sealed class DiskFaults(IRingObserver observer, BoxClock clock)
{
    private const int Many = 3;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Queue<long> _times = new();            // boottime, microseconds, of the last three
    private string _last = "";

    /// <summary>Since start.</summary>
    public long Count { get; private set; }

    public void Report(int segment, string error)
    {
        lock (_gate)
        {
            Count++;
            _last = $"segment {segment}: {error}";
            _times.Enqueue(clock.BoottimeUs);
            if (_times.Count > Many)
                _times.Dequeue();
        }
        observer.DiskFault(segment, error);
    }

    /// <summary>What is wrong with the volume; null while it may be a bad place only.</summary>
    public string? VolumeFault
    {
        get { lock (_gate) return ManyWithin(Hour) ? $"{Many} disk faults within an hour, the last in {_last}" : null; }
    }

    /// <summary>No segment is opened now: each would be lost like the ones before.</summary>
    public bool IsGone
    {
        get { lock (_gate) return ManyWithin(Minute); }
    }

    private bool ManyWithin(TimeSpan span) => _times.Count == Many && clock.BoottimeUs - _times.Peek() < (long)span.TotalMicroseconds;
}
