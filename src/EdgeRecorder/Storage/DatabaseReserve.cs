using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace EdgeRecorder.Storage;

/// <summary>
/// Room that a database holds for itself (DESIGN section 4, Reserve): free pages inside the file and a write-ahead log as long as it gets, so that it
/// goes on writing when others have taken the last byte of the volume.
/// </summary>
internal static class DatabaseReserve
{
    private const int CheckpointPages = 200;                // 0.8 MB: the log never needs more than what is kept for it

    /// <summary>Keeps at least half of <paramref name="bytes"/> free inside. On a volume that is full already it does what there is room for.</summary>
    /// <param name="connection">In WAL mode, without a transaction; the log stays when it closes.</param>
    public static void Keep(SqliteConnection connection, string path, int bytes)
    {
        Number(connection, "PRAGMA temp_store = MEMORY");     // a large sort wants no file either
        // A log that is deleted at the end would have to find room at the next start.
        raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
        Number(connection, $"PRAGMA wal_autocheckpoint = {CheckpointPages}");
        var log = new FileInfo(path + "-wal");
        if (Number(connection, "PRAGMA freelist_count") * Number(connection, "PRAGMA page_size") >= bytes / 2 && log.Exists && log.Length >= bytes / 2)
            return;
        try
        {
            Number(connection, $"CREATE TABLE IF NOT EXISTS reserve (filler BLOB) STRICT; INSERT INTO reserve VALUES (zeroblob({bytes}))");
            Checkpoint(connection);                         // only now the pages lie in the file
            Number(connection, "DROP TABLE IF EXISTS reserve");
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_FULL)
        {
            // Less than asked for is left; what was got is kept, an empty table with it.
        }
    }

    /// <summary>Brings the log's content into the file, which a close no longer does.</summary>
    public static void Checkpoint(SqliteConnection connection) => Number(connection, "PRAGMA wal_checkpoint(FULL)");

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar() ?? 0L, System.Globalization.CultureInfo.InvariantCulture);
    }
}
