using System.Net;

namespace EdgeRecorder.Sip;

/// <summary>A request that came and has to be answered, now or later and from any thread; once. It comes only once: retransmissions are answered below.</summary>
internal sealed class SipIncoming
{
    private readonly SipEndpoint _owner;
    private readonly ServerTransaction _transaction;
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _tag;

    public SipIncoming(SipEndpoint owner, ServerTransaction transaction, SipMessage request, SipFlow flow, SipDialog? dialog)
    {
        (_owner, _transaction, Request, Flow, Dialog) = (owner, transaction, request, flow, dialog);
        _tag = request.To.Tag ?? owner.NewToken();
        if (transaction.IsInvite)
            transaction.Cancelled = () =>
            {
                Answer(487);
                _cancelled.TrySetResult();
            };
    }

    public SipMessage Request { get; }

    /// <summary>The way back; also what has to be right about a request of a registered device.</summary>
    public SipFlow Flow { get; }
    public IPEndPoint Source => Flow.Remote;

    /// <summary>The dialog it stands in; null outside of one.</summary>
    public SipDialog? Dialog { get; }

    /// <summary>Completes when an INVITE is taken back before it was answered; the answer (487) has been given then.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>False when it has been answered for good already, or was taken back.</summary>
    /// <param name="headers">Behind CSeq, in this order.</param>
    public bool Answer(int status, IEnumerable<(string Name, string Value)>? headers = null, string? contentType = null, ReadOnlyMemory<byte> body = default)
        => _transaction.TryRespond(Response(status, headers, contentType, body));

    /// <summary>Answers 200 to an INVITE or a SUBSCRIBE and begins the dialog; null when it was taken back meanwhile, or there are too many dialogs (503).</summary>
    public SipDialog? Accept(IEnumerable<(string Name, string Value)>? headers = null, string? contentType = null, ReadOnlyMemory<byte> body = default)
    {
        var dialog = SipDialog.OfCallee(_owner, Request, _tag, Flow);
        if (!_owner.Dialogs.TryAdd(dialog))
        {
            Answer(503);
            return null;
        }
        if (_transaction.IsInvite)
            _transaction.Acknowledged = ack => dialog.TakeAck(ack);
        dialog.Invite = _transaction.IsInvite ? _transaction : null;
        var (host, port) = _owner.LocalOf(Flow);
        List<(string, string)> all = [.. Request.Values("Record-Route").Select(route => ("Record-Route", route)), ("Contact", $"<{new SipUri(Request.To.Uri.User, host, port)}>"), .. headers ?? []];
        if (_transaction.TryRespond(Response(200, all, contentType, body)))
            return dialog;
        dialog.Drop();
        return null;
    }

    private SipMessage Response(int status, IEnumerable<(string Name, string Value)>? headers, string? contentType, ReadOnlyMemory<byte> body)
    {
        var response = SipMessage.Response(status, null, body);
        var isTop = true;
        foreach (var via in Request.Values("Via"))
        {
            response.With("Via", isTop ? Request.Via.Answered(Source) + via[(via.IndexOf(Request.Via.Text, StringComparison.Ordinal) + Request.Via.Text.Length)..] : via);
            isTop = false;
        }
        response.With("From", Request["From"]!);
        response.With("To", Request.To.Tag is null && status > 100 ? $"{Request["To"]};tag={_tag}" : Request["To"]!);
        response.With("Call-ID", Request.CallId).With("CSeq", Request["CSeq"]!);
        foreach (var (name, value) in headers ?? [])
            response.With(name, value);
        if (contentType is not null)
            response.With("Content-Type", contentType);
        return response;
    }
}
