using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>A channel as it is to be run: the file's or the API's, with the ledger's number and id.</summary>
/// <param name="Url">With credentials; never logged, never shown.</param>
/// <param name="Record">What file or API say; recordings may ask for more.</param>
/// <param name="Origin">Where the file names it; null when it was made through the API.</param>
/// <param name="Device">Number of the device it belongs to, and what that calls it; null: it has an address of its own.</param>
internal sealed record ChannelDefinition(
    int Number, string Id, string Key, string Protocol, string Name, string Url, string? SubUrl, bool Record,
    TransportChoice Transport, bool Audio, int Priority, ChannelQuota Quota, Origin? Origin,
    int? Device = null, string? DeviceChannel = null)
{
    public ChannelIdentity Identity => new(Number, Id, Key, Name, SourceAddress.WithoutCredentials(Url));
}
