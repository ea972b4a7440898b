using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices;

/// <summary>
/// Devices and channels that a recording names. Whoever may start recordings may have a terminal deliver: a start that names it is its approval, also before it comes
/// (DESIGN section 6). Only what was named records.
/// </summary>
internal sealed class WantedDevices(DeviceCatalog devices, DeviceProtocols protocols, RecordingDesk recordings)
{
    /// <summary>From a start on: devices that come are looked at, and those that are there.</summary>
    public void Start()
    {
        devices.IsWanted = (protocol, identity) => recordings.Awaited(ChannelNames.OfDevice(protocol, identity)).Count > 0;
        devices.Added += Make;
        devices.Changed += (before, after) =>
        {
            if (after is { State: Approval.Approved } && before.State != Approval.Approved)
                Make(after);
        };
        foreach (var device in devices.All)
            Make(device);
    }

    /// <summary>Somebody authorised names a device that waits for approval. Null when it was forgotten meanwhile.</summary>
    public DeviceRow? Approve(DeviceRow device)
        => device.State != Approval.Waiting ? device : devices.Change(device.Number, row => row.State == Approval.Waiting ? row with { State = Approval.Approved, Record = false } : row);

    /// <summary>The channel, made when the device has not declared it. A GB/T 28181 camera that is called like its device waits for the catalog, which knows its channel.</summary>
    public ChannelDefinition? Channel(DeviceRow device, string channel)
        => device.State == Approval.Approved && protocols.Of(device)?.IsChannel(channel) == true && channel != device.Identity ? devices.Channel(device, channel) : null;

    private void Make(DeviceRow device)
    {
        var names = ChannelNames.OfDevice(device.Protocol, device.Identity);
        foreach (var awaited in recordings.Awaited(names))
            Channel(device, awaited[names.Length..]);
    }
}
