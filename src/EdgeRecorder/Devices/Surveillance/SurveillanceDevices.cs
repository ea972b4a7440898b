using System.Net;
using EdgeRecorder.Bytes;
using EdgeRecorder.Configuration;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Sip;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// Devices of GB/T 28181 as the rest of the box sees them, and the box as they see it: takes what they send, and knows who of them is there. A device speaks only over the way it registered by;
/// behind a NAT its port may change, which a heartbeat tells.
/// </summary>
internal sealed partial class SurveillanceDevices : ISipUser, ITicking, IAsyncDisposable
{
    public const string Name = "gb28181";
    private const string Allow = "INVITE, ACK, INFO, CANCEL, BYE, OPTIONS, MESSAGE, SUBSCRIBE, NOTIFY, REGISTER";

    private const long LongestHeartbeatMs = 600_000;

    private readonly Lock _changing = new();
    private readonly Dictionary<int, SurveillanceDevice> _byNumber = [];
    private readonly FlowWarrants _warrants = new();
    private readonly DeviceCatalog _catalog;
    private readonly Gb28181Options _options;
    private readonly DevicePasswords _passwords;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Registrar _registrar;
    private readonly RegistrationKeeper _keeper;
    private readonly Introductions _introductions;
    private readonly SurveillanceReports _reports;
    private readonly SurveillanceLine _line;
    private readonly SipEndpoint _endpoint;
    private long _unasked;

    public SurveillanceDevices(
        DeviceCatalog catalog, Gb28181Options options, DevicePasswords passwords, DeviceJournal journal, RegistrationStore registrations, SurveillanceReports reports, IRing ring, BoxClock clock,
        TimeProvider time, ILogger<SurveillanceDevices> log, ILogger<SipEndpoint> sipLog)
    {
        (_catalog, _options, _passwords, _reports, _time, _log) = (catalog, options, passwords, reports, time, log);
        _keeper = new(registrations, catalog, journal, time);
        _introductions = new(catalog, options, journal, time, log);
        var sip = new SipOptions { Bind = IPAddress.Parse(options.Bind), Port = options.Port, Host = options.MediaHost };
        _endpoint = new(sip, this, time, sipLog);
        _line = new(_endpoint, options.ServerId, options.Domain, options.MediaHost is { } host ? IPAddress.Parse(host) : null, time);
        _registrar = new(this, catalog, options, passwords, journal, time, BoxTime, log);

        DateTimeOffset? BoxTime() => ring.ClockQuality >= ClockQuality.Rtc ? DateTimeOffset.FromUnixTimeMilliseconds(ring.ToUtcUs(clock.BoottimeUs) / 1000) : null;
    }

    public SipEndpoint Endpoint => _endpoint;
    public SipRefusals Refusals => _endpoint.Refusals;

    /// <summary>Documents that answered nothing, or that nobody here understands.</summary>
    public long Unasked => Volatile.Read(ref _unasked);
    public long CrowdedAlarms => _reports.Crowded;
    public int Subscriptions => _introductions.Subscriptions;
    public int Nonces => _registrar.Nonces;

    /// <summary>Whether devices are listened to.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Raised with a channel's number when its device can be had again: whoever waits out a back-off tries at once.</summary>
    public event Action<int>? Ready;

    /// <summary>Opens the port, once somebody could register; those that were registered before a restart still are.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It cannot be had.</exception>
    public void Open()
    {
        lock (_changing)
        {
            if (IsOpen || !_passwords.Any)
                return;
            _endpoint.Start();
            IsOpen = true;
        }
        foreach (var (row, registration) in _keeper.Load(_endpoint))
            if (Of(row) is { Registration: null })
                Register(row, registration, () => { });
        SlowTimer.Of(_time).Add(this);
    }

    /// <summary>Asks a device what it has.</summary>
    /// <exception cref="DeviceException">It is not there, refuses or does not answer.</exception>
    public Task<DeviceOffer> AskCatalogAsync(DeviceRow row, CancellationToken stop) => _introductions.AskCatalogAsync(Of(row), stop);

    /// <summary>The device of a row.</summary>
    public SurveillanceDevice Of(DeviceRow row)
    {
        lock (_changing)
        {
            if (_byNumber.TryGetValue(row.Number, out var known))
                return known;
            var device = new SurveillanceDevice(_line, row.Number, row.Identity);
            device.Came += () => Returned(device);
            device.Gone += () => _introductions.Gone(device);
            return _byNumber[row.Number] = device;
        }
    }

    /// <summary>The device that is called that; null when none is listed.</summary>
    public SurveillanceDevice? Find(string id) => _catalog.Find(Name, id) is { } row ? Of(row) : null;

    /// <summary>Devices that are there.</summary>
    public int Present { get { lock (_changing) return _byNumber.Values.Count(device => device.Flow is not null); } }

