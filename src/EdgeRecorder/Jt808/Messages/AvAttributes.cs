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
}
