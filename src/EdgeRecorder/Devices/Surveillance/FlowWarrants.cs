using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>Vouches for the flows of registered devices, several of which may share one, and says whose a flow is.</summary>
internal sealed class FlowWarrants
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SipFlow, List<SurveillanceDevice>> _of = [];

    public void Add(SipFlow flow, SurveillanceDevice device)
    {
        lock (_gate)
        {
            if (!_of.TryGetValue(flow, out var devices))
                _of.Add(flow, devices = []);
            if (!devices.Contains(device))
                devices.Add(device);
            flow.IsKnown = true;
        }
    }

    public void Remove(SipFlow flow, SurveillanceDevice device)
    {
        lock (_gate)
        {
            if (!_of.TryGetValue(flow, out var devices) || !devices.Remove(device) || devices.Count > 0)
                return;
            _of.Remove(flow);
            flow.IsKnown = false;
        }
    }

    public IReadOnlyList<SurveillanceDevice> Of(SipFlow flow)
    {
        lock (_gate)
            return _of.TryGetValue(flow, out var devices) ? [.. devices] : [];
    }
}
