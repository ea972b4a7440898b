using System.Collections.Concurrent;
using EdgeRecorder.Media;

namespace EdgeRecorder.Sip;

/// <summary>A request of ours, sent until it is answered (RFC 3261, 17.1).</summary>
internal sealed class ClientTransaction
{
    private readonly ClientTransactions _owner;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<SipMessage> _final = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _bytes;
    private readonly long _beganMs;
    private readonly ITimer _timer;
    private TimeSpan _pause = SipTimes.T1;
    private byte[]? _ack;
    private bool _hasProvisional, _isFinal, _wantsCancel, _isCancelled;

    public ClientTransaction(ClientTransactions owner, SipMessage request, SipFlow flow)
    {
        (_owner, Request, Flow) = (owner, request, flow);
        _bytes = request.ToBytes();
        _beganMs = owner.Time.Milliseconds();
        _timer = owner.Time.CreateTimer(_ => Due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public SipMessage Request { get; }
    public SipFlow Flow { get; }
    public bool IsInvite => Request.Method == "INVITE";

    /// <summary>The first final response; 408 or 503 of our own when none comes.</summary>
    public Task<SipMessage> Final => _final.Task;

    /// <summary>Every 2xx to an INVITE, again and again until its ACK has arrived (RFC 3261, 13.2.2.4).</summary>
    public Action<SipMessage>? Succeeded { get; set; }

    public void Start()
    {
        _timer.Change(Flow.Transport == SipTransport.Udp ? _pause : SipTimes.Patience, Timeout.InfiniteTimeSpan);
        if (!_owner.Transports.TrySend(_bytes, Flow))
            Fail(503);
    }

    public void Take(SipMessage response)
    {
        byte[]? ack = null;
        var sendCancel = false;
        lock (_lock)
        {
            if (response.IsProvisional)
            {
                if (_isFinal)
                    return;
                _hasProvisional = true;
                if (!IsInvite)
                    _pause = SipTimes.T2;
                else if (!_isCancelled)
                    _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                sendCancel = _wantsCancel && !_isCancelled;
                _isCancelled |= sendCancel;
            }
            else
            {
                if (IsInvite && !response.IsSuccess)
                    ack = _ack ??= AckOf(response).ToBytes();
                if (!_isFinal)
                {
                    _isFinal = true;
                    // What comes again is absorbed: D and M 32 s, K 5 s; nothing comes again over TCP.
                    _timer.Change(Flow.Transport == SipTransport.Udp ? IsInvite ? SipTimes.Patience : SipTimes.T4 : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                }
            }
        }
        if (sendCancel)
            SendCancel();
        if (response.IsProvisional)
            return;
        if (ack is not null)
            _owner.Transports.TrySend(ack, Flow);
        if (IsInvite && response.IsSuccess)
            Succeeded?.Invoke(response);
        _final.TrySetResult(response);
    }

    /// <summary>Takes an INVITE back: at once when the peer has said anything, else as soon as it does (RFC 3261, 9.1).</summary>
    public void Cancel()
    {
        lock (_lock)
        {
            if (_isFinal || _isCancelled)
                return;
            _wantsCancel = true;
            if (!_hasProvisional)
                return;
            _isCancelled = true;
        }
        SendCancel();
    }

    public void Fail(int status)
    {
        lock (_lock)
        {
            if (_isFinal)
                return;
            _isFinal = true;
            _timer.Dispose();
        }
        if (status == 408)
            _owner.Transports.Figures.CountTimeout();
        _owner.Remove(this);
        _final.TrySetResult(ClientTransactions.MadeHere(Request, status));
    }

    private void Due()
    {
        lock (_lock)
        {
            if (!_isFinal && !_isCancelled && _owner.Time.Milliseconds() - _beganMs < SipTimes.Patience.TotalMilliseconds)
            {
                if (_hasProvisional && IsInvite)
                    return;
                _owner.Transports.Figures.CountResent();
                _owner.Transports.TrySend(_bytes, Flow);
                _pause = IsInvite || _pause * 2 < SipTimes.T2 ? _pause * 2 : SipTimes.T2;
                var left = SipTimes.Patience - TimeSpan.FromMilliseconds(_owner.Time.Milliseconds() - _beganMs);
                _timer.Change(_pause < left ? _pause : left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                return;
            }
            if (_isFinal)
                _timer.Dispose();
        }
        if (_isFinal)
            _owner.Remove(this);
        else
            Fail(408);
    }

    private void SendCancel()
    {
        var cancel = SipMessage.Request("CANCEL", Request.RequestUri);
        foreach (var (name, value, _) in Request.Headers)
            if (name is "Via" or "From" or "To" or "Call-ID" or "Max-Forwards" or "Route")
                cancel.With(name, value);
            else if (name == "CSeq")
                cancel.With(name, $"{Request.CSeq.Number} CANCEL");
        lock (_lock)
            _timer.Change(SipTimes.Patience, Timeout.InfiniteTimeSpan);     // nobody waits for ever for the 487
        _ = _owner.Begin(cancel, Flow);
    }

    /// <summary>The ACK of a refusal belongs to the transaction: same branch, same URI (RFC 3261, 17.1.1.3).</summary>
    private SipMessage AckOf(SipMessage response)
    {
        var ack = SipMessage.Request("ACK", Request.RequestUri);
        foreach (var (name, value, _) in Request.Headers)
            switch (name)
            {
                case "Via" or "From" or "Call-ID" or "Max-Forwards" or "Route":
                    ack.With(name, value);
                    break;
                case "To":
                    ack.With(name, response["To"] ?? value);
                    break;
                case "CSeq":
                    ack.With(name, $"{Request.CSeq.Number} ACK");
                    break;
            }
        return ack;
    }
}

/// <summary>Requests of ours that wait for their answers. A response is known by branch and method, and only where the request went.</summary>
internal sealed class ClientTransactions(SipTransports transports, TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Branch, string Method), ClientTransaction> _all = [];

    public SipTransports Transports => transports;
    public TimeProvider Time => time;
    public int Count => _all.Count;

    public ClientTransaction Begin(SipMessage request, SipFlow flow, Action<SipMessage>? succeeded = null)
    {
        var transaction = new ClientTransaction(this, request, flow) { Succeeded = succeeded };
        if (!_all.TryAdd((request.Via.Branch, request.Method), transaction))
            throw new InvalidOperationException($"the branch {request.Via.Branch} is taken");
        transaction.Start();
        return transaction;
    }

    public void Take(SipMessage response, SipFlow flow)
    {
        if (!_all.TryGetValue((response.Via.Branch, response.CSeq.Method.ToUpperInvariant()), out var transaction) || !transaction.Flow.Remote.Address.Equals(flow.Remote.Address))
            transports.Refusals.Refuse(SipRefusal.Unmatched, flow.Remote, $"{response.Status} to a {response.CSeq.Method} that waits for nothing");
        else
            transaction.Take(response);
    }

    public void Remove(ClientTransaction transaction) => _all.TryRemove(new((transaction.Request.Via.Branch, transaction.Request.Method), transaction));

    /// <summary>The connection that they went over is gone.</summary>
    public void Closed(SipFlow flow)
    {
        foreach (var transaction in _all.Values)
            if (transaction.Flow.Equals(flow))
                transaction.Fail(503);
    }

    public void FailAll()
    {
        foreach (var transaction in _all.Values)
            transaction.Fail(503);
    }

    public static SipMessage MadeHere(SipMessage request, int status)
    {
        var response = SipMessage.MadeHereResponse(status);
        foreach (var (name, value, _) in request.Headers)
            if (name is "Via" or "From" or "To" or "Call-ID" or "CSeq")
                response.With(name, value);
        return response;
    }
}
