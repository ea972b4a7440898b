using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using EdgeRecorder.Bytes;
using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>Something that the family lists as a file.</summary>
/// <param name="Path">Of a named file below storage.root; null: it lies in the ring.</param>
/// <param name="IsOpen">It is still being written.</param>
internal sealed record CdvrFile(string Id, StreamKey Stream, long FromUtcUs, long ToUtcUs, long Bytes, bool HasAudio, bool IsOpen, string? Path = null, string Container = "mp4");

/// <summary>
/// The ring as files: footage without a break, cut where the clock (UTC) shows a multiple of `splitMinutes`, at the first key frame behind it. So the files are the same whoever
/// asks for whatever window, and nothing of them is stored; the id is derived from volume, channel and beginning.
/// </summary>
internal sealed class CdvrFiles(RecorderOptions options, ChannelCatalog catalog, IRing ring, IFootageSource source, IStorageStatus storage, IRecorder recorder, RecordingFileStore named, TimeProvider time)
{
    /// <summary>A pause that nobody sees.</summary>
    private const long TouchUs = 500_000;

    /// <summary>How far behind the cut a key frame is looked for.</summary>
    private const long LongestGopUs = 30_000_000;

    /// <summary>Footage that ended so recently may go on.</summary>
    private const long FreshUs = 15_000_000;

    private const int MostRemembered = 20_000;

    private readonly long _splitUs = options.Api.Cdvr.SplitMinutes * 60_000_000L;
    private readonly ConcurrentDictionary<Piece, IReadOnlyList<CdvrFile>> _closed = new();
    private readonly ConcurrentDictionary<string, Piece> _listed = new();
    private Guid? _volume;

    /// <summary>Footage without a break between two cuts, before key frames are looked for.</summary>
    private readonly record struct Piece(StreamKey Stream, long FromUtcUs, long CutUtcUs, long RunEndUtcUs);

    private Guid Volume => _volume ??= storage.Figures().Volume;

    private long NowUs => UtcTime.Us(time.GetUtcNow());

    /// <summary>What overlaps [from, to), named files of all families among it, in order of their beginnings.</summary>
    public List<CdvrFile> List(StreamKey stream, long fromUtcUs, long toUtcUs, int most)
    {
        List<CdvrFile> files = [];
        foreach (var piece in Pieces(stream, fromUtcUs, toUtcUs))
        {
            if (files.Count > most)
                break;
            files.AddRange(FilesOf(piece).Where(file => file.FromUtcUs < toUtcUs && file.ToUtcUs > fromUtcUs));
        }
        files.AddRange(named.ListOverlapping(stream.ChannelNumber, fromUtcUs, toUtcUs, most + 1).Where(row => row.Finished && row.Stream == stream && row.ToUtcUs > fromUtcUs)
            .Select(row => new CdvrFile(row.Id, stream, row.FromUtcUs, row.ToUtcUs, row.Bytes, true, false, row.Path, row.Container)));
        return [.. files.OrderBy(file => file.FromUtcUs).ThenBy(file => file.Path is not null)];
    }

    /// <summary>The file with that id, as far as it is there now; ids of an earlier run of the recorder are found again.</summary>
    public CdvrFile? Find(string id)
    {
        if (!Guid.TryParseExact(id, "D", out var guid))
            return null;
        id = guid.ToString("D");
        if (named.Find(id) is { Finished: true } row)
            return new CdvrFile(row.Id, row.Stream, row.FromUtcUs, row.ToUtcUs, row.Bytes, true, false, row.Path, row.Container);
        if (_listed.TryGetValue(id, out var listed) && Pieces(listed.Stream, listed.FromUtcUs, listed.FromUtcUs + 1).Where(p => p.FromUtcUs == listed.FromUtcUs).SelectMany(FilesOf).FirstOrDefault(file => file.Id == id) is { } known)
            return known;
        foreach (var channel in catalog.All)
            for (byte number = 0; number <= 1; number++)
                foreach (var piece in Pieces(new(channel.Number, number), 0, long.MaxValue))
                    if (Names(piece, id) && FilesOf(piece).FirstOrDefault(file => file.Id == id) is { } found)
                        return found;
        return null;
    }

    public IFootageDownload? Open(CdvrFile file) => source.Open(file.Stream, file.FromUtcUs, file.ToUtcUs, verbatim: false) is FootageAnswer.Found found ? found.Download : null;

    private List<Piece> Pieces(StreamKey stream, long fromUtcUs, long toUtcUs)
    {
        var (first, last) = (Floor(Math.Max(0, fromUtcUs - LongestGopUs)), Floor(Math.Min(toUtcUs, NowUs + _splitUs)) + _splitUs);
        List<Piece> pieces = [];
        var spans = ring.Spans(stream, first - 2 * TouchUs, last + 2 * TouchUs);
        for (var i = 0; i < spans.Count;)
        {
            var (begin, end) = (spans[i].FromUtcUs, spans[i].ToUtcUs);
            for (i++; i < spans.Count && spans[i].FromUtcUs - end <= TouchUs; i++)
                end = Math.Max(end, spans[i].ToUtcUs);
            for (var from = Math.Max(begin, first); from < end && from < last; from = Floor(from) + _splitUs)
                pieces.Add(new Piece(stream, from, Floor(from) + _splitUs, end));
        }
        return pieces;
    }

