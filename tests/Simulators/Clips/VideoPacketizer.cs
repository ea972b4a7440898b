using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.Clips;

/// <summary>
/// Cuts pictures into RTP payloads: H.264 by RFC 6184 (single NAL unit, STAP-A 5.7.1, FU-A 5.8), H.265 by RFC 7798 (single NAL unit, AP 4.4.2, FU 4.4.3).
/// </summary>
internal sealed class VideoPacketizer(VideoCodec codec, RtpTrackBuilder builder, PacketizerOptions options)
{
    private readonly int _nalHeader = codec == VideoCodec.H264 ? 1 : 2;

    /// <summary>Packetizes one picture; returns the bytes of its NAL units that were sent.</summary>
    public int Add(ReadOnlySpan<byte> stream, Picture picture)
    {
        var nals = new List<Range>();
        foreach (var range in picture.NalUnits)
            if (options.InBandParameterSets || !NalUnits.IsParameterSet(stream[range], codec))
                nals.Add(range);

        for (var i = 0; i < nals.Count;)
        {
            var together = options.Aggregate ? FittingTogether(stream, nals, i) : 1;
            var isLast = i + together == nals.Count;
            if (together > 1)
                Aggregation(stream, nals.GetRange(i, together), Marker(isLast));
            else if (Length(stream, nals[i]) <= options.MaxPayload)
                builder.Packet([], stream[nals[i]], Marker(isLast));
            else
                Fragments(stream[nals[i]], Marker(isLast));
            i += together;
        }
        var bytes = 0;
        foreach (var range in nals)
            bytes += Length(stream, range);
        return bytes;
    }

    private bool Marker(bool isLast) => options.Marker switch
    {
        MarkerRule.AccessUnit => isLast,
        MarkerRule.NalUnit => true,
        _ => false,
    };

    private static int Length(ReadOnlySpan<byte> stream, Range range) => stream[range].Length;

    private int FittingTogether(ReadOnlySpan<byte> stream, List<Range> nals, int first)
    {
        var size = _nalHeader;
        var count = 0;
        while (first + count < nals.Count && size + 2 + Length(stream, nals[first + count]) <= options.MaxPayload)
            size += 2 + Length(stream, nals[first + count++]);
        return Math.Max(count, 1);
    }

    private void Aggregation(ReadOnlySpan<byte> stream, List<Range> nals, bool marker)
    {
        using var payload = new MemoryStream();
        Span<byte> size = stackalloc byte[2];
        payload.Write(codec == VideoCodec.H264 ? [AggregationHeader(stream, nals)] : [48 << 1, 1]);
        foreach (var range in nals)
        {
            BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)Length(stream, range));
            payload.Write(size);
            payload.Write(stream[range]);
        }
        builder.Packet([], payload.GetBuffer().AsSpan(0, (int)payload.Length), marker);
    }

    /// <summary>STAP-A is type 24; F is the OR and NRI the maximum of what it carries (RFC 6184, 5.7).</summary>
    private static byte AggregationHeader(ReadOnlySpan<byte> stream, List<Range> nals)
    {
        int nri = 0, forbidden = 0;
        foreach (var range in nals)
        {
            nri = Math.Max(nri, stream[range][0] & 0x60);
            forbidden |= stream[range][0] & 0x80;
        }
        return (byte)(forbidden | nri | 24);
    }

    private void Fragments(ReadOnlySpan<byte> nal, bool marker)
    {
        var type = NalUnits.Type(nal, codec);
        Span<byte> head = stackalloc byte[_nalHeader + 1];
        if (codec == VideoCodec.H264)
        {
            head[0] = (byte)(nal[0] & 0xE0 | 28);              // F and NRI of the NAL unit, type FU-A
        }
        else
        {
            head[0] = (byte)(nal[0] & 0x81 | 49 << 1);         // F and the first bit of the layer id, type FU
            head[1] = nal[1];
        }
        var body = nal[_nalHeader..];
        var largest = options.MaxPayload - head.Length;
        for (var at = 0; at < body.Length; at += largest)
        {
            var part = body[at..Math.Min(at + largest, body.Length)];
            var isEnd = at + part.Length == body.Length;
            head[^1] = (byte)(type | (at == 0 ? 0x80 : 0) | (isEnd ? 0x40 : 0));
            builder.Packet(head, part, marker && isEnd);
        }
    }
}
