using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace EdgeRecorder.Tests.Live;

/// <summary>A page's end of a live WebSocket.</summary>
internal sealed class LiveSocket : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly ClientWebSocket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];

    private LiveSocket(ClientWebSocket socket) => _socket = socket;

    public static async Task<LiveSocket> OpenAsync(int port, string channel, string authorization = "", string query = "", string cookie = "", string origin = "", bool isHttp2 = false)
    {
        var socket = Prepare(authorization, cookie, origin);
        await ConnectAsync(socket, port, channel, query, isHttp2);
        return new LiveSocket(socket);
    }

    /// <summary>The HTTP status with which the box refuses.</summary>
    public static async Task<int> RefusalAsync(int port, string channel, string authorization = "", string query = "", string cookie = "", string origin = "", bool isHttp2 = false)
    {
        using var socket = Prepare(authorization, cookie, origin);
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(socket, port, channel, query, isHttp2));
        return (int)socket.HttpStatusCode;
    }

    /// <summary>The next message, text or binary.</summary>
    public async Task<(bool IsText, byte[] Bytes)> MessageAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var message = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(), deadline.Token);
            Assert.True(part.MessageType != WebSocketMessageType.Close, $"closed: {_socket.CloseStatus} {_socket.CloseStatusDescription}");
            message.Write(_buffer, 0, part.Count);
            if (part.EndOfMessage)
                return (part.MessageType == WebSocketMessageType.Text, message.ToArray());
        }
    }

    /// <summary>The next message, which must be a text of this type.</summary>
    public async Task<JsonElement> TextAsync(string type)
    {
        var (isText, bytes) = await MessageAsync();
        Assert.True(isText, $"{bytes.Length} bytes instead of {type}");
        var json = JsonDocument.Parse(bytes).RootElement;
        Assert.True(json.GetProperty("type").GetString() == type, Encoding.UTF8.GetString(bytes));
        return json;
    }

    /// <summary>The next text of this type; others are passed over.</summary>
    public async Task<JsonElement> AnyTextAsync(string type)
    {
        while (true)
        {
            var (isText, bytes) = await MessageAsync();
            if (isText && JsonDocument.Parse(bytes).RootElement is var json && json.GetProperty("type").GetString() == type)
                return json;
        }
    }

    /// <summary>The next message, which must be binary.</summary>
    public async Task<byte[]> BytesAsync()
    {
        var (isText, bytes) = await MessageAsync();
        Assert.False(isText, Encoding.UTF8.GetString(bytes));
        return bytes;
    }

    /// <summary>Reads on until the box closes, and says with which code and reason.</summary>
    public async Task<(int Code, string Reason)> CloseReasonAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while ((await _socket.ReceiveAsync(_buffer.AsMemory(), deadline.Token)).MessageType != WebSocketMessageType.Close)
        {
        }
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", deadline.Token);
        return ((int)_socket.CloseStatus!.Value, _socket.CloseStatusDescription ?? "");
    }

    public async Task ChatterAsync(int bytes)
    {
        for (; bytes > 0; bytes -= 1000)
            await _socket.SendAsync(new byte[1000], WebSocketMessageType.Binary, true, CancellationToken.None);
    }

    public Task CloseAsync() => _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", new CancellationTokenSource(Deadline).Token);

    public void Dispose() => _socket.Dispose();

    private static ClientWebSocket Prepare(string authorization, string cookie, string origin)
    {
        var socket = new ClientWebSocket();
        foreach (var (name, value) in new[] { ("Authorization", authorization), ("Cookie", cookie), ("Origin", origin) })
            if (value.Length > 0)
                socket.Options.SetRequestHeader(name, value);
        return socket;
    }

    private static async Task ConnectAsync(ClientWebSocket socket, int port, string channel, string query, bool isHttp2)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"{(isHttp2 ? "wss" : "ws")}://127.0.0.1:{port}/api/v1/channels/{channel}/live?{query}"));
        if (!isHttp2)
        {
            await socket.ConnectAsync(address, deadline.Token);
            return;
        }
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        var handler = new SocketsHttpHandler { UseCookies = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Issuer == certificate?.Subject;    // the box made its own
        await socket.ConnectAsync(address, new HttpMessageInvoker(handler), deadline.Token);
    }
}
