using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Tests.Storage.PowerCut;

/// <summary>
/// A disk of segments by their numbers, moved along a <see cref="WriteLog"/>. What was synced is there; of what was not, every page stands as it was
/// at some moment since its last sync, each for itself: dropped, kept, overtaken by a later write elsewhere, or torn between two moments at 512-byte sectors.
/// </summary>
internal sealed class DiskModel
{
    private const int Page = Geometry.Page, Sector = 512;

    private readonly Dictionary<int, byte[]> _durable;
    private readonly Dictionary<int, List<(int Index, LogEntry Entry)>> _cached = [];
    private int _position;

    public DiskModel(IReadOnlyDictionary<int, byte[]> files) => _durable = files.ToDictionary(pair => pair.Key, pair => (byte[])pair.Value.Clone());

    /// <summary>Moves to the moment before entry <paramref name="position"/>; only forward.</summary>
    public void MoveTo(IReadOnlyList<LogEntry> log, int position)
    {
        for (; _position < position; _position++)
        {
            var entry = log[_position];
            var cached = _cached.TryGetValue(entry.Segment, out var known) ? known : _cached[entry.Segment] = [];
            if (entry.Bytes is not null)
                cached.Add((_position, entry));
            else
            {
                foreach (var (_, write) in cached.Where(c => c.Index < entry.UpTo))
                    write.Bytes!.CopyTo(_durable[entry.Segment], write.Offset);
                cached.RemoveAll(c => c.Index < entry.UpTo);
            }
        }
    }

    /// <summary>The files as one power cut leaves them, and which of them had something not yet synced. Files are shared with the model: copy before writing.</summary>
    public (Dictionary<int, byte[]> Files, List<int> Unsynced) Cut(Random random)
    {
        var files = new Dictionary<int, byte[]>(_durable);
        var unsynced = _cached.Where(pair => pair.Value.Count > 0).Select(pair => pair.Key).ToList();
        var luck = random.NextDouble();                     // from nearly nothing kept to nearly all
        foreach (var segment in unsynced)
            files[segment] = Torn(_durable[segment], _cached[segment].ConvertAll(c => c.Entry), random, luck);
        return (files, unsynced);
    }

    private static byte[] Torn(byte[] durable, List<LogEntry> writes, Random random, double luck)
    {
        var disk = (byte[])durable.Clone();
        var pages = writes.SelectMany(w => Enumerable.Range((int)(w.Offset / Page), (int)((w.Offset + w.Bytes!.Length - 1) / Page - w.Offset / Page + 1))).Distinct();
        foreach (var page in pages)
        {
            var touching = writes.FindAll(w => w.Offset < (page + 1L) * Page && w.Offset + w.Bytes!.Length > (long)page * Page);
            var (one, other) = (Moment(), random.Next(4) == 0 ? Moment() : -1);
            var first = At(one);
            first.CopyTo(disk, page * Page);
            if (other < 0)
                continue;
            var second = At(other);
            for (var sector = 0; sector < Page; sector += Sector)
                if (random.Next(2) == 0)
                    second.AsSpan(sector, Sector).CopyTo(disk.AsSpan(page * Page + sector));

            int Moment() => random.NextDouble() < luck ? touching.Count : random.Next(touching.Count + 1);

            byte[] At(int count)
            {
                var bytes = durable[(page * Page)..((page + 1) * Page)];
                foreach (var write in touching.Take(count))
                {
                    var from = Math.Max(write.Offset, (long)page * Page);
                    var to = Math.Min(write.Offset + write.Bytes!.Length, (page + 1L) * Page);
                    write.Bytes.AsSpan((int)(from - write.Offset), (int)(to - from)).CopyTo(bytes.AsSpan((int)(from - page * Page)));
                }
                return bytes;
            }
        }
        return disk;
    }
}
