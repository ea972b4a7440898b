using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;

namespace EdgeRecorder.Devices;

/// <summary>A number of /metrics. Rows of one name follow each other and differ in their label.</summary>
/// <param name="Type">counter or gauge.</param>
internal readonly record struct Figure(string Name, string Type, string Help, double Value, string Label = "", string LabelValue = "");

/// <summary>What a kind of device has to say to /metrics.</summary>
internal interface IDeviceFigures
{
    IEnumerable<Figure> Read();
}

/// <summary>Vehicle terminals: signalling, media, and what became of their reports.</summary>
internal sealed class VehicleFigures(TerminalServer server, MediaHub hub, DeviceJournal journal, EventDesk events) : IDeviceFigures
{
    public IEnumerable<Figure> Read()
    {
        var (f, m) = (server.Figures, hub.Figures);
        yield return new("edge_recorder_terminals", "gauge", "Vehicle terminals that have authenticated.", server.Count);
        yield return new("edge_recorder_terminal_pending", "gauge", "Signalling connections that have not authenticated.", server.Pending);
        yield return new("edge_recorder_terminal_connections_total", "counter", "Signalling connections taken.", f.Accepted);
        yield return new("edge_recorder_terminal_messages_total", "counter", "Frames of JT/T 808.", f.Messages, "direction", "in");
        yield return new("edge_recorder_terminal_messages_total", "counter", "", f.Sent, "direction", "out");
        const string Refused = "edge_recorder_terminal_refused_total";
        yield return new(Refused, "counter", "What terminals sent and was not taken.", f.BadFrames, "why", "frame");
        yield return new(Refused, "counter", "", f.BadBodies, "why", "body");
        yield return new(Refused, "counter", "", f.Unknown, "why", "unknown");
        yield return new(Refused, "counter", "", f.Encrypted, "why", "encrypted");
        yield return new(Refused, "counter", "", f.Strangers, "why", "stranger");
        yield return new(Refused, "counter", "", f.Refusals, "why", "enrolment");
        yield return new(Refused, "counter", "", f.WrongCodes, "why", "code");
        yield return new(Refused, "counter", "", f.Throttled, "why", "throttled");
        const string Ends = "edge_recorder_terminal_ends_total";
        foreach (var end in Enum.GetValues<ConnectionEnd>())
            yield return new(Ends, "counter", "Signalling connections by how they ended.", f.Ended(end), "why", Kebab(end.ToString()));
        yield return new("edge_recorder_positions_total", "counter", "Positions written to the ledger.", journal.Written);
        yield return new("edge_recorder_device_entries_lost_total", "counter", "Positions and events that the ledger was too slow for.", journal.Lost);
        yield return new("edge_recorder_events_total", "counter", "Alarms that began.", events.Begun);
        yield return new("edge_recorder_media_connections", "gauge", "Connections that bring media of terminals.", m.Connections);
        yield return new("edge_recorder_media_streams", "gauge", "Streams asked of terminals.", m.Expected - m.Flowing, "state", "awaited");
        yield return new("edge_recorder_media_streams", "gauge", "", m.Flowing, "state", "flowing");
        yield return new("edge_recorder_media_packets_total", "counter", "Packets of JT/T 1078.", m.Packets);
        yield return new("edge_recorder_media_bytes_total", "counter", "Their bytes.", m.Bytes);
        yield return new("edge_recorder_media_packets_lost_total", "counter", "Packets that never came.", m.Lost);
        const string MediaRefused = "edge_recorder_media_refused_total";
        yield return new(MediaRefused, "counter", "Packets and datagrams that were not taken.", m.Unasked, "why", "unasked");
        yield return new(MediaRefused, "counter", "", m.Malformed, "why", "malformed");
        const string MediaClosed = "edge_recorder_media_closed_total";
        yield return new(MediaClosed, "counter", "Media connections that were closed because they brought nothing of use.", m.ClosedUnasked, "why", "unasked");
        yield return new(MediaClosed, "counter", "", m.ClosedMalformed, "why", "malformed");
        yield return new(MediaClosed, "counter", "", m.ClosedCrowded, "why", "crowded");
        yield return new("edge_recorder_media_takeovers_total", "counter", "Streams that another connection took over.", m.Takeovers);
    }

    private static string Kebab(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : $"{c}"));
}
