using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>What audio formats share: every unit is a sync sample, a loss costs only what was lost.</summary>
internal abstract class AudioDepacketizer(IDepacketizerOutput output) : Depacketizer(output)
{
    private bool _lossBefore;

    protected PayloadWriter Writer { get; } = new(ChunkPool.Audio);

    public override void Damage()
    {
        Writer.Discard();
        _lossBefore = true;
        Output.Lost(1, PacketLoss);
    }

    public override void End() => Writer.Discard();

    public override void Dispose() => Writer.Dispose();

    protected void Deliver(long time, long arrivalUs)
    {
        if (Writer.Length == 0)
            return;
        var lossBefore = _lossBefore;
        _lossBefore = false;
        Output.Progress();
        Output.Unit(Writer.Take(), time, isSync: true, lossBefore, arrivalUs);
    }
}

/// <summary>G.711 A-law and µ-law (RFC 3551, 4.5.14): a packet's payload is the access unit.</summary>
internal sealed class G711Depacketizer(IDepacketizerOutput output) : AudioDepacketizer(output)
{
    public override void Add(in RtpPacket packet, long time, bool missing, long arrivalUs)
    {
        if (missing)
            Damage();
        Writer.Write(packet.Payload);
        Deliver(time, arrivalUs);
    }
}
