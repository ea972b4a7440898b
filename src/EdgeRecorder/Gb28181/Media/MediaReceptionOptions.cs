using System.Net;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>What to do with an SSRC that is not the one agreed on. Devices send 0, or what they like.</summary>
internal enum SsrcPolicy : byte
{
    /// <summary>Only the one that was agreed on.</summary>
    Strict,

    /// <summary>The first that comes from where media is expected, and no other while that speaks.</summary>
    Learn,

    /// <summary>Whatever that source sends.</summary>
    Ignore,
}

/// <summary>Where media of GB/T 28181 devices comes in, and what strangers may cost.</summary>
internal sealed record MediaReceptionOptions
{
    /// <summary>Listen here. The default takes IPv4 and IPv6.</summary>
    public IPAddress Address { get; init; } = IPAddress.IPv6Any;

    /// <summary>FIRST-LAST: a pair for each session.</summary>
    public string RtpPorts { get; init; } = "30000-30500";

    public SsrcPolicy SsrcPolicy { get; init; } = SsrcPolicy.Learn;

    /// <summary>How long a source has to be silent before another may take its place.</summary>
    public TimeSpan SourceSilence { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a connection may bring nothing that is RTP.</summary>
    public TimeSpan Unproven { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections of one session that have brought nothing yet.</summary>
    public int MostUnproven { get; init; } = 4;

    /// <summary>Attempts to connect to a device that listens, a second between them.</summary>
    public int ConnectAttempts { get; init; } = 3;
}

/// <summary>What reception has seen since it began; for /metrics.</summary>
internal readonly record struct ReceptionFigures
{
    /// <summary>Sessions that are open, and those of them that somebody sends to.</summary>
    public int Sessions { get; init; }
    public int Flowing { get; init; }

    public long Packets { get; init; }
    public long Bytes { get; init; }

    /// <summary>Packets that never came.</summary>
    public long Lost { get; init; }

    /// <summary>Packets and connections from where nothing is expected, or with an SSRC that is not the session's.</summary>
    public long Foreign { get; init; }

    /// <summary>Datagrams and connections that are no RTP.</summary>
    public long Malformed { get; init; }

    /// <summary>How often packets had to be searched for in a TCP stream.</summary>
    public long Resyncs { get; init; }
}

/// <summary>The counters behind them.</summary>
internal sealed class ReceptionCounters
{
    public long Packets, Bytes, LostBefore, Foreign, Malformed, Resyncs;
}
