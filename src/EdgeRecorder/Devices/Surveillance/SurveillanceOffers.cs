using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Catalogs, for the API.</summary>
internal sealed class SurveillanceOffers(SurveillanceDevices devices) : IOfferingProtocol
{
    public string Protocol => SurveillanceDevices.Name;

    public DeviceOffer? Offer(DeviceRow device) => devices.Of(device).Offer;

    public Task<DeviceOffer> AskOfferAsync(DeviceRow device, CancellationToken stop) => devices.AskCatalogAsync(device, stop);
}
