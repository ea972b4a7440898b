using EdgeRecorder.Media;

namespace EdgeRecorder.Ledger;

/// <summary>Dates an instant of the box: which Unix time (µs) was it, as known now.</summary>
internal interface IClockMap
{
    long ToUtcUs(int bootNumber, long boottimeUs);

    /// <summary>CLOCK_BOOTTIME of the boot at that Unix time; may lie before or after the boot.</summary>
    long ToBoottimeUs(int bootNumber, long utcUs);
}

/// <summary>A boot and its best clock anchor: Unix time = boottime + <paramref name="OffsetUs"/>.</summary>
internal readonly record struct Boot(int Number, Guid Id, long OffsetUs, ClockQuality Quality);

/// <summary>Boots and clock anchors. Reading is from memory; the table is small and changes some times a boot.</summary>
internal sealed class ClockStore : IClockMap
{
    private readonly LedgerDatabase _ledger;
    private volatile Dictionary<int, Boot> _boots;

    public ClockStore(LedgerDatabase ledger)
    {
        _ledger = ledger;
        _boots = ledger.Read(c => c.List("SELECT boot_number, boot_id, offset_us, quality FROM boots",
            r => new Boot(r.GetInt32(0), Guid.Parse(r.GetString(1)), r.GetInt64(2), (ClockQuality)r.GetInt32(3)))).ToDictionary(b => b.Number);
    }

    public IReadOnlyCollection<Boot> Boots => _boots.Values;

    /// <summary>The boot that is running: a known one after a restart of the daemon, a new number after one of the box.</summary>
    public Boot Begin(BoxClock clock) => _ledger.Write(c =>
    {
        foreach (var known in _boots.Values)
            if (known.Id == clock.BootId)
                return known;
        var number = _boots.Count == 0 ? 1 : _boots.Keys.Max() + 1;
        var boottime = clock.BoottimeUs;
        var boot = new Boot(number, clock.BootId, clock.UtcUs - boottime, clock.Quality);
        c.Run("INSERT INTO boots VALUES ($n, $id, $offset, $quality, $at)",
            ("$n", number), ("$id", boot.Id.ToString()), ("$offset", boot.OffsetUs), ("$quality", (int)boot.Quality), ("$at", boottime));
        Remember(boot);
        return boot;
    });

    /// <summary>
    /// Takes an anchor: at <paramref name="boottimeUs"/> it was <paramref name="utcUs"/>. A worse clock than the known one changes nothing,
    /// an equal or better one re-dates the boot. True when dates changed.
    /// </summary>
    public bool Anchor(int bootNumber, long boottimeUs, long utcUs, ClockQuality quality) => _ledger.Write(c =>
    {
        if (!_boots.TryGetValue(bootNumber, out var boot))
            throw new ArgumentOutOfRangeException(nameof(bootNumber), bootNumber, "The ledger knows no such boot.");
        var better = boot with { OffsetUs = utcUs - boottimeUs, Quality = quality };
        if (quality < boot.Quality || better == boot)
            return false;
        c.Run("UPDATE boots SET offset_us=$offset, quality=$quality, anchored_boottime_us=$at WHERE boot_number=$n",
            ("$n", bootNumber), ("$offset", better.OffsetUs), ("$quality", (int)quality), ("$at", boottimeUs));
        Remember(better);
        return true;
    });

    /// <summary>A boot that segment headers tell of and a restored or new ledger does not.</summary>
    public void Restore(Boot boot) => _ledger.Write(c =>
    {
        if (_boots.ContainsKey(boot.Number))
            return;
        c.Run("INSERT INTO boots VALUES ($n, $id, $offset, $quality, 0)",
            ("$n", boot.Number), ("$id", boot.Id.ToString()), ("$offset", boot.OffsetUs), ("$quality", (int)boot.Quality));
        Remember(boot);
    });

    public long ToUtcUs(int bootNumber, long boottimeUs) => _boots.TryGetValue(bootNumber, out var boot) ? boottimeUs + boot.OffsetUs : boottimeUs;

    public long ToBoottimeUs(int bootNumber, long utcUs) => _boots.TryGetValue(bootNumber, out var boot) ? utcUs - boot.OffsetUs : utcUs;

    // Called with the writer's lock held, so no two copies race.
    private void Remember(Boot boot) => _boots = new(_boots) { [boot.Number] = boot };
}
