using System.IO.Pipelines;
using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>
/// A media segment of a playlist with AAC in place of the G.711 it was recorded with. Of each record
/// <code>
/// moof  with traf 1 as it was and a traf 2 of AAC     made, some hundred bytes
/// mdat  header                                        made
///       samples of track 1                            out of the ring, unchanged
///       frames of AAC                                 made
/// </code>
/// Sound is encoded for every media segment by itself, from a little before it to a little behind: frames lie on the channel's grid, each belongs to the record in whose time it begins,
/// and the coder has heard what is around them; so segments fit together whoever asks for them in whatever order.
/// </summary>
internal sealed class SoundedRecords : IFootageDownload
{
    /// <summary>
    /// What the coder hears around them: six frames of 64 ms. Two would make the first and the last whole; behind silence it takes some more until windows
    /// are the ones that it had chosen without a border, and windows that do not match are a click.
    /// </summary>
    private const long Around90k = 6 * 5_760;
    private const long AroundUs = 1_500_000;

    private readonly FootageDownload _whole;
    private readonly List<Piece> _pieces = [];

    /// <param name="From">First byte of <see cref="Count"/> that come out of the ring, from the first byte of the records as they were recorded.</param>
    private readonly record struct Piece(byte[] Head, long From, int Count, byte[] Tail)
    {
        public long Length => Head.Length + Count + Tail.Length;
    }

    private SoundedRecords(FootageDownload whole) => _whole = whole;

    public long Length { get; private set; }
    public string EntityTag => $"{_whole.EntityTag}-aac";
    public IReadOnlyList<PlannedFragment> Records => _whole.Records;

    /// <param name="whole">The records as they are; the result owns it, unless this throws.</param>
    /// <param name="speech">Track 2 as it was recorded.</param>
    /// <param name="encoder">One that has heard nothing yet.</param>
    /// <exception cref="ProtocolException">A record is damaged.</exception>
    /// <exception cref="IOException">The ring took them back.</exception>
    public static SoundedRecords Make(IRing ring, StreamKey stream, FootageDownload whole, Track speech, SpeechEncoder encoder)
    {
        var records = whole.Records;
        using var lease = ring.Lease(stream, records[0].Ref.FromUtcUs - AroundUs, records[^1].Ref.ToUtcUs + AroundUs, fromSync: false);
        var (first, last, from, to) = Surround(lease.Fragments, records);
        var frames = new List<(long Time, byte[] Bytes)>();
        AacFrame keep = (time, bytes) => frames.Add((time, bytes.ToArray()));
        encoder.Begin(MediaTime.To(Math.Max(0, records[0].Ref.MediaStart90k - Around90k), speech.TimeScale));
        var heads = new Dictionary<(int, int), (byte[] Moof, MovieFragment Parsed)>();
        for (var i = first; i <= last; i++)
        {
            var record = lease.Fragments[i];
            var head = heads[(record.Segment, record.Offset)] = ReadHead(ring, record);
            if (head.Parsed.Tracks.FirstOrDefault(track => track.TrackId == 2) is { Samples: { Count: > 0 } samples } sounding)
                encoder.Add(sounding.DecodeTime, ReadSamples(ring, record, samples), keep);
        }
        encoder.FillTo(MediaTime.To(to + Around90k, speech.TimeScale), keep);
        encoder.End(keep);
        var made = new SoundedRecords(whole);
        var rate = AacSound.AacFor(speech)!.TimeScale;
        for (var i = 0; i < records.Count; i++)
        {
            var (begin, end) = (MediaTime.To(i == 0 ? from : records[i].Ref.MediaStart90k, rate), MediaTime.To(i + 1 < records.Count ? records[i + 1].Ref.MediaStart90k : to, rate));
            made.Add(records[i], heads[(records[i].Ref.Segment, records[i].Ref.Offset)], [.. frames.Where(frame => frame.Time >= begin && frame.Time < end)]);
        }
        return made;
    }

    public async Task CopyAsync(PipeWriter output, long offset, long count, CancellationToken stop)
    {
        foreach (var piece in _pieces)
        {
            if (count == 0)
                return;
            if (offset >= piece.Length)
            {
                offset -= piece.Length;
                continue;
            }
            var fromHead = Part(piece.Head, offset, count);
            await output.WriteAsync(fromHead, stop);
            (offset, count) = (Math.Max(0, offset - piece.Head.Length), count - fromHead.Length);
            var fromRing = Math.Min(count, Math.Max(0, piece.Count - offset));
            if (fromRing > 0)
                await _whole.CopyAsync(output, piece.From + offset, fromRing, stop);
            (offset, count) = (Math.Max(0, offset - piece.Count), count - fromRing);
            var fromTail = Part(piece.Tail, offset, count);
            await output.WriteAsync(fromTail, stop);
            (offset, count) = (0, count - fromTail.Length);
        }
    }

