using EdgeRecorder.Devices;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Mansrtsp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Rtsp;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

/// <summary>Footage that a device stored, on its way into the box.</summary>
public sealed class SurveillancePlaybackTests
{
    private static readonly DateTimeOffset Eight = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);     // in Beijing

    [Fact]
    public async Task A_download_brings_a_stretch_under_its_own_time()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.TcpPassive);
        var footage = Bringing.Of(rig, 0, 4);
        await footage.ListedAsync((-10, 60));
        var call = await rig.CalledAsync();
        Assert.Equal((SessionPurpose.Download, 4, Eight, Eight.AddSeconds(4)), (call.Offer.Purpose, call.Offer.DownloadSpeed, call.Offer.From, call.Offer.To));
        Assert.Equal(($"{CallRig.Camera}:0", 1200000001u, $"{CallRig.Camera}:1200000001,{CallRig.Server}:0"), (call.Offer.Footage, call.Offer.Ssrc, call.Incoming.Request["Subject"]));
        await call.OpenAsync();
        await footage.ArrivesAsync(call, 100);
        await SaidOverAsync(call);
        await footage.EndsAsync("all is there");
        Assert.Equal(100, footage.Sink.Video.Count);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => Us(Eight) + i * 40_000), footage.Sink.Video.Select(unit => unit.SourceUtcUs));
        await rig.Peer.User.EndedAsync();
        await EndpointRig.Until(() => (rig.Media.Reception.Figures.Sessions, rig.Devices.Endpoint.Dialogs.Count) == (0, 0), "nothing is left of it");
    }

    [Fact]
    public async Task Each_stretch_is_called_for_by_itself_and_the_hole_between_them_stays()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var footage = Bringing.Of(rig, 0, 60, speed: 8);
        await footage.ListedAsync((-100, 2), (30, 31), (31, 32), (90, 100));
        foreach (var (from, to) in new[] { (0, 2), (30, 32) })
        {
            var call = await rig.CalledAsync();
            Assert.Equal((Eight.AddSeconds(from), Eight.AddSeconds(to), 8), (call.Offer.From, call.Offer.To, call.Offer.DownloadSpeed));
            await call.OpenAsync();
            await footage.ArrivesAsync(call, 50);
            await SaidOverAsync(call);
            await rig.AdvanceUntil(() => CallRig.IsClosed(call), "the call has ended");
        }
        await footage.Task.WaitAsync(EndpointRig.Patience);
        Assert.Equal([Us(Eight), Us(Eight.AddSeconds(30))], new[] { 0, 50 }.Select(i => footage.Sink.Video[i].SourceUtcUs));
        Assert.Equal(100, footage.Sink.Video.Count);
    }

    [Fact]
    public async Task A_device_that_downloads_nothing_plays_and_is_told_how_fast()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var footage = Bringing.Of(rig, 0, 4, speed: 2);
        await footage.ListedAsync((0, 4));
        var refused = await rig.CalledAsync();
        Assert.Equal(SessionPurpose.Download, refused.Offer.Purpose);
        refused.Incoming.Answer(488);
        var call = await rig.CalledAsync();
        Assert.Equal((SessionPurpose.Playback, (int?)null), (call.Offer.Purpose, call.Offer.DownloadSpeed));
        await call.OpenAsync();
        await footage.ArrivesAsync(call, 50);
        await rig.AdvanceUntil(() => rig.Peer.User.Waiting > 0, "it is told how fast");
        var info = await rig.Peer.User.NextAsync("INFO");
        Assert.Same(call.Dialog, info.Dialog);
        Assert.Equal((PlaybackControl.Speed(2) with { Number = 1 }, PlaybackControl.ContentType), (PlaybackControl.Parse(info.Request.Body.Span), info.Request.ContentType));
        info.Answer(200);
        await footage.ArrivesAsync(call, 50);
        await footage.EndsAsync("silence at the end is the end");
        Assert.Equal(100, footage.Sink.Video.Count);
    }

    [Fact]
    public async Task A_device_that_cannot_play_faster_plays_as_it_can()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var footage = Bringing.Of(rig, 0, 1);
        await footage.ListedAsync((0, 1));
        (await rig.CalledAsync()).Incoming.Answer(501);
        var call = await rig.CalledAsync();
        await call.OpenAsync();
        await footage.ArrivesAsync(call, 25);
        await rig.AdvanceUntil(() => rig.Peer.User.Waiting > 0, "it is told how fast");
        (await rig.Peer.User.NextAsync("INFO")).Answer(405);
        Assert.Equal(200, (await call.Dialog.ByeAsync()).Status);           // and hangs up when it is through
        await footage.EndsAsync("a BYE near the end is the end");
    }

    [Theory]
    [InlineData(CallRig.Camera)]
    [InlineData(CallRig.DeviceId)]
    public async Task The_end_may_be_said_outside_of_the_call(string under)
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var footage = Bringing.Of(rig, 0, 600);
        await footage.ListedAsync((0, 600));
        var call = await rig.CalledAsync();
        await call.OpenAsync();
        await footage.ArrivesAsync(call, 25);
        await rig.TellAsync(new MediaStatusNotify(MediaStatusNotify.EndOfFile) { Sn = 9, DeviceId = under }, from: under);
        await footage.EndsAsync("it has ended");
    }

    [Fact]
    public async Task A_device_that_ends_before_or_falls_silent_has_not_sent_all()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        foreach (var hangsUp in new[] { true, false })
        {
            var footage = Bringing.Of(rig, 0, 600);
            await footage.ListedAsync((0, 600));
            var call = await rig.CalledAsync();
            await call.OpenAsync();
            await footage.ArrivesAsync(call, 25);
            if (hangsUp)
                await call.Dialog.ByeAsync();
            await rig.AdvanceUntil(() => footage.Task.IsCompleted, "it has ended");
            var end = await Assert.ThrowsAsync<DeviceException>(() => footage.Task);
            Assert.Equal(hangsUp ? "the device ended before it had sent all: the peer ended it" : "the device stopped sending", end.Message);
            Assert.True(footage.Sink.Video.Count >= 24);       // what came stays
        }
    }

    [Fact]
    public async Task What_a_device_sends_beyond_the_end_is_not_waited_for()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var footage = Bringing.Of(rig, 0, 1);
        await footage.ListedAsync((0, 1));
        var call = await rig.CalledAsync();
        await call.OpenAsync();
        await footage.ArrivesAsync(call, 60);
        await footage.EndsAsync("it has ended");
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task A_device_that_keeps_no_list_is_asked_for_the_whole_range()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var footage = Bringing.Of(rig, 0, 600);
        (await rig.Peer.User.NextAsync("MESSAGE")).Answer(405);
        var call = await rig.CalledAsync();
        Assert.Equal((Eight, Eight.AddSeconds(600)), (call.Offer.From, call.Offer.To));
        call.Incoming.Answer(404);
        var play = await rig.CalledAsync();
        Assert.Equal(SessionPurpose.Playback, play.Offer.Purpose);
        play.Incoming.Answer(404);
        var end = await Assert.ThrowsAsync<DeviceException>(() => footage.Task.WaitAsync(EndpointRig.Patience));
        Assert.Equal((DeviceFault.Refused, $"the device refuses {CallRig.Camera}: 404 Not Found"), (end.Fault, end.Message));
    }

    [Fact]
    public async Task A_device_that_sends_nothing_over_one_way_is_called_over_the_other()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var footage = Bringing.Of(rig, 0, 1);
        await footage.ListedAsync((0, 1));
        var silent = await rig.CalledAsync();
        Assert.Equal(MediaTransport.Tcp, silent.Offer.Transport);
        silent.Accept();
        await silent.Dialog.Acknowledged.WaitAsync(EndpointRig.Patience);
        await rig.AdvanceUntil(() => CallRig.IsClosed(silent), "nothing came");
        var call = await rig.CalledAsync();
        Assert.Equal((MediaTransport.Udp, SessionPurpose.Download), (call.Offer.Transport, call.Offer.Purpose));
        await call.OpenAsync();
        await footage.ArrivesAsync(call, 25);
        await SaidOverAsync(call);
        await footage.EndsAsync("all is there");
    }

    [Fact]
    public async Task Who_stops_a_download_hangs_up()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        using var stop = new CancellationTokenSource();
        var footage = Bringing.Of(rig, 0, 600, stop: stop.Token);
        await footage.ListedAsync((0, 600));
        var call = await rig.CalledAsync();
        await call.OpenAsync();
        await call.PlayAsync(3);
        await EndpointRig.Until(() => rig.Media.Reception.Figures.Packets == 3, "media is there");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => footage.Task.WaitAsync(EndpointRig.Patience));
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task A_device_that_holds_nothing_is_not_called()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var footage = Bringing.Of(rig, 0, 600);
        await footage.ListedAsync();
        await footage.Task.WaitAsync(EndpointRig.Patience);
        Assert.Empty(footage.Sink.Units);
        Assert.Equal(0, rig.Peer.User.Waiting);
    }

    /// <summary>MediaStatus 121, inside of the call.</summary>
    private static async Task SaidOverAsync(PeerCall call)
        => Assert.Equal(200, (await call.Dialog.SendAsync("MESSAGE", null, ManscdpDocument.ContentType, new MediaStatusNotify(MediaStatusNotify.EndOfFile) { Sn = 9, DeviceId = CallRig.Camera }.ToBytes())).Status);

    private static long Us(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * 1000;

    /// <summary>Footage on its way.</summary>
    private sealed class Bringing(CallRig rig, Task task, CollectingSink sink)
    {
        private int _played;

        public Task Task => task;
        public CollectingSink Sink => sink;

        /// <summary>Somebody wants these seconds from eight o'clock on.</summary>
        public static Bringing Of(CallRig rig, double from, double to, byte speed = 0, CancellationToken stop = default)
        {
            var sink = new CollectingSink();
            var wish = new FootageWish(Eight.AddSeconds(from), Eight.AddSeconds(to), 0, true, speed);
            return new(rig, Task.Run(() => rig.Protocol.BringFootageAsync(rig.Row, CallRig.Camera, wish, new FootageSink(sink), stop), CancellationToken.None), sink);
        }

        /// <summary>The device is asked for its list, and names these seconds from eight o'clock on.</summary>
        public async Task ListedAsync(params (int From, int To)[] files)
        {
            var query = await rig.ToldAsync<RecordInfoQuery>();
            Assert.Equal((CallRig.Camera, new DateTime(2026, 11, 20, 8, 0, 0)), (query.DeviceId, query.StartTime));
            var items = files.Select(file => new RecordItem(CallRig.Camera) { StartTime = query.StartTime!.Value.AddSeconds(file.From), EndTime = query.StartTime.Value.AddSeconds(file.To) }).ToList();
            await rig.TellAsync(new RecordInfoResponse("", new(items.Count, items, 0)) { Sn = query.Sn, DeviceId = CallRig.Camera });
        }

        /// <summary>The device plays so many pictures more; all of them arrive but the last, which stays open.</summary>
        public async Task ArrivesAsync(PeerCall call, int pictures)
        {
            await call.PlayAsync(pictures);
            _played += pictures;
            await sink.WaitAsync(units => units.Video.Count >= _played - 1);
        }

        /// <summary>It ends as it should, once some time has gone.</summary>
        public async Task EndsAsync(string why)
        {
            await rig.AdvanceUntil(() => task.IsCompleted, why);
            await task;
        }
    }

    private sealed class FootageSink(CollectingSink sink) : IFootageSink
    {
        public TimeSpan? Remaining => null;
        public void Announce(IReadOnlyList<Track> tracks) => sink.Announce(tracks);
        public void Add(in AccessUnit unit) => sink.Add(unit);
        public void Lost(int accessUnits, string why) => sink.Lost(accessUnits, why);
    }
}
