using EdgeRecorder.Simulators.Terminal.Media;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>What a terminal has on its own storage: items of equal length a minute apart, each showing the clip from its beginning.</summary>
internal sealed class Footage
{
    private const ulong EmergencyButton = 1;

    private readonly List<StoredItem> _items = [];

    public Footage(TerminalOptions options, IReadOnlyList<Channel> channels)
    {
        foreach (var channel in channels)
            for (var i = 0; i < options.FootageItems; i++)
            {
                var start = options.FootageStart.AddSeconds(i * (options.FootageSeconds + 60));
                var size = options.FootageSeconds * (BytesPerSecond(channel.Main) + BytesPerSecond(channel.Audio));
                // Every second item of three belongs to an alarm.
                _items.Add(new StoredItem(channel.Number, start, start.AddSeconds(options.FootageSeconds), i % 3 == 1 ? EmergencyButton : 0, 0, 1, 1, (uint)size));
            }
    }

    public IReadOnlyList<StoredItem> Items => _items;

    /// <summary>What a query of 0x9205 or 0x9201 is about: items that overlap its time and match what it names.</summary>
    public List<StoredItem> Find(byte channel, DateTime? start, DateTime? end, ulong alarm, byte stream, byte storage) => [.. _items.Where(i =>
        (channel == 0 || i.Channel == channel)
        && (start is null || i.End > start) && (end is null || i.Start < end)
        && (alarm == 0 || (i.Alarm & alarm) != 0)
        && (stream == 0 || i.Stream == stream) && (storage == 0 || i.Storage == storage))];

    /// <summary>The stretches that a playback of these items shows, in the order of time.</summary>
    public static List<FootageRun> Runs(IEnumerable<StoredItem> items, DateTime? start, DateTime? end) => [.. items.OrderBy(i => i.Start).Select(i => new FootageRun(
        new DateTimeOffset(i.Start, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds(),
        Math.Max(0, ((start ?? i.Start) - i.Start).TotalSeconds),
        Math.Min((i.End - i.Start).TotalSeconds, ((end ?? i.End) - i.Start).TotalSeconds)))];

    private static double BytesPerSecond(MediaTrack? track)
        => track is null ? 0 : track.Elementary.Length / track.SecondsOf(track.Units.Length);
}

/// <summary>A channel of a terminal and what it shows.</summary>
internal sealed record Channel(byte Number, MediaTrack? Main, MediaTrack? Sub, MediaTrack? Audio);
