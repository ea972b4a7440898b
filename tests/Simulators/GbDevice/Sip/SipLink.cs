using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Simulators.GbDevice.Sip;

/// <summary>The way of one device to its server. Readers only hand on what comes; everything else happens on the pacer's thread.</summary>
internal sealed class SipLink : IDisposable
{
    private readonly Fleet _fleet;
    private readonly Socket _socket;
    private readonly Outbox? _outbox;                          // TCP
    private readonly SipFramer _framer = new();
    private readonly Action<byte[]> _received;
    private string? _broken;

    /// <param name="received">One whole message, or one datagram; called on the pacer's thread.</param>
    public SipLink(Fleet fleet, IPAddress? local, IPEndPoint server, bool isTcp, Action<byte[]> received)
    {
        (_fleet, _received, IsTcp) = (fleet, received, isTcp);
        if (isTcp)
        {
            _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (local is not null)
                _socket.Bind(new IPEndPoint(local, 0));
            _outbox = new Outbox(_socket);
            _ = RunTcpAsync(server);
            return;
        }
        _socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(local ?? IPAddress.Any, 0));
        _socket.Connect(server);
        IsConnected = true;
        _ = RunUdpAsync();
    }

    public bool IsTcp { get; }
    public bool IsConnected { get; private set; }
    public string? Broken => _broken;
    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public void Send(ReadOnlySpan<byte> message)
    {
        if (_broken is not null)
            return;
        if (_outbox is not null)
            _outbox.Write(message);
        else
            // Nobody listens there at the moment, which its host told us for an earlier datagram: lost, as datagrams are.
            _socket.Send(message, SocketFlags.None, out _);
    }

    public void Flush(double now)
    {
        if (_outbox is null || !IsConnected)
            return;
        if (!_outbox.IsEmpty)
            _outbox.Flush(now);
        if (_outbox.IsBroken)
            _broken ??= "reset by the server";
    }

    public void Dispose()
    {
        _broken ??= "closed here";
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

    private void Take(byte[] bytes)
    {
        if (_broken is not null)
            return;
        if (!IsTcp)
        {
            _received(bytes);
            return;
        }
        try
        {
            _framer.Push(bytes, _received);
        }
        catch (MalformedException e)
        {
            _broken = e.Message;
        }
    }

    private async Task RunTcpAsync(IPEndPoint server)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            await _socket.ConnectAsync(server);
            _socket.Blocking = false;
            _fleet.Inbox.Post(() => IsConnected = true);
            while (await _socket.ReceiveAsync(buffer) is > 0 and var read)
            {
                var bytes = buffer[..read];
                _fleet.Inbox.Post(() => Take(bytes));
            }
            _fleet.Inbox.Post(() => _broken ??= "closed by the server");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _fleet.Inbox.Post(() => _broken ??= e.Message);
        }
    }

    private async Task RunUdpAsync()
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            try
            {
                var read = await _socket.ReceiveAsync(buffer);
                var bytes = buffer[..read];
                _fleet.Inbox.Post(() => Take(bytes));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // The server is not there: what was sent meanwhile is lost, and sent again.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
