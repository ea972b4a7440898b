using System.Text.Json;
using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>The answers of the commands that ask, each one line of JSON.</summary>
internal static class FleetStatistics
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <summary>Everything about the chosen devices: registration, messages, streams.</summary>
    /// <param name="channel">Null = all.</param>
    public static string Of(IEnumerable<Device> devices, string? channel)
    {
        var chosen = devices.ToList();
        return JsonSerializer.Serialize(
            new
            {
                Devices = chosen.Select(d => new
                {
                    d.Id,
                    State = d.Registration.State.ToString(),
                    Port = d.Link?.IsConnected == true ? d.Link.Local.Port : 0,
                    d.Registration.Registrations,
                    d.Registration.Refreshes,
                    d.Registration.Challenges,
                    d.Registration.Failures,
                    d.Registration.OfflineBecause,
                    d.Registration.ServerDate,
                    d.Registration.Expires,
                    d.Registration.Heartbeats,
                    d.Registration.HeartbeatsAnswered,
                    d.Registration.ReplayAnswers,
                    Subscriptions = d.Subscriptions.Kinds,
                    d.Subscriptions.Renewals,
                    d.Subscriptions.Notifications,
                    d.Queries.AlarmsAnswered,
                    d.Queries.Presets,
                    d.Unanswered,
                    d.Resent,
                    d.Repeats,
                    d.Stray,
                    d.Malformed,
                    d.MalformedReasons,
                    d.Sent,
                    d.Received,
                }),
                Streams = Calls(chosen, channel).Select(c => new
                {
                    Id = c.Call.Number,
                    Device = c.Device.Id,
                    Channel = c.Call.Channel.Id,
                    Kind = c.Stream?.Kind.ToString() ?? "",
                    Call = c.Call.State.ToString(),
                    c.Call.EndedBy,
                    State = c.Stream?.State.ToString() ?? "",
                    c.Stream?.CloseReason,
                    Transport = c.Stream?.Link.Transport ?? "",
                    c.Call.Ssrc,
                    Subject = c.Call.Subject ?? "",
                    BeganAt = c.Stream?.BeganAt ?? 0,
                    Video = c.Stream?.Video?.UnitsSent ?? 0,
                    VideoSyncs = c.Stream?.Video?.SyncsSent ?? 0,
                    VideoDamaged = c.Stream?.Video?.UnitsDamaged ?? 0,
                    VideoBytes = c.Stream?.Video?.Bytes ?? 0,
                    VideoSha256 = c.Stream?.Video?.Hash,
                    Audio = c.Stream?.Audio?.UnitsSent ?? 0,
                    AudioDamaged = c.Stream?.Audio?.UnitsDamaged ?? 0,
                    AudioBytes = c.Stream?.Audio?.Bytes ?? 0,
                    AudioSha256 = c.Stream?.Audio?.Hash,
                    Packets = c.Stream?.Packets.Sent ?? 0,
                    PacketsDropped = c.Stream?.Packets.Dropped ?? 0,
                }),
            },
            _json);
    }

    /// <summary>Sums over all, cheap also for a thousand.</summary>
    public static string Totals(Fleet fleet)
    {
        var streams = fleet.Devices.SelectMany(d => d.Calls.All.Select(c => c.Stream).OfType<CallStream>()).ToList();
        return JsonSerializer.Serialize(
            new
            {
                Devices = fleet.Devices.Count,
                Online = fleet.Devices.Count(d => d.Registration.State == RegistrationState.Online),
                Registrations = fleet.Devices.Sum(d => d.Registration.Registrations),
                Failures = fleet.Devices.Sum(d => d.Registration.Failures),
                Heartbeats = fleet.Devices.Sum(d => d.Registration.Heartbeats),
                HeartbeatsAnswered = fleet.Devices.Sum(d => d.Registration.HeartbeatsAnswered),
                Malformed = fleet.Devices.Sum(d => d.Malformed),
                Stray = fleet.Devices.Sum(d => d.Stray),
                Playing = streams.Count(s => s.State == StreamState.Playing),
                Video = streams.Sum(s => s.Video?.UnitsSent ?? 0),
                VideoBytes = streams.Sum(s => s.Video?.Bytes ?? 0),
                Audio = streams.Sum(s => s.Audio?.UnitsSent ?? 0),
                AudioBytes = streams.Sum(s => s.Audio?.Bytes ?? 0),
                Packets = streams.Sum(s => s.Packets.Sent),
                PacketsDropped = streams.Sum(s => s.Packets.Dropped),
            },
            _json);
    }

    /// <summary>What the platform had the devices do, in its order: PTZ codes and the like.</summary>
    public static string Controls(IEnumerable<Device> devices) => JsonSerializer.Serialize(devices.SelectMany(d => d.Controls), _json);

    /// <summary>The units of each stream in the order in which they went out: [PTS at 90 kHz, bytes, sync, damaged, first 8 bytes of the SHA-256].</summary>
    public static string Units(IEnumerable<Device> devices, string? channel, string kind) => JsonSerializer.Serialize(
        Calls(devices, channel).Where(c => c.Stream is not null).Select(c => new
        {
            Id = c.Call.Number,
            Device = c.Device.Id,
            Channel = c.Call.Channel.Id,
            Kind = c.Stream!.Kind.ToString(),
            Units = ((kind == "audio" ? c.Stream.Audio : c.Stream.Video)?.Sent ?? []).Select(u => new object[] { u.Pts90k, u.Bytes, u.IsSync, u.IsDamaged, u.Digest }),
        }),
        _json);

    public static string Footage(IEnumerable<Device> devices) => JsonSerializer.Serialize(devices.SelectMany(d => d.Footage.Items.Select(i => new { Device = d.Id, i.Start, i.End, i.Type })), _json);

    public static string Position(IEnumerable<Device> devices) => JsonSerializer.Serialize(
        devices.Select(d => new { Device = d.Id, d.Drive.Latitude, d.Drive.Longitude, d.Drive.SpeedKmh, d.Drive.Direction }), _json);

    public static string Channels(IEnumerable<Device> devices) => JsonSerializer.Serialize(devices.SelectMany(d => d.Channels.Select(c => new { Device = d.Id, c.Id, c.Name })), _json);

    private static IEnumerable<(Device Device, Call Call, CallStream? Stream)> Calls(IEnumerable<Device> devices, string? channel)
        => devices.SelectMany(d => d.Calls.All.Where(c => channel is null || c.Channel.Id == channel).Select(c => (d, c, c.Stream)));
}
