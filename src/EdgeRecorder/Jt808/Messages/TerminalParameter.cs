using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>One parameter of 0x0104 and 0x8103.</summary>
internal sealed record TerminalParameter(uint Id, ReadOnlyMemory<byte> Value)
{
    public const uint AudioVideo = 0x0075, ChannelTable = 0x0076;

    /// <summary>The items of 0x0104 behind its serial number; what runs over the end is left out.</summary>
    /// <exception cref="ProtocolException">Not even the count is there.</exception>
    public static IReadOnlyList<TerminalParameter> ParseList(ReadOnlySpan<byte> body, out ushort replyTo)
    {
        const int ItemHead = 5;
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        replyTo = reader.U16("reply serial");
        reader.U8("count");
        List<TerminalParameter> parameters = [];
        while (reader.Remaining >= ItemHead)
        {
            var (id, length) = (reader.U32("parameter ID"), reader.U8("length"));
            if (length > reader.Remaining)
                break;
            parameters.Add(new(id, reader.Bytes(length, "value").ToArray()));
        }
        return parameters;
    }
}

/// <summary>Parameter 0x0075: only what a recorder asks itself.</summary>
internal sealed record AudioVideoParameters(byte LiveResolution, byte LiveFramesPerSecond, uint LiveKilobitsPerSecond, byte StoredResolution, byte StoredFramesPerSecond, uint StoredKilobitsPerSecond, bool HasAudio)
{
    /// <exception cref="ProtocolException">It is shorter than the table.</exception>
    public static AudioVideoParameters Parse(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value, TerminalMessage.Protocol);
        reader.U8("live encoding mode");
        var liveResolution = reader.U8("live resolution");
        reader.U16("live sync interval");
        var liveRate = reader.U8("live frame rate");
        var liveBits = reader.U32("live bit rate");
        reader.U8("stored encoding mode");
        var storedResolution = reader.U8("stored resolution");
        reader.U16("stored sync interval");
        var storedRate = reader.U8("stored frame rate");
        var storedBits = reader.U32("stored bit rate");
        reader.U16("overlay");
        return new(liveResolution, liveRate, liveBits, storedResolution, storedRate, storedBits, reader.U8("audio") != 0);
    }
}

/// <summary>What a logical channel carries.</summary>
internal enum ChannelKind : byte { AudioVideo = 0, Audio = 1, Video = 2 }

/// <summary>One row of parameter 0x0076: which input a logical channel is.</summary>
internal sealed record ChannelTableRow(byte Physical, byte Logical, ChannelKind Kind, bool HasPtz)
{
    /// <summary>The rows that came: the three counts in front are not trusted.</summary>
    /// <exception cref="ProtocolException">It is shorter than its head.</exception>
    public static IReadOnlyList<ChannelTableRow> Parse(ReadOnlySpan<byte> value)
    {
        var reader = new ByteReader(value, TerminalMessage.Protocol);
        reader.Bytes(3, "channel counts");
        List<ChannelTableRow> rows = [];
        while (reader.Remaining >= 4)
            rows.Add(new(reader.U8("physical channel"), reader.U8("logical channel"), (ChannelKind)reader.U8("channel type"), reader.U8("PTZ") != 0));
        return rows;
    }
}
