using EdgeRecorder.Live;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Live;

public sealed class LiveQueueTests
{
    [Fact]
    public async Task A_viewer_who_reads_gets_everything_in_order()
    {
        using var rig = new Rig();
        for (var round = 0; round < 10; round++)
        {
            rig.Feed.Send(25, to: rig.Stream);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            await rig.TakeAllAsync();
        }
        Assert.Equal(Enumerable.Range(0, rig.Taken.Count), rig.Taken.Select(taken => rig.Feed.Fragments.FindIndex(fragment => fragment.MediaStart90k == taken.Start)));
        Assert.All(rig.Taken, taken => Assert.Equal(0, taken.Skipped));
        Assert.Equal(0, rig.Figures.Skipped);
    }

    [Fact]
    public async Task A_slow_viewer_goes_on_with_the_next_sync_fragment_and_is_told_how_many_he_missed()
    {
        using var rig = new Rig();
        rig.Feed.Send(26, to: rig.Stream);                  // pictures 0 to 24, in two fragments
        await rig.TakeAllAsync();
        for (var second = 0; second < 10; second++)
        {
            rig.Feed.Send(25, to: rig.Stream);
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(rig.Queue.Bytes, 1, 4 * 26_000);  // three seconds at the most
        }
        await rig.TakeAllAsync();
        var skipped = rig.Taken[2];
        Assert.True(skipped.IsSync);
        Assert.Equal(rig.Feed.Fragments.FindIndex(fragment => fragment.MediaStart90k == skipped.Start) - 2, skipped.Skipped);
        Assert.Equal(skipped.Skipped, rig.Figures.Skipped);
        Assert.All(rig.Taken.Skip(3), taken => Assert.Equal(0, taken.Skipped));
    }

    [Fact]
    public async Task What_comes_before_the_first_sync_fragment_is_neither_sent_nor_missed()
    {
        using var rig = new Rig(joins: false);
        rig.Feed.Send(45, gop: 50);
        rig.Stream.Join(rig.Queue, TrackChoice.Browser, 0);
        foreach (var fragment in rig.Feed.Fragments.Skip(1))
            ((IFragmentViewer)rig.Stream).Offer(fragment);
        Assert.Equal(0, rig.Queue.Bytes);
        var known = rig.Feed.Fragments.Count;
        rig.Feed.Send(30, gop: 50);
        foreach (var fragment in rig.Feed.Fragments.Skip(known))
            ((IFragmentViewer)rig.Stream).Offer(fragment);
        await rig.TakeAllAsync();
        Assert.Equal((50 * 3600L, 0, true), rig.Taken[0]);
        Assert.Equal(0, rig.Figures.Skipped);
    }

    [Fact]
    public async Task A_viewer_who_never_reads_holds_a_bounded_amount()
    {
        using var rig = new Rig();
        for (var i = 0; i < 12; i++)
            rig.Feed.Send(25, bytes: 100_000, to: rig.Stream);
        Assert.InRange(rig.Queue.Bytes, 0, LiveQueue.MostBytes);
        Assert.True(rig.Figures.Skipped > 10);
        await rig.TakeAllAsync();
        Assert.True(rig.Taken[0].IsSync);
    }

    [Fact]
    public async Task Of_several_states_the_newest_is_told_and_the_end_comes_before_everything()
    {
        using var rig = new Rig();
        rig.Queue.Changed(ChannelState.Connecting, "");
        rig.Queue.Changed(ChannelState.Offline, "401 from camera");
        Assert.Equal((ChannelState.Offline, "401 from camera"), (await rig.Queue.TakeAsync(default)).State);
        var waiting = rig.Queue.TakeAsync(default).AsTask();
        Assert.False(waiting.IsCompleted);
        rig.Queue.Ended(LiveEnd.Stopping);
        rig.Queue.Ended(LiveEnd.ChannelRemoved);
        Assert.Equal(LiveEnd.Stopping, (await waiting).End);
    }

    private sealed class Rig : IDisposable
    {
        public Rig(bool joins = true)
        {
            Queue = new LiveQueue(Time, Figures);
            if (joins)
                Stream.Join(Queue, TrackChoice.Browser, 0);
        }

        public LiveFeed Feed { get; } = new();
        public LiveStream Stream { get; } = new(new FakeEngine());
        public ManualTime Time { get; } = new();
        public LiveFigures Figures { get; } = new();
        public LiveQueue Queue { get; }
        public List<(long Start, int Skipped, bool IsSync)> Taken { get; } = [];

        public async Task TakeAllAsync()
        {
            while (true)
            {
                var next = Queue.TakeAsync(default).AsTask();
                if (!next.IsCompleted)
                {
                    Queue.Changed(ChannelState.Live, "");   // nothing more: end the wait
                    await next;
                    return;
                }
                if ((await next).Packet is not { } packet)
                    continue;
                Taken.Add((packet.MediaStart90k, (await next).SkippedBefore, packet.IsSync));
                packet.Release();
            }
        }

        public void Dispose()
        {
            Queue.Dispose();
            Stream.Close();
            Feed.Dispose();
        }
    }
}
