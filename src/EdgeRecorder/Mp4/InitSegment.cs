using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>`ftyp` and `moov` of a stream: what stands at the head of a segment, and of every download and live stream.</summary>
/// <param name="Tracks">In track_ID order; at most one video and one audio.</param>
/// <param name="Bytes">ftyp + moov, ready to write. Below 3 KiB, so that a segment's header fits its first page.</param>
public sealed record InitSegment(IReadOnlyList<Track> Tracks, byte[] Bytes)
{
    /// <summary>True when fragments made for the one play behind the other: same codecs, time scales and audio formats (DESIGN section 4, Parameter sets).</summary>
    public bool SameFormat(InitSegment other)
        => Tracks.Count == other.Tracks.Count && Tracks.Zip(other.Tracks).All(pair => pair.First.SameFormat(pair.Second));
}
