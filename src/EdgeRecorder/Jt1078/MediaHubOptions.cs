using System.Net;

namespace EdgeRecorder.Jt1078;

/// <summary>Where media comes in, and what strangers may cost.</summary>
internal sealed record MediaHubOptions
{
    /// <summary>Listen here. The default takes IPv4 and IPv6.</summary>
    public IPAddress Address { get; init; } = IPAddress.IPv6Any;

    /// <summary>TCP and UDP of live main streams; null closes both, 0 takes a free one.</summary>
    public int? MainPort { get; init; } = 1078;
    public int? SubPort { get; init; } = 1079;
    public int? PlaybackPort { get; init; } = 1080;

    /// <summary>Connections that have brought nothing yet that was asked for; the oldest goes when there are more.</summary>
    public int MostUnproven { get; init; } = 1024;

    /// <summary>The same of one address, besides one for each stream that is asked for: terminals behind a carrier's NAT share theirs.</summary>
    public int MostUnprovenPerAddress { get; init; } = 32;

    /// <summary>How long a connection may bring nothing that was asked for.</summary>
    public TimeSpan Unproven { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first byte of a packet to its last.</summary>
    public TimeSpan PartialPacket { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection with streams may be silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What one stream may bring on average over ten seconds; a whole connection with none may bring as much.</summary>
    public long MostBitsPerSecond { get; init; } = 32_000_000;

    /// <summary>Terminals send stored footage as fast as the link goes.</summary>
    public long MostPlaybackBitsPerSecond { get; init; } = 256_000_000;

    public int? PortOf(MediaKind kind) => kind switch
    {
        MediaKind.Main => MainPort,
        MediaKind.Sub => SubPort,
        _ => PlaybackPort,
    };
}
