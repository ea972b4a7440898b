namespace EdgeRecorder.Media;

/// <summary>
/// All NAL units of one picture, or one audio frame, as a protocol delivers it. Video payloads are NAL units with 4-byte
/// lengths; parameter sets stand in-band before every sync sample, whatever the source did. Audio payloads are raw frames (AAC without ADTS, G.711 bytes).
/// </summary>
/// <remarks>A value, not an object: a channel makes some hundred a second. The receiver owns <see cref="Payload"/>.</remarks>
public readonly record struct AccessUnit
{
    public required Track Track { get; init; }

    /// <summary>Presentation time in <see cref="Track.TimeScale"/> units, unwrapped to 64 bits. Origin is the source session's and the
    /// same instant for all its tracks; within a track in decode order, so B pictures step back.</summary>
    public required long Pts { get; init; }

    /// <summary>A decoder can start here.</summary>
    public required bool IsSync { get; init; }

    public required Payload Payload { get; init; }

    /// <summary>CLOCK_BOOTTIME in microseconds when its first byte arrived.</summary>
    public required long ArrivalUs { get; init; }

    /// <summary>Something before it was lost or damaged: what references it cannot be decoded up to the next sync sample.
    /// The protocol side has already dropped what is useless; this marks where the hole is.</summary>
    public bool LossBefore { get; init; }

    /// <summary>Wall-clock of the source for this instant (RTCP sender report, GB or 1078 time), Unix microseconds; 0 unknown. Stored beside, never used to date.</summary>
    public long SourceUtcUs { get; init; }
}

/// <summary>Where a protocol puts its access units. Called on the session's own thread; must never block.</summary>
public interface IAccessUnitSink
{
    /// <summary>Takes the unit and its payload's references.</summary>
    void Add(in AccessUnit unit);
}
