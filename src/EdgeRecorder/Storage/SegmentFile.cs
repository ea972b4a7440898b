using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Storage;

/// <summary>One file of the ring, by the calls the on-disk protocol is made of. The trial that replays power cuts puts its log here.</summary>
internal interface ISegmentFile : IDisposable
{
    int Read(Span<byte> target, long offset);
    void Write(ReadOnlySpan<byte> source, long offset);
    void Write(GatherList list, long offset);
    void StartWriteback(long offset, long length);
    void DataSync();
    void DropCache(long offset, long length);
}

/// <summary>Opens segments by path.</summary>
internal interface ISegmentDevice
{
    ISegmentFile Open(string path);
}

/// <summary>The kernel's files.</summary>
internal sealed class KernelDevice : ISegmentDevice
{
    public ISegmentFile Open(string path)
    {
        try
        {
            return new KernelFile(LinuxFile.Open(path));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);            // one kind of failure for every way in which a file cannot be had
        }
    }

    private sealed class KernelFile(LinuxFile file) : ISegmentFile
    {
        public int Read(Span<byte> target, long offset) => file.Read(target, offset);
        public void Write(ReadOnlySpan<byte> source, long offset) => file.Write(source, offset);
        public void Write(GatherList list, long offset) => file.Write(list, offset);
        public void StartWriteback(long offset, long length) => file.StartWriteback(offset, length);
        public void DataSync() => file.DataSync();
        public void DropCache(long offset, long length) => file.DropCache(offset, length);
        public void Dispose() => file.Dispose();
    }
}
