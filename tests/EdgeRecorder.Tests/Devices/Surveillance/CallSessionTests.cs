using System.Net;
using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

public sealed class CallSessionTests
{
    [Fact]
    public async Task A_call_over_UDP_brings_a_stream_and_ends_with_BYE()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.CallAsync();
        Assert.Equal($"{CallRig.Camera}:0200000001,{CallRig.Server}:0", call.Incoming.Request["Subject"]);
        Assert.Equal((CallRig.Camera, CallRig.Camera, CallRig.Server), (SipUri.Parse(call.Incoming.Request.RequestUri, "", 0).User, call.Incoming.Request.To.Uri.User, call.Incoming.Request.From.Uri.User));
        Assert.Equal(
            $"v=0|o={CallRig.Server} 0 0 IN IP4 127.0.0.1|s=Play|c=IN IP4 127.0.0.1|t=0 0|m=video {call.Offer.Port} RTP/AVP 96 98 97 100|a=recvonly|a=rtpmap:96 PS/90000|a=rtpmap:98 H264/90000|a=rtpmap:97 MPEG4/90000|"
            + "a=rtpmap:100 H265/90000|y=0200000001|", Encoding.UTF8.GetString(call.Incoming.Request.Body.Span).Replace("\r\n", "|", StringComparison.Ordinal));
        await call.OpenAsync();
        await session.SeesAsync(call, 31);
        Assert.Equal([Codec.H264, Codec.G711A], session.Sink.Announcements[^1].Select(track => track.Codec));
        await session.StopAsync();
        var (ended, why) = await rig.Peer.User.EndedAsync();
        Assert.Same(call.Dialog, ended);
        Assert.Equal("the peer ended it", why);
        await EndpointRig.Until(() => (rig.Devices.Endpoint.Dialogs.Count, rig.Media.Reception.Figures.Sessions) == (0, 0), "nothing is left of it");
        Assert.Equal("0200000002", Ssrc.ToText(rig.Calls.Ssrcs.Take(isLive: true)!.Value));
    }

    [Theory]
    [InlineData("tcp-passive")]
    [InlineData("auto")]
    public async Task The_device_connects_where_we_listen(string way)
    {
        await using var rig = await CallRig.RegisteredAsync(DeviceStore.Words.Way(way)!.Value, SipTransport.Tcp);
        var (session, call) = await rig.CallAsync();
        Assert.Equal((MediaTransport.Tcp, SetupRole.Passive), (call.Offer.Transport, call.Offer.Setup));
        await call.OpenAsync();
        await session.SeesAsync(call, 21);
        await session.StopAsync();
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task We_connect_where_the_device_listens_and_only_there_where_it_signals_from()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.TcpActive);
        var (session, call) = await rig.CallAsync();
        Assert.Equal((MediaTransport.Tcp, SetupRole.Active), (call.Offer.Transport, call.Offer.Setup));
        // What it says of its own address is that of a net behind its NAT, or of a machine that it wants us to knock at.
        await call.ListenAsync(answer => answer with { Address = IPAddress.Parse("127.0.0.9") });
        await session.SeesAsync(call, 21);
        await session.StopAsync();
    }

    [Fact]
    public async Task A_device_that_listens_though_it_was_to_connect_is_connected_to()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.TcpPassive);
        var (session, call) = await rig.CallAsync();
        await call.ListenAsync(answer => answer with { Setup = SetupRole.Passive });
        await session.SeesAsync(call, 11);
        await session.StopAsync();
    }

    [Fact]
    public async Task A_device_that_answers_an_offer_of_TCP_with_UDP_is_taken_at_its_word()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.TcpPassive);
        var (session, call) = await rig.CallAsync();
        await call.OpenAsync(answer => answer with { Transport = MediaTransport.Udp, Setup = null, Port = 15060 });
        await session.SeesAsync(call, 11);
        await session.StopAsync();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(415)]
    [InlineData(488)]
    public async Task A_device_that_knows_no_TCP_is_offered_UDP_at_once_and_first_from_then_on(int status)
    {
        await using var rig = await CallRig.RegisteredAsync();
        var session = rig.Run();
        var refused = await rig.CalledAsync();
        Assert.Equal(MediaTransport.Tcp, refused.Offer.Transport);
        refused.Incoming.Answer(status);
        var call = await rig.CalledAsync();
        Assert.Equal((MediaTransport.Udp, (SetupRole?)null), (call.Offer.Transport, call.Offer.Setup));
        await call.OpenAsync();
        await session.SeesAsync(call, 11);
        await session.StopAsync();
        var again = rig.Run();
        var next = await rig.CalledAsync();
        Assert.Equal(MediaTransport.Udp, next.Offer.Transport);
        await again.StopAsync();
    }

    [Fact]
    public async Task A_description_that_does_not_please_is_cut_down_to_PS()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var session = rig.Run();
        var refused = await rig.CalledAsync();
        Assert.Equal(4, refused.Offer.Formats.Count);
        refused.Incoming.Answer(488);
        var call = await rig.CalledAsync();
        Assert.Equal([PayloadFormat.Ps], call.Offer.Formats);
        call.Incoming.Answer(488);
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Offline, $"the device refuses {CallRig.Camera}: 488 Not Acceptable Here", 60.0), (end.Reason, end.Message, end.Pause.TotalSeconds));
    }

    [Fact]
    public async Task A_device_that_answers_and_sends_nothing_is_called_the_other_way_next()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var session = rig.Run();
        var silent = await rig.CalledAsync();
        silent.Accept();
        await silent.Dialog.Acknowledged.WaitAsync(EndpointRig.Patience);
        await rig.AdvanceUntil(() => session.Task.IsCompleted, "the session gives up");
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Stalled, "the device answered and sends no media", TimeSpan.Zero), (end.Reason, end.Message, end.Pause));
        await rig.Peer.User.EndedAsync();
        var again = rig.Run();
        var call = await rig.CalledAsync();
        Assert.Equal(MediaTransport.Udp, call.Offer.Transport);
        await again.StopAsync();
    }

    [Theory]
    [InlineData(404, GapReason.Offline, 60)]
    [InlineData(403, GapReason.Unauthorized, 60)]
    [InlineData(603, GapReason.Offline, 60)]
    [InlineData(480, GapReason.Offline, 5)]
    [InlineData(486, GapReason.Offline, 5)]
    [InlineData(500, GapReason.Offline, 5)]
    public async Task Refusals_say_how_long_to_leave_the_channel_alone(int status, GapReason reason, double pause)
    {
        await using var rig = await CallRig.RegisteredAsync();
        var (session, call) = await rig.CallAsync();
        call.Incoming.Answer(status);
        var end = await session.EndAsync();
        Assert.Equal((reason, pause), (end.Reason, end.Pause.TotalSeconds));
        Assert.StartsWith($"the device refuses {CallRig.Camera}: {status}", end.Message, StringComparison.Ordinal);
        Assert.Equal(0, rig.Media.Reception.Figures.Sessions);
        var again = rig.Run();
        var second = await rig.CalledAsync();
        second.Incoming.Answer(status);
        Assert.True((await again.EndAsync()).Pause.TotalSeconds > pause);
    }

    [Fact]
    public async Task A_call_that_nobody_answers_is_taken_back()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var (session, call) = await rig.CallAsync();
        await EndpointRig.Until(() => rig.Devices.Endpoint.Figures.Received > 0, "100 is there");
        await rig.AdvanceUntil(() => session.Task.IsCompleted, "the session gives up");
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Stalled, $"the device does not answer the call of {CallRig.Camera}", 2.0), (end.Reason, end.Message, end.Pause.TotalSeconds));
        await call.Incoming.Cancelled.WaitAsync(EndpointRig.Patience);
        Assert.Equal(0, rig.Media.Reception.Figures.Sessions);
    }

    [Fact]
    public async Task The_device_hangs_up_and_is_called_again_soon()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.CallAsync();
        await call.OpenAsync();
        await session.SeesAsync(call, 11);
        await EndpointRig.Until(() => session.Session.IsFlowing, "the session has seen its media");
        Assert.Equal(200, (await call.Dialog.ByeAsync()).Status);
        await rig.AdvanceUntil(() => session.Task.IsCompleted, "what was on its way is there");
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Reconnect, "the call is over: the peer ended it", 0.5), (end.Reason, end.Message, end.Pause.TotalSeconds));
        Assert.Equal(11, session.Sink.Video.Count);         // the last one too, which nothing followed
        await EndpointRig.Until(() => rig.Devices.Endpoint.Dialogs.Count == 0, "nothing is left of it");
    }

    [Fact]
    public async Task Media_that_stops_ends_the_call()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.FlowingAsync();
        rig.Advance(14);
        Assert.False(session.Task.IsCompleted);
        await call.PlayAsync(1);
        await EndpointRig.Until(() => rig.Media.Reception.Figures.Packets == 12, "the packet is there");
        rig.Advance(14);
        Assert.False(session.Task.IsCompleted);
        rig.Advance(2);
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Stalled, "the device stopped sending"), (end.Reason, end.Message));
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task Media_that_flows_goes_on_while_the_device_is_offline_and_its_end_is_the_device_s()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.FlowingAsync();
        Assert.True(rig.Device.Miss());
        rig.Advance(4);
        await call.PlayAsync(10);
        await session.PicturesAsync(20);
        Assert.False(session.Task.IsCompleted);
        rig.Advance(6);
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Offline, "the device went offline"), (end.Reason, end.Message));
        var again = rig.Run();
        var left = await again.EndAsync();
        Assert.Equal((GapReason.Offline, "the device is not connected", 300.0), (left.Reason, left.Message, left.Pause.TotalSeconds));
    }

    [Fact]
    public async Task A_device_that_comes_back_without_its_media_is_called_again()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.FlowingAsync();
        rig.Device.Miss();
        rig.Advance(1);
        await rig.RegisterAsync();
        rig.Advance(3);
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Reconnect, "the device came back without its media"), (end.Reason, end.Message));
    }

    [Fact]
    public async Task A_connection_that_closes_ends_the_call_at_once()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.TcpPassive);
        var (session, call) = await rig.FlowingAsync();
        call.Close();
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Reconnect, "media connection closed by the device"), (end.Reason, end.Message));
        await rig.Peer.User.EndedAsync();
    }

    [Fact]
    public async Task Nobody_is_called_who_is_not_approved_and_approval_that_is_taken_back_ends_the_call()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.FlowingAsync();
        rig.Catalog.Change(rig.Number, row => row with { State = Approval.Refused });
        rig.Advance(0.5);
        var end = await session.EndAsync();
        Assert.Equal((GapReason.Unauthorized, "the device was refused"), (end.Reason, end.Message));
        await rig.Peer.User.EndedAsync();
        rig.Catalog.Change(rig.Number, row => row with { State = Approval.Waiting });
        Assert.Equal("the device waits for approval", (await rig.Run().EndAsync()).Message);
        Assert.Equal(0, rig.Peer.User.Waiting);
    }

    [Fact]
    public async Task The_sub_stream_is_named_in_all_the_ways_that_devices_know()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var (session, call) = await rig.CallAsync(stream: 1);
        var lines = Encoding.UTF8.GetString(call.Incoming.Request.Body.Span).Split("\r\n");
        Assert.Equal(["a=streamnumber:1", "a=streamprofile:1", "a=streamMode:SUB"], lines.Where(line => line.StartsWith("a=stream", StringComparison.Ordinal)));
        await session.StopAsync();
    }

    [Fact]
    public async Task Packets_without_a_picture_make_us_ask_for_a_sync_sample_once_in_a_while()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.CallAsync();
        await call.OpenAsync();
        for (var second = 0; second < 5; second++)
        {
            await call.PlayAsync(2, skip: second == 0 ? 1 : 0);            // the sync sample was lost
            var packets = second * 2 + 1;
            await EndpointRig.Until(() => rig.Media.Reception.Figures.Packets >= packets, "the pictures are there");
            rig.Advance(1);
            await EndpointRig.Until(() => session.Session.IsFlowing, "the session has seen its media");
        }
        var asked = await rig.ToldAsync<DeviceControl>();
        Assert.Equal((true, CallRig.Camera), (asked.AsksForSyncSample, asked.DeviceId));
        Assert.Equal(0, rig.Peer.User.Waiting);
        await call.PlayAsync(1);
        await call.PlayAsync(1);
        await session.PicturesAsync(1);
        await session.StopAsync();
    }

    [Fact]
    public async Task Sound_is_left_out_where_nobody_wants_it()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.CallAsync(channel: rig.Channel with { Audio = false });
        await call.OpenAsync();
        await session.SeesAsync(call, 11);
        Assert.Empty(session.Sink.Audio);
        Assert.All(session.Sink.Announcements, tracks => Assert.All(tracks, track => Assert.True(track.IsVideo)));
        await session.StopAsync();
    }

    [Fact]
    public async Task An_answer_that_is_none_ends_the_call()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var (session, call) = await rig.CallAsync();
        call.Accept("v=0\r\ns=Play\r\n"u8.ToArray());
        await Assert.ThrowsAsync<ProtocolException>(() => session.Task.WaitAsync(EndpointRig.Patience));
        await rig.Peer.User.EndedAsync();
        var other = rig.Run();
        var refusing = await rig.CalledAsync();
        refusing.Accept(answer => answer with { Port = 0 });
        Assert.Equal("the device answered the call and refused its media", (await other.EndAsync()).Message);
        await EndpointRig.Until(() => (rig.Media.Reception.Figures.Sessions, rig.Devices.Endpoint.Dialogs.Count) == (0, 0), "nothing is left of it");
    }

    [Fact]
    public async Task A_device_is_called_twice_at_once_and_no_more()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var channels = Enumerable.Range(1, 4).Select(i => rig.Catalog.Channel(rig.Row, $"3402000000132000001{i}")!).ToList();
        var sessions = channels.Select(channel => rig.Run(channel: channel)).ToList();
        var first = await rig.CalledAsync();
        var second = await rig.CalledAsync();
        rig.Advance(2);
        Assert.Equal(0, rig.Peer.User.Waiting);
        first.Accept();
        var third = await rig.CalledAsync();
        Assert.Equal(0, rig.Peer.User.Waiting);
        second.Incoming.Answer(486);
        var fourth = await rig.CalledAsync();
        Assert.Equal(4, new[] { first, second, third, fourth }.Select(call => call.Offer.Ssrc).Distinct().Count());
        Assert.Equal(4, new[] { first, second, third, fourth }.Select(call => call.Offer.Port).Distinct().Count());
        third.Accept();
        fourth.Accept();
        await EndpointRig.Until(() => sessions.Count(session => session.Task.IsCompleted) == 1, "one was refused");
        foreach (var session in sessions)
            await (session.Task.IsCompleted ? session.EndAsync() : session.StopAsync());
    }

    [Fact]
    public async Task BYE_goes_where_the_device_was_heard_last()
    {
        await using var rig = new CallRig(MediaWay.Udp);
        await using var behindNat = new EndpointRig();
        await rig.RegisterAsync();
        var (session, call) = await rig.FlowingAsync();
        await rig.RegisterAsync(from: behindNat);       // another port of the same device
        var stopping = session.StopAsync();
        await EndpointRig.Until(() => behindNat.Figures.Refused(SipRefusal.NoDialog) == 1, "the BYE is there");      // of a call that this end knows nothing of
        await stopping;
    }

    [Fact]
    public async Task A_device_that_does_not_answer_BYE_holds_nobody_up()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        var (session, call) = await rig.FlowingAsync();
        await rig.Peer.DisposeAsync();
        var stopping = session.StopAsync();
        await rig.AdvanceUntil(() => stopping.IsCompleted, "the session has ended");
        await stopping;
        Assert.Equal(0, rig.Media.Reception.Figures.Sessions);
    }

    [Fact]
    public async Task Two_viewers_share_a_call_and_the_last_one_ends_it()
    {
        await using var rig = await CallRig.RegisteredAsync(MediaWay.Udp);
        await using var box = new RecorderRig(connect: rig.Protocol.Connect);
        box.Recorder.Apply(rig.Channel, record: false);
        var key = new EdgeRecorder.Storage.StreamKey(rig.Channel.Number, 0);
        var one = box.Recorder.Watch(key, new Quiet(), lowLatency: true)!;
        var other = box.Recorder.Watch(key, new Quiet(), lowLatency: false)!;
        var call = await rig.CalledAsync();
        await call.OpenAsync();
        await call.PlayAsync(31);
        await EndpointRig.Until(() => box.Recorder.Status(key) is { State: ChannelState.Live }, "it is live");
        one.Dispose();
        Assert.Equal(0, rig.Peer.User.Waiting);
        Assert.False(call.Dialog.IsOver);
        Assert.Equal(200, (await call.Dialog.ByeAsync()).Status);               // the device ends it while somebody still watches
        await rig.AdvanceUntil(() => box.Time.Waiting.Count > 0, "a pause");
        box.Time.Advance(box.Time.Waiting[0]);
        var again = await rig.CalledAsync();
        again.Accept();
        other.Dispose();
        await rig.Peer.User.EndedAsync();
        Assert.Equal(0, rig.Peer.User.Waiting);
    }

    private sealed class Quiet : IFragmentViewer
    {
        public void Changed(ChannelState state, string detail) { }
        public void Offer(EdgeRecorder.Mp4.Fragment fragment) { }
        public void Ended() { }
    }
}
