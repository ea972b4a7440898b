namespace EdgeRecorder.Media;

/// <summary>
/// One connection that delivers a stream (DESIGN section 3, source session). A protocol makes one per attempt;
/// the supervisor in Recording decides when there is a next one.
/// </summary>
public interface ISourceSession
{
    /// <summary>
    /// Connects, announces the tracks and delivers until the source ends, fails or <paramref name="stop"/> fires.
    /// Returns only by exception or when the source ended the stream in good order.
    /// </summary>
    /// <exception cref="SourceException">The source cannot be used now; the message is what the channel's state shows.</exception>
    /// <exception cref="Bytes.ProtocolException">The peer said what cannot be meant.</exception>
    Task RunAsync(ISourceSink sink, CancellationToken stop);

    /// <summary>Somebody watches live: every byte is taken as it comes, instead of many with one wake-up. Set at any time from any thread.</summary>
    bool LowLatency { get; set; }

    /// <summary>What the channel's state says although it works: that it costs more than it has to. Empty: nothing. Set before the first access unit of a session, or not at all.</summary>
    string Remark => "";

    /// <summary>Delivers at once what has arrived and is still being gathered. From any thread; does not wait for the source.</summary>
    void Drain() { }
}

/// <summary>Where a session delivers. All calls come from one thread at a time; none of them may block.</summary>
public interface ISourceSink : IAccessUnitSink
{
    /// <summary>The stream's tracks, before the first access unit and again whenever their set or format changes (parameter sets alone are no change).</summary>
    void Announce(IReadOnlyList<Track> tracks);

    /// <summary>Units the session had to drop, for counters; the hole itself is marked by <see cref="AccessUnit.LossBefore"/>.</summary>
    void Lost(int accessUnits, string why);
}

/// <summary>Why a source cannot be used: what the channel's state says, and which gap reason it makes.</summary>
public sealed class SourceException(GapReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public GapReason Reason => reason;

    /// <summary>No further attempt makes sense before, unless something happens meanwhile; zero: as the supervisor thinks.</summary>
    public TimeSpan Pause { get; init; }
}

/// <summary>Why there is no footage (DESIGN section 3). The API spells them in kebab-case.</summary>
public enum GapReason { NotRecording, Offline, Unauthorized, Stalled, Reconnect, Loss, Overload, Restart, PowerCut, Unreadable, Evicted, DiskFault }
