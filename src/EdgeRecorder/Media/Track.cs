namespace EdgeRecorder.Media;

/// <summary>Codecs the ring stores as they come (DESIGN: AAC and G.711 untouched, H.264 and H.265).</summary>
public enum Codec { H264, H265, Aac, G711A, G711U }

/// <summary>One elementary stream of a source. Immutable: a change makes a new one.</summary>
public sealed record Track
{
    /// <summary>ISO/IEC 14496-12 track_ID: 1 video, 2 audio, fixed for every channel.</summary>
    public int Id => IsVideo ? 1 : 2;

    public required Codec Codec { get; init; }

    /// <summary>Ticks per second of its time stamps: 90 000 for video, the sampling rate for audio.</summary>
    public required int TimeScale { get; init; }

    public bool IsVideo => Codec is Codec.H264 or Codec.H265;

    /// <summary>Pixels after cropping, 0 while no parameter set is known.</summary>
    public int Width { get; init; }
    public int Height { get; init; }

    /// <summary>H.264: SPS, PPS. H.265: VPS, SPS, PPS. Whole NAL units without start code or length; empty until known.</summary>
    public IReadOnlyList<byte[]> ParameterSets { get; init; } = [];

    public int ChannelCount { get; init; }

    /// <summary>AAC: AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). Empty for G.711.</summary>
    public byte[] AudioSpecificConfig { get; init; } = [];

    /// <summary>Frames per second as the source announces it, 0 when it does not.</summary>
    public double FrameRate { get; init; }

    /// <summary>True when samples of both can stand in one track of one segment: parameter sets are in-band, so only codec and audio format count.</summary>
    public bool SameFormat(Track other)
        => Codec == other.Codec && TimeScale == other.TimeScale && ChannelCount == other.ChannelCount
           && AudioSpecificConfig.AsSpan().SequenceEqual(other.AudioSpecificConfig);
}
