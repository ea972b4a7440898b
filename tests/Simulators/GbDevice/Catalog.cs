using EdgeRecorder.Simulators.GbDevice.Messages;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>What a device lists: its channels, then as many further entries as it is to have.</summary>
internal static class Catalog
{
    /// <summary>Every so many-th further entry is a region, a business group, an alarm input or an organisation instead of a camera.</summary>
    private const int OtherEvery = 10;

    private static readonly string[] _otherTypes = ["", "215", "134", "216"];

    public static IEnumerable<Action<DocumentText>> Items(Device device)
    {
        var options = device.Options;
        foreach (var channel in device.Channels)
            yield return document => Item(document, device, channel.Id, channel.Name, isOn: true, isCamera: true);
        for (var i = device.Channels.Count; i < options.CatalogEntries; i++)
        {
            var n = i;
            yield return document =>
            {
                var isOther = options.MixedCatalog && n % OtherEvery == 0;
                var id = options.FurtherId(device.Number, n);
                if (isOther)
                    id = _otherTypes[n / OtherEvery % _otherTypes.Length] is { Length: > 0 } type ? id[..10] + type + id[13..] : id[..6];
                Item(document, device, id, options.ChannelName(n), isOn: n % 3 != 0, isCamera: !isOther);
            };
        }
    }

    public static void Item(DocumentText document, Device device, string id, string name, bool isOn, bool isCamera) => document.Open("Item")
        .Field("DeviceID", id).Field("Name", name).Field("Manufacturer", "EdgeRecorder").Field("Model", "GB simulator").Field("Owner", "Owner")
        .Field("CivilCode", device.Id[..6]).Field("Address", "Address").Field("Parental", isCamera ? 0 : 1).Field("ParentID", device.Id)
        .Field("SafetyWay", 0).Field("RegisterWay", 1).Field("Secrecy", 0).Field("Status", isOn ? "ON" : "OFF")
        .Open("Info").Field("PTZType", isCamera ? "1" : "").Field("StreamNumberList", "0/1").Close("Info")
        .Close("Item");
}
