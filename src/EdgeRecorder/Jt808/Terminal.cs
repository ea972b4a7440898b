using System.Net;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Media;

namespace EdgeRecorder.Jt808;

/// <summary>An authenticated terminal: what the rest of the box asks of it.</summary>
internal sealed class Terminal(TerminalConnection connection, TerminalHead head, SimNumber sim, Admission admission, TerminalFigures figures, TimeProvider time) : ITerminal
{
    /// <summary>The standard's T(n + 1) = T(n) × (n + 1), from 6 s.</summary>
    private static readonly TimeSpan[] Repeated = [TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(36)];
    private static readonly TimeSpan[] Once = [TimeSpan.FromSeconds(18)];

    /// <summary>Terminals search a whole card before they list it.</summary>
    private static readonly TimeSpan ListSilence = TimeSpan.FromSeconds(60);

    public TerminalConnection Connection => connection;
    public Requests Requests { get; } = new(figures);

    /// <summary>As it was when the terminal authenticated.</summary>
    public Admission Admission { get; set; } = admission;

    public SimNumber Sim => sim;
    public IPEndPoint Remote => connection.Remote;
    public IPAddress LocalAddress { get; } = connection.LocalAddress;
    public HeaderLayout Layout => head.Layout;

    public bool Tell(PlatformMessage message) => connection.TrySend(message, head);

    public void Dismiss() => connection.Close(ConnectionEnd.Dismissed);

    public async Task<GeneralResult> CommandAsync(PlatformMessage message, CancellationToken stop)
        => (await AskAsync(message, isQuery: false, stop).ConfigureAwait(false)).Result;

    public async Task<UploadStart> UploadAsync(T9206UploadRequest request, CancellationToken stop)
    {
        var reply = await AskAsync(request, isQuery: false, stop).ConfigureAwait(false);
        return new(reply.Result, reply.Serial);
    }

    public async Task<AvAttributes> QueryAttributesAsync(CancellationToken stop)
        => (AvAttributes)ContentOf(0x9003, await AskAsync(new T9003QueryAttributes(), isQuery: true, stop).ConfigureAwait(false));

    public async Task<IReadOnlyList<TerminalParameter>> QueryParametersAsync(CancellationToken stop)
        => (IReadOnlyList<TerminalParameter>)ContentOf(0x8104, await AskAsync(new T8104QueryParameters(), isQuery: true, stop).ConfigureAwait(false));

    public async Task<IReadOnlyList<StoredResource>> QueryFootageAsync(T9205FootageQuery query, CancellationToken stop)
    {
        var request = Requests.Begin(query.Id, isQuery: true);
        try
        {
            request.ProgressMs = time.Milliseconds();
            Send(query, request);
            while (true)
            {
                var left = ListSilence - TimeSpan.FromMilliseconds(time.Milliseconds() - request.ProgressMs);
                if (left <= TimeSpan.Zero)
                    throw NoAnswer(query.Id);
                if (await WaitAsync(request, left, stop).ConfigureAwait(false) is { } reply)
                    return (IReadOnlyList<StoredResource>)ContentOf(query.Id, reply);
            }
        }
        finally
        {
            Requests.End(request);
        }
    }

    private async Task<Reply> AskAsync(PlatformMessage message, bool isQuery, CancellationToken stop)
    {
        var request = Requests.Begin(message.Id, isQuery);
        try
        {
            foreach (var patience in message.IsRepeatable ? Repeated : Once)
            {
                Send(message, request);
                if (await WaitAsync(request, patience, stop).ConfigureAwait(false) is { } reply)
                    return reply;
            }
            throw NoAnswer(message.Id);
        }
        finally
        {
            Requests.End(request);
        }
    }

    private void Send(PlatformMessage message, Request request)
    {
        if (!connection.TrySend(message, head, request))
            throw new TerminalGoneException(connection.WhyOver);
    }

    /// <summary>Null when there was no answer in time.</summary>
    private async Task<Reply?> WaitAsync(Request request, TimeSpan patience, CancellationToken stop)
    {
        try
        {
            return await request.Reply.WaitAsync(patience, time, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static object ContentOf(ushort messageId, Reply reply) => reply.Content ?? throw new TerminalRefusedException(messageId, reply.Result);

    private static TimeoutException NoAnswer(ushort messageId) => new($"the terminal does not answer 0x{messageId:X4}");
}
