using System.Collections.Concurrent;
using System.IO.Pipelines;
using EdgeRecorder.Cascade;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Api;

/// <summary>An engine that remembers what it was told and shows what a test put in.</summary>
internal sealed class FakeEngine : IRing, IRecorder, ILocks, IFootageSource, IPlaybackSource, IStorageStatus, IProbe, IPlatformStates
{
    public ConcurrentDictionary<int, bool> Applied { get; } = new();
    public List<FootageSpan> Footage { get; } = [];
    public FakeDevices Devices { get; } = new();
    public List<PlatformFigures> Platforms { get; } = [];
    IReadOnlyList<PlatformFigures> IPlatformStates.Figures => Platforms;
    long IPlatformStates.Strangers => 0;
    public List<FakeRingStream> Streams { get; } = [];

    /// <summary>Instead of <see cref="Footage"/>, when there is one.</summary>
    public RingCatalog? Catalog { get; set; }
    public FootageAnswer Answer { get; set; } = new FootageAnswer.Nothing();
    public PlaylistAnswer Playlist { get; set; } = new PlaylistAnswer.Nothing();
    public RecordsAnswer Records { get; set; } = new RecordsAnswer.Nothing();
    public string? PinRefusal { get; set; }
    public ConcurrentDictionary<string, bool> Pinned { get; } = new();

    public int MaxFragmentLength => 1 << 20;
    public long SizeBytes => 1L << 30;
    public long UtcOffsetUs { get; set; } = 1_700_000_000_000_000;
    public long ToUtcUs(long boottimeUs) => boottimeUs + UtcOffsetUs;
    public ClockQuality ClockQuality { get; set; } = ClockQuality.Ntp;
    public int BootNumber => 1;
    public int Syncs;
    public void SyncNow() => Interlocked.Increment(ref Syncs);
    public void MayOverwrite() { }
    public void SetQuota(int channelNumber, RingQuota quota) { }
    public void SetPreRoll(int channelNumber, bool on) { }
    public IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority)
    {
        var stream = new FakeRingStream(key, priority);
        Streams.Add(stream);
        return stream;
    }

    public IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs) => Catalog?.Spans(key, fromUtcUs, toUtcUs) ?? [.. Footage.Where(s => s.Stream == key && s.FromUtcUs < toUtcUs && s.ToUtcUs > fromUtcUs)];
    public FootageLease Lease(StreamKey key, long fromUtcUs, long toUtcUs, bool fromSync) => new([], () => { }, CancellationToken.None);
    public IReadOnlyList<FragmentRef> FragmentsOf(in FootageSpan span) => [];
    public FootageLease? LeaseRecords(StreamKey key, in RecordPlace place) => null;
    public bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target) => false;
    public byte[]? ReadInit(in FragmentRef fragment) => null;
    public event Action<StreamKey>? Changed;
    public ConcurrentDictionary<StreamKey, ChannelState> States { get; } = new();

    /// <summary>What a stream does from now on.</summary>
    public void Say(StreamKey stream, ChannelState state)
    {
        States[stream] = state;
        Changed?.Invoke(stream);
    }

    public void Apply(ChannelDefinition channel, bool record, bool recordSub = false, bool preRoll = false)
    {
        (Applied[channel.Number], PreRoll[channel.Number]) = (record, preRoll);
        History.Enqueue((channel.Number, record));
    }

    /// <summary>All that was applied, in order.</summary>
    public ConcurrentQueue<(int Channel, bool Record)> History { get; } = new();

    /// <summary>Channels that were told to record only for events that may come.</summary>
    public ConcurrentDictionary<int, bool> PreRoll { get; } = new();

    public ConcurrentQueue<int> Retried { get; } = new();
    public void Retry(int number) => Retried.Enqueue(number);
    public void Remove(int number) => Applied.TryRemove(number, out _);

    public IDisposable? Watch(StreamKey stream, IFragmentViewer viewer, bool lowLatency)
    {
        Viewers[viewer] = stream;
        viewer.Changed(ChannelState.Recording, "");
        return new Watching(this, viewer);
    }

    public ConcurrentDictionary<IFragmentViewer, StreamKey> Viewers { get; } = new();

    private sealed class Watching(FakeEngine engine, IFragmentViewer viewer) : IDisposable
    {
        public void Dispose() => engine.Viewers.TryRemove(viewer, out _);
    }

    public string VolumeFault { get; set; } = "";
    public long DiskFaults { get; set; }
    public int QuarantinedSegments { get; set; }
    public double EventPoolUse { get; set; }

    public ChannelStatus Status(StreamKey stream) => new() { State = States.GetValueOrDefault(stream, ChannelState.Offline), Detail = "401 from camera", Fragments = 3 };
    public void PinAgain(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs) => TryPin(lockId, stream, fromUtcUs, toUtcUs);

    public string? TryPin(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs)
    {
        if (PinRefusal is null)
            Pinned[lockId] = true;
        return PinRefusal;
    }

    public Func<string, string, bool>? Copied { get; set; }
    public void Release(string lockId) => Pinned.TryRemove(lockId, out _);
    public bool TryExtend(string lockId, long toUtcUs) => Pinned.ContainsKey(lockId);
    public FootageAnswer Open(StreamKey stream, long fromUtcUs, long toUtcUs, bool verbatim) => Answer;
    public Task<PlaylistAnswer> OpenAsync(StreamKey stream, long fromUtcUs, long toUtcUs, TrackChoice tracks, CancellationToken stop) => Task.FromResult(Playlist);
    public RecordsAnswer Open(int channelNumber, in RingName name) => Records;
    public StorageFigures Figures() => new() { Fault = VolumeFault, EventPoolUse = EventPoolUse, DiskFaults = DiskFaults, QuarantinedSegments = QuarantinedSegments, Segments = 10, UnusedSegments = 4, FragmentsWritten = 42 };
    public StreamFigures? Figures(StreamKey stream) => null;
    public string? Probed { get; private set; }

    public Task<SourceOffer> ProbeAsync(string url, CancellationToken stop)
    {
        Probed = url;
        return url.EndsWith("/good", StringComparison.Ordinal)
            ? Task.FromResult(new SourceOffer([new Track { Codec = Codec.H264, TimeScale = 90_000, Width = 1920, Height = 1080 }], ["application vnd.onvif.metadata"], "tcp", 2_000_000))
            : throw new SourceException(GapReason.Unauthorized, "401 from camera");
    }
}

