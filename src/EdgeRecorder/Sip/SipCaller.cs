namespace EdgeRecorder.Sip;

/// <summary>One INVITE or SUBSCRIBE of ours on its way to a dialog.</summary>
internal sealed class SipCaller(SipEndpoint owner, SipMessage request, SipFlow flow)
{
    private readonly SipDialog _dialog = SipDialog.OfCaller(owner, request, flow);
    private readonly Lock _lock = new();
    private bool _isGivenUp, _isAnswered;

    public async Task<SipOpening> RunAsync(TimeSpan patience, TimeProvider time, CancellationToken stop)
    {
        if (!owner.Dialogs.TryAdd(_dialog))
            return new(ClientTransactions.MadeHere(request, 503), null);
        var isInvite = request.Method == "INVITE";
        var transaction = owner.Begin(request, flow, isInvite ? Succeeded : null);
        SipMessage final;
        try
        {
            final = await transaction.Final.WaitAsync(patience, time, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            bool isLate;
            lock (_lock)
            {
                _isGivenUp = true;
                isLate = _isAnswered;
            }
            if (isLate)
                _ = _dialog.ByeAsync();
            else if (isInvite)
            {
                transaction.Cancel();
                _ = DropWhenFinal(transaction);
            }
            else
                _dialog.Drop();                             // a NOTIFY is answered 481, which ends the subscription
            return new(ClientTransactions.MadeHere(request, 408), null);
        }
        if (final.IsSuccess && (isInvite || _dialog.TryConfirm(final)))
            return new(final, _dialog);
        _dialog.Drop();
        return new(final, null);
    }

    /// <summary>A 2xx came, the first or again: it is acknowledged. One that nobody waits for any more, or of another end of a fork, is a call to be ended.</summary>
    private void Succeeded(SipMessage response)
    {
        var isOurs = _dialog.TryConfirm(response);
        var dialog = _dialog;
        if (!isOurs)
        {
            dialog = SipDialog.OfCaller(owner, request, flow);
            dialog.TryConfirm(response);
        }
        owner.Send(dialog.AckOf(request.CSeq.Number), flow);
        bool isUnwanted;
        lock (_lock)
        {
            _isAnswered |= isOurs;
            isUnwanted = !isOurs || _isGivenUp && !dialog.IsOver;
        }
        if (isUnwanted)
            _ = dialog.ByeAsync();
    }

    private async Task DropWhenFinal(ClientTransaction transaction)
    {
        var final = await transaction.Final.ConfigureAwait(false);
        if (!final.IsSuccess)
            _dialog.Drop();
    }
}
