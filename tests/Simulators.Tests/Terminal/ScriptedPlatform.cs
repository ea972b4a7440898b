using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>A message of a terminal.</summary>
internal sealed record Said(SignalHeader Header, byte[] Body, IPAddress From)
{
    public ushort Id => Header.Id;
}

/// <summary>The least that a platform can be: it answers, remembers, and says what a test tells it to.</summary>
internal sealed class ScriptedPlatform : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, NetworkStream> _connections = new();
    private readonly ConcurrentDictionary<string, byte[]> _codes = new();
    private readonly List<Said> _said = [];
    private int _serial = 0x0100;

    public ScriptedPlatform(HeaderForm form = HeaderForm.V2013)
    {
        Form = form;
        _listener.Start(2000);
        _ = AcceptAsync();
    }

    public HeaderForm Form { get; }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Answers nothing while set.</summary>
    public bool IsMute { get; set; }

    public IReadOnlyList<Said> Said
    {
        get
        {
            lock (_said)
                return [.. _said];
        }
    }

    public async Task<Said> WaitForAsync(ushort id, Func<Said, bool>? condition = null, int count = 1)
    {
        var found = new List<Said>();
        await Until(() =>
        {
            found = [.. Said.Where(s => s.Id == id && (condition is null || condition(s)))];
            return found.Count >= count;
        }, $"{count} × 0x{id:X4}");
        return found[count - 1];
    }

    /// <summary>Says something to a terminal; returns the serial.</summary>
    public async Task<ushort> SayAsync(string sim, ushort id, Action<BodyWriter>? write = null)
    {
        var body = new BodyWriter();
        write?.Invoke(body);
        var serial = (ushort)Interlocked.Increment(ref _serial);
        await _connections[sim].WriteAsync(FrameWriter.Write(new SignalHeader(id, Form, 1, sim, serial), body.Written));
        return serial;
    }

    public Task<ushort> AskForLiveAsync(string sim, int port, byte channel = 1, byte type = 0, byte stream = 0, int udpPort = 0) => SayAsync(sim, 0x9101, body =>
    {
        body.U8(9);
        body.Text("127.0.0.1");
        body.U16(port);
        body.U16(udpPort);
        body.U8(channel);
        body.U8(type);
        body.U8(stream);
    });

    public void Forget(string sim) => _codes.TryRemove(sim, out _);

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var connection in _connections.Values)
            connection.Dispose();
    }

    public static async Task Until(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"never came: {what}");
            await Task.Delay(10);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var from = ((IPEndPoint)client.Client.RemoteEndPoint!).Address;
        var stream = client.GetStream();
        var reader = new FrameReader();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var read)
            {
                var messages = new List<Said>();
                reader.Push(buffer.AsSpan(0, read), (header, body) => messages.Add(new Said(header, body, from)));
                foreach (var message in messages)
                {
                    lock (_said)
                        _said.Add(message);
                    _connections[message.Header.Phone.TrimStart('0').PadLeft(12, '0')] = stream;
                    if (!IsMute)
                        await AnswerAsync(stream, message);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Either side has gone.
        }
        Assert.Empty(reader.Reasons);
    }

    private async Task AnswerAsync(NetworkStream stream, Said message)
    {
        var header = message.Header;
        var sim = header.Phone;
        var body = new BodyWriter();
        body.U16(header.Serial);
        switch (header.Id)
        {
            case 0x0001 or 0x0104 or 0x1003:
                return;
            case 0x0100:
                _codes[sim] = Hex.Bytes("41" + sim);
                body.U8(0);
                body.Bytes(_codes[sim]);
                break;
            default:
                body.U16(header.Id);
                body.U8(header.Id == 0x0102 && !IsRight(sim, message.Body) ? 1 : 0);
                break;
        }
        await stream.WriteAsync(FrameWriter.Write(
            new SignalHeader(header.Id == 0x0100 ? (ushort)0x8100 : (ushort)0x8001, header.Form, header.Version, sim, (ushort)Interlocked.Increment(ref _serial)), body.Written));
    }

    private bool IsRight(string sim, byte[] body) => _codes.TryGetValue(sim, out var code) && body.AsSpan().IndexOf(code) >= 0;
}
