using System.Net;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>Registrations and unknown codes: so many a minute for a number from an address. The box's own code is never counted, so nobody can keep a known terminal out.</summary>
internal sealed class AttemptLimit
{
    public const int Most = 5;
    private const int MostEntries = 4096;
    private const long WindowMs = 60_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(IPAddress, SimNumber), (int Count, long SinceMs)> _attempts = [];

    public bool TryTake(IPAddress from, SimNumber sim, long nowMs)
    {
        lock (_lock)
        {
            var attempt = _attempts.TryGetValue((from, sim), out var known) && nowMs - known.SinceMs < WindowMs ? known : (0, nowMs);
            if (attempt.Item1 >= Most)
                return false;
            if (_attempts.Count >= MostEntries)
                Sweep(nowMs);
            _attempts[(from, sim)] = (attempt.Item1 + 1, attempt.Item2);
            return true;
        }
    }

    public void Succeeded(IPAddress from, SimNumber sim)
    {
        lock (_lock)
            _attempts.Remove((from, sim));
    }

    private void Sweep(long nowMs)
    {
        foreach (var old in _attempts.Where(a => nowMs - a.Value.SinceMs >= WindowMs).Select(a => a.Key).ToList())
            _attempts.Remove(old);
        if (_attempts.Count < MostEntries)
            return;
        foreach (var old in _attempts.OrderBy(a => a.Value.SinceMs).Take(MostEntries / 2).Select(a => a.Key).ToList())
            _attempts.Remove(old);
    }
}
