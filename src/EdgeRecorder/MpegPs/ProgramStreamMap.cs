using EdgeRecorder.Bytes;

namespace EdgeRecorder.MpegPs;

/// <summary>One line of a program stream map.</summary>
internal readonly record struct MappedStream(byte Type, byte Id);

/// <summary>
/// program_stream_map (ISO/IEC 13818-1, 2.5.4): which codec each stream has, as its sender says. The CRC is not looked at (Hikvision stores it byte-swapped, others
/// store zeros), nor are descriptors (some are no tag and length).
/// </summary>
internal static class ProgramStreamMap
{
    public const int MostStreams = 16;
    private const int CrcLength = 4;

    /// <summary>Reads what stands behind program_stream_map_length; returns how many streams it names. What does not fit ends the list.</summary>
    public static int Read(ReadOnlySpan<byte> body, Span<MappedStream> streams)
    {
        //  current_next, version | FF | program_stream_info_length, descriptors | elementary_stream_map_length, streams | CRC_32
        if (body.Length < 6)
            return 0;
        var at = 4 + (body[2] << 8 | body[3]);
        if (at + 2 > body.Length)
            return 0;
        var mapLength = body[at] << 8 | body[at + 1];
        at += 2;
        // The length of the whole is believed over that of the list, unless a list without a CRC behind it fills the whole.
        var end = at + mapLength == body.Length ? body.Length : body.Length - CrcLength;
        var count = 0;
        while (at + 4 <= end && count < Math.Min(MostStreams, streams.Length))
        {
            streams[count++] = new(body[at], body[at + 1]);
            at += 4 + (body[at + 2] << 8 | body[at + 3]);
        }
        return count;
    }

    /// <summary>Writes the whole element with a right CRC; returns its length.</summary>
    public static int Write(Span<byte> target, ReadOnlySpan<MappedStream> streams)
    {
        var writer = new ByteWriter(target);
        writer.U32(0x0000_0100 | StreamId.Map);
        writer.U16((ushort)(10 + 4 * streams.Length));
        writer.U8(0xE0);                                    // current, version 0
        writer.U8(0xFF);
        writer.U16(0);
        writer.U16((ushort)(4 * streams.Length));
        foreach (var stream in streams)
        {
            writer.U8(stream.Type);
            writer.U8(stream.Id);
            writer.U16(0);
        }
        writer.U32(MpegCrc.Of(target[..writer.Offset]));
        return writer.Offset;
    }
}
