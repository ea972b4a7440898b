using System.Net.WebSockets;
using System.Text.Json;

namespace EdgeRecorder.Live;

/// <summary>
/// One WebSocket: sends what waits for it, as long as somebody reads and may watch. Packets go out slice by slice from the memory that all viewers share;
/// what one viewer costs is his connection's buffers.
/// </summary>
/// <param name="whyOver">Asked every few seconds: null, or why he may not watch any longer.</param>
/// <param name="abort">Cuts the connection, whatever is under way on it.</param>
internal sealed partial class WebSocketViewer(WebSocket socket, Action abort, LiveQueue queue, Func<Task<string?>> whyOver, LiveFigures figures, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>A viewer whose connection takes nothing for so long is gone, or wants to hold memory.</summary>
    public static readonly TimeSpan MostStuck = TimeSpan.FromSeconds(10);

    /// <summary>Private close codes (RFC 6455, 7.4.2), in the spirit of HTTP's.</summary>
    public const WebSocketCloseStatus SessionOver = (WebSocketCloseStatus)4401, ChannelRemoved = (WebSocketCloseStatus)4404;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private const int TicksPerAsking = 5;
    private const int MostReceived = 64 * 1024;

    private readonly CancellationTokenSource _over = new();
    private readonly byte[] _received = new byte[512];
    private (WebSocketCloseStatus Code, string Reason) _close = (WebSocketCloseStatus.NormalClosure, "");
    private long _sendingSince;
    private volatile bool _isSending;
    private int _generation;
    private int _ticks;

    /// <summary>Runs until the viewer leaves, gets stuck, may not watch any longer, or the stream ends.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var aborted = stop.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _over);
        var receiving = ReceiveAsync();
        await using (time.CreateTimer(static state => ((WebSocketViewer)state!).Tick(), this, Period, Period))
        {
            try
            {
                await SendAllAsync();
                if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                    await socket.CloseOutputAsync(_close.Code, _close.Reason, CancellationToken.None);
                await receiving.WaitAsync(MostStuck, time, CancellationToken.None);
            }
            catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or TimeoutException)
            {
                LogGone(e.Message);                         // he has gone, or was sent away for not reading
            }
            finally
            {
                if (socket.State != WebSocketState.Closed)
                    abort();
            }
        }
        await receiving;
    }

    private async Task SendAllAsync()
    {
        while (!_over.IsCancellationRequested)
        {
            LiveItem item;
            try
            {
                item = await queue.TakeAsync(_over.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (item.End is { } end)
            {
                _close = end == LiveEnd.Stopping ? (WebSocketCloseStatus.EndpointUnavailable, "the recorder stops") : (ChannelRemoved, "the channel is removed");
                return;
            }
            if (item.State is { } state)
                await SendTextAsync(JsonSerializer.SerializeToUtf8Bytes(new StateMessage("state", state.State.ToString().ToLowerInvariant(), state.Detail), LiveJson.Default.StateMessage));
            if (item.Packet is not { } packet)
                continue;
            try
            {
                await SendAsync(packet, item.SkippedBefore);
            }
            finally
            {
                packet.Release();
            }
        }
    }

    private async Task SendAsync(LivePacket packet, int skipped)
    {
        if (skipped > 0)
            await SendTextAsync(JsonSerializer.SerializeToUtf8Bytes(new SkippedMessage("skipped", skipped), LiveJson.Default.SkippedMessage));
        if (packet.Format.Generation != _generation)
        {
            await SendTextAsync(packet.Format.Message);
            await SendSliceAsync(packet.Format.Selection.Init.Bytes, WebSocketMessageType.Binary, isLast: true);
            _generation = packet.Format.Generation;
        }
        await SendSliceAsync(packet.Head, WebSocketMessageType.Binary, isLast: packet.Payloads.IsEmpty);
        for (var i = 0; i < packet.Payloads.Length; i++)
        {
            var payload = packet.Payloads[i];
            var left = payload.Length;
            foreach (var slice in payload)
            {
                left -= slice.Length;
                await SendSliceAsync(slice.Chunk.Bytes.AsMemory(slice.Offset, slice.Length), WebSocketMessageType.Binary, isLast: left == 0 && i == packet.Payloads.Length - 1);
            }
        }
        figures.Sent(packet.Length);
    }

    private ValueTask SendTextAsync(byte[] text) => SendSliceAsync(text, WebSocketMessageType.Text, isLast: true);

    private async ValueTask SendSliceAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type, bool isLast)
    {
        Volatile.Write(ref _sendingSince, time.GetTimestamp());
        _isSending = true;
        await socket.SendAsync(bytes, type, isLast ? WebSocketMessageFlags.EndOfMessage : WebSocketMessageFlags.None, CancellationToken.None);
        _isSending = false;
    }

    /// <summary>A viewer says nothing but that he leaves. Pings are answered by the socket itself.</summary>
    private async Task ReceiveAsync()
    {
        try
        {
            for (var received = 0; ;)
            {
                var result = await socket.ReceiveAsync(_received.AsMemory(), CancellationToken.None);
                received += result.Count;
                if (result.MessageType == WebSocketMessageType.Close)
                    break;
                if (received <= MostReceived)
                    continue;
                _close = (WebSocketCloseStatus.PolicyViolation, "nothing is expected here");
                await _over.CancelAsync();                  // and read on: the close is answered behind all that
                received = 0;
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            LogGone(e.Message);
        }
        finally
        {
            await _over.CancelAsync();
        }
    }

    private void Tick()
    {
        if (_isSending && time.GetElapsedTime(Volatile.Read(ref _sendingSince)) > MostStuck)
        {
            figures.FoundStuck();
            abort();
            return;
        }
        if (++_ticks % TicksPerAsking == 0)
            _ = AskAsync();
    }

    private async Task AskAsync()
    {
        try
        {
            if (await whyOver() is not { } reason)
                return;
            _close = (SessionOver, reason);
            await _over.CancelAsync();
        }
        catch (Exception e)                                 // who cannot be asked for cannot stay
        {
            LogUnknown(e);
            abort();
        }
    }

    public void Dispose() => _over.Dispose();

    [LoggerMessage(Level = LogLevel.Debug, Message = "A live viewer is gone: {Why}")]
    private partial void LogGone(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether a live viewer may still watch could not be found out")]
    private partial void LogUnknown(Exception e);
}
