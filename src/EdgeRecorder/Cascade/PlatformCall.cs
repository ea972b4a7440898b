using EdgeRecorder.Bytes;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Mansrtsp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Media;
using EdgeRecorder.Sip;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Cascade;

/// <summary>One call of a platform: a channel live, or footage of the ring. It sends from the ACK on, until either side ends it.</summary>
internal sealed class PlatformCall : IDisposable
{
    private static readonly TimeSpan ByePatience = TimeSpan.FromSeconds(10);

    private readonly UpperPlatform _platform;
    private readonly SipDialog _dialog;
    private readonly CallTransport _transport;
    private readonly GbDescription _offer;
    private readonly uint _ssrc;
    private readonly StreamKey _stream;
    private readonly string _channel;
    private readonly PlaybackFeed? _playback;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _ending = new();
    private bool _isDisposed;

    /// <param name="channel">Its code.</param>
    public PlatformCall(UpperPlatform platform, SipDialog dialog, CallTransport transport, GbDescription offer, uint ssrc, StreamKey stream, string channel, string? subject)
    {
        (_platform, _dialog, _transport, _offer, _ssrc, _stream, _channel, Subject) = (platform, dialog, transport, offer, ssrc, stream, channel, subject);
        if (offer.Purpose != SessionPurpose.Play)
            _playback = new(stream, offer.From!.Value, offer.To ?? platform.Box.UtcNow, offer.Purpose == SessionPurpose.Download ? offer.DownloadSpeed ?? 1 : 1, platform.Box.Ring, platform.Box.Time);
    }

    /// <summary>sender:number of the INVITE's Subject: another call with the same takes this one's place.</summary>
    public string? Subject { get; }

    public SipDialog Dialog => _dialog;

    /// <summary>An INFO.</summary>
    public void Control(SipIncoming incoming)
    {
        try
        {
            var command = PlaybackControl.Parse(incoming.Request.Body.Span);
            if (_playback is null)
                incoming.Answer(488);
            else if (command.Method == PlaybackMethod.Teardown)
            {
                incoming.Answer(200);
                Stop();
            }
            else
                incoming.Answer(_playback.TryObey(command) ? 200 : 501);
        }
        catch (ProtocolException)
        {
            incoming.Answer(400);
        }
    }

    /// <summary>Ends it; when the other side has not done so, it hears a BYE.</summary>
    public void Stop()
    {
        lock (_ending)
            if (!_isDisposed)
                _ = _over.CancelAsync();
    }

    public async Task RunAsync()
    {
        var why = "everything was sent";
        try
        {
            if (await _dialog.Acknowledged.WaitAsync(_over.Token).ConfigureAwait(false) is null)
                return;
            var sender = new CallSender(await _transport.OpenAsync(_platform.Box.Time, _over.Token).ConfigureAwait(false), _ssrc,
                _offer.Formats.First(IsStream).Type, _platform.Count);
            if (_playback is null)
                why = await PlayLiveAsync(sender).ConfigureAwait(false);
            else
                await PlayBackAsync(sender).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            why = "it was ended";
        }
        catch (SourceException e)
        {
            why = e.Message;
        }
        catch (Exception e)                                 // the call ends here, whatever it was
        {
            why = _platform.Fault(e);
        }
        finally
        {
            if (!_dialog.IsOver)
                _ = _dialog.ByeAsync();
            Dispose();                                      // its port is free before it is gone from the figures
            _platform.Ended(this, _channel, why);
        }
    }

    public void Dispose()
    {
        lock (_ending)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }
        _transport.Dispose();
        _playback?.Dispose();
        _over.Dispose();
    }

    /// <summary>What we send under the payload type that the offer has for it.</summary>
    public static bool IsStream(PayloadFormat format) => format.Encoding.Equals("PS", StringComparison.OrdinalIgnoreCase);

    private async Task<string> PlayLiveAsync(CallSender sender)
    {
        using var feed = new LiveFeed(pictures => _platform.Count(0, pictures));
        using var lease = _platform.Box.Recorder.Watch(_stream, feed, lowLatency: true);
        if (lease is null)
            return "the channel is gone";
        feed.BeginWithNewest();
        await feed.RunAsync(sender, _over.Token).ConfigureAwait(false);
        return sender.Transport.HasEnded ? "the media connection ended" : "the channel is gone";
    }

    private async Task PlayBackAsync(CallSender sender)
    {
        await _playback!.RunAsync(sender, _over.Token).ConfigureAwait(false);
        if (sender.Transport.HasEnded || _dialog.IsOver)
            return;
        await _dialog.SendAsync("MESSAGE", null, ManscdpDocument.ContentType, new MediaStatusNotify(MediaStatusNotify.EndOfFile) { Sn = _platform.NextNumber(), DeviceId = _channel }.ToBytes())
            .WaitAsync(_over.Token).ConfigureAwait(false);
        try
        {
            await Task.Delay(ByePatience, _platform.Box.Time, _over.Token).ConfigureAwait(false);      // the platform's BYE ends it
        }
        catch (OperationCanceledException)
        {
            // It came.
        }
    }
}
