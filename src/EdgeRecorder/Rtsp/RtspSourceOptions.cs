namespace EdgeRecorder.Rtsp;

/// <summary>How media comes: auto tries TCP and takes UDP where a camera refuses it; udp goes back to TCP where no packet comes through.</summary>
internal enum RtspTransport : byte { Auto, Tcp, Udp }

/// <summary>One camera.</summary>
internal sealed record RtspSourceOptions
{
    /// <summary>rtsp://user:password@host:port/path; the credentials go to this host only and into no log.</summary>
    public required string Url { get; init; }

    public RtspTransport Transport { get; init; }

    public bool Audio { get; init; } = true;

    /// <summary>Per connection attempt and per request.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Without a completed picture (audio only: frame).</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>UDP without any packet: a firewall or NAT stands between.</summary>
    public TimeSpan UdpSilence { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Video that comes without parameter sets.</summary>
    public TimeSpan DescriptionTimeout { get; init; } = TimeSpan.FromSeconds(8);

    public int MostRedirects { get; init; } = 5;
}
