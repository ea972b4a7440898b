using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Devices;

/// <summary>How much of the footage around an alarm is kept.</summary>
/// <param name="Longest">Of an alarm that stands on: what is locked from its beginning, before <paramref name="After"/>.</param>
internal readonly record struct AlarmMargins(TimeSpan Before, TimeSpan After, TimeSpan Longest);

/// <summary>
/// Alarms from beginning to end: a row of the ledger each, and the footage of the device's channels locked around them. Alarms that follow each other within
/// the margins share a lock, which grows. Runs on the journal's task, and so without a lock of its own.
/// </summary>
/// <param name="records">Whether a channel is recorded now.</param>
internal sealed partial class EventDesk(EventStore events, LockDesk locks, ChannelCatalog channels, Func<ChannelDefinition, bool> records, IRing ring, AlarmMargins margins, ILogger<EventDesk> log)
{
    private readonly Dictionary<(int Device, Alarm Alarm), Lasting> _lasting = [];
    private readonly FoldedLocks _locks = new(locks);

    /// <summary>An alarm begins: its kind, the channels it concerns, and when. On the journal's task.</summary>
    public event Action<string, IReadOnlyList<ChannelDefinition>, DateTimeOffset>? Began;

    /// <summary>Events begun since start.</summary>
    public long Begun { get; private set; }

    /// <summary>For a start, behind the ledger's clocks: what lasted when the daemon ended has ended.</summary>
    public void EndLeft() => events.EndLeft();

    /// <param name="boottimeUs">Of the running boot; what a device stored meanwhile lies before now.</param>
    public void Begin(DeviceRow device, Alarm alarm, long boottimeUs, string? detailJson)
    {
        var channel = alarm.Channel is { } name ? Of(device).FirstOrDefault(c => c.DeviceChannel == name) : null;
        var id = events.Begin(device.Number, channel?.Number, alarm.Kind, new(ring.BootNumber, boottimeUs), detailJson);
        Begun++;
        _lasting[(device.Number, alarm)] = new(id, boottimeUs);
        LogBegan(device.DisplayName, alarm.Kind);
        ring.SyncNow();                                     // what led to it is on the disk before whatever follows
        List<ChannelDefinition> concerned = channel is null ? [.. Of(device)] : [channel];
        foreach (var one in concerned)
            if (records(one))
                Lock(one, device, alarm, boottimeUs - Us(margins.Before), boottimeUs + Us(margins.After));
        Began?.Invoke(alarm.Kind, concerned, Utc(boottimeUs));
    }

    public void End(DeviceRow device, Alarm alarm, long boottimeUs)
    {
        if (!_lasting.Remove((device.Number, alarm), out var lasting))
            return;
        var endUs = Math.Max(boottimeUs, lasting.SinceUs);
        events.End(lasting.EventId, new(ring.BootNumber, endUs));
        var keptUs = Math.Min(endUs, lasting.SinceUs + Us(margins.Longest)) + Us(margins.After);
        foreach (var concerned in Of(device))
            if (records(concerned) && (alarm.Channel is null || alarm.Channel == concerned.DeviceChannel))
                Lock(concerned, device, alarm, lasting.SinceUs - Us(margins.Before), keptUs);
    }

    /// <summary>Something with a beginning and an end that locks nothing.</summary>
    public void Note(DeviceRow device, string kind, long fromUs, long toUs, string detailJson)
        => events.End(events.Begin(device.Number, null, kind, new(ring.BootNumber, fromUs), detailJson), new(ring.BootNumber, toUs));

    private void Lock(ChannelDefinition channel, DeviceRow device, Alarm alarm, long fromUs, long toUs)
    {
        if (_locks.Lock(channel.Number, Utc(fromUs), Utc(toUs), $"alarm: {alarm.Kind}", device.DisplayName) is { } refusal)
            LogRefused(device.DisplayName, alarm.Kind, refusal);
    }

    private IEnumerable<ChannelDefinition> Of(DeviceRow device) => channels.All.Where(c => c.Device == device.Number);

    private DateTimeOffset Utc(long boottimeUs) => DateTimeOffset.FromUnixTimeMilliseconds(ring.ToUtcUs(boottimeUs) / 1000);

    private static long Us(TimeSpan span) => (long)span.TotalMicroseconds;

    private readonly record struct Lasting(long EventId, long SinceUs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device}: alarm {Kind}")]
    private partial void LogBegan(string device, string kind);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Device}: footage around the alarm {Kind} cannot be locked: {Reason}")]
    private partial void LogRefused(string device, string kind, string reason);
}
