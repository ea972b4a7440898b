using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>0x1005: who got on and off between two times (as sent, see <see cref="WireTime"/>).</summary>
internal sealed record PassengerFlow(DateTime? From, DateTime? To, ushort Boarded, ushort Left)
{
    /// <exception cref="ProtocolException">It is shorter than the table.</exception>
    public static PassengerFlow Parse(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        return new(WireTime.Read(ref reader, "start"), WireTime.Read(ref reader, "end"), reader.U16("boarded"), reader.U16("left"));
    }
}
