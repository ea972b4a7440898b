using System.Text.Json;

namespace EdgeRecorder.Simulators.Camera;

/// <summary>The answers of the commands <c>stats</c> and <c>clip</c>, each one line.</summary>
internal static class Statistics
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    public static string OfSessions(RtspServer server, string? path)
    {
        var clients = new List<object>();
        foreach (var (connection, session) in server.Sessions)
        {
            if (path is not null && path != session.Path)
                continue;
            lock (connection.Gate)
            {
                var video = session.Tracks.FirstOrDefault(t => t.Track.Format.IsVideo);
                var audio = session.Tracks.FirstOrDefault(t => !t.Track.Format.IsVideo);
                clients.Add(new
                {
                    Id = session.Number,
                    session.Path,
                    State = session.State.ToString(),
                    session.CloseReason,
                    BeganAt = double.IsNaN(session.WallOrigin) ? 0 : session.WallOrigin,
                    Transport = session.Tracks.FirstOrDefault()?.Transport is UdpTransport ? "udp" : "tcp",
                    Video = video?.UnitsSent ?? 0,
                    VideoSyncs = video?.SyncsSent ?? 0,
                    VideoDamaged = video?.UnitsDamaged ?? 0,
                    VideoBytes = video?.MediaBytes ?? 0,
                    Audio = audio?.UnitsSent ?? 0,
                    AudioBytes = audio?.MediaBytes ?? 0,
                    Packets = session.Tracks.Sum(t => t.PacketsSent),
                    PacketsDropped = session.Tracks.Sum(t => t.PacketsDropped),
                    session.WireBytes,
                    session.ReceiverReports,
                    session.LastReport.CumulativeLost,
                    session.LastReport.FractionLost,
                    session.LastReport.Jitter,
                });
            }
        }
        return JsonSerializer.Serialize(new { server.Requests, Clients = clients }, _json);
    }

    public static string OfClip(RtspServer server) => JsonSerializer.Serialize(
        new
        {
            Tracks = server.Tracks.Select(t => new
            {
                t.Format.Media,
                t.Format.Encoding,
                t.Format.ClockRate,
                Units = t.Units.Length,
                Syncs = t.Syncs.Length,
                Packets = t.Packets.Length - 1,
                MediaBytes = t.Units.Sum(u => (long)u.MediaBytes),
                Seconds = t.SecondsOf(t.Units.Length),
            }),
        },
        _json);
}
