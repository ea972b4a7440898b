using System.Collections.Concurrent;
using System.Diagnostics;
using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Recording;

/// <summary>A recorder whose sources, ring, ledger and clock a test holds in its hands.</summary>
internal sealed class RecorderRig : IRing, IGapLedger, IAsyncDisposable
{
    public static readonly Track Video = new() { Codec = Codec.H264, TimeScale = 90_000 };
    public static readonly StreamKey Main = new(1, 0);

    private readonly GapJournal _journal;

    /// <param name="connect">Instead of sessions that do what the test says.</param>
    public RecorderRig(GapReason? openGap = null, long? footageEndUs = null, Func<ChannelDefinition, byte, ISourceSession>? connect = null)
    {
        FootageEndUs = footageEndUs;
        _journal = new GapJournal(this, bootNumber: 7, TimeProvider.System, NullLogger.Instance);
        var open = openGap is { } reason ? new Dictionary<StreamKey, GapReason> { [Main] = reason } : [];
        var box = new CaptureSurroundings(this, _journal, Clock, Time, NullLogger.Instance, 1 << 20, GapReason.Restart, open, utcUs => utcUs) { Timer = SlowTimer.Of(Ticks) };
        Recorder = new Recorder(box, connect ?? ((channel, _) =>
        {
            var session = new Session(channel.Url, this);
            Sessions.Enqueue(session);
            return session;
        }));
    }

    public Recorder Recorder { get; }
    public ManualTime Time { get; } = new();

    /// <summary>Of the timer that all streams share.</summary>
    public ManualTime Ticks { get; } = new();
    public ManualClock Clock { get; } = new();
    public ConcurrentQueue<Session> Sessions { get; } = new();
    public List<(long MediaStart90k, long End90k, bool StartsRun, int Pictures)> Ring { get; } = [];
    public List<string> Ledger { get; } = [];
    public bool RingIsFull { get; set; }
    public int Refused { get; private set; }
    public long? FootageEndUs { get; }
    public int OpenStreams { get; private set; }
    public List<(string Name, int Priority)> Described { get; } = [];
    public List<RingQuota> Quotas { get; } = [];

    public static ChannelDefinition Channel(int number = 1, string url = "rtsp://camera/1")
        => new(number, $"id{number}", $"k{number}", "rtsp", $"Name {number}", url, null, true, TransportChoice.Auto, true, 0, new ChannelQuota(), null);

    /// <summary>The next session the recorder begins.</summary>
    public async Task<Session> SessionAsync()
    {
        await Until(() => !Sessions.IsEmpty && Sessions.TryPeek(out var first) && first.Sink is not null, "a session");
        Sessions.TryDequeue(out var session);
        return session!;
    }

    public Task StateAsync(ChannelState state, string detail = "")
        => Until(() => Recorder.Status(Main) is { } status && status.State == state && status.Detail == detail, $"{state} {detail}; is {Recorder.Status(Main)}");

    /// <summary>Moves on to when the recorder tries again; says how long that was.</summary>
    public async Task<TimeSpan> WaitOutAsync()
    {
        await Until(() => Time.Waiting.Count > 0, "a pause");
        var wait = Time.Waiting[0];
        Time.Advance(wait);
        return wait;
    }

    /// <summary>What the ledger was told, once the journal has written it.</summary>
    public async Task<List<string>> LedgerAsync()
    {
        await DisposeAsync();
        return Ledger;
    }

