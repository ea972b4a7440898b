using System.Collections.Concurrent;
using System.Net;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Tests.Api;

/// <summary>Devices that are there when a test says so, and do what it says.</summary>
internal sealed class FakeDevices : IDeviceProtocol
{
    public string Protocol => "jt808";
    public bool IsConnected { get; set; }
    public DeviceReport? Newest { get; set; }
    public DeviceException? Fault { get; set; }
    public ConcurrentQueue<string> Asked { get; } = new();
    public List<StoredFootage> Stored { get; } = [];
    public Func<IFootageSink, CancellationToken, Task> Bring { get; set; } = (_, _) => Task.CompletedTask;

    public string? Identity(string text) => text.Length is > 0 and <= 20 && text.All(char.IsAsciiDigit) ? text.TrimStart('0') : null;
    public bool IsChannel(string channel) => byte.TryParse(channel, out var number) && number > 0;
    public Presence? Presence(DeviceRow device) => IsConnected ? new(DateTimeOffset.UnixEpoch.AddDays(20_000), new IPEndPoint(IPAddress.Loopback, 4711), "2019") : null;
    public DeviceReport? Report(DeviceRow device) => Newest;
    public ISourceSession Connect(ChannelDefinition channel, byte stream) => throw new NotSupportedException();

    public Task MoveAsync(DeviceRow device, string channel, PtzMove move, CancellationToken stop)
    {
        Asked.Enqueue(move.Preset == 0 ? $"{channel} {move.Action} {move.Speed}" : $"{channel} {move.Action} {move.Speed} {move.Preset}");
        return Fault is null ? Task.CompletedTask : throw Fault;
    }

    public Task<IReadOnlyList<CameraPreset>> PresetsAsync(DeviceRow device, string channel, CancellationToken stop)
        => Fault is null ? Task.FromResult<IReadOnlyList<CameraPreset>>([new(1, "Gate"), new(2, "")]) : throw Fault;

    public Task CommandAsync(DeviceRow device, DeviceOrder order, CancellationToken stop)
    {
        Asked.Enqueue($"{order.Channel ?? "all"} {order.Command} {order.Preset} {order.Seconds}".TrimEnd());
        return Fault is null ? Task.CompletedTask : throw Fault;
    }

    public Task<IReadOnlyList<StoredFootage>> ListFootageAsync(DeviceRow device, string? channel, DateTimeOffset from, DateTimeOffset to, CancellationToken stop)
    {
        Asked.Enqueue($"list {channel} {from:HH:mm} {to:HH:mm}");
        return Fault is null ? Task.FromResult<IReadOnlyList<StoredFootage>>(Stored) : throw Fault;
    }

    public Task BringFootageAsync(DeviceRow device, string channel, FootageWish wish, IFootageSink sink, CancellationToken stop) => Bring(sink, stop);
}
