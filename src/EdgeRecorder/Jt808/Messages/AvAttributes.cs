using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>0x1003: what the terminal says of its audio and video. A hint; codec numbers are those of 1078 payload types.</summary>
internal sealed record AvAttributes
{
    public required byte AudioCodec { get; init; }
    public required byte AudioChannels { get; init; }

    /// <summary>Null for a number the table does not have.</summary>
    public required int? SampleRateHz { get; init; }

    public required int? SampleBits { get; init; }
    public required ushort AudioFrameLength { get; init; }
    public required bool HasAudioOutput { get; init; }
    public required byte VideoCodec { get; init; }
    public required byte MostAudioChannels { get; init; }
    public required byte MostVideoChannels { get; init; }

    /// <exception cref="ProtocolException">It is shorter than the table.</exception>
    public static AvAttributes Parse(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        return new()
        {
            AudioCodec = reader.U8("audio codec"),
            AudioChannels = reader.U8("audio channels"),
            SampleRateHz = reader.U8("sample rate") switch { 0 => 8000, 1 => 22_050, 2 => 44_100, 3 => 48_000, _ => null },
            SampleBits = reader.U8("sample bits") switch { 0 => 8, 1 => 16, 2 => 32, _ => null },
            AudioFrameLength = reader.U16("audio frame length"),
            HasAudioOutput = reader.U8("audio output") != 0,
            VideoCodec = reader.U8("video codec"),
            MostAudioChannels = reader.U8("most audio channels"),
            MostVideoChannels = reader.U8("most video channels"),
        };
    }
}
