using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Brings what a device stored of a range: stretch by stretch as its list has them, by download where it can, else by playback.</summary>
internal sealed class SurveillancePlayback(SurveillanceCalls calls, SurveillanceDevice device, DeviceRow row, string channel, FootageWish wish, IFootageSink sink)
{
    /// <summary>Where nobody says how fast: most recorders offer it, and a day takes six hours and not a day.</summary>
    public const int UsualSpeed = 4;

    private bool _downloads = true;

    /// <param name="stretches">What there is, in order of time.</param>
    /// <exception cref="DeviceException">The device is not there, refuses, or ends before.</exception>
    public async Task RunAsync(IEnumerable<Stretch> stretches, CancellationToken stop)
    {
        foreach (var stretch in stretches)
            try
            {
                await BringAsync(stretch, stop);
            }
            catch (CallRefusedException e)
            {
                throw new DeviceException(e.IsSilence ? DeviceFault.Silent : e.IsUnreachable ? DeviceFault.NotConnected : DeviceFault.Refused, e.Message, e);
            }
    }

    /// <summary>A refused download is asked for as playback, and either over the other way of media where the device may choose.</summary>
    private async Task BringAsync(Stretch stretch, CancellationToken stop)
    {
        var line = calls.Line(device, channel, wish.Stream);
        var isOther = false;
        while (true)
        {
            var way = line.Way(row.MediaWay);
            var speed = wish.Speed > 0 ? wish.Speed : UsualSpeed;
            var purpose = _downloads ? SessionPurpose.Download : SessionPurpose.Playback;
            var call = new StretchCall(calls, device, new CallWish(channel, purpose, wish.Stream) { From = stretch.From, To = stretch.To, Speed = speed }, sink);
            try
            {
                await call.RunAsync(way, stop);
                line.Flows(way);
                return;
            }
            catch (CallRefusedException e) when (!e.IsSilence && !e.IsUnreachable && _downloads)
            {
                _downloads = false;
            }
            catch (CallRefusedException e) when (e.IsAboutMedia && !isOther && line.TryOther(row.MediaWay, way))
            {
                isOther = true;
            }
            catch (DeviceException e) when (e.Fault == DeviceFault.Silent && !call.HasMedia && !isOther && line.TryOther(row.MediaWay, way))
            {
                isOther = true;                             // it took the call and sends nothing that way
            }
        }
    }
}
