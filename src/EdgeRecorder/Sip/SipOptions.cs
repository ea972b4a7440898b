using System.Net;

namespace EdgeRecorder.Sip;

/// <summary>Where the box speaks SIP and what it bears.</summary>
internal sealed record SipOptions
{
    public IPAddress Bind { get; init; } = IPAddress.Any;

    /// <summary>UDP and TCP alike. 0: any free one (tests).</summary>
    public required int Port { get; init; }

    /// <summary>What stands in our Via and Contact; null: the address of ours that the peer is reached from.</summary>
    public string? Host { get; init; }

    /// <summary>The kernel's buffer: hundreds of devices speak at once after a power cut.</summary>
    public int ReceiveBuffer { get; init; } = 4 * 1024 * 1024;

    /// <summary>Of a flow nobody vouches for (<see cref="SipFlow.IsKnown"/>), and how many it may send at once.</summary>
    public int MessagesPerSecond { get; init; } = 10;
    public int Burst { get; init; } = 60;

    /// <summary>Of a flow of a registered device: catalogs come with an entry a message.</summary>
    public int KnownMessagesPerSecond { get; init; } = 100;
    public int KnownBurst { get; init; } = 1000;

    /// <summary>Of all unknown flows of one address together: behind a carrier's NAT there may be hundreds of devices.</summary>
    public int AddressMessagesPerSecond { get; init; } = 500;
    public int AddressBurst { get; init; } = 4000;

    /// <summary>TCP connections: in all, nobody vouches for, and these from one address once they are older than <see cref="Grace"/>.</summary>
    public int MostConnections { get; init; } = 4096;
    public int MostUnknown { get; init; } = 1024;
    public int MostUnknownPerAddress { get; init; } = 32;
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan FirstMessage { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From accept until somebody vouches for the connection.</summary>
    public TimeSpan Known { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>From the first byte of a message to its last.</summary>
    public TimeSpan PartialMessage { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>With something to send that the peer does not take.</summary>
    public TimeSpan Write { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Incomplete messages of all connections together.</summary>
    public int AssemblyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Answers that are remembered to be repeated: in all, and of one flow.</summary>
    public int MostTransactions { get; init; } = 16_384;
    public int MostTransactionsPerFlow { get; init; } = 256;

    public int MostDialogs { get; init; } = 4096;

    /// <summary>Tags, branches and Call-IDs; fixed in tests.</summary>
    public Func<string> NewToken { get; init; } = () => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
}

/// <summary>The times of RFC 3261, table 4.</summary>
internal static class SipTimes
{
    /// <summary>Round trip.</summary>
    public static readonly TimeSpan T1 = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause between two sendings.</summary>
    public static readonly TimeSpan T2 = TimeSpan.FromSeconds(4);

    /// <summary>How long a message lives in the network.</summary>
    public static readonly TimeSpan T4 = TimeSpan.FromSeconds(5);

    /// <summary>B, D, F, H, J, L, M: 32 s.</summary>
    public static readonly TimeSpan Patience = 64 * T1;
}
