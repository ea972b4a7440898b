using System.Globalization;
using EdgeRecorder.Media;
using EdgeRecorder.Storage.Format;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Storage;

/// <summary>
/// <c>index.db</c>: the catalog's copy on disk. Losing it, even while it is open, costs a slower start and nothing else:
/// <see cref="ExistsStill"/> notices, and <see cref="RingIndex"/> writes a new one from memory. One thread.
/// </summary>
internal sealed class IndexDatabase : IDisposable
{
    private const int SchemaVersion = 2;
    private const int ReserveBytes = 2 << 20;               // thousands of segments more
    private readonly SqliteConnection _connection;
    private readonly (ulong Device, ulong Inode) _identity;

    private IndexDatabase(string path, SqliteConnection connection)
    {
        (Path, _connection, _identity) = (path, connection, Platform.Linux.FileIdentity.Of(path));
        DatabaseReserve.Keep(connection, path, ReserveBytes);
    }

    public string Path { get; }

    /// <summary>Opens the index of a volume; one of another volume, of another version, or that SQLite cannot read, is replaced by an empty one.</summary>
    /// <param name="fresh">True when there was nothing to go by: the catalog has to be read from the segments.</param>
    public static IndexDatabase Open(string path, Guid volume, out bool fresh)
    {
        fresh = false;
        if (File.Exists(path))
        {
            SqliteConnection? existing = null;
            try
            {
                existing = Connect(path);
                if (Scalar(existing, "PRAGMA user_version") == SchemaVersion.ToString(CultureInfo.InvariantCulture)
                    && Scalar(existing, "SELECT value FROM meta WHERE key = 'volume'") == volume.ToString()
                    && Scalar(existing, "PRAGMA quick_check(1)") == "ok")
                    return new IndexDatabase(path, existing);
            }
            catch (SqliteException)
            {
                // A cache that cannot be read is an empty cache; the segments are read instead, and the caller says so.
            }
            existing?.Dispose();
            foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
                File.Delete(path + suffix);
        }
        fresh = true;
        var connection = Connect(path);
        try
        {
            using (var stream = typeof(IndexDatabase).Assembly.GetManifestResourceStream("index.sql")!)
            using (var reader = new StreamReader(stream))
                Execute(connection, reader.ReadToEnd());
            var database = new IndexDatabase(path, connection);
            database.SetMeta("volume", volume.ToString());
            return database;
        }
        catch
        {
            connection.Dispose();                           // there was no room for it
            throw;
        }
    }

    /// <summary>False once the file at the path is another one or gone: what is written here is lost.</summary>
    public bool ExistsStill() => File.Exists(Path) && Platform.Linux.FileIdentity.Of(Path) == _identity;

    public string? GetMeta(string key) => Scalar(_connection, "SELECT value FROM meta WHERE key = $a", ("$a", key));

    public void SetMeta(string key, string value)
        => Execute(_connection, "INSERT INTO meta VALUES ($a, $b) ON CONFLICT (key) DO UPDATE SET value = $b", ("$a", key), ("$b", value));

