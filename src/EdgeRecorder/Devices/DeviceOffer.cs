using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices;

/// <summary>Something that a device says it has: a camera, or what cameras are ordered by.</summary>
/// <param name="Channel">As the device calls it.</param>
/// <param name="Parent">Empty: none.</param>
/// <param name="IsOnline">Null where it does not say.</param>
internal sealed record OfferedChannel(string Channel, string Name, string Manufacturer, string Model, string Parent, bool? IsOnline, bool IsCamera);

/// <summary>What a device said that it has.</summary>
/// <param name="Said">How many it said there are.</param>
/// <param name="IsComplete">As many came.</param>
internal sealed record DeviceOffer(IReadOnlyList<OfferedChannel> Channels, int Said, bool IsComplete, DateTimeOffset At);

/// <summary>A kind of device that says what it has, which may be far more than becomes channels.</summary>
internal interface IOfferingProtocol
{
    string Protocol { get; }

    /// <summary>What it said last; null before.</summary>
    DeviceOffer? Offer(DeviceRow device);

    /// <summary>Asks it now.</summary>
    /// <exception cref="DeviceException">The device is not there, refuses or does not answer.</exception>
    Task<DeviceOffer> AskOfferAsync(DeviceRow device, CancellationToken stop);
}

/// <summary>What devices said that they have, whatever they speak.</summary>
internal sealed class DeviceOffers(IEnumerable<IOfferingProtocol> all)
{
    private readonly IOfferingProtocol[] _all = [.. all];

    /// <summary>Null for a kind of device that does not say.</summary>
    public IOfferingProtocol? Of(DeviceRow device) => Array.Find(_all, protocol => protocol.Protocol == device.Protocol);
}
