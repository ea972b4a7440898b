namespace EdgeRecorder.Jt808;

/// <summary>Why a connection ended.</summary>
internal enum ConnectionEnd { Peer, Failed, NoFrame, NotAuthenticated, SlowFrame, Idle, BadFrames, NotReading, Replaced, MadeRoom, Unregistered, Dismissed, Stopping }

/// <summary>What terminals do to the box, since the daemon started; for the metrics.</summary>
internal sealed class TerminalFigures
{
    private readonly long[] _ends = new long[Enum.GetValues<ConnectionEnd>().Length];
    private long _accepted, _messages, _sent, _badFrames, _badBodies, _unknown, _encrypted, _strangers, _registrations, _refusals, _wrongCodes, _throttled, _replaced;
    private long _packages, _packagesDropped, _packagesRequested, _unmatched;

    /// <summary>Connections taken.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Valid frames received, and frames sent.</summary>
    public long Messages => Volatile.Read(ref _messages);
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Frames with a wrong check byte, escape or length.</summary>
    public long BadFrames => Volatile.Read(ref _badFrames);

    /// <summary>Good frames whose body is not what the message should have.</summary>
    public long BadBodies => Volatile.Read(ref _badBodies);

    /// <summary>Messages of an ID we do not know, answered "not supported".</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    public long Encrypted => Volatile.Read(ref _encrypted);

    /// <summary>Messages before authentication, or of another terminal than the connection's.</summary>
    public long Strangers => Volatile.Read(ref _strangers);

    public long Registrations => Volatile.Read(ref _registrations);

    /// <summary>Registrations and authentications that enrolment or a limit refused.</summary>
    public long Refusals => Volatile.Read(ref _refusals);

    public long WrongCodes => Volatile.Read(ref _wrongCodes);

    /// <summary>Attempts that came too often to be looked at.</summary>
    public long Throttled => Volatile.Read(ref _throttled);

    /// <summary>Second connections of a terminal that took the place of the first.</summary>
    public long Replaced => Volatile.Read(ref _replaced);

    /// <summary>Packages of long messages, messages given up incomplete, and packages asked for again.</summary>
    public long Packages => Volatile.Read(ref _packages);
    public long PackagesDropped => Volatile.Read(ref _packagesDropped);
    public long PackagesRequested => Volatile.Read(ref _packagesRequested);

    /// <summary>Answers to nothing we are waiting for: late, doubled or wrong.</summary>
    public long Unmatched => Volatile.Read(ref _unmatched);

    public long Ended(ConnectionEnd why) => Volatile.Read(ref _ends[(int)why]);

    public void CountAccepted() => Interlocked.Increment(ref _accepted);
    public void CountMessage() => Interlocked.Increment(ref _messages);
    public void CountSent() => Interlocked.Increment(ref _sent);
    public void CountBadFrame() => Interlocked.Increment(ref _badFrames);
    public void CountBadBody() => Interlocked.Increment(ref _badBodies);
    public void CountUnknown() => Interlocked.Increment(ref _unknown);
    public void CountEncrypted() => Interlocked.Increment(ref _encrypted);
    public void CountStranger() => Interlocked.Increment(ref _strangers);
    public void CountRegistration() => Interlocked.Increment(ref _registrations);
    public void CountRefusal() => Interlocked.Increment(ref _refusals);
    public void CountWrongCode() => Interlocked.Increment(ref _wrongCodes);
    public void CountThrottled() => Interlocked.Increment(ref _throttled);
    public void CountReplaced() => Interlocked.Increment(ref _replaced);
    public void CountPackage() => Interlocked.Increment(ref _packages);
    public void CountPackagesDropped(int count) => Interlocked.Add(ref _packagesDropped, count);
    public void CountPackagesRequested(int count) => Interlocked.Add(ref _packagesRequested, count);
    public void CountUnmatched() => Interlocked.Increment(ref _unmatched);
    public void CountEnd(ConnectionEnd why) => Interlocked.Increment(ref _ends[(int)why]);
}
