using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>What a client last said about what it received (RFC 3550, 6.4.1).</summary>
internal readonly record struct ReceptionReport(uint Ssrc, byte FractionLost, int CumulativeLost, uint HighestSequence, uint Jitter);

/// <summary>The RTCP packets a camera writes and reads (RFC 3550, 6).</summary>
internal static class Rtcp
{
    private const byte SenderReport = 200, ReceiverReport = 201, SourceDescription = 202, Goodbye = 203;

    /// <summary>Sender report and CNAME.</summary>
    /// <param name="ntp">Wall clock in seconds since 1970; becomes 32.32 fixed point since 1900.</param>
    public static byte[] WriteSenderReport(uint ssrc, double ntp, uint rtpTimestamp, uint packets, uint octets)
    {
        const double From1900 = 2_208_988_800;
        var packet = new byte[28 + 20];
        packet[0] = 0x80;
        packet[1] = SenderReport;
        U16(packet, 2, 6);
        U32(packet, 4, ssrc);
        U32(packet, 8, (uint)(long)(ntp + From1900));
        U32(packet, 12, (uint)(long)((ntp + From1900) % 1 * 4_294_967_296.0));
        U32(packet, 16, rtpTimestamp);
        U32(packet, 20, packets);
        U32(packet, 24, octets);

        var description = packet.AsSpan(28);
        description[0] = 0x81;
        description[1] = SourceDescription;
        U16(description, 2, 4);
        U32(description, 4, ssrc);
        description[8] = 1;                                    // CNAME
        description[9] = 9;
        "simulator"u8.CopyTo(description[10..]);               // the list ends with at least one zero byte, to a multiple of four
        return packet;
    }

    public static byte[] WriteBye(uint ssrc)
    {
        var packet = new byte[8];
        packet[0] = 0x81;
        packet[1] = Goodbye;
        U16(packet, 2, 1);
        U32(packet, 4, ssrc);
        return packet;
    }

    /// <summary>The report blocks of all receiver reports in a compound packet; stops where the packet makes no sense.</summary>
    public static List<ReceptionReport> ReadReports(ReadOnlySpan<byte> compound)
    {
        var reports = new List<ReceptionReport>();
        while (compound.Length >= 4)
        {
            var length = 4 * (BinaryPrimitives.ReadUInt16BigEndian(compound[2..]) + 1);
            if (length > compound.Length)
                break;
            if (compound[1] == ReceiverReport)
                for (int i = 0, at = 8; i < (compound[0] & 0x1F) && at + 24 <= length; i++, at += 24)
                    reports.Add(new ReceptionReport(
                        BinaryPrimitives.ReadUInt32BigEndian(compound[at..]),
                        compound[at + 4],
                        BinaryPrimitives.ReadInt32BigEndian(compound[(at + 4)..]) << 8 >> 8,
                        BinaryPrimitives.ReadUInt32BigEndian(compound[(at + 8)..]),
                        BinaryPrimitives.ReadUInt32BigEndian(compound[(at + 12)..])));
            compound = compound[length..];
        }
        return reports;
    }

    private static void U16(Span<byte> packet, int at, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(packet[at..], value);

    private static void U32(Span<byte> packet, int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(packet[at..], value);
}
