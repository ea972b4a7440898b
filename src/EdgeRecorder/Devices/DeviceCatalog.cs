using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices;

/// <summary>
/// All devices, whatever they speak: who they are, whether somebody approved them, and the channels that came of them. Protocols bring devices in and look
/// them up; the API approves and changes. Every member may be called from any thread; changes are durable when they return.
/// </summary>
internal sealed class DeviceCatalog(DeviceStore store, ChannelCatalog channels)
{
    /// <summary>Nobody has looked at them: what connects unasked must not fill the ledger. One more takes the place of one that has been away for a while.</summary>
    public const int MostWaiting = 256;
    public static readonly TimeSpan Away = TimeSpan.FromMinutes(15);

    private readonly Lock _changing = new();
    private volatile SortedDictionary<int, DeviceRow> _byNumber = [];
    private volatile Dictionary<(string Protocol, string Identity), DeviceRow> _byIdentity = [];

    /// <summary>Raised, outside the lock, with a device as it was and as it is; with null for one that was forgotten.</summary>
    public event Action<DeviceRow, DeviceRow?>? Changed;

    /// <summary>Raised, outside the lock, with a device that is new.</summary>
    public event Action<DeviceRow>? Added;

    /// <summary>Whether somebody authorised named a device (protocol, identity) that is not listed: it need not wait for approval.</summary>
    public Func<string, string, bool> IsWanted { get; set; } = (_, _) => false;

    /// <summary>Raised with a channel of a device that is new or changed, and with one that is gone: whoever runs channels takes it from there.</summary>
    public event Action<ChannelDefinition>? ChannelChanged, ChannelRemoved;

    /// <summary>In order of number.</summary>
    public IReadOnlyCollection<DeviceRow> All => _byNumber.Values;

    public DeviceRow? Find(string id) => _byNumber.Values.FirstOrDefault(d => d.Id == id);

    public DeviceRow? Find(int number) => _byNumber.GetValueOrDefault(number);

    public DeviceRow? Find(string protocol, string identity) => _byIdentity.GetValueOrDefault((protocol, identity));

    public IEnumerable<ChannelDefinition> ChannelsOf(DeviceRow device) => channels.All.Where(c => c.Device == device.Number);

    /// <summary>Reads the ledger, at start.</summary>
    public void Load()
    {
        lock (_changing)
            SetAll(store.All());
    }

    /// <summary>Lists a device that was not known; null when there is one of that identity, or when too many wait already.</summary>
    public DeviceRow? Add(DeviceRow row)
    {
        DeviceRow? given = null;
        DeviceRow added;
        lock (_changing)
        {
            if (_byIdentity.ContainsKey((row.Protocol, row.Identity)))
                return null;
            if (row.State == Approval.Waiting && _byNumber.Values.Where(d => d.State == Approval.Waiting).ToList() is { Count: >= MostWaiting } waiting)
            {
                given = waiting.MinBy(d => d.LastSeen);
                if (row.LastSeen - given!.LastSeen is not { } away || away < Away)
                    return null;
                store.Save(given with { Removed = true, Code = null });
                SetAll(_byNumber.Values.Where(d => d.Number != given.Number));
            }
            added = store.Save(row);
            SetAll(_byNumber.Values.Append(added));
        }
        if (given is not null)
            Changed?.Invoke(given, null);
        Added?.Invoke(added);
        return added;
    }

    /// <summary>Applies a change; null when the device is gone.</summary>
    public DeviceRow? Change(int number, Func<DeviceRow, DeviceRow> change)
    {
        DeviceRow before, after;
        lock (_changing)
        {
            if (!_byNumber.TryGetValue(number, out before!))
                return null;
            after = change(before);
            if (after == before)
                return before;
            store.Save(after);
            SetAll(_byNumber.Values.Select(d => d.Number == number ? after : d));
        }
        if (after.TwoStreams != before.TwoStreams)
            foreach (var channel in ChannelsOf(after).ToList())
                Settle(channel, row => row with { SubUrl = SubAddress(after, row.DeviceChannel!) });
        Changed?.Invoke(before, after);
        return after;
    }

    /// <summary>When devices were heard of; no event comes of it.</summary>
    public void Seen(IReadOnlyCollection<(int Number, DateTimeOffset At)> devices)
    {
        lock (_changing)
        {
            store.Seen(devices);
            var at = devices.ToDictionary(d => d.Number, d => d.At);
            SetAll(_byNumber.Values.Select(d => at.TryGetValue(d.Number, out var seen) ? d with { LastSeen = seen, FirstSeen = d.FirstSeen ?? seen } : d));
        }
    }

    /// <summary>Forgets a device: its channels stop, their footage stays. When it comes again it is a new one.</summary>
    public void Remove(DeviceRow device)
    {
        foreach (var channel in ChannelsOf(device).ToList())
        {
            channels.Remove(channel);
            ChannelRemoved?.Invoke(channel);
        }
        lock (_changing)
        {
            if (!_byNumber.TryGetValue(device.Number, out var now))
                return;
            store.Save(now with { Removed = true, Code = null });
            SetAll(_byNumber.Values.Where(d => d.Number != device.Number));
        }
        Changed?.Invoke(device, null);
    }

    /// <summary>A channel of an approved device, made when it is not there. <paramref name="record"/> null: as the device is set.</summary>
    public ChannelDefinition? Channel(DeviceRow device, string channel, string? name = null, bool? record = null)
    {
        if (ChannelsOf(device).FirstOrDefault(c => c.DeviceChannel == channel) is { } known)
            return known;
        var added = channels.AddOfDevice(Row(device, channel, name, record));
        if (added.Channel is { } made)
            ChannelChanged?.Invoke(made);
        return added.Channel;
    }

    /// <summary>Channels that an approved device declares, by what it calls them, with their names; those that are not there are made, in one transaction. Returns these.</summary>
    public IReadOnlyList<ChannelDefinition> Channels(DeviceRow device, IEnumerable<(string Channel, string? Name)> declared)
    {
        var added = channels.AddOfDevice([.. declared.Select(c => Row(device, c.Channel, c.Name, null))]);
        foreach (var channel in added)
            ChannelChanged?.Invoke(channel);
        return added;
    }

    /// <summary>Switches all channels of a device, and what later ones will do.</summary>
    public void Record(DeviceRow device, bool on)
    {
        foreach (var channel in ChannelsOf(device).ToList())
            Settle(channel, row => row with { Record = on });
    }

    private void Settle(ChannelDefinition channel, Func<ChannelRow, ChannelRow> change)
    {
        if (channels.Change(channel, change).Channel is { } changed)
            ChannelChanged?.Invoke(changed);
    }

    private static ChannelRow Row(DeviceRow device, string channel, string? name, bool? record) => new()
    {
        Key = $"{device.Identity}_{channel}", Name = name ?? $"{device.DisplayName} {channel}", Protocol = device.Protocol, Device = device.Number, DeviceChannel = channel,
        Url = Address(device, channel), SubUrl = SubAddress(device, channel), Record = record ?? device.Record,
    };

    private static string Address(DeviceRow device, string channel) => $"{device.Protocol}://{device.Identity}/{channel}";

    private static string? SubAddress(DeviceRow device, string channel) => device.TwoStreams ? $"{Address(device, channel)}/sub" : null;

    private void SetAll(IEnumerable<DeviceRow> devices)
    {
        var all = devices.ToDictionary(d => d.Number);
        (_byNumber, _byIdentity) = (new(all), all.Values.ToDictionary(d => (d.Protocol, d.Identity)));
    }
}
