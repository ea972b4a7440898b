using EdgeRecorder.Media;

namespace EdgeRecorder.Ledger;

/// <summary>A boot and its best clock anchor: Unix time = CLOCK_BOOTTIME + <paramref name="OffsetUs"/>, as read at <paramref name="AnchoredBoottimeUs"/>.</summary>
internal readonly record struct Boot(int Number, Guid Id, long OffsetUs, ClockQuality Quality, long AnchoredBoottimeUs);

/// <summary>
/// Boots and clock anchors, kept for whoever judges them: the ring's clock learns them at start and hands back every anchor that replaces another.
/// One row re-dates everything of its boot.
/// </summary>
internal sealed class ClockStore(LedgerDatabase ledger)
{
    public IReadOnlyList<Boot> Boots() => ledger.Read(c => c.List("SELECT boot_number, boot_id, offset_us, quality, anchored_boottime_us FROM boots ORDER BY boot_number",
        r => new Boot(r.GetInt32(0), Guid.Parse(r.GetString(1)), r.GetInt64(2), (ClockQuality)r.GetInt32(3), r.GetInt64(4))));

    /// <summary>Adds the boot or replaces its anchor.</summary>
    public void Keep(Boot boot) => ledger.Write(c =>
    {
        c.Run("INSERT INTO boots VALUES ($n, $id, $offset, $quality, $at) ON CONFLICT (boot_number) DO UPDATE SET boot_id=$id, offset_us=$offset, quality=$quality, anchored_boottime_us=$at",
            ("$n", boot.Number), ("$id", boot.Id.ToString()), ("$offset", boot.OffsetUs), ("$quality", (int)boot.Quality), ("$at", boot.AnchoredBoottimeUs));
    });
}
