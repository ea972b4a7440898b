namespace EdgeRecorder.Sip;

/// <summary>Why something that came was not taken.</summary>
internal enum SipRefusal
{
    /// <summary>No SIP message, or one beyond the limits.</summary>
    Malformed,

    /// <summary>More messages than the flow or the address may send.</summary>
    TooMany,

    /// <summary>More connections than may wait, or one that took too long.</summary>
    Connection,

    /// <summary>A request inside a dialog that is none, or from elsewhere than its peer.</summary>
    NoDialog,

    /// <summary>A response to nothing that was asked, or from elsewhere than it was asked.</summary>
    Unmatched,

    /// <summary>A transaction for which there was no memory, or that nobody answered.</summary>
    Transaction,

    /// <summary>Credentials that were right once before.</summary>
    Replayed,

    /// <summary>Credentials that are wrong, or of nobody.</summary>
    Credentials,

    /// <summary>A request of somebody who has not registered, or whom nobody wants.</summary>
    Stranger,
}

/// <summary>What peers do to the SIP end of the box, since the daemon started; for the metrics.</summary>
internal sealed class SipFigures
{
    private readonly long[] _refused = new long[Enum.GetValues<SipRefusal>().Length];
    private long _received, _sent, _repeats, _resent, _timeouts, _accepted;

    /// <summary>Messages that were read and handed on, and messages that were sent.</summary>
    public long Received => Volatile.Read(ref _received);
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Requests that came again and were answered as before.</summary>
    public long Repeats => Volatile.Read(ref _repeats);

    /// <summary>Messages that we sent again.</summary>
    public long Resent => Volatile.Read(ref _resent);

    /// <summary>Requests of ours that nobody answered.</summary>
    public long Timeouts => Volatile.Read(ref _timeouts);

    /// <summary>TCP connections taken.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    public long Refused(SipRefusal why) => Volatile.Read(ref _refused[(int)why]);

    public void CountReceived() => Interlocked.Increment(ref _received);
    public void CountSent() => Interlocked.Increment(ref _sent);
    public void CountRepeat() => Interlocked.Increment(ref _repeats);
    public void CountResent() => Interlocked.Increment(ref _resent);
    public void CountTimeout() => Interlocked.Increment(ref _timeouts);
    public void CountAccepted() => Interlocked.Increment(ref _accepted);
    public void Count(SipRefusal why) => Interlocked.Increment(ref _refused[(int)why]);
}