/// <summary>Keeps what was written, by date and length.</summary>
internal sealed class FakeRingStream(StreamKey key, int priority) : IRingStream
{
    public StreamKey Key => key;
    public int Priority => priority;
    public List<(long BoottimeUs, long Duration90k, bool StartsRun, bool IsSync)> Fragments { get; } = [];
    public bool IsFull { get; set; }
    public long MediaEnd90k { get; private set; }
    public long? LastFootageEndUtcUs => null;
    public void Describe(ChannelIdentity identity, int newPriority) { }

    public bool Offer(Fragment fragment)
    {
        if (IsFull)
            return false;
        Fragments.Add((fragment.BoottimeUs, fragment.Duration90k, fragment.StartsRun, fragment.IsSync));
        MediaEnd90k = fragment.MediaStart90k + fragment.Duration90k;
        return true;
    }

    public void Dispose() { }
}

/// <summary>Bytes of a fixed pattern as a download.</summary>
internal sealed class FakeDownload(int length) : IFootageDownload
{
    public byte[] Bytes { get; } = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
    public long Length => Bytes.Length;
    public string EntityTag => "v1";
    public IReadOnlyList<PlannedFragment> Records => [];
    public int Disposed { get; private set; }
    public async Task CopyAsync(PipeWriter output, long offset, long count, CancellationToken stop) => await output.WriteAsync(Bytes.AsMemory((int)offset, (int)count), stop);
    public void Dispose() => Disposed++;
}

internal sealed class FakeClock : BoxClock
{
    public override long BoottimeUs => 1_000_000;
    public override long UtcUs => 1_700_000_000_000_000;
    public override ClockQuality Quality => ClockQuality.Ntp;
    public override Guid BootId { get; } = Guid.NewGuid();
}
