using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Rtsp;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>An RTSP server on loopback that answers as a test says; every request is kept.</summary>
internal sealed class ScriptedCamera : IAsyncDisposable
{
    public const string Description = "v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:a\r\n";

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<RtspMessage, NetworkStream, Task<string?>> _answer;
    private readonly Task _serving;

    /// <param name="answer">Status line and headers without CSeq, or what is to be sent in its place; null sends nothing.</param>
    /// <param name="address">Null: 127.0.0.1.</param>
    public ScriptedCamera(Func<RtspMessage, NetworkStream, Task<string?>> answer, IPAddress? address = null)
    {
        _listener = new(address ?? IPAddress.Loopback, 0);
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public ScriptedCamera(Func<RtspMessage, string?> answer) : this((request, _) => Task.FromResult(answer(request)))
    {
    }

    public List<RtspMessage> Requests { get; } = [];
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public string Url => $"rtsp://{_listener.LocalEndpoint}/cam";

    /// <summary>How a camera answers that has nothing wrong with it.</summary>
    public static string Ordinary(RtspMessage request) => request.Method switch
    {
        "OPTIONS" => "RTSP/1.0 200 OK\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER\r\n\r\n",
        "DESCRIBE" => $"RTSP/1.0 200 OK\r\nContent-Length: {Description.Length}\r\n\r\n{Description}",
        "SETUP" => $"RTSP/1.0 200 OK\r\nSession: 1;timeout=2\r\nTransport: {request.Header("Transport")}\r\n\r\n",
        _ => "RTSP/1.0 200 OK\r\nSession: 1\r\n\r\n",
    };

    /// <summary>The ordinary camera, that sends G.711 from PLAY on until the client goes, and after the first packets what a test wants once.</summary>
    public static Func<RtspMessage, NetworkStream, Task<string?>> Playing(ReadOnlyMemory<byte> interlude = default, Func<RtspMessage, string?>? answer = null, ushort first = 0) => (request, stream) =>
    {
        if (request.Method == "PLAY")
            _ = FeedAsync(stream, interlude, first);
        return Task.FromResult<string?>(answer?.Invoke(request) ?? Ordinary(request));
    };

    private static async Task FeedAsync(NetworkStream stream, ReadOnlyMemory<byte> interlude, ushort first)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            for (var sequence = first; await timer.WaitForNextTickAsync(); sequence++)
            {
                await stream.WriteAsync(AudioFrame(sequence));
                if (sequence == 50)
                    await stream.WriteAsync(interlude);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The session is over.
        }
    }

    /// <summary>An interleaved G.711 packet.</summary>
    public static byte[] AudioFrame(ushort sequence) => [(byte)'$', 0, 0, 16, 0x80, 8, (byte)(sequence >> 8), (byte)sequence, 0, 0, (byte)(sequence * 4 >> 8), (byte)(sequence * 4), 0, 0, 0, 1, 1, 2, 3, 4];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();                          // ends the accept; the listener closes behind it
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var clients = new List<Task>();
        try
        {
            while (true)
                clients.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var closing = client;
        var stream = client.GetStream();
        var waiting = Array.Empty<byte>();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, _stop.Token) is > 0 and var count)
            {
                waiting = [.. waiting, .. buffer[..count]];
                while (TryTake(ref waiting, out var request))
                {
                    if (request is null)
                        continue;
                    lock (Requests)
                        Requests.Add(request);
                    if (await _answer(request, stream) is not { } text)
                        continue;
                    var at = text.IndexOf("\r\n", StringComparison.Ordinal);
                    if (text.StartsWith("RTSP/", StringComparison.Ordinal) && !text.Contains("CSeq", StringComparison.Ordinal))
                        text = text.Insert(at + 2, $"CSeq: {request.CSeq}\r\n");
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(text), _stop.Token);
                    if (text.Length == 0)
                        return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The client has gone, or the test is over.
        }
    }

    private static bool TryTake(ref byte[] waiting, out RtspMessage? request)
    {
        request = null;
        if (!RtspFramer.TryRead(waiting, out var item, out var consumed))
            return false;
        waiting = waiting[consumed..];
        request = item.Message is { IsResponse: false } message ? message : null;
        return true;
    }
}
