using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Storage;

/// <summary>The files of a ring for who only reads them: without a lock, so beside a daemon too.</summary>
internal sealed class ReadOnlyDevice : ISegmentDevice
{
    public ISegmentFile Open(string path) => new ReadOnlyFile(LinuxFile.OpenUnlocked(path));

    private sealed class ReadOnlyFile(LinuxFile file) : ISegmentFile
    {
        public int Read(Span<byte> target, long offset) => file.Read(target, offset);
        public void Write(ReadOnlySpan<byte> source, long offset) => throw Refused();
        public void Write(GatherList list, long offset) => throw Refused();
        public void StartWriteback(long offset, long length) => throw Refused();
        public void DataSync() => throw Refused();
        public void DropCache(long offset, long length) => throw Refused();
        public void Dispose() => file.Dispose();

        private static InvalidOperationException Refused() => new("who opened the ring to read it writes nothing");
    }
}
