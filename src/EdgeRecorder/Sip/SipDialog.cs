namespace EdgeRecorder.Sip;

/// <summary>
/// A call or a subscription between us and a peer (RFC 3261, section 12). Requests inside go to the peer's flow and name its Contact, whatever that says: that of a device behind NAT
/// is not reachable.
/// </summary>
internal sealed class SipDialog
{
    private readonly SipEndpoint _owner;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<SipMessage?> _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _local;
    private string _remote, _target;
    private IReadOnlyList<string> _routes = [];
    private string? _remoteTag;
    private uint _localNumber;
    private uint? _remoteNumber;
    private byte[]? _ack;
    private bool _isOver;

    private SipDialog(SipEndpoint owner, string callId, string localTag, SipFlow flow, string local, string remote, string target)
        => (_owner, CallId, LocalTag, Flow, _local, _remote, _target) = (owner, callId, localTag, flow, local, remote, target);

    public string CallId { get; }
    public string LocalTag { get; }
    public string? RemoteTag { get { lock (_lock) return _remoteTag; } }

    /// <summary>May be changed when the peer's NAT gives it another port.</summary>
    public SipFlow Flow { get; set; }
    public bool IsOver { get { lock (_lock) return _isOver; } }

    /// <summary>Where we were called: the ACK; null when none came within 32 s, which ends the call.</summary>
    public Task<SipMessage?> Acknowledged => _acknowledged.Task;

    /// <summary>Whatever its owner wants to find again by it.</summary>
    public object? Owner { get; set; }

    /// <summary>The INVITE that began it, where we were called.</summary>
    public ServerTransaction? Invite { get; set; }

    /// <summary>Where we call: before the peer has said anything.</summary>
    public static SipDialog OfCaller(SipEndpoint owner, SipMessage request, SipFlow flow)
        => new(owner, request.CallId, request.From.Tag!, flow, request["From"]!, request["To"]!, request.RequestUri) { _localNumber = request.CSeq.Number };

    public static SipDialog OfCallee(SipEndpoint owner, SipMessage request, string localTag, SipFlow flow)
        => new(owner, request.CallId, localTag, flow, request.To.Tag is null ? $"{request["To"]};tag={localTag}" : request["To"]!, request["From"]!, TargetOf(request) ?? request.From.Uri.ToString())
        {
            _remoteTag = request.From.Tag ?? "",
            _remoteNumber = request.CSeq.Number,
            _routes = [.. request.Values("Record-Route")],
        };

    /// <summary>Sends a request and awaits its final response; 408 or 503 of our own when none comes.</summary>
    public Task<SipMessage> SendAsync(string method, IEnumerable<(string Name, string Value)>? headers = null, string? contentType = null, ReadOnlyMemory<byte> body = default)
    {
        var request = Request(method, headers, contentType, body);
        return _owner.Begin(request, Flow).Final;
    }

    /// <summary>Ends it: nothing of the peer is heard in it any more, whatever it answers.</summary>
    public Task<SipMessage> ByeAsync()
    {
        Drop();
        return SendAsync("BYE");
    }

    /// <summary>Forgets it without a word to the peer: a subscription that has run out.</summary>
    public void Drop()
    {
        lock (_lock)
            _isOver = true;
        _owner.Dialogs.Remove(this);
        _acknowledged.TrySetResult(null);
    }

    /// <summary>The peer says who it is: with a 2xx, or with a NOTIFY that was faster. False when another has done so before.</summary>
    public bool TryConfirm(SipMessage message)
    {
        lock (_lock)
        {
            var tag = (message.IsRequest ? message.From.Tag : message.To.Tag) ?? "";
            if (_remoteTag is not null && _remoteTag != tag)
                return false;
            if (_remoteTag is null)
                _remote = message.IsRequest ? message["From"]! : message["To"]!;
            _remoteTag = tag;
            _target = TargetOf(message) ?? _target;
            if (!message.IsRequest)
                _routes = [.. message.Values("Record-Route").Reverse()];
            return true;
        }
    }

    /// <summary>Whether a request belongs here: right tag, and the peer's address. The number has to rise (RFC 3261, 12.2.2).</summary>
    public bool Matches(SipMessage request, SipFlow flow)
    {
        lock (_lock)
            return !_isOver && Flow.Remote.Address.Equals(flow.Remote.Address) && (_remoteTag is null ? request.Method == "NOTIFY" : _remoteTag == (request.From.Tag ?? ""));
    }

    public bool IsInOrder(SipMessage request)
    {
        lock (_lock)
        {
            if (_remoteNumber is { } last && request.CSeq.Number <= last)
                return false;
            _remoteNumber = request.CSeq.Number;
            return true;
        }
    }

    /// <summary>Every 2xx is acknowledged with the same bytes (RFC 3261, 13.2.2.4).</summary>
    public byte[] AckOf(uint number)
    {
        lock (_lock)
            return _ack ??= Build("ACK", number).ToBytes();
    }

    public void TakeAck(SipMessage? ack)
    {
        if (ack is null)
        {
            _ = ByeAsync();
            _owner.Ended(this, "the answer was never acknowledged");
        }
        _acknowledged.TrySetResult(ack);
    }

    private SipMessage Request(string method, IEnumerable<(string Name, string Value)>? headers, string? contentType, ReadOnlyMemory<byte> body)
    {
        lock (_lock)
        {
            _localNumber = Math.Max(_localNumber + 1, 1);
            var request = Build(method, _localNumber, body);
            foreach (var (name, value) in headers ?? [])
                request.With(name, value);
            if (method is "SUBSCRIBE" or "NOTIFY")
            {
                var (host, port) = _owner.LocalOf(Flow);
                request.With("Contact", $"<{new SipUri(request.From.Uri.User, host, port)}>");
            }
            if (contentType is not null)
                request.With("Content-Type", contentType);
            return request;
        }
    }

    private SipMessage Build(string method, uint number, ReadOnlyMemory<byte> body = default)
    {
        var request = SipMessage.Request(method, _target, body).With("Via", _owner.NewVia(Flow));
        foreach (var route in _routes)
            request.With("Route", route);
        return request.With("From", _local).With("To", _remote).With("Call-ID", CallId).With("CSeq", $"{number} {method}").With("Max-Forwards", "70");
    }

    private static string? TargetOf(SipMessage message) => message.IsContactStar ? null : message.Contacts.FirstOrDefault()?.Uri.ToString();
}

/// <summary>Dialogs by Call-ID and our tag.</summary>
internal sealed class SipDialogs(int most)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string CallId, string LocalTag), SipDialog> _all = [];

    public int Count { get { lock (_lock) return _all.Count; } }

    public bool TryAdd(SipDialog dialog)
    {
        lock (_lock)
            return _all.Count < most && _all.TryAdd((dialog.CallId, dialog.LocalTag), dialog);
    }

    public SipDialog? Find(string callId, string localTag)
    {
        lock (_lock)
            return _all.GetValueOrDefault((callId, localTag));
    }

    public void Remove(SipDialog dialog)
    {
        lock (_lock)
            if (_all.GetValueOrDefault((dialog.CallId, dialog.LocalTag)) == dialog)
                _all.Remove((dialog.CallId, dialog.LocalTag));
    }
}
