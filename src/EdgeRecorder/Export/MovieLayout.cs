using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>
/// Where the samples of fragments come to lie in a progressive MP4, and what stands in front of them. Knows no file, and needs of a fragment only its `moof`:
/// so a file's first bytes can be told before any of its footage was read.
/// </summary>
/// <param name="fromUtcUs">Players begin here, with the picture that is shown then.</param>
internal sealed class MovieLayout(InitSegment format, long fromUtcUs)
{
    /// <summary>`ftyp`, and the header of an `mdat` of 64 bits.</summary>
    public const int LeastFront = 24 + MediaHeaderLength;

    private const int MediaHeaderLength = 16;
    private static readonly byte[] FileType = [0, 0, 0, 24, .. "ftypisom"u8, 0, 0, 2, 0, .. "isomiso5"u8];

    private readonly List<MovieTrack> _tracks = [];
    private readonly List<(int Offset, int Length)> _pieces = [];
    private long _back90k, _end90k;
    private long _begin90k = long.MinValue;
    private long _asked90k;
    private bool _isBegun;

    /// <summary>Bytes of media so far.</summary>
    public long MediaLength { get; private set; }

    /// <summary>Date of what players show first, and of where the footage ends.</summary>
    public long BeginUtcUs { get; private set; } = long.MaxValue;
    public long EndUtcUs { get; private set; }

    public bool IsEmpty => _tracks.Count == 0;

    /// <summary>Appends the samples of a fragment that begin before <paramref name="toUtcUs"/>.</summary>
    /// <param name="media">The whole `moof`, and what there is of `mdat`.</param>
    /// <returns>The bytes of the fragment that come to lie behind what was appended before, from the first of `moof`; good until the next call.</returns>
    /// <exception cref="ProtocolException">The fragment is damaged; nothing of it was appended.</exception>
    public ReadOnlySpan<(int Offset, int Length)> Add(in FragmentRef fragment, ReadOnlySpan<byte> media, long toUtcUs)
    {
        var moof = MovieFragment.Parse(media);
        foreach (var source in moof.Tracks)
            Check(source, fragment.MediaLength);
        Place(fragment, moof);
        _pieces.Clear();
        foreach (var source in moof.Tracks)
        {
            var track = FormatOf(source.TrackId)!;
            var samples = Until(fragment, source, track.TimeScale, toUtcUs);
            if (samples.IsEmpty)
                continue;
            var back = MediaTime.To(_back90k, track.TimeScale);
            var known = _tracks.Find(one => one.Format.Id == track.Id);
            if (known is null)
                _tracks.Add(known = new MovieTrack(track, Math.Max(0, samples[0].Dts - back)));
            known.AddChunk(MediaLength, samples, back);
            if (track.IsVideo || format.Tracks.Count == 1)
                Note(fragment, samples, track.TimeScale, back);
            var piece = ((int)samples[0].Offset, (int)(samples[^1].Offset + samples[^1].Size - samples[0].Offset));
            _pieces.Add(piece);
            MediaLength += piece.Item2;
        }
        return CollectionsMarshal.AsSpan(_pieces);
    }

    /// <summary>`moov`, once all samples are there.</summary>
    /// <param name="mediaAt">Where in the file the first sample lies.</param>
    public byte[] Header(MovieTags tags, long mediaAt)
    {
        if (_begin90k == long.MinValue)                        // sound without its picture
            (_begin90k, BeginUtcUs, EndUtcUs) = (MediaTime.From(_tracks[0].FirstShown, _tracks[0].Format.TimeScale), fromUtcUs, Math.Max(EndUtcUs, fromUtcUs));
        _tracks.Sort(static (one, other) => one.Format.Id.CompareTo(other.Format.Id));
        return MovieHeader.Write(_tracks, _begin90k, BeginUtcUs, tags, mediaAt);
    }

    /// <summary>All that stands in front of the media, once all samples are there and when the room is made to measure.</summary>
    public byte[] Front(MovieTags tags)
    {
        var header = Header(tags, LeastFront);
        for (var length = 0; length != header.Length;)          // the offsets in it depend on how long it is
            header = Header(tags, LeastFront + (length = header.Length));
        return Front(LeastFront + header.Length, header)!;
    }

