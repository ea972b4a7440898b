using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>
/// A progressive MP4 that takes samples out of fragments as they are:
/// <code>
/// ftyp  moov  | mdat (64-bit size)               what comes was told before
/// ftyp  moov free | mdat (64-bit size)           moov fits into what was kept for it
/// ftyp  free      | mdat (64-bit size) | moov    it does not
/// </code>
/// Progressive, because in fragmented files ffmpeg and browsers do not honour an edit list to the frame.
/// </summary>
internal sealed class MovieFile : IDisposable
{
    /// <summary>Goes to the disk while as much again is made. More must not wait for the disk: a large file that is synced at its end would hold up the ring's rounds.</summary>
    private const long WrittenAtOnce = 16 << 20;

    private readonly LinuxFile _file;
    private readonly MovieLayout _layout;
    private readonly byte[]? _forecast;
    private readonly BackgroundDigest? _digest;
    private readonly int _front;
    private long _written, _started;                        // on its way to the disk from the first to the second

    /// <param name="path">Not there yet.</param>
    /// <param name="fromUtcUs">Players begin here, with the picture that is shown then.</param>
    /// <param name="expected">Length of the footage, for the room kept for `moov`.</param>
    public MovieFile(string path, InitSegment format, long fromUtcUs, TimeSpan expected)
        // 25 pictures and 50 frames of sound a second at 4 bytes, and their fragments; twice that.
        : this(path, new MovieLayout(format, fromUtcUs), MovieLayout.LeastFront + ((int)Math.Min(64 << 20, 16_384 + (long)(expected.TotalSeconds * 800)) & ~7), null)
    {
    }

    /// <param name="forecast">What the file will begin with (<see cref="MovieLayout.Front(MovieTags)"/>), so that its digest can be made while it is written. Where something else comes in the end, the digest is made behind it.</param>
    public MovieFile(string path, InitSegment format, long fromUtcUs, byte[] forecast) : this(path, new MovieLayout(format, fromUtcUs), forecast.Length, forecast)
    {
        _digest = new BackgroundDigest();
        _digest.Append(forecast);
    }

    private MovieFile(string path, MovieLayout layout, int front, byte[]? forecast)
    {
        (_layout, _front, _forecast) = (layout, front, forecast);
        File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write).Dispose();
        File.SetUnixFileMode(path, ExportFolder.FileMode);
        _file = LinuxFile.Open(path);
    }

    /// <summary>Bytes so far, `moov` left out when it does not fit in front.</summary>
    public long Length => _front + _layout.MediaLength;

    /// <inheritdoc cref="MovieLayout.BeginUtcUs"/>
    public long BeginUtcUs => _layout.BeginUtcUs;
    public long EndUtcUs => _layout.EndUtcUs;

    public bool IsEmpty => _layout.IsEmpty;

    /// <summary>Appends the samples of a fragment that begin before <paramref name="toUtcUs"/>.</summary>
    /// <param name="media">`moof` and `mdat`.</param>
    /// <exception cref="ProtocolException">The fragment is damaged.</exception>
    /// <exception cref="IOException">The disk.</exception>
    public void Add(in FragmentRef fragment, ReadOnlySpan<byte> media, long toUtcUs)
    {
        var at = Length;
        foreach (var (offset, length) in _layout.Add(fragment, media, toUtcUs))
        {
            var piece = media.Slice(offset, length);
            _file.Write(piece, at);
            _digest?.Append(piece);
            at += length;
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
        var header = _layout.Header(tags, _front);
        var length = Length;
        if (_layout.Front(_front, header) is { } front)
        {
            _file.Write(front, 0);
        }
        else
        {
            _file.Write(front = _layout.Front(_front, [])!, 0);
            _file.Write(header, length);
            length += header.Length;
        }
        var sync = Task.Run(_file.DataSync);                   // the digest needs the processor, this the disk
        var digest = _digest is not null && front.AsSpan().SequenceEqual(_forecast) ? _digest.Finish() : ExportFolder.Sha256Of(_file.Path);
        sync.GetAwaiter().GetResult();
        return (length, digest);
    }

    public void Dispose()
    {
        _digest?.Dispose();
        _file.Dispose();
    }
}
