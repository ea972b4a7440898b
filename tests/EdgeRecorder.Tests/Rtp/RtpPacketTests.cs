using EdgeRecorder.Bytes;
using EdgeRecorder.Rtp;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.Rtp;

public sealed class RtpPacketTests
{
    /// <summary>P, X, one CSRC, extension of one word, 3 bytes of payload, 2 of padding.</summary>
    private static readonly byte[] Everything = [0xB1, 0xE0, 0x12, 0x34, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4, 0xA, 0xB, 0xC, 0, 2];

    [Fact]
    public void Extension_sources_and_padding_are_no_payload()
    {
        var packet = RtpPacket.Parse(Everything);
        Assert.Equal((true, 96, 0x1234, 5u, 6u), (packet.Marker, packet.PayloadType, packet.Sequence, packet.Timestamp, packet.Ssrc));
        Assert.Equal([0xA, 0xB, 0xC], packet.Payload.ToArray());
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var bytes = new byte[16];
        var length = new RtpPacket { Marker = true, PayloadType = 8, Sequence = 9, Timestamp = 10, Ssrc = 11, Payload = [1, 2, 3, 4] }.Write(bytes);
        var packet = RtpPacket.Parse(bytes.AsSpan(0, length));
        Assert.Equal((true, 8, 9, 10u, 11u, 4), (packet.Marker, packet.PayloadType, packet.Sequence, packet.Timestamp, packet.Ssrc, packet.Payload.Length));
    }

    [Fact]
    public void Damage_raises_a_protocol_exception_and_nothing_else()
    {
        foreach (var bytes in Damage.Of(Everything))
        {
            try { RtpPacket.Parse(bytes); } catch (ProtocolException) { }
            try { Rtcp.Parse(bytes); } catch (ProtocolException) { }
        }
    }

    [Fact]
    public void A_receiver_report_says_what_was_lost_and_can_be_read()
    {
        var tracker = new SequenceTracker();
        foreach (ushort sequence in (ushort[])[65534, 65535, 0, 2, 3])
            tracker.Accept(sequence);
        var bytes = new byte[Rtcp.ReportLength];

        var length = Rtcp.WriteReceiverReport(bytes, 1, 2, tracker, 3, 4);

        Assert.Equal(bytes.Length, length);
        Assert.False(Rtcp.Parse(bytes).Bye);
        Assert.Equal((1L, (byte)42, 0x10003u), (tracker.CumulativeLost, bytes[12], tracker.ExtendedHighest));      // 1 of 6 in 1/256
    }

    [Fact]
    public void A_sender_report_gives_the_wall_clock()
    {
        byte[] report = [0x80, 200, 0, 6, 0, 0, 0, 9, 0xEC, 0x4A, 0x5D, 0x80, 0x80, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0];
        var parsed = Rtcp.Parse(report).Report!.Value;
        Assert.Equal((9u, 7u, true), (parsed.Ssrc, parsed.RtpTimestamp, parsed.IsPlausible));
        Assert.Equal((0xEC4A5D80L - 2_208_988_800) * 1_000_000 + 500_000, parsed.UnixUs);
        Assert.False(new SenderReport(1, 100UL << 32, 0).IsPlausible);
    }
}
