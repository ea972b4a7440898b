using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>The ring's side of a lock: pins segments at once, copies them into the event pool later.</summary>
internal interface ILocks
{
    /// <summary>Pins [from, to), Unix microseconds. Null when pinned, else why not ("the event pool is full").</summary>
    string? TryPin(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs);

    /// <summary>Lets go; unknown ids are no error.</summary>
    void Release(string lockId);
}
