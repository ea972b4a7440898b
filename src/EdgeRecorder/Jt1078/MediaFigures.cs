namespace EdgeRecorder.Jt1078;

/// <summary>What the media servers have seen since they started; for /metrics.</summary>
internal readonly record struct MediaFigures
{
    /// <summary>TCP connections that are open.</summary>
    public int Connections { get; init; }

    /// <summary>Streams that are asked for, and those of them that somebody sends.</summary>
    public int Expected { get; init; }
    public int Flowing { get; init; }

    public long Packets { get; init; }
    public long Bytes { get; init; }

    /// <summary>Packets that never came, of streams that were asked for.</summary>
    public long Lost { get; init; }

    /// <summary>Packets of streams that nobody asked for.</summary>
    public long Unasked { get; init; }

    /// <summary>Datagrams that are no packet.</summary>
    public long Malformed { get; init; }

    /// <summary>Connections that were closed because they brought nothing of use, by why.</summary>
    public long ClosedUnasked { get; init; }
    public long ClosedMalformed { get; init; }
    public long ClosedCrowded { get; init; }

    /// <summary>Streams that another connection took over.</summary>
    public long Takeovers { get; init; }
}

/// <summary>The counters behind them. Connections add what they counted once per read.</summary>
internal sealed class MediaCounters
{
    public long Packets, Bytes, Unasked, Malformed, ClosedUnasked, ClosedMalformed, ClosedCrowded, Takeovers, LostBefore;
}
