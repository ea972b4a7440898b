using EdgeRecorder.Devices;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Devices;

public sealed class TerminalPlaybackTests : IAsyncDisposable
{
    private static readonly DateTimeOffset From = new(2026, 1, 15, 0, 0, 0, TimeSpan.Zero);
    private readonly DeviceRig _rig = new();
    private readonly FakeRingStream _stream = new(new(1, 2), 0);
    private readonly CancellationTokenSource _stop = new();

    public async ValueTask DisposeAsync()
    {
        _stop.Dispose();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task It_asks_in_the_terminals_own_time_and_ends_with_the_connection()
    {
        var (running, terminal, _) = await StartAsync(seconds: 4);
        var asked = await terminal.AskedAsync<T9201PlaybackRequest>();
        Assert.Equal(("192.0.2.1", 1080, (byte)1, StoredStream.Main, new DateTime(2026, 1, 15, 8, 0, 0), new DateTime(2026, 1, 15, 8, 0, 4)),
            (asked.Server, asked.TcpPort, asked.Channel, asked.Stream, asked.From, asked.To!.Value));
        var lease = await _rig.Hub.LeaseAsync(MediaKind.Playback);
        lease.Announce();
        lease.Send(100, 0);
        lease.Tap.Ended("closed by the terminal");
        await running;
        Assert.Equal(100 * 3600, _stream.Fragments.Sum(f => f.Duration90k));
        Assert.Equal(new T9202PlaybackControl(1, PlaybackCommand.End), await terminal.AskedAsync<T9202PlaybackControl>());
    }

    [Fact]
    public async Task A_terminal_that_falls_silent_at_the_end_is_waited_for_three_seconds_and_one_in_the_middle_fifteen()
    {
        foreach (var (pictures, silence) in ((int, int)[])[(100, 5), (25, 17)])
        {
            var (running, _, take) = await StartAsync(seconds: pictures == 100 ? 4 : 60);
            var lease = await _rig.Hub.LeaseAsync(MediaKind.Playback);
            lease.Announce();
            lease.Send(pictures, 0);
            for (var second = 0; second < silence; second++)
            {
                Assert.False(running.IsCompleted, $"after {second} s");
                await TickAsync();
            }
            await running;
            take.Dispose();
        }
    }

    [Fact]
    public async Task A_terminal_that_goes_on_behind_the_end_is_told_to_stop()
    {
        var (running, terminal, _) = await StartAsync(seconds: 2);
        var lease = await _rig.Hub.LeaseAsync(MediaKind.Playback);
        lease.Announce();
        lease.Send(100, 0);
        await TickAsync();
        await running;
        await terminal.AskedAsync<T9202PlaybackControl>();
    }

    [Fact]
    public async Task A_refusal_silence_and_a_terminal_that_is_not_there_are_told_apart()
    {
        _rig.Approve();
        var away = await Assert.ThrowsAsync<DeviceException>(() => BringAsync(2));
        Assert.Equal(DeviceFault.NotConnected, away.Fault);
        var terminal = _rig.Connect();
        terminal.Answer = message => message is T9201PlaybackRequest ? GeneralResult.Failed : GeneralResult.Ok;
        Assert.Equal(DeviceFault.Refused, (await Assert.ThrowsAsync<DeviceException>(() => BringAsync(2))).Fault);
        terminal.Answer = _ => GeneralResult.Ok;
        var running = BringAsync(2);
        await _rig.Hub.LeaseAsync(MediaKind.Playback);
        for (var second = 0; second < 62 && !running.IsCompleted; second++)
            await TickAsync();
        Assert.Equal(DeviceFault.Silent, (await Assert.ThrowsAsync<DeviceException>(() => running)).Fault);
    }

    [Fact]
    public async Task Who_cancels_ends_it_at_the_terminal_too()
    {
        var (running, terminal, _) = await StartAsync(seconds: 4);
        await _rig.Hub.LeaseAsync(MediaKind.Playback);
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await terminal.AskedAsync<T9202PlaybackControl>();
        Assert.Empty(_rig.Hub.Leases);
    }

    private async Task<(Task Running, FakeTerminal Terminal, FootageTake Take)> StartAsync(int seconds)
    {
        _rig.Approve();
        var terminal = _rig.Connect();
        var take = Take(seconds);
        var running = _rig.Protocol.BringFootageAsync(_rig.Device, "1", Wish(seconds), take, _stop.Token);
        await terminal.AskedAsync<T9201PlaybackRequest>();
        await RecorderRig.Until(() => _rig.Time.Waiting.Count > 0, "the look at what came");
        return (DisposedAsync(running, take), terminal, take);
    }

    private Task BringAsync(int seconds) => _rig.Protocol.BringFootageAsync(_rig.Device, "1", Wish(seconds), Take(seconds), _stop.Token);

    private FootageTake Take(int seconds) => new(_stream, _rig.Ring, Wish(seconds));

    private static FootageWish Wish(int seconds) => new(From, From.AddSeconds(seconds), 0, true);

    private static async Task DisposedAsync(Task running, FootageTake take)
    {
        await running;
        take.Dispose();
    }

    /// <summary>A second passes, and what looks once a second has looked.</summary>
    private async Task TickAsync()
    {
        await RecorderRig.Until(() => _rig.Time.Waiting.Count > 0, "the look at what came");
        _rig.Clock.Advance(TimeSpan.FromSeconds(1));
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        await Task.Yield();
    }
}
