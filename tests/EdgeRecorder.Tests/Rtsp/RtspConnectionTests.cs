using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Tests.Network;
using EdgeRecorder.Tests.Storage;

namespace EdgeRecorder.Tests.Rtsp;

public sealed class RtspConnectionTests
{
    [Fact]
    public async Task What_lies_below_the_mark_is_delivered_when_asked_for()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        using var camera = await listener.AcceptSocketAsync();
        var clock = new TestClock();
        var peer = new Peer();
        using var connection = new RtspConnection(socket, clock);
        var reading = connection.ReadAsync(peer);

        for (var second = 0; second < 4; second++)          // 100 KB a second: a mark of some 20 KB
        {
            await camera.SendAsync(Frames(100));
            Drain(100 * (second + 1));
            clock.Advance(1_000_000);
        }
        Assert.InRange(connection.Mark.Value, 8192, 40_000);
        var sent = 400;
        await HeldBack.SendAsync(socket, () =>
        {
            sent += 3;
            return camera.SendAsync(Frames(3));
        }, () => peer.Frames == sent);
        connection.DrainNow(peer);
        Assert.Equal(sent, peer.Frames);
        await camera.SendAsync(Frames(60));                 // the reader goes on behind it
        Wait.Until(() => peer.Frames > sent);
        Drain(sent + 60);
        camera.Shutdown(SocketShutdown.Both);
        await reading.WaitAsync(TimeSpan.FromSeconds(20));

        void Drain(int frames) => Wait.Until(() =>
        {
            connection.DrainNow(peer);
            return peer.Frames == frames;
        });
    }

    [Fact]
    public async Task Who_reports_while_the_session_is_being_closed_learns_that_nothing_is_sent()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        var connection = new RtspConnection(socket, new TestClock());
        Assert.True(connection.Send("x"u8));
        connection.Dispose();
        Assert.False(connection.Send("x"u8));               // the timer of all sessions: what it throws ends the process
        connection.Tick(1_000_000);
    }

    private static byte[] Frames(int count)
    {
        byte[] frame = [(byte)'$', 0, 1000 >> 8, 1000 & 255, .. new byte[1000]];
        return [.. Enumerable.Repeat(frame, count).SelectMany(bytes => bytes)];
    }

    private sealed class Peer : IRtspPeer
    {
        private int _frames;
        public int Frames => Volatile.Read(ref _frames);
        public void Frame(byte channel, ReadOnlySpan<byte> data, long nowUs) => Interlocked.Increment(ref _frames);
        public void Message(RtspMessage message) => throw new InvalidOperationException();
    }
}
