using System.Buffers.Binary;

namespace EdgeRecorder.MpegPs;

internal enum HeadState : byte { Incomplete, Valid, Invalid }

internal enum ElementKind : byte { Pack, Map, Pes, Skipped, End }

/// <summary>Time stamps of a PES packet, 33 bits of 90 kHz.</summary>
internal readonly record struct PesStamps(long? Pts, long? Dts);

/// <summary>
/// What begins with 00 00 01 and a stream id in a program stream: pack header, program stream map, PES packet, and what is stepped over by its length. Of the latter nothing is
/// looked at: private streams and stuffing contain start codes.
/// </summary>
internal readonly record struct ElementHead
{
    /// <summary>A PES header with all its 255 bytes of options and stuffing.</summary>
    public const int LongestLength = 9 + byte.MaxValue;

    private const int MostMpeg1Stuffing = 32;               // ISO/IEC 11172-1 allows 16

    public ElementKind Kind { get; private init; }
    public byte StreamId { get; private init; }

    /// <summary>Bytes before the body.</summary>
    public int Length { get; private init; }

    /// <summary>Bytes of the body; null where the packet does not say (PES_packet_length 0).</summary>
    public int? BodyLength { get; private init; }

    public PesStamps Stamps { get; private init; }

    /// <param name="bytes">From the start code on.</param>
    public static HeadState Read(ReadOnlySpan<byte> bytes, out ElementHead head)
    {
        head = default;
        ReadOnlySpan<byte> startCode = [0, 0, 1];
        var seen = Math.Min(bytes.Length, 3);
        if (!bytes[..seen].SequenceEqual(startCode[..seen]))
            return HeadState.Invalid;
        if (bytes.Length < 4)
            return HeadState.Incomplete;
        var id = bytes[3];
        switch (id)
        {
            case < MpegPs.StreamId.End:
                return HeadState.Invalid;                   // a NAL unit's, or what video of MPEG-1 and 2 consists of
            case MpegPs.StreamId.End:
                head = new() { Kind = ElementKind.End, StreamId = id, Length = 4, BodyLength = 0 };
                return HeadState.Valid;
            case MpegPs.StreamId.Pack:
                return ReadPack(bytes, out head);
        }
        if (bytes.Length < 6)
            return HeadState.Incomplete;
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (MpegPs.StreamId.IsAudio(id) || MpegPs.StreamId.IsVideo(id))
            return ReadPes(bytes, id, length, out head);
        head = new() { Kind = id == MpegPs.StreamId.Map ? ElementKind.Map : ElementKind.Skipped, StreamId = id, Length = 6, BodyLength = length };
        return HeadState.Valid;
    }

    private static HeadState ReadPack(ReadOnlySpan<byte> bytes, out ElementHead head)
    {
        //  MPEG-2   01 SCR[32..30] 1 SCR[29..15] 1 SCR[14..0] 1 extension(9) 1 | mux_rate(22) 11 | 11111 stuffing_length(3) | stuffing
        //  MPEG-1   0010 SCR[32..30] 1 SCR[29..15] 1 SCR[14..0] 1 | 1 mux_rate(22) 1
        head = default;
        if (bytes.Length < 5)
            return HeadState.Incomplete;
        int length;
        if ((bytes[4] & 0xC4) == 0x44)
        {
            if (bytes.Length < 14)
                return HeadState.Incomplete;
            length = 14 + (bytes[13] & 7);                  // never searched: what stands there counts frames on some cameras, and looks like anything
        }
        else if ((bytes[4] & 0xF1) == 0x21)
            length = 12;
        else if (bytes[4] == 0)
        {
            if (bytes.Length < 7)
                return HeadState.Incomplete;
            if (bytes[5] != 0 || bytes[6] != 1)
                return HeadState.Invalid;
            length = 4;                                     // Hikvision, H.265: 00 00 01 BA 00 00 01 E0, nothing of the pack header but its start code
        }
        else
            return HeadState.Invalid;
        if (bytes.Length < length)
            return HeadState.Incomplete;
        head = new() { Kind = ElementKind.Pack, StreamId = bytes[3], Length = length, BodyLength = 0 };
        return HeadState.Valid;
    }

    private static HeadState ReadPes(ReadOnlySpan<byte> bytes, byte id, int length, out ElementHead head)
    {
        head = default;
        if (bytes.Length < 7)
            return HeadState.Incomplete;
        if ((bytes[6] & 0xC0) != 0x80)
            return ReadMpeg1Pes(bytes, id, length, out head);
        if (bytes.Length < 9)
            return HeadState.Incomplete;
        var options = bytes[8];
        var headLength = 9 + options;
        if (length != 0 && length < 3 + options)
        {
            head = new() { Kind = ElementKind.Skipped, StreamId = id, Length = 6, BodyLength = length };
            return HeadState.Valid;
        }
        if (bytes.Length < headLength)
            return HeadState.Incomplete;
        long? pts = null, dts = null;
        if ((bytes[7] & 0x80) != 0 && options >= 5)
            pts = ReadStamp(bytes[9..]);
        if ((bytes[7] & 0xC0) == 0xC0 && options >= 10)
            dts = ReadStamp(bytes[14..]);
        head = new() { Kind = ElementKind.Pes, StreamId = id, Length = headLength, BodyLength = length == 0 ? null : length - 3 - options, Stamps = new(pts, dts) };
        return HeadState.Valid;
    }

    /// <summary>ISO/IEC 11172-1, 2.4.3.3: stuffing FF, 01… buffer size, 0010… PTS or 0011… PTS and DTS or 0F.</summary>
    private static HeadState ReadMpeg1Pes(ReadOnlySpan<byte> bytes, byte id, int length, out ElementHead head)
    {
        head = default;
        var at = 6;
        while (at < bytes.Length && bytes[at] == 0xFF)
            if (++at - 6 > MostMpeg1Stuffing)
                return HeadState.Invalid;
        if (at < bytes.Length && (bytes[at] & 0xC0) == 0x40)
            at += 2;
        if (at >= bytes.Length)
            return HeadState.Incomplete;
        var size = (bytes[at] & 0xF0) switch { 0x20 => 5, 0x30 => 10, _ => bytes[at] == 0x0F ? 1 : 0 };
        if (size == 0 || length != 0 && length < at + size - 6)
            return HeadState.Invalid;
        if (bytes.Length < at + size)
            return HeadState.Incomplete;
        head = new()
        {
            Kind = ElementKind.Pes,
            StreamId = id,
            Length = at + size,
            BodyLength = length == 0 ? null : length - (at + size - 6),
            Stamps = new(size >= 5 ? ReadStamp(bytes[at..]) : null, size == 10 ? ReadStamp(bytes[(at + 5)..]) : null),
        };
        return HeadState.Valid;
    }

    /// <summary>xxxx [32..30] 1 | [29..15] 1 | [14..0] 1. Marker bits are not insisted on.</summary>
    private static long ReadStamp(ReadOnlySpan<byte> bytes)
        => (long)(bytes[0] >> 1 & 7) << 30 | (long)(BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]) >> 1) << 15 | (long)(BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]) >> 1);
}