    public static async Task Until(Func<bool> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"waited in vain for {what}");
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Recorder.DisposeAsync();
        await _journal.DisposeAsync();
    }

    public int MaxFragmentLength => 1 << 20;
    public long SizeBytes => 1L << 30;
    public long ToUtcUs(long boottimeUs) => boottimeUs;
    public ClockQuality ClockQuality => ClockQuality.Ntp;
    public int BootNumber => 7;
    public void SyncNow() { }
    public void MayOverwrite() { }
    public void SetQuota(int channelNumber, RingQuota quota) => Quotas.Add(quota);
    public void SetPreRoll(int channelNumber, bool on) { }
    public IRingStream OpenStream(StreamKey key, ChannelIdentity identity, int priority)
    {
        OpenStreams++;
        Described.Add((identity.Name, priority));
        return new RingStream(this);
    }

    public IReadOnlyList<FootageSpan> Spans(StreamKey key, long fromUtcUs, long toUtcUs) => throw new NotSupportedException();
    public FootageLease Lease(StreamKey key, long fromUtcUs, long toUtcUs, bool fromSync) => throw new NotSupportedException();
    public IReadOnlyList<FragmentRef> FragmentsOf(in FootageSpan span) => [];
    public FootageLease? LeaseRecords(StreamKey key, in RecordPlace place) => null;
    public bool TryRead(in FragmentRef fragment, int offsetInRecord, Span<byte> target) => throw new NotSupportedException();
    public byte[]? ReadInit(in FragmentRef fragment) => throw new NotSupportedException();

    public void Write(IReadOnlyList<GapChange> changes)
    {
        foreach (var (what, _, reason, from, to) in changes)
            Ledger.Add(what switch
            {
                GapChange.Kind.Open => $"open {reason} {from.BoottimeUs / 1000}",
                GapChange.Kind.Close => $"close {to.BoottimeUs / 1000}",
                _ => $"add {reason} {from.BoottimeUs / 1000}-{to.BoottimeUs / 1000}",
            });
    }

    public void Evicted(StreamKey stream, BootInstant from, BootInstant to) => throw new NotSupportedException();
    public IReadOnlyList<(StreamKey Stream, GapReason Reason, BootInstant Since)> OpenGaps() => [];
    public IReadOnlyList<Gap> Overlapping(StreamKey stream, long fromUtcUs, long toUtcUs) => [];
    public IReadOnlyDictionary<GapReason, long> Counts() => new Dictionary<GapReason, long>();

    private sealed class RingStream(RecorderRig rig) : IRingStream
    {
        public long MediaEnd90k => rig.Ring.Count == 0 ? 0 : rig.Ring[^1].End90k;
        public long? LastFootageEndUtcUs => rig.FootageEndUs;

        public void Describe(ChannelIdentity identity, int priority) => rig.Described.Add((identity.Name, priority));

        public bool Offer(Fragment fragment)
        {
            if (rig.RingIsFull)
            {
                rig.Refused++;
                return false;
            }
            rig.Ring.Add((fragment.MediaStart90k, fragment.MediaStart90k + fragment.Duration90k, fragment.StartsRun, fragment.VideoSamples));
            return true;
        }

        public void Dispose() => rig.OpenStreams--;
    }

    internal sealed class ManualClock : BoxClock
    {
        private long _us = 1_000_000_000;
        public override long BoottimeUs => Volatile.Read(ref _us);
        public override long UtcUs => BoottimeUs;
        public override ClockQuality Quality => ClockQuality.Ntp;
        public override Guid BootId { get; } = Guid.NewGuid();
        public void Advance(TimeSpan time) => Interlocked.Add(ref _us, time.Ticks / 10);
        public void Set(long us) => Volatile.Write(ref _us, us);
    }

    /// <summary>A source that does what the test says.</summary>
    internal sealed class Session(string url, RecorderRig rig) : ISourceSession
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _index;

        public string Url => url;
        public ISourceSink? Sink { get; private set; }
        public bool WasStopped { get; private set; }
        public bool LowLatency { get; set; }

        /// <summary>What has arrived and not been delivered yet.</summary>
        public Action Gathered { get; set; } = () => { };

        /// <summary>What the session does when it is stopped.</summary>
        public Action Stopping { get; set; } = () => { };
        public void Drain()
        {
            var gathered = Gathered;
            Gathered = () => { };
            gathered();
        }

        public async Task RunAsync(ISourceSink sink, CancellationToken stop)
        {
            Sink = sink;
            try
            {
                await _end.Task.WaitAsync(stop);
            }
            catch (OperationCanceledException)
            {
                Stopping();
                WasStopped = true;
                throw;
            }
        }

        public void Announce() => Sink!.Announce([Video]);

        /// <summary>Pictures of 40 ms each, as time passes, a sync sample every <paramref name="gop"/>.</summary>
        public void Send(int pictures, int gop = 25)
        {
            using var writer = new PayloadWriter(ChunkPool.Video);
            for (var i = 0; i < pictures; i++, _index++)
            {
                writer.Write(new byte[1000]);
                Sink!.Add(new AccessUnit { Track = Video, Pts = _index * 3600L, IsSync = _index % gop == 0, Payload = writer.Take(), ArrivalUs = rig.Clock.BoottimeUs });
                rig.Clock.Advance(TimeSpan.FromMilliseconds(40));
            }
        }

        public void SendOne(long pts, bool isSync)
        {
            using var writer = new PayloadWriter(ChunkPool.Video);
            writer.Write(new byte[1000]);
            Sink!.Add(new AccessUnit { Track = Video, Pts = pts, IsSync = isSync, Payload = writer.Take(), ArrivalUs = rig.Clock.BoottimeUs });
        }

        public void Fail(Exception why) => _end.SetException(why);
        public void End() => _end.SetResult();
    }
}
