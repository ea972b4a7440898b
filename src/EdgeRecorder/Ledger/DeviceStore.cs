using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>Whether a device may deliver: nobody has decided, yes, no.</summary>
internal enum Approval { Waiting, Approved, Refused }

/// <summary>In which order code words of G.726 lie in an octet; devices differ and none says.</summary>
internal enum G726Order { Auto, Rfc3551, Aal2 }

/// <summary>What a device's times mean: GMT+8 as the standard has it, UTC as some send it, or found out by comparing.</summary>
internal enum DeviceClock { Auto, Local, Utc }

/// <summary>How the media of a surveillance device travels: TCP with us or with it listening, UDP, or what turns out to work.</summary>
internal enum MediaWay { Auto, Udp, TcpPassive, TcpActive }

/// <summary>A device's row: who it is, whether it may deliver, and what it is told apart by.</summary>
internal sealed record DeviceRow
{
    public int Number { get; init; }
    public string Id { get; init; } = "";
    public required string Protocol { get; init; }
    public required string Identity { get; init; }

    /// <summary>Empty: nobody gave one.</summary>
    public string Name { get; init; } = "";
    public Approval State { get; init; }
    public string Manufacturer { get; init; } = "";
    public string Model { get; init; } = "";
    public string Serial { get; init; } = "";

    /// <summary>Plate, or VIN where it has none.</summary>
    public string Plate { get; init; } = "";
    public int? PlateColor { get; init; }
    public byte[]? Code { get; init; }

    /// <summary>Channels that appear record.</summary>
    public bool Record { get; init; }
    public bool TwoStreams { get; init; }
    public G726Order G726 { get; init; }
    public DeviceClock Clock { get; init; }
    public MediaWay MediaWay { get; init; }
    public bool Removed { get; init; }
    public DateTimeOffset? FirstSeen { get; init; }
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>What people call it.</summary>
    public string DisplayName => Name.Length > 0 ? Name : Plate.Length > 0 ? Plate : Identity;
}

/// <summary>Devices; numbers and ids are given once and never again.</summary>
internal sealed class DeviceStore(LedgerDatabase ledger, TimeProvider time)
{
    private const string Columns = "number, id, protocol, identity, name, state, manufacturer, model, serial, plate, plate_color, code, record, two_streams, g726_order, clock, media_way, removed, "
        + "first_seen_utc_ms, last_seen_utc_ms";

    /// <summary>All that were not forgotten, in order of number.</summary>
    public IReadOnlyList<DeviceRow> All() => ledger.Read(c => c.List($"SELECT {Columns} FROM devices WHERE removed=0 ORDER BY number", Read));

    /// <summary>Number 0 makes a device, another replaces it. Returns it as stored.</summary>
    /// <exception cref="LedgerException">There is one of that protocol and identity.</exception>
    public DeviceRow Save(DeviceRow row)
    {
        try
        {
            return ledger.Write(c => row.Number == 0 ? Insert(c, row) : Update(c, row));
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            throw new LedgerException("a device with that identity exists", e);
        }
    }

    /// <summary>When devices were last heard of, in one transaction.</summary>
    public void Seen(IReadOnlyCollection<(int Number, DateTimeOffset At)> devices) => ledger.Write(c =>
    {
        foreach (var (number, at) in devices)
            c.Run("UPDATE devices SET last_seen_utc_ms=$at, first_seen_utc_ms=coalesce(first_seen_utc_ms, $at) WHERE number=$n", ("$n", number), ("$at", at.ToUnixTimeMilliseconds()));
    });

    private DeviceRow Insert(SqliteConnection c, DeviceRow row)
    {
        var made = row with { Id = row.Id.Length > 0 ? row.Id : OpaqueId.New() };
        using var command = c.Command(
            "INSERT INTO devices (id, protocol, identity, name, state, manufacturer, model, serial, plate, plate_color, code, record, two_streams, g726_order, clock, media_way, removed, first_seen_utc_ms, last_seen_utc_ms, created_utc_ms) "
            + "VALUES ($id, $protocol, $identity, $name, $state, $manufacturer, $model, $serial, $plate, $color, $code, $record, $two, $g726, $clock, $way, $removed, $first, $last, $at) RETURNING number",
            Parameters(made));
        command.Parameters.AddWithValue("$at", time.GetUtcNow().ToUnixTimeMilliseconds());
        return made with { Number = (int)(long)command.ExecuteScalar()! };
    }

