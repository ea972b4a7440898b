using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.PowerCut;

/// <summary>What became of what was written and not yet flushed: all of it is there; half of the writes are; half of the pages are.</summary>
internal enum Loss { None, Writes, Pages }

/// <summary>One power cut: only the first <paramref name="Entry"/> entries of the log happened.</summary>
internal readonly record struct Cut(int Entry, Loss Loss)
{
    public override string ToString() => $"{Entry}/{Loss.ToString().ToLowerInvariant()}";
}

/// <summary>The disk as a power cut leaves it. Moves forward along the log only.</summary>
internal sealed class CutDisk(BlockLog log, byte[] empty)
{
    private const int Block = 64 * 1024, Page = 4096;
    private readonly byte[] _flushed = (byte[])empty.Clone();
    private readonly HashSet<int> _touched = [.. Enumerable.Range(0, (empty.Length + Block - 1) / Block).Where(b => empty.AsSpan(b * Block, Math.Min(Block, empty.Length - b * Block)).ContainsAnyExcept((byte)0))];
    private int _position;

    /// <summary>Writes the disk's state into a file. What is lost follows from the cut alone, so that it can be had again.</summary>
    public void Write(string path, in Cut cut)
    {
        var flush = cut.Entry - 1;
        while (flush >= 0 && !log.Entries[flush].IsFlush)
            flush--;
        for (; _position <= flush; _position++)
            Apply(log.Entries[_position]);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        RandomAccess.SetLength(file, _flushed.Length);
        foreach (var block in _touched)
            RandomAccess.Write(file, _flushed.AsSpan(block * Block, Math.Min(Block, _flushed.Length - block * Block)), (long)block * Block);
        var random = new Random(cut.Entry);
        for (var i = flush + 1; i < cut.Entry; i++)
            Keep(file, log.Entries[i], cut.Loss, random);
    }

    private void Apply(in BlockEntry entry)
    {
        if (entry.Length == 0)
            return;
        log.BytesOf(entry).CopyTo(_flushed.AsSpan((int)entry.Offset));
        for (var block = entry.Offset / Block; block <= (entry.Offset + entry.Length - 1) / Block; block++)
            _touched.Add((int)block);
    }

    private void Keep(SafeFileHandle file, in BlockEntry entry, Loss loss, Random random)
    {
        if (loss != Loss.Pages || entry.IsForced)
        {
            if (loss == Loss.None || entry.IsForced || random.Next(2) == 0)
                RandomAccess.Write(file, log.BytesOf(entry), entry.Offset);
            return;
        }
        for (var at = 0; at < entry.Length; at += Page)
            if (random.Next(2) == 0)
                RandomAccess.Write(file, log.BytesOf(entry).Slice(at, Math.Min(Page, entry.Length - at)), entry.Offset + at);
    }
}
