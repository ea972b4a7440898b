using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Ledger;

/// <summary>
/// The schema of the newest version and the steps that lead to it: <paramref name="migrations"/>[i] brings version i + 1 to i + 2.
/// </summary>
internal sealed class LedgerSchema(string newest, IReadOnlyList<string> migrations)
{
    public static LedgerSchema Embedded { get; } = FromResources();

    public int Version => migrations.Count + 1;

    /// <summary>Makes or migrates, all in one transaction; SQLite's <c>user_version</c> holds the version.</summary>
    /// <exception cref="LedgerException">The file is of a newer version.</exception>
    public void Apply(SqliteConnection connection, string path)
    {
        using var transaction = connection.BeginTransaction();
        var found = connection.List("PRAGMA user_version", row => row.GetInt32(0))[0];
        if (found == Version)
            return;
        if (found > Version)
            throw new LedgerException($"{path}: is version {found}, this program knows {Version}; run the newer program or restore a backup");
        if (found == 0)
            LedgerDatabase.Execute(connection, newest);
        else
            for (var version = found; version < Version; version++)
                LedgerDatabase.Execute(connection, migrations[version - 1]);
        LedgerDatabase.Execute(connection, $"PRAGMA user_version={Version}");
        transaction.Commit();
    }

    private static LedgerSchema FromResources()
    {
        List<string> migrations = [];
        while (Resource($"Ledger.Migrations.{migrations.Count + 2:000}.sql") is { } step)
            migrations.Add(step);
        return new(Resource("Ledger.Schema.sql") ?? throw new InvalidOperationException("The program was built without Ledger/Schema.sql."), migrations);
    }

    private static string? Resource(string name)
    {
        using var stream = typeof(LedgerSchema).Assembly.GetManifestResourceStream(name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
