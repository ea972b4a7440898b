using EdgeRecorder.Bytes;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Export;

/// <summary>
/// Copies a range of the ring into MP4 files, packets as they are. Works its way from window to window, so that it never holds more than a minute of the ring,
/// and may be asked to go on when more has been filmed.
/// </summary>
/// <param name="isFilmed">All of the range lies in the ring already.</param>
internal sealed class PacketCopy(IRing ring, ExportFolder folder, ExportRow row, ExportWish wish, long fromUtcUs, long toUtcUs, bool isFilmed, Action<double> progress) : IDisposable
{
    private const long WindowUs = 60_000_000;

    private readonly long _fromUtcUs = fromUtcUs;
    private readonly HashSet<string> _names = [];
    private readonly List<ExportFileRow> _files = [];
    private readonly SortedSet<string> _warnings = new(StringComparer.Ordinal);
    private byte[] _record = [];
    private InitSegment? _format;
    private (int Segment, long Generation) _at;
    private MovieFile? _part;
    private string _temporary = "";
    private long _end90k;
    private bool _waitsForSync = true;
    private bool _isBegun;

    /// <summary>Up to here nothing is missing that could still come.</summary>
    public long CursorUtcUs { get; private set; } = fromUtcUs;

    /// <summary>Parts that are whole.</summary>
    public IReadOnlyList<ExportFileRow> Files => _files;
    public IReadOnlyCollection<string> Warnings => _warnings;
    public SourceRecords Sources { get; } = new();
    public bool IsEmpty => !_isBegun;

    private MovieTags Tags => new(wish.Names.Friendly, wish.Comment);

    /// <summary>Takes what lies in the ring, durably, in front of <paramref name="untilUtcUs"/>.</summary>
    /// <exception cref="IOException">The disk that is written to.</exception>
    public void Take(long untilUtcUs, CancellationToken stop)
    {
        untilUtcUs = Math.Min(untilUtcUs, toUtcUs);
        while (CursorUtcUs < untilUtcUs && ring.Spans(row.Stream, CursorUtcUs, untilUtcUs) is [var next, ..])
        {
            var from = Math.Max(CursorUtcUs, next.FromUtcUs);
            var to = Math.Min(untilUtcUs, from + WindowUs);
            using (var lease = ring.Lease(row.Stream, from, to, fromSync: !_isBegun))
                foreach (var fragment in lease.Fragments)
                {
                    stop.ThrowIfCancellationRequested();
                    Take(fragment);
                    CursorUtcUs = Math.Max(CursorUtcUs, fragment.ToUtcUs);
                    progress((double)(CursorUtcUs - _fromUtcUs) / Math.Max(1, toUtcUs - _fromUtcUs));
                }
            if (to == untilUtcUs)
                return;                                     // more may come there
            CursorUtcUs = Math.Max(CursorUtcUs, to);
        }
    }

    /// <summary>Closes the last part.</summary>
    public void Finish()
    {
        if (_part is not { } part)
            return;
        _part = null;
        using (part)
        {
            if (part.IsEmpty)
            {
                File.Delete(_temporary);
                return;
            }
            var (bytes, digest) = part.Finish(Tags);
            var (from, to) = (Math.Max(part.BeginUtcUs, _fromUtcUs), Math.Min(part.EndUtcUs, toUtcUs));
            var (name, friendly) = wish.Names.Of(from, Math.Max(from, to), wish.Extension, _names);
            _names.Add(name);
            folder.Keep(row.Id, _temporary, name);
            _files.Add(new ExportFileRow(name, friendly, bytes, digest, from, Math.Max(from, to)));
        }
    }

    public void Dispose() => _part?.Dispose();

    private void Take(in FragmentRef fragment)
    {
        if (_isBegun && !MediaTime.RunsOn(_end90k, fragment.MediaStart90k))
            _waitsForSync = true;                           // what lay between is gone
        if (_waitsForSync && !fragment.IsSync)
            return;
        try
        {
            if (Read(fragment) is not { } header)
                return;
            if (EntersOtherFormat(fragment) || IsDue(fragment))
                Finish();
            if (_part is null)
            {
                _temporary = folder.NewFile(row.Id);
                var from = _isBegun ? fragment.FromUtcUs : _fromUtcUs;
                _part = Forecast(fragment, from) is { } front ? new MovieFile(_temporary, _format!, from, front) : new MovieFile(_temporary, _format!, from, Expected(from, fragment));
            }
            _part.Add(fragment, _record.AsSpan(FragmentRef.RecordHeaderLength, fragment.MediaLength), toUtcUs);
            Sources.Add(fragment, header, _record);
            (_waitsForSync, _isBegun) = (false, true);
            _end90k = fragment.MediaStart90k + fragment.Duration90k;
        }
        catch (ProtocolException e)
        {
            Miss($"footage at {UtcTime.At(fragment.FromUtcUs):yyyy-MM-dd'T'HH:mm:ss'Z'} is damaged and left out: {e.Message}");
        }
    }

    /// <summary>The whole record; null when it was overwritten meanwhile.</summary>
    private RecordHeader? Read(in FragmentRef fragment)
    {
        if (_record.Length < fragment.Length)
            _record = new byte[Math.Max(fragment.Length, 2 * _record.Length)];
        var record = _record.AsSpan(0, fragment.Length);
        if (!ring.TryRead(fragment, 0, record))
        {
            Miss("footage was overwritten before it could be copied");
            return null;
        }
        var header = RecordHeader.Parse(record);
        return RecordHeader.CrcFits(record) ? header : throw new ProtocolException("record", RecordHeader.CrcOffset, "CRC", "does not match");
    }

    private bool EntersOtherFormat(in FragmentRef fragment)
    {
        if (_at == (fragment.Segment, fragment.Generation) && _format is not null)
            return false;
        if (ring.ReadInit(fragment) is not { } bytes)
            throw new ProtocolException(BoxReader.Protocol, 0, "moov", "was overwritten");
        var format = InitSegment.Parse(bytes);
        _at = (fragment.Segment, fragment.Generation);
        var isOther = _format is not null && !format.SameFormat(_format);
        if (_format is null || isOther)
            _format = format;
        return isOther;
    }

    private bool IsDue(in FragmentRef fragment)
        => wish.MaxFileBytes > 0 && fragment.IsSync && _part is { IsEmpty: false } part && part.Length + fragment.MediaLength > wish.MaxFileBytes;

    /// <summary>What the part will begin with; null where that cannot be told, since its end is not known yet.</summary>
    private byte[]? Forecast(in FragmentRef fragment, long from)
        => isFilmed && wish.MaxFileBytes == 0 ? MovieForecast.Of(ring, row.Stream, fragment, _format!, from, toUtcUs, Tags) : null;

    /// <summary>How long the part will be, at the most.</summary>
    private TimeSpan Expected(long from, in FragmentRef fragment)
    {
        var rest = TimeSpan.FromMicroseconds(Math.Max(0, toUtcUs - from)) + TimeSpan.FromSeconds(10);
        if (wish.MaxFileBytes == 0)
            return rest;
        var bySize = TimeSpan.FromSeconds(fragment.Duration90k / 90_000.0 * wish.MaxFileBytes / Math.Max(1, fragment.MediaLength));
        return bySize < rest ? bySize : rest;
    }

    private void Miss(string what)
    {
        _waitsForSync = true;
        if (_warnings.Count < 20)
            _warnings.Add(what);
    }
}
