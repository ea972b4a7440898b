using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>One TCP connection: requests in, answers and interleaved media out.</summary>
internal sealed class RtspConnection : IDisposable
{
    private const int LargestRequest = 64 * 1024;

    private readonly RtspServer _server;
    private readonly Socket _socket;
    private readonly RtspMethods _methods;
    private double _lastHeard = PacerClock.Now;
    private bool _isClosed;

    public RtspConnection(RtspServer server, Socket socket)
    {
        _server = server;
        _socket = socket;
        socket.NoDelay = true;
        socket.Blocking = false;
        Outbox = new Outbox(socket) { BytesPerSecond = server.Faults.Of(Path).BytesPerSecond };   // an answer may be ready before the pacer's first turn
        _methods = new RtspMethods(server, this);
    }

    /// <summary>Guards the outbox and the session: the pacer and the reader both use them.</summary>
    public Lock Gate { get; } = new();

    public Outbox Outbox { get; }
    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;
    public IPEndPoint Remote => (IPEndPoint)_socket.RemoteEndPoint!;
    public string Path { get; set; } = "/";
    public MediaSession? Session { get; set; }

    /// <summary>Reads requests until the client or somebody here closes.</summary>
    public async Task RunAsync()
    {
        var buffer = new byte[LargestRequest];
        var filled = 0;
        try
        {
            while (filled < buffer.Length)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(filled));
                if (read == 0)
                    return;
                _lastHeard = PacerClock.Now;
                filled += read;
                var used = Consume(buffer.AsSpan(0, filled));
                buffer.AsSpan(used..filled).CopyTo(buffer);
                filled -= used;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client reset, or we closed: either way this connection is over.
        }
        finally
        {
            Close();
            _server.Remove(this);
        }
    }

    /// <summary>One turn of the pacer.</summary>
    public void Advance(double now)
    {
        var faults = _server.Faults.Of(Path);
        lock (Gate)
        {
            if (_isClosed)
                return;
            Outbox.BytesPerSecond = faults.BytesPerSecond;
            if (!Outbox.IsEmpty)
                Outbox.Flush(now);
            Session?.Advance(now, faults);
            if (_server.Options.SessionTimeout is { } timeout && now - _lastHeard > timeout)
                Session?.Disconnect("session timeout");
            if (!Outbox.IsBroken && Session?.CloseReason == MediaSession.EndOfClip)
                Finish(Session);
            else if (Outbox.IsBroken || Session?.CloseReason is not null)
                Close();
        }
    }

    /// <summary>FIN behind the last byte, then the client's turn: closing while something of the client's is unread would reset, and take away what it has not got yet.</summary>
    private void Finish(MediaSession session)
    {
        if (!Outbox.IsEmpty || session.State == SessionState.Closed)
            return;
        session.Close();
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            Close();                                        // the client was faster
        }
    }

    public void Close()
    {
        lock (Gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            Session?.Close();
            // Dispose alone would reset while the reader is waiting; the FIN behind the last bytes is what a camera sends.
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The client was faster.
            }
            _socket.Dispose();
        }
    }

    public void Dispose() => Close();

    /// <summary>Handles every whole request and interleaved frame; returns how many bytes that were.</summary>
    private int Consume(ReadOnlySpan<byte> input)
    {
        var used = 0;
        while (used < input.Length)
        {
            var rest = input[used..];
            int length;
            if (rest[0] == (byte)'$')
            {
                if (rest.Length < 4 || rest.Length < 4 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]))
                    break;
                length = 4 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
                _server.Hear(Rtcp.ReadReports(rest[4..length]));
            }
            else
            {
                var head = rest.IndexOf("\r\n\r\n"u8);
                if (head < 0)
                    break;
                var request = RtspRequest.Parse(rest[..head]);
                length = head + 4 + (int.TryParse(request?["Content-Length"], out var body) ? Math.Clamp(body, 0, LargestRequest) : 0);
                if (rest.Length < length)
                    break;
                Answer(request);
            }
            used += length;
        }
        return used;
    }

    private void Answer(RtspRequest? request)
    {
        lock (Gate)
        {
            if (_isClosed)
                return;
            var answer = request is null ? "RTSP/1.0 400 Bad Request\r\n\r\n" : _methods.Answer(request);
            if (!_server.Faults.Of(Path).Mute)
                Outbox.Write(Encoding.UTF8.GetBytes(answer));
            _methods.AfterAnswer();
        }
    }
}
