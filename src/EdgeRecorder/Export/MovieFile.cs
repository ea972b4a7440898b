using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>
/// A progressive MP4 that takes samples out of fragments as they are:
/// <code>
/// ftyp  moov free | mdat (64-bit size)           moov fits into what was kept for it
/// ftyp  free      | mdat (64-bit size) | moov    it does not
/// </code>
/// Progressive, because in fragmented files ffmpeg and browsers do not honour an edit list to the frame.
/// </summary>
internal sealed class MovieFile : IDisposable
{
    private const int MediaHeaderLength = 16;

    /// <summary>Goes to the disk while as much again is made. More must not wait for the disk: a large file that is synced at its end would hold up the ring's rounds.</summary>
    private const long WrittenAtOnce = 16 << 20;

    private static readonly byte[] FileType = [0, 0, 0, 24, .. "ftypisom"u8, 0, 0, 2, 0, .. "isomiso5"u8];

    private readonly LinuxFile _file;
    private readonly InitSegment _format;
    private readonly List<MovieTrack> _tracks = [];
    private readonly int _reserved;
    private readonly long _fromUtcUs;
    private long _written, _started;                        // on its way to the disk from the first to the second
    private long _back90k, _end90k;
    private long _begin90k = long.MinValue;
    private long _asked90k;
    private bool _isBegun;

    /// <param name="path">Not there yet.</param>
    /// <param name="fromUtcUs">Players begin here, with the picture that is shown then.</param>
    /// <param name="expected">Length of the footage, for the room kept for `moov`.</param>
    public MovieFile(string path, InitSegment format, long fromUtcUs, TimeSpan expected)
    {
        (_format, _fromUtcUs) = (format, fromUtcUs);
        // 25 pictures and 50 frames of sound a second at 4 bytes, and their fragments; twice that.
        _reserved = (int)Math.Min(64 << 20, 16_384 + (long)(expected.TotalSeconds * 800)) & ~7;
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        File.SetUnixFileMode(path, ExportFolder.FileMode);
        _file = LinuxFile.Open(path);
        Length = FileType.Length + _reserved + MediaHeaderLength;
    }

    /// <summary>Bytes so far, `moov` left out when it does not fit in front.</summary>
    public long Length { get; private set; }

    /// <summary>Date of what players show first, and of where the footage ends.</summary>
    public long BeginUtcUs { get; private set; } = long.MaxValue;
    public long EndUtcUs { get; private set; }

    public bool IsEmpty => _tracks.Count == 0;

    /// <summary>Appends the samples of a fragment that begin before <paramref name="toUtcUs"/>.</summary>
    /// <param name="media">`moof` and `mdat`.</param>
    /// <exception cref="ProtocolException">The fragment is damaged.</exception>
    /// <exception cref="IOException">The disk.</exception>
    public void Add(in FragmentRef fragment, ReadOnlySpan<byte> media, long toUtcUs)
    {
        var moof = MovieFragment.Parse(media);
        Place(fragment, moof);
        foreach (var source in moof.Tracks)
        {
            if (_format.Tracks.FirstOrDefault(track => track.Id == source.TrackId) is not { } format)
                throw new ProtocolException(BoxReader.Protocol, 0, "track_ID", $"{source.TrackId} is not in the format");
            var samples = Until(fragment, source, format.TimeScale, toUtcUs);
            if (samples.IsEmpty)
                continue;
            var bytes = Bytes(media, samples);
            var back = MediaTime.To(_back90k, format.TimeScale);
            var track = _tracks.Find(known => known.Format.Id == format.Id);
            if (track is null)
                _tracks.Add(track = new MovieTrack(format, Math.Max(0, samples[0].Dts - back)));
            track.AddChunk(Length, samples, back);
            if (format.IsVideo || _format.Tracks.Count == 1)
                Note(fragment, samples, format.TimeScale, back);
            _file.Write(bytes, Length);
            Length += bytes.Length;
        }
        if (Length - _started < WrittenAtOnce)
            return;
        _file.StartWriteback(_started, Length - _started);
        if (_started > _written)
            _file.WaitForWriteback(_written, _started - _written);
        (_written, _started) = (_started, Length);
    }

    /// <summary>Writes the header, and the file is whole and on the disk. Nothing may follow.</summary>
    /// <returns>Its length and its SHA-256, lower case.</returns>
    public (long Length, string Sha256) Finish(MovieTags tags)
    {
        if (_begin90k == long.MinValue)                        // sound without its picture
            (_begin90k, BeginUtcUs, EndUtcUs) = (MediaTime.From(_tracks[0].FirstShown, _tracks[0].Format.TimeScale), _fromUtcUs, Math.Max(EndUtcUs, _fromUtcUs));
        _tracks.Sort(static (one, other) => one.Format.Id.CompareTo(other.Format.Id));
        var header = MovieHeader.Write(_tracks, _begin90k, BeginUtcUs, tags);
        var front = new byte[FileType.Length + _reserved + MediaHeaderLength];
        FileType.CopyTo(front, 0);
        var at = FileType.Length;
        var fits = header.Length == _reserved || header.Length + 8 <= _reserved;
        if (fits)
        {
            header.CopyTo(front, at);
            at += header.Length;
        }
        if (at < FileType.Length + _reserved)
        {
            BinaryPrimitives.WriteInt32BigEndian(front.AsSpan(at), FileType.Length + _reserved - at);
            "free"u8.CopyTo(front.AsSpan(at + 4));
        }
        at = FileType.Length + _reserved;
        BinaryPrimitives.WriteInt32BigEndian(front.AsSpan(at), 1);             // the size stands behind the type
        "mdat"u8.CopyTo(front.AsSpan(at + 4));
        BinaryPrimitives.WriteInt64BigEndian(front.AsSpan(at + 8), Length - at);
        _file.Write(front, 0);
        if (!fits)
        {
            _file.Write(header, Length);
            Length += header.Length;
        }
        var sync = Task.Run(_file.DataSync);                   // the digest needs the processor, this the disk
        var digest = ExportFolder.Sha256Of(_file.Path);
        sync.GetAwaiter().GetResult();
        return (Length, digest);
    }

    public void Dispose() => _file.Dispose();

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
                if (TimeScaleOf(track.TrackId) is { } timeScale)
                    _back90k = Math.Min(_back90k, MediaTime.From(track.DecodeTime, timeScale));
            _asked90k = (_fromUtcUs - fragment.FromUtcUs) * 9 / 100 + fragment.MediaStart90k - _back90k;
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

    private int? TimeScaleOf(int trackId) => _format.Tracks.FirstOrDefault(track => track.Id == trackId)?.TimeScale;

    private static ReadOnlySpan<FragmentSample> Until(in FragmentRef fragment, TrackFragment source, int timeScale, long toUtcUs)
    {
        var samples = CollectionsMarshal.AsSpan((List<FragmentSample>)source.Samples);
        var count = samples.Length;
        while (count > 0 && fragment.FromUtcUs + MediaTime.ToUs(MediaTime.From(samples[count - 1].Dts, timeScale) - fragment.MediaStart90k) >= toUtcUs)
            count--;
        return samples[..count];
    }

    private static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> media, ReadOnlySpan<FragmentSample> samples)
    {
        var (first, last) = (samples[0], samples[^1]);
        var end = last.Offset + last.Size;
        if (first.Offset < 0 || end > media.Length)
            throw new ProtocolException(BoxReader.Protocol, 0, "trun", $"samples from {first.Offset} to {end}, the fragment has {media.Length} bytes");
        return media[(int)first.Offset..(int)end];
    }
}
