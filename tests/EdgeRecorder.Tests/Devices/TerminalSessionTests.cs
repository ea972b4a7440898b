using EdgeRecorder.Devices;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Rtsp;

namespace EdgeRecorder.Tests.Devices;

public sealed class TerminalSessionTests : IAsyncDisposable
{
    private readonly DeviceRig _rig = new();
    private readonly CollectingSink _sink = new();
    private readonly CancellationTokenSource _stop = new();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task It_asks_for_main_at_the_address_the_terminal_reached_us_at_and_delivers()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        var running = _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
        Assert.Equal(new T9101LiveRequest("192.0.2.1", 1078, 0, 1, LiveKind.AudioVideo, LiveStream.Main), await terminal.AskedAsync<T9101LiveRequest>());
        var lease = await _rig.Hub.LeaseAsync();
        lease.Announce();
        lease.Send(3, _rig.Clock.BoottimeUs);
        Assert.Equal(3, _sink.Video.Count);
        Assert.False(running.IsCompleted);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(T9102LiveControl.Close(1), await terminal.AskedAsync<T9102LiveControl>());
        Assert.True(lease.IsDisposed);
    }

    [Fact]
    public async Task A_host_that_is_configured_is_what_terminals_are_told()
    {
        await using var rig = new DeviceRig(o => o.MediaHost = "203.0.113.9");
        var channel = rig.Approve();
        var terminal = rig.Connect();
        var running = rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
        Assert.Equal("203.0.113.9", (await terminal.AskedAsync<T9101LiveRequest>()).Server);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_terminal_that_is_not_there_is_offline_and_left_alone_until_it_comes()
    {
        var channel = _rig.Approve();
        var e = await Assert.ThrowsAsync<SourceException>(() => _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token));
        Assert.Equal((GapReason.Offline, "the terminal is not connected", TimeSpan.FromMinutes(5)), (e.Reason, e.Message, e.Pause));
        Assert.Empty(_rig.Ready);
        _rig.Connect();
        Assert.Equal([channel.Number], _rig.Ready);
    }

    [Fact]
    public async Task Nothing_is_asked_of_a_terminal_that_waits_for_approval()
    {
        var channel = _rig.Approve();
        _rig.Catalog.Change(_rig.Device.Number, row => row with { State = Approval.Waiting });
        var terminal = _rig.Connect();
        var e = await Assert.ThrowsAsync<SourceException>(() => _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token));
        Assert.Equal((GapReason.Unauthorized, "the device waits for approval"), (e.Reason, e.Message));
        Assert.Empty(terminal.Asked);
        Assert.Empty(_rig.Ready);
        _rig.Catalog.Change(_rig.Device.Number, row => row with { State = Approval.Approved });
        Assert.Equal([channel.Number], _rig.Ready);
    }

    [Fact]
    public async Task A_refusal_is_tried_again_for_video_alone()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        terminal.Answer = message => message is T9101LiveRequest { Kind: LiveKind.AudioVideo } ? GeneralResult.NotSupported : GeneralResult.Ok;
        var running = _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
        await RecorderRig.Until(() => terminal.Asked.OfType<T9101LiveRequest>().Count() == 2, "the second request");
        Assert.Equal(LiveKind.Video, terminal.Asked.OfType<T9101LiveRequest>().Last().Kind);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Refusals_are_left_alone_for_half_a_minute_and_the_third_for_five()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        terminal.Answer = _ => GeneralResult.Failed;
        List<double> pauses = [];
        for (var i = 0; i < 3; i++)
            pauses.Add((await Assert.ThrowsAsync<SourceException>(() => _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token))).Pause.TotalSeconds);
        Assert.Equal([30, 30, 300], pauses);
        Assert.Empty(terminal.Asked.OfType<T9102LiveControl>());
    }

    [Fact]
    public async Task A_terminal_that_says_yes_and_sends_nothing_is_told_to_stop_and_tried_less_and_less_often()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        List<double> pauses = [];
        for (var i = 0; i < 6; i++)
        {
            var running = _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
            await RecorderRig.Until(() => _rig.Time.Waiting.Count > 0, "the wait for media");
            _rig.Time.Advance(TerminalSession.FirstMedia);
            var e = await Assert.ThrowsAsync<SourceException>(() => running);
            Assert.Equal(GapReason.Stalled, e.Reason);
            pauses.Add(e.Pause.TotalSeconds);
        }
        Assert.Equal([15, 30, 60, 120, 300, 300], pauses);
        Assert.Equal(6, terminal.Asked.OfType<T9102LiveControl>().Count());
    }

    [Fact]
    public async Task Media_that_comes_before_the_answer_is_the_answer()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        terminal.Answer = message => message is T9101LiveRequest ? null : GeneralResult.Ok;
        var running = _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
        await terminal.AskedAsync<T9101LiveRequest>();
        var lease = await _rig.Hub.LeaseAsync();
        lease.Announce();
        lease.Send(1, _rig.Clock.BoottimeUs);
        await StreamingAsync();
        Assert.False(running.IsCompleted);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Media_that_flows_goes_on_without_the_signalling_connection_and_when_that_comes_back()
    {
        var (running, terminal, lease) = await StreamAsync();
        terminal.Go();
        _rig.Terminals.Gone(terminal, "connection closed");
        Tick(lease, seconds: 20, sends: true);
        Assert.False(running.IsCompleted);
        var again = _rig.Connect();
        Tick(lease, seconds: 20, sends: true);
        Assert.False(running.IsCompleted);
        Assert.Empty(again.Asked);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal(T9102LiveControl.Close(1), await again.AskedAsync<T9102LiveControl>());
    }

    [Fact]
    public async Task Media_that_is_dead_when_the_terminal_comes_back_is_asked_for_again_at_once()
    {
        var (running, terminal, lease) = await StreamAsync();
        _rig.Terminals.Gone(terminal, "connection closed");
        Tick(lease, seconds: 1, sends: false);
        _rig.Connect();
        Tick(lease, seconds: 3, sends: false);
        var e = await Assert.ThrowsAsync<SourceException>(() => running);
        Assert.Equal((GapReason.Reconnect, TimeSpan.Zero), (e.Reason, e.Pause));
    }

    [Fact]
    public async Task Fifteen_seconds_without_a_packet_are_a_stall()
    {
        var (running, terminal, lease) = await StreamAsync();
        Tick(lease, seconds: 14, sends: false);
        Assert.False(running.IsCompleted);
        Tick(lease, seconds: 2, sends: false);
        var e = await Assert.ThrowsAsync<SourceException>(() => running);
        Assert.Equal((GapReason.Stalled, "the terminal stopped sending"), (e.Reason, e.Message));
        await terminal.AskedAsync<T9102LiveControl>();
    }

    [Fact]
    public async Task Packets_without_a_picture_for_half_a_minute_are_a_stall_too()
    {
        var (running, _, lease) = await StreamAsync();
        for (var second = 0; second < 31; second++)
        {
            lease.Packets++;
            Tick(lease, seconds: 1, sends: false);
        }
        Assert.Equal("nothing that the terminal sends can be used", (await Assert.ThrowsAsync<SourceException>(() => running)).Message);
    }

    [Fact]
    public async Task A_connection_that_the_terminal_ends_is_asked_for_again_without_being_told_to_stop()
    {
        var (running, terminal, lease) = await StreamAsync();
        lease.Tap.Ended("the terminal closed the connection");
        Assert.Equal(GapReason.Reconnect, (await Assert.ThrowsAsync<SourceException>(() => running)).Reason);
        Assert.Empty(terminal.Asked.OfType<T9102LiveControl>());
    }

    [Fact]
    public async Task Losses_are_told_every_fifteen_seconds()
    {
        var (running, terminal, lease) = await StreamAsync();
        lease.Loss = new LossFigures(97, 3);
        Tick(lease, seconds: 46, sends: true);
        Assert.Equal([new(1, 3), new(1, 3), new(1, 3)], terminal.Told.OfType<T9105LiveStatus>());
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Closing_one_stream_of_a_channel_leaves_the_other_alone()
    {
        var channel = _rig.Approve();
        _rig.Catalog.Change(_rig.Device.Number, row => row with { TwoStreams = true });
        var (main, terminal, _) = await StreamAsync();
        using var stopSub = new CancellationTokenSource();
        var sub = _rig.Protocol.Connect(channel, 1).RunAsync(_sink, stopSub.Token);
        Assert.Equal(LiveStream.Sub, (await terminal.AskedAsync<T9101LiveRequest>()).Stream is LiveStream.Sub ? LiveStream.Sub : (await SubAsync(terminal)).Stream);
        await stopSub.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sub);
        Assert.Empty(terminal.Asked.OfType<T9102LiveControl>());
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => main);
        await terminal.AskedAsync<T9102LiveControl>();
    }

    [Fact]
    public async Task A_device_that_is_refused_while_it_sends_is_told_to_stop()
    {
        var (running, terminal, _) = await StreamAsync();
        var wasThere = true;
        terminal.Answer = message =>
        {
            wasThere &= !terminal.IsDismissed;
            return GeneralResult.Ok;
        };
        _rig.Catalog.Change(_rig.Device.Number, row => row with { State = Approval.Refused });
        Assert.Equal(GapReason.Unauthorized, (await Assert.ThrowsAsync<SourceException>(() => running)).Reason);
        await terminal.AskedAsync<T9102LiveControl>();
        Assert.True(wasThere, "its connection was ended before it was told to stop");
        Assert.True(terminal.IsDismissed);
    }

    [Fact]
    public void A_device_that_is_put_back_to_waiting_stays_connected_and_one_that_is_forgotten_does_not()
    {
        _rig.Approve();
        var terminal = _rig.Connect();
        _rig.Catalog.Change(_rig.Device.Number, row => row with { State = Approval.Waiting });
        Assert.False(terminal.IsDismissed);
        _rig.Catalog.Remove(_rig.Device);
        Assert.True(terminal.IsDismissed);
    }

    [Fact]
    public async Task A_channel_without_audio_asks_for_video_and_drops_what_comes_all_the_same()
    {
        var channel = _rig.Channels.Change(_rig.Approve(), row => row with { Audio = false }).Channel!;
        var terminal = _rig.Connect();
        var running = _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
        Assert.Equal(LiveKind.Video, (await terminal.AskedAsync<T9101LiveRequest>()).Kind);
        var lease = await _rig.Hub.LeaseAsync();
        Assert.False(lease.Hint.IsExpected);
        lease.Announce(withAudio: true);
        lease.SendAudio(_rig.Clock.BoottimeUs);
        lease.Send(1, _rig.Clock.BoottimeUs);
        Assert.Equal([true], _sink.Announcements[0].Select(t => t.IsVideo));
        Assert.Empty(_sink.Audio);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_port_that_is_closed_is_said()
    {
        var channel = _rig.Approve();
        _rig.Hub.IsClosed = true;
        Assert.Contains("port", (await Assert.ThrowsAsync<SourceException>(() => _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token))).Message, StringComparison.Ordinal);
    }

    private static async Task<T9101LiveRequest> SubAsync(FakeTerminal terminal)
    {
        await RecorderRig.Until(() => terminal.Asked.OfType<T9101LiveRequest>().Any(r => r.Stream == LiveStream.Sub), "the request for sub");
        return terminal.Asked.OfType<T9101LiveRequest>().Last(r => r.Stream == LiveStream.Sub);
    }

    private async Task<(Task Running, FakeTerminal Terminal, FakeLease Lease)> StreamAsync()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        var running = _rig.Protocol.Connect(channel, 0).RunAsync(_sink, _stop.Token);
        await terminal.AskedAsync<T9101LiveRequest>();
        var lease = await _rig.Hub.LeaseAsync();
        lease.Announce();
        lease.Send(1, _rig.Clock.BoottimeUs);
        await StreamingAsync();
        return (running, terminal, lease);
    }

    /// <summary>The session is on the timer of the box once media flows.</summary>
    private Task StreamingAsync() => RecorderRig.Until(() => _rig.Time.Waiting is [var only] && only == TimeSpan.FromMilliseconds(500), "the session's timer");

    private void Tick(FakeLease lease, int seconds, bool sends)
    {
        for (var half = 0; half < seconds * 2; half++)
        {
            _rig.Clock.Advance(TimeSpan.FromMilliseconds(500));
            if (sends)
                lease.Send(1, _rig.Clock.BoottimeUs);
            _rig.Time.Advance(TimeSpan.FromMilliseconds(500));
        }
    }
}
