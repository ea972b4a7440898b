using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using EdgeRecorder.Storage;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>The ledger cannot be used: damaged, of a newer version, or not writable.</summary>
internal sealed class LedgerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// ledger.db (DESIGN section 5): what cannot be rebuilt. One connection writes, one reads, each behind its lock; a write has
/// returned only after its commit is on the disk (WAL, synchronous=FULL).
/// </summary>
internal sealed class LedgerDatabase : IDisposable
{
    private const int ReserveBytes = 4 << 20;               // tens of thousands of gaps more
    private const string Mark = "one";
    private const int MostTogether = 64;                    // nobody waits for more than so many others
    private const int WritesPerLook = 256;                  // a month of uptime must not use it up unseen

    private readonly SqliteConnection _writer;
    private readonly SqliteConnection _reader;
    private readonly Lock _writing = new();
    private readonly Lock _reading = new();
    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private readonly string _path;
    private int _writes;
    private int _committingSoon;

    /// <summary>The transaction that is being written.</summary>
    public WorkMark Commits { get; } = new("ledger");

    private LedgerDatabase(string path, SqliteConnection writer, SqliteConnection reader) => (_path, _writer, _reader) = (path, writer, reader);

    /// <summary>Opens the ledger, makes it when it is missing and brings an older one up to date.</summary>
    /// <exception cref="LedgerException">It is damaged, newer than this program, or cannot be written.</exception>
    public static LedgerDatabase Open(string path) => Open(path, LedgerSchema.Embedded);

    internal static LedgerDatabase Open(string path, LedgerSchema schema)
    {
        SQLitePCL.Batteries_V2.Init();                         // by name, not by the provider's reflection: that one does not survive trimming
        SqliteConnection? writer = null;
        try
        {
            writer = Connect(path, SqliteOpenMode.ReadWriteCreate);
            Execute(writer, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            schema.Apply(writer, path);
            DatabaseReserve.Keep(writer, path, ReserveBytes);
            var reader = Connect(path, SqliteOpenMode.ReadWrite);
            DatabaseReserve.Keep(reader, path, 0);
            return new(path, writer, reader);
        }
        catch (SqliteException e)
        {
            writer?.Dispose();
            throw new LedgerException($"{path}: {e.Message}", e);
        }
        catch
        {
            writer?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> whole or not at all. When this returns, it is durable. What waits for the same disk meanwhile is committed together: a commit costs a sync, and a burst of starts
    /// would queue for one each. Work that fails takes nothing of the others with it.
    /// </summary>
    public T Write<T>(Func<SqliteConnection, T> work)
    {
        T result = default!;
        var mine = new Waiting(connection => result = work(connection));
        _waiting.Enqueue(mine);
        lock (_writing)
        {
            while (!mine.IsDone)
                CommitWaiting();
            if (_writes >= WritesPerLook)
            {
                _writes = 0;
                DatabaseReserve.Keep(_writer, _path, ReserveBytes);
            }
        }
        mine.Fault?.Throw();
        return result;
    }

    public void Write(Action<SqliteConnection> work) => Write(connection =>
    {
        work(connection);
        return true;
    });

    /// <summary>Nobody waits for it: it goes with the next commit, which comes at once where none is under way. What comes of it is in the task.</summary>
    public Task WriteSoon(Action<SqliteConnection> work)
    {
        var mine = new Waiting(work) { Soon = new(TaskCreationOptions.RunContinuationsAsynchronously) };
        _waiting.Enqueue(mine);
        if (Interlocked.Exchange(ref _committingSoon, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(static ledger =>
            {
                Volatile.Write(ref ledger._committingSoon, 0);
                ledger.CommitAll();
            }, this, preferLocal: false);
        return mine.Soon.Task;
    }

    /// <summary>What was to be written soon is on the disk.</summary>
    public void CommitAll()
    {
        lock (_writing)
            while (!_waiting.IsEmpty)
                CommitWaiting();
    }

    /// <summary>Reads what was committed.</summary>
    public T Read<T>(Func<SqliteConnection, T> work)
    {
        lock (_reading)
            return work(_reader);
    }

    private void CommitWaiting()
    {
        List<Waiting> group = [];
        while (group.Count < MostTogether && _waiting.TryDequeue(out var next))
            group.Add(next);
        try
        {
            using var piece = Commits.Begin();
            using var transaction = _writer.BeginTransaction();
            foreach (var each in group)
                Run(each, group.Count > 1 ? transaction : null);
            if (group.Exists(each => each.Fault is null))
                transaction.Commit();
        }
        catch (Exception e)                                 // of the transaction itself: it is everybody's
        {
            var fault = ExceptionDispatchInfo.Capture(e);
            group.ForEach(each => each.Fault ??= fault);
        }
        group.ForEach(each => each.End());
        _writes += group.Count;
    }

    /// <param name="shared">Null: nobody else is in it, and a failure ends the transaction as a whole.</param>
    private void Run(Waiting each, SqliteTransaction? shared)
    {
        shared?.Save(Mark);
        try
        {
            each.Work(_writer);
            shared?.Release(Mark);
        }
        catch (Exception e)                                 // thrown to whoever asked for it
        {
            each.Fault = ExceptionDispatchInfo.Capture(e);
            shared?.Rollback(Mark);
        }
    }

    public void Dispose()
    {
        lock (_reading)
            _reader.Dispose();
        lock (_writing)
        {
            while (!_waiting.IsEmpty)
                CommitWaiting();
            DatabaseReserve.Checkpoint(_writer);
            _writer.Dispose();
        }
    }

    /// <summary>
    /// Runs a script. Not ExecuteNonQuery: on a STRICT table SQLite answers ALTER TABLE with a result set, there the provider stops, and what
    /// follows runs when the reader is disposed, where it swallows errors.
    /// </summary>
    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        do
            while (reader.Read()) { }
        while (reader.NextResult());
    }

    private sealed class Waiting(Action<SqliteConnection> work)
    {
        public Action<SqliteConnection> Work => work;
        public bool IsDone { get; private set; }
        public ExceptionDispatchInfo? Fault { get; set; }

        /// <summary>Null: somebody waits under the lock.</summary>
        public TaskCompletionSource? Soon { get; init; }

        public void End()
        {
            IsDone = true;
            if (Fault is null)
                Soon?.SetResult();
            else
                Soon?.SetException(Fault.SourceException);
        }
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            // 512 KiB of page cache instead of 2 MiB a connection: the box has 60 MB for everything.
            Execute(connection, "PRAGMA cache_size=-512; PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}

/// <summary>Shorthand for the statements of the stores.</summary>
internal static class Sql
{
    /// <summary>A statement with its parameters; null is NULL.</summary>
    public static SqliteCommand Command(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Rows it changed.</summary>
    public static int Run(this SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    public static List<T> List<T>(this SqliteConnection connection, string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Command(sql, parameters);
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
            rows.Add(row(reader));
        return rows;
    }

    public static long? Number(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    public static string? Text(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static byte[]? Blob(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);

    public static DateTimeOffset Time(this SqliteDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    public static DateTimeOffset? OptionalTime(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Time(column);
}
