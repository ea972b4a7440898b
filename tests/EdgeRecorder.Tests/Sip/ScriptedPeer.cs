using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Tests.Sip;

/// <summary>A device as a socket: it says what the test says, and shows what it hears as text.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[65_536];
    private readonly List<byte> _received = [];
    private readonly bool _isStream;

    private ScriptedPeer(Socket socket, bool isStream) => (_socket, _isStream) = (socket, isStream);

    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    public bool IsDatagram => !_isStream;

    /// <summary>Bytes that wait to be read.</summary>
    public bool HasMore => _socket.Available > 0;

    public static ScriptedPeer Udp(int port, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 20 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(IPAddress.Loopback, port);
        return new(socket, false);
    }

    public static async Task<ScriptedPeer> TcpAsync(int port, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new(socket, true);
    }

    /// <summary>What a peer waits for that the endpoint connects to.</summary>
    public static ScriptedPeer Accepted(Socket socket) => new(socket, true);

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>A request with the usual headers; more of them, and a body, behind.</summary>
    public Task RequestAsync(string method, string branch, string callId = "call", int number = 1, string fromTag = "dev", string toTag = "", string headers = "", string body = "", string user = "34020000001180000001")
        => SendAsync(Request(method, branch, callId, number, fromTag, toTag, headers, body, user));

    public string Request(string method, string branch, string callId = "call", int number = 1, string fromTag = "dev", string toTag = "", string headers = "", string body = "", string user = "34020000001180000001")
        => $"{method} sip:34020000002000000001@3402000000 SIP/2.0\r\nVia: SIP/2.0/{(_isStream ? "TCP" : "UDP")} 10.0.0.20:5060;rport;branch=z9hG4bK{branch}\r\nFrom: <sip:{user}@3402000000>;tag={fromTag}\r\n"
            + $"To: <sip:34020000002000000001@3402000000>{(toTag.Length > 0 ? $";tag={toTag}" : "")}\r\nCall-ID: {callId}\r\nCSeq: {number} {method}\r\nContact: <sip:{user}@10.0.0.20:5060>\r\n"
            + $"Max-Forwards: 70\r\n{headers}Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>Answers a request of the endpoint's.</summary>
    public Task AnswerAsync(SipMessage request, int status, string toTag = "d900", string headers = "", string body = "")
        => SendAsync($"SIP/2.0 {status} X\r\n{string.Concat(request.Values("Via").Select(via => $"Via: {via}\r\n"))}From: {request["From"]}\r\nTo: {request["To"]}{(request.To.Tag is null && status > 100 ? $";tag={toTag}" : "")}\r\n"
            + $"Call-ID: {request.CallId}\r\nCSeq: {request["CSeq"]}\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}");

    /// <summary>The next message as it came; null when the connection ended.</summary>
    public async Task<string?> TextAsync()
    {
        using var deadline = new CancellationTokenSource(EndpointRig.Patience);
        while (true)
        {
            if (_isStream && SipParser.TryRead(_received.ToArray(), SipParser.LargestKnownBody, out _, out var consumed, out _))
            {
                var text = Encoding.Latin1.GetString([.. _received[..consumed]]);
                _received.RemoveRange(0, consumed);
                return text;
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
            if (!_isStream)
                return Encoding.Latin1.GetString(_buffer, 0, count);
            if (count == 0)
                return null;
            _received.AddRange(_buffer.AsSpan(0, count));
        }
    }

    public async Task<SipMessage> ReadAsync()
    {
        var text = await TextAsync();
        Assert.NotNull(text);
        return SipParser.ParseDatagram(Encoding.Latin1.GetBytes(text))!;
    }

    /// <summary>The next message, which has to be this response.</summary>
    public async Task<SipMessage> ReadAsync(int status)
    {
        var message = await ReadAsync();
        Assert.Equal(status, message.Status);
        return message;
    }

    /// <summary>The next message, which has to be this request.</summary>
    public async Task<SipMessage> ReadAsync(string method)
    {
        var message = await ReadAsync();
        Assert.Equal(method, message.Method);
        return message;
    }

    public void Dispose() => _socket.Dispose();
}
