using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;

namespace EdgeRecorder.Devices;

/// <summary>Stored footage of one terminal's channel as it comes: 0x9201, media on the playback port, 0x9202 at the end.</summary>
internal sealed class TerminalPlayback(VehicleTerminals terminals, VehicleTerminal terminal, DeviceRow device, byte channel, FootageWish wish, IFootageSink sink) : ITerminalTap
{
    /// <summary>Terminals search their disks before they send; public platforms wait up to a minute.</summary>
    private static readonly TimeSpan FirstMedia = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Terminals end a little before or behind what was asked for, some by closing the connection, some without a word.</summary>
    private static readonly TimeSpan NearEnd = TimeSpan.FromSeconds(5), SilenceAtEnd = TimeSpan.FromSeconds(3), Overrun = TimeSpan.FromSeconds(-1);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasMedia;

    /// <exception cref="DeviceException">The terminal is not there, refuses, or ends before.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        var connection = terminal.Connection ?? throw new DeviceException(DeviceFault.NotConnected, "the terminal is not connected");
        var port = terminals.Hub.PortOf(MediaKind.Playback);
        if (port == 0)
            throw new DeviceException(DeviceFault.Unsupported, "the playback port is closed (jt808.playbackPort)");
        using var lease = terminals.Hub.Expect(MediaKind.Playback, VehicleTerminals.SimOf(device), channel, this, VehicleTerminals.Hint(terminal, device, wish.Audio));
        var request = new T9201PlaybackRequest(terminals.AddressFor(connection), (ushort)port, 0, channel, wish.Audio ? StoredKind.AudioVideo : StoredKind.AnyVideo,
            wish.Stream == 0 ? StoredStream.Main : StoredStream.Sub, StorageUnit.Either, PlaybackMode.Normal, PlaybackSpeed.Off,
            terminal.Time.ToWire(wish.From, device.Clock), terminal.Time.ToWire(wish.To, device.Clock));
        try
        {
            await AskAsync(connection, request, lease, stop);
            await TakeAsync(lease, stop);
        }
        finally
        {
            await EndAsync();
        }
    }

    private static async Task AskAsync(ITerminal connection, T9201PlaybackRequest request, IMediaLease lease, CancellationToken stop)
    {
        try
        {
            var result = await connection.CommandAsync(request, stop);
            if (result != GeneralResult.Ok)
                throw new DeviceException(DeviceFault.Refused, $"the terminal refuses to play: {result}");
        }
        catch (TimeoutException) when (lease.Packets > 0)
        {
            // Some only send.
        }
        catch (TimeoutException)
        {
            throw new DeviceException(DeviceFault.Silent, "the terminal does not answer");
        }
        catch (TerminalGoneException e)
        {
            throw new DeviceException(DeviceFault.NotConnected, e.Message);
        }
    }

    /// <summary>Until the terminal closes the connection, falls silent, or has sent what was asked for.</summary>
    private async Task TakeAsync(IMediaLease lease, CancellationToken stop)
    {
        var (packets, sinceUs) = (0L, terminals.Clock.BoottimeUs);
        using var look = new PeriodicTimer(Look, terminals.Time);
        while (sink.Remaining is not { } behind || behind > Overrun)
        {
            var tick = look.WaitForNextTickAsync(stop).AsTask();
            if (await Task.WhenAny(tick, _ended.Task) == _ended.Task)
                break;
            await tick;
            var now = terminals.Clock.BoottimeUs;
            if (lease.Packets != packets)
                (packets, sinceUs) = (lease.Packets, now);
            else if (now - sinceUs > (packets == 0 ? FirstMedia : sink.Remaining < NearEnd ? SilenceAtEnd : Silence).TotalMicroseconds)
                break;
        }
        lease.Drain();
        if (!_hasMedia)
            throw new DeviceException(DeviceFault.Silent, _ended.Task.IsCompleted ? $"the terminal sent nothing: {_ended.Task.Result}" : "the terminal sent nothing");
    }

    private async Task EndAsync()
    {
        if (terminal.Connection is not { } connection)
            return;
        using var patience = new CancellationTokenSource(Farewell, terminals.Time);
        try
        {
            await connection.CommandAsync(new T9202PlaybackControl(channel, PlaybackCommand.End), patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or TerminalGoneException or TimeoutException)
        {
            // It stops when its connection is closed.
        }
    }

    void ISourceSink.Announce(IReadOnlyList<Track> tracks) => sink.Announce(tracks);

    void IAccessUnitSink.Add(in AccessUnit unit)
    {
        _hasMedia = true;
        sink.Add(unit);
    }

    void ISourceSink.Lost(int accessUnits, string why) => sink.Lost(accessUnits, why);

    void IMediaTap.Ended(string why) => _ended.TrySetResult(why);

    void ITerminalTap.Passthrough(ReadOnlySpan<byte> body) { }
}
