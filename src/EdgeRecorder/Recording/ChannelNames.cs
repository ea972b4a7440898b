using EdgeRecorder.Configuration;

namespace EdgeRecorder.Recording;

/// <summary>
/// What a recording calls a channel that is not there yet: <c>jt808/13912345678/1</c>, <c>gb28181/{device}/{channel}</c>, <c>rtsp/{key}</c>, or <c>stream/{name}</c> where a
/// family knows streams by name only.
/// </summary>
internal sealed class ChannelNames(ChannelCatalog catalog)
{
    private const string Streams = "stream";

    public static string OfDevice(string protocol, string identity, string channel) => $"{protocol}/{identity}/{channel}";

    /// <summary>The beginning that all channels of a device share.</summary>
    public static string OfDevice(string protocol, string identity) => $"{protocol}/{identity}/";

    public static string OfKey(string protocol, string key) => $"{protocol}/{key}";

    public static string OfStream(string name) => $"{Streams}/{name}";

    /// <summary>The channel that is known by the name; null while there is none.</summary>
    public ChannelDefinition? Find(string name) => name.Split('/', 3) switch
    {
        [Streams, var stream] => OfKey(stream),
        // rtsp stands for whatever has an address of its own: who names a camera of the box so knows it by its key.
        [var protocol, var key] => OfKey(key) is { } channel && (channel.Protocol == protocol || channel.Protocol == CameraAddress.Scheme && protocol == "rtsp") ? channel : null,
        [var protocol, var device, var channel] => OfDeviceChannel(protocol, device, channel),
        _ => null,
    };

    private ChannelDefinition? OfKey(string key) => catalog.All.FirstOrDefault(channel => channel.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>A channel that is called like its device is the device's only one (GB/T 28181 cameras are often addressed so).</summary>
    private ChannelDefinition? OfDeviceChannel(string protocol, string device, string channel)
    {
        var all = catalog.All.Where(one => one.Protocol == protocol && one.Key.Length > device.Length && one.Key[device.Length] == '_' && one.Key.StartsWith(device, StringComparison.Ordinal)).ToList();
        return all.Find(one => one.DeviceChannel == channel) ?? (channel == device && all is [var only] ? only : null);
    }
}
