using System.Text.Json;
using EdgeRecorder.Simulators.Terminal.Media;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>The answers of the commands that ask, each one line of JSON.</summary>
internal static class FleetStatistics
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <summary>Everything about the chosen terminals: login, messages, streams.</summary>
    public static string Of(IEnumerable<VehicleTerminal> terminals, byte? channel)
    {
        var chosen = terminals.ToList();
        return JsonSerializer.Serialize(
            new
            {
                Terminals = chosen.Select(t => new
                {
                    t.Sim,
                    State = t.State.ToString(),
                    t.Registration.Plate,
                    t.Connects,
                    t.Logins,
                    t.OfflineBecause,
                    Positions = t.Positions.Sent,
                    PositionsStored = t.Positions.Stored,
                    t.Unanswered,
                    t.Stray,
                    t.Malformed,
                    t.MalformedReasons,
                    Sent = t.SentCounts,
                    Received = t.ReceivedCounts,
                }),
                Streams = chosen.SelectMany(t => t.Desk.All.Where(s => channel is null || s.Channel == channel).Select(s => new
                {
                    Id = s.Number,
                    t.Sim,
                    s.Channel,
                    Kind = s.Kind.ToString(),
                    State = s.State.ToString(),
                    s.CloseReason,
                    s.Link.Transport,
                    s.BeganAt,
                    Video = s.Video?.UnitsSent ?? 0,
                    VideoSyncs = s.Video?.SyncsSent ?? 0,
                    VideoDamaged = s.Video?.UnitsDamaged ?? 0,
                    VideoBytes = s.Video?.Bytes ?? 0,
                    VideoSha256 = s.VideoHash,
                    Audio = s.Audio?.UnitsSent ?? 0,
                    AudioBytes = s.Audio?.Bytes ?? 0,
                    AudioSha256 = s.AudioHash,
                    Packets = s.PacketsSent,
                    s.PacketsDropped,
                })),
            },
            _json);
    }

    /// <summary>Sums over all, cheap also for a thousand.</summary>
    public static string Totals(Fleet fleet)
    {
        var streams = fleet.Terminals.SelectMany(t => t.Desk.All).ToList();
        return JsonSerializer.Serialize(
            new
            {
                Terminals = fleet.Terminals.Count,
                Online = fleet.Terminals.Count(t => t.State == LoginState.Online),
                Logins = fleet.Terminals.Sum(t => t.Logins),
                Positions = fleet.Terminals.Sum(t => t.Positions.Sent),
                Malformed = fleet.Terminals.Sum(t => t.Malformed),
                Stray = fleet.Terminals.Sum(t => t.Stray),
                Playing = streams.Count(s => s.State == StreamState.Playing),
                Video = streams.Sum(s => s.Video?.UnitsSent ?? 0),
                VideoBytes = streams.Sum(s => s.Video?.Bytes ?? 0),
                Audio = streams.Sum(s => s.Audio?.UnitsSent ?? 0),
                AudioBytes = streams.Sum(s => s.Audio?.Bytes ?? 0),
                Packets = streams.Sum(s => s.PacketsSent),
                PacketsDropped = streams.Sum(s => s.PacketsDropped),
            },
            _json);
    }

    /// <summary>What the platform said, in its order.</summary>
    public static string Commands(IEnumerable<VehicleTerminal> terminals) => JsonSerializer.Serialize(
        terminals.SelectMany(t => t.Received.Select(r => new { t.Sim, r.At, r.Id, r.Serial, Name = r.Message.GetType().Name, r.Message })), _json);

    /// <summary>The units of each stream in the order in which they went out: [timestamp ms, bytes, sync, damaged, first 8 bytes of the SHA-256].</summary>
    public static string Units(IEnumerable<VehicleTerminal> terminals, byte? channel, string kind) => JsonSerializer.Serialize(
        terminals.SelectMany(t => t.Desk.All.Where(s => channel is null || s.Channel == channel).Select(s => new
        {
            Id = s.Number,
            t.Sim,
            s.Channel,
            Kind = s.Kind.ToString(),
            Units = ((kind == "audio" ? s.Audio : s.Video)?.Sent ?? []).Select(u => new object[] { u.TimestampMs, u.Bytes, u.IsSync, u.IsDamaged, u.Digest }),
        })),
        _json);

    public static string Footage(IEnumerable<VehicleTerminal> terminals) => JsonSerializer.Serialize(
        terminals.SelectMany(t => t.Footage.Items.Select(i => new { t.Sim, Item = i })), _json);

    public static string Position(IEnumerable<VehicleTerminal> terminals) => JsonSerializer.Serialize(
        terminals.Select(t =>
        {
            var now = t.Positions.Current(t.Faults);
            return new { t.Sim, Latitude = now.Latitude / 1e6, Longitude = now.Longitude / 1e6, SpeedKmh = now.SpeedTenths / 10.0, now.Direction, now.Time, now.Alarm };
        }),
        _json);
}
