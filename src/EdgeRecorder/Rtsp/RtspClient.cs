using System.Globalization;
using System.Net.Sockets;
using EdgeRecorder.Bytes;
using EdgeRecorder.DigestAuth;
using EdgeRecorder.Media;

namespace EdgeRecorder.Rtsp;

/// <summary>Where interleaved frames go.</summary>
internal interface IFrameSink
{
    void Frame(byte channel, ReadOnlySpan<byte> data, long nowUs);

    /// <summary>The camera asked for something that ends the session.</summary>
    void Ended(SourceException why);
}

/// <summary>Requests and responses over one connection: CSeq, authentication, session id; answers what the camera asks.</summary>
internal sealed class RtspClient : IRtspPeer, IDisposable
{
    private const string UserAgent = "EdgeRecorder";

    private readonly RtspConnection _connection;
    private readonly IFrameSink _frames;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Authenticator? _authenticator;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1);
    private TaskCompletionSource<RtspMessage>? _pending;
    private Exception? _failed;
    private int _cseq;

    public RtspClient(RtspConnection connection, RtspUrl url, IFrameSink frames, TimeSpan timeout, TimeProvider time)
    {
        (_connection, _frames, _timeout, _time) = (connection, frames, timeout, time);
        _authenticator = url.User is null ? null : new Authenticator(url.User, url.Password ?? "");
    }

    /// <summary>From the first SETUP on.</summary>
    public string? SessionId { get; private set; }

    /// <summary>RFC 2326, 12.37: 60 s unless said otherwise.</summary>
    public TimeSpan SessionTimeout { get; private set; } = TimeSpan.FromSeconds(60);

    /// <summary>Connects; the message of a failure is for people.</summary>
    /// <exception cref="SourceException">Offline, with what the network said.</exception>
    public static async Task<RtspConnection> ConnectAsync(RtspUrl url, TimeSpan timeout, BoxClock clock, TimeProvider time, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(url.Host, url.Port, both.Token).ConfigureAwait(false);
            return new RtspConnection(socket, clock);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SourceException(GapReason.Offline, $"no answer from {url.Authority}");
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SourceException(GapReason.Offline, e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => $"connection refused by {url.Authority}",
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"cannot resolve {url.Host}",
                SocketError.TimedOut => $"no answer from {url.Authority}",
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => $"no route to {url.Host}",
                _ => $"cannot connect to {url.Authority}: {e.Message}",
            }, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and awaits its response, answering up to two challenges. Any status is returned but 401 and 403.</summary>
    /// <exception cref="SourceException">Unauthorized, or Offline after the timeout.</exception>
    public async Task<RtspMessage> RequestAsync(string method, string uri, CancellationToken stop, params (string Name, string Value)[] headers)
    {
        await _turn.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                var response = await ExchangeAsync(Compose(method, uri, headers), stop).ConfigureAwait(false);
                if (response.Status == 401 && attempt < 2 && _authenticator is not null && _authenticator.Accept(Challenges(response)))
                    continue;
                if (response.Status is 401 or 403)
                    throw new SourceException(GapReason.Unauthorized, $"{response.Status} from camera");
                ReadSession(response);
                return response;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends a request whose response nobody waits for.</summary>
    public void SendAndForget(string method, string uri) => _connection.Send(Compose(method, uri, []).ToBytes());

    /// <summary>The connection is gone: whoever waits learns why.</summary>
    public void Fail(Exception why)
    {
        lock (_gate)
        {
            _failed = why;
            _pending?.TrySetException(why);
        }
    }

    void IRtspPeer.Frame(byte channel, ReadOnlySpan<byte> data, long nowUs) => _frames.Frame(channel, data, nowUs);

    void IRtspPeer.Message(RtspMessage message)
    {
        if (!message.IsResponse)
        {
            Answer(message);
            return;
        }
        lock (_gate)
        {
            if (message.CSeq > _cseq)
                throw new ProtocolException("RTSP", 0, "CSeq", $"{message.CSeq} was never sent, the last is {_cseq}");
            // A smaller one answers what we no longer wait for; some cameras answer without.
            if (message.Status >= 200 && (message.CSeq == _cseq || message.CSeq < 0))
                _pending?.TrySetResult(message);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<RtspMessage> ExchangeAsync(RtspMessage request, CancellationToken stop)
    {
        var pending = new TaskCompletionSource<RtspMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _pending = pending;
            if (_failed is not null)
                pending.TrySetException(_failed);
        }
        if (!pending.Task.IsCompleted && !_connection.Send(request.ToBytes()))
            throw new SourceException(GapReason.Reconnect, "connection closed by camera");
        try
        {
            return await pending.Task.WaitAsync(_timeout, _time, stop).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new SourceException(GapReason.Offline, $"no answer to {request.Method}");
        }
        finally
        {
            lock (_gate)
                _pending = null;
        }
    }

    private RtspMessage Compose(string method, string uri, (string Name, string Value)[] headers)
    {
        var request = new RtspMessage { Method = method, Uri = uri };
        lock (_gate)
        {
            request.Headers.Add(("CSeq", (++_cseq).ToString(CultureInfo.InvariantCulture)));
            if (_authenticator?.Header(method, uri) is { } authorization)
                request.Headers.Add(("Authorization", authorization));
        }
        request.Headers.Add(("User-Agent", UserAgent));
        if (SessionId is not null)
            request.Headers.Add(("Session", SessionId));
        request.Headers.AddRange(headers);
        return request;
    }

    /// <summary>Session: id;timeout=60</summary>
    private void ReadSession(RtspMessage response)
    {
        if (response.Header("Session") is not { Length: > 0 } header)
            return;
        var parts = header.Split(';', StringSplitOptions.TrimEntries);
        SessionId = parts[0];
        foreach (var part in parts)
            if (part.StartsWith("timeout=", StringComparison.OrdinalIgnoreCase)
                && int.TryParse(part.AsSpan(8), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 86_400)
                SessionTimeout = TimeSpan.FromSeconds(seconds);
    }

    private void Answer(RtspMessage request)
    {
        var isKnown = request.Method is "OPTIONS" or "ANNOUNCE" or "REDIRECT" or "GET_PARAMETER" or "SET_PARAMETER" or "TEARDOWN";
        var response = new RtspMessage { Status = isKnown ? 200 : 501, Reason = isKnown ? "OK" : "Not Implemented" };
        response.Headers.Add(("CSeq", request.Header("CSeq") ?? "0"));
        if (request.Method == "OPTIONS")
            response.Headers.Add(("Public", "OPTIONS, ANNOUNCE, REDIRECT, GET_PARAMETER, SET_PARAMETER, TEARDOWN"));
        _connection.Send(response.ToBytes());
        if (request.Method is "REDIRECT")
            _frames.Ended(new SourceException(GapReason.Reconnect, "redirected by camera"));
        else if (request.Method is "TEARDOWN")
            _frames.Ended(new SourceException(GapReason.Reconnect, "stream ended by camera"));
    }

    private static IEnumerable<string> Challenges(RtspMessage response)
        => response.Headers.Where(header => header.Name.Equals("WWW-Authenticate", StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);
}
