using EdgeRecorder.Bytes;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// A channel's footage as its files tell it, without index and daemon: found segment by segment, read record by record, dated as it was when it was recorded. Writes nothing
/// and takes no lock; what a daemon takes back meanwhile is missing.
/// </summary>
internal sealed class RingFootage(string ring)
{
    private readonly ReadOnlyDevice _device = new();

    /// <summary>A segment of the wanted channel, or a copy of some of its records in the pool of locked footage.</summary>
    internal sealed record Piece(string Path, SegmentHeader Header);

    /// <param name="channel">Its key, id, number or name.</param>
    /// <returns>In order of recording; those of the pool last.</returns>
    public List<Piece> Find(string channel, byte stream)
    {
        var pieces = new List<Piece>();
        foreach (var path in SegmentFolder.Scan(ring).Segments.Values.Where(path => !path.EndsWith(SegmentFolder.FreeSuffix, StringComparison.Ordinal)))
            if (ReadHeader(path) is { } header && header.Stream.Stream == stream && Is(header.Channel, channel))
                pieces.Add(new Piece(path, header));
        return [.. pieces.OrderBy(piece => piece.Header.IsPool).ThenBy(piece => piece.Header.Generation)];
    }

    /// <summary>Records that overlap [from, to) with their dates, from the sync record before on, in order of media time, each once.</summary>
    public List<(Piece Piece, FragmentRef Record)> Records(IReadOnlyList<Piece> pieces, long fromUtcUs, long toUtcUs)
    {
        var records = new SortedDictionary<(long Generation, long Sequence), (Piece Piece, FragmentRef Record)>();
        foreach (var piece in pieces)
        {
            using var file = _device.Open(piece.Path);
            var sync = new List<(RecordHeader Header, int Offset)>();
            foreach (var entry in SegmentScan.Walk(file, piece.Header).Entries)
            {
                if (SegmentScan.ReadRecord(file, entry.Offset) is not { } header || header.UtcUs >= toUtcUs)
                    continue;
                if (entry.IsSync)
                    sync.Clear();
                sync.Add((header, entry.Offset));
                if (header.UtcUs + (long)header.Duration90k * 100 / 9 <= fromUtcUs)
                    continue;
                foreach (var (kept, offset) in sync)
                    records.TryAdd((kept.Generation, kept.Sequence), (piece, Ref(piece, kept, offset)));
                sync.Clear();
            }
        }
        return [.. records.Values.OrderBy(found => found.Record.MediaStart90k)];
    }

    /// <summary>The whole record; null when it is not that record any more, or damaged.</summary>
    public byte[]? Read(Piece piece, in FragmentRef record)
    {
        using var file = _device.Open(piece.Path);
        var bytes = new byte[record.Length];
        try
        {
            return file.Read(bytes, record.Offset) == bytes.Length && RecordHeader.Parse(bytes) is { } header && header.RecordLength == record.Length && header.Generation == record.Generation
                && header.MediaStart90k == record.MediaStart90k && RecordHeader.CrcFits(bytes) ? bytes : null;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private SegmentHeader? ReadHeader(string path)
    {
        try
        {
            using var file = _device.Open(path);
            return SegmentScan.ReadHeader(file, new FileInfo(path).Length) is { } header && !SegmentScan.IsRetired(file, header) ? header : null;
        }
        catch (Exception e) when (e is ProtocolException or IOException or UnauthorizedAccessException)
        {
            return null;                                    // fsck says what is wrong with it
        }
    }

    private static bool Is(ChannelIdentity channel, string wanted)
        => wanted == channel.Key || wanted == channel.Id || wanted == channel.Name || int.TryParse(wanted, System.Globalization.CultureInfo.InvariantCulture, out var number) && number == channel.Number;

    private static FragmentRef Ref(Piece piece, RecordHeader header, int offset)
        => new(piece.Header.Segment, header.Generation, offset, header.RecordLength, header.MediaStart90k, header.Duration90k, (header.Flags & RecordFlags.Sync) != 0,
            (header.Flags & RecordFlags.StartsRun) != 0, header.UtcUs, header.UtcUs + (long)header.Duration90k * 100 / 9);
}
