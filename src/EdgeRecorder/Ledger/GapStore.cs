using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>An instant inside a boot: CLOCK_BOOTTIME in microseconds and which boot's.</summary>
internal readonly record struct BootInstant(int BootNumber, long BoottimeUs);

/// <summary>What is to be noted of a stream's gaps: one begins, the open one ends, one is known afterwards.</summary>
/// <param name="From">Of the first and the third.</param>
/// <param name="To">Of the second and the third.</param>
internal readonly record struct GapChange(GapChange.Kind What, StreamKey Stream, GapReason Reason, BootInstant From, BootInstant To)
{
    public enum Kind { Open, Close, Add }
}

/// <summary>Gaps as facts (DESIGN P8). Every call returns when the change is durable; call from a thread that may wait for the disk.</summary>
internal interface IGapLedger
{
    /// <summary>Several changes in their order; together they are as durable as each alone, at the price of one.</summary>
    void Write(IReadOnlyList<GapChange> changes);

    /// <summary>A gap begins. One is open per stream: an open one ends here when its reason differs, and goes on when it is the same.</summary>
    void Open(StreamKey stream, GapReason reason, BootInstant at) => Write([new(GapChange.Kind.Open, stream, reason, at, default)]);

    /// <summary>Footage begins again. Nothing happens when no gap is open.</summary>
    void Close(StreamKey stream, BootInstant at) => Write([new(GapChange.Kind.Close, stream, default, default, at)]);

    /// <summary>A gap known only afterwards.</summary>
    void Add(StreamKey stream, GapReason reason, BootInstant from, BootInstant to) => Write([new(GapChange.Kind.Add, stream, reason, from, to)]);

    /// <summary>The stream's footage up to <paramref name="to"/> was recycled: its `evicted` gap grows, or begins at <paramref name="from"/>.</summary>
    void Evicted(StreamKey stream, BootInstant from, BootInstant to);

    /// <summary>Open gaps of all streams, for a start after a crash.</summary>
    IReadOnlyList<(StreamKey Stream, GapReason Reason, BootInstant Since)> OpenGaps();

    /// <summary>Gaps that overlap [from, to), Unix microseconds as dated now, in order of their starts.</summary>
    IReadOnlyList<Gap> Overlapping(StreamKey stream, long fromUtcUs, long toUtcUs);

    /// <summary>Gaps by reason, all streams, since the ledger was made.</summary>
    IReadOnlyDictionary<GapReason, long> Counts();
}

internal sealed class GapStore(LedgerDatabase ledger) : IGapLedger
{
    private const string Insert = "INSERT INTO gaps (channel_number, stream, reason, start_boot_number, start_boottime_us, end_boot_number, end_boottime_us) VALUES ($c, $s, $r, $fb, $fu, $tb, $tu)";
    private const string DropEmpty = "DELETE FROM gaps WHERE channel_number=$c AND stream=$s AND end_boot_number IS NULL AND start_boot_number=$b AND start_boottime_us>=$u";
    private const string CloseOpen = "UPDATE gaps SET end_boot_number=$b, end_boottime_us=$u WHERE channel_number=$c AND stream=$s AND end_boot_number IS NULL";

    public void Write(IReadOnlyList<GapChange> changes) => ledger.Write(c =>
    {
        foreach (var (what, stream, reason, from, to) in changes)
            switch (what)
            {
                case GapChange.Kind.Open:
                    Open(c, stream, reason, from);
                    break;
                case GapChange.Kind.Close:
                    Close(c, stream, to);
                    break;
                case GapChange.Kind.Add:
                    Add(c, stream, reason, from, to);
                    break;
            }
    });

    private static void Open(SqliteConnection c, StreamKey stream, GapReason reason, BootInstant at)
    {
        var open = c.List("SELECT reason FROM gaps WHERE channel_number=$c AND stream=$s AND end_boot_number IS NULL",
            r => (GapReason)r.GetInt32(0), ("$c", stream.ChannelNumber), ("$s", stream.Stream));
        if (open.Contains(reason))
            return;
        c.Run(CloseOpen, ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$b", at.BootNumber), ("$u", at.BoottimeUs));
        c.Run(Insert, ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$r", (int)reason),
            ("$fb", at.BootNumber), ("$fu", at.BoottimeUs), ("$tb", null), ("$tu", null));
    }

    /// <summary>The last picture lasts a frame, and what comes at once may begin before its end: then there was no gap.</summary>
    private static void Close(SqliteConnection c, StreamKey stream, BootInstant at)
    {
        c.Run(DropEmpty, ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$b", at.BootNumber), ("$u", at.BoottimeUs));
        c.Run(CloseOpen, ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$b", at.BootNumber), ("$u", at.BoottimeUs));
    }

    private static void Add(SqliteConnection c, StreamKey stream, GapReason reason, BootInstant from, BootInstant to)
        => c.Run(Insert, ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$r", (int)reason),
            ("$fb", from.BootNumber), ("$fu", from.BoottimeUs), ("$tb", to.BootNumber), ("$tu", to.BoottimeUs));

    public void Evicted(StreamKey stream, BootInstant from, BootInstant to) => ledger.Write(c =>
    {
        var grown = c.Run("UPDATE gaps SET end_boot_number=$b, end_boottime_us=$u WHERE channel_number=$c AND stream=$s AND reason=$r",
            ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$r", (int)GapReason.Evicted), ("$b", to.BootNumber), ("$u", to.BoottimeUs));
        if (grown == 0)
            c.Run(Insert, ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$r", (int)GapReason.Evicted),
                ("$fb", from.BootNumber), ("$fu", from.BoottimeUs), ("$tb", to.BootNumber), ("$tu", to.BoottimeUs));
    });

    public IReadOnlyList<(StreamKey, GapReason, BootInstant)> OpenGaps() => ledger.Read(c => c.List(
        "SELECT channel_number, stream, reason, start_boot_number, start_boottime_us FROM gaps WHERE end_boot_number IS NULL",
        r => (new StreamKey(r.GetInt32(0), r.GetByte(1)), (GapReason)r.GetInt32(2), new BootInstant(r.GetInt32(3), r.GetInt64(4)))));

    // Dating happens inside the statement: offsets differ per boot and change when a better clock arrives, so no stored date could be indexed.
    public IReadOnlyList<Gap> Overlapping(StreamKey stream, long fromUtcUs, long toUtcUs) => ledger.Read(c => c.List(
        """
        SELECT reason, start_boottime_us + s.offset_us AS start_us, end_boottime_us + e.offset_us AS end_us
        FROM gaps JOIN boots s ON s.boot_number = start_boot_number LEFT JOIN boots e ON e.boot_number = end_boot_number
        WHERE channel_number=$c AND stream=$s AND start_us < $to AND (end_boot_number IS NULL OR end_us > $from)
        ORDER BY start_us, id
        """,
        r => new Gap(stream, r.GetInt64(1), r.Number(2), (GapReason)r.GetInt32(0)),
        ("$c", stream.ChannelNumber), ("$s", stream.Stream), ("$from", fromUtcUs), ("$to", toUtcUs)));

    public IReadOnlyDictionary<GapReason, long> Counts() => ledger.Read(c => c.List(
        "SELECT reason, count(*) FROM gaps GROUP BY reason", r => ((GapReason)r.GetInt32(0), r.GetInt64(1)))).ToDictionary(x => x.Item1, x => x.Item2);
}
