using EdgeRecorder.Bytes;

namespace EdgeRecorder.Rtp;

/// <summary>One RTP data packet (RFC 3550, 5.1). Its payload is a slice of the network buffer.</summary>
internal readonly ref struct RtpPacket
{
    private const string Protocol = "RTP";

    public const int FixedHeaderLength = 12;

    public required bool Marker { get; init; }
    public required byte PayloadType { get; init; }
    public required ushort Sequence { get; init; }
    public required uint Timestamp { get; init; }
    public required uint Ssrc { get; init; }
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <exception cref="ProtocolException">A field does not fit.</exception>
    public static RtpPacket Parse(ReadOnlySpan<byte> datagram)
    {
        //  0                   1                   2                   3
        //  V=2|P|X|  CC   |M|     PT      |       sequence number        |
        //                           timestamp                            |
        //                             SSRC                               |
        //                  CSRC × CC, header extension                   |
        var reader = new ByteReader(datagram, Protocol);
        var first = reader.U8("V, P, X, CC");
        if (first >> 6 != 2)
            throw new ProtocolException(Protocol, 0, "version", $"{first >> 6} is not 2");
        var second = reader.U8("M, PT");
        var sequence = reader.U16("sequence number");
        var timestamp = reader.U32("timestamp");
        var ssrc = reader.U32("SSRC");
        reader.Bytes((first & 0x0F) * 4, "CSRC");
        if ((first & 0x10) != 0)
        {
            reader.U16("defined by profile");
            reader.Bytes(reader.U16("extension length") * 4, "header extension");
        }
        var payload = reader.Rest();
        if ((first & 0x20) != 0)
        {
            if (payload.IsEmpty || payload[^1] == 0 || payload[^1] > payload.Length)
                throw new ProtocolException(Protocol, datagram.Length - 1, "padding", "does not fit the payload");
            payload = payload[..^payload[^1]];
        }
        return new()
        {
            Marker = (second & 0x80) != 0,
            PayloadType = (byte)(second & 0x7F),
            Sequence = sequence,
            Timestamp = timestamp,
            Ssrc = ssrc,
            Payload = payload,
        };
    }

    /// <summary>Writes a packet without CSRC, extension and padding; returns its length.</summary>
    public int Write(Span<byte> target)
    {
        var writer = new ByteWriter(target);
        writer.U8(0x80);
        writer.U8((byte)((Marker ? 0x80 : 0) | PayloadType));
        writer.U16(Sequence);
        writer.U32(Timestamp);
        writer.U32(Ssrc);
        writer.Bytes(Payload);
        return writer.Offset;
    }
}
