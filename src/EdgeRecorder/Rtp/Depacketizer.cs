using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>Where a depacketizer puts what it completed.</summary>
internal interface IDepacketizerOutput
{
    /// <param name="payload">Passes to the callee.</param>
    /// <param name="time">RTP time stamp, unwrapped.</param>
    void Unit(Payload payload, long time, bool isSync, bool lossBefore, long arrivalUs);

    /// <summary>A unit came to its end, whatever becomes of it: the source is alive.</summary>
    void Progress();

    /// <summary>Units dropped.</summary>
    void Lost(int count, string why);
}

/// <summary>Turns the payloads of one media stream into access units. Packets come in order of their sequence numbers. One thread.</summary>
internal abstract class Depacketizer(IDepacketizerOutput output) : IDisposable
{
    protected const string PacketLoss = "packet loss";

    protected IDepacketizerOutput Output => output;

    /// <param name="time">The packet's time stamp, unwrapped to 64 bits.</param>
    /// <param name="missing">Something before it never came.</param>
    /// <exception cref="ProtocolException">The payload cannot be meant; <see cref="Damage"/> is to be called and the next packet may come.</exception>
    public abstract void Add(in RtpPacket packet, long time, bool missing, long arrivalUs);

    /// <summary>The open unit cannot be completed: its last packet was refused.</summary>
    public abstract void Damage();

    /// <summary>The stream ended: what is complete is delivered.</summary>
    public abstract void End();

    public abstract void Dispose();
}