    private long Floor(long utcUs) => utcUs - utcUs % _splitUs;

    /// <summary>One file, or several where the format changes inside; none when no key frame lies in it, which is then the end of the file before.</summary>
    private IReadOnlyList<CdvrFile> FilesOf(Piece piece)
    {
        if (_closed.TryGetValue(piece with { RunEndUtcUs = 0 }, out var known))
            return known;
        var isOpen = NowUs < piece.CutUtcUs && piece.RunEndUtcUs > NowUs - FreshUs && recorder.Status(piece.Stream) is { State: ChannelState.Recording };
        var files = Cut(piece, isOpen);
        if (_listed.Count > MostRemembered)
            _listed.Clear();
        foreach (var file in files)
            _listed[file.Id] = piece;
        if (Math.Min(piece.RunEndUtcUs, piece.CutUtcUs + LongestGopUs) + 2 * FreshUs < NowUs)
        {
            if (_closed.Count > MostRemembered)
                _closed.Clear();
            _closed[piece with { RunEndUtcUs = 0 }] = files;
        }
        return files;
    }

    private List<CdvrFile> Cut(Piece piece, bool isOpen)
    {
        List<CdvrFile> files = [];
        var end = piece.RunEndUtcUs <= piece.CutUtcUs ? piece.RunEndUtcUs + 1 : KeyFrame(piece.Stream, piece.CutUtcUs, Math.Min(piece.RunEndUtcUs, piece.CutUtcUs + LongestGopUs));
        var id = piece.FromUtcUs;
        for (var from = KeyFrame(piece.Stream, piece.FromUtcUs, end); from < end && from < piece.CutUtcUs;)
        {
            var (next, until) = (end, end);
            var answer = source.Open(piece.Stream, from, until, verbatim: false);
            if (answer is FootageAnswer.FormatChange change)
            {
                next = until = UtcTime.Us(change.At);
                answer = source.Open(piece.Stream, from, until, verbatim: false);
            }
            if (answer is FootageAnswer.Found found)
                using (found.Download)
                    if (found.Download.Records is { Count: > 0 } records)
                        files.Add(new CdvrFile(IdOf(piece.Stream, id), piece.Stream, records[0].Ref.FromUtcUs, Math.Min(records[^1].Ref.ToUtcUs, until), found.Download.Length, HasAudio(records[0].Ref), isOpen));
            if (next <= from)
                break;                                      // the head of a segment cannot be read: what lies behind it is another piece's
            id = next;
            from = next < end ? KeyFrame(piece.Stream, next, end) : end;
        }
        return files;
    }

    /// <summary>Where the first key frame at or behind an instant lies; the limit when there is none before it.</summary>
    private long KeyFrame(StreamKey stream, long fromUtcUs, long limitUtcUs)
    {
        using var lease = ring.Lease(stream, fromUtcUs, Math.Min(limitUtcUs, fromUtcUs + LongestGopUs), fromSync: false);
        foreach (var fragment in lease.Fragments)
            if (fragment.IsSync && fragment.FromUtcUs >= fromUtcUs)
                return fragment.FromUtcUs;
        return limitUtcUs;
    }

    private bool HasAudio(in FragmentRef fragment)
    {
        try
        {
            return ring.ReadInit(fragment) is { } init && InitSegment.Parse(init).Tracks.Any(track => !track.IsVideo);
        }
        catch (ProtocolException)
        {
            return false;
        }
    }

    /// <summary>Whether a file of that id can lie in the piece: it begins with the piece, or where a segment does, since only there the format changes.</summary>
    private bool Names(Piece piece, string id)
        => IdOf(piece.Stream, piece.FromUtcUs) == id
            || ring.Spans(piece.Stream, piece.FromUtcUs, piece.CutUtcUs).Any(span => IdOf(piece.Stream, span.FromUtcUs / 1000 * 1000) == id);

    /// <summary>UUID version 5 (RFC 9562, 5.5) in the name space of the volume.</summary>
    private string IdOf(StreamKey stream, long fromUtcUs)
    {
        Span<byte> name = stackalloc byte[28];
        Volume.TryWriteBytes(name, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(name[16..], stream.ChannelNumber << 2 | stream.Stream);
        BinaryPrimitives.WriteInt64BigEndian(name[20..], fromUtcUs);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350                              // the standard's function; nothing is kept secret by it
        SHA1.HashData(name, hash);
#pragma warning restore CA5350
        hash[6] = (byte)(hash[6] & 0x0F | 0x50);
        hash[8] = (byte)(hash[8] & 0x3F | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString("D");
    }
}
