using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace EdgeRecorder.Tests.Jt808;

/// <summary>What the platform sent: its ID, its own serial number and its body.</summary>
internal sealed record Said(int Id, int Serial, string Head, string Body)
{
    /// <summary>The answer to a message, as (serial, ID, result) in hexadecimal digits.</summary>
    public bool IsReply(int serial, int id, int result) => Id == 0x8001 && Body == $"{serial:X4}{id:X4}{result:X2}";
}

/// <summary>A terminal that does what a test says. It builds and reads frames by itself, with nothing of the code under test.</summary>
internal sealed class ScriptedTerminal : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly string _phone;
    private readonly int _flags;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<byte> _received = [];
    private int _serial;

    /// <param name="phone">12 digits: 2013 header; 20: 2019, after the version byte.</param>
    /// <param name="hasVersionFlag">Null: as it should be.</param>
    public ScriptedTerminal(string phone = "013912345678", bool? hasVersionFlag = null)
    {
        _phone = phone.Length == 20 ? "01" + phone : phone;
        _flags = hasVersionFlag ?? phone.Length == 20 ? 0x4000 : 0;
    }

    public Socket Socket => _socket;
    private int HeaderLength => _phone.Length == 22 ? 17 : 12;

    public async Task<ScriptedTerminal> ConnectAsync(int port, IPAddress? from = null)
    {
        if (from is not null)
            _socket.Bind(new IPEndPoint(from, 0));
        await _socket.ConnectAsync(IPAddress.Loopback, port);
        return this;
    }

    /// <summary>Sends a message; returns its serial number.</summary>
    public async Task<int> SendAsync(int id, string body = "", int? serial = null, int flags = 0)
    {
        var number = serial ?? _serial;
        _serial = (ushort)(number + 1);
        await SendRawAsync(Bytes(id, body, number, flags));
        return number;
    }

    /// <summary>One package of a message.</summary>
    public Task<int> SendPackageAsync(int id, int first, int total, int index, string body) => SendAsync(id, $"{total:X4}{index:X4}{body}", first + index - 1, 0x2000);

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
    }

    public byte[] Bytes(int id, string body, int serial, int flags = 0)
    {
        var length = body.Replace(" ", "", StringComparison.Ordinal).Length / 2 - ((flags & 0x2000) != 0 ? 4 : 0);
        return Wire.Frame($"{id:X4} {length | flags | _flags:X4} {_phone} {serial:X4} {body}");
    }

    /// <summary>The next message of the platform; null when it closed the connection.</summary>
    public async Task<Said?> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            if (NextFrame() is { } frame)
            {
                var plain = Wire.Plain(frame);
                Assert.Equal(plain.Length - HeaderLength, BinaryPrimitives.ReadUInt16BigEndian(plain.AsSpan(2)) & 0x3FF);
                return new(BinaryPrimitives.ReadUInt16BigEndian(plain), BinaryPrimitives.ReadUInt16BigEndian(plain.AsSpan(HeaderLength - 2)),
                    Convert.ToHexString(plain.AsSpan(2..(HeaderLength - 2))), Convert.ToHexString(plain.AsSpan(HeaderLength)));
            }
            int count;
            try
            {
                count = await _socket.ReceiveAsync(_buffer, SocketFlags.None, deadline.Token);
            }
            catch (SocketException)
            {
                return null;
            }
            if (count == 0)
                return null;
            _received.AddRange(_buffer.AsSpan(0, count));
        }
    }

    /// <summary>The next message, which has to be this one.</summary>
    public async Task<Said> ReadAsync(int id)
    {
        var said = await ReadAsync();
        Assert.NotNull(said);
        Assert.Equal($"{id:X4}", $"{said.Id:X4}");
        return said;
    }

    /// <summary>Sends a message and wants the general reply with this result.</summary>
    public async Task AskAsync(int result, int id, string body = "", int flags = 0)
    {
        var serial = await SendAsync(id, body, flags: flags);
        Assert.Equal($"{serial:X4}{id:X4}{result:X2}", (await ReadAsync(0x8001)).Body);
    }

    /// <summary>Answers a command.</summary>
    public Task<int> AnswerAsync(Said command, int result = 0) => SendAsync(0x0001, $"{command.Serial:X4}{command.Id:X4}{result:X2}");

    /// <summary>Registers in the fields of 2013; the code, or null when it is refused.</summary>
    public async Task<string?> RegisterAsync()
    {
        var serial = await SendAsync(0x0100, RegistrationBody);
        var reply = await ReadAsync(0x8100);
        Assert.Equal($"{serial:X4}", reply.Body[..4]);
        return reply.Body[4..6] == "00" ? reply.Body[6..] : null;
    }

    public Task AuthenticateAsync(string code, int result = 0) => AskAsync(result, 0x0102, HeaderLength == 17 ? $"{code.Length / 2:X2}{code}{new string('0', 70)}" : code);

    /// <summary>Registers and authenticates.</summary>
    public async Task<string> EnterAsync()
    {
        var code = await RegisterAsync();
        Assert.NotNull(code);
        await AuthenticateAsync(code);
        return code;
    }

    /// <summary>Reads whatever it is until the platform closes.</summary>
    public async Task DrainAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            while (await _socket.ReceiveAsync(_buffer, SocketFlags.None, deadline.Token) > 0) { }
        }
        catch (SocketException)
        {
            // Closed with something unread: that is an end too.
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Of J3: plate GBK 粤A12345.</summary>
    public static string RegistrationBody => Convert.ToHexString(Heard.Of(Vectors.Of("J3")).Body);

    private byte[]? NextFrame()
    {
        while (_received.Count > 0 && _received[0] == 0x7E && _received.Count > 1 && _received[1] == 0x7E)
            _received.RemoveAt(0);
        var end = _received.Count > 1 ? _received.IndexOf(0x7E, 1) : -1;
        if (end < 0)
            return null;
        byte[] frame = [.. _received[1..end]];
        _received.RemoveRange(0, end + 1);
        return frame;
    }
}
