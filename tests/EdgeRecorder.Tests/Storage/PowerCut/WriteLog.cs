using System.Globalization;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage.PowerCut;

/// <summary>Something that happened to a segment: bytes written, or a sync that covers what was written to it before <paramref name="UpTo"/>.</summary>
/// <param name="Bytes">Null: a sync.</param>
internal readonly record struct LogEntry(int Segment, long Offset, byte[]? Bytes, int UpTo);

/// <summary>Real files, and beside them the order of every write and sync: what a power cut at any moment could have left is made of it.</summary>
internal sealed class WriteLog(ISegmentDevice inner) : ISegmentDevice
{
    private readonly List<LogEntry> _entries = [];

    /// <summary>Called before the first bytes of a generation are written.</summary>
    public Action? BeforeHeader { get; set; }

    public int Count { get { lock (_entries) return _entries.Count; } }

    public List<LogEntry> Entries { get { lock (_entries) return [.. _entries]; } }

    public ISegmentFile Open(string path)
        => new LoggedFile(this, inner.Open(path), int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture));

    private sealed class LoggedFile(WriteLog log, ISegmentFile file, int segment) : ISegmentFile
    {
        private bool _written;

        public int Read(Span<byte> target, long offset) => file.Read(target, offset);

        public void Write(ReadOnlySpan<byte> source, long offset)
        {
            if (offset == 0 && !_written)                   // later on the same file it is a link in the header's page
                log.BeforeHeader?.Invoke();
            _written = true;
            lock (log._entries)
            {
                file.Write(source, offset);
                log._entries.Add(new LogEntry(segment, offset, source.ToArray(), 0));
            }
        }

        public void Write(GatherList list, long offset)
        {
            var bytes = new byte[list.Length];
            var at = 0;
            foreach (var piece in list.Pieces)
            {
                piece.AsSpan().CopyTo(bytes.AsSpan(at));
                at += piece.Count;
            }
            lock (log._entries)
            {
                file.Write(list, offset);
                log._entries.Add(new LogEntry(segment, offset, bytes, 0));
            }
        }

        public void StartWriteback(long offset, long length) => file.StartWriteback(offset, length);

        public void DataSync()
        {
            var before = log.Count;                         // a sync promises what was written when it began
            file.DataSync();
            lock (log._entries)
                log._entries.Add(new LogEntry(segment, 0, null, before));
        }

        public void DropCache(long offset, long length) => file.DropCache(offset, length);

        public void Dispose() => file.Dispose();
    }
}