    public void Register(DeviceRow row, DeviceRegistration registration, Action answer)
    {
        var device = Of(row);
        _warrants.Add(registration.Flow, device);
        var before = device.Register(registration, _time.GetUtcNow(), answer);
        if (before is not null && !before.Flow.Equals(registration.Flow))
            _warrants.Remove(before.Flow, device);
        if (before?.Flow is { } old && !old.Remote.Address.Equals(registration.Flow.Remote.Address))
            LogOtherAddress(row.DisplayName, registration.Flow, old);
        if (before is not null && before.CallId != registration.CallId)
            _introductions.Restarted(device);
        _keeper.Note(device);
    }

    public void Unregister(SurveillanceDevice device)
    {
        if (device.Unregister() is not { } before)
            return;
        _warrants.Remove(before.Flow, device);
        _keeper.Note(device);
    }

    public void Take(SipIncoming incoming)
    {
        switch (incoming.Request.Method)
        {
            case "REGISTER":
                _registrar.Take(incoming);
                break;
            case "MESSAGE" or "NOTIFY":
                TakeDocument(incoming);
                break;
            case var _ when incoming.Dialog?.Owner is IDialogOwner owner:
                owner.Take(incoming);
                break;
            case var _ when Whose(incoming) is null:
                Refuse(incoming);
                break;
            case "OPTIONS":
                incoming.Answer(200, [("Allow", Allow)]);
                break;
            case "INVITE":
                incoming.Answer(488);                       // voice to us: there is nobody to hear it
                break;
            default:
                incoming.Answer(incoming.Dialog is null ? 405 : 481, [("Allow", Allow)]);
                break;
        }
    }

    public void Ended(SipDialog dialog, string why) => (dialog.Owner as IDialogOwner)?.Ended(why);

    /// <summary>A device that registered over TCP is gone with its connection (9.1.1).</summary>
    public void Closed(SipFlow flow)
    {
        foreach (var device in _warrants.Of(flow))
        {
            device.Unregister(flow);
            _warrants.Remove(flow, device);
            _keeper.Note(device);
        }
    }

    /// <summary>Devices that are there are seen now. Called every few minutes.</summary>
    public void NoteSeen()
    {
        foreach (var device in All())
            if (device.Flow is not null)
                _keeper.Note(device);
    }

    /// <summary>Somebody decided about a device, or changed its password.</summary>
    public void Changed(DeviceRow before, DeviceRow? after)
    {
        if (before.Protocol != Name)
            return;
        SurveillanceDevice? device;
        lock (_changing)
            device = after is null ? (_byNumber.Remove(before.Number, out var gone) ? gone : null) : _byNumber.GetValueOrDefault(before.Number);
        if (device is not null && after is { State: Approval.Approved } && after.MediaWay != before.MediaWay)
            Offer(device);                                  // a call that was refused may be taken now
        if (device is null || after is { State: Approval.Approved } && after.Code.AsSpan().SequenceEqual(before.Code))
            return;
        Unregister(device);
        if (after is { State: Approval.Approved })
            return;
        _reports.Forget(before, device);
        _introductions.Forget(device);
    }

    public void Tick()
    {
        var nowMs = _time.Milliseconds();
        foreach (var device in All())
            if (device.Registration is { } registration)
                Supervise(device, registration, nowMs);
        _reports.Tick();
        _keeper.Tick(nowMs);
    }

    public async ValueTask DisposeAsync()
    {
        SlowTimer.Of(_time).Remove(this);
        _keeper.Write();                                    // before the connections end, which ends what was registered over them
        await _introductions.DisposeAsync();
        await _endpoint.DisposeAsync();
    }

    private List<SurveillanceDevice> All()
    {
        lock (_changing)
            return [.. _byNumber.Values];
    }

    private void Returned(SurveillanceDevice device)
    {
        _introductions.Came(device);
        Offer(device);
    }

    /// <summary>Whoever waits for the device tries at once.</summary>
    private void Offer(SurveillanceDevice device)
    {
        if (_catalog.Find(device.Number) is { } row)
            foreach (var channel in _catalog.ChannelsOf(row))
                Ready?.Invoke(channel.Number);
    }

    private void Supervise(SurveillanceDevice device, DeviceRegistration registration, long nowMs)
    {
        if (nowMs >= registration.UntilMs)
        {
            LogExpired(device.Id);
            Unregister(device);
        }
        else if (nowMs - device.HeardMs >= Math.Max(_options.HeartbeatSeconds * 1000L, Math.Min(device.HeartbeatMs, LongestHeartbeatMs)) * _options.HeartbeatCount && device.Miss())
        {
            LogSilent(device.Id, _options.HeartbeatCount);
            _warrants.Remove(registration.Flow, device);
        }
    }

