namespace EdgeRecorder.Api.Security;

/// <summary>
/// Slows guessing down: after five failures of an account from one source, or twenty of a source on any account, each further one doubles
/// the pause, 1 s to 5 min. Nobody else is shut out: an attacker cannot lock the owner's account from another address.
/// </summary>
internal sealed class Throttle(TimeProvider time)
{
    private const int PerAccount = 5, PerSource = 20, MostEntries = 10_000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5), Forgotten = TimeSpan.FromMinutes(15);
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Account, string Source), Entry> _failures = [];

    /// <param name="Last">Timestamp of the last failure: the wall clock may be set in between, and would shut everybody out.</param>
    private readonly record struct Entry(int Count, long Last);

    /// <summary>How long the caller has to wait before credentials are looked at again; zero: now.</summary>
    public TimeSpan Wait(string account, string source)
    {
        lock (_lock)
        {
            var wait = Max(Left((account, source), PerAccount), Left(("", source), PerSource));
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    public void Failed(string account, string source)
    {
        lock (_lock)
        {
            if (_failures.Count >= MostEntries)
                Sweep();
            Count((account, source));
            Count(("", source));
        }
    }

    /// <summary>The account's own count starts again; the source's goes on, or one known account would pay for guessing others.</summary>
    public void Succeeded(string account, string source)
    {
        lock (_lock)
            _failures.Remove((account, source));
    }

    private TimeSpan Left((string, string) key, int free)
    {
        if (!_failures.TryGetValue(key, out var entry) || entry.Count < free)
            return TimeSpan.Zero;
        var pause = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(entry.Count - free, 10)));
        return (pause < Longest ? pause : Longest) - time.GetElapsedTime(entry.Last);
    }

    private void Count((string, string) key)
    {
        var before = _failures.TryGetValue(key, out var entry) && time.GetElapsedTime(entry.Last) < Forgotten ? entry.Count : 0;
        _failures[key] = new(before + 1, time.GetTimestamp());
    }

    private void Sweep()
    {
        foreach (var key in _failures.Where(f => time.GetElapsedTime(f.Value.Last) >= Forgotten).Select(f => f.Key).ToList())
            _failures.Remove(key);
        // Still full: a flood from very many sources. The older half goes.
        if (_failures.Count >= MostEntries)
            foreach (var key in _failures.OrderBy(f => f.Value.Last).Take(MostEntries / 2).Select(f => f.Key).ToList())
                _failures.Remove(key);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
