using System.Collections.Concurrent;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>What the API asks of surveillance devices, as GB/T 28181 says it.</summary>
internal sealed class SurveillanceProtocol(SurveillanceDevices devices, DeviceCatalog catalog, SurveillanceCalls calls, ILogger<CallSession> log) : IDeviceProtocol
{
    /// <summary>Of people that control a camera at the same time; what platforms send by custom.</summary>
    private const int Priority = 5;

    private readonly ConcurrentDictionary<(int Device, string Channel), bool> _lenses = [];

    public string Protocol => SurveillanceDevices.Name;

    public string? Identity(string text) => Registrar.IsId(text) ? text : null;

    /// <summary>Any 20 digits: catalogs are stale, and real devices use types of their own.</summary>
    public bool IsChannel(string channel) => Registrar.IsId(channel);

    public Presence? Presence(DeviceRow device) => devices.Of(device) is { Flow: { } flow } present ? new(present.Since, flow.Remote, present.Edition) : null;

    public DeviceReport? Report(DeviceRow device) => devices.Of(device).Report;

    public ISourceSession Connect(ChannelDefinition channel, byte stream)
        => catalog.Find(channel.Device ?? 0) is { } row ? new CallSession(calls, devices.Of(row), channel, stream, log) : throw new SourceException(GapReason.Offline, "the device was forgotten");

    public async Task MoveAsync(DeviceRow device, string channel, PtzMove move, CancellationToken stop)
    {
        var there = Require(device);
        var lensRuns = move.Action == PtzAction.Stop && _lenses.TryRemove((device.Number, channel), out _);
        foreach (var code in PtzCodes.Of(move, lensRuns))
            await there.TellAsync(new DeviceControl { DeviceId = channel, Ptz = code, Priority = Priority }, stop);
        if (PtzCodes.IsLens(move.Action))
            _lenses[(device.Number, channel)] = true;
    }

    public async Task<IReadOnlyList<CameraPreset>> PresetsAsync(DeviceRow device, string channel, CancellationToken stop)
    {
        var presets = await Require(device).AskListAsync<Preset>(new PlainQuery("PresetQuery") { DeviceId = channel },
            document => document is PresetResponse response ? new(response.Presets.Count, response.Presets, 0) : null, preset => preset.Id, stop);
        return [.. presets.OrderBy(preset => preset.Id).Select(preset => new CameraPreset(preset.Id, preset.Name))];
    }

    public async Task CommandAsync(DeviceRow device, DeviceOrder order, CancellationToken stop)
    {
        var there = Require(device);
        var control = Control(order) with { DeviceId = order.Channel ?? device.Identity };
        if (!control.IsAnswered)
            await there.TellAsync(control, stop);
        else if (await there.AskAsync(control, stop) is ResultResponse { IsOk: false })
            throw new DeviceException(DeviceFault.Refused, "the device answered ERROR");
    }

    public async Task<IReadOnlyList<StoredFootage>> ListFootageAsync(DeviceRow device, string? channel, DateTimeOffset from, DateTimeOffset to, CancellationToken stop)
    {
        if (channel is not null)
            return await ListAsync(device, channel, from, to, stop);
        Require(device);
        List<StoredFootage> all = [];
        foreach (var name in catalog.ChannelsOf(device).Select(known => known.DeviceChannel!).ToList())
            all.AddRange(await ListAsync(device, name, from, to, stop));
        return [.. all.OrderBy(footage => footage.From).ThenBy(footage => footage.Channel, StringComparer.Ordinal)];
    }

    /// <summary>A device that keeps no list is asked for the whole range: some play what they do not name.</summary>
    public async Task BringFootageAsync(DeviceRow device, string channel, FootageWish wish, IFootageSink sink, CancellationToken stop)
    {
        IReadOnlyList<Stretch> stretches;
        try
        {
            var stored = await ListAsync(device, channel, wish.From, wish.To, stop);
            var streams = stored.Where(footage => footage.Stream != (wish.Stream == 0 ? "sub" : "main"));
            stretches = StoredStretches.Within(streams, wish.From, wish.To);
        }
        catch (DeviceException e) when (e.Fault is DeviceFault.Silent or DeviceFault.Refused)
        {
            stretches = [new(wish.From, wish.To)];
        }
        await new SurveillancePlayback(calls, Require(device), device, channel, wish, sink).RunAsync(stretches, stop);
    }

    private async Task<IReadOnlyList<StoredFootage>> ListAsync(DeviceRow device, string channel, DateTimeOffset from, DateTimeOffset to, CancellationToken stop)
    {
        var query = new RecordInfoQuery(StoredStretches.ToWire(from, device.Clock), StoredStretches.ToWire(to, device.Clock)) { DeviceId = channel };
        var items = await Require(device).AskListAsync<RecordItem>(query, document => (document as RecordInfoResponse)?.Part, item => item.Key, stop);
        return [.. StoredStretches.Of(items, channel, from, to, device.Clock).OrderBy(footage => footage.From)];
    }

    private SurveillanceDevice Require(DeviceRow device)
    {
        if (device.State != Approval.Approved)
            throw new DeviceException(DeviceFault.NotApproved, "the device is not approved");
        return devices.Of(device) is { Flow: not null } there ? there : throw new DeviceException(DeviceFault.NotConnected, "the device is not connected");
    }

    private static DeviceControl Control(DeviceOrder order) => order.Command switch
    {
        DeviceCommand.RecordStart => new() { Record = true },
        DeviceCommand.RecordStop => new() { Record = false },
        DeviceCommand.Arm => new() { Guard = true },
        DeviceCommand.Disarm => new() { Guard = false },
        DeviceCommand.ResetAlarm => new() { ResetsAlarm = true },
        DeviceCommand.HomeOn => new() { Home = new(true, order.Seconds, order.Preset) },
        DeviceCommand.HomeOff => new() { Home = new(false, null, null) },
        DeviceCommand.SyncSample => new() { AsksForSyncSample = true },
        _ => new() { Reboots = true },
    };
}
