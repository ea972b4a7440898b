namespace EdgeRecorder.Jt808;

/// <summary>What ended a request: a general reply, or what was asked for; and under which serial number of ours.</summary>
internal readonly record struct Reply(GeneralResult Result, object? Content, ushort Serial);

/// <summary>One message of ours that waits for its answer. Sent again it has several serial numbers, and any of them may be answered.</summary>
internal sealed class Request(ushort messageId, bool isQuery)
{
    private readonly Lock _lock = new();
    private readonly List<ushort> _serials = new(1);
    private readonly TaskCompletionSource<Reply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ushort MessageId => messageId;
    public Task<Reply> Reply => _reply.Task;

    /// <summary>When a part of the answer came last.</summary>
    public long ProgressMs { get; set; }

    public void SentAs(ushort serial)
    {
        lock (_lock)
            _serials.Add(serial);
    }

    public bool WasSentAs(ushort serial)
    {
        lock (_lock)
            return _serials.Contains(serial);
    }

    /// <summary>A general reply. "Ok" to a query says that its answer follows.</summary>
    public void Take(GeneralReply reply)
    {
        if (!isQuery || reply.Result != GeneralResult.Ok)
            _reply.TrySetResult(new(reply.Result, null, reply.ReplyTo));
    }

    public void Take(object content, ushort serial) => _reply.TrySetResult(new(GeneralResult.Ok, content, serial));

    public void Fail(Exception why) => _reply.TrySetException(why);
}

/// <summary>What a terminal owes us answers to. They are matched by number and ID and not by order: terminals answer late, and not in turn.</summary>
internal sealed class Requests(TerminalFigures figures)
{
    private readonly Lock _lock = new();
    private readonly List<Request> _waiting = [];
    private string? _over;

    /// <exception cref="TerminalGoneException">The connection is over.</exception>
    public Request Begin(ushort messageId, bool isQuery)
    {
        var request = new Request(messageId, isQuery);
        lock (_lock)
        {
            if (_over is { } why)
                throw new TerminalGoneException(why);
            _waiting.Add(request);
        }
        return request;
    }

    public void End(Request request)
    {
        lock (_lock)
            _waiting.Remove(request);
    }

    /// <summary>0x0001.</summary>
    public void Take(GeneralReply reply)
    {
        if (Find(reply.MessageId, reply.ReplyTo) is { } request)
            request.Take(reply);
        else
            figures.CountUnmatched();
    }

    /// <summary>An answer that names the serial number of the question.</summary>
    public bool Take(ushort messageId, ushort serial, object content)
    {
        if (Find(messageId, serial) is not { } request)
            return false;
        request.Take(content, serial);
        return true;
    }

    /// <summary>An answer that does not (0x1003): it is everybody's who asked.</summary>
    public void TakeAll(ushort messageId, object content)
    {
        foreach (var request in Snapshot().Where(request => request.MessageId == messageId))
            request.Take(content, 0);
    }

    /// <summary>A package of an answer came; which question it belongs to stands in the first one only.</summary>
    public void Progress(ushort messageId, long nowMs)
    {
        lock (_lock)
            foreach (var request in _waiting)
                if (request.MessageId == messageId)
                    request.ProgressMs = nowMs;
    }

    /// <summary>Nothing will be answered any more.</summary>
    public void EndAll(string why)
    {
        lock (_lock)
            _over = why;
        foreach (var request in Snapshot())
            request.Fail(new TerminalGoneException(why));
    }

    private Request? Find(ushort messageId, ushort serial)
    {
        lock (_lock)
            return _waiting.Find(request => request.MessageId == messageId && request.WasSentAs(serial));
    }

    private List<Request> Snapshot()
    {
        lock (_lock)
            return [.. _waiting];
    }
}
