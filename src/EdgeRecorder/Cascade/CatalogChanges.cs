using EdgeRecorder.Gb28181.Manscdp;

namespace EdgeRecorder.Cascade;

/// <summary>What has become of the catalog since somebody was told: found by looking again, so that whatever changes a channel need not know that anybody above listens.</summary>
internal sealed class CatalogChanges(Func<IReadOnlyList<CatalogItem>> catalog)
{
    private Dictionary<string, CatalogItem> _told = [];

    /// <summary>For a subscription that begins: what is not online (GB/T 28181-2022, 9.11). The rest the platform has from its query.</summary>
    public IReadOnlyList<CatalogItem> Begin()
    {
        var now = catalog();
        _told = now.ToDictionary(item => item.DeviceId);
        return [.. now.Where(item => item.IsOnline == false).Select(StateOf)];
    }

    /// <summary>Since the last time; only entries that are new or otherwise than before are told in full.</summary>
    public IReadOnlyList<CatalogItem> Next()
    {
        var now = catalog().ToDictionary(item => item.DeviceId);
        List<CatalogItem> changes = [.. _told.Keys.Where(id => !now.ContainsKey(id)).Select(id => new CatalogItem(id) { Event = "DEL" })];
        foreach (var (id, item) in now)
            if (!_told.TryGetValue(id, out var before))
                changes.Add(item with { Event = "ADD" });
            else if (before with { IsOnline = item.IsOnline } != item)
                changes.Add(item with { Event = "UPDATE" });
            else if (before.IsOnline != item.IsOnline)
                changes.Add(StateOf(item));
        _told = now;
        return changes;
    }

    private static CatalogItem StateOf(CatalogItem item) => new(item.DeviceId) { Event = item.IsOnline == false ? "OFF" : "ON" };
}
