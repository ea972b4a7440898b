using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Storage.Format;
using Microsoft.Data.Sqlite;

namespace EdgeRecorder.Storage;

/// <summary>
/// The index as the ring keeps it: a cache that may be deleted under it, and that may find no room. One that cannot be written is given up, durably, since
/// it must not list what is about to be overwritten; recording goes on without, and a minute later a new one is written from memory. One thread.
/// </summary>
internal sealed class RingIndex : IDisposable
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMinutes(1);

    private readonly string _path;
    private readonly Guid _volume;
    private readonly IRingObserver _observer;
    private readonly BoxClock _clock;
    private IndexDatabase? _database;
    private bool _isLost;
    private long _triedUs;

    private RingIndex(string path, Guid volume, IRingObserver observer, BoxClock clock) => (_path, _volume, _observer, _clock) = (path, volume, observer, clock);

    /// <summary>Nothing to go by: the catalog has to be read from the segments.</summary>
    public bool IsFresh { get; private set; }

    /// <summary>The last stop wrote everything down.</summary>
    public bool WasClean { get; private set; }

    /// <summary>Boot in which it was last used.</summary>
    public Guid LastBoot { get; private set; }

    public static RingIndex Open(string path, Guid volume, IRingObserver observer, BoxClock clock)
    {
        var index = new RingIndex(path, volume, observer, clock);
        index.Try(() =>
        {
            index._database = IndexDatabase.Open(path, volume, out var fresh);
            (index.IsFresh, index.WasClean) = (fresh, !fresh && index._database.GetMeta("clean") == "1");
            index.LastBoot = Guid.TryParse(index._database.GetMeta("boot_id"), out var boot) ? boot : default;
        });
        index.IsFresh |= index._database is null;
        return index;
    }

    public List<BootAnchor> LoadBoots() => _database?.LoadBoots() ?? [];

    /// <summary>Fills in the segments it knows. Returns the numbers it had a row for.</summary>
    public HashSet<int> Load(IReadOnlyDictionary<int, Segment> segments) => _database?.Load(segments) ?? [];

    /// <summary>From here on it is not clean: what a crash leaves has to be read again.</summary>
    public void Begin()
    {
        if (_database is { } database)
            Try(() => Begin(database));
    }

    /// <summary>Before a change: notices that somebody deleted it, or that it is time to try again. True: all there is has to be saved, it is a new one.</summary>
    public bool Renew()
    {
        if (_database is { } database && database.ExistsStill())
            return false;
        if (_database is null && _clock.BoottimeUs - _triedUs < RetryPeriod.TotalMicroseconds)
            return false;
        _database?.Dispose();
        _database = null;
        return Try(() =>
        {
            foreach (var suffix in (ReadOnlySpan<string>)["-wal", "-shm"])
                File.Delete(_path + suffix);
            Begin(_database = IndexDatabase.Open(_path, _volume, out _));
        });
    }

    /// <summary>Writes rows anew, in one transaction. <paramref name="durable"/>: when this returns no start will believe anything older.</summary>
    public void Save(IReadOnlyCollection<SegmentRow> rows, IReadOnlyCollection<BootAnchor> boots, bool durable)
    {
        if (Try(() => _database?.Save(rows, boots, durable)) && _isLost && _database is not null)
        {
            _isLost = false;
            _observer.IndexRestored();
        }
    }

    /// <summary>The ring stops in good order, and all of it is saved.</summary>
    public void Close() => Try(() => _database?.SetMeta("clean", "1"));

    public void Dispose() => Try(() => _database?.Dispose());

    private void Begin(IndexDatabase database)
    {
        database.SetMeta("clean", "0");
        database.SetMeta("boot_id", _clock.BootId.ToString());
    }

    /// <summary>False: SQLite refused, and the index is gone from the disk.</summary>
    /// <exception cref="IOException">It cannot even be removed.</exception>
    private bool Try(Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (SqliteException e)
        {
            GiveUp(e.Message);
            return false;
        }
    }

    private void GiveUp(string why)
    {
        _triedUs = _clock.BoottimeUs;
        _database?.Abandon();
        _database = null;
        foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
            File.Delete(_path + suffix);
        LinuxFile.SyncFolder(Path.GetDirectoryName(_path)!);
        if (_isLost)
            return;
        _isLost = true;
        _observer.IndexLost(why);
    }
}