    /// <summary>Fills in segments as an index has them that somebody else may be writing; null when it is not this volume's.</summary>
    /// <exception cref="SqliteException">It cannot be read.</exception>
    public static HashSet<int>? ReadOnly(string path, Guid volume, IReadOnlyDictionary<int, Segment> segments)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, Mode = SqliteOpenMode.ReadOnly }.ToString());
        connection.Open();
        return Scalar(connection, "SELECT value FROM meta WHERE key = 'volume'") == volume.ToString() ? Load(connection, segments) : null;
    }

    /// <summary>Fills in the segments it knows. Returns the numbers it had a row for.</summary>
    public HashSet<int> Load(IReadOnlyDictionary<int, Segment> segments) => Load(_connection, segments);

    private static HashSet<int> Load(SqliteConnection connection, IReadOnlyDictionary<int, Segment> segments)
    {
        var known = new HashSet<int>();
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT number, state, generation, channel_number, stream, pool, next_sequence, media_end_90k, last_hash, wanted FROM segments";
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                if (!segments.TryGetValue(row.GetInt32(0), out var segment))
                    continue;
                known.Add(segment.Number);
                segment.State = (SegmentState)row.GetInt32(1);
                segment.Generation = row.GetInt64(2);
                segment.Stream = new StreamKey(row.GetInt32(3), row.GetByte(4));
                segment.IsPool = row.GetInt32(5) != 0;
                segment.NextSequence = row.GetInt64(6);
                segment.MediaEnd90k = row.GetInt64(7);
                segment.LastHash = row.GetFieldValue<byte[]>(8);
                segment.IsWanted = row.GetInt32(9) != 0;
            }
        }
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT number, boot_number, from_boottime_us, to_boottime_us, media_start_90k, media_end_90k, bytes FROM spans ORDER BY number, position";
            using var row = command.ExecuteReader();
            while (row.Read())
                if (segments.TryGetValue(row.GetInt32(0), out var segment))
                    segment.Spans.Add(new SpanRow(row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6)));
        }
        return known;
    }

    public List<BootAnchor> LoadBoots()
    {
        var anchors = new List<BootAnchor>();
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT number, id, boottime_us, utc_us, quality FROM boots";
        using var row = command.ExecuteReader();
        while (row.Read())
            anchors.Add(new BootAnchor(row.GetInt32(0), Guid.Parse(row.GetString(1)), row.GetInt64(2), row.GetInt64(3), (ClockQuality)row.GetByte(4)));
        return anchors;
    }

    /// <summary>Writes rows anew, in one transaction. <paramref name="durable"/>: returned only when it is on the device.</summary>
    public void Save(IReadOnlyCollection<SegmentRow> rows, IReadOnlyCollection<BootAnchor> boots, bool durable)
    {
        if (rows.Count == 0 && boots.Count == 0)
            return;
        if (durable)
            Execute(_connection, "PRAGMA synchronous = FULL");
        using (var transaction = _connection.BeginTransaction())
        {
            using var spans = Prepare("DELETE FROM spans WHERE number = $number", "$number");
            using var segment = Prepare(
                "INSERT OR REPLACE INTO segments VALUES ($number, $state, $generation, $channel, $stream, $pool, $sequence, $end, $hash, $wanted)",
                "$number", "$state", "$generation", "$channel", "$stream", "$pool", "$sequence", "$end", "$hash", "$wanted");
            using var span = Prepare("INSERT INTO spans VALUES ($number, $position, $boot, $from, $to, $start, $end, $bytes)",
                "$number", "$position", "$boot", "$from", "$to", "$start", "$end", "$bytes");
            foreach (var row in rows)
            {
                Run(spans, row.Number);
                Run(segment, row.Number, (int)row.State, row.Generation, row.Stream.ChannelNumber, (int)row.Stream.Stream, row.IsPool ? 1 : 0, row.NextSequence, row.MediaEnd90k, row.LastHash, row.IsWanted ? 1 : 0);
                for (var i = 0; i < row.Spans.Length; i++)
                    if (row.Spans[i] is var s)
                        Run(span, row.Number, i, s.BootNumber, s.FromUs, s.ToUs, s.MediaStart90k, s.MediaEnd90k, s.Bytes);
            }
            using var boot = Prepare("INSERT OR REPLACE INTO boots VALUES ($number, $id, $boottime, $utc, $quality)", "$number", "$id", "$boottime", "$utc", "$quality");
            foreach (var anchor in boots)
                Run(boot, anchor.BootNumber, anchor.BootId.ToString(), anchor.BoottimeUs, anchor.UtcUs, (int)anchor.Quality);
            transaction.Commit();
        }
        if (durable)
            Execute(_connection, "PRAGMA synchronous = NORMAL");
    }

    /// <summary>Lets go without bringing anything to an end: the file is to be removed.</summary>
    public void Abandon() => _connection.Dispose();

    public void Dispose()
    {
        try
        {
            if (ExistsStill())
                DatabaseReserve.Checkpoint(_connection);
        }
        finally
        {
            _connection.Dispose();
        }
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024; PRAGMA foreign_keys = OFF");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private SqliteCommand Prepare(string sql, params ReadOnlySpan<string> names)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in names)
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i];
        command.ExecuteNonQuery();
    }

    private static void Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private static string? Scalar(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}

/// <summary>A segment's row as it was at one moment, taken under the catalog's lock and written outside it.</summary>
internal sealed record SegmentRow(
    int Number, SegmentState State, long Generation, StreamKey Stream, bool IsPool, long NextSequence, long MediaEnd90k, byte[] LastHash, bool IsWanted, SpanRow[] Spans)
{
    public static SegmentRow Of(Segment segment) => new(segment.Number, segment.State, segment.Generation, segment.Stream, segment.IsPool,
        segment.NextSequence, segment.MediaEnd90k, segment.LastHash, segment.IsWanted, [.. segment.Spans]);
}
