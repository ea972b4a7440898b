using System.Globalization;
using System.Net;
using EdgeRecorder.Simulators.GbDevice.Media;
using EdgeRecorder.Simulators.GbDevice.Messages;
using EdgeRecorder.Simulators.GbDevice.Sip;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>The calls of one device: answered, controlled and hung up (GB/T 28181-2022, 9.2, 9.8 and 9.9).</summary>
internal sealed class CallDesk(Device device)
{
    private const int Remembered = 256;
    private const double HangUpSeconds = 10;                   // that the platform has after MediaStatus 121

    private readonly List<Call> _open = [];
    private readonly List<Call> _all = [];
    private int _number;

    /// <summary>Those that are there and those that were.</summary>
    public IReadOnlyList<Call> All => _all;

    public IReadOnlyList<Call> Open => _open;

    /// <summary>False: it is no request of calls.</summary>
    public bool Take(SipText request)
    {
        switch (request.Method)
        {
            case "INVITE":
                OnInvite(request);
                return true;
            case "ACK":
                OnAck(request);
                return true;
            case "CANCEL":
                OnCancel(request);
                return true;
            case "BYE" or "INFO":
                OnInDialog(request);
                return true;
            default:
                return false;
        }
    }

    public void Advance(double now)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var call = _open[i];
            call.Stream?.Advance(now, device.Fleet.Started, device.Fleet.Faults.Of(device.Id, call.Channel.Id));
            if (call.State == CallState.Ended)
            {
                if (call.Stream is not { State: not StreamState.Closed })
                    _open.RemoveAt(i);
                continue;
            }
            if (call.IsDue(now))
                device.Transmit(call.Answer);
            if (now >= call.Until)
                HangUp(call, call.State == CallState.Answered ? "no ACK came" : "the platform did not hang up");
            else if (call.Stream?.State == StreamState.Closed)
                HangUp(call, call.Stream.CloseReason!);
            else if (call.Stream?.State == StreamState.Ended && !call.EndIsSaid)
                SayEnd(call, now);
        }
    }

    /// <summary>BYE for all of them, or for those of one channel.</summary>
    public void HangUp(string why, string? channel = null)
    {
        foreach (var call in _open)
            if (channel is null || call.Channel.Id == channel)
                HangUp(call, why);
    }

    /// <summary>They end without a word, as with the power.</summary>
    public void Cut(string why)
    {
        foreach (var call in _open)
        {
            call.State = CallState.Ended;
            call.EndedBy ??= why;
            call.Stream?.Close(why);
        }
        _open.Clear();
    }

    /// <param name="channel">Null = all.</param>
    public void ForEach(string? channel, Action<CallStream> action)
    {
        foreach (var call in _open)
            if (call.Stream is { } stream && (channel is null || call.Channel.Id == channel))
                action(stream);
    }

    private void OnInvite(SipText invite)
    {
        var faults = device.Fleet.Faults.Of(device.Id, SipText.User(invite.RequestUri));
        if (faults.NoAnswer)
            return;
        var trying = device.Write(device.AnswerTo(invite, 100, "Trying"));
        device.Transmit(trying);
        if (_open.Exists(c => c.Invite.CallId == invite.CallId && c.Invite.Branch == invite.Branch))
            return;                                            // sent again before the answer
        if (SipText.Parameter(invite["To"], "tag") is not null)
        {
            // Nothing is agreed on anew within a call.
            if (_open.Exists(c => c.Dialog.Matches(invite)))
                device.Answer(invite, 488, "Not Acceptable Here");
            else
                device.Answer(invite, 481, "Call/Transaction Does Not Exist");
            return;
        }
        var user = SipText.User(invite.RequestUri);
        var channel = device.Channels.FirstOrDefault(c => c.Id == user) ?? device.Channels[0];   // the device itself: its first channel
        var call = new Call(++_number, invite, channel, device.NewToken());
        _open.Add(call);
        _all.Add(call);
        if (_all.Count > Remembered)
            _all.RemoveAt(0);
        if (!faults.OnlyTrying)
            device.After(faults.AnswerDelay, () => Accept(call, device.Fleet.Faults.Of(device.Id, channel.Id)));
    }

    private void Accept(Call call, Faults faults)
    {
        if (call.State != CallState.Ringing)
            return;
        var (status, reason) = Prepare(call, faults);
        if (status != 200)
        {
            call.Stream?.Close(reason);
            End(call, $"refused: {status} {reason}");
            device.Answer(call.Invite, status, reason);
            return;
        }
        var (offer, stream) = (call.Offer!, call.Stream!);
        var setup = stream.Link.Transport switch { "tcp-active" => "active", "tcp-passive" => "passive", _ => null };
        uint? ssrc = faults.NoSsrc ? null : call.Ssrc;
        var size = offer.Name == "Download" ? (long?)Size(call) : null;
        var sdp = offer.Answer(call.Channel.Id, device.Link!.Local.Address, stream.Link.Port, FormatOf(offer, call.Channel)!.Value, setup, ssrc, FormatLine(call.Channel), size);
        var answer = device.AnswerTo(call.Invite, 200, "OK", call.Dialog.Tag)
            .Add("Contact", $"<sip:{call.Channel.Id}@{device.Link.Local}>").With("application/sdp", sdp);
        call.Answered(device.Answer(call.Invite, answer), device.Now);
    }

    /// <summary>What the answer to an INVITE is to be, and the stream for it.</summary>
    private (int Status, string Reason) Prepare(Call call, Faults faults)
    {
        if (faults.Refuse != 0)
            return (faults.Refuse, faults.Refuse switch { 486 => "Busy Here", 503 => "Service Unavailable", 404 => "Not Found", 488 => "Not Acceptable Here", _ => "Refused" });
        SessionOffer offer;
        try
        {
            offer = SessionOffer.Read(call.Invite.Body);
        }
        catch (MalformedException e)
        {
            device.Reject(e.Message);
            return (400, "Bad Request");
        }
        call.Offer = offer;
        if (call.Subject is null)
        {
            device.Reject("an INVITE without Subject");        // GB/T 28181-2022, annex L
            return (400, "Bad Request");
        }
        foreach (var other in _open)
            if (other != call && other.State is CallState.Answered or CallState.Confirmed && other.Subject == call.Subject)
                HangUp(other, "called again with the same Subject");
        if (_open.Count(c => c.State is CallState.Answered or CallState.Confirmed) >= device.Options.MostCalls)
            return (486, "Busy Here");
        if (FormatOf(offer, call.Channel) is not { } format || !Allows(offer))
            return (488, "Not Acceptable Here");
        var pace = device.Options.Speed;
        List<FootageRun>? runs = null;
        if (!offer.IsLive)
        {
            (call.From, call.To) = (Footage.Beijing(offer.From), Footage.Beijing(offer.To));
            runs = device.Footage.Runs(call.From, call.From, call.To);
            if (offer.Name == "Talk" || runs.Count == 0)
                return (offer.Name == "Talk" ? 488 : 404, "No such footage");
            pace = offer.Name == "Download" ? Math.Max(1, offer.Speed) : device.Options.PlaybackSpeed;
        }
        var kind = offer.Name switch { "Playback" => StreamKind.Playback, "Download" => StreamKind.Download, _ => offer.IsSub ? StreamKind.Sub : StreamKind.Main };
        call.Ssrc = faults.OwnSsrc || offer.Ssrc is null ? (uint)device.Fleet.Random.Next(200_010_000, 200_019_999) : offer.Ssrc.Value;
        call.Stream = MakeStream(call, kind, format, pace, runs);
        return (200, "OK");
    }

    private CallStream MakeStream(Call call, StreamKind kind, byte format, double pace, List<FootageRun>? runs)
    {
        var (options, offer, channel) = (device.Options, call.Offer!, call.Channel);
        var local = device.Link!.Local.Address;
        var remote = new IPEndPoint(offer.Address, offer.Port);
        MediaLink link = !offer.IsTcp ? new UdpMediaLink(local, remote) : new TcpMediaLink(device.Fleet, local, offer.Setup == "passive" ? remote : null);
        var track = kind == StreamKind.Sub ? channel.Sub ?? channel.Main : channel.Main;
        return new CallStream(
            kind,
            track is null ? null : new Lane(track, kind == StreamKind.Main ? channel.Alternate : null, options.Hashes, options.Remember),
            channel.Audio is null ? null : new Lane(channel.Audio, null, options.Hashes, options.Remember),
            link,
            new StreamOptions(
                options.IsPs, format, call.Ssrc, options.LargestPayload, options.FirstSequence, options.FirstPts, pace, kind is StreamKind.Main or StreamKind.Sub ? options.Loops : 0, options.JoinsLive),
            device.Fleet.Random, runs);
    }

    private bool Allows(SessionOffer offer) => !offer.IsTcp ? device.Options.TakesUdp : device.Options.MediaTcp switch
    {
        "any" => true,
        "active" => offer.Setup == "passive",
        "passive" => offer.Setup == "active",
        _ => false,
    };

    /// <summary>The payload type to send; null where the offer has none that this device can.</summary>
    private byte? FormatOf(SessionOffer offer, Channel channel)
    {
        var encoding = device.Options.IsPs ? "PS/90000" : channel.Main?.Type == StreamType.H264 ? "H264/90000" : "H265/90000";
        foreach (var (type, name) in offer.Formats)
            if (name.Equals(encoding, StringComparison.OrdinalIgnoreCase))
                return type;
        return null;
    }

    private string FormatLine(Channel channel)
    {
        var video = channel.Main is not { } main ? "v/////" : string.Create(
            CultureInfo.InvariantCulture,
            $"v/{(main.Type == StreamType.H264 ? 2 : 5)}/5/{device.Options.FpsNumerator / device.Options.FpsDenominator}/1/{main.BytesPerSecond * 8 / 1000:0}");
        return video + channel.Audio?.Type switch { StreamType.Aac => "a/6/8/4", null => "a///", _ => "a/1/8/1" };
    }

    private long Size(Call call)
    {
        var seconds = device.Footage.Find(call.From, call.To).Sum(i => ((i.End < call.To ? i.End : call.To) - (i.Start > call.From ? i.Start : call.From)).TotalSeconds);
        return (long)(seconds * ((call.Channel.Main?.BytesPerSecond ?? 0) + (call.Channel.Audio?.BytesPerSecond ?? 0)));
    }

    private void OnAck(SipText ack)
    {
        if (_open.Find(c => c.Dialog.Matches(ack)) is not { State: CallState.Answered } call)
            return;                                            // of a refusal, or once more
        call.State = CallState.Confirmed;
        call.Until = double.PositiveInfinity;
        call.Stream!.Begin(device.Now + device.Fleet.Faults.Of(device.Id, call.Channel.Id).MediaDelay);
    }

    private void OnCancel(SipText cancel)
    {
        device.Answer(cancel, 200, "OK");
        if (_open.Find(c => c.Invite.CallId == cancel.CallId && c.Invite.Branch == cancel.Branch) is not { State: CallState.Ringing } call)
            return;
        device.Answer(call.Invite, device.AnswerTo(call.Invite, 487, "Request Terminated", call.Dialog.Tag));
        End(call, "CANCEL of the platform");
    }

    private void OnInDialog(SipText request)
    {
        if (_open.Find(c => c.Dialog.Matches(request)) is not { State: CallState.Answered or CallState.Confirmed } call)
        {
            device.Answer(request, 481, "Call/Transaction Does Not Exist");
            return;
        }
        if (!call.Dialog.Advance(request))
        {
            device.Reject($"CSeq {request.CSeq} after {call.Dialog.RemoteCSeq}");
            device.Answer(request, 500, "Server Internal Error");   // RFC 3261, 12.2.2
        }
        else if (request.Method == "INFO")
            OnInfo(call, request);
        else
        {
            device.Answer(request, 200, "OK");
            End(call, "BYE of the platform");
            if (!device.Fleet.Faults.Of(device.Id, call.Channel.Id).KeepSending)
                call.Stream?.Close("BYE of the platform");
        }
    }

    private void OnInfo(Call call, SipText request)
    {
        PlaybackCommand command;
        try
        {
            command = PlaybackCommand.Read(request);
        }
        catch (MalformedException e)
        {
            device.Reject(e.Message);
            device.Answer(request, 400, "Bad Request");
            return;
        }
        device.Keep(call.Channel.Id, command.Method, command.Text);
        if (call.Offer is not { IsLive: false } || command.Scale is <= 0)
        {
            device.Answer(request, 488, "Not Acceptable Here");
            return;
        }
        Apply(call.Stream!, call, command);
        device.Answer(request, device.AnswerTo(request, 200, "OK").With(PlaybackCommand.ContentType, command.Answer()));
    }

    private void Apply(CallStream stream, Call call, PlaybackCommand command)
    {
        switch (command)
        {
            case { Method: "PAUSE" }:
                stream.Pause(device.Now);
                break;
            case { Method: "TEARDOWN" }:
                stream.Close("TEARDOWN");
                break;
            case { Scale: { } scale }:
                stream.SetScale(scale, device.Now);
                stream.Resume(device.Now);
                break;
            case { From: { } seconds }:
                call.EndIsSaid = false;
                stream.Restart(device.Footage.Runs(call.From, call.From.AddSeconds(seconds), call.To), device.Now);
                break;
            default:
                stream.Resume(device.Now);
                break;
        }
    }

    /// <summary>MediaStatus 121 within the call; then the platform hangs up, or this side after a while.</summary>
    private void SayEnd(Call call, double now)
    {
        call.EndIsSaid = true;
        if (device.Fleet.Faults.Of(device.Id, call.Channel.Id).NoEnd)
            return;
        if (call.Offer!.IsLive)
        {
            HangUp(call, "the clip is over");
            return;
        }
        call.Until = now + HangUpSeconds;
        var document = new DocumentText("Notify", "MediaStatus", device.NextSn(), call.Channel.Id).Field("NotifyType", 121);
        device.Ask(device.Draft("MESSAGE", call.Dialog).With(DocumentText.ContentType, document.ToBytes(device.Charset)), _ => { });
    }

    private void HangUp(Call call, string why)
    {
        if (call.State is CallState.Answered or CallState.Confirmed && device.Link is not null)
            device.Ask(device.Draft("BYE", call.Dialog), _ => { });
        call.Stream?.Close(why);
        End(call, why);
    }

    private static void End(Call call, string why)
    {
        call.State = CallState.Ended;
        call.EndedBy ??= why;
    }
}
