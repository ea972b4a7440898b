using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices;

/// <summary>Where a request for a device's footage stands.</summary>
internal enum FootageState { Waiting, Running, Done, Failed, Cancelled }

/// <summary>A request for footage that a device holds, from the wish to its end.</summary>
internal sealed class FootageRequest(string id, ChannelDefinition channel, FootageWish wish, string by, DateTimeOffset asked) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public string Id => id;
    public ChannelDefinition Channel => channel;
    public FootageWish Wish => wish;
    public string By => by;
    public DateTimeOffset Asked => asked;
    public FootageState State { get; set; }

    /// <summary>Why it failed; empty when there is nothing to say.</summary>
    public string Detail { get; set; } = "";
    public FootageTake? Take { get; set; }
    public CancellationToken Stop => _stop.Token;
    public bool IsOver => State is FootageState.Done or FootageState.Failed or FootageState.Cancelled;

    /// <summary>Under the desk's lock: what ends on it ends on another thread.</summary>
    public void Cancel() => _ = _stop.CancelAsync();

    public void Dispose() => _stop.Dispose();
}

/// <summary>
/// Brings footage that devices stored into the ring, under its own time and as a stream of its own (<see cref="StreamKey.Device"/>), so that the time lines of what was
/// recorded live stay true. One request of a channel runs at a time, the others wait in their order. Requests live as long as the daemon; what they brought stays.
/// </summary>
internal sealed partial class FootageDesk(DeviceCatalog catalog, DeviceProtocols protocols, IRing ring, TimeProvider time, ILogger<FootageDesk> log) : IAsyncDisposable
{
    /// <summary>Below whatever is live: when the box is overloaded, what the device still has goes first.</summary>
    private const int Priority = -101;
    private const int Kept = 200;

    private readonly Lock _changing = new();
    private readonly List<FootageRequest> _requests = [];
    private readonly Dictionary<int, Task> _running = [];
    private bool _isClosing;

    /// <summary>Newest first.</summary>
    public IReadOnlyList<FootageRequest> Of(DeviceRow device)
    {
        lock (_changing)
            return [.. _requests.Where(r => r.Channel.Device == device.Number).Reverse()];
    }

    public FootageRequest? Find(DeviceRow device, string id) => Of(device).FirstOrDefault(r => r.Id == id);

    public FootageRequest Ask(ChannelDefinition channel, FootageWish wish, string by)
    {
        var request = new FootageRequest(OpaqueId.New(), channel, wish, by, time.GetUtcNow());
        lock (_changing)
        {
            ObjectDisposedException.ThrowIf(_isClosing, this);
            _requests.Add(request);
            if (_requests.Count > Kept && _requests.Find(r => r.IsOver) is { } oldest)
            {
                _requests.Remove(oldest);
                oldest.Dispose();
            }
            var before = _running.GetValueOrDefault(channel.Number, Task.CompletedTask);
            _running[channel.Number] = Task.Run(() => RunAsync(before, request));
        }
        return request;
    }

    /// <summary>False when it is over.</summary>
    public bool Cancel(FootageRequest request)
    {
        lock (_changing)
        {
            if (request.IsOver)
                return false;
            request.Cancel();
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_changing)
        {
            _isClosing = true;
            foreach (var request in _requests)
                if (!request.IsOver)
                    request.Cancel();
            running = [.. _running.Values];
        }
        await Task.WhenAll(running);
        lock (_changing)
            foreach (var request in _requests)
                request.Dispose();
    }

    private async Task RunAsync(Task before, FootageRequest request)
    {
        await before;
        var (state, detail) = (FootageState.Done, "");
        try
        {
            request.Stop.ThrowIfCancellationRequested();
            await BringAsync(request);
        }
        catch (OperationCanceledException) when (request.Stop.IsCancellationRequested)
        {
            state = FootageState.Cancelled;
        }
        catch (Exception e) when (e is DeviceException or SourceException or Bytes.ProtocolException or RingTooSmallException)
        {
            (state, detail) = (FootageState.Failed, e.Message);
        }
        catch (Exception e)                                 // a request ends here
        {
            LogFault(request.Channel.Number, e);
            (state, detail) = (FootageState.Failed, "a fault in the recorder; its log has the details");
        }
        lock (_changing)
            (request.State, request.Detail) = (state, detail);
        LogEnd(request.Channel.Number, request.Wish.From, request.Wish.To, state, request.Take?.Bytes ?? 0, detail);
    }

    private async Task BringAsync(FootageRequest request)
    {
        var channel = request.Channel;
        if (catalog.Find(channel.Device ?? 0) is not { } device || protocols.Of(device) is not { } protocol)
            throw new DeviceException(DeviceFault.NotConnected, "the device was forgotten");
        using var stream = ring.OpenStream(new StreamKey(channel.Number, StreamKey.Device), channel.Identity, Priority);
        using var take = new FootageTake(stream, ring, request.Wish);
        request.Take = take;
        request.State = FootageState.Running;
        await protocol.BringFootageAsync(device, channel.DeviceChannel!, request.Wish, take, request.Stop);
        if (take.Bytes == 0)
            throw new DeviceException(DeviceFault.Refused, "the device has nothing of that range");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Footage of channel {Channel} from its device, {From:O} to {To:O}: {State}, {Bytes} bytes {Detail}")]
    private partial void LogEnd(int channel, DateTimeOffset from, DateTimeOffset to, FootageState state, long bytes, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Channel {Channel}: bringing footage ended by a fault of this program")]
    private partial void LogFault(int channel, Exception e);
}

/// <summary>The protocols that devices speak here.</summary>
internal sealed class DeviceProtocols(IEnumerable<IDeviceProtocol> all)
{
    private readonly IDeviceProtocol[] _all = [.. all];

    public IDeviceProtocol? Of(DeviceRow device) => Find(device.Protocol);

    public IDeviceProtocol? Find(string protocol) => Array.Find(_all, p => p.Protocol == protocol);
}
