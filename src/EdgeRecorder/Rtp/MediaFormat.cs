using EdgeRecorder.Media;

namespace EdgeRecorder.Rtp;

/// <summary>What a description says of one media stream: enough to make its depacketizer and its first <see cref="Media.Track"/>.</summary>
internal sealed record MediaFormat
{
    /// <summary>As announced; without parameter sets when they come in-band only.</summary>
    public required Track Track { get; init; }

    public required byte PayloadType { get; init; }

    /// <summary>Ticks per second of its RTP time stamps. For video other than <see cref="Track.TimeScale"/> when a camera strays from 90 000.</summary>
    public required int ClockRate { get; init; }

    /// <summary>Layout of AAC payloads; null for everything else.</summary>
    public AacPayloadFormat? Aac { get; init; }

    /// <summary>AAC as MP4A-LATM: samples per frame; 0 for everything else.</summary>
    public int LatmSamplesPerFrame { get; init; }

    /// <summary>H.265: sprop-max-don-diff &gt; 0.</summary>
    public bool HasDon { get; init; }

    public Depacketizer CreateDepacketizer(IDepacketizerOutput output)
    {
        if (Track.IsVideo)
        {
            VideoDepacketizer video = Track.Codec == Codec.H264 ? new H264Depacketizer(output) : new H265Depacketizer(output, HasDon);
            foreach (var set in Track.ParameterSets)
                video.Picture.Sets.Add(set);
            return video;
        }
        if (Track.Codec != Codec.Aac)
            return new G711Depacketizer(output);
        return LatmSamplesPerFrame > 0 ? new LatmDepacketizer(output, LatmSamplesPerFrame) : new AacDepacketizer(output, Aac ?? AacPayloadFormat.HighBitRate);
    }
}
