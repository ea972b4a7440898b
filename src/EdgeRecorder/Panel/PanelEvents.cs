using System.Text.Json;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Panel;

/// <summary>What happens at the panel as events of the whole box, with the footage around it locked.</summary>
/// <param name="concerned">Channels whose footage is locked.</param>
internal sealed partial class PanelEvents(EventStore events, FoldedLocks locks, IRing ring, BoxClock clock, Func<IEnumerable<ChannelDefinition>> concerned, TimeProvider time, ILogger log)
{
    private const string By = "panel";

    /// <summary>Something begins; <see cref="End"/> gives it an end.</summary>
    public PanelEvent Begin(string kind, string line, TimeSpan at)
    {
        var fromUs = Boottime(at);
        return new(kind, events.Begin(null, null, kind, new(ring.BootNumber, fromUs), $"{{\"line\":\"{JsonEncodedText.Encode(line)}\"}}"), fromUs);
    }

    public void End(PanelEvent e, TimeSpan at) => events.End(e.Id, new(ring.BootNumber, Math.Max(Boottime(at), e.FromUs)));

    /// <summary>An event of one instant.</summary>
    public PanelEvent Note(string kind, string line, TimeSpan at)
    {
        var noted = Begin(kind, line, at);
        End(noted, at);
        return noted;
    }

    /// <summary>Locks what the channels recorded around the event. False when one could not be locked.</summary>
    /// <param name="until">When it ended, or has lasted to.</param>
    public bool Lock(PanelEvent e, TimeSpan before, TimeSpan until, TimeSpan after)
    {
        var (from, to) = (Utc(e.FromUs - (long)before.TotalMicroseconds), Utc(Boottime(until) + (long)after.TotalMicroseconds));
        var done = true;
        foreach (var channel in concerned())
            if (locks.Lock(channel.Number, from, to, $"panel: {e.Kind}", By) is { } refusal)
            {
                LogRefused(e.Kind, channel.Key, refusal);
                done = false;
            }
        return done;
    }

    /// <summary>The ring's clock at an instant of the monotonic one.</summary>
    private long Boottime(TimeSpan at) => clock.BoottimeUs - (long)(time.GetElapsedTime(0) - at).TotalMicroseconds;

    private DateTimeOffset Utc(long boottimeUs) => DateTimeOffset.FromUnixTimeMilliseconds(ring.ToUtcUs(boottimeUs) / 1000);

    [LoggerMessage(Level = LogLevel.Error, Message = "Panel: footage around {Kind} cannot be locked on channel {Channel}: {Reason}")]
    private partial void LogRefused(string kind, string channel, string reason);
}

internal readonly record struct PanelEvent(string Kind, long Id, long FromUs);
