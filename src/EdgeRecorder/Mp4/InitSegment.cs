using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.Mp4;

/// <summary>`ftyp` and `moov` of a stream: what stands at the head of a segment, and of every download and live stream.</summary>
/// <param name="Tracks">In track_ID order; at most one video and one audio.</param>
/// <param name="Bytes">ftyp + moov, ready to write. Below 3 KiB, so that a segment's header fits its first page.</param>
public sealed record InitSegment(IReadOnlyList<Track> Tracks, byte[] Bytes)
{
    /// <summary>Parameter sets that would not fit are left to the samples, where they stand too.</summary>
    public const int LongestBytes = 3 * 1024;

    /// <summary>Longest AudioSpecificConfig that is taken; the longest in use have some 30 bytes.</summary>
    public const int LongestAudioConfig = 1024;

    /// <param name="tracks">At most one video and one audio, in any order.</param>
    /// <param name="duration90k">Length of all that follows, 0 when it is not known.</param>
    /// <exception cref="ProtocolException">The source's AudioSpecificConfig is longer than <see cref="LongestAudioConfig"/>.</exception>
    public static InitSegment Build(IEnumerable<Track> tracks, ulong duration90k = 0)
    {
        var ordered = tracks.OrderBy(track => track.Id).ToArray();
        foreach (var track in ordered)
            if (track.AudioSpecificConfig.Length > LongestAudioConfig)
                throw new ProtocolException("ISO/IEC 14496-3", 0, "AudioSpecificConfig", $"has {track.AudioSpecificConfig.Length} bytes");
        return new InitSegment(ordered, InitSegmentWriter.Write(ordered, duration90k));
    }

    /// <summary>Reads an init segment of ours: <c>Build(Parse(bytes).Tracks).Bytes == bytes</c>.</summary>
    /// <exception cref="ProtocolException">It is damaged, or holds what the ring never writes.</exception>
    public static InitSegment Parse(byte[] bytes)
    {
        var tracks = new List<Track>();
        var moov = BoxReader.Find(bytes, 0, "moov"u8);
        var boxes = new BoxReader(moov.Body, moov.BodyOffset);
        while (boxes.TryNext(out var trak))
            if (trak.Is("trak"u8))
                tracks.Add(ParseTrack(trak));
        if (tracks.Count is 0 or > 2 || tracks.Count == 2 && tracks[0].Id >= tracks[1].Id)
            throw new ProtocolException(BoxReader.Protocol, moov.Offset, "trak", $"{tracks.Count} tracks, not one video and one audio at most");
        return new InitSegment(tracks, bytes);
    }

    private static Track ParseTrack(in Box trak)
    {
        var mdia = trak.Child("mdia"u8);
        var mdhd = mdia.Child("mdhd"u8).Full(out var version, out _);
        mdhd.Bytes(version == 1 ? 16 : 8, "creation_time, modification_time");
        var timeScale = mdhd.U32("timescale");
        if (timeScale is 0 or > int.MaxValue)
            throw new ProtocolException(BoxReader.Protocol, mdia.Offset, "timescale", $"is {timeScale}");
        var stsd = mdia.Child("minf"u8).Child("stbl"u8).Child("stsd"u8);
        var entries = stsd.Full(out _, out _);
        if (entries.U32("entry_count") != 1)
            throw new ProtocolException(BoxReader.Protocol, stsd.Offset, "entry_count", "is not 1");
        var reader = new BoxReader(stsd.Body[entries.Offset..], stsd.BodyOffset + entries.Offset);
        if (!reader.TryNext(out var entry))
            throw new ProtocolException(BoxReader.Protocol, stsd.Offset, "stsd", "has no entry");
        var track = SampleEntry.Parse(entry, (int)timeScale);
        var tkhd = trak.Child("tkhd"u8).Full(out version, out _);
        tkhd.Bytes(version == 1 ? 16 : 8, "creation_time, modification_time");
        if (tkhd.U32("track_ID") is var id && id != track.Id)
            throw new ProtocolException(BoxReader.Protocol, trak.Offset, "track_ID", $"is {id}, {track.Codec} has {track.Id}");
        return track;
    }

    /// <summary>True when fragments made for the one play behind the other: same codecs, time scales and audio formats (DESIGN section 4, Parameter sets).</summary>
    public bool SameFormat(InitSegment other)
        => Tracks.Count == other.Tracks.Count && Tracks.Zip(other.Tracks).All(pair => pair.First.SameFormat(pair.Second));
}