    /// <summary>What stands in front of the media in a room of <paramref name="length"/> bytes, which it fills; null when the header does not fit into it. An empty header leaves the room free.</summary>
    public byte[]? Front(int length, ReadOnlySpan<byte> header)
    {
        var free = length - LeastFront - header.Length;
        if (free is not 0 and < 8)
            return null;
        var front = new byte[length];
        FileType.CopyTo(front, 0);
        header.CopyTo(front.AsSpan(FileType.Length));
        var at = FileType.Length + header.Length;
        if (free > 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(front.AsSpan(at), free);
            "free"u8.CopyTo(front.AsSpan(at + 4));
            at += free;
        }
        BinaryPrimitives.WriteInt32BigEndian(front.AsSpan(at), 1);             // the size stands behind the type
        "mdat"u8.CopyTo(front.AsSpan(at + 4));
        BinaryPrimitives.WriteInt64BigEndian(front.AsSpan(at + 8), MediaHeaderLength + MediaLength);
        return front;
    }

    private void Check(TrackFragment source, int mediaLength)
    {
        if (FormatOf(source.TrackId) is null)
            throw new ProtocolException(BoxReader.Protocol, 0, "track_ID", $"{source.TrackId} is not in the format");
        if (source.Samples is not [var first, ..])
            return;
        var end = source.Samples[^1].Offset + source.Samples[^1].Size;
        if (first.Offset < 0 || end > mediaLength)
            throw new ProtocolException(BoxReader.Protocol, 0, "trun", $"samples from {first.Offset} to {end}, the fragment has {mediaLength} bytes");
    }

    /// <summary>Where the fragment comes to lie on the file's time line: behind the one before, whatever lay between.</summary>
    private void Place(in FragmentRef fragment, MovieFragment moof)
    {
        var isHole = _isBegun && !MediaTime.RunsOn(_end90k, fragment.MediaStart90k);
        if (isHole)
            _back90k += fragment.MediaStart90k - _end90k;
        if (!_isBegun)
        {
            _back90k = fragment.MediaStart90k;
            foreach (var track in moof.Tracks)
                _back90k = Math.Min(_back90k, MediaTime.From(track.DecodeTime, FormatOf(track.TrackId)!.TimeScale));
            _asked90k = (fromUtcUs - fragment.FromUtcUs) * 9 / 100 + fragment.MediaStart90k - _back90k;
        }
        var end90k = fragment.MediaStart90k + fragment.Duration90k;
        _end90k = _isBegun && !isHole ? Math.Max(_end90k, end90k) : end90k;
        _isBegun = true;
    }

    /// <summary>What is shown at the asked instant is the last picture that is not later.</summary>
    private void Note(in FragmentRef fragment, ReadOnlySpan<FragmentSample> samples, int timeScale, long back)
    {
        foreach (ref readonly var sample in samples)
        {
            var shown90k = MediaTime.From(sample.Dts + sample.CompositionOffset - back, timeScale);
            var utcUs = fragment.FromUtcUs + MediaTime.ToUs(MediaTime.From(sample.Dts + sample.CompositionOffset, timeScale) - fragment.MediaStart90k);
            if (shown90k <= _asked90k ? shown90k >= _begin90k || _begin90k > _asked90k : _begin90k == long.MinValue)
                (_begin90k, BeginUtcUs) = (shown90k, utcUs);
            EndUtcUs = Math.Max(EndUtcUs, utcUs + MediaTime.ToUs(MediaTime.From(sample.Duration, timeScale)));
        }
    }

    private Track? FormatOf(int trackId) => format.Tracks.FirstOrDefault(track => track.Id == trackId);

    private static ReadOnlySpan<FragmentSample> Until(in FragmentRef fragment, TrackFragment source, int timeScale, long toUtcUs)
    {
        var samples = CollectionsMarshal.AsSpan((List<FragmentSample>)source.Samples);
        var count = samples.Length;
        while (count > 0 && fragment.FromUtcUs + MediaTime.ToUs(MediaTime.From(samples[count - 1].Dts, timeScale) - fragment.MediaStart90k) >= toUtcUs)
            count--;
        return samples[..count];
    }
}
