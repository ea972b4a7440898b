using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Recording;

/// <summary>Why a change of the catalog cannot be made.</summary>
internal enum CatalogRefusal { SetInFile, KeyTaken, Invalid }

/// <summary>What came of a change: the channel, or why not.</summary>
internal readonly record struct CatalogResult(ChannelDefinition? Channel, CatalogRefusal Refusal, string Reason)
{
    public static CatalogResult Of(ChannelDefinition channel) => new(channel, default, "");
    public static CatalogResult Refused(CatalogRefusal refusal, string reason) => new(null, refusal, reason);
}

/// <summary>
/// All channels: those of the file, read-only except whether they record, and those made through the API. What the API said of `record` wins until
/// the file's value changes (DESIGN section 7). A channel gone from the file stops, and has its number and footage back when it returns.
/// </summary>
internal sealed class ChannelCatalog(ChannelStore store)
{
    private readonly Lock _changing = new();
    private volatile SortedDictionary<int, ChannelDefinition> _byNumber = [];
    private volatile Dictionary<string, ChannelDefinition> _byId = [];

    /// <summary>In order of number.</summary>
    public IReadOnlyCollection<ChannelDefinition> All => _byNumber.Values;

    public ChannelDefinition? Find(string id) => _byId.GetValueOrDefault(id);

    public ChannelDefinition? Find(int number) => _byNumber.GetValueOrDefault(number);

    /// <summary>Brings ledger and file together at start.</summary>
    public void Load(IReadOnlyList<ChannelOptions> file)
    {
        lock (_changing)
        {
            var rows = store.All();
            // The newest row of a key is the one that comes back.
            var known = rows.GroupBy(r => r.Key, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.OrderBy(r => !r.Removed).ThenBy(r => r.Number).Last(), StringComparer.OrdinalIgnoreCase);
            var named = file.Select(c => c.Key!).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var gone = rows.Where(r => r.FromFile && !r.Removed && !named.Contains(r.Key)).Select(r => r with { Removed = true });
            var fromFile = file.Select(options => Row(options, known.GetValueOrDefault(options.Key!))).ToList();
            var changed = gone.Concat(fromFile.Where(row => row.Number == 0 || row != known.GetValueOrDefault(row.Key))).ToList();
            if (changed.Count > 0)
                store.Save(changed);
            var options = file.ToDictionary(o => o.Key!, StringComparer.OrdinalIgnoreCase);
            SetAll(store.All().Where(r => !r.Removed).Select(r => Definition(r, options.GetValueOrDefault(r.Key))));
        }
    }

    /// <summary>A channel of the API. Its key is made from its name, with a number behind it when the slug is taken.</summary>
    public CatalogResult Add(ChannelRow row)
    {
        lock (_changing)
        {
            if (row.Key.Length == 0)
            {
                var slug = ConfigurationRules.Slug(row.Name);
                row = row with { Key = slug };
                for (var i = 2; IsTaken(row.Key); i++)
                    row = row with { Key = $"{slug[..Math.Min(slug.Length, 58)]}-{i}" };
            }
            if (IsTaken(row.Key))
                return CatalogResult.Refused(CatalogRefusal.KeyTaken, $"the key \"{row.Key}\" is taken");
            var channel = Definition(store.Save(row), null);
            SetAll(_byNumber.Values.Append(channel));
            return CatalogResult.Of(channel);
        }
    }

    /// <summary>A channel of a device. One that was removed and is asked for again has its number and footage back.</summary>
    public CatalogResult AddOfDevice(ChannelRow row)
    {
        lock (_changing)
        {
            if (_byNumber.Values.FirstOrDefault(c => c.Device == row.Device && c.DeviceChannel == row.DeviceChannel) is { } there)
                return CatalogResult.Of(there);
            return AddOfDevice([row]) is [var added] ? CatalogResult.Of(added) : CatalogResult.Refused(CatalogRefusal.KeyTaken, $"the key \"{row.Key}\" is taken");
        }
    }

