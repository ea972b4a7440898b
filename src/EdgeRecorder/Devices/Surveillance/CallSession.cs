using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// One attempt at a live stream of a device's channel: INVITE, media, BYE. Media that flows goes on when the device is taken for offline; what is asked again, and when, is up to the recorder.
/// </summary>
internal sealed partial class CallSession(SurveillanceCalls calls, SurveillanceDevice device, ChannelDefinition definition, byte stream, ILogger log) : ISourceSession, IMediaTap, ITicking
{
    public static readonly TimeSpan FirstMedia = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Of a device that is offline as well.</summary>
    public static readonly TimeSpan SilenceOffline = TimeSpan.FromSeconds(5);

    /// <summary>How long an offline device is left alone: its return is what begins the next attempt.</summary>
    private static readonly TimeSpan Offline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Unusable = TimeSpan.FromSeconds(30);      // packets, but nothing in them: calling again brings a sync sample
    private static readonly TimeSpan AfterBye = TimeSpan.FromSeconds(2), Recheck = TimeSpan.FromSeconds(2);

    /// <summary>Packets without a picture for so long: a sync sample is asked for, and not again for a while.</summary>
    private static readonly TimeSpan WithoutPicture = TimeSpan.FromSeconds(2), BetweenWishes = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _media = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SourceException> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ISourceSink? _sink;
    private volatile IMediaSession? _session;
    private volatile bool _hasOnlyAudio;
    private bool _lowLatency;
    private long _flowsUs, _unitUs, _pictureUs, _wishUs, _returnedUs;

    /// <summary>Media came, and its end is watched for.</summary>
    public bool IsFlowing => Volatile.Read(ref _flowsUs) > 0;

    private string Channel => definition.DeviceChannel!;

    /// <inheritdoc/>
    public bool LowLatency
    {
        get => _lowLatency;
        set
        {
            _lowLatency = value;
            if (_session is { } session)
                session.LowLatency = value;
        }
    }

    /// <inheritdoc/>
    public void Drain() => _session?.Drain();

    /// <inheritdoc/>
    public async Task RunAsync(ISourceSink sink, CancellationToken stop)
    {
        var row = calls.Admitted(device, out var refusal) ?? throw refusal!;
        if (device.Flow is null)
            throw new SourceException(GapReason.Offline, "the device is not connected") { Pause = Offline };
        _sink = sink;
        var line = calls.Line(device, Channel, stream);
        var (call, way) = await OpenAsync(row.MediaWay, line, stop);
        await using (call)
        {
            device.Came += Returned;
            calls.Timer.Add(this);
            try
            {
                _session = call.Media;
                call.Media.LowLatency = _lowLatency;
                await FirstMediaAsync(call, row.MediaWay, way, line, stop);
                line.Flows(way);
                var now = calls.Clock.BoottimeUs;
                (_unitUs, _pictureUs, _wishUs) = (now, now, now - (long)(BetweenWishes - WithoutPicture).TotalMicroseconds);
                Volatile.Write(ref _flowsUs, now);
                if (await Task.WhenAny(_over.Task, call.HungUp).WaitAsync(stop) == call.HungUp)
                    throw HungUp(await call.HungUp);
                throw await _over.Task;
            }
            finally
            {
                calls.Timer.Remove(this);
                device.Came -= Returned;
                _session = null;
            }
        }
    }

    /// <summary>Where the description does not please, the other way of media is tried at once, then a description with nothing but PS in it.</summary>
    private async Task<(MediaCall Call, MediaWay Way)> OpenAsync(MediaWay setting, CallLine line, CancellationToken stop)
    {
        var wish = new CallWish(Channel, SessionPurpose.Play, stream);
        var isOther = false;
        while (true)
        {
            var way = line.Way(setting);
            try
            {
                return (await MediaCall.OpenAsync(calls, device, wish, way, line.OnlyPs, this, stop), way);
            }
            catch (CallRefusedException e)
            {
                if (e.IsAboutMedia && !isOther && line.TryOther(setting, way))
                    isOther = true;
                else if (e.IsAboutMedia && !line.OnlyPs)
                    line.OnlyPs = true;
                else
                    throw Refused(e, line);
            }
            catch (DeviceException e)
            {
                throw new SourceException(GapReason.Offline, e.Message, e) { Pause = Offline };
            }
        }
    }

