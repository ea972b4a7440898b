using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>A channel's row. Addresses are whole here (with password); the table holds them encrypted.</summary>
internal sealed record ChannelRow
{
    public int Number { get; init; }
    public string Id { get; init; } = "";
    public required string Key { get; init; }
    public string Protocol { get; init; } = "rtsp";
    public required string Name { get; init; }
    public required string Url { get; init; }
    public string? SubUrl { get; init; }
    public bool Record { get; init; }

    /// <summary>The file's value that <see cref="Record"/> overrides; null when the file does not name the channel.</summary>
    public bool? FileRecord { get; init; }
    public string Transport { get; init; } = "auto";
    public bool Audio { get; init; } = true;
    public int Priority { get; init; }
    public string? MinSize { get; init; }
    public string? MaxSize { get; init; }
    public long? MinAgeSeconds { get; init; }
    public long? MaxAgeSeconds { get; init; }
    public bool FromFile { get; init; }
    public bool Removed { get; init; }

    /// <summary>Number of the device it belongs to, and what that calls it; null: it has an address of its own.</summary>
    public int? Device { get; init; }
    public string? DeviceChannel { get; init; }
}

/// <summary>Channels; numbers and ids are given once and never again.</summary>
internal sealed class ChannelStore(LedgerDatabase ledger, BoxSecret secret, TimeProvider time)
{
    private const string Columns = "number, id, key, protocol, name, url, url_secret, sub_url, sub_url_secret, record, file_record, transport, audio, priority, "
        + "min_size, max_size, min_age_s, max_age_s, from_file, removed, device_number, device_channel";

    /// <summary>All that ever were, removed ones too, in order of number.</summary>
    public IReadOnlyList<ChannelRow> All() => ledger.Read(c => c.List($"SELECT {Columns} FROM channels ORDER BY number", Read));

    /// <summary>Writes the rows in one transaction: number 0 makes a channel, another replaces it. Returns them as stored.</summary>
    /// <exception cref="LedgerException">A key is taken.</exception>
    public IReadOnlyList<ChannelRow> Save(IReadOnlyList<ChannelRow> rows)
    {
        try
        {
            return ledger.Write(c => rows.Select(row => row.Number == 0 ? Insert(c, row) : Update(c, row)).ToList());
        }
        catch (SqliteException e) when (e.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            throw new LedgerException("a channel with that key exists", e);
        }
    }

    public ChannelRow Save(ChannelRow row) => Save([row])[0];

    private ChannelRow Insert(SqliteConnection c, ChannelRow row)
    {
        var made = row with { Id = row.Id.Length > 0 ? row.Id : OpaqueId.New() };
        using var command = c.Command(
            "INSERT INTO channels (id, key, protocol, name, url, url_secret, sub_url, sub_url_secret, record, file_record, transport, audio, priority, min_size, max_size, min_age_s, max_age_s, from_file, removed, device_number, device_channel, created_utc_ms) "
            + "VALUES ($id, $key, $protocol, $name, $url, $urls, $sub, $subs, $record, $file, $transport, $audio, $priority, $mins, $maxs, $mina, $maxa, $fromfile, $removed, $device, $dchannel, $at) RETURNING number",
            Parameters(made));
        command.Parameters.AddWithValue("$at", time.GetUtcNow().ToUnixTimeMilliseconds());
        return made with { Number = (int)(long)command.ExecuteScalar()! };
    }

    private ChannelRow Update(SqliteConnection c, ChannelRow row)
    {
        c.Run("UPDATE channels SET id=$id, key=$key, protocol=$protocol, name=$name, url=$url, url_secret=$urls, sub_url=$sub, sub_url_secret=$subs, record=$record, file_record=$file, "
            + "transport=$transport, audio=$audio, priority=$priority, min_size=$mins, max_size=$maxs, min_age_s=$mina, max_age_s=$maxa, from_file=$fromfile, removed=$removed, device_number=$device, device_channel=$dchannel WHERE number=$n",
            [.. Parameters(row), ("$n", row.Number)]);
        return row;
    }

    private (string, object?)[] Parameters(ChannelRow row) =>
    [
        ("$id", row.Id), ("$key", row.Key), ("$protocol", row.Protocol), ("$name", row.Name),
        ("$url", SourceAddress.Masked(row.Url)), ("$urls", Secret(row.Url)), ("$sub", row.SubUrl is null ? null : SourceAddress.Masked(row.SubUrl)), ("$subs", Secret(row.SubUrl)),
        ("$record", row.Record), ("$file", row.FileRecord), ("$transport", row.Transport), ("$audio", row.Audio), ("$priority", row.Priority),
        ("$mins", row.MinSize), ("$maxs", row.MaxSize), ("$mina", row.MinAgeSeconds), ("$maxa", row.MaxAgeSeconds), ("$fromfile", row.FromFile), ("$removed", row.Removed),
        ("$device", row.Device), ("$dchannel", row.DeviceChannel),
    ];

    private byte[]? Secret(string? address) => address is not null && SourceAddress.Masked(address) != address ? secret.Protect(address) : null;

    private ChannelRow Read(SqliteDataReader r) => new()
    {
        Number = r.GetInt32(0), Id = r.GetString(1), Key = r.GetString(2), Protocol = r.GetString(3), Name = r.GetString(4),
        Url = r.Blob(6) is { } url ? secret.Unprotect(url) : r.GetString(5),
        SubUrl = r.Blob(8) is { } sub ? secret.Unprotect(sub) : r.Text(7),
        Record = r.GetBoolean(9), FileRecord = r.IsDBNull(10) ? null : r.GetBoolean(10), Transport = r.GetString(11), Audio = r.GetBoolean(12), Priority = r.GetInt32(13),
        MinSize = r.Text(14), MaxSize = r.Text(15), MinAgeSeconds = r.Number(16), MaxAgeSeconds = r.Number(17), FromFile = r.GetBoolean(18), Removed = r.GetBoolean(19),
        Device = (int?)r.Number(20), DeviceChannel = r.Text(21),
    };
}

/// <summary>Addresses of sources as they may be shown.</summary>
internal static class SourceAddress
{
    /// <summary>The address with its password as ***; unchanged when it has none. What stands before the last @ of the authority is user information.</summary>
    public static string Masked(string address)
    {
        var start = address.IndexOf("://", StringComparison.Ordinal) + 3;
        if (start < 3)
            return address;
        var end = address.AsSpan(start).IndexOfAny('/', '?', '#') is var e and >= 0 ? start + e : address.Length;
        var at = address.AsSpan(start, end - start).LastIndexOf('@');
        var colon = at < 0 ? -1 : address.AsSpan(start, at).IndexOf(':');
        return colon < 0 ? address : $"{address[..(start + colon)]}:***{address[(start + at)..]}";
    }

    /// <summary>The address without user and password, for segment headers.</summary>
    public static string WithoutCredentials(string address)
    {
        var masked = Masked(address);
        var start = masked.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = start < 3 ? -1 : masked.AsSpan(start).IndexOfAny('/', '?', '#') is var e and >= 0 ? start + e : masked.Length;
        var at = end < 0 ? -1 : masked.AsSpan(start, end - start).LastIndexOf('@');
        return at < 0 ? masked : masked[..start] + masked[(start + at + 1)..];
    }
}
