using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EdgeRecorder.Bytes;
using EdgeRecorder.Mp4;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Files;

/// <summary>
/// An MP4 that is fragmented while it grows and progressive when it is whole; nothing of it is moved:
/// <code>
/// ftyp  free  moov(mvex)  moof mdat  moof mdat …           every player, at every instant, also behind a power cut
/// ftyp  mdat ------------------------------------ | moov   `free` became the header of one `mdat` that holds all before the last box
/// </code>
/// </summary>
/// <remarks>A file with more samples than <see cref="MostSamples"/>, or whose time does not begin at 0, stays fragmented.</remarks>
internal sealed class NamedMp4 : INamedMedia
{
    /// <summary>Some four hours of 25 pictures and 47 frames of sound a second, and 6 MB of tables.</summary>
    public const int MostSamples = 1_000_000;

    private const int FreeLength = 16, LongestFormat = 64 * 1024;
    private const long LatestBegin = 10;                    // seconds
    private static readonly byte[] FileType = [0, 0, 0, 28, .. "ftypisom"u8, 0, 0, 2, 0, .. "isomiso5iso6"u8];

    private readonly SafeFileHandle _file;
    private readonly InitSegment _format;
    private readonly long _startUtcUs;
    private readonly List<MovieTrack> _tracks = [];
    private readonly int _audioTimeScale;
    private byte[] _fragment = new byte[64 * 1024];
    private long? _firstDts;                                // of the leading track
    private bool _staysFragmented;
    private int _samples;

    private NamedMp4(SafeFileHandle file, InitSegment format, long startUtcUs)
    {
        (_file, _format, _startUtcUs) = (file, format, startUtcUs);
        _audioTimeScale = format.Tracks.FirstOrDefault(track => !track.IsVideo)?.TimeScale ?? 90_000;
    }

    public long Length { get; private set; }
    public long Milliseconds { get; private set; }

    /// <summary>It was whole already when it was opened.</summary>
    public bool IsFinished { get; private init; }

    /// <param name="format">The chosen tracks.</param>
    public static NamedMp4 Begin(SafeFileHandle file, InitSegment format, long startUtcUs)
    {
        var media = new NamedMp4(file, format, startUtcUs);
        var moov = BoxReader.Find(format.Bytes, 0, "moov"u8);
        byte[] head = [.. FileType, 0, 0, 0, FreeLength, .. "free"u8, 0, 0, 0, 0, 0, 0, 0, 0, .. format.Bytes.AsSpan(moov.Offset)];
        RandomAccess.Write(file, head, 0);
        media.Length = head.Length;
        return media;
    }

