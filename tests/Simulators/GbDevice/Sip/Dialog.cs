namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>A dialog that the server opened by INVITE or SUBSCRIBE, as its callee sees it (RFC 3261, 12).</summary>
internal sealed class Dialog
{
    private int _cseq;

    public Dialog(SipText opening, string tag)
    {
        CallId = opening.CallId;
        Tag = tag;
        Local = $"{opening["To"]};tag={tag}";
        Remote = opening["From"]!;
        Target = opening["Contact"] is { } contact ? SipText.Uri(contact) : SipText.Uri(Remote);
        RemoteCSeq = opening.CSeq;
    }

    public string CallId { get; }
    public string Tag { get; }

    /// <summary>Our From of what we send in it, tag included; and its To.</summary>
    public string Local { get; }
    public string Remote { get; }

    /// <summary>Where its requests go by name: the caller's Contact.</summary>
    public string Target { get; }
    public int RemoteCSeq { get; private set; }

    public int NextCSeq() => ++_cseq;

    public bool Matches(SipText request) => request.CallId == CallId && SipText.Parameter(request["To"], "tag") == Tag;

    /// <summary>False: it is older than what came before.</summary>
    public bool Advance(SipText request)
    {
        if (request.CSeq <= RemoteCSeq)
            return false;
        RemoteCSeq = request.CSeq;
        return true;
    }
}
