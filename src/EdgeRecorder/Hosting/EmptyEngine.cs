using EdgeRecorder.Media;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Hosting;

/// <summary>A box without ring and sources: everything it is asked it answers with "nothing here". Stands where the engine is composed.</summary>
internal sealed class EmptyEngine : IRing, IRecorder, ILocks, IFootageSource, IStorageStatus, IProbe
{
    private const string Why = "this build has no ring";

    public static void AddTo(IServiceCollection services)
    {
        var engine = new EmptyEngine();
        services.AddSingleton<IRing>(engine).AddSingleton<IRecorder>(engine).AddSingleton<ILocks>(engine).AddSingleton<IFootageSource>(engine)
            .AddSingleton<IStorageStatus>(engine).AddSingleton<IProbe>(engine).AddSingleton<BoxClock, LinuxClock>();
    }

    public int MaxFragmentLength => 0;
    public long SizeBytes => 0;
    public void SetQuota(int channelNumber, RingQuota quota) { }
    public IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority) => throw new InvalidOperationException(Why);
    public IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs) => [];
    public FootageLease Lease(StreamKey key, long fromUtcUs, long toUtcUs, bool fromSync) => new([], () => { }, CancellationToken.None);
    public bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target) => false;
    public byte[]? ReadInit(in FragmentRef fragment) => null;
    public void Apply(ChannelDefinition channel, bool record) { }
    public void Remove(int number) { }
    public ChannelStatus Status(StreamKey stream) => new() { State = ChannelState.Refused, Detail = Why };
    public string TryPin(string lockId, StreamKey stream, long fromUtcUs, long toUtcUs) => Why;
    public void Release(string lockId) { }
    public FootageAnswer Open(StreamKey stream, long fromUtcUs, long toUtcUs, bool verbatim) => new FootageAnswer.Nothing();
    public StorageFigures Figures() => new() { Fault = Why };
    public StreamFigures? Figures(StreamKey stream) => null;
    public Task<IReadOnlyList<Track>> ProbeAsync(string url, CancellationToken stop) => throw new SourceException(GapReason.Offline, "this build has no sources");
}
