using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

[Flags]
internal enum PositionFlags { None = 0, FixValid = 1, IgnitionOn = 2, FromMemory = 4 }

/// <summary>Where a device was at an instant of a boot.</summary>
internal readonly record struct PositionRow(int DeviceNumber, BootInstant At, int LatitudeE7, int LongitudeE7, int AltitudeM, int SpeedMmS, int HeadingDeg, PositionFlags Flags, long DeviceUtcMs);

/// <summary>The same as it is read: dated now, Unix microseconds.</summary>
internal readonly record struct Position(long AtUtcUs, int LatitudeE7, int LongitudeE7, int AltitudeM, int SpeedMmS, int HeadingDeg, PositionFlags Flags);

/// <summary>Positions of devices. A second row of one instant replaces the first: devices repeat what they think was not heard.</summary>
internal sealed class PositionStore(LedgerDatabase ledger)
{
    private const string Fields = "boottime_us, latitude_e7, longitude_e7, altitude_m, speed_mm_s, heading_deg, flags";

    public void Add(IReadOnlyList<PositionRow> rows) => ledger.Write(c =>
    {
        using var insert = c.Command("INSERT OR REPLACE INTO positions VALUES ($d, $b, $u, $lat, $lon, $alt, $speed, $heading, $flags, $utc)",
            ("$d", 0), ("$b", 0), ("$u", 0L), ("$lat", 0), ("$lon", 0), ("$alt", 0), ("$speed", 0), ("$heading", 0), ("$flags", 0), ("$utc", 0L));
        foreach (var row in rows)
        {
            object[] values = [row.DeviceNumber, row.At.BootNumber, row.At.BoottimeUs, row.LatitudeE7, row.LongitudeE7, row.AltitudeM, row.SpeedMmS, row.HeadingDeg, (int)row.Flags, row.DeviceUtcMs];
            for (var i = 0; i < values.Length; i++)
                insert.Parameters[i].Value = values[i];
            insert.ExecuteNonQuery();
        }
    });

    /// <summary>
    /// Positions in [from, to), Unix microseconds, in order of time, all of them if they are at most <paramref name="most"/>. Of more, the first of each of so many
    /// equal parts of the time they span, found by steps in the index and not by reading them all.
    /// </summary>
    public IReadOnlyList<Position> Overlapping(int deviceNumber, long fromUtcUs, long toUtcUs, int most) => ledger.Read(c =>
    {
        var boots = c.List("SELECT boot_number, offset_us FROM boots", r => (Number: r.GetInt32(0), OffsetUs: r.GetInt64(1)));
        List<Position> found = [];
        foreach (var (boot, offsetUs) in boots)
            found.AddRange(c.List($"SELECT {Fields} FROM positions WHERE device_number=$d AND boot_number=$b AND boottime_us>=$from AND boottime_us<$to ORDER BY boottime_us LIMIT $most",
                r => Read(r, offsetUs), ("$d", deviceNumber), ("$b", boot), ("$from", fromUtcUs - offsetUs), ("$to", toUtcUs - offsetUs), ("$most", most + 1 - found.Count)));
        if (found.Count > most)
            found = Thin(c, deviceNumber, boots, fromUtcUs, toUtcUs, most);
        found.Sort(static (a, b) => a.AtUtcUs.CompareTo(b.AtUtcUs));
        return found;
    });

    /// <summary>The newest of a device; null when it has none.</summary>
    public Position? Last(int deviceNumber) => ledger.Read(c => c.List(
        $"SELECT {Fields}, boots.offset_us FROM positions JOIN boots USING (boot_number) WHERE device_number=$d ORDER BY positions.boot_number DESC, boottime_us DESC LIMIT 1",
        r => Read(r, r.GetInt64(7)), ("$d", deviceNumber))) is [var row] ? row : null;

    /// <summary>Forgets what is older than an instant. Returns how many.</summary>
    public int Prune(long beforeUtcUs) => ledger.Write(c =>
    {
        var gone = 0;
        foreach (var device in c.List("SELECT number FROM devices", r => r.GetInt32(0)))
            foreach (var (boot, offsetUs) in c.List("SELECT boot_number, offset_us FROM boots", r => (r.GetInt32(0), r.GetInt64(1))))
                gone += c.Run("DELETE FROM positions WHERE device_number=$d AND boot_number=$b AND boottime_us<$u", ("$d", device), ("$b", boot), ("$u", beforeUtcUs - offsetUs));
        return gone;
    });

    private static List<Position> Thin(SqliteConnection c, int deviceNumber, List<(int Number, long OffsetUs)> boots, long fromUtcUs, long toUtcUs, int most)
    {
        var (first, last) = (long.MaxValue, long.MinValue);
        foreach (var (boot, offsetUs) in boots)
            foreach (var order in (string[])["ASC", "DESC"])
                foreach (var at in c.List($"SELECT boottime_us FROM positions WHERE device_number=$d AND boot_number=$b AND boottime_us>=$from AND boottime_us<$to ORDER BY boottime_us {order} LIMIT 1",
                    r => r.GetInt64(0) + offsetUs, ("$d", deviceNumber), ("$b", boot), ("$from", fromUtcUs - offsetUs), ("$to", toUtcUs - offsetUs)))
                    (first, last) = (Math.Min(first, at), Math.Max(last, at));
        var partUs = (last - first) / most + 1;
        List<Position> found = new(most + boots.Count);
        using var next = c.Command($"SELECT {Fields} FROM positions WHERE device_number=$d AND boot_number=$b AND boottime_us>=$from AND boottime_us<$to ORDER BY boottime_us LIMIT 1",
            ("$d", deviceNumber), ("$b", 0), ("$from", 0L), ("$to", 0L));
        foreach (var (boot, offsetUs) in boots)
        {
            next.Parameters[1].Value = boot;
            next.Parameters[3].Value = last + 1 - offsetUs;
            for (var fromUs = first - offsetUs; Step(next, fromUs, offsetUs) is { } row;)
            {
                found.Add(row);
                fromUs = first + ((row.AtUtcUs - first) / partUs + 1) * partUs - offsetUs;
            }
        }
        return found;
    }

    private static Position? Step(SqliteCommand next, long fromUs, long offsetUs)
    {
        next.Parameters[2].Value = fromUs;
        using var reader = next.ExecuteReader();
        return reader.Read() ? Read(reader, offsetUs) : null;
    }

    private static Position Read(SqliteDataReader r, long offsetUs)
        => new(r.GetInt64(0) + offsetUs, r.GetInt32(1), r.GetInt32(2), r.GetInt32(3), r.GetInt32(4), r.GetInt32(5), (PositionFlags)r.GetInt32(6));
}
