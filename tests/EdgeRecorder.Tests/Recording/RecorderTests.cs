using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Tests.Recording;

public sealed class RecorderTests
{
    [Fact]
    public async Task A_channel_records_and_hands_over_the_last_picture_when_it_stops()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        await rig.StateAsync(ChannelState.Connecting);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(110);
        await rig.StateAsync(ChannelState.Recording);

        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        await rig.StateAsync(ChannelState.Idle);
        await RecorderRig.Until(() => session.WasStopped, "the session's end");
        Assert.Equal(110, rig.Ring.Sum(fragment => fragment.Pictures));
        Assert.Equal(["close 1000000", "open NotRecording 1004400"], await rig.LedgerAsync());
        Assert.Equal(0, rig.OpenStreams);
    }

    [Theory]
    [InlineData("switched off")]
    [InlineData("another address")]
    [InlineData("removed")]
    public async Task A_session_may_end_under_the_lock_that_it_delivers_under(string what)
    {
        var rig = new RecorderRig();                         // where it does not hold, it cannot be disposed either
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        var delivering = new Lock();
        using var isDelivering = new ManualResetEventSlim();
        using var isEnding = new ManualResetEventSlim();
        session.Stopping = () =>
        {
            isEnding.Set();
            lock (delivering) { }
        };
        var delivery = Task.Run(() =>
        {
            lock (delivering)
            {
                isDelivering.Set();
                isEnding.Wait();
                session.Send(1);
            }
        });
        isDelivering.Wait();
        await Task.Run(() =>
        {
            if (what == "removed")
                rig.Recorder.Remove(1);
            else
                rig.Recorder.Apply(RecorderRig.Channel(url: what == "switched off" ? "rtsp://camera/1" : "rtsp://camera/2"), record: what != "switched off");
        }).WaitAsync(TimeSpan.FromSeconds(20));
        await delivery.WaitAsync(TimeSpan.FromSeconds(20));
        await RecorderRig.Until(() => session.WasStopped, "the session's end");
        await rig.DisposeAsync();
    }

    [Fact]
    public async Task The_sub_stream_is_recorded_by_itself()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: false, recordSub: true);
        var sub = new StreamKey(RecorderRig.Channel().Number, 1);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(60);
        await RecorderRig.Until(() => rig.Recorder.Status(sub)!.State == ChannelState.Recording, "its recording");
        Assert.Equal(ChannelState.Idle, rig.Recorder.Status(sub with { Stream = 0 })!.State);
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        await RecorderRig.Until(() => session.WasStopped, "the session's end");
        Assert.Equal(ChannelState.Idle, rig.Recorder.Status(sub)!.State);
        Assert.Equal(60, rig.Ring.Sum(fragment => fragment.Pictures));
    }

    [Fact]
    public async Task Every_outage_is_a_gap_with_its_reason_and_media_time_runs_on()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        session.Fail(new SourceException(GapReason.Stalled, "no media for 5 s"));
        await rig.StateAsync(ChannelState.Offline, "no media for 5 s");

        rig.Clock.Advance(TimeSpan.FromSeconds(3));
        await rig.WaitOutAsync();
        (await rig.SessionAsync()).Fail(new SourceException(GapReason.Unauthorized, "401 from camera"));
        await rig.StateAsync(ChannelState.Offline, "401 from camera");

        rig.Clock.Advance(TimeSpan.FromSeconds(4));
        await rig.WaitOutAsync();
        session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        await rig.StateAsync(ChannelState.Recording);
        Assert.Equal(2, rig.Recorder.Status(RecorderRig.Main)!.Reconnects);

        var ledger = await rig.LedgerAsync();
        Assert.Equal(["close 1000000", "open Stalled 1002000", "open Unauthorized 1005000", "close 1009000"], ledger);
        Assert.Equal(100, rig.Ring.Sum(fragment => fragment.Pictures));
        Assert.All(rig.Ring.Zip(rig.Ring.Skip(1)), pair => Assert.Equal(pair.First.End90k, pair.Second.MediaStart90k));
        Assert.Equal(2, rig.Ring.Count(fragment => fragment.StartsRun));
    }

    [Fact]
    public async Task Attempts_come_slower_up_to_ten_seconds_and_fast_again_after_stable_media()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            (await rig.SessionAsync()).Fail(new SourceException(GapReason.Offline, $"refused {i}"));
            await rig.StateAsync(ChannelState.Offline, $"refused {i}");
            waits.Add((await rig.WaitOutAsync()).TotalSeconds);
        }
        var nominal = new[] { 0.5, 1, 2, 4, 8, 10, 10, 10 };
        Assert.All(waits.Zip(nominal), pair => Assert.InRange(pair.First, 0.75 * pair.Second, 1.25 * pair.Second));

        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        rig.Time.Advance(Backoff.Stable);
        session.End();
        await rig.StateAsync(ChannelState.Offline, "the source ended the stream");
        Assert.InRange((await rig.WaitOutAsync()).TotalSeconds, 0.375, 0.625);
    }

    [Fact]
    public async Task Whatever_a_session_throws_the_channel_is_tried_again()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        (await rig.SessionAsync()).Fail(new ProtocolException("RTSP", 3, "status line", "is no number"));
        await rig.StateAsync(ChannelState.Offline, "RTSP: status line at byte 3: is no number");
        await rig.WaitOutAsync();
        (await rig.SessionAsync()).Fail(new InvalidOperationException("ours"));
        await rig.StateAsync(ChannelState.Offline, "ours");
        await rig.WaitOutAsync();
        await rig.SessionAsync();
    }

    [Fact]
    public async Task Another_address_is_used_at_once()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(url: "rtsp://one/"), record: true);
        var session = await rig.SessionAsync();
        Assert.Equal("rtsp://one/", session.Url);
        rig.Recorder.Apply(RecorderRig.Channel(url: "rtsp://two/"), record: true);
        session = await rig.SessionAsync();
        Assert.Equal("rtsp://two/", session.Url);
        session.Fail(new SourceException(GapReason.Offline, "refused"));
        await rig.StateAsync(ChannelState.Offline, "refused");
        rig.Recorder.Apply(RecorderRig.Channel(url: "rtsp://three/"), record: true);
        Assert.Equal("rtsp://three/", (await rig.SessionAsync()).Url);
    }

    [Fact]
    public async Task Overload_drops_up_to_the_next_sync_sample_and_leaves_no_hole_in_media_time()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(60);                                   // two GOPs handed over, the third open
        rig.RingIsFull = true;
        session.Send(50);
        rig.RingIsFull = false;
        session.Send(100);
        await rig.StateAsync(ChannelState.Recording);
        await rig.DisposeAsync();

        Assert.All(rig.Ring.Zip(rig.Ring.Skip(1)), pair => Assert.Equal(pair.First.End90k, pair.Second.MediaStart90k));
        Assert.Equal(2, rig.Ring.Count(fragment => fragment.StartsRun));
        Assert.True(rig.Refused > 0);
        Assert.Equal(["close 1000000", "open Overload 1002000", "close 1004000"], rig.Ledger);
    }

    [Fact]
    public async Task A_restart_of_the_daemon_is_a_gap_from_the_last_footage_on()
    {
        await using var rig = new RecorderRig(footageEndUs: 400_000_000);
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        Assert.Equal(["open Restart 400000", "close 1000000"], await rig.LedgerAsync());
    }

    [Fact]
    public async Task A_gap_that_was_open_when_the_daemon_ended_goes_on_to_the_first_footage()
    {
        await using var rig = new RecorderRig(openGap: GapReason.Offline, footageEndUs: 400_000_000);
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        (await rig.SessionAsync()).Fail(new SourceException(GapReason.Offline, "refused"));
        await rig.WaitOutAsync();
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        Assert.Equal(["close 1000000"], await rig.LedgerAsync());
    }

    [Fact]
    public async Task Viewers_keep_the_pull_alive_and_the_last_one_ends_it()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        await rig.StateAsync(ChannelState.Idle);
        var one = new Viewer();
        var first = rig.Recorder.Watch(RecorderRig.Main, one, lowLatency: false)!;
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(60);
        await rig.StateAsync(ChannelState.Live);
        var other = new Viewer();
        var second = rig.Recorder.Watch(RecorderRig.Main, other, lowLatency: false)!;
        session.Send(300);
        Assert.True(other.Fragments[0].IsSync);
        Assert.Equal(one.Fragments.Count, other.Fragments.Count);   // the window had all of it
        Assert.Empty(rig.Ring);

        var late = new Viewer();
        using (rig.Recorder.Watch(RecorderRig.Main, late, lowLatency: false))
            Assert.InRange(late.Fragments.Sum(fragment => fragment.Duration90k), 4 * 90_000, LiveWindow.Longest90k);
        first.Dispose();
        await rig.StateAsync(ChannelState.Live);
        second.Dispose();
        await rig.StateAsync(ChannelState.Idle);
        await RecorderRig.Until(() => session.WasStopped, "the session's end");
    }

    [Fact]
    public async Task Recording_that_starts_while_somebody_watches_begins_a_run_at_the_next_sync_sample_in_the_same_session()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        using var watching = rig.Recorder.Watch(RecorderRig.Main, new Viewer(), lowLatency: false);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(40);
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        session.Send(60);
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        session.Send(40);

        Assert.Equal(50, rig.Ring.Sum(fragment => fragment.Pictures));      // from picture 50 to picture 99
        Assert.Equal(0, rig.Ring[0].MediaStart90k);
        Assert.False(session.WasStopped);
        await rig.StateAsync(ChannelState.Live);
    }

    [Fact]
    public async Task Ten_thousand_channels_start_without_a_storm()
    {
        await using var rig = new RecorderRig();
        var threads = ThreadPool.ThreadCount;
        for (var number = 1; number <= 10_000; number++)
            rig.Recorder.Apply(RecorderRig.Channel(number), record: true);
        await RecorderRig.Until(() => !rig.Sessions.IsEmpty, "the first session");
        Assert.InRange(rig.Sessions.Count, 1, 10);          // the clock stands still: the others wait for their turn
        for (var i = 0; i < 100; i++)
            rig.Time.Advance(TimeSpan.FromMilliseconds(250));
        await RecorderRig.Until(() => rig.Sessions.Count == 10_000 && rig.Sessions.All(session => session.Sink is not null), "all sessions");
        Assert.InRange(ThreadPool.ThreadCount, 0, threads + 50);
    }

    [Fact]
    public async Task A_removed_channel_is_gone_and_comes_back_at_once()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(30);
        rig.Recorder.Remove(1);
        Assert.Null(rig.Recorder.Status(RecorderRig.Main));
        Assert.Equal(30, rig.Ring.Sum(fragment => fragment.Pictures));
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        Assert.Equal(1, rig.OpenStreams);
        await rig.WaitOutAsync();                           // its turn among those that start
        await rig.SessionAsync();
        await RecorderRig.Until(() => session.WasStopped, "the removed channel's session to stop");
    }

    [Fact]
    public async Task Low_latency_cuts_the_same_pictures_shorter_for_viewers_and_leaves_the_ring_its_fragments()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(60);
        Assert.False(session.LowLatency);
        using var whole = new Viewer();
        using var brief = new Viewer();
        using (rig.Recorder.Watch(RecorderRig.Main, whole, lowLatency: false))
        {
            using (rig.Recorder.Watch(RecorderRig.Main, brief, lowLatency: true))
            {
                Assert.True(session.LowLatency);
                session.Send(40);
                using var late = new Viewer();
                using (rig.Recorder.Watch(RecorderRig.Main, late, lowLatency: true))
                    Assert.Equal(brief.Fragments.Select(f => f.MediaStart90k), late.Fragments.Select(f => f.MediaStart90k));
            }
            session.Send(25);
        }
        Assert.False(session.LowLatency);
        Assert.All(brief.Fragments.Skip(1), fragment => Assert.InRange(fragment.Duration90k, 1u, (uint)Capture.Short90k));
        for (var i = 1; i < brief.Fragments.Count; i++)
            Assert.Equal(brief.Fragments[i - 1].MediaStart90k + brief.Fragments[i - 1].Duration90k, brief.Fragments[i].MediaStart90k);
        Assert.Equal(brief.Fragments.Where(f => f.IsSync).Select(f => f.MediaStart90k), whole.Fragments.Where(f => f.IsSync).Select(f => f.MediaStart90k).TakeWhile(start => start <= brief.Fragments[^1].MediaStart90k));
        Assert.All(rig.Ring.SkipLast(1), fragment => Assert.True(fragment.Pictures is 19 or 6, $"{fragment.Pictures} pictures"));
    }

    [Fact]
    public async Task Viewers_hear_of_the_state_and_of_the_channels_end()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        using var viewer = new Viewer();
        using var watching = rig.Recorder.Watch(RecorderRig.Main, viewer, lowLatency: false);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(40);
        session.Fail(new SourceException(GapReason.Unauthorized, "401 from camera"));
        await rig.StateAsync(ChannelState.Offline, "401 from camera");
        rig.Recorder.Remove(1);
        Assert.Equal(["Idle", "Connecting", "Live", "Offline 401 from camera", "ended"], viewer.Said);
    }

    private sealed class Viewer : IFragmentViewer, IDisposable
    {
        public List<Fragment> Fragments { get; } = [];
        public List<string> Said { get; } = [];

        public void Offer(Fragment fragment)
        {
            fragment.AddReference();
            Fragments.Add(fragment);
        }

        public void Changed(ChannelState state, string detail) => Said.Add($"{state} {detail}".TrimEnd());

        public void Ended() => Said.Add("ended");

        public void Dispose() => Fragments.ForEach(fragment => fragment.Release());
    }

    [Fact]
    public async Task A_name_a_priority_and_a_quota_reach_the_running_stream()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(30);
        rig.Recorder.Apply(RecorderRig.Channel() with { Name = "Back door", Priority = 7, Quota = new() { MaxSize = new(null, 10), MinAge = TimeSpan.FromHours(1) } }, record: true);
        session.Send(30);

        Assert.Equal([("Name 1", 0), ("Back door", 7)], rig.Described);
        Assert.Equal([default, new RingQuota(null, (1L << 30) / 10, TimeSpan.FromHours(1), null)], rig.Quotas);
        Assert.Single(rig.Ring, fragment => fragment.StartsRun);    // the same session, the same run
        Assert.False(session.WasStopped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_the_camera_had_sent_before_off_is_recorded(bool removed)
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(30);
        session.Gathered = () => session.Send(4);
        if (removed)
            rig.Recorder.Remove(1);
        else
            rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        Assert.Equal(34, rig.Ring.Sum(fragment => fragment.Pictures));
    }

    [Fact]
    public async Task What_a_stalling_camera_sent_is_in_the_ring_within_a_second_and_the_run_goes_on()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(30);                                   // the last came 40 ms ago
        Assert.Equal(25, Pictures());
        session.Gathered = () => session.Send(3);           // below the mark, 120 ms more
        Tick();
        Assert.Equal(25, Pictures());                       // not yet silent: 0.5 s have to pass
        Tick();
        Assert.Equal(33, Pictures());
        Tick();
        Assert.Equal(3, rig.Ring.Count);                    // once

        session.Send(17, gop: 50);
        session.Send(50);
        Assert.Single(rig.Ring, fragment => fragment.StartsRun);
        Assert.All(rig.Ring.Zip(rig.Ring.Skip(1)), pair => Assert.Equal(pair.First.End90k, pair.Second.MediaStart90k));
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);
        Assert.Equal(100, Pictures());

        int Pictures() => rig.Ring.Sum(fragment => fragment.Pictures);
        void Tick()
        {
            rig.Clock.Advance(TimeSpan.FromMilliseconds(400));
            rig.Ticks.Advance(TimeSpan.FromMilliseconds(500));
        }
    }

    [Fact]
    public async Task A_camera_of_one_picture_a_second_is_not_taken_for_silent()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        for (var i = 0; i < 8; i++)
        {
            session.SendOne(i * 90_000L, isSync: i == 0);
            var before = rig.Ring.Count;
            rig.Clock.Advance(TimeSpan.FromMilliseconds(990));
            rig.Ticks.Advance(TimeSpan.FromMilliseconds(500));
            if (i > 0)
                Assert.Equal(before, rig.Ring.Count);
            rig.Clock.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.Single(rig.Ring, fragment => fragment.StartsRun);
    }

    [Fact]
    public async Task An_outage_of_ten_minutes_is_one_gap_from_picture_to_picture_and_media_time_knows_nothing_of_it()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        session.Send(50);
        var endMs = rig.Clock.BoottimeUs / 1000;
        rig.Clock.Advance(TimeSpan.FromMilliseconds(300));
        session.Fail(new SourceException(GapReason.Offline, "connection lost"));
        var lasted = TimeSpan.FromMilliseconds(300);
        while (lasted < TimeSpan.FromMinutes(10))
        {
            await rig.StateAsync(ChannelState.Offline, "connection lost");
            var wait = await rig.WaitOutAsync();
            Assert.InRange(wait, Backoff.Shortest * 0.75, Backoff.Longest * 1.25);
            rig.Clock.Advance(wait);
            lasted += wait;
            session = await rig.SessionAsync();
            if (lasted < TimeSpan.FromMinutes(10))
                session.Fail(new SourceException(GapReason.Offline, "connection lost"));
        }
        var backMs = rig.Clock.BoottimeUs / 1000;
        session.Announce();
        session.Send(50);
        rig.Recorder.Apply(RecorderRig.Channel(), record: false);

        Assert.Equal(100, rig.Ring.Sum(fragment => fragment.Pictures));
        Assert.Equal(2, rig.Ring.Count(fragment => fragment.StartsRun));
        Assert.All(rig.Ring.Zip(rig.Ring.Skip(1)), pair => Assert.Equal(pair.First.End90k, pair.Second.MediaStart90k));
        Assert.Equal(100 * 3600, rig.Ring[^1].End90k);
        Assert.Equal([$"open Offline {endMs}", $"close {backMs}"], (await rig.LedgerAsync()).Skip(1).Take(2));
    }

    [Fact]
    public async Task A_source_that_knows_better_is_left_alone_for_as_long_as_it_says()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        (await rig.SessionAsync()).Fail(new SourceException(GapReason.Offline, "not connected") { Pause = TimeSpan.FromMinutes(5) });
        Assert.Equal(TimeSpan.FromMinutes(5), await rig.WaitOutAsync());
        (await rig.SessionAsync()).Fail(new SourceException(GapReason.Offline, "gone"));
        Assert.InRange((await rig.WaitOutAsync()).TotalSeconds, 0.5, 2);
    }

    [Fact]
    public async Task A_source_that_is_there_again_is_tried_at_once()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        (await rig.SessionAsync()).Fail(new SourceException(GapReason.Offline, "not connected") { Pause = TimeSpan.FromMinutes(5) });
        await RecorderRig.Until(() => rig.Time.Waiting.Count > 0, "a pause");
        rig.Recorder.Retry(1);
        var second = await rig.SessionAsync();
        rig.Recorder.Retry(1);                              // while it still tries, and fails because of what was before
        second.Fail(new SourceException(GapReason.Offline, "not connected") { Pause = TimeSpan.FromMinutes(5) });
        await rig.SessionAsync();
        Assert.Empty(rig.Time.Waiting);
    }

    [Fact]
    public async Task A_session_that_delivers_goes_on_when_its_source_says_that_it_is_there()
    {
        await using var rig = new RecorderRig();
        rig.Recorder.Apply(RecorderRig.Channel(), record: true);
        var session = await rig.SessionAsync();
        session.Announce();
        rig.Recorder.Retry(1);
        session.Send(60);
        Assert.False(session.WasStopped);
        session.Fail(new SourceException(GapReason.Stalled, "silent"));
        Assert.InRange((await rig.WaitOutAsync()).TotalSeconds, 0.3, 1);       // the word from before is not remembered
    }
}
