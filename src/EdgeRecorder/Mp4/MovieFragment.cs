using System.Buffers.Binary;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Mp4;

/// <summary>A sample as `trun` describes it, with what `tfhd` and `trex` say by default filled in.</summary>
/// <param name="Offset">Its first byte, from the first byte of `moof`.</param>
internal readonly record struct FragmentSample(long Offset, uint Size, long Dts, uint Duration, int CompositionOffset, bool IsSync);

/// <summary>One `traf`: what a fragment holds of a track.</summary>
internal sealed record TrackFragment(int TrackId, long DecodeTime, IReadOnlyList<FragmentSample> Samples)
{
    /// <summary>Where its last sample ends, track's time scale.</summary>
    public long End => Samples.Count == 0 ? DecodeTime : Samples[^1].Dts + Samples[^1].Duration;
}

/// <summary>A `moof` read back: for fsck, exports and tests. Takes what this recorder writes, refuses the rest.</summary>
/// <exception cref="ProtocolException">It is damaged, or not one of ours.</exception>
internal sealed record MovieFragment(uint Sequence, IReadOnlyList<TrackFragment> Tracks)
{
    /// <summary>More samples than this in 0.75 s nobody sends; it bounds what a damaged count can allocate.</summary>
    private const uint MostSamples = 100_000;

    /// <param name="media">`moof` and as much of `mdat` as there is.</param>
    public static MovieFragment Parse(ReadOnlySpan<byte> media)
    {
        var moof = First(media);
        var mfhd = moof.Child("mfhd"u8).Full(out _, out _);
        var sequence = mfhd.U32("sequence_number");
        var tracks = new List<TrackFragment>(2);
        var boxes = new BoxReader(moof.Body, moof.BodyOffset);
        while (boxes.TryNext(out var traf))
            if (traf.Is("traf"u8))
                tracks.Add(ParseTrack(traf));
        return new MovieFragment(sequence, tracks);
    }

    /// <summary>Bytes of `moof`, from its header.</summary>
    public static int HeadLength(ReadOnlySpan<byte> media)
    {
        if (media.Length < 8 || !media.Slice(4, 4).SequenceEqual("moof"u8))
            throw new ProtocolException(BoxReader.Protocol, 0, "moof", "does not begin here");
        var size = BinaryPrimitives.ReadUInt32BigEndian(media);
        return size is >= 8 and < 1 << 24 ? (int)size : throw new ProtocolException(BoxReader.Protocol, 0, "moof", $"has a size of {size}");
    }

    /// <summary>Moves every track's decode time back, in place. Allocates nothing.</summary>
    /// <param name="moof">The whole `moof`.</param>
    /// <param name="back90k">How far, 90 kHz.</param>
    /// <param name="audioTimeScale">Ticks per second of track 2.</param>
    public static void Rebase(Span<byte> moof, long back90k, int audioTimeScale)
    {
        var box = First(moof);
        var trafs = new BoxReader(box.Body, box.BodyOffset);
        while (trafs.TryNext(out var traf))
        {
            if (!traf.Is("traf"u8))
                continue;
            var tfhd = traf.Child("tfhd"u8).Full(out _, out _);
            var isVideo = tfhd.U32("track_ID") == 1;
            var tfdt = traf.Child("tfdt"u8);
            var reader = tfdt.Full(out var version, out _);
            if (version != 1)
                throw new ProtocolException(BoxReader.Protocol, tfdt.Offset, "tfdt", $"has version {version}");
            var time = reader.I64("baseMediaDecodeTime") - (isVideo ? back90k : MediaTime.To(back90k, audioTimeScale));
            BinaryPrimitives.WriteInt64BigEndian(moof[(tfdt.BodyOffset + 4)..], Math.Max(0, time));
        }
    }

    private static Box First(ReadOnlySpan<byte> media)
    {
        var reader = new BoxReader(media[..Math.Min(media.Length, HeadLength(media))]);
        reader.TryNext(out var moof);
        return moof;
    }

    private static TrackFragment ParseTrack(in Box traf)
    {
        var tfhdBox = traf.Child("tfhd"u8);
        var tfhd = tfhdBox.Full(out _, out var flags);
        var id = tfhd.U32("track_ID");
        if (id is not (1 or 2) || (flags & 0x020001) != 0x020000)
            throw new ProtocolException(BoxReader.Protocol, tfhdBox.Offset, "tfhd", $"track {id} with flags {flags:x6} is not of this recorder");
        if ((flags & 2) != 0)
            tfhd.U32("sample_description_index");
        var defaultDuration = (flags & 8) != 0 ? tfhd.U32("default_sample_duration") : 0;
        var defaultSize = (flags & 0x10) != 0 ? tfhd.U32("default_sample_size") : 0;
        var defaultSync = (flags & 0x20) != 0 ? IsSync(tfhd.U32("default_sample_flags")) : id == 2;
        var tfdt = traf.Child("tfdt"u8).Full(out var version, out _);
        var start = version == 1 ? tfdt.I64("baseMediaDecodeTime") : tfdt.U32("baseMediaDecodeTime");

        var trunBox = traf.Child("trun"u8);
        var trun = trunBox.Full(out version, out flags);
        var count = trun.U32("sample_count");
        var dataOffset = (flags & 1) != 0 ? trun.I32("data_offset") : throw new ProtocolException(BoxReader.Protocol, trunBox.Offset, "trun", "has no data_offset");
        var firstSync = (flags & 4) != 0 ? IsSync(trun.U32("first_sample_flags")) : defaultSync;
        if (count > MostSamples)
            throw new ProtocolException(BoxReader.Protocol, trunBox.Offset, "sample_count", $"is {count}");
        var samples = new List<FragmentSample>((int)Math.Min(count, 1024));
        var (dts, offset) = (start, (long)dataOffset);
        for (var i = 0; i < count; i++)
        {
            var duration = (flags & 0x100) != 0 ? trun.U32("sample_duration") : defaultDuration;
            var size = (flags & 0x200) != 0 ? trun.U32("sample_size") : defaultSize;
            var sync = (flags & 0x400) != 0 ? IsSync(trun.U32("sample_flags")) : i == 0 ? firstSync : defaultSync;
            var composition = (flags & 0x800) != 0 ? trun.I32("sample_composition_time_offset") : 0;
            samples.Add(new FragmentSample(offset, size, dts, duration, composition, sync));
            dts += duration;
            offset += size;
        }
        return new TrackFragment((int)id, start, samples);
    }

    private static bool IsSync(uint sampleFlags) => (sampleFlags & 0x0001_0000) == 0;
}
