using System.Collections.Concurrent;

namespace EdgeRecorder.Storage;

/// <summary>
/// Which footage goes first: pre-roll that no event claimed, then the oldest unlocked, unleased segment of the channel most above its share. "Oldest" is the generation, never a clock.
/// </summary>
internal sealed class VictimChoice(RingCatalog catalog, Func<long> nowUtcUs)
{
    private const double PastLimit = 1e18;
    private readonly ConcurrentDictionary<int, RingQuota> _quotas = new();

    /// <summary>False when it is what was known.</summary>
    public bool SetQuota(int channelNumber, RingQuota quota)
    {
        var before = _quotas.GetValueOrDefault(channelNumber);
        _quotas[channelNumber] = quota;
        HasLimits = _quotas.Values.Any(each => each.MaxBytes is not null || each.MaxAge is not null);
        return before != quota;
    }

    /// <summary>True when a channel has a largest size or age: it loses footage also while there is room.</summary>
    public bool HasLimits { get; private set; }

    /// <summary>True when the pool has segments that no lock needs.</summary>
    public bool HasDue => catalog.Segments.Any(s => s.IsDue);

    /// <summary>What is past its channel's limits, and up to <paramref name="count"/> segments in all; fewer when nothing else may go.</summary>
    public List<Segment> Choose(int count)
    {
        var chosen = new List<Segment>();
        lock (catalog.Gate)
        {
            chosen.AddRange(catalog.Segments.Where(s => s is { IsDue: true, State: SegmentState.Sealed }));
            if (chosen.Count < count)
                chosen.AddRange(catalog.Segments.Where(IsUnclaimed).OrderBy(s => s.Leases > 0).ThenBy(s => s.Generation).Take(count - chosen.Count));
            var channels = catalog.Segments.Where(s => s.HasFootage && !s.IsPool && !chosen.Contains(s)).GroupBy(s => s.Stream.ChannelNumber).Select(Usage).ToList();
            if (channels.Count == 0)
                return chosen;
            var share = catalog.Segments.Count(s => !s.IsPool) * catalog.Geometry.Size / channels.Count;
            while (channels.Where(c => c.Next is not null).OrderByDescending(c => c.Excess(share, nowUtcUs())).FirstOrDefault() is { } victim
                   && (chosen.Count < count || victim.Excess(share, nowUtcUs()) >= PastLimit))
                chosen.Add(victim.TakeNext());
        }
        return chosen;
    }

    /// <summary>Nothing but pre-roll, and too old for an event that is still to be heard of.</summary>
    private bool IsUnclaimed(Segment segment)
        => segment is { State: SegmentState.Sealed, IsWanted: false, IsPool: false, Pins: 0, Spans: [.., var last] }
           && nowUtcUs() - catalog.Clock.ToUtcUs(last.BootNumber, last.ToUs) > RingOptions.PreRollKept.TotalMicroseconds;

    private Channel Usage(IGrouping<int, Segment> segments)
        => new(_quotas.GetValueOrDefault(segments.Key), segments.Count() * catalog.Geometry.Size, catalog,
            new Queue<Segment>(segments.Where(s => s.State == SegmentState.Sealed && s.Pins == 0).OrderBy(s => s.Leases > 0).ThenBy(s => s.Generation)));

    private sealed class Channel(RingQuota quota, long used, RingCatalog catalog, Queue<Segment> retirable)
    {
        private long _used = used;

        public Segment? Next => retirable.TryPeek(out var next) ? next : null;

        /// <summary>Bytes above what it may keep; channels past a limit of their own come first, channels inside a promise last.</summary>
        public double Excess(long share, long nowUtcUs)
        {
            var allowed = Math.Max(share, quota.MinBytes ?? 0);
            var age = TimeSpan.FromMicroseconds(Next!.Spans.Count == 0 ? 0 : nowUtcUs - catalog.Clock.ToUtcUs(Next.Spans[^1].BootNumber, Next.Spans[^1].ToUs));
            if (quota.MaxBytes is { } max && _used > max || quota.MaxAge is { } oldest && age > oldest)
                return PastLimit + _used;
            if (quota.MinBytes is { } min && _used <= min || quota.MinAge is { } youngest && age < youngest)
                return -PastLimit + _used;
            return _used - allowed;
        }

        public Segment TakeNext()
        {
            _used -= catalog.Geometry.Size;
            return retirable.Dequeue();
        }
    }
}
