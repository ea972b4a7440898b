using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Jt1078;

/// <summary>The media servers on loopback, with a clock that the test moves.</summary>
internal sealed class HubRig : IAsyncDisposable
{
    public const int Second = 1_000_000;

    public HubRig(MediaHubOptions? options = null)
    {
        Hub = new(options ?? new() { Address = IPAddress.Loopback, MainPort = 0, SubPort = 0, PlaybackPort = null }, Clock, new ManualTime(), NullLogger<MediaHub>.Instance);
        Hub.Start();
    }

    public TestClock Clock { get; } = new();
    public MediaHub Hub { get; }

    public (IMediaLease Lease, CollectingTap Tap) Expect(string sim = Vectors.Sim, byte channel = 1, MediaKind kind = MediaKind.Main, AudioHint? hint = null)
    {
        var tap = new CollectingTap();
        return (Hub.Expect(kind, SimNumber.Parse(sim), channel, tap, hint ?? AudioHint.NoAudio), tap);
    }

    public async Task<Socket> ConnectAsync(MediaKind kind = MediaKind.Main, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, Hub.PortOf(kind));
        return socket;
    }

    public Socket Datagrams(MediaKind kind = MediaKind.Main)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Loopback, Hub.PortOf(kind));
        return socket;
    }

    /// <summary>Moves the clock on, with a look twice a second as the box's timer has it.</summary>
    public void Advance(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.5)
        {
            Clock.Advance((long)(Math.Min(left, 0.5) * Second));
            Hub.Tick();
        }
    }

    /// <summary>Waits until the hub has seen so many packets.</summary>
    public void Packets(long count) => Wait.Until(() => Hub.Figures.Packets >= count);

    /// <summary>The hub closed the connection.</summary>
    public static async Task ClosedAsync(Socket socket)
    {
        var buffer = new byte[16];
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            // Bytes of ours were unread.
        }
    }

    public async ValueTask DisposeAsync() => await Hub.DisposeAsync();

    /// <summary>Pictures of a little stream: every tenth a sync sample with its parameter sets.</summary>
    public static byte[] Picture(int number, int size = 40)
    {
        byte[] slice = [.. number % 10 == 0 ? (byte[])[0x65, 0x88, 0x84] : [0x41, 0x9A, 0x02], (byte)(number >> 7 | 0x80), (byte)(number | 0x80), .. Enumerable.Repeat((byte)0x77, size)];
        return number % 10 == 0
            ? [0, 0, 0, 1, .. Convert.FromHexString("6742c00cda05067e7c0440000003004000000ca3c50aa8"), 0, 0, 0, 1, 0x68, 0xCE, 0x3C, 0x80, 0, 0, 0, 1, .. slice]
            : [0, 0, 0, 1, .. slice];
    }

    public static byte[] Packet(TerminalStream terminal, int number, int size = 40)
        => terminal.Packet(number % 10 == 0 ? 0 : 1, 0, 98, (ulong)number * 40, Picture(number, size));
}
