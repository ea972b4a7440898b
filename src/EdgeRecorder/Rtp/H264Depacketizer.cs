using EdgeRecorder.Bytes;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>RTP payload format for H.264 (RFC 6184), packetization modes 0 and 1.</summary>
internal sealed class H264Depacketizer(IDepacketizerOutput output) : VideoDepacketizer(Codec.H264, output)
{
    private const string Protocol = "RTP H.264";

    protected override void ReadPayload(ReadOnlySpan<byte> payload)
    {
        switch (payload[0] & 0x1F)                          // RFC 6184, table 1
        {
            case >= 1 and <= 23:
                Nal(payload);
                break;
            case 24:
                ReadAggregate(payload[1..]);
                break;
            case 25:                                        // STAP-B: 16 bits of DON; in decoding order where nothing is interleaved
                ReadAggregate(AfterDon(payload[1..]));
                break;
            case 28:
                ReadFragment(payload, donLength: 0);
                break;
            case 29:
                ReadFragment(payload, donLength: 2);
                break;
            case 26 or 27:
                Unsupported("MTAP (interleaved mode) is not supported");
                break;
            case 0 when AnnexB.StartsWithStartCode(payload):    // an Annex B stream cut into packets: seen from cheap encoders' SDKs
                foreach (var nal in AnnexB.Split(payload))
                    Nal(nal);
                break;
        }
    }

    private void ReadAggregate(ReadOnlySpan<byte> units)
    {
        var reader = new ByteReader(units, Protocol);
        while (reader.Remaining > 0)
            Nal(reader.Bytes(reader.U16("NAL unit size"), "NAL unit"));
    }

    private void ReadFragment(ReadOnlySpan<byte> payload, int donLength)
    {
        var reader = new ByteReader(payload, Protocol);
        var indicator = reader.U8("FU indicator");
        var header = reader.U8("FU header");                // S E R type
        var isStart = (header & 0x80) != 0;
        reader.Bytes(isStart ? donLength : 0, "DON");
        Fragment([(byte)(indicator & 0xE0 | header & 0x1F)], reader.Rest(), isStart, isEnd: (header & 0x40) != 0);
    }

    private static ReadOnlySpan<byte> AfterDon(ReadOnlySpan<byte> units)
    {
        var reader = new ByteReader(units, Protocol);
        reader.U16("DON");
        return reader.Rest();
    }
}
