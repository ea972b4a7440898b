namespace EdgeRecorder.Sip;

/// <summary>A request outside of a dialog, or the one that begins one; Via, tags, Call-ID and CSeq are added when it is sent.</summary>
/// <param name="From">Our URI.</param>
/// <param name="To">The peer's URI.</param>
internal sealed record SipDraft(string Method, SipUri RequestUri, SipUri From, SipUri To)
{
    /// <summary>In this order, behind Max-Forwards.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
    public string? ContentType { get; init; }
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Kept over the refreshes of a registration; null: a new one.</summary>
    public string? CallId { get; init; }
    public string? FromTag { get; init; }

    /// <summary>Requests that begin a dialog, and REGISTER, say where we are reached.</summary>
    public bool HasContact => Method is "INVITE" or "SUBSCRIBE" or "REGISTER";
}

/// <summary>How an INVITE or a SUBSCRIBE ended: the final response, and the dialog where it was a 2xx.</summary>
internal readonly record struct SipOpening(SipMessage Final, SipDialog? Dialog);
