using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Surveillance devices: who is there, and what the SIP end bears.</summary>
internal sealed class SurveillanceFigures(SurveillanceDevices devices) : IDeviceFigures
{
    public IEnumerable<Figure> Read()
    {
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
