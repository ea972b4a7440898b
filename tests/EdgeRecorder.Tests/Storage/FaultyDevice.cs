using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage;

internal enum DiskCall { Write, Sync, Writeback, Read }

/// <summary>The kernel's files, but calls fail with EIO where a test says so.</summary>
internal sealed class FaultyDevice : ISegmentDevice
{
    private readonly KernelDevice _inner = new();

    /// <summary>Asked before every call with its kind, path and offset; true: it fails. Any thread.</summary>
    public Func<DiskCall, string, long, bool>? Fails { get; set; }

    public ISegmentFile Open(string path) => new FaultyFile(this, _inner.Open(path), path);

    private void Check(DiskCall call, string path, long offset)
    {
        if (Fails?.Invoke(call, path, offset) == true)
            throw new ErrnoException(call.ToString(), path, 5);
    }

    private sealed class FaultyFile(FaultyDevice device, ISegmentFile file, string path) : ISegmentFile
    {
        public int Read(Span<byte> target, long offset)
        {
            device.Check(DiskCall.Read, path, offset);
            return file.Read(target, offset);
        }

        public void Write(ReadOnlySpan<byte> source, long offset)
        {
            device.Check(DiskCall.Write, path, offset);
            file.Write(source, offset);
        }

        public void Write(GatherList list, long offset)
        {
            device.Check(DiskCall.Write, path, offset);
            file.Write(list, offset);
        }

        public void StartWriteback(long offset, long length)
        {
            device.Check(DiskCall.Writeback, path, offset);
            file.StartWriteback(offset, length);
        }

        public void DataSync()
        {
            device.Check(DiskCall.Sync, path, 0);
            file.DataSync();
        }

        public void DropCache(long offset, long length) => file.DropCache(offset, length);
        public void Dispose() => file.Dispose();
    }
}
