using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>A stretch of time that a device has footage of.</summary>
internal readonly record struct Stretch(DateTimeOffset From, DateTimeOffset To)
{
    public TimeSpan Length => To - From;
}

/// <summary>What a device's list of recordings says, in the box's words.</summary>
internal static class StoredStretches
{
    /// <summary>Recorders close a file and open the next one within a second; more than that is a hole.</summary>
    private static readonly TimeSpan Seam = TimeSpan.FromSeconds(1);

    /// <summary>Beijing time as the standard has it, unless somebody said that this device means UTC.</summary>
    public static DateTime ToWire(DateTimeOffset instant, DeviceClock clock) => clock == DeviceClock.Utc ? instant.UtcDateTime : ManscdpTime.FromUtc(instant);

    public static DateTimeOffset FromWire(DateTime time, DeviceClock clock)
        => clock == DeviceClock.Utc ? new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), TimeSpan.Zero) : ManscdpTime.ToUtc(time);

    /// <summary>Those that overlap [from, to): devices answer with more, and with what ends before it begins.</summary>
    public static IEnumerable<StoredFootage> Of(IEnumerable<RecordItem> items, string channel, DateTimeOffset from, DateTimeOffset to, DeviceClock clock)
        => items.Select(item => new StoredFootage(channel, FromWire(item.StartTime!.Value, clock), FromWire(item.EndTime!.Value, clock), item.StreamNumber switch { 0 => "main", 1 => "sub", _ => "" },
                "", "video", item.FileSizeBytes ?? 0, item.Type.Equals("alarm", StringComparison.OrdinalIgnoreCase) ? ["alarm"] : []))
            .Where(footage => footage.To > footage.From && footage.To > from && footage.From < to);

    /// <summary>
    /// What there is of [from, to), without holes inside: each is called for by itself, since pictures say how far apart they are and not when they were taken. Files that follow one another are one.
    /// </summary>
    public static IReadOnlyList<Stretch> Within(IEnumerable<StoredFootage> footage, DateTimeOffset from, DateTimeOffset to)
    {
        List<Stretch> stretches = [];
        foreach (var file in footage.OrderBy(file => file.From))
        {
            var (begin, end) = (file.From > from ? file.From : from, file.To < to ? file.To : to);
            if (stretches is [.., var last] && begin - last.To <= Seam)
                stretches[^1] = last with { To = end > last.To ? end : last.To };
            else if (end > begin)
                stretches.Add(new(begin, end));
        }
        return stretches;
    }
}
