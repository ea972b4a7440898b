using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Mansrtsp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// One call for stored footage: a stretch without holes, its pictures dated from its beginning on. Ends when the device says so (MediaStatus 121), hangs up, closes the connection, or has sent
/// what was asked for; what still is on its way then is taken.
/// </summary>
internal sealed class StretchCall(SurveillanceCalls calls, SurveillanceDevice device, CallWish wish, IFootageSink sink) : IMediaTap
{
    /// <summary>Recorders look for the place on their disks before they send.</summary>
    private static readonly TimeSpan FirstMedia = TimeSpan.FromSeconds(30), Silence = TimeSpan.FromSeconds(15);

    /// <summary>Devices end a little before or behind what was asked for, some without a word.</summary>
    private static readonly TimeSpan NearEnd = TimeSpan.FromSeconds(5), SilenceAtEnd = TimeSpan.FromSeconds(3), Overrun = TimeSpan.FromSeconds(1);

    /// <summary>Signalling is faster than media: what was sent before the end was said comes until then.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _toldOutside = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isSaidOver;
    private long? _firstUs;
    private long _reachedUs;                                // from the beginning of the stretch

    public Stretch Stretch { get; } = new(wish.From!.Value, wish.To!.Value);

    /// <summary>Whether anything of it came.</summary>
    public bool HasMedia
    {
        get { lock (_gate) return _firstUs is not null; }
    }

    private TimeSpan Remaining
    {
        get { lock (_gate) return Stretch.Length - TimeSpan.FromMicroseconds(_reachedUs); }
    }

    /// <exception cref="CallRefusedException">The device does not take the call.</exception>
    /// <exception cref="DeviceException">It sends nothing, or ends before.</exception>
    /// <exception cref="SourceException">As <see cref="MediaCall.OpenAsync"/>.</exception>
    public async Task RunAsync(Ledger.MediaWay way, CancellationToken stop)
    {
        device.MediaStatus += TakeStatus;
        try
        {
            await using var call = await MediaCall.OpenAsync(calls, device, wish, way, onlyPs: true, this, stop);
            await TakeAsync(call, stop);
        }
        finally
        {
            device.MediaStatus -= TakeStatus;
        }
    }

    private async Task TakeAsync(MediaCall call, CancellationToken stop)
    {
        var beganUs = calls.Clock.BoottimeUs;
        var hasSpeed = wish.Purpose == SessionPurpose.Download || wish.Speed == 1;
        using var look = new PeriodicTimer(Look, calls.Time);
        while (true)
        {
            await look.WaitForNextTickAsync(stop);
            var hasMedia = call.Media.Packets > 0;
            if (hasMedia && !hasSpeed)
            {
                hasSpeed = true;                            // before the first packet some refuse, and those that refuse it send as fast as it was filmed
                await call.ControlAsync(PlaybackControl.Speed(wish.Speed), stop);
            }
            var silence = TimeSpan.FromMicroseconds(calls.Clock.BoottimeUs - Math.Max(call.Media.SilentSinceUs, beganUs));
            if (call.SentAll.IsCompleted || _toldOutside.Task.IsCompleted || Remaining < -Overrun)
            {
                if (silence > Settling || Remaining < -Overrun)
                    break;
            }
            else if (call.HungUp.IsCompleted || _ended.Task.IsCompleted)
            {
                if (silence <= Settling)
                    continue;
                if (hasMedia && Remaining > NearEnd)
                    throw new DeviceException(DeviceFault.Refused, $"the device ended before it had sent all: {(call.HungUp.IsCompleted ? await call.HungUp : await _ended.Task)}");
                break;
            }
            else if (hasMedia && (_isSaidOver || Remaining < NearEnd) && silence > SilenceAtEnd)
                break;
            else if (silence > (hasMedia ? Silence : FirstMedia))
                throw new DeviceException(DeviceFault.Silent, hasMedia ? "the device stopped sending" : "the device sent nothing");
        }
        call.Media.Drain();
        if (!HasMedia)
            throw new DeviceException(DeviceFault.Silent, "the device sent nothing that can be used");
    }

    /// <summary>Said outside of the call: under the channel's ID; or under the device's own, which may mean another channel, so silence has to follow.</summary>
    private void TakeStatus(MediaStatusNotify status)
    {
        if (status.NotifyType != MediaStatusNotify.EndOfFile)
            return;
        if (status.DeviceId == wish.Channel)
            _toldOutside.TrySetResult();
        else if (status.DeviceId == device.Id)
            _isSaidOver = true;
    }

    void ISourceSink.Announce(IReadOnlyList<Track> tracks) => sink.Announce(tracks);

    void IAccessUnitSink.Add(in AccessUnit unit)
    {
        var mediaUs = (long)(unit.Pts * 1e6 / unit.Track.TimeScale);
        long atUs;
        lock (_gate)
        {
            _firstUs ??= mediaUs;
            atUs = mediaUs - _firstUs.Value;
            _reachedUs = Math.Max(_reachedUs, atUs);
        }
        sink.Add(unit with { SourceUtcUs = Stretch.From.ToUnixTimeMilliseconds() * 1000 + atUs });
    }

    void ISourceSink.Lost(int accessUnits, string why) => sink.Lost(accessUnits, why);

    void IMediaTap.Ended(string why) => _ended.TrySetResult(why);
}
