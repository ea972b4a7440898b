using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Surveillance devices: who is there, what the SIP end bears, and their media.</summary>
internal sealed class SurveillanceFigures(SurveillanceDevices devices, MediaReception reception) : IDeviceFigures
{
    public IEnumerable<Figure> Read()
    {
        var m = reception.Figures;
        var (sip, f) = (devices.Endpoint, devices.Endpoint.Figures);
        yield return new("edge_recorder_gb_devices", "gauge", "Surveillance devices that are registered and heard.", devices.Present);
        yield return new("edge_recorder_gb_subscriptions", "gauge", "Subscriptions that devices confirmed.", devices.Subscriptions);
        yield return new("edge_recorder_sip_messages_total", "counter", "SIP messages.", f.Received, "direction", "in");
        yield return new("edge_recorder_sip_messages_total", "counter", "", f.Sent, "direction", "out");
        yield return new("edge_recorder_sip_repeats_total", "counter", "SIP messages that were sent again.", f.Repeats, "direction", "in");
        yield return new("edge_recorder_sip_repeats_total", "counter", "", f.Resent, "direction", "out");
        yield return new("edge_recorder_sip_timeouts_total", "counter", "Requests that nobody answered.", f.Timeouts);
        yield return new("edge_recorder_sip_connections", "gauge", "SIP connections over TCP.", sip.Connections - sip.UnknownConnections, "state", "known");
        yield return new("edge_recorder_sip_connections", "gauge", "", sip.UnknownConnections, "state", "unknown");
        yield return new("edge_recorder_sip_transactions", "gauge", "Requests that wait for an answer, and answers that are remembered.", sip.Transactions);
        yield return new("edge_recorder_sip_dialogs", "gauge", "Calls and subscriptions.", sip.Dialogs.Count);
        yield return new("edge_recorder_sip_nonces", "gauge", "Nonces that were used and are remembered until they expire.", devices.Nonces);
        foreach (var why in Enum.GetValues<SipRefusal>())
            yield return new("edge_recorder_sip_refused_total", "counter", "What came over SIP and was not taken.", f.Refused(why), "why", Word(why));
        yield return new("edge_recorder_gb_unasked_total", "counter", "Documents of devices that answer nothing, or that nobody here understands.", devices.Unasked);
        yield return new("edge_recorder_gb_alarms_crowded_total", "counter", "Alarms that were not taken because too many of their device stand.", devices.CrowdedAlarms);
        yield return new("edge_recorder_gb_media_sessions", "gauge", "Pairs of ports that are open for media.", m.Sessions - m.Flowing, "state", "awaited");
        yield return new("edge_recorder_gb_media_sessions", "gauge", "", m.Flowing, "state", "flowing");
        yield return new("edge_recorder_gb_media_packets_total", "counter", "RTP packets of surveillance devices.", m.Packets);
        yield return new("edge_recorder_gb_media_bytes_total", "counter", "Their bytes.", m.Bytes);
        yield return new("edge_recorder_gb_media_packets_lost_total", "counter", "Packets that never came.", m.Lost);
        yield return new("edge_recorder_gb_media_refused_total", "counter", "Packets and connections that were not taken.", m.Foreign, "why", "foreign");
        yield return new("edge_recorder_gb_media_refused_total", "counter", "", m.Malformed, "why", "malformed");
        yield return new("edge_recorder_gb_media_resyncs_total", "counter", "How often packets had to be searched for in a TCP stream.", m.Resyncs);
    }

    private static string Word(SipRefusal why) => why switch
    {
        SipRefusal.TooMany => "too-many",
        SipRefusal.NoDialog => "no-dialog",
        SipRefusal.Malformed => "malformed",
        SipRefusal.Connection => "connection",
        SipRefusal.Unmatched => "unmatched",
        SipRefusal.Transaction => "transaction",
        SipRefusal.Replayed => "replayed",
        SipRefusal.Credentials => "credentials",
        _ => "stranger",
    };
}
