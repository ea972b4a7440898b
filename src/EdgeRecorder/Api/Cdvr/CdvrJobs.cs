using System.Text;
using System.Text.Json;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>What came of a start or a stop. <paramref name="Job"/> is null where there is none.</summary>
internal readonly record struct CdvrOutcome(int Result, string Note, RecordingRow? Job = null)
{
    public const int Done = 0, Partial = 2, Unacceptable = -1, Limit = -2, Unknown = -3, Fault = -1000;
    public const string Success = "success", Already = "already recording", Armed = "armed", NotRecording = "not recording", Again = "partial";
}

/// <summary>Starts and stops of the family: recordings of owner cdvr, one per channel. Devices that are not there yet are awaited.</summary>
internal sealed class CdvrJobs(
    RecorderOptions options, RecordingDesk desk, ChannelCatalog catalog, DeviceCatalog devices, DeviceProtocols protocols, WantedDevices wanted, IRecorder recorder)
{
    public const string Owner = "cdvr";
    private const int LongestTag = 256;

    /// <summary>What a stop waits for files to be closed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CdvrOptions _options = options.Api.Cdvr;
    private readonly ChannelNames _names = new(catalog);
    private readonly Lock _arming = new();

    public async Task<CdvrOutcome> StartAsync(CdvrDevice named, string cTags, string by)
    {
        if (Encoding.UTF8.GetByteCount(cTags) > LongestTag || _options.RequiredCTags.Count > 0 && !_options.RequiredCTags.Contains(cTags))
            return new(CdvrOutcome.Unacceptable, "invalid CTags");
        var device = Find(named);
        if (device is { State: Approval.Refused })
            return new(CdvrOutcome.Unknown, "not found");
        var isNew = named.Protocol == CdvrDevice.Rtsp ? catalog.All.All(channel => channel.Key != named.Identity) : device is null;
        if (isNew && _options.UnknownDevice == "reject")
            return new(CdvrOutcome.Unknown, "not found");
        if (device is not null && wanted.Approve(device) is { } approved)
            wanted.Channel(approved, named.Channel);
        var channel = _names.Find(named.Name);
        if (named.Stream == 1 && channel is { SubUrl: null })
            return new(CdvrOutcome.Unacceptable, "invalid Channel");
        var wish = new RecordingWish
        {
            Owner = Owner, ExternalId = (channel is null ? named : named with { Channel = channel.DeviceChannel ?? named.Channel }).ExternalId, Channels = channel is null ? [] : [channel.Number],
            Awaits = channel is null ? named.Name : "", Stream = named.Stream, By = by,
            Plan = JsonSerializer.Serialize(new CdvrPlan(named.Protocol, named.Sim, named.Channel, cTags), CdvrJson.Plain.CdvrPlan),
        };
        return channel is null ? Arm(wish) : await BeginAsync(wish, () => IsThere(channel, device));
    }

    public async Task<CdvrOutcome> StopAsync(CdvrDevice named)
    {
        var channel = _names.Find(named.Name);
        var job = desk.Find(Owner, named.ExternalId) ?? (channel?.DeviceChannel is { } known ? desk.Find(Owner, (named with { Channel = known }).ExternalId) : null);
        return job is not null && await desk.StopAsync(job.Id, Patience) is { } stopped ? new(CdvrOutcome.Done, CdvrOutcome.Success, stopped) : new(CdvrOutcome.Done, CdvrOutcome.NotRecording);
    }

    /// <summary>Channels of a device that the family records.</summary>
    public IReadOnlyList<string> ChannelsOf(CdvrDevice device)
        => [.. desk.Of(Owner).Where(job => job.ExternalId.StartsWith(device.ExternalIdOfDevice, StringComparison.Ordinal)).Select(job => job.ExternalId[device.ExternalIdOfDevice.Length..])];

    private DeviceRow? Find(CdvrDevice named) => named.Protocol == CdvrDevice.Rtsp ? null : devices.Find(named.ProtocolName, named.Identity);

    /// <summary>Waits for a channel, unless too many do; what waits already goes on waiting.</summary>
    private CdvrOutcome Arm(RecordingWish wish)
    {
        lock (_arming)
        {
            if (desk.Find(Owner, wish.ExternalId) is null && desk.Of(Owner).Count(job => job.Channels.Count == 0) >= _options.MaxArmed)
                return new(CdvrOutcome.Limit, "over limit");
            var job = desk.Start(wish, out var created);
            return new(CdvrOutcome.Done, created ? CdvrOutcome.Armed : CdvrOutcome.Already, job);
        }
    }

    private async Task<CdvrOutcome> BeginAsync(RecordingWish wish, Func<bool> isThere)
    {
        var job = desk.Start(wish, out var created);
        if (!created && job.State == RecordingState.Stopping)
        {
            await desk.StopAsync(job.Id, Patience);         // it ends first; then this is a job of its own
            job = desk.Start(wish, out created);
        }
        if (!created)
            return new(CdvrOutcome.Done, CdvrOutcome.Already, job);
        if (job.State != RecordingState.Error)
            return new(CdvrOutcome.Done, isThere() ? CdvrOutcome.Success : CdvrOutcome.Armed, job);
        await desk.StopAsync(job.Id, Patience);             // the ring has no place for the channel
        return new(CdvrOutcome.Limit, "no space");
    }

    /// <summary>Whether media can come now; nothing is waited for.</summary>
    private bool IsThere(ChannelDefinition channel, DeviceRow? device)
        => device is not null && protocols.Of(device)?.Presence(device) is not null
            || recorder.Status(new(channel.Number, 0)) is { State: ChannelState.Recording or ChannelState.Live } || channel.Device is null && recorder.Status(new(channel.Number, 0)) is { State: ChannelState.Connecting };
}
