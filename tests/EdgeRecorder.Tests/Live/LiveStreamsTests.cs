using EdgeRecorder.Live;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Playback;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Live;

public sealed class LiveStreamsTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(0)]
    public async Task A_recorded_stream_is_shown_at_once_with_what_the_ring_has_and_what_it_still_holds(int inMemory)
    {
        using var feed = new LiveFeed();
        feed.Send(275, gop: 100);                           // the newest sync sample lies 3 s back
        var durable = feed.Fragments.Count - inMemory;
        var ring = new FakeRing();
        ring.AddSegment(feed.Fragments.Take(durable));
        var recorder = new FakeRecorder { Recent = [.. feed.Fragments.Skip(durable)] };
        var clock = new RecorderRig.ManualClock();
        clock.Set(feed.Fragments[^1].BoottimeUs + 800_000);
        var streams = new LiveStreams(recorder, ring, new RingRecall(ring, clock, NullLogger<RingRecall>.Instance));
        using var viewer = new KeepingViewer();
        using var other = new KeepingViewer();
        using (await streams.WatchAsync(RecorderRig.Main, false, TrackChoice.Browser, viewer, TimeSpan.Zero))
        {
            Assert.Equal(200 * 3600, viewer.Packets[0].MediaStart90k);
            Assert.True(viewer.Packets[0].IsSync);
            Assert.Equal(feed.Fragments.SkipWhile(f => f.MediaStart90k < 200 * 3600).Select(f => f.MediaStart90k), viewer.Packets.Select(p => p.MediaStart90k));
            Assert.Equal(feed.Fragments[^1].ToArray(), viewer.Packets[^1].ToArray()[LivePacket.ReferenceTimeLength..]);
            Assert.Equal(feed.Fragments.First(f => f.MediaStart90k == 200 * 3600).ToArray(), viewer.Packets[0].ToArray()[LivePacket.ReferenceTimeLength..]);
            var reads = ring.Reads;
            using (await streams.WatchAsync(RecorderRig.Main, false, TrackChoice.Browser, other, TimeSpan.Zero))
                Assert.Equal(viewer.Packets.Count, other.Packets.Count);
            Assert.Equal(reads, ring.Reads);                // the second costs no disk

            feed.Send(50, gop: 100, to: recorder.Viewer!);
            Assert.All(viewer.Packets.Skip(1).Zip(viewer.Packets), pair => Assert.Equal(pair.Second.MediaEnd90k, pair.First.MediaStart90k));
            Assert.Equal(1, viewer.Packets.Max(p => p.Format.Generation));
        }
        Assert.Equal(0, streams.Count);
        Assert.True(recorder.IsLeft);
        Assert.Equal(0, ring.Leases);
    }

    [Fact]
    public async Task Footage_that_does_not_run_on_to_what_comes_is_not_shown_and_the_next_sync_fragment_begins()
    {
        using var feed = new LiveFeed();
        feed.Send(120, gop: 50);
        var ring = new FakeRing();
        ring.AddSegment(feed.Fragments.Take(2));            // the ring is far behind
        var recorder = new FakeRecorder { Recent = [feed.Fragments[^1]] };
        var streams = new LiveStreams(recorder, ring, new RingRecall(ring, new RecorderRig.ManualClock(), NullLogger<RingRecall>.Instance));
        using var viewer = new KeepingViewer();
        using (await streams.WatchAsync(RecorderRig.Main, false, TrackChoice.Browser, viewer, TimeSpan.Zero))
        {
            var first = feed.Fragments[^1];
            Assert.Equal(first.IsSync ? 1 : 0, viewer.Packets.Count);
            feed.Send(100, gop: 50);
            foreach (var fragment in feed.Fragments.SkipWhile(f => f.MediaStart90k <= first.MediaStart90k))
                recorder.Viewer!.Offer(fragment);
            Assert.True(viewer.Packets[0].IsSync);
        }
    }

    [Fact]
    public void Damaged_footage_is_not_shown()
    {
        using var feed = new LiveFeed();
        feed.Send(80, gop: 50);
        var ring = new FakeRing { RecycledFromRead = 1 };
        ring.AddSegment(feed.Fragments);
        var clock = new RecorderRig.ManualClock();
        clock.Set(feed.Fragments[^1].BoottimeUs + 800_000);
        Assert.Empty(new RingRecall(ring, clock, NullLogger<RingRecall>.Instance).Before(RecorderRig.Main, null, 0, 0));
        Assert.Equal(0, ring.Leases);
    }

    [Fact]
    public async Task Normal_and_low_latency_are_watched_apart_and_a_removed_channel_that_came_back_anew()
    {
        var recorder = new FakeRecorder();
        var ring = new FakeRing();
        var streams = new LiveStreams(recorder, ring, new RingRecall(ring, new RecorderRig.ManualClock(), NullLogger<RingRecall>.Instance));
        using var one = new KeepingViewer();
        using var other = new KeepingViewer();
        using var first = await streams.WatchAsync(RecorderRig.Main, false, TrackChoice.Browser, one, TimeSpan.Zero);
        using var second = await streams.WatchAsync(RecorderRig.Main, true, TrackChoice.Browser, other, TimeSpan.Zero);
        Assert.Equal([false, true], recorder.Latencies);
        recorder.Viewer!.Ended();
        Assert.Equal("ended ChannelRemoved", other.Said[^1]);
        Assert.Equal(["Idle"], one.Said);
        using var late = new KeepingViewer();
        using var third = await streams.WatchAsync(RecorderRig.Main, true, TrackChoice.Browser, late, TimeSpan.Zero);
        Assert.Equal(["Idle"], late.Said);
        Assert.Equal([false, true, true], recorder.Latencies);
        Assert.Equal(2, streams.Count);
    }

    [Fact]
    public async Task An_unknown_channel_cannot_be_watched()
    {
        var ring = new FakeRing();
        var streams = new LiveStreams(new FakeRecorder { IsUnknown = true }, ring, new RingRecall(ring, new RecorderRig.ManualClock(), NullLogger<RingRecall>.Instance));
        using var viewer = new KeepingViewer();
        Assert.Null(await streams.WatchAsync(RecorderRig.Main, false, TrackChoice.Browser, viewer, TimeSpan.Zero));
    }

    private sealed class FakeRecorder : IRecorder, IDisposable
    {
        public List<Fragment> Recent { get; init; } = [];
        public List<bool> Latencies { get; } = [];
        public IFragmentViewer? Viewer { get; private set; }
        public bool IsLeft { get; private set; }
        public bool IsUnknown { get; init; }

        public IDisposable? Watch(StreamKey stream, IFragmentViewer viewer, bool lowLatency)
        {
            if (IsUnknown)
                return null;
            Latencies.Add(lowLatency);
            Viewer = viewer;
            Recent.ForEach(viewer.Offer);
            return this;
        }

        public event Action<StreamKey>? Changed { add { } remove { } }
        public void Dispose() => IsLeft = true;
        public void Apply(ChannelDefinition channel, bool record, bool recordSub = false, bool preRoll = false) => throw new NotSupportedException();
        public void Retry(int number) { }
        public void Remove(int number) => throw new NotSupportedException();
        public ChannelStatus? Status(StreamKey stream) => null;
    }
}
