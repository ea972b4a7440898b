using System.Net;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Sip;

namespace EdgeRecorder.Devices.Surveillance;

/// <summary>
/// Writes registrations into the ledger, some seconds later and many at a time: a commit for each would be hundreds when a site comes back from a power cut. A crash before that costs
/// a device one more REGISTER.
/// </summary>
internal sealed class RegistrationKeeper(RegistrationStore store, DeviceCatalog catalog, DeviceJournal journal, TimeProvider time)
{
    public static readonly TimeSpan Gathering = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly HashSet<SurveillanceDevice> _changed = [];
    private long _writtenMs = time.Milliseconds();

    public void Note(SurveillanceDevice device)
    {
        lock (_gate)
            _changed.Add(device);
    }

    public void Tick(long nowMs)
    {
        if (nowMs - _writtenMs < Gathering.TotalMilliseconds)
            return;
        _writtenMs = nowMs;
        Write();
    }

    /// <summary>On the journal's task.</summary>
    public void Write()
    {
        List<SurveillanceDevice> changed;
        lock (_gate)
        {
            if (_changed.Count == 0)
                return;
            changed = [.. _changed];
            _changed.Clear();
        }
        var (nowMs, now) = (time.Milliseconds(), time.GetUtcNow());
        List<RegistrationRow> rows = [];
        List<int> gone = [];
        List<(int, DateTimeOffset)> seen = [];
        foreach (var device in changed)
        {
            if (device.Registration is { Flow.Transport: SipTransport.Udp } kept)
                rows.Add(new(device.Number, kept.Flow.Remote.ToString(), kept.Edition, kept.CallId, kept.GrantedSeconds, now + TimeSpan.FromMilliseconds(kept.UntilMs - nowMs)));
            else
                gone.Add(device.Number);
            seen.Add((device.Number, now - TimeSpan.FromMilliseconds(nowMs - device.HeardMs)));
        }
        journal.Do(() =>
        {
            store.Save(rows, gone);
            catalog.Seen(seen);
        });
    }

    /// <summary>Those that still hold. A wall clock that was lost meanwhile makes none longer than it was granted.</summary>
    public IEnumerable<(DeviceRow Row, DeviceRegistration Registration)> Load(SipEndpoint endpoint)
    {
        var (nowMs, now) = (time.Milliseconds(), time.GetUtcNow());
        foreach (var kept in store.All())
        {
            var leftMs = Math.Min((kept.Expires - now).TotalMilliseconds, kept.GrantedSeconds * 1000.0);
            if (leftMs > 0 && catalog.Find(kept.DeviceNumber) is { Protocol: SurveillanceDevices.Name, State: Approval.Approved } row && IPEndPoint.TryParse(kept.Remote, out var remote))
                yield return (row, new(endpoint.To(remote), kept.Edition, kept.CallId, kept.GrantedSeconds, nowMs + (long)leftMs));
        }
    }
}