    /// <summary>Takes up a file whose end nobody wrote: everything up to its last complete fragment; the rest is cut off. Null: it has no head of ours.</summary>
    /// <param name="endUtcUs">As last known: counts where the file was whole already.</param>
    public static NamedMp4? Recover(SafeFileHandle file, long startUtcUs, long endUtcUs)
    {
        var all = RandomAccess.GetLength(file);
        var head = new byte[(int)Math.Min(all, LongestFormat)];
        head = head.AsSpan(0, Read(file, head, 0)).ToArray();
        if (!head.AsSpan().StartsWith(FileType) || head.Length < FileType.Length + FreeLength + 8)
            return null;
        if (head.AsSpan(FileType.Length + 4, 4).SequenceEqual("mdat"u8))
            return new NamedMp4(file, new InitSegment([], []), startUtcUs) { Length = all, Milliseconds = (endUtcUs - startUtcUs) / 1000, IsFinished = true };
        try
        {
            var moov = FileType.Length + FreeLength;
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(moov));
            if (length < 8 || length > head.Length - moov)
                return null;
            var format = InitSegment.Parse([.. FileType, .. head.AsSpan(moov, length)]);
            var media = new NamedMp4(file, format, startUtcUs) { Length = moov + length };
            while (media.TakeUp(all))
            {
            }
            RandomAccess.SetLength(file, media.Length);
            return media;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    public void Add(MovieFragment moof, ReadOnlySpan<byte> media, long back90k)
    {
        var length = Compose(moof, media, back90k);
        if (length == 0)
            return;
        RandomAccess.Write(_file, _fragment.AsSpan(0, length), Length);
        Note(MovieFragment.Parse(_fragment.AsSpan(0, length)));
        Length += length;
    }

    public void Sync() => RandomAccess.FlushToDisk(_file);

    public void Finish()
    {
        if (!_staysFragmented && _tracks.Count > 0)
        {
            _tracks.Sort(static (one, other) => one.Format.Id.CompareTo(other.Format.Id));
            var leader = _tracks[0];
            var moov = MovieHeader.Write(_tracks, MediaTime.From(leader.FirstShown, leader.Format.TimeScale), _startUtcUs, new MovieTags("", ""));
            RandomAccess.Write(_file, moov, Length);
            RandomAccess.FlushToDisk(_file);                // the header below names nothing that is not there
            var header = new byte[FreeLength];
            BinaryPrimitives.WriteInt32BigEndian(header, 1);                       // the size stands behind the type
            "mdat"u8.CopyTo(header.AsSpan(4));
            BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(8), Length - FileType.Length);
            RandomAccess.Write(_file, header, FileType.Length);
            Length += moov.Length;
        }
        RandomAccess.FlushToDisk(_file);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>A fragment of the chosen tracks: their `traf` as they are, moved in time, with their bytes alone in `mdat`.</summary>
    /// <returns>Its length; 0 when none of them is in it.</returns>
    private int Compose(MovieFragment moof, ReadOnlySpan<byte> media, long back90k)
    {
        var head = MovieFragment.HeadLength(media);
        if (_fragment.Length < media.Length + 8)
            _fragment = new byte[media.Length + media.Length / 4 + 8];
        var w = new BoxWriter(_fragment);
        var whole = new BoxReader(media[..head]);
        whole.TryNext(out var source);
        var target = w.Open("moof"u8);
        Span<int> offsets = stackalloc int[2];
        Span<(int From, int Length)> runs = stackalloc (int, int)[2];
        var count = 0;
        var boxes = new BoxReader(source.Body, source.BodyOffset);
        while (boxes.TryNext(out var box))
        {
            if (box.Is("mfhd"u8))
                w.Bytes(box.Bytes);
            if (!box.Is("traf"u8) || count == 2)
                continue;
            var id = box.Child("tfhd"u8).Full(out _, out _).U32("track_ID");
            if (_format.Tracks.All(track => track.Id != id) || moof.Tracks.FirstOrDefault(track => track.TrackId == id) is not { Samples: { Count: > 0 } samples })
                continue;
            offsets[count] = w.Offset + box.Child("trun"u8).BodyOffset - box.Offset + 8;         // behind version, flags and sample_count
            runs[count++] = Run(samples, media.Length);
            w.Bytes(box.Bytes);
        }
        w.Close(target);
        if (count == 0)
            return 0;
        var mdat = w.Open("mdat"u8);
        for (var i = 0; i < count; i++)
        {
            w.PutU32(offsets[i], (uint)w.Offset);
            w.Bytes(media.Slice(runs[i].From, runs[i].Length));
        }
        w.Close(mdat);
        MovieFragment.Rebase(_fragment.AsSpan(0, w.Offset), back90k, _audioTimeScale);
        return w.Offset;
    }

    private static (int From, int Length) Run(IReadOnlyList<FragmentSample> samples, int media)
    {
        var (first, last) = (samples[0], samples[^1]);
        var end = last.Offset + last.Size;
        return first.Offset >= 0 && end <= media && end >= first.Offset ? ((int)first.Offset, (int)(end - first.Offset))
            : throw new ProtocolException(BoxReader.Protocol, 0, "trun", $"samples from {first.Offset} to {end}, the fragment has {media} bytes");
    }

    /// <summary>Enters what was appended at <see cref="Length"/> into the tables.</summary>
    private void Note(MovieFragment moof)
    {
        foreach (var source in moof.Tracks)
        {
            var samples = CollectionsMarshal.AsSpan((List<FragmentSample>)source.Samples);
            if (samples.IsEmpty || _format.Tracks.FirstOrDefault(track => track.Id == source.TrackId) is not { } format)
                continue;
            if (source.TrackId == _format.Tracks[0].Id)
                Milliseconds = MediaTime.ToUs(MediaTime.From(source.End - (_firstDts ??= source.DecodeTime), format.TimeScale)) / 1000;
            _samples += samples.Length;
            // An edit list that begins with hours of nothing is shown as such by players.
            if (_staysFragmented |= _samples > MostSamples || source.DecodeTime > LatestBegin * format.TimeScale && _tracks.Count == 0)
                continue;
            var track = _tracks.Find(known => known.Format.Id == format.Id);
            if (track is null)
                _tracks.Add(track = new MovieTrack(format, samples[0].Dts));
            track.AddChunk(Length + samples[0].Offset, samples, back: 0);
        }
        if (_staysFragmented)
            _tracks.Clear();
    }

    /// <summary>One fragment more out of the file, if a whole one lies there.</summary>
    private bool TakeUp(long all)
    {
        Span<byte> header = stackalloc byte[8];
        if (Read(_file, header, Length) < 8 || !header[4..].SequenceEqual("moof"u8) || BinaryPrimitives.ReadInt32BigEndian(header) is not (> 8 and < 1 << 24) || Length + BinaryPrimitives.ReadInt32BigEndian(header) + 8 > all)
            return false;
        var moof = new byte[BinaryPrimitives.ReadInt32BigEndian(header)];
        if (Read(_file, moof, Length) < moof.Length || Read(_file, header, Length + moof.Length) < 8 || !header[4..].SequenceEqual("mdat"u8))
            return false;
        var end = moof.Length + (long)BinaryPrimitives.ReadUInt32BigEndian(header);
        if (Length + end > all)
            return false;
        try
        {
            var parsed = MovieFragment.Parse(moof);
            if (parsed.Tracks.Any(track => track.Samples.Any(sample => sample.Offset < moof.Length || sample.Offset + sample.Size > end)))
                return false;
            Note(parsed);
        }
        catch (ProtocolException)
        {
            return false;
        }
        Length += end;
        return true;
    }

    private static int Read(SafeFileHandle file, Span<byte> target, long offset)
    {
        var done = 0;
        while (done < target.Length && RandomAccess.Read(file, target[done..], offset + done) is > 0 and var count)
            done += count;
        return done;
    }
}
