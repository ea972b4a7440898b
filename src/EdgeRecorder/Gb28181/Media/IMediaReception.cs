using System.Net;
using EdgeRecorder.Media;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>Takes the media of sessions that are to be agreed on by INVITE: one pair of ports each.</summary>
internal interface IMediaReception
{
    /// <summary>
    /// Opens a pair of ports, UDP and TCP on the same numbers, before the INVITE says them. Nothing is taken until <see cref="IMediaSession.Expect"/> says from whom; what comes earlier from
    /// there waits in the kernel.
    /// </summary>
    /// <exception cref="SourceException">There is no free pair.</exception>
    IMediaSession Open(IMediaTap tap);
}

/// <summary>Who may send, and what; known with the answer to the INVITE.</summary>
internal sealed record MediaPeer
{
    /// <summary>The address signalling comes from, and that of the answer's c= line where it is another. Empty: anybody who sends the right SSRC.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>y= of the answer, else of the offer.</summary>
    public uint? Ssrc { get; init; }

    /// <summary>What payload types stand for, as the answer says.</summary>
    public IReadOnlyList<PayloadFormat> Formats { get; init; } = PayloadFormat.Offered;

    /// <summary>Of the offer and its answer: what the answer leaves out is as the offer has it.</summary>
    /// <param name="signalling">Where the answer came from.</param>
    public static MediaPeer Of(GbDescription offer, GbDescription answer, IPAddress signalling) => new()
    {
        Addresses = answer.Address is { } media && !media.Equals(signalling) && !media.Equals(IPAddress.Any) ? [signalling, media] : [signalling],
        Ssrc = answer.Ssrc ?? offer.Ssrc,
        Formats = answer.Formats.Count > 0 ? answer.Formats : offer.Formats,
    };
}

/// <summary>One session. Its members may be used from any thread; disposed, no call to its tap comes any more.</summary>
internal interface IMediaSession : IDisposable
{
    /// <summary>The even port, for m=.</summary>
    int Port { get; }

    void Expect(MediaPeer peer);

    /// <summary>TCP, the device listens: connects to where its answer says, which has to be one of the peer's addresses.</summary>
    /// <exception cref="SourceException">The address is none of the peer's, or nobody took the connection.</exception>
    Task ConnectAsync(IPEndPoint device, CancellationToken stop);

    /// <summary>Who sends; null before anybody did.</summary>
    IPEndPoint? Source { get; }

    /// <summary>The SSRC that comes, whatever was agreed on.</summary>
    uint? Ssrc { get; }

    /// <summary>Packets taken, and those that should have come between them.</summary>
    long Packets { get; }
    long LostPackets { get; }

    /// <summary>Packets and connections that were refused.</summary>
    long Foreign { get; }

    /// <summary>What comes and is not recorded.</summary>
    IReadOnlyList<string> NotRecorded { get; }

    /// <summary>No media since then (CLOCK_BOOTTIME), or since it was opened. What that means, the caller knows: between pause and resume nothing.</summary>
    long SilentSinceUs { get; }

    /// <summary>Every byte is taken as it comes, instead of many with one wake-up.</summary>
    bool LowLatency { get; set; }

    /// <summary>Delivers now what has arrived and is still being gathered. Not under a lock that the tap takes.</summary>
    void Drain();
}
