using System.Net;

namespace EdgeRecorder.Jt808;

/// <summary>Where the server listens and what it bears. The numbers are the specification's, section 6, unless a reason stands beside them.</summary>
internal sealed record TerminalServerOptions
{
    public IPAddress Bind { get; init; } = IPAddress.Any;

    /// <summary>0: any free one (tests).</summary>
    public required int Port { get; init; }

    /// <summary>False: a terminal that never authenticates is taken as authenticated by its first other message. Some never do; the standard does not allow it.</summary>
    public bool RequireAuthentication { get; init; } = true;

    /// <summary>True: any code of an approved terminal is right, for fleets that took their codes from another platform and do not register again.</summary>
    public bool AcceptAnyCode { get; init; }

    /// <summary>Connections that have not authenticated. One more closes the oldest, so that a terminal we know always gets its turn.</summary>
    public int MostPending { get; init; } = 1024;

    /// <summary>Of these from one address, older than <see cref="Grace"/>, and not of an approved terminal: a carrier's NAT may bring hundreds at once after a restart.</summary>
    public int MostPendingPerSource { get; init; } = 32;

    /// <summary>How long a connection may be silent before <see cref="MostPendingPerSource"/> counts: a few round trips of a bad mobile network.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Authenticated ones in all, and those among them that wait for approval. An approved one takes the place of one that waits.</summary>
    public int MostTerminals { get; init; } = 4096;
    public int MostWaiting { get; init; } = 256;

    public TimeSpan FirstFrame { get; init; } = TimeSpan.FromSeconds(15);
    public TimeSpan Authenticated { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>From the first byte of a frame to its end.</summary>
    public TimeSpan PartialFrame { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without a valid frame. Heartbeats come every 30 to 60 s.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>With something to send that the terminal does not take.</summary>
    public TimeSpan Write { get; init; } = TimeSpan.FromSeconds(10);

    public int MostBadFrames { get; init; } = 10;
    public TimeSpan BadFrameWindow { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Incomplete messages of all terminals together; 1 MiB of it one connection.</summary>
    public int AssemblyBytes { get; init; } = 16 * 1024 * 1024;
}
