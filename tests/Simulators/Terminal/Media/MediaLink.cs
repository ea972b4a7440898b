using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>The way of media packets to the platform. Only the pacer's thread uses it.</summary>
internal abstract class MediaLink
{
    /// <summary>How many streams use it.</summary>
    public int Users { get; set; }

    public abstract bool IsReady { get; }

    /// <summary>Why nothing can be sent any more; null while it can.</summary>
    public abstract string? Broken { get; }

    /// <summary>Everything that was sent has left; what falls due may follow.</summary>
    public abstract bool IsIdle { get; }

    public abstract string Transport { get; }

    public abstract long BytesSent { get; }

    /// <summary>Sends whole packets that lie one behind the other in the track.</summary>
    public abstract void Send(MediaTrack track, int firstPacket, int count);

    /// <summary>Sends any bytes; over UDP they are one datagram.</summary>
    public abstract void Send(ReadOnlySpan<byte> bytes);

    /// <summary>One turn of the pacer; false when it is over and may be forgotten.</summary>
    public abstract bool Advance(double now);

    /// <summary>Ends it behind the last byte.</summary>
    public abstract void Close();

    /// <summary>Ends it now.</summary>
    public abstract void Cut();
}

internal sealed class TcpLink : MediaLink
{
    private readonly Socket _socket;
    private readonly Outbox _outbox;
    private volatile bool _isConnected, _isClosing;
    private volatile string? _broken;

    public TcpLink(IPAddress? local, IPEndPoint remote)
    {
        _socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (local is not null)
            _socket.Bind(new IPEndPoint(local, 0));
        _outbox = new Outbox(_socket);
        _ = RunAsync(remote);
    }

    public override bool IsReady => _isConnected;
    public override string? Broken => _broken;
    public override bool IsIdle => _outbox.IsEmpty;
    public override string Transport => "tcp";
    public override long BytesSent => _outbox.BytesSent;

    public override void Send(MediaTrack track, int firstPacket, int count)
        => _outbox.Write(track.Wire.AsSpan(track.Packets[firstPacket]..track.Packets[firstPacket + count]));

    public override void Send(ReadOnlySpan<byte> bytes) => _outbox.Write(bytes);

    public override bool Advance(double now)
    {
        if (_isConnected && !_outbox.IsEmpty)
            _outbox.Flush(now);
        if (_outbox.IsBroken)
            _broken ??= "reset by the platform";
        if (_broken is null && !(_isClosing && (_outbox.IsEmpty || !_isConnected)))
            return true;
        Cut();
        return false;
    }

    public override void Close() => _isClosing = true;

    public override void Cut()
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

    private async Task RunAsync(IPEndPoint remote)
    {
        var buffer = new byte[256];
        try
        {
            await _socket.ConnectAsync(remote);
            _socket.Blocking = false;
            _isConnected = true;
            while (await _socket.ReceiveAsync(buffer) > 0)
            {
                // A platform talks here; nobody listens.
            }
            _broken ??= "closed by the platform";
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _broken ??= e.Message;
        }
    }
}

internal sealed class UdpLink : MediaLink
{
    private readonly Socket _socket;
    private readonly SocketAddress _remote;
    private long _sent;
    private string? _broken;

    public UdpLink(IPAddress? local, IPEndPoint remote)
    {
        _socket = new Socket(remote.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { SendBufferSize = 4 << 20 };
        _socket.Bind(new IPEndPoint(local ?? IPAddress.Any, 0));
        _remote = remote.Serialize();
    }

    public override bool IsReady => true;
    public override string? Broken => _broken;
    public override bool IsIdle => true;
    public override string Transport => "udp";
    public override long BytesSent => _sent;

    public override void Send(MediaTrack track, int firstPacket, int count)
    {
        for (var i = firstPacket; i < firstPacket + count; i++)
            Send(track.Wire.AsSpan(track.Packets[i]..track.Packets[i + 1]));
    }

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _sent += _socket.SendTo(bytes, SocketFlags.None, _remote);
        }
        catch (SocketException)
        {
            // The platform's port is closed, which its host told us for an earlier datagram; a terminal goes on sending.
        }
    }

    public override bool Advance(double now) => _broken is null;

    public override void Close() => Cut();

    public override void Cut()
    {
        _broken ??= "closed here";
        _socket.Dispose();
    }
}

/// <summary>Connections by who shares them.</summary>
internal sealed class MediaLinks
{
    private readonly Dictionary<(object Scope, IPEndPoint Remote, bool IsUdp), MediaLink> _links = [];
    private readonly List<MediaLink> _all = [];

    /// <param name="scope">Streams with the same scope and destination share one.</param>
    public MediaLink Acquire(object scope, IPAddress? local, IPEndPoint remote, bool udp)
    {
        if (!_links.TryGetValue((scope, remote, udp), out var link) || link.Broken is not null)
        {
            link = udp ? new UdpLink(local, remote) : new TcpLink(local, remote);
            _links[(scope, remote, udp)] = link;
            _all.Add(link);
        }
        link.Users++;
        return link;
    }

    public void Release(MediaLink link)
    {
        if (--link.Users > 0)
            return;
        link.Close();
        foreach (var (key, _) in _links.Where(l => l.Value == link).ToList())
            _links.Remove(key);
    }

    public void Advance(double now)
    {
        for (var i = _all.Count - 1; i >= 0; i--)
            if (!_all[i].Advance(now))
                _all.RemoveAt(i);
    }

    public void CutAll()
    {
        foreach (var link in _all)
            link.Cut();
    }
}
