using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>RTP payload format for H.265 (RFC 7798) on one RTP stream.</summary>
/// <param name="hasDon">sprop-max-don-diff &gt; 0: DONL and DOND fields are there. They are skipped; transmission order is taken as decoding order.</param>
internal sealed class H265Depacketizer(IDepacketizerOutput output, bool hasDon) : VideoDepacketizer(Codec.H265, output)
{
    private const string Protocol = "RTP H.265";

    protected override void ReadPayload(ReadOnlySpan<byte> payload)
    {
        if (AnnexB.StartsWithStartCode(payload))
        {
            foreach (var nal in AnnexB.Split(payload))      // an Annex B stream cut into packets: seen from cheap encoders' SDKs
                Nal(nal);
            return;
        }
        switch (payload[0] >> 1 & 0x3F)                     // RFC 7798, 4.4
        {
            case 48:
                ReadAggregate(payload);
                break;
            case 49:
                ReadFragment(payload);
                break;
            case 50:
                Unsupported("PACI is not supported");
                break;
            case < 48:
                ReadSingle(payload);
                break;
        }
    }

    private void ReadSingle(ReadOnlySpan<byte> payload)
    {
        if (!hasDon)
        {
            Nal(payload);
            return;
        }
        var reader = new ByteReader(payload, Protocol);
        var header = reader.Bytes(2, "PayloadHdr");
        reader.U16("DONL");
        Fragment(header, reader.Rest(), isStart: true, isEnd: true);
    }

    private void ReadAggregate(ReadOnlySpan<byte> payload)
    {
        var reader = new ByteReader(payload, Protocol);
        reader.U16("PayloadHdr");
        for (var donLength = 2; reader.Remaining > 0; donLength = 1)
        {
            if (hasDon)
                reader.Bytes(donLength, "DONL, DOND");
            Nal(reader.Bytes(reader.U16("NALU size"), "NAL unit"));
        }
    }

    private void ReadFragment(ReadOnlySpan<byte> payload)
    {
        var reader = new ByteReader(payload, Protocol);
        var first = reader.U8("PayloadHdr");
        var second = reader.U8("PayloadHdr");
        var header = reader.U8("FU header");                // S E FuType
        var isStart = (header & 0x80) != 0;
        if (hasDon && isStart)
            reader.U16("DONL");
        Fragment([(byte)(first & 0x81 | (header & 0x3F) << 1), second], reader.Rest(), isStart, isEnd: (header & 0x40) != 0);
    }
}
