using System.Net;
using EdgeRecorder.Media;

namespace EdgeRecorder.Sip;

/// <summary>Counts what is refused and logs it once for an address and a reason, until ten minutes have been quiet: scanners find every open SIP port within minutes.</summary>
internal sealed partial class SipRefusals(SipFigures figures, TimeProvider time, ILogger log)
{
    private const int Most = 1024;
    private const long QuietMs = 600_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(IPAddress, SipRefusal), long> _lastMs = [];
    private readonly Pace _overflow = new();

    public void Refuse(SipRefusal why, IPEndPoint source, string reason)
    {
        figures.Count(why);
        if (IsFirst(why, source.Address))
            LogRefused(log, source, why, reason);
    }

    private bool IsFirst(SipRefusal why, IPAddress source)
    {
        var nowMs = time.Milliseconds();
        lock (_lock)
        {
            var isKnown = _lastMs.TryGetValue((source, why), out var lastMs) && nowMs - lastMs < QuietMs;
            if (!isKnown && _lastMs.Count >= Most)
            {
                foreach (var old in _lastMs.Where(entry => nowMs - entry.Value >= QuietMs).Select(entry => entry.Key).ToList())
                    _lastMs.Remove(old);
                if (_lastMs.Count >= Most)
                    return _overflow.IsDue(nowMs);
            }
            _lastMs[(source, why)] = nowMs;
            return !isKnown;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "SIP from {Source} is refused ({Why}): {Reason}. More of it is counted and not logged")]
    private static partial void LogRefused(ILogger log, IPEndPoint source, SipRefusal why, string reason);
}
