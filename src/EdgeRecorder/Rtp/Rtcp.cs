using EdgeRecorder.Bytes;

namespace EdgeRecorder.Rtp;

/// <summary>What a sender report says of the source's clocks (RFC 3550, 6.4.1).</summary>
/// <param name="NtpTimestamp">Seconds since 1900 in the upper 32 bits, fraction in the lower.</param>
internal readonly record struct SenderReport(uint Ssrc, ulong NtpTimestamp, uint RtpTimestamp)
{
    private const long UnixEpochInNtp = 2_208_988_800;
    private const long Year2024 = 1_704_067_200;

    /// <summary>Unix microseconds in NTP's era; any origin where the source's clock has none.</summary>
    public long UnixUs => ((long)(NtpTimestamp >> 32) - UnixEpochInNtp) * 1_000_000 + (long)((NtpTimestamp & 0xFFFF_FFFF) * 1_000_000 >> 32);

    /// <summary>Cameras without a set clock count from 1970, 2000 or their start.</summary>
    public bool IsPlausible => UnixUs / 1_000_000 is >= Year2024 and < Year2024 + 100L * 366 * 86_400;
}

/// <summary>One compound packet: what of it concerns a receiver.</summary>
internal readonly record struct RtcpCompound(SenderReport? Report, bool Bye);

/// <summary>RTP control protocol (RFC 3550, section 6), as a receiver speaks it.</summary>
internal static class Rtcp
{
    private const string Protocol = "RTCP";

    public const byte SenderReportType = 200;
    private const byte ReceiverReportType = 201;
    private const byte SourceDescriptionType = 202;
    private const byte ByeType = 203;

    /// <summary>RR with one block, SDES with CNAME.</summary>
    public const int ReportLength = 32 + 24;

    /// <summary>Whether a datagram on a data channel is a control packet (RFC 5761, section 4).</summary>
    public static bool IsControl(ReadOnlySpan<byte> datagram) => datagram.Length >= 2 && datagram[1] is >= 192 and <= 223;

    /// <exception cref="ProtocolException">A field does not fit.</exception>
    public static RtcpCompound Parse(ReadOnlySpan<byte> compound)
    {
        var reader = new ByteReader(compound, Protocol);
        SenderReport? report = null;
        var bye = false;
        while (reader.Remaining > 0)
        {
            var start = reader.Offset;
            if (reader.U8("V, P, count") >> 6 != 2)
                throw new ProtocolException(Protocol, start, "version", "is not 2");
            var type = reader.U8("PT");
            var body = reader.Bytes(reader.U16("length") * 4, "body");
            if (type == SenderReportType)
                report = ReadSenderReport(body);
            bye |= type == ByeType;
        }
        return new(report, bye);
    }

    private static SenderReport ReadSenderReport(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, Protocol);
        return new(reader.U32("SSRC of sender"), reader.U64("NTP timestamp"), reader.U32("RTP timestamp"));
    }

    /// <summary>Writes a receiver report on one source with an SDES behind it; returns its length.</summary>
    /// <param name="lastReport">The middle 32 bits of the last SR's NTP time stamp, 0 without one.</param>
    /// <param name="sinceLastReport">Delay since it came, in 1/65536 s.</param>
    public static int WriteReceiverReport(Span<byte> target, uint ownSsrc, uint sourceSsrc, SequenceTracker tracker, uint lastReport, uint sinceLastReport)
    {
        var writer = new ByteWriter(target);
        writer.U8(0x81);
        writer.U8(ReceiverReportType);
        writer.U16(7);
        writer.U32(ownSsrc);
        writer.U32(sourceSsrc);
        var lost = Math.Clamp(tracker.CumulativeLost, -0x80_0000, 0x7F_FFFF);
        writer.U32((uint)tracker.TakeFractionLost() << 24 | (uint)lost & 0xFF_FFFF);
        writer.U32(tracker.ExtendedHighest);
        writer.U32(tracker.Jitter);
        writer.U32(lastReport);
        writer.U32(sinceLastReport);
        //  SDES: SSRC, CNAME = 1, length, text, zeros up to a multiple of 4
        writer.U8(0x81);
        writer.U8(SourceDescriptionType);
        writer.U16(5);
        writer.U32(ownSsrc);
        writer.U8(1);
        writer.U8(12);
        writer.Bytes("edgerecorder"u8);
        writer.Zeros(2);
        return writer.Offset;
    }
}