    private void TakeDocument(SipIncoming incoming)
    {
        if (Whose(incoming) is not { } device)
        {
            Refuse(incoming);
            return;
        }
        if (incoming.Request.Method == "NOTIFY" && incoming.Request["Subscription-State"]?.StartsWith("terminated", StringComparison.OrdinalIgnoreCase) == true)
            (incoming.Dialog?.Owner as IDialogOwner)?.Ended("the device ended it");
        if (incoming.Request.Method == "NOTIFY" && incoming.Request.Body.IsEmpty)
        {
            incoming.Answer(200);                           // the first one says that the subscription stands, and nothing else (RFC 6665, 4.2.1.2)
            return;
        }
        ManscdpDocument document;
        try
        {
            document = ManscdpDocument.Parse(incoming.Request.Body.Span);
        }
        catch (ProtocolException e)
        {
            Refusals.Refuse(SipRefusal.Malformed, incoming.Source, e.Message);
            incoming.Answer(400);
            return;
        }
        if (!Hear(device, document is Keepalive ? incoming.Flow : null))
        {
            Refuse(incoming);
            return;
        }
        Take(device, document, incoming);
        incoming.Answer(200);
        if (document is AlarmNotify alarm && incoming.Request.Method == "MESSAGE")
            _ = ConfirmAsync(device, alarm);
    }

    private void Take(SurveillanceDevice device, ManscdpDocument document, SipIncoming incoming)
    {
        if (incoming.Dialog?.Owner is IDialogOwner owner && incoming.Request.Method == "MESSAGE")
            owner.Told(document);
        else
            switch (document)
            {
                case { Root: ManscdpRoot.Response }:
                    Answer(device, document, incoming.Flow);
                    break;
                case MediaStatusNotify status:
                    device.Tell(status);
                    break;
                case AlarmNotify alarm:
                    _reports.Take(device, alarm);
                    break;
                case MobilePositionNotify position:
                    _reports.Take(device, position);
                    break;
                case CatalogNotify change:
                    _introductions.Take(device, change);
                    break;
                case not Keepalive:
                    Interlocked.Increment(ref _unasked);
                    break;
            }
    }

    /// <summary>Devices that share a flow are told apart by who asked: numbers are not given twice.</summary>
    private void Answer(SurveillanceDevice device, ManscdpDocument response, SipFlow flow)
    {
        if (!device.Answer(response) && !_warrants.Of(flow).Any(other => other != device && other.Answer(response)))
            Interlocked.Increment(ref _unasked);
    }

    /// <summary>An alarm that came by MESSAGE has an answer of its own behind the 200 (2022, 9.4).</summary>
    private static async Task ConfirmAsync(SurveillanceDevice device, AlarmNotify alarm)
    {
        try
        {
            await device.TellAsync(new ResultResponse("Alarm", IsOk: true) { Sn = alarm.Sn, DeviceId = alarm.DeviceId }, CancellationToken.None);
        }
        catch (DeviceException)
        {
            // Whether it heard that, it will show: some say the alarm again.
        }
    }

    /// <summary>Any word shows that a device is there; another port is believed of a heartbeat only.</summary>
    private bool Hear(SurveillanceDevice device, SipFlow? flow)
    {
        if (device.Registration is not { } registration)
            return false;
        var now = flow ?? registration.Flow;
        _warrants.Add(now, device);
        if (!device.Hear(now, _time.GetUtcNow(), isHeartbeat: flow is not null))
        {
            _warrants.Remove(now, device);
            return false;
        }
        if (!now.Equals(registration.Flow))
        {
            _warrants.Remove(registration.Flow, device);
            _keeper.Note(device);
        }
        return true;
    }

    /// <summary>From names the device, or one of its channels; either way it has to come from where the device is.</summary>
    private SurveillanceDevice? Whose(SipIncoming incoming)
        => Find(incoming.Request.From.Uri.User) is { Registration: { } registration } named && IsSamePlace(registration.Flow, incoming.Flow) ? named
            : _warrants.Of(incoming.Flow) is [var sharing, ..] ? sharing : null;

    private static bool IsSamePlace(SipFlow registered, SipFlow flow)
        => registered.Equals(flow) || registered.Transport == SipTransport.Udp && flow.Transport == SipTransport.Udp && registered.Remote.Address.Equals(flow.Remote.Address);

    /// <summary>403 makes most devices register anew.</summary>
    private void Refuse(SipIncoming incoming)
    {
        Refusals.Refuse(SipRefusal.Stranger, incoming.Source, $"a {incoming.Request.Method} of somebody who has not registered from there");
        incoming.Answer(403);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} registers from {Flow}; it was at {Before} before, and knows the password")]
    private partial void LogOtherAddress(string device, SipFlow flow, SipFlow before);

    [LoggerMessage(Level = LogLevel.Information, Message = "Device {Id} did not register again in time")]
    private partial void LogExpired(string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Id} is offline: {Count} heartbeats are missing")]
    private partial void LogSilent(string id, int count);
}
