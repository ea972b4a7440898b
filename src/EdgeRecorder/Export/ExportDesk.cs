using System.Text.Json;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Export;

/// <summary>An export as it stands now.</summary>
internal readonly record struct ExportStatus(ExportRow Row, double Progress);

/// <summary>
/// Where owners ask for exports: ledger rows, limits, the running ones. Two of the archive run at a time and sixteen wait; live ones, which wait for time and not
/// for the disk, have eight places of their own. Oldest finished ones go when the quota is full, all go when nobody asked for them for as long as they are kept.
/// </summary>
internal sealed partial class ExportDesk(ExportStore store, ExportSurroundings box, long quotaBytes, ILogger<ExportDesk> log) : IAsyncDisposable
{
    public const int MostRunning = 2, MostWaiting = 16, MostLive = 8;

    /// <summary>Left to the volume whatever exports want.</summary>
    private const long ReserveBytes = 32 << 20;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(10), TouchPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];
    private readonly SemaphoreSlim _slots = new(MostRunning);
    private readonly CancellationTokenSource _stopping = new();
    private ITimer? _sweep;

    private sealed class Entry(ExportRow row, CancellationTokenSource stop)
    {
        public ExportRow Row { get; set; } = row;
        public CancellationTokenSource Stop => stop;
        public Task Work { get; set; } = Task.CompletedTask;
        public double Progress { get; set; }
        public long NeedBytes { get; set; }
        public DateTimeOffset TouchWritten { get; set; } = row.Activity;
    }

    /// <summary>What a stop or a power cut ended: of the archive begins again, live ones end with what was filmed until then.</summary>
    public void Start()
    {
        foreach (var recording in box.Recordings.Of(AxxonOwner))
            box.Recordings.Stop(recording.Id);              // held by live exports that are over
        var rows = store.All();
        box.Folder.RemoveOthers(rows.Select(row => row.Id).ToHashSet());
        foreach (var row in rows)
        {
            var entry = Add(row);
            if (!row.IsOver)
                Run(entry, row.Live ? Interrupted : Archive);
        }
        _sweep = box.Time.CreateTimer(_ => Sweep(), null, SweepPeriod, SweepPeriod);
    }

    public const string AxxonOwner = "axxon";

    /// <summary>The export, durable; null when there are too many.</summary>
    public ExportRow? Order(ExportOrder order)
    {
        var now = Now();
        var row = new ExportRow(Guid.NewGuid().ToString("D"), order.Owner, order.Live, order.Stream, order.FromUtcUs, order.ToUtcUs,
            JsonSerializer.Serialize(order.Wish, ExportJson.Default.ExportWish), ExportState.Queued, "", [], [], order.By, now, now, order.Keep);
        lock (_gate)
        {
            if (_entries.Values.Count(e => !e.Row.IsOver && e.Row.Live == order.Live) >= (order.Live ? MostLive : MostRunning + MostWaiting))
                return null;
            store.Add(row);
            Run(Add(row), order.Live ? LiveAsync : Archive);
        }
        return row;
    }

    /// <summary>Null when there is none, or it is over its time.</summary>
    public ExportStatus? Find(string id)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(id, out var entry))
                return null;
            if (!entry.Row.IsExpired(Now()))
                return new ExportStatus(entry.Row, entry.Row.State == ExportState.Done ? 1 : entry.Progress);
            Forget(entry);
            return null;
        }
    }

    /// <summary>In order of making.</summary>
    public IReadOnlyList<ExportStatus> All()
    {
        lock (_gate)
            return [.. _entries.Values.Where(e => !e.Row.IsExpired(Now())).OrderBy(e => e.Row.Created).ThenBy(e => e.Row.Id, StringComparer.Ordinal).Select(e => new ExportStatus(e.Row, e.Row.State == ExportState.Done ? 1 : e.Progress))];
    }

    /// <summary>Somebody asked for it or fetches it: its time begins anew.</summary>
    public void Touch(string id)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(id, out var entry))
                return;
            entry.Row = entry.Row with { Activity = Now() };
            if (entry.Row.Activity - entry.TouchWritten < TouchPeriod)
                return;
            entry.TouchWritten = entry.Row.Activity;
            store.Touch(id, entry.Row.Activity);
        }
    }

    /// <summary>A file of an export, by its name; null when it has none of that name.</summary>
    public string? PathOf(ExportRow row, string name)
        => row.Files.Any(file => file.Name == name) || row.Files.Count > 0 && name is ExportManifest.Name or ExportManifest.SignatureName ? Path.Combine(box.Folder.Of(row.Id), name) : null;

    /// <summary>Ends it if it runs, and takes its files away. False when there is none.</summary>
    public async Task<bool> DeleteAsync(string id)
    {
        Entry? entry;
        lock (_gate)
            if (!_entries.TryGetValue(id, out entry))
                return false;
        await entry.Stop.CancelAsync();
        await entry.Work;
        lock (_gate)
        {
            if (!_entries.ContainsKey(id))
                return false;
            Forget(entry);
            return true;
        }
    }

    /// <summary>Ends all; those that were not done begin again at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_sweep is { } sweep)
            await sweep.DisposeAsync();
        await _stopping.CancelAsync();
        Task[] ending;
        lock (_gate)
            ending = [.. _entries.Values.Select(e => e.Work)];
        await Task.WhenAll(ending);
        _slots.Dispose();
        _stopping.Dispose();
    }

    private Entry Add(ExportRow row)
    {
        var entry = new Entry(row, CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token));
        lock (_gate)
            _entries[row.Id] = entry;
        return entry;
    }

    private void Run(Entry entry, Func<Entry, ExportRun, Task<ExportOutcome>> work)
    {
        var wish = JsonSerializer.Deserialize(entry.Row.WishJson, ExportJson.Default.ExportWish)!;
        var run = new ExportRun(box, entry.Row, wish, bytes => MakeRoom(entry, bytes), p =>
        {
            lock (_gate)
                entry.Progress = Math.Clamp(Math.Max(entry.Progress, p), 0, 0.999);
        });
        entry.Work = Task.Run(async () =>
        {
            try
            {
                var outcome = await work(entry, run);
                Set(entry, entry.Row with { State = outcome.State, Error = outcome.Error, Warnings = outcome.Warnings, Files = outcome.Files, Activity = Now() });
                LogEnded(entry.Row.Id, ExportStore.Word(outcome.State), outcome.Files.Count, entry.Row.Bytes, outcome.Error);
            }
            catch (OperationCanceledException) when (entry.Stop.IsCancellationRequested)
            {
                // Deleted, or the recorder stops: the ledger says what is to be done next time.
            }
            catch (Exception e)                             // whatever it is ends this export and no other
            {
                LogFault(e, entry.Row.Id);
                Set(entry, entry.Row with { State = ExportState.Failed, Error = "a fault in the recorder; its log has the details", Activity = Now() });
            }
        });
    }

    private async Task<ExportOutcome> Archive(Entry entry, ExportRun run)
    {
        await _slots.WaitAsync(entry.Stop.Token);
        try
        {
            Set(entry, entry.Row with { State = ExportState.Running });
            return await run.ArchiveAsync(entry.Stop.Token);
        }
        finally
        {
            _slots.Release();
        }
    }

    private Task<ExportOutcome> LiveAsync(Entry entry, ExportRun run) => run.LiveAsync(() => Set(entry, entry.Row with { State = ExportState.Running }), entry.Stop.Token);

    private async Task<ExportOutcome> Interrupted(Entry entry, ExportRun run)
    {
        var outcome = await Archive(entry, run);
        return outcome with { State = ExportState.Failed, Error = "the recorder was restarted meanwhile; this is what was filmed until then" };
    }

    private void Set(Entry entry, ExportRow row)
    {
        lock (_gate)
        {
            entry.Row = row;
            if (row.IsOver)
                entry.NeedBytes = 0;
            store.Update(row);
        }
    }

    /// <summary>Lets the oldest finished exports go until there is room; none, when even that would not do.</summary>
    private bool MakeRoom(Entry wanting, long bytes)
    {
        lock (_gate)
        {
            wanting.NeedBytes = bytes;
            var finished = _entries.Values.Where(e => e.Row.IsOver && e.Row.Files.Count > 0).OrderBy(e => e.Row.Created).ToList();
            var running = _entries.Values.Where(e => !e.Row.IsOver).Sum(e => e.NeedBytes);
            var kept = finished.Sum(e => e.Row.Bytes);
            var over = Math.Max(running + kept - quotaBytes, bytes + ReserveBytes - box.Folder.FreeBytes);
            if (over > kept)
                return false;
            foreach (var entry in finished)
            {
                if (over <= 0)
                    break;
                over -= entry.Row.Bytes;
                LogMadeRoom(entry.Row.Id);
                Forget(entry);
            }
            return true;
        }
    }

    private void Sweep()
    {
        lock (_gate)
            foreach (var entry in _entries.Values.Where(e => e.Row.IsExpired(Now())).ToList())
                Forget(entry);
    }

    /// <summary>The row goes first: what a power cut leaves of the files belongs to nobody then, and goes at the next start. Under the gate.</summary>
    private void Forget(Entry entry)
    {
        store.Remove(entry.Row.Id);
        _entries.Remove(entry.Row.Id);
        entry.Stop.Dispose();
        box.Folder.Remove(entry.Row.Id);
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(box.Time.GetUtcNow().ToUnixTimeMilliseconds());

    [LoggerMessage(Level = LogLevel.Information, Message = "Export {Id} ended: {State}, {Files} file(s), {Bytes} bytes {Error}")]
    private partial void LogEnded(string id, string state, int files, long bytes, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Export {Id} failed")]
    private partial void LogFault(Exception fault, string id);

    [LoggerMessage(Level = LogLevel.Information, Message = "Export {Id} goes to make room for another")]
    private partial void LogMadeRoom(string id);
}
