using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices;

/// <summary>
/// One attempt at a stream of a terminal's channel: takes the hub's lease, asks with 0x9101, waits for media, tells how much is lost (0x9105), and ends with 0x9102.
/// Media that flows goes on when the signalling connection is lost; what is asked again when it comes back is up to the recorder.
/// </summary>
internal sealed partial class TerminalSession(VehicleTerminals terminals, VehicleTerminal terminal, ChannelDefinition definition, byte channel, byte stream, ILogger log)
    : ISourceSession, ITerminalTap, ITicking
{
    public static readonly TimeSpan FirstMedia = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Unusable = TimeSpan.FromSeconds(30);      // packets, but no picture: asking again brings a sync sample
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>How long an offline terminal is left alone: its return is what begins the next attempt.</summary>
    private static readonly TimeSpan Offline = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource _media = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SourceException> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ISourceSink? _sink;
    private volatile IMediaLease? _lease;
    private bool _lowLatency;
    private long _packets, _packetUs, _unitUs, _noticeUs, _returnedUs;

    public byte Channel => channel;

    /// <summary>The terminal was asked for it and not yet to stop.</summary>
    public bool IsRequested { get; private set; }

    private MediaKind Kind => stream == 0 ? MediaKind.Main : MediaKind.Sub;

    /// <inheritdoc/>
    public bool LowLatency
    {
        get => _lowLatency;
        set
        {
            _lowLatency = value;
            if (_lease is { } lease)
                lease.LowLatency = value;
        }
    }

    /// <inheritdoc/>
    public void Drain() => _lease?.Drain();

    /// <summary>Ends the session from outside: approval withdrawn, settings changed.</summary>
    public void End(GapReason reason, string why) => _over.TrySetResult(new SourceException(reason, why));

    /// <summary>The terminal signals again. Media that flows proves itself soon; what is dead, behind another address perhaps, is asked for again.</summary>
    public void Returned() => Volatile.Write(ref _returnedUs, terminals.Clock.BoottimeUs);

    /// <inheritdoc/>
    public async Task RunAsync(ISourceSink sink, CancellationToken stop)
    {
        var device = terminals.Require(terminal);
        var port = terminals.Hub.PortOf(Kind);
        if (port == 0)
            throw new SourceException(GapReason.Offline, $"the port for {(stream == 0 ? "main" : "sub")} streams is closed") { Pause = Offline };
        _sink = sink;
        using var lease = Expect(device);
        terminal.Enter(this);
        try
        {
            _lease = lease;
            lease.LowLatency = _lowLatency;
            await RunAsync(device, port, lease, stop);
        }
        finally
        {
            _lease = null;
            terminals.Timer.Remove(this);
            terminal.Leave(this);
        }
    }

    private IMediaLease Expect(DeviceRow device)
    {
        try
        {
            return terminals.Hub.Expect(Kind, VehicleTerminals.SimOf(device), channel, this, VehicleTerminals.Hint(terminal, device, definition.Audio));
        }
        catch (InvalidOperationException e)                 // a channel that was removed and is there again: the session before is still saying good-bye
        {
            throw new SourceException(GapReason.Reconnect, "the session before has not ended yet", e);
        }
    }

    private async Task RunAsync(DeviceRow device, int port, IMediaLease lease, CancellationToken stop)
    {
        var says9102 = true;
        try
        {
            if (terminal.Connection is { } connection)
                await AskAsync(device, connection, port, stop);
            else if (lease.Source is null)                  // what it still sends from before is taken
                throw new SourceException(GapReason.Offline, "the terminal is not connected") { Pause = Offline };
            await FirstMediaAsync(stop);
            terminal.Line(channel).Flows();
            _packetUs = _unitUs = terminals.Clock.BoottimeUs;
            _noticeUs = _packetUs + terminals.NoticeUs;
            terminals.Timer.Add(this);
            var end = await _over.Task.WaitAsync(stop);
            says9102 = end.Reason != GapReason.Reconnect;   // it hung up itself: it is asked again at once
            throw end;
        }
        catch (TerminalGoneException e)
        {
            throw new SourceException(GapReason.Offline, e.Message, e) { Pause = Offline };
        }
        finally
        {
            if (IsRequested && says9102 && !terminal.IsShared(this, channel))
                await CloseAsync();
            IsRequested = false;
        }
    }

    /// <summary>0x9101. A channel without a microphone may refuse audio: then once more for video alone. Media that comes is as good as an answer.</summary>
    private async Task AskAsync(DeviceRow device, ITerminal connection, int port, CancellationToken stop)
    {
        var request = new T9101LiveRequest(terminals.AddressFor(connection), (ushort)port, 0, channel, definition.Audio ? LiveKind.AudioVideo : LiveKind.Video, (LiveStream)stream);
        IsRequested = true;
        var result = await CommandAsync(connection, request, stop);
        if (result is GeneralResult.Failed or GeneralResult.NotSupported && request.Kind == LiveKind.AudioVideo)
            result = await CommandAsync(connection, request with { Kind = LiveKind.Video }, stop);
        if (result == GeneralResult.Ok)
            return;
        IsRequested = false;
        throw new SourceException(GapReason.Offline, $"the terminal refuses channel {channel} of {device.DisplayName}: {result}") { Pause = terminal.Line(channel).Refused() };
    }

    private async Task<GeneralResult> CommandAsync(ITerminal connection, PlatformMessage message, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var answer = connection.CommandAsync(message, enough.Token);
        var first = await Task.WhenAny(answer, _media.Task, _over.Task);
        if (first == answer)
            try
            {
                return await answer;
            }
            catch (TimeoutException e)
            {
                throw new SourceException(GapReason.Stalled, "the terminal does not answer", e) { Pause = terminal.Line(channel).Silent() };
            }
        await enough.CancelAsync();
        await answer.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return first == _over.Task ? throw await _over.Task : GeneralResult.Ok;
    }

    private async Task FirstMediaAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var late = Task.Delay(FirstMedia, terminals.Time, patience.Token);
        var first = await Task.WhenAny(_media.Task, _over.Task, late);
        await patience.CancelAsync();
        stop.ThrowIfCancellationRequested();
        if (first == _over.Task && !_media.Task.IsCompleted)
            throw await _over.Task;
        if (first == late)
            throw new SourceException(GapReason.Stalled, "the terminal sends no media") { Pause = terminal.Line(channel).Silent() };
    }

    /// <summary>Somebody who is about to stop waits for the answer a little; what it says changes nothing.</summary>
    private async Task CloseAsync()
    {
        if (terminal.Connection is not { } connection)
            return;
        terminal.Line(channel).ClosedUs = terminals.Clock.BoottimeUs;
        using var patience = new CancellationTokenSource(Farewell, terminals.Time);
        try
        {
            await connection.CommandAsync(T9102LiveControl.Close(channel), patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or TerminalGoneException or TimeoutException)
        {
            LogNoAnswer(definition.Number, stream);
        }
    }

    void ITicking.Tick()
    {
        if (_lease is not { } lease)
            return;
        var now = terminals.Clock.BoottimeUs;
        if (lease.Packets is var packets && packets != _packets)
            (_packets, _packetUs) = (packets, now);
        else if (now - _packetUs > Silence.TotalMicroseconds)
            End(GapReason.Stalled, "the terminal stopped sending");
        if (Volatile.Read(ref _returnedUs) is > 0 and var returnedUs && now - returnedUs > Recheck.TotalMicroseconds)
        {
            if (_packetUs < returnedUs)
                End(GapReason.Reconnect, "the terminal came back without its media");
            Volatile.Write(ref _returnedUs, 0);
        }
        if (now - Volatile.Read(ref _unitUs) > Unusable.TotalMicroseconds)
            End(GapReason.Stalled, "nothing that the terminal sends can be used");
        if (terminals.NoticeUs == 0 || now < _noticeUs)
            return;
        _noticeUs = now + terminals.NoticeUs;
        terminal.Connection?.Tell(new T9105LiveStatus(channel, lease.TakeLoss().Percent));
    }

    void ISourceSink.Announce(IReadOnlyList<Track> tracks)
        => _sink!.Announce(definition.Audio ? tracks : [.. tracks.Where(track => track.IsVideo)]);

    void IAccessUnitSink.Add(in AccessUnit unit)
    {
        Volatile.Write(ref _unitUs, unit.ArrivalUs);
        _media.TrySetResult();
        if (!definition.Audio && !unit.Track.IsVideo)
            unit.Payload.Release();
        else
            _sink!.Add(unit);
    }

    void ISourceSink.Lost(int accessUnits, string why) => _sink!.Lost(accessUnits, why);

    /// <summary>A session that follows at once may still be given the connection of the one before, which the terminal closes as it was told to: its own is yet to come.</summary>
    void IMediaTap.Ended(string why)
    {
        if (terminals.Clock.BoottimeUs - terminal.Line(channel).ClosedUs > Settling.TotalMicroseconds)
            End(GapReason.Reconnect, why);
    }

    void ITerminalTap.Passthrough(ReadOnlySpan<byte> body) { }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Channel {Channel} stream {Stream}: the terminal did not answer that it stops")]
    private partial void LogNoAnswer(int channel, byte stream);
}
