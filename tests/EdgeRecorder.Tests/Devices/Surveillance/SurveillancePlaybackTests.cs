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
        await using var rig = new CallRig(MediaWay.TcpPassive);
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 4);
        await ListedAsync(rig, (-10, 60));
        using var call = await rig.CalledAsync();
        Assert.Equal((SessionPurpose.Download, 4, Eight, Eight.AddSeconds(4)), (call.Offer.Purpose, call.Offer.DownloadSpeed, call.Offer.From, call.Offer.To));
        Assert.Equal(($"{CallRig.Camera}:0", 1200000001u, $"{CallRig.Camera}:1200000001,{CallRig.Server}:0"), (call.Offer.Footage, call.Offer.Ssrc, call.Incoming.Request["Subject"]));
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(100);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 99);
        await SaidOverAsync(rig, call);
        await rig.AdvanceUntil(() => bringing.IsCompleted, "all is there");
        await bringing;
        Assert.Equal(100, sink.Sink.Video.Count);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => Us(Eight) + i * 40_000), sink.Sink.Video.Select(unit => unit.SourceUtcUs));
        await rig.Peer.User.EndedAsync();
        Assert.Equal((0, 0), (rig.Media.Reception.Figures.Sessions, rig.Devices.Endpoint.Dialogs.Count));
    }

    [Fact]
    public async Task Each_stretch_is_called_for_by_itself_and_the_hole_between_them_stays()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 60, speed: 8);
        await ListedAsync(rig, (-100, 2), (30, 31), (31, 32), (90, 100));
        foreach (var (from, to) in new[] { (0, 2), (30, 32) })
        {
            using var call = await rig.CalledAsync();
            Assert.Equal((Eight.AddSeconds(from), Eight.AddSeconds(to), 8), (call.Offer.From, call.Offer.To, call.Offer.DownloadSpeed));
            call.Accept();
            await call.SendsAsync();
            var before = sink.Sink.Video.Count;
            await call.PlayAsync(50);
            await sink.Sink.WaitAsync(units => units.Video.Count >= before + 49);
            await SaidOverAsync(rig, call);
            await rig.AdvanceUntil(() => call.Dialog.IsOver, "the call has ended");
        }
        await bringing.WaitAsync(EndpointRig.Patience);
        Assert.Equal([Us(Eight), Us(Eight.AddSeconds(30))], new[] { 0, 50 }.Select(i => sink.Sink.Video[i].SourceUtcUs));
        Assert.Equal(100, sink.Sink.Video.Count);
    }

    [Fact]
    public async Task A_device_that_downloads_nothing_plays_and_is_told_how_fast()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 4, speed: 2);
        await ListedAsync(rig, (0, 4));
        using (var refused = await rig.CalledAsync())
        {
            Assert.Equal(SessionPurpose.Download, refused.Offer.Purpose);
            refused.Incoming.Answer(488);
        }
        using var call = await rig.CalledAsync();
        Assert.Equal((SessionPurpose.Playback, (int?)null), (call.Offer.Purpose, call.Offer.DownloadSpeed));
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(50);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 49);
        rig.Advance(0.5);
        var info = await rig.Peer.User.NextAsync("INFO");
        Assert.Same(call.Dialog, info.Dialog);
        Assert.Equal((PlaybackControl.Speed(2) with { Number = 1 }, PlaybackControl.ContentType), (PlaybackControl.Parse(info.Request.Body.Span), info.Request.ContentType));
        info.Answer(200);
        await call.PlayAsync(50);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 99);
        await rig.AdvanceUntil(() => bringing.IsCompleted, "silence at the end is the end");
        await bringing;
        Assert.Equal(100, sink.Sink.Video.Count);
    }

    [Fact]
    public async Task A_device_that_cannot_play_faster_plays_as_it_can()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 1);
        await ListedAsync(rig, (0, 1));
        using (var refused = await rig.CalledAsync())
            refused.Incoming.Answer(501);
        using var call = await rig.CalledAsync();
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(25);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 24);
        rig.Advance(0.5);
        (await rig.Peer.User.NextAsync("INFO")).Answer(405);
        Assert.Equal(200, (await call.Dialog.ByeAsync()).Status);           // and hangs up when it is through
        await rig.AdvanceUntil(() => bringing.IsCompleted, "a BYE near the end is the end");
        await bringing;
    }

    [Theory]
    [InlineData(CallRig.Camera)]
    [InlineData(CallRig.DeviceId)]
    public async Task The_end_may_be_said_outside_of_the_call(string under)
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 600);
        await ListedAsync(rig, (0, 600));
        using var call = await rig.CalledAsync();
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(25);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 24);
        await rig.TellAsync(new MediaStatusNotify(MediaStatusNotify.EndOfFile) { Sn = 9, DeviceId = under }, from: under);
        await rig.AdvanceUntil(() => bringing.IsCompleted, "it has ended");
        await bringing;
    }

    [Fact]
    public async Task A_device_that_ends_before_or_falls_silent_has_not_sent_all()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        foreach (var hangsUp in new[] { true, false })
        {
            var (bringing, sink) = Bring(rig, 0, 600);
            await ListedAsync(rig, (0, 600));
            using var call = await rig.CalledAsync();
            call.Accept();
            await call.SendsAsync();
            await call.PlayAsync(25);
            await sink.Sink.WaitAsync(units => units.Video.Count >= 24);
            if (hangsUp)
                await call.Dialog.ByeAsync();
            await rig.AdvanceUntil(() => bringing.IsCompleted, "it has ended");
            var end = await Assert.ThrowsAsync<DeviceException>(() => bringing);
            Assert.Equal(hangsUp ? "the device ended before it had sent all: the peer ended it" : "the device stopped sending", end.Message);
            Assert.True(sink.Sink.Video.Count >= 24);       // what came stays
        }
    }

    [Fact]
    public async Task What_a_device_sends_beyond_the_end_is_not_waited_for()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 1);
        await ListedAsync(rig, (0, 1));
        using var call = await rig.CalledAsync();
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(60);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 59);
        rig.Advance(0.5);
        await bringing.WaitAsync(EndpointRig.Patience);
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task A_device_that_keeps_no_list_is_asked_for_the_whole_range()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        var (bringing, _) = Bring(rig, 0, 600);
        (await rig.Peer.User.NextAsync("MESSAGE")).Answer(405);
        using (var call = await rig.CalledAsync())
        {
            Assert.Equal((Eight, Eight.AddSeconds(600)), (call.Offer.From, call.Offer.To));
            call.Incoming.Answer(404);
        }
        using var play = await rig.CalledAsync();
        Assert.Equal(SessionPurpose.Playback, play.Offer.Purpose);
        play.Incoming.Answer(404);
        var end = await Assert.ThrowsAsync<DeviceException>(() => bringing.WaitAsync(EndpointRig.Patience));
        Assert.Equal((DeviceFault.Refused, $"the device refuses {CallRig.Camera}: 404 Not Found"), (end.Fault, end.Message));
    }

    [Fact]
    public async Task A_device_that_sends_nothing_over_one_way_is_called_over_the_other()
    {
        await using var rig = new CallRig();
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 1);
        await ListedAsync(rig, (0, 1));
        using (var silent = await rig.CalledAsync())
        {
            Assert.Equal(MediaTransport.Tcp, silent.Offer.Transport);
            silent.Accept();
            await rig.AdvanceUntil(() => silent.Dialog.IsOver, "nothing came");
        }
        using var call = await rig.CalledAsync();
        Assert.Equal((MediaTransport.Udp, SessionPurpose.Download), (call.Offer.Transport, call.Offer.Purpose));
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(25);
        await sink.Sink.WaitAsync(units => units.Video.Count >= 24);
        await SaidOverAsync(rig, call);
        await rig.AdvanceUntil(() => bringing.IsCompleted, "all is there");
        await bringing;
    }

    [Fact]
    public async Task Who_stops_a_download_hangs_up()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await rig.RegisterAsync();
        using var stop = new CancellationTokenSource();
        var (bringing, _) = Bring(rig, 0, 600, stop: stop.Token);
        await ListedAsync(rig, (0, 600));
        using var call = await rig.CalledAsync();
        call.Accept();
        await call.SendsAsync();
        await call.PlayAsync(3);
        await EndpointRig.Until(() => rig.Media.Reception.Figures.Packets == 3, "media is there");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bringing.WaitAsync(EndpointRig.Patience));
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task A_device_that_holds_nothing_is_not_called()
    {
        await using var rig = new CallRig();
        await rig.RegisterAsync();
        var (bringing, sink) = Bring(rig, 0, 600);
        await ListedAsync(rig);
        await bringing.WaitAsync(EndpointRig.Patience);
        Assert.Empty(sink.Sink.Units);
        Assert.Equal(0, rig.Peer.User.Waiting);
    }

    private static (Task Bringing, FootageSink Sink) Bring(CallRig rig, double from, double to, byte speed = 0, CancellationToken stop = default)
    {
        var sink = new FootageSink();
        var wish = new FootageWish(Eight.AddSeconds(from), Eight.AddSeconds(to), 0, true, speed);
        return (Task.Run(() => rig.Protocol.BringFootageAsync(rig.Row, CallRig.Camera, wish, sink, stop), CancellationToken.None), sink);
    }

    /// <summary>The device is asked for its list, and names these seconds from eight o'clock on.</summary>
    private static async Task ListedAsync(CallRig rig, params (int From, int To)[] files)
    {
        var query = await rig.ToldAsync<RecordInfoQuery>();
        Assert.Equal((CallRig.Camera, new DateTime(2026, 11, 20, 8, 0, 0)), (query.DeviceId, query.StartTime));
        var items = files.Select(file => new RecordItem(CallRig.Camera) { StartTime = query.StartTime!.Value.AddSeconds(file.From), EndTime = query.StartTime.Value.AddSeconds(file.To) }).ToList();
        await rig.TellAsync(new RecordInfoResponse("", new(items.Count, items, 0)) { Sn = query.Sn, DeviceId = CallRig.Camera });
    }

    /// <summary>MediaStatus 121, inside of the call.</summary>
    private static async Task SaidOverAsync(CallRig rig, PeerCall call)
        => Assert.Equal(200, (await call.Dialog.SendAsync("MESSAGE", null, ManscdpDocument.ContentType, new MediaStatusNotify(MediaStatusNotify.EndOfFile) { Sn = 9, DeviceId = CallRig.Camera }.ToBytes())).Status);

    private static long Us(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * 1000;

    private sealed class FootageSink : IFootageSink
    {
        public CollectingSink Sink { get; } = new();
        public TimeSpan? Remaining => null;
        public void Announce(IReadOnlyList<Track> tracks) => Sink.Announce(tracks);
        public void Add(in AccessUnit unit) => Sink.Add(unit);
        public void Lost(int accessUnits, string why) => Sink.Lost(accessUnits, why);
    }
}
