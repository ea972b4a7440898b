using System.Net;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Mansrtsp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// A call that brings media, from the INVITE that was answered to the BYE: a pair of ports, an SSRC and a dialog of its own. What comes goes to the tap that it was opened with.
/// </summary>
internal sealed class MediaCall : IDialogOwner, IAsyncDisposable
{
    /// <summary>Somebody who is about to stop waits for the answer to BYE a little; what it says changes nothing.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly SurveillanceCalls _calls;
    private readonly SurveillanceDevice _device;
    private readonly SipDialog _dialog;
    private readonly uint _ssrc;
    private readonly TaskCompletionSource<string> _hungUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _sentAll = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _controls;

    private MediaCall(SurveillanceCalls calls, SurveillanceDevice device, SipDialog dialog, IMediaSession media, uint ssrc)
    {
        (_calls, _device, _dialog, Media, _ssrc) = (calls, device, dialog, media, ssrc);
        device.Moved += Follow;
        device.Came += Follow;
        dialog.Owner = this;
        if (dialog.IsOver)                                  // it hung up before anybody could be told
            Ended("the device ended the call");
    }

    public IMediaSession Media { get; }

    /// <summary>The device ended the call; why.</summary>
    public Task<string> HungUp => _hungUp.Task;

    /// <summary>The device has sent all of the footage (MediaStatus 121).</summary>
    public Task SentAll => _sentAll.Task;

    /// <summary>Opens ports, calls, acknowledges, and says from whom media is taken.</summary>
    /// <exception cref="CallRefusedException">The device does not answer, or not with 200.</exception>
    /// <exception cref="SourceException">No port, no number, or no connection to where the device listens.</exception>
    /// <exception cref="DeviceException">The device is not there.</exception>
    /// <exception cref="Bytes.ProtocolException">Its answer is none.</exception>
    public static async Task<MediaCall> OpenAsync(SurveillanceCalls calls, SurveillanceDevice device, CallWish wish, MediaWay way, bool onlyPs, IMediaTap tap, CancellationToken stop)
    {
        var ssrc = calls.Ssrcs.Take(wish.IsLive) ?? throw new SourceException(GapReason.Overload, "10,000 streams run already");
        IMediaSession? media = null;
        MediaCall? call = null;
        try
        {
            media = calls.Reception.Open(tap);
            var offer = wish.Offer(calls.ServerId, device.LocalAddress, media.Port, ssrc, way, onlyPs);
            SipOpening opening;
            using (await calls.EnterAsync(device, stop))
                opening = await device.CallAsync(wish.Channel, offer, wish.Subject(calls.ServerId, ssrc), stop);
            if (opening.Dialog is { } dialog)
                call = new(calls, device, dialog, media, ssrc);
            stop.ThrowIfCancellationRequested();            // an answer that was as fast is hung up on
            if (call is null)
                throw new CallRefusedException(opening.Final, wish.Channel);
            await call.ExpectAsync(offer, GbDescription.Parse(opening.Final.Body.Span), stop);
            return call;
        }
        catch when (call is not null)
        {
            await call.DisposeAsync();
            throw;
        }
        catch
        {
            media?.Dispose();
            calls.Ssrcs.Return(ssrc);
            throw;
        }
    }

    /// <summary>Sends a control of playback and awaits what the device says to it.</summary>
    /// <returns>Whether it obeys.</returns>
    public async Task<bool> ControlAsync(PlaybackControl control, CancellationToken stop)
    {
        var body = (control with { Number = ++_controls }).ToBytes();
        var final = await _dialog.SendAsync("INFO", null, PlaybackControl.ContentType, body).WaitAsync(stop);
        return final.IsSuccess;
    }

    /// <summary>Hangs up, unless the device did, and gives everything back.</summary>
    public async ValueTask DisposeAsync()
    {
        _device.Moved -= Follow;
        _device.Came -= Follow;
        if (!_dialog.IsOver)
            try
            {
                await _dialog.ByeAsync().WaitAsync(Farewell, _calls.Time);
            }
            catch (TimeoutException)
            {
                // It goes on being sent; a device that never hears it notices that nobody takes its media.
            }
        Media.Dispose();
        _calls.Ssrcs.Return(_ssrc);
    }

    public void Take(SipIncoming incoming) => incoming.Answer(incoming.Request.Method is "INFO" or "OPTIONS" ? 200 : 488);        // another description is not taken: who wants one calls anew

    public void Told(ManscdpDocument document)
    {
        if (document is MediaStatusNotify { NotifyType: MediaStatusNotify.EndOfFile })
            _sentAll.TrySetResult();
    }

    public void Ended(string why) => _hungUp.TrySetResult(why);

    /// <summary>
    /// What the answer says of the way counts, not what was offered: ports are open for both. Where the device listens we connect, to the address that its signalling comes from and to no other,
    /// whatever its answer says: a recorder must not be made to connect into somebody's network.
    /// </summary>
    private async Task ExpectAsync(GbDescription offer, GbDescription answer, CancellationToken stop)
    {
        if (answer.Port == 0)
            throw new SourceException(GapReason.Offline, "the device answered the call and refused its media");
        var signalling = _dialog.Flow.Remote.Address;
        Media.Expect(MediaPeer.Of(offer, answer, signalling));
        var listens = answer.Transport == MediaTransport.Tcp && (answer.Setup ?? (offer.Setup == SetupRole.Active ? SetupRole.Passive : SetupRole.Active)) == SetupRole.Passive;
        if (listens)
            await Media.ConnectAsync(new IPEndPoint(signalling, answer.Port), stop);
    }

    private void Follow(SipFlow flow) => _dialog.Flow = flow;

    private void Follow()
    {
        if (_device.Flow is { } flow)
            Follow(flow);
    }
}
