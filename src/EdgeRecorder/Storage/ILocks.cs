namespace EdgeRecorder.Storage;

/// <summary>The ring's side of a lock: pins segments at once, copies the range into the event pool later.</summary>
internal interface ILocks
{
    /// <summary>Pins [from, to), Unix microseconds; a range that reaches into the future takes what comes. Null when pinned, else why not ("the event pool is full").</summary>
    string? TryPin(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs);

    /// <summary>A lock that held before the start holds again. It was granted its room then, and what lies in the event pool already would count twice now: it is never refused.</summary>
    void PinAgain(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs);

    /// <summary>A lock that holds reaches to a later end from now on. False: there is no such lock.</summary>
    bool TryExtend(string lockId, long toUtcUs);

    /// <summary>
    /// Told that all of a lock's range lies in the event pool, and in which of its segments; from the ring's own thread. Answers whether that is noted: if not, it is told again.
    /// </summary>
    Func<string, string, bool>? Copied { get; set; }

    /// <summary>Lets go; unknown ids are no error.</summary>
    void Release(string lockId);
}
