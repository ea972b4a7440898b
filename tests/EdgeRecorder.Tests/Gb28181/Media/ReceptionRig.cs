using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Tests.Jt1078;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Storage;
using Microsoft.Extensions.Logging;

namespace EdgeRecorder.Tests.Gb28181.Media;

/// <summary>Reception on loopback, with a clock that the test moves; and a device's side of a session.</summary>
internal sealed class ReceptionRig : IDisposable
{
    public const uint Agreed = 200000001;

    private static int _nextRange = Random.Shared.Next(0, 500);

    public ReceptionRig(SsrcPolicy policy = SsrcPolicy.Learn, int pairs = 40)
    {
        // A range of its own below the kernel's ephemeral ports; pairs that somebody else has are passed over.
        var first = 20_000 + Interlocked.Increment(ref _nextRange) % 100 * 100;
        Reception = new(new() { Address = IPAddress.Loopback, RtpPorts = $"{first}-{first + 2 * pairs - 1}", SsrcPolicy = policy }, Clock, Time, new LineLog(Lines));
    }

    public TestClock Clock { get; } = new();
    public ManualTime Time { get; } = new();
    public MediaReception Reception { get; }
    public List<string> Lines { get; } = [];

    public (IMediaSession Session, CollectingTap Tap) Open(MediaPeer? peer = null)
    {
        var tap = new CollectingTap();
        var session = Reception.Open(tap);
        session.Expect(peer ?? new() { Addresses = [IPAddress.Loopback], Ssrc = Agreed });
        return (session, tap);
    }

    public static Socket Datagrams(IMediaSession session, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        socket.Connect(IPAddress.Loopback, session.Port);
        return socket;
    }

    public static async Task<Socket> ConnectAsync(IMediaSession session, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(IPAddress.Loopback, session.Port);
        return socket;
    }

    /// <summary>Moves the clock on, with a look twice a second as the box's timer has it.</summary>
    public void Advance(double seconds)
    {
        for (var left = seconds; left > 0; left -= 0.5)
        {
            Clock.Advance((long)(Math.Min(left, 0.5) * 1_000_000));
            Reception.Tick();
        }
    }

    public void Dispose() => Reception.Dispose();

    private sealed class LineLog(List<string> lines) : ILogger<MediaReception>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add(formatter(state, exception));
        }
    }
}

/// <summary>A little camera: pictures of 25 a second with A-law beside them, as a program stream in RTP packets. The stream is written by the tests' own builder.</summary>
internal sealed class PsCamera(uint ssrc = ReceptionRig.Agreed, ushort sequence = 65_500)
{
    private ushort _sequence = sequence;

    /// <summary>Of the next picture.</summary>
    public int Number { get; private set; }

    /// <summary>The packets of the next picture with its sound; every tenth is a sync sample.</summary>
    public List<byte[]> Next(int size = 3000)
    {
        var pts = Number * 3600L;
        var isSync = Number % 10 == 0;
        byte[] stream =
        [
            .. MpegPs.PsBuilder.Pack(pts), .. isSync ? MpegPs.PsBuilder.Map((0x1B, 0xE0), (0x90, 0xC0)) : [], .. MpegPs.PsBuilder.Pes(0xE0, HubRig.Picture(Number, size), pts),
            .. MpegPs.PsBuilder.Pes(0xC0, [.. Enumerable.Repeat((byte)Number, 320)], pts),
        ];
        Number++;
        var pieces = stream.Chunk(1400).ToList();
        return [.. pieces.Select((piece, i) => RtpReaderTests.Packet(96, _sequence++, (uint)pts, i == pieces.Count - 1, piece, ssrc))];
    }

    public static byte[] Framed(IEnumerable<byte[]> packets) => [.. packets.SelectMany(packet => (byte[])[(byte)(packet.Length >> 8), (byte)packet.Length, .. packet])];

    /// <summary>The number that a picture of ours carries.</summary>
    public static int NumberOf(Rtsp.CollectedUnit picture) => NumberIn(picture.NalUnits.Last());

    private static int NumberIn(byte[] slice) => (slice[3] & 0x7F) << 7 | slice[4] & 0x7F;
}