    private async Task FirstMediaAsync(MediaCall call, MediaWay setting, MediaWay way, CallLine line, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var late = Task.Delay(FirstMedia, calls.Time, patience.Token);
        var first = await Task.WhenAny(_media.Task, _over.Task, call.HungUp, late);
        await patience.CancelAsync();
        stop.ThrowIfCancellationRequested();
        if (_media.Task.IsCompleted)
            return;
        if (first == call.HungUp)
            throw HungUp(await call.HungUp);
        if (first == _over.Task)
            throw await _over.Task;
        var foreign = call.Media.Foreign > 0 ? ", but something else comes to its port" : "";
        throw new SourceException(GapReason.Stalled, $"the device answered and sends no media{foreign}") { Pause = line.TryOther(setting, way) ? TimeSpan.Zero : line.Silent() };
    }

    private void Returned() => Volatile.Write(ref _returnedUs, calls.Clock.BoottimeUs);

    private void End(GapReason reason, string why) => _over.TrySetResult(new SourceException(reason, why));

    void ITicking.Tick()
    {
        if (_session is not { } session)
            return;
        if (session.Packets > 0)
            _media.TrySetResult();
        if (Volatile.Read(ref _flowsUs) is not (> 0 and var flowsUs))
            return;
        var now = calls.Clock.BoottimeUs;
        var lastUs = Math.Max(session.SilentSinceUs, flowsUs);
        var isOffline = device.Flow is null;
        if (now - lastUs > (isOffline ? SilenceOffline : Silence).TotalMicroseconds)
            End(isOffline ? GapReason.Offline : GapReason.Stalled, isOffline ? "the device went offline" : "the device stopped sending");
        if (Volatile.Read(ref _returnedUs) is > 0 and var returnedUs && now - returnedUs > Recheck.TotalMicroseconds)
        {
            if (lastUs < returnedUs)
                End(GapReason.Reconnect, "the device came back without its media");
            Volatile.Write(ref _returnedUs, 0);
        }
        if (now - Volatile.Read(ref _unitUs) > Unusable.TotalMicroseconds)
            End(GapReason.Stalled, session.NotRecorded is { Count: > 0 } names ? $"nothing that the device sends can be recorded: {string.Join(", ", names)}" : "nothing that the device sends can be used");
        if (!_hasOnlyAudio && !isOffline && now - lastUs < WithoutPicture.TotalMicroseconds && now - Volatile.Read(ref _pictureUs) > WithoutPicture.TotalMicroseconds
            && now - _wishUs > BetweenWishes.TotalMicroseconds)
        {
            _wishUs = now;
            _ = AskForSyncAsync();
        }
        if (calls.Admitted(device, out var refusal) is null)
            _over.TrySetResult(refusal!);
    }

    /// <summary>Its answer is a 200 and nothing else; most devices send one soon anyway.</summary>
    private async Task AskForSyncAsync()
    {
        try
        {
            await device.TellAsync(new DeviceControl { DeviceId = Channel, AsksForSyncSample = true }, CancellationToken.None);
        }
        catch (DeviceException e)
        {
            LogNoSync(definition.Number, stream, e.Message);
        }
    }

    void ISourceSink.Announce(IReadOnlyList<Track> tracks)
    {
        _hasOnlyAudio = !tracks.Any(track => track.IsVideo);
        _sink!.Announce(definition.Audio ? tracks : [.. tracks.Where(track => track.IsVideo)]);
    }

    void IAccessUnitSink.Add(in AccessUnit unit)
    {
        Volatile.Write(ref _unitUs, unit.ArrivalUs);
        if (unit.Track.IsVideo)
            Volatile.Write(ref _pictureUs, unit.ArrivalUs);
        _media.TrySetResult();
        if (!definition.Audio && !unit.Track.IsVideo)
            unit.Payload.Release();
        else
            _sink!.Add(unit);
    }

    void ISourceSink.Lost(int accessUnits, string why) => _sink!.Lost(accessUnits, why);

    void IMediaTap.Ended(string why) => End(device.Flow is null ? GapReason.Offline : GapReason.Reconnect, why);

    private static SourceException HungUp(string why) => new(GapReason.Reconnect, $"the call is over: {why}") { Pause = AfterBye };

    private static SourceException Refused(CallRefusedException e, CallLine line)
        => e.IsSilence ? new(GapReason.Stalled, e.Message, e) { Pause = line.Silent() }
            : e.IsUnreachable ? new(GapReason.Offline, e.Message, e) { Pause = Offline }
            : new(e.IsForbidden ? GapReason.Unauthorized : GapReason.Offline, e.Message, e) { Pause = e.IsForGood ? line.Wrong() : line.Refused() };

    [LoggerMessage(Level = LogLevel.Debug, Message = "Channel {Channel} stream {Stream}: no sync sample asked for: {Why}")]
    private partial void LogNoSync(int channel, byte stream, string why);
}
