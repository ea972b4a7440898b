using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>The signalling connection of one terminal. The reader only collects; everything else happens on the pacer's thread.</summary>
internal sealed class SignalLink
{
    private readonly Socket _socket;
    private readonly Outbox _outbox;
    private readonly ConcurrentQueue<byte[]> _received = new();
    private volatile bool _isConnected;
    private volatile string? _broken;

    public SignalLink(IPAddress? local, IPEndPoint server)
    {
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (local is not null)
            _socket.Bind(new IPEndPoint(local, 0));
        _outbox = new Outbox(_socket);
        _ = RunAsync(server);
    }

    public bool IsConnected => _isConnected;

    /// <summary>Why it is over; null while it is not.</summary>
    public string? Broken => _broken;

    public bool TryReceive(out byte[] bytes) => _received.TryDequeue(out bytes!);

    public void Send(ReadOnlySpan<byte> bytes) => _outbox.Write(bytes);

    public void Flush(double now)
    {
        if (!_outbox.IsEmpty)
            _outbox.Flush(now);
        if (_outbox.IsBroken)
            _broken ??= "reset by the platform";
    }

    public void Close(string reason)
    {
        _broken ??= reason;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);             // Dispose alone would reset while the reader is waiting
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Never connected, or gone already.
        }
        _socket.Dispose();
    }

    private async Task RunAsync(IPEndPoint server)
    {
        var buffer = new byte[2048];
        try
        {
            await _socket.ConnectAsync(server);
            _socket.Blocking = false;
            _isConnected = true;
            while (await _socket.ReceiveAsync(buffer) is > 0 and var read)
                _received.Enqueue(buffer[..read]);
            _broken ??= "closed by the platform";
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _broken ??= e.Message;
        }
    }
}
