using EdgeRecorder.Ledger;

namespace EdgeRecorder.Recording;

/// <summary>A recording that is not stopped, as <see cref="RecordingDesk"/> holds it; under its lock, except where said.</summary>
internal sealed class HeldRecording(RecordingRow row)
{
    private readonly Lock _following = new();
    private readonly List<IRecordingFollower> _told = [];
    private bool _isClosed;

    public RecordingRow Row { get; set; } = row;

    /// <summary>Ends when the row is durable and the recording runs; fails when it could not be written.</summary>
    public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its row stands in the ledger: from now on it counts.</summary>
    public bool Counts { get; set; }
    public bool IsDirty { get; set; }

    /// <summary>What whoever writes its files says is wrong.</summary>
    public string FileError { get; set; } = "";

    /// <summary>Null until a stop was asked for.</summary>
    public Task<RecordingRow>? Ending { get; set; }
    public ITimer? End { get; set; }

    public bool Holds(int channel, byte stream) => Counts && Row.State is not (RecordingState.Stopping or RecordingState.Stopped) && Row.Stream == stream && Row.Channels.Contains(channel);

    /// <summary>Tells those who want it that it began, once and never behind <see cref="Close"/>. Not under the desk's lock: they report while they are told.</summary>
    public void Tell(IReadOnlyList<IRecordingFollower> followers, Func<RecordingRow> now)
    {
        lock (_following)
            foreach (var follower in followers)
                if (!_isClosed && !_told.Contains(follower) && follower.Wants(now()))
                {
                    _told.Add(follower);
                    follower.Began(now());
                }
    }

    /// <summary>Nobody is told any more; those who were.</summary>
    public IReadOnlyList<IRecordingFollower> Close()
    {
        lock (_following)
        {
            _isClosed = true;
            return _told;
        }
    }
}
