using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Media;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>RTP over a TCP connection (RFC 4571). What its peer does not take waits in a buffer of bounded size; a full one takes no further unit.</summary>
internal sealed class TcpTransport : IRtpTransport
{
    private const int MostWaiting = 4 * 1024 * 1024;
    private const int Attempts = 3;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private byte[] _filling = new byte[64 * 1024];
    private byte[] _sending = new byte[64 * 1024];
    private int _filled;
    private bool _signalled;
    private volatile bool _ended;
    private TaskCompletionSource? _room;                    // somebody waits until what is filled goes

    public TcpTransport(Socket connected)
    {
        _socket = connected;
        _socket.NoDelay = true;
        _ = Task.Run(RunAsync);
    }

    /// <summary>The connection is gone.</summary>
    public bool HasEnded => _ended;

    /// <summary>Connects to a platform that listens (its a=setup:passive): three attempts, a second between them.</summary>
    /// <exception cref="SourceException">Nobody took it.</exception>
    public static async Task<TcpTransport> ConnectAsync(IPEndPoint target, TimeProvider time, CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(target, stop).ConfigureAwait(false);
                return new(socket);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (attempt == Attempts)
                    throw new SourceException(GapReason.Offline, $"no media connection to {target}: {e.Message}", e);
            }
            catch (OperationCanceledException)
            {
                socket.Dispose();
                throw;
            }
            await Task.Delay(BetweenAttempts, time, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a platform that connects (its a=setup:active); others are turned away.</summary>
    /// <param name="listener">Bound and listening; stays the caller's.</param>
    /// <param name="platform">Where signalling comes from.</param>
    /// <exception cref="SocketException">The listener was closed.</exception>
    public static async Task<TcpTransport> AcceptAsync(Socket listener, IPAddress platform, CancellationToken stop)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync(stop).ConfigureAwait(false);
            if (SessionPorts.Plain(((IPEndPoint)socket.RemoteEndPoint!).Address).Equals(platform))
                return new(socket);
            socket.Dispose();
        }
    }

    public bool HasRoom(int bytes)
    {
        lock (_gate)
            return !_ended && _filled + bytes <= MostWaiting;
    }

    public void Send(ReadOnlySpan<byte> packet)
    {
        lock (_gate)
        {
            if (_filled + 2 + packet.Length > _filling.Length)
                Array.Resize(ref _filling, Math.Max(_filling.Length * 2, _filled + 2 + packet.Length));
            BinaryPrimitives.WriteUInt16BigEndian(_filling.AsSpan(_filled), (ushort)packet.Length);
            packet.CopyTo(_filling.AsSpan(_filled + 2));
            _filled += 2 + packet.Length;
        }
    }

    public void Flush()
    {
        lock (_gate)
        {
            if (_signalled)
                return;
            _signalled = true;
        }
        _signal.Release();
    }

    public async Task RoomAsync(int bytes, CancellationToken stop)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_ended || _filled == 0 || _filled + bytes <= MostWaiting)
                    return;
                room = (_room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await room.WaitAsync(stop).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _ended = true;
        _socket.Dispose();
        Flush();
    }

    private async Task RunAsync()
    {
        while (!_ended)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            int count;
            lock (_gate)
            {
                (_filling, _sending) = (_sending, _filling);
                (count, _filled, _signalled) = (_filled, 0, false);
                GiveRoom();
            }
            try
            {
                for (var at = 0; at < count;)
                    at += await _socket.SendAsync(_sending.AsMemory(at, count - at), SocketFlags.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                _ended = true;
                lock (_gate)
                    GiveRoom();
            }
        }
    }

    private void GiveRoom()
    {
        _room?.TrySetResult();
        _room = null;
    }
}