    public void Dispose() => _whole.Dispose();

    private static ReadOnlyMemory<byte> Part(byte[] bytes, long offset, long count)
        => offset >= bytes.Length ? default : bytes.AsMemory((int)offset, (int)Math.Min(count, bytes.Length - offset));

    /// <summary>The records and their neighbours, as far as media runs on over <see cref="Around90k"/>; and the media time that is theirs.</summary>
    private static (int First, int Last, long From90k, long To90k) Surround(IReadOnlyList<FragmentRef> around, IReadOnlyList<PlannedFragment> records)
    {
        var (first, last) = (IndexOf(around, records[0].Ref), IndexOf(around, records[^1].Ref));
        if (first < 0 || last - first != records.Count - 1)
            throw new IOException("The ring took the footage back.");
        var (from, to) = (around[first].MediaStart90k, around[last].MediaStart90k + around[last].Duration90k);
        if (last + 1 < around.Count && RunsOn(around[last], around[last + 1]))
            to = around[last + 1].MediaStart90k;            // what clocks round away belongs to one of the two
        while (first > 0 && RunsOn(around[first - 1], around[first]) && around[first].MediaStart90k > from - Around90k)
            first--;
        while (last + 1 < around.Count && RunsOn(around[last], around[last + 1]) && around[last + 1].MediaStart90k < to + Around90k)
            last++;
        return (first, last, from, to);
    }

    private static bool RunsOn(in FragmentRef before, in FragmentRef next) => MediaTime.RunsOn(before.MediaStart90k + before.Duration90k, next.MediaStart90k);

    private static int IndexOf(IReadOnlyList<FragmentRef> around, in FragmentRef record)
    {
        for (var i = 0; i < around.Count; i++)
            if (around[i].Segment == record.Segment && around[i].Generation == record.Generation && around[i].Offset == record.Offset)
                return i;
        return -1;
    }

    private static (byte[] Moof, MovieFragment Parsed) ReadHead(IRing ring, in FragmentRef record)
    {
        var header = new byte[8];
        Read(ring, record, 0, header);
        var moof = new byte[Math.Min(MovieFragment.HeadLength(header), record.MediaLength)];
        Read(ring, record, 0, moof);
        return (moof, MovieFragment.Parse(moof));
    }

    /// <summary>They lie one behind the other.</summary>
    private static byte[] ReadSamples(IRing ring, in FragmentRef record, IReadOnlyList<FragmentSample> samples)
    {
        var length = samples[^1].Offset + samples[^1].Size - samples[0].Offset;
        if (samples[0].Offset < 0 || length < 0 || samples[0].Offset + length > record.MediaLength)
            throw new ProtocolException(BoxReader.Protocol, 0, "trun", "samples lie outside of mdat");
        var bytes = new byte[length];
        Read(ring, record, (int)samples[0].Offset, bytes);
        return bytes;
    }

    private static void Read(IRing ring, in FragmentRef record, int offset, Span<byte> target)
    {
        if (!ring.TryRead(record, FragmentRef.RecordHeaderLength + offset, target))
            throw new IOException("The ring took the footage back.");
    }

    private void Add(PlannedFragment record, (byte[] Moof, MovieFragment Parsed) head, (long Time, byte[] Bytes)[] frames)
    {
        var pictures = head.Parsed.Tracks.FirstOrDefault(track => track.TrackId == 1)?.Samples ?? [];
        if (pictures.Count == 0 && frames.Length == 0)
            return;
        var (from, count) = pictures.Count == 0 ? (0L, 0L) : (pictures[0].Offset, pictures[^1].Offset + pictures[^1].Size - pictures[0].Offset);
        if (from < 0 || count < 0 || from + count > record.Ref.MediaLength)
            throw new ProtocolException(BoxReader.Protocol, 0, "trun", "samples lie outside of mdat");
        byte[] tail = [.. frames.SelectMany(frame => frame.Bytes)];
        var piece = new Piece(SoundedHead.Write(head.Moof, (int)count, frames), record.Start + from, (int)count, tail);
        _pieces.Add(piece);
        Length += piece.Length;
    }
}
