using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Storage;

/// <summary>A ring in a folder of its own with fragments of known content; opened and killed at will.</summary>
internal sealed class RingBench : IDisposable
{
    private static readonly byte[] TestInit = MakeInit();
    private readonly Dictionary<StreamKey, long> _media = [];
    private readonly Dictionary<StreamKey, int> _counts = [];

    public RingBench(int segments = 32, long segmentBytes = 1 << 20)
    {
        Folder = Directory.CreateTempSubdirectory("ring-").FullName;
        Options = new RingOptions
        {
            Folder = Path.Combine(Folder, "ring"), IndexPath = Path.Combine(Folder, "index.db"), SizeBytes = segments * segmentBytes, SegmentBytes = segmentBytes,
            SyncPeriod = TimeSpan.FromMilliseconds(50), LeaseGrace = TimeSpan.FromMilliseconds(200),
        };
        Directory.CreateDirectory(Options.Folder);
    }

    public string Folder { get; }
    public RingOptions Options { get; set; }
    public TestClock Clock { get; } = new();
    public RecordingObserver Observer { get; } = new();
    public Ring Ring { get; private set; } = null!;
    public InitSegment Init { get; set; } = new([new Track { Codec = Codec.H264, TimeScale = 90_000 }], TestInit);

    public static ChannelIdentity Identity(int number) => new(number, $"c{number}", $"cam{number}", $"Camera {number}", "rtsp://127.0.0.1/x");

    public RingBench Open(ISegmentDevice? device = null)
    {
        Ring = Ring.Open(Options, Clock, Observer, [], device);
        return this;
    }

    /// <summary>A fragment of 40 ms × 25 = 1 s whose content says which one it is.</summary>
    public Fragment Next(StreamKey key, int bytes = 20_000, bool sync = true, bool startsRun = false)
    {
        var number = _counts[key] = _counts.GetValueOrDefault(key) + 1;
        var start = _media.GetValueOrDefault(key);
        _media[key] = start + 90_000;
        Clock.Advance(1_000_000);
        return Make(number, key, bytes, start, sync, startsRun);
    }

    public void SetMedia(StreamKey key, long media90k) => _media[key] = media90k;

    public void Record(StreamKey key, int count, int bytes = 20_000, int gop = 1)
    {
        using var stream = Ring.OpenStream(key, Identity(key.ChannelNumber), 0);
        for (var i = 0; i < count; i++)
        {
            var fragment = Next(key, bytes, sync: i % gop == 0, startsRun: i == 0);
            Wait.Until(() => stream.Offer(fragment));
            fragment.Release();
        }
        Ring.Flush();
    }

    /// <summary>The content of a fragment as read back: its number, and that every byte is in place.</summary>
    public int NumberOf(in FragmentRef fragment)
    {
        var record = new byte[fragment.Length];
        Assert.True(Ring.TryRead(fragment, 0, record));
        return NumberIn(record.AsSpan(FragmentRef.RecordHeaderLength));
    }

    public static int NumberIn(ReadOnlySpan<byte> media)
    {
        var number = BitConverter.ToInt32(media.Slice(24, 4));
        for (var i = 28; i < media.Length; i++)
            Assert.Equal((byte)(number + i), media[i]);
        return number;
    }

    public List<int> NumbersOf(StreamKey key, long from = 0, long to = long.MaxValue)
    {
        using var lease = Ring.Lease(key, from, to, fromSync: false);
        return [.. lease.Fragments.Select(f => NumberOf(f))];
    }

    public void Dispose()
    {
        Ring?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private Fragment Make(int number, StreamKey key, int bytes, long start, bool sync, bool startsRun)
    {
        bytes &= ~7;
        var content = new byte[bytes];
        for (var i = 28; i < bytes; i++)
            content[i] = (byte)(number + i);
        BitConverter.TryWriteBytes(content.AsSpan(24), number);
        byte[] moof = [0, 0, 0, 16, (byte)'m', (byte)'o', (byte)'o', (byte)'f', 0, 0, 0, 8, (byte)'f', (byte)'r', (byte)'e', (byte)'e'];
        moof.CopyTo(content, 0);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(content.AsSpan(16), bytes - 16);
        "mdat"u8.CopyTo(content.AsSpan(20));
        using var writer = new PayloadWriter(ChunkPool.Video);
        writer.Write(content.AsSpan(24));
        return new Fragment(content.AsMemory(0, 24), [writer.Take()], 1)
        {
            Init = Init, MediaStart90k = start, Duration90k = 90_000, IsSync = sync, SyncDistance = sync ? 0 : 1, StartsRun = startsRun,
            BoottimeUs = Clock.Boottime,
        };
    }

    private static byte[] MakeInit() => [0, 0, 0, 8, .. "ftyp"u8, 0, 0, 0, 8, .. "moov"u8];

    internal sealed class RecordingObserver : IRingObserver
    {
        public List<(StreamKey Stream, long From, long To)> Evictions { get; } = [];
        public List<(StreamKey Stream, long From, long To)> Holes { get; } = [];
        public List<string> Faults { get; } = [];
        public List<(StreamKey Stream, long From, long To)> Drops { get; } = [];

        public void Evicted(StreamKey stream, int bootNumber, long fromUs, long toUs) { lock (this) Evictions.Add((stream, fromUs, toUs)); }
        public void Unreadable(StreamKey stream, int bootNumber, long fromUs, long toUs) { lock (this) Holes.Add((stream, fromUs, toUs)); }
        public void DiskFault(int segment, string error) { lock (this) Faults.Add($"{segment}: {error}"); }
        public void Dropped(StreamKey stream, int bootNumber, long fromUs, long toUs) { lock (this) Drops.Add((stream, fromUs, toUs)); }
        public List<string> Index { get; } = [];
        public void IndexLost(string why) { lock (this) Index.Add(why); }
        public void IndexRestored() { lock (this) Index.Add("restored"); }
        public void Anchored(EdgeRecorder.Storage.Format.BootAnchor anchor) { }
    }
}

/// <summary>Waits for a condition, never for a time.</summary>
internal static class Wait
{
    public static void Until(Func<bool> condition, int seconds = 20)
    {
        if (!SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(seconds)))
            Assert.Fail($"not within {seconds} s");
    }
}
