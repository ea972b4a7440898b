using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>A file in the device's store; Beijing time.</summary>
internal sealed record StoredItem(DateTime Start, DateTime End, string Type);

/// <summary>What a device has stored of each channel: stretches of time, cut into items that each show the clip from its beginning, round and round.</summary>
internal sealed class Footage
{
    private static readonly TimeSpan _zone = TimeSpan.FromHours(8);

    private readonly List<StoredItem> _items = [];

    public Footage(IEnumerable<(DateTime From, DateTime To)> stretches, double itemSeconds)
    {
        foreach (var (from, to) in stretches)
            for (var start = from; start < to; start = start.AddSeconds(itemSeconds))
                // Every third item belongs to an alarm.
                _items.Add(new StoredItem(start, start.AddSeconds(itemSeconds) is var end && end < to ? end : to, _items.Count % 3 == 2 ? "alarm" : "time"));
    }

    public IReadOnlyList<StoredItem> Items => _items;

    public static DateTime Beijing(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToOffset(_zone).DateTime;

    public static DateTime Now() => DateTime.UtcNow + _zone;

    /// <param name="type">time, alarm, manual, or all.</param>
    public List<StoredItem> Find(DateTime? from, DateTime? to, string type = "all")
        => [.. _items.Where(i => (from is null || i.End > from) && (to is null || i.Start < to) && (type == "all" || i.Type == type))];

    /// <summary>The stretches that a playback of that time shows.</summary>
    /// <param name="start">What its timestamps count from.</param>
    public List<FootageRun> Runs(DateTime start, DateTime from, DateTime to) => [.. Find(from, to).Select(i => new FootageRun(
        (i.Start - start).TotalSeconds,
        Math.Max(0, (from - i.Start).TotalSeconds),
        Math.Min((i.End - i.Start).TotalSeconds, (to - i.Start).TotalSeconds)))];
}
