using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Schedules;

/// <summary>
/// Footage around events, locked on channels that a schedule records for them. While an event lasts its lock grows with every look, so that a power cut costs little of it. One caller at a time.
/// </summary>
/// <param name="locks">Whose maker is <see cref="By"/>.</param>
internal sealed partial class EventLocks(LockDesk locks, ChannelCatalog catalog, IRing ring, IStorageStatus storage, ILogger log)
{
    public const string By = "schedule";

    /// <summary>An alarm that stands on is no event any more: it would fill the pool.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Of the event pool: above it the oldest of ours go, so that there is room for locks of people, alarms and the panel.</summary>
    private const double Crowded = 0.75;

    /// <summary>States, not alarms; a schedule may name them.</summary>
    private static readonly string[] Quiet = ["ignition-off", "passengers"];

    private readonly LockDesk _desk = locks;
    private readonly FoldedLocks _folded = new(locks);
    private readonly Dictionary<long, BegunEvent> _lasting = [];
    private readonly List<Range> _refused = [];
    private IReadOnlyList<Watch> _watched = [];

    /// <summary>What records for events from now on. Events that last already are among them.</summary>
    public void Set(IReadOnlyList<Watch> watched) => _watched = watched;

    public void Begin(BegunEvent e)
    {
        _lasting[e.Id] = e;
        Lock(e, e.At.BoottimeUs);
    }

    public void End(long id, BootInstant at)
    {
        if (_lasting.Remove(id, out var e))
            Lock(e, Math.Max(e.At.BoottimeUs, at.BoottimeUs));
    }

    /// <summary>What lasts is locked up to now; what was refused is tried again, as long as pre-roll is spared; and room is made.</summary>
    public void Look(long boottimeUs)
    {
        foreach (var (id, e) in _lasting.ToList())
            if (boottimeUs - e.At.BoottimeUs > Longest.TotalMicroseconds)
                _lasting.Remove(id);
            else
                Lock(e, boottimeUs);
        if (storage.Figures().EventPoolUse > Crowded)
            _desk.ReleaseOldest(By);
        var again = _refused.ToList();
        _refused.Clear();
        foreach (var range in again)
            if (boottimeUs - range.ToUs < RingOptions.PreRollKept.TotalMicroseconds)
                Lock(range);
    }

    private void Lock(BegunEvent e, long untilUs)
    {
        untilUs = Math.Min(untilUs, e.At.BoottimeUs + (long)Longest.TotalMicroseconds);
        foreach (var channel in Concerned(e))
        {
            var watching = _watched.Where(watch => watch.Channels.Contains(channel.Number) && Matches(watch.Schedule, e.Kind)).Select(watch => watch.Schedule).ToList();
            if (watching.Count > 0)
                Lock(new(channel, e.Kind, e.At.BoottimeUs - (long)watching.Max(s => s.Before).TotalMicroseconds, untilUs + (long)watching.Max(s => s.After).TotalMicroseconds));
        }
    }

    private void Lock(Range range)
    {
        if (_folded.Lock(range.Channel.Number, Utc(range.FromUs), Utc(range.ToUs), $"event: {range.Kind}", By) is not { } refusal)
            return;
        _refused.RemoveAll(other => other.Channel.Number == range.Channel.Number && other.FromUs == range.FromUs);       // it lasts, and reaches further now
        _refused.Add(range);
        LogRefused(range.Channel.Key, range.Kind, refusal);
    }

    private IEnumerable<ChannelDefinition> Concerned(BegunEvent e)
        => e.ChannelNumber is { } number ? catalog.Find(number) is { } one ? [one] : [] : catalog.All.Where(channel => e.DeviceNumber is null || channel.Device == e.DeviceNumber);

    private static bool Matches(ScheduleRow schedule, string kind) => schedule.Kinds.Count == 0 ? !Quiet.Contains(kind) : schedule.Kinds.Contains(kind);

    private DateTimeOffset Utc(long boottimeUs) => DateTimeOffset.FromUnixTimeMilliseconds(ring.ToUtcUs(boottimeUs) / 1000);

    /// <summary>A schedule that records for events now, and the channels it does that on.</summary>
    internal readonly record struct Watch(ScheduleRow Schedule, IReadOnlySet<int> Channels);

    private readonly record struct Range(ChannelDefinition Channel, string Kind, long FromUs, long ToUs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Schedules: footage around {Kind} cannot be locked on channel {Channel}, it is tried again: {Reason}")]
    private partial void LogRefused(string channel, string kind, string reason);
}
