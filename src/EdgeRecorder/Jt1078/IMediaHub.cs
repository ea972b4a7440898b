using System.Net;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt1078;

/// <summary>What is asked for; a port each, because a packet says neither which stream it is nor whether it is live.</summary>
internal enum MediaKind : byte { Main, Sub, Playback }

/// <summary>Where terminals send media. Takes what was asked for; everything else is refused and counted.</summary>
internal interface IMediaHub
{
    /// <summary>
    /// Media of this terminal's channel that comes on the port of <paramref name="kind"/> goes to <paramref name="tap"/> until the lease is disposed. After that no call
    /// comes any more; the connection stays open for a while, so that a lease that follows goes on with it.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is a lease for it already.</exception>
    IMediaLease Expect(MediaKind kind, SimNumber sim, byte channel, ITerminalTap tap, AudioHint hint);

    /// <summary>The port that a terminal is to be told, TCP and UDP; 0 when it is closed.</summary>
    int PortOf(MediaKind kind);
}

/// <summary>The right to one stream. Properties and <see cref="TakeLoss"/> may be used from any thread and never wait for the tap.</summary>
internal interface IMediaLease : IDisposable
{
    /// <summary>Packets since the last call, for 0x9105.</summary>
    LossFigures TakeLoss();

    /// <summary>Packets of the stream in all: whether they still come, also while no picture can be made of them.</summary>
    long Packets { get; }

    /// <summary>Who sends them; null while nobody does.</summary>
    IPEndPoint? Source { get; }

    /// <summary>What comes and is not recorded, each named once: codecs we do not know.</summary>
    IReadOnlyList<string> Skipped { get; }

    /// <summary>Every byte is taken as it comes, instead of many with one wake-up.</summary>
    bool LowLatency { get; set; }

    /// <summary>Delivers now what has arrived and is still being gathered. Not under a lock that the tap takes.</summary>
    void Drain();
}

/// <summary>What the hub calls, from one thread at a time, on the connection's own.</summary>
internal interface ITerminalTap : IMediaTap
{
    /// <summary>Body of a passthrough packet (data type 4), gone after the call.</summary>
    void Passthrough(ReadOnlySpan<byte> body);
}

/// <param name="Received">Packets that came.</param>
/// <param name="Lost">Packets that should have come between them.</param>
internal readonly record struct LossFigures(long Received, long Lost)
{
    /// <summary>As 0x9105 wants it: whole per cent, rounded down.</summary>
    public byte Percent => Received + Lost == 0 ? (byte)0 : (byte)(Lost * 100 / (Received + Lost));
}
