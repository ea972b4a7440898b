using EdgeRecorder.Media;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Storage;

/// <summary>
/// Dates footage: CLOCK_BOOTTIME of a boot → Unix time (DESIGN section 4, Clock). Everything inside is kept in boottime; one anchor per boot
/// turns it into wall time, so a better clock re-dates a whole boot by one row. Thread-safe.
/// </summary>
internal sealed class ClockMap
{
    /// <summary>A wall clock that moved less than this against CLOCK_BOOTTIME has not been set, only read at two instants.</summary>
    public const long StepUs = 100_000;

    private const long SuggestedUs = 2_000_000;

    private readonly Lock _gate = new();
    private string? _source;                                // who suggested the clock that holds
    private readonly Dictionary<int, BootAnchor> _anchors = [];
    private readonly Dictionary<Guid, int> _numbers = [];

    /// <summary>Raised, outside the lock, with every anchor that replaces another: to be kept in the ledger and the index.</summary>
    public event Action<BootAnchor>? Anchored;

    /// <summary>The boot we run in; set by <see cref="BeginBoot"/>.</summary>
    public BootAnchor Current { get; private set; }

    public IReadOnlyList<BootAnchor> Anchors
    {
        get { lock (_gate) return [.. _anchors.Values]; }
    }

    /// <summary>Takes an anchor that was stored, in the ledger, the index or a segment's header. Of one boot the best quality wins, among equals the latest.</summary>
    public void Learn(BootAnchor anchor)
    {
        lock (_gate)
        {
            _numbers[anchor.BootId] = anchor.BootNumber;
            if (!_anchors.TryGetValue(anchor.BootNumber, out var known) || anchor.Quality > known.Quality
                || anchor.Quality == known.Quality && anchor.BoottimeUs >= known.BoottimeUs)
                _anchors[anchor.BootNumber] = anchor;
        }
    }

    public bool Knows(int bootNumber)
    {
        lock (_gate)
            return _anchors.ContainsKey(bootNumber);
    }

    /// <summary>Finds this boot's number, or takes the next, once all that was stored has been learnt.</summary>
    public BootAnchor BeginBoot(BoxClock clock)
    {
        lock (_gate)
        {
            if (!_numbers.TryGetValue(clock.BootId, out var number))
                number = _anchors.Count == 0 ? 1 : _anchors.Keys.Max() + 1;
            _numbers[clock.BootId] = number;
            if (_anchors.TryGetValue(number, out var known))
                Current = known;
            else
                _anchors[number] = Current = Read(clock, number);
        }
        Anchored?.Invoke(Current);
        Observe(clock);
        return Current;
    }

    /// <summary>Looks at the wall clock; called once a round. A better clock, or a step of one at least as good, re-dates this boot.</summary>
    public void Observe(BoxClock clock)
    {
        lock (_gate)
        {
            var now = Read(clock, Current.BootNumber);
            var stepped = Math.Abs(now.OffsetUs - Current.OffsetUs) > StepUs;
            if (now.Quality < Current.Quality || now.Quality == Current.Quality && !stepped)
                return;
            Current = _anchors[now.BootNumber] = now;
        }
        Anchored?.Invoke(Current);
    }

    /// <summary>
    /// A device tells the time. It is believed where nothing better is known: its clock becomes this boot's. What it says within two seconds of ours, which is
    /// what a clock of whole seconds and its way here can be off, only makes ours more credible. Once taken, the same source may correct itself.
    /// </summary>
    /// <returns>Whether it re-dated this boot.</returns>
    public bool Suggest(BoxClock clock, long utcUs, ClockQuality quality, string source)
    {
        bool redated;
        lock (_gate)
        {
            var nowUs = clock.BoottimeUs;
            var isOff = Math.Abs(nowUs + Current.OffsetUs - utcUs) > SuggestedUs;
            if (quality < Current.Quality || quality == Current.Quality && !(isOff && (_source ?? source) == source))
                return false;
            Current = _anchors[Current.BootNumber] = new(Current.BootNumber, clock.BootId, nowUs, isOff ? utcUs : nowUs + Current.OffsetUs, quality);
            _source = source;
            redated = isOff;
        }
        Anchored?.Invoke(Current);
        return redated;
    }

    /// <summary>Unix time in microseconds; a boot nobody knows is dated as if its clock had stood at 1970.</summary>
    public long ToUtcUs(int bootNumber, long boottimeUs)
    {
        lock (_gate)
            return _anchors.TryGetValue(bootNumber, out var anchor) ? boottimeUs + anchor.OffsetUs : boottimeUs;
    }

    private static BootAnchor Read(BoxClock clock, int number)
        => new(number, clock.BootId, clock.BoottimeUs, clock.UtcUs, clock.Quality);
}
