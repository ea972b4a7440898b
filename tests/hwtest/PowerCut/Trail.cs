using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.PowerCut;

/// <summary>A record as it was written: when its media came in (CLOCK_BOOTTIME, µs) and its end in wall time, and with which entry of the log its head reached the disk.</summary>
internal sealed record Recorded(StreamKey Stream, long Generation, long Sequence, long MediaStart90k, long FromUs, long ToUs, long FromUtcMs, long ToUtcMs, int Entry);

/// <summary>
/// What the machine said while it recorded. It wrote that onto the same disk, past the page cache and without a flush: so the log itself tells which acknowledgement came before which write,
/// and nothing of it made the recorder's writes durable.
/// </summary>
internal sealed record Mark(int Entry, string Kind, string Text);

/// <summary>What the log shows of the recorder: every record, when generations ended, and the marks between them.</summary>
internal sealed class Trail
{
    private const int Page = Geometry.Page;

    /// <summary>A tick that comes later than this after the one before came late.</summary>
    private const long LongTickUs = 600_000;

    private readonly Dictionary<(StreamKey Stream, long Sequence), Recorded> _records = [];
    private readonly Dictionary<long, int> _ended = [];
    private readonly Dictionary<int, long> _generationIn = [];
    private List<(int Entry, long AtUs)>? _ticks;

    /// <param name="marks">First byte of the place for marks, and of the file system behind it.</param>
    public Trail(BlockLog log, long marks, long fileSystem)
    {
        for (var i = 0; i < log.Entries.Count; i++)
        {
            var entry = log.Entries[i];
            if (entry.Length == 0)
                continue;
            if (entry.Offset >= fileSystem)
                Read(log.BytesOf(entry), i, (int)((Page - (entry.Offset - fileSystem) % Page) % Page));
            else if (entry.Offset == marks)
                Marks.Add(ReadMark(log.BytesOf(entry), i));
        }
        foreach (var stream in _records.Values.GroupBy(r => r.Stream))
            Streams[stream.Key] = [.. stream.OrderBy(r => r.Sequence)];
    }

    public List<Mark> Marks { get; } = [];

    public Dictionary<StreamKey, Recorded[]> Streams { get; } = [];

    /// <summary>Entries that write a header of a segment or the mark of one that was given up.</summary>
    public List<int> Turns { get; } = [];

    /// <summary>Whether a generation's footage was given up before that entry, as far as the segments tell.</summary>
    public bool HasEnded(long generation, int cut) => _ended.TryGetValue(generation, out var entry) && entry < cut;

    /// <summary>Microseconds since the machine's boot: at least so much had passed at the cut, at most so much.</summary>
    public (long FromUs, long ToUs) TimeOf(int cut)
    {
        var ticks = Ticks();
        var after = ticks.FindIndex(tick => tick.Entry >= cut);
        return (after == 0 ? 0 : (after < 0 ? ticks[^1] : ticks[after - 1]).AtUs, after < 0 ? long.MaxValue : ticks[after].AtUs);
    }

    /// <summary>
    /// How long the machine stood still between that time (µs since its boot), or three seconds before the cut if that is earlier, and the cut: it is emulated, and whoever emulates it has other things to do.
    /// A tick comes every 0.2 s and takes some time itself.
    /// </summary>
    public long StoodStillUs(int cut, long sinceUs)
    {
        var (now, next) = TimeOf(cut);
        var times = Ticks().Where(tick => tick.Entry < cut && tick.AtUs >= Math.Min(sinceUs, now - 3_000_000)).Select(tick => tick.AtUs).ToList();
        if (next != long.MaxValue)
            times.Add(next);
        return times.Zip(times.Skip(1)).Sum(pair => Math.Max(0, pair.Second - pair.First - LongTickUs));
    }

    private List<(int Entry, long AtUs)> Ticks()
        => _ticks ??= [.. Marks.Where(mark => mark.Kind == "tick").Select(mark => (mark.Entry, (long)(double.Parse(mark.Text, CultureInfo.InvariantCulture) * 1_000_000)))];

    private static Mark ReadMark(ReadOnlySpan<byte> bytes, int entry)
    {
        var text = Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim();
        var end = text.AsSpan().IndexOfAny(' ', '\n');
        return end < 0 ? new Mark(entry, text, "") : new Mark(entry, text[..end], text[(end + 1)..]);
    }

    private void Read(ReadOnlySpan<byte> bytes, int entry, int first)
    {
        for (var at = first; at + Page <= bytes.Length; at += Page)
        {
            var page = bytes.Slice(at, Page);
            var type = BoxType.Read(page).Type;
            try
            {
                if (type == BoxType.Uuid)
                    Add(RecordHeader.Parse(page), entry);
                else if (type == BoxType.Ftyp)
                    Turn(SegmentHeader.Parse(bytes[at..Math.Min(bytes.Length, at + SegmentHeader.LongestRead)], SegmentBytes), entry);
                else if (page.StartsWith("RETIRED\0"u8) && RetiredMark.GenerationOf(page, new Guid(page.Slice(8, 16), bigEndian: true)) is > 0 and var generation)
                    End(generation, entry);
            }
            catch (ProtocolException)
            {
                // Another box of a segment, or other footage that looks like one.
            }
        }
    }

    /// <summary>As the configuration of the trial says.</summary>
    public const int SegmentBytes = 1 << 20;

    private void Add(in RecordHeader r, int entry)
        => _records.TryAdd((r.Stream, r.Sequence), new Recorded(r.Stream, r.Generation, r.Sequence, r.MediaStart90k, r.BoottimeUs, r.BoottimeUs + r.Duration90k * 100L / 9,
            r.UtcUs / 1000, (r.UtcUs + r.Duration90k * 100L / 9) / 1000, entry));

    private void Turn(SegmentHeader header, int entry)
    {
        Turns.Add(entry);
        if (_generationIn.TryGetValue(header.Segment, out var before) && before < header.Generation)
            End(before, entry);
        _generationIn[header.Segment] = Math.Max(header.Generation, before);
    }

    private void End(long generation, int entry)
    {
        Turns.Add(entry);
        _ended.TryAdd(generation, entry);
    }
}