    private static DeviceRow Update(SqliteConnection c, DeviceRow row)
    {
        c.Run("UPDATE devices SET id=$id, protocol=$protocol, identity=$identity, name=$name, state=$state, manufacturer=$manufacturer, model=$model, serial=$serial, plate=$plate, plate_color=$color, "
            + "code=$code, record=$record, two_streams=$two, g726_order=$g726, clock=$clock, media_way=$way, removed=$removed, first_seen_utc_ms=$first, last_seen_utc_ms=$last WHERE number=$n",
            [.. Parameters(row), ("$n", row.Number)]);
        return row;
    }

    private static (string, object?)[] Parameters(DeviceRow row) =>
    [
        ("$id", row.Id), ("$protocol", row.Protocol), ("$identity", row.Identity), ("$name", row.Name), ("$state", Words.Of(row.State)),
        ("$manufacturer", row.Manufacturer), ("$model", row.Model), ("$serial", row.Serial), ("$plate", row.Plate), ("$color", row.PlateColor), ("$code", row.Code),
        ("$record", row.Record), ("$two", row.TwoStreams), ("$g726", Words.Of(row.G726)), ("$clock", Words.Of(row.Clock)), ("$way", Words.Of(row.MediaWay)), ("$removed", row.Removed),
        ("$first", row.FirstSeen?.ToUnixTimeMilliseconds()), ("$last", row.LastSeen?.ToUnixTimeMilliseconds()),
    ];

    private static DeviceRow Read(SqliteDataReader r) => new()
    {
        Number = r.GetInt32(0), Id = r.GetString(1), Protocol = r.GetString(2), Identity = r.GetString(3), Name = r.GetString(4), State = Words.Approval(r.GetString(5)) ?? Approval.Waiting,
        Manufacturer = r.GetString(6), Model = r.GetString(7), Serial = r.GetString(8), Plate = r.GetString(9), PlateColor = (int?)r.Number(10), Code = r.Blob(11),
        Record = r.GetBoolean(12), TwoStreams = r.GetBoolean(13), G726 = Words.Order(r.GetString(14)) ?? G726Order.Auto, Clock = Words.Clock(r.GetString(15)) ?? DeviceClock.Auto,
        MediaWay = Words.Way(r.GetString(16)) ?? MediaWay.Auto, Removed = r.GetBoolean(17), FirstSeen = r.OptionalTime(18), LastSeen = r.OptionalTime(19),
    };

    /// <summary>Values as the ledger and the API spell them.</summary>
    public static class Words
    {
        public static string Of(Approval state) => state switch { Ledger.Approval.Approved => "approved", Ledger.Approval.Refused => "refused", _ => "waiting" };

        public static Approval? Approval(string? word) => word switch { "approved" => Ledger.Approval.Approved, "refused" => Ledger.Approval.Refused, "waiting" => Ledger.Approval.Waiting, _ => null };

        public static string Of(G726Order order) => order switch { G726Order.Rfc3551 => "rfc3551", G726Order.Aal2 => "aal2", _ => "auto" };

        public static G726Order? Order(string? word) => word switch { "auto" => G726Order.Auto, "rfc3551" => G726Order.Rfc3551, "aal2" => G726Order.Aal2, _ => null };

        public static string Of(DeviceClock clock) => clock switch { DeviceClock.Local => "local", DeviceClock.Utc => "utc", _ => "auto" };

        public static string Of(MediaWay way) => way switch { MediaWay.Udp => "udp", MediaWay.TcpPassive => "tcp-passive", MediaWay.TcpActive => "tcp-active", _ => "auto" };

        public static MediaWay? Way(string? word) => word switch { "auto" => MediaWay.Auto, "udp" => MediaWay.Udp, "tcp-passive" => MediaWay.TcpPassive, "tcp-active" => MediaWay.TcpActive, _ => null };

        public static DeviceClock? Clock(string? word) => word switch { "auto" => DeviceClock.Auto, "local" => DeviceClock.Local, "utc" => DeviceClock.Utc, _ => null };
    }
}
