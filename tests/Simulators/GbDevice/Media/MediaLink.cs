using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>The way of one call's media. Only the pacer's thread uses it.</summary>
internal abstract class MediaLink
{
    /// <summary>udp, tcp-active (it connects) or tcp-passive (it listens).</summary>
    public abstract string Transport { get; }

    /// <summary>Of this side, for m= of the answer.</summary>
    public abstract int Port { get; }

    public abstract bool IsReady { get; }

    /// <summary>Why nothing can be sent any more; null while it can.</summary>
    public abstract string? Broken { get; }

    /// <summary>Everything that was sent has left; what falls due may follow.</summary>
    public abstract bool IsIdle { get; }

    /// <summary>Connects, where that is this side's part; after the ACK.</summary>
    public abstract void Begin();

    public abstract void Send(PacketBuffer packets);

    /// <summary>One packet, its length in front.</summary>
    public abstract void Send(ReadOnlySpan<byte> framed);

    public abstract void Advance(double now);

    public abstract void Close();
}

internal sealed class UdpMediaLink : MediaLink
{
    private readonly Socket _socket;
    private readonly SocketAddress _remote;
    private string? _broken;

    public UdpMediaLink(IPAddress local, IPEndPoint remote)
    {
        _socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        _socket.Bind(new IPEndPoint(local, 0));
        _remote = remote.Serialize();
    }

    public override string Transport => "udp";
    public override int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;
    public override bool IsReady => true;
    public override string? Broken => _broken;
    public override bool IsIdle => true;

    public override void Begin()
    {
    }

    public override void Send(PacketBuffer packets)
    {
        for (var i = 0; i < packets.Count; i++)
            Send(packets[i]);
    }

    public override void Send(ReadOnlySpan<byte> framed)
    {
        try
        {
            _socket.SendTo(framed[PacketBuffer.LengthBytes..], SocketFlags.None, _remote);
        }
        catch (SocketException)
        {
            // The recorder's port is closed, which its host told us for an earlier datagram; a device goes on sending.
        }
    }

    public override void Advance(double now)
    {
    }

    public override void Close()
    {
        _broken ??= "closed here";
        _socket.Dispose();
    }
}

/// <summary>Connects to the recorder: at least three times, a second apart (GB/T 28181-2022, annex D).</summary>
internal sealed class TcpMediaLink : MediaLink
{
    private const int Attempts = 3;

    private readonly Fleet _fleet;
    private readonly IPEndPoint? _remote;
    private readonly IPAddress _local;
    private readonly TcpListener? _listener;
    private Socket? _socket;
    private Outbox? _outbox;
    private bool _isConnected;
    private string? _broken;

    /// <param name="remote">Null: it listens.</param>
    public TcpMediaLink(Fleet fleet, IPAddress local, IPEndPoint? remote)
    {
        (_fleet, _local, _remote) = (fleet, local, remote);
        if (remote is not null)
            return;
        _listener = new TcpListener(local, 0);
        _listener.Start(1);
    }

    public override string Transport => _listener is null ? "tcp-active" : "tcp-passive";

    /// <summary>9 where it connects (RFC 4145, 4.1).</summary>
    public override int Port => _listener is null ? 9 : ((IPEndPoint)_listener.LocalEndpoint).Port;
    public override bool IsReady => _isConnected;
    public override string? Broken => _broken;
    public override bool IsIdle => _outbox is { IsEmpty: true };

    public override void Begin() => _ = _listener is null ? ConnectAsync() : AcceptAsync();

    public override void Send(PacketBuffer packets) => _outbox?.Write(packets.All);

    public override void Send(ReadOnlySpan<byte> framed) => _outbox?.Write(framed);

    public override void Advance(double now)
    {
        if (_outbox is not { } outbox)
            return;
        if (!outbox.IsEmpty)
            outbox.Flush(now);
        if (outbox.IsBroken)
            _broken ??= "media connection reset by the recorder";
    }

    public override void Close()
    {
        _broken ??= "closed here";
        _listener?.Dispose();
        try
        {
            _socket?.Shutdown(SocketShutdown.Both);            // Dispose alone would reset while the reader is waiting
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Never connected, or gone already.
        }
        _socket?.Dispose();
    }

    private async Task ConnectAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(_remote!.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(_local, 0));
                await socket.ConnectAsync(_remote);
                _fleet.Inbox.Post(() => Take(socket));
                return;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (attempt == Attempts)
                {
                    _fleet.Inbox.Post(() => _broken ??= $"no media connection: {e.Message}");
                    return;
                }
            }
            await Task.Delay(1000);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            var socket = await _listener!.AcceptSocketAsync();
            socket.NoDelay = true;
            _fleet.Inbox.Post(() => Take(socket));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody came before the call ended.
        }
    }

    private void Take(Socket socket)
    {
        if (_broken is not null)
        {
            socket.Dispose();
            return;
        }
        socket.Blocking = false;
        _socket = socket;
        _outbox = new Outbox(socket);
        _isConnected = true;
        _ = ListenAsync(socket);
    }

    private async Task ListenAsync(Socket socket)
    {
        var buffer = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                // A platform may send RTCP here; nobody listens.
            }
            _fleet.Inbox.Post(() => _broken ??= "media connection closed by the recorder");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _fleet.Inbox.Post(() => _broken ??= $"media connection: {e.Message}");
        }
    }
}
