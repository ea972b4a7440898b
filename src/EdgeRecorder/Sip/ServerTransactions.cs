using System.Net;
using EdgeRecorder.Media;

namespace EdgeRecorder.Sip;

/// <summary>
/// What a request and its retransmissions have in common. RFC 3261, 17.2.3 says branch and sent-by; devices use a branch again for another request or have none that is worth the name, and
/// nobody elsewhere shall hear an answer that was not his, hence the rest. The user is among it for devices of one make that start together behind one NAT and draw the same numbers.
/// </summary>
internal readonly record struct TransactionKey(string Branch, string CallId, uint Number, string FromUser, string FromTag, string Method, IPAddress Source)
{
    /// <param name="method">INVITE, for its ACK and its CANCEL.</param>
    public static TransactionKey Of(SipMessage request, IPAddress source, string? method = null)
        => new(request.Via.Branch, request.CallId, request.CSeq.Number, request.From.Uri.User, request.From.Tag ?? "", method ?? request.Method, source);
}

/// <summary>A request that came, until its retransmissions are over: it is answered once, and again with the same bytes (RFC 3261, 17.2).</summary>
internal sealed class ServerTransaction(ServerTransactions owner, SipMessage request, SipFlow flow)
{
    private readonly Lock _lock = new();
    private readonly long _beganMs = owner.Time.Milliseconds();
    private byte[]? _last;
    private int _status;
    private ITimer? _timer;
    private TimeSpan _pause;
    private long _answeredMs;
    private bool _isAcknowledged;

    public bool IsInvite { get; } = request.Method == "INVITE";
    public SipFlow Flow => flow;
    public bool IsFinal { get { lock (_lock) return _status >= 200; } }

    /// <summary>What was answered to the INVITE was acknowledged: with the ACK, or null when it never was.</summary>
    public Action<SipMessage?>? Acknowledged { get; set; }

    /// <summary>An INVITE that nobody has answered yet was taken back.</summary>
    public Action? Cancelled { get; set; }

    /// <summary>False when it has been answered for good.</summary>
    public bool TryRespond(SipMessage response)
    {
        var bytes = response.ToBytes();
        lock (_lock)
        {
            if (_status >= 200)
                return false;
            (_last, _status) = (bytes, response.Status);
            if (_status >= 200)
                _answeredMs = owner.Time.Milliseconds();
            if (_status >= 200 && IsInvite)
            {
                _pause = flow.Transport == SipTransport.Udp ? SipTimes.T1 : SipTimes.Patience;
                _timer = owner.Time.CreateTimer(_ => Unacknowledged(), null, _pause, Timeout.InfiniteTimeSpan);
            }
        }
        owner.Transports.TrySend(bytes, flow);
        return true;
    }

    /// <summary>The request came again.</summary>
    public void Repeat()
    {
        byte[]? last;
        lock (_lock)
            last = _last;
        owner.Transports.Figures.CountRepeat();
        if (last is not null)
            owner.Transports.TrySend(last, flow);
    }

    public void Acknowledge(SipMessage ack)
    {
        lock (_lock)
        {
            if (_isAcknowledged || _status < 200)
                return;
            _isAcknowledged = true;
            _timer?.Dispose();
        }
        Acknowledged?.Invoke(ack);
    }

    public bool IsOver(long nowMs)
    {
        lock (_lock)
            return _status >= 200
                ? nowMs - (IsInvite ? _answeredMs : _beganMs) >= SipTimes.Patience.TotalMilliseconds
                : nowMs - _beganMs >= (IsInvite ? 180_000 : SipTimes.Patience.TotalMilliseconds);
    }

    public void Dispose()
    {
        lock (_lock)
            _timer?.Dispose();
    }

    /// <summary>Timers G and H, and the same for 2xx (RFC 3261, 13.3.1.4).</summary>
    private void Unacknowledged()
    {
        lock (_lock)
        {
            if (_isAcknowledged)
                return;
            var left = SipTimes.Patience - TimeSpan.FromMilliseconds(owner.Time.Milliseconds() - _answeredMs);
            if (left > TimeSpan.Zero)
            {
                owner.Transports.Figures.CountResent();
                owner.Transports.TrySend(_last, flow);
                _pause = _pause * 2 < SipTimes.T2 ? _pause * 2 : SipTimes.T2;
                _timer!.Change(_pause < left ? _pause : left, Timeout.InfiniteTimeSpan);
                return;
            }
            _isAcknowledged = true;
            _timer!.Dispose();
        }
        Acknowledged?.Invoke(null);
    }
}

/// <summary>Requests that came in the last 32 s. Bounded for everybody and for each flow; half of the room is kept for flows that somebody vouches for.</summary>
internal sealed class ServerTransactions(SipTransports transports, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TransactionKey, ServerTransaction> _all = [];
    private readonly Dictionary<SipFlow, Queue<TransactionKey>> _ofFlow = [];

    public SipTransports Transports => transports;
    public TimeProvider Time => time;
    public int Count { get { lock (_lock) return _all.Count; } }

    public ServerTransaction? Find(in TransactionKey key)
    {
        lock (_lock)
            return _all.GetValueOrDefault(key);
    }

    /// <summary>The transaction and whether it is new; null when there is no room.</summary>
    public ServerTransaction? Add(SipMessage request, SipFlow flow, out bool isNew)
    {
        var key = TransactionKey.Of(request, flow.Remote.Address);
        isNew = false;
        lock (_lock)
        {
            if (_all.TryGetValue(key, out var known))
                return known;
            if (_all.Count >= (flow.IsKnown ? transports.Options.MostTransactions : transports.Options.MostTransactions / 2))
                return null;
            if (!_ofFlow.TryGetValue(flow, out var keys))
                _ofFlow.Add(flow, keys = []);
            if (keys.Count >= transports.Options.MostTransactionsPerFlow && !TryForget(keys.Dequeue()))
                return null;
            keys.Enqueue(key);
            isNew = true;
            return _all[key] = new(this, request, flow);
        }
    }

    /// <summary>Twice a second.</summary>
    public void Tick(long nowMs)
    {
        lock (_lock)
        {
            foreach (var (key, transaction) in _all)
                if (transaction.IsOver(nowMs))
                {
                    if (!transaction.IsFinal)
                        transports.Refusals.Refuse(SipRefusal.Transaction, transaction.Flow.Remote, $"a {key.Method} that was never answered");
                    transaction.Dispose();
                    _all.Remove(key);
                }
            foreach (var (flow, keys) in _ofFlow)
            {
                while (keys.TryPeek(out var key) && !_all.ContainsKey(key))
                    keys.Dequeue();
                if (keys.Count == 0)
                    _ofFlow.Remove(flow);
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            foreach (var transaction in _all.Values)
                transaction.Dispose();
            _all.Clear();
            _ofFlow.Clear();
        }
    }

    /// <summary>False for one that waits for its answer.</summary>
    private bool TryForget(in TransactionKey key)
    {
        if (!_all.TryGetValue(key, out var old))
            return true;
        if (!old.IsFinal || old.IsInvite)
            return false;
        _all.Remove(key);
        return true;
    }
}