    /// <summary>Channels of devices, all in one transaction; those that are there, or whose key is taken, are left out.</summary>
    public IReadOnlyList<ChannelDefinition> AddOfDevice(IReadOnlyList<ChannelRow> rows)
    {
        lock (_changing)
        {
            var there = _byNumber.Values.Where(c => c.Device is not null).Select(c => (c.Device, c.DeviceChannel)).ToHashSet();
            var keys = _byNumber.Values.Select(c => c.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var fresh = rows.Where(row => !there.Contains((row.Device, row.DeviceChannel)) && keys.Add(row.Key)).ToList();
            if (fresh.Count == 0)
                return [];
            var removed = store.All().Where(row => row.Removed).GroupBy(row => (row.Protocol, Key: row.Key.ToUpperInvariant())).ToDictionary(group => group.Key, group => group.Last());
            var added = store.Save([.. fresh.Select(row => removed.GetValueOrDefault((row.Protocol, row.Key.ToUpperInvariant())) is { } known ? row with { Number = known.Number, Id = known.Id } : row)])
                .Select(row => Definition(row, null)).ToList();
            SetAll(_byNumber.Values.Concat(added));
            return added;
        }
    }

    /// <summary>Applies <paramref name="change"/> to the row of a channel; one of the file takes only a change of Record.</summary>
    public CatalogResult Change(ChannelDefinition channel, Func<ChannelRow, ChannelRow> change)
    {
        lock (_changing)
        {
            var before = store.All().First(r => r.Number == channel.Number);
            var after = change(before);
            if (channel.Origin is { } origin && after with { Record = before.Record } != before)
                return CatalogResult.Refused(CatalogRefusal.SetInFile, $"set in {origin}");
            if (!string.Equals(after.Key, before.Key, StringComparison.OrdinalIgnoreCase) && IsTaken(after.Key))
                return CatalogResult.Refused(CatalogRefusal.KeyTaken, $"the key \"{after.Key}\" is taken");
            store.Save(after);
            var changed = channel.Origin is null ? Definition(after, null) : channel with { Record = after.Record };
            SetAll(_byNumber.Values.Select(c => c.Number == channel.Number ? changed : c));
            return CatalogResult.Of(changed);
        }
    }

    public CatalogResult Remove(ChannelDefinition channel)
    {
        lock (_changing)
        {
            if (channel.Origin is { } origin)
                return CatalogResult.Refused(CatalogRefusal.SetInFile, $"set in {origin}");
            store.Save(store.All().First(r => r.Number == channel.Number) with { Removed = true });
            SetAll(_byNumber.Values.Where(c => c.Number != channel.Number));
            return CatalogResult.Of(channel);
        }
    }

    private bool IsTaken(string key) => _byNumber.Values.Any(c => string.Equals(c.Key, key, StringComparison.OrdinalIgnoreCase));

    private void SetAll(IEnumerable<ChannelDefinition> channels)
    {
        var all = channels.ToDictionary(c => c.Number);
        (_byNumber, _byId) = (new(all), all.Values.ToDictionary(c => c.Id));
    }

    private static ChannelRow Row(ChannelOptions options, ChannelRow? known) => (known ?? new ChannelRow { Key = "", Name = "", Url = "" }) with
    {
        Key = options.Key!, Name = options.Name!, Url = options.Url!, SubUrl = options.SubUrl, Protocol = ProtocolOf(options.Url!),
        Record = known is { FromFile: true } && known.FileRecord == options.Record ? known.Record : options.Record,
        FileRecord = options.Record, Transport = Word(options.Transport), Audio = options.Audio, Priority = options.Priority,
        MinSize = options.Quota.MinSize?.ToString(), MaxSize = options.Quota.MaxSize?.ToString(),
        MinAgeSeconds = (long?)options.Quota.MinAge?.TotalSeconds, MaxAgeSeconds = (long?)options.Quota.MaxAge?.TotalSeconds,
        FromFile = true, Removed = false,
    };

    /// <summary>How a channel's own address is spoken to.</summary>
    public static string ProtocolOf(string address) => CameraAddress.IsOne(address) ? CameraAddress.Scheme : "rtsp";

    private static ChannelDefinition Definition(ChannelRow row, ChannelOptions? options) => new(
        row.Number, row.Id, row.Key, row.Protocol, row.Name, row.Url, row.SubUrl, row.Record, Transport(row.Transport) ?? TransportChoice.Auto, row.Audio, row.Priority,
        new ChannelQuota
        {
            MinSize = Size(row.MinSize), MaxSize = Size(row.MaxSize),
            MinAge = row.MinAgeSeconds is { } least ? TimeSpan.FromSeconds(least) : null, MaxAge = row.MaxAgeSeconds is { } most ? TimeSpan.FromSeconds(most) : null,
        },
        options?.Origin, row.Device, row.DeviceChannel);

    public static TransportChoice? Transport(string word) => word switch { "auto" => TransportChoice.Auto, "tcp" => TransportChoice.Tcp, "udp" => TransportChoice.Udp, _ => null };

    public static string Word(TransportChoice transport) => transport switch { TransportChoice.Tcp => "tcp", TransportChoice.Udp => "udp", _ => "auto" };

    private static SizeSetting? Size(string? text) => text is not null && SizeSetting.TryParse(text, out var size) ? size : null;
}
