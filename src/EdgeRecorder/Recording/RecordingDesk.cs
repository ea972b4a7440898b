using System.Threading.Channels;
using EdgeRecorder.Ledger;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>
/// Where owners ask for recordings and channels are switched. A channel records while its own switch is on or a recording names it; every change
/// ends in one <see cref="IRecorder.Apply"/> with the sum. What the channels do is followed: nobody polls.
/// </summary>
/// <remarks>
/// A row is in the ledger before anything happens for it, and changed there before anybody is told that it ended. The lock is never held over the ledger. One task
/// takes what channels say and writes counters.
/// </remarks>
internal sealed partial class RecordingDesk : IAsyncDisposable
{
    private const int WriteCounters = 0;                    // among numbers of channels, which begin with 1

    /// <summary>Counters and states in the ledger are at most so old.</summary>
    private static readonly TimeSpan CounterPeriod = TimeSpan.FromSeconds(5);

    private readonly Lock _changing = new();
    private readonly HeldRecordings _held;
    private readonly List<IRecordingFollower> _followers = [];
    private readonly Channel<int> _changes = Channel.CreateUnbounded<int>(new() { SingleReader = true });
    private readonly ChannelCatalog _catalog;
    private readonly RecordingStore _store;
    private readonly IRecorder _recorder;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer _counters;
    private readonly Task _work;

    public RecordingDesk(ChannelCatalog catalog, RecordingStore store, IRecorder recorder, TimeProvider time, ILogger<RecordingDesk> log)
    {
        (_catalog, _held, _store, _recorder, _time, _log) = (catalog, new HeldRecordings(catalog, recorder, Now), store, recorder, time, log);
        _recorder.Changed += Said;
        _counters = time.CreateTimer(_ => WriteSoon(), null, CounterPeriod, CounterPeriod);
        _work = Task.Run(WorkAsync);
    }

    /// <summary>The catalog has a new, changed or removed channel, and what recordings named it for is done.</summary>
    public event Action? ChannelsChanged;

    /// <summary>Whoever writes files; before <see cref="Start()"/>.</summary>
    public void Follow(IRecordingFollower follower) => _followers.Add(follower);

    /// <summary>Starts everything that file and ledger ask for. What was being stopped when the daemon ended is stopped now.</summary>
    public void Start()
    {
        _store.Prune();
        var rows = _store.Open();
        List<HeldRecording> found = [];
        lock (_changing)
        {
            foreach (var row in rows)
            {
                var held = new HeldRecording(row.State == RecordingState.Stopping ? row : row with { State = RecordingState.Ready, Error = "" });
                _held.Add(held);
                found.Add(held);
                Begin(held);
            }
            foreach (var channel in _catalog.All)
                _held.Apply(channel);
            found.ForEach(_held.Settle);
        }
        foreach (var held in found)
        {
            held.Begun.SetResult();
            Tell(held);
            if (held.Row.State == RecordingState.Stopping)
                _ = Ending(held.Row.Id);
        }
    }

    /// <summary>Records the channels until stopped; durable when this returns. Of starts that race with the same owner and external id one makes a recording, all are given it.</summary>
    public RecordingRow Start(RecordingWish wish, out bool created)
    {
        HeldRecording held;
        lock (_changing)
            held = _held.Hold(wish, out created);
        if (created)
            Add([held]);
        else
            held.Begun.Task.GetAwaiter().GetResult();       // another start is at it, a commit long
        return RowOf(held);
    }

    /// <summary>The same for several at once, with one commit: all begin, or none.</summary>
    public void Start(IReadOnlyList<RecordingWish> wishes)
    {
        List<HeldRecording> made = [], others = [];
        lock (_changing)
            foreach (var wish in wishes)
            {
                var held = _held.Hold(wish, out var created);
                (created ? made : others).Add(held);
            }
        if (made.Count > 0)
            Add(made);
        others.ForEach(held => held.Begun.Task.GetAwaiter().GetResult());
    }

    /// <summary>The beginning of a stop; false when there is nothing to stop.</summary>
    public bool Stop(string id) => Ending(id) is not null;

    /// <summary>
    /// Ends it: stopping, files closed, stopped. Null when there is nothing to stop. When closing takes longer than <paramref name="limit"/> the answer says stopping,
    /// and it goes on.
    /// </summary>
    public async Task<RecordingRow?> StopAsync(string id, TimeSpan limit)
    {
        if (Ending(id) is not { } ending)
            return null;
        try
        {
            return await ending.WaitAsync(limit, _time);
        }
        catch (TimeoutException)
        {
            return Find(id);
        }
    }

    /// <summary>The same for several at once, with a commit for all where one would have one: none is stopped before the files of all are closed.</summary>
    public async Task StopAsync(IReadOnlyList<string> ids, TimeSpan limit)
    {
        try
        {
            await Task.WhenAll(Ending(ids)).WaitAsync(limit, _time);
        }
        catch (TimeoutException)
        {
            // It goes on; their states say so.
        }
    }

    /// <summary>What an owner has that is not stopped, in order of making.</summary>
    public IReadOnlyList<RecordingRow> Of(string owner)
    {
        lock (_changing)
            return [.. _held.Counting.Where(row => row.Owner == owner).OrderBy(row => row.Created).ThenBy(row => row.Id, StringComparer.Ordinal)];
    }

    /// <summary>One that is not stopped.</summary>
    public RecordingRow? Find(string owner, string externalId)
    {
        lock (_changing)
            return _held.Counting.FirstOrDefault(row => row.Owner == owner && row.ExternalId == externalId);
    }

    /// <summary>Names that begin so, of channels that recordings wait for.</summary>
    public IReadOnlyList<string> Awaited(string beginning)
    {
        lock (_changing)
            return [.. _held.Counting.Where(row => row.IsOpen && row.Awaits.StartsWith(beginning, StringComparison.Ordinal)).Select(row => row.Awaits).Distinct()];
    }

    /// <summary>Any, stopped or not, as far as rows are kept.</summary>
    public RecordingRow? Find(string id)
    {
        lock (_changing)
            if (_held.Find(id) is { Counts: true } held)
                return held.Row;
        return _store.Find(id);
    }

    /// <summary>An owner's that were stopped since an instant, newest first.</summary>
    /// <param name="externalId">Only those of this one; empty: all.</param>
    public IReadOnlyList<RecordingRow> Stopped(string owner, DateTimeOffset since, int most, string externalId) => _store.Stopped(owner, since, most, externalId);

    /// <summary>What whoever writes files has to say of a recording. Cheap; the ledger has it at once when a file began, else some seconds later.</summary>
    public void Report(string id, RecordingProgress progress)
    {
        lock (_changing)
        {
            if (_held.Find(id) is not { } held)
                return;
            var isNewFile = held.Row.Sequence != progress.Sequence || held.Row.Path != progress.Path;
            held.FileError = progress.Error;
            held.Row = held.Row with
            {
                Sequence = progress.Sequence, Start = progress.Start ?? held.Row.Start, Bytes = progress.Bytes, Milliseconds = progress.Milliseconds, TotalBytes = progress.TotalBytes,
                TotalMilliseconds = progress.TotalMilliseconds, Path = progress.Path, InfoPath = progress.InfoPath,
            };
            held.IsDirty = true;
            _held.Settle(held);
            if (isNewFile)
                WriteSoon();
        }
    }

    /// <summary>Its own switch is on, or a recording names its main stream.</summary>
    public bool Wants(ChannelDefinition channel)
    {
        lock (_changing)
            return channel.Record || _held.IsHeld(channel.Number, 0);
    }

    /// <summary>Somebody has a recording of that kind, whoever it is.</summary>
    public bool HasAny(string kind)
    {
        lock (_changing)
            return _held.Counting.Any(row => row.Kind == kind && row.State == RecordingState.Recording);
    }

    /// <summary>The catalog has a new or changed channel: it may be one that is awaited.</summary>
    public void Changed(ChannelDefinition channel)
    {
        List<HeldRecording> bound;
        lock (_changing)
        {
            bound = _held.Bind();
            _held.Apply(channel);
            bound.ForEach(_held.Settle);
        }
        bound.ForEach(Tell);
        ChannelsChanged?.Invoke();
    }

    public void Removed(ChannelDefinition channel)
    {
        lock (_changing)
        {
            _recorder.Remove(channel.Number);
            _held.Settle(channel.Number);
        }
        ChannelsChanged?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        _recorder.Changed -= Said;
        await _counters.DisposeAsync();
        List<Task> ending;
        lock (_changing)
        {
            foreach (var held in _held.All)
                held.End?.Dispose();
            ending = [.. _held.All.Select(held => held.Ending).OfType<Task>()];
        }
        await Task.WhenAll(ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // what could not be ended says so in the log and is ended at the next start
        WriteSoon();
        _changes.Writer.TryComplete();
        await _work;
    }

    private void Add(List<HeldRecording> made)
    {
        try
        {
            _store.Add([.. made.Select(held => held.Row)]);
        }
        catch (Exception e)
        {
            lock (_changing)
                made.ForEach(_held.Remove);
            made.ForEach(held => held.Begun.SetException(e));
            throw;
        }
        lock (_changing)
        {
            made.ForEach(Begin);
            made.ForEach(_held.Apply);
            made.ForEach(_held.Settle);
        }
        made.ForEach(held => held.Begun.SetResult());
        made.ForEach(Tell);
    }

    private void Begin(HeldRecording held)
    {
        held.Counts = true;
        _held.Bind(held);
        if (held.Row.Until is { } until)
            held.End = _time.CreateTimer(_ => EndIfDue(held, until), null, Wait(until), Timeout.InfiniteTimeSpan);
    }

    private void Tell(HeldRecording held)
    {
        if (RowOf(held).Channels.Count > 0)
            held.Tell(_followers, () => RowOf(held));
    }

    private RecordingRow RowOf(HeldRecording held)
    {
        lock (_changing)
            return held.Row;
    }

    private Task<RecordingRow>? Ending(string id) => Ending([id]) is [var ending] ? ending : null;

    private List<Task<RecordingRow>> Ending(IReadOnlyList<string> ids)
    {
        lock (_changing)
        {
            List<HeldRecording> asked = [.. ids.Select(_held.Find).OfType<HeldRecording>()];
            List<HeldRecording> mine = [.. asked.Where(held => held.Ending is not { IsFaulted: false })];
            mine.ForEach(held => held.Row = held.Row with { State = RecordingState.Stopping });
            var ended = mine.Count == 0 ? Task.CompletedTask : Task.Run(() => EndAsync(mine));
            mine.ForEach(held => held.Ending = RowAsync(held, ended));
            return [.. asked.Select(held => held.Ending!)];
        }
    }

    private async Task<RecordingRow> RowAsync(HeldRecording held, Task ended)
    {
        await ended;
        return RowOf(held);
    }

    private async Task EndAsync(List<HeldRecording> ending)
    {
        await Task.WhenAll(ending.Select(held => held.Begun.Task));
        var closing = ending.Select(held => (Held: held, Followers: held.Close())).ToList();
        if (closing.Where(each => each.Followers.Count > 0).Select(each => RowOf(each.Held)).ToList() is { Count: > 0 } followed)
            _store.Update(followed);                        // a crash while files are closed must not begin them anew
        lock (_changing)
            foreach (var held in ending)
            {
                held.End?.Dispose();
                _held.Apply(held);
            }
        await Task.WhenAll(closing.SelectMany(each => each.Followers.Select(follower => EndAsync(follower, RowOf(each.Held)))));
        var now = Now();
        var stopped = ending.ConvertAll(held => RowOf(held) with { State = RecordingState.Stopped, Error = "", Finish = now });
        _store.Update(stopped);
        lock (_changing)
            for (var i = 0; i < ending.Count; i++)
            {
                ending[i].Row = stopped[i];
                _held.Remove(ending[i]);
            }
    }

    private async Task EndAsync(IRecordingFollower follower, RecordingRow row)
    {
        try
        {
            await follower.EndedAsync(row);
        }
        catch (Exception e)                                 // its files end here; the recording ends all the same
        {
            LogNotClosed(row.Owner, row.Id, e);
        }
    }

    /// <summary>Under the lock of the stream that speaks: nothing is done here.</summary>
    private void Said(StreamKey stream) => _changes.Writer.TryWrite(stream.ChannelNumber);

    private void WriteSoon() => _changes.Writer.TryWrite(WriteCounters);

    private async Task WorkAsync()
    {
        await foreach (var change in _changes.Reader.ReadAllAsync())
            try
            {
                if (change == WriteCounters)
                    Write();
                else
                    lock (_changing)
                        _held.Settle(change);
            }
            catch (Exception e)                             // a change ends here; the next one, and the next writing, come
            {
                LogFault(e);
            }
    }

    private void Write()
    {
        List<HeldRecording> dirty;
        List<RecordingRow> rows;
        lock (_changing)
        {
            dirty = [.. _held.All.Where(held => held is { IsDirty: true, Counts: true } && held.Row.State is not (RecordingState.Stopping or RecordingState.Stopped))];
            rows = [.. dirty.Select(held => held.Row)];
            dirty.ForEach(held => held.IsDirty = false);
        }
        if (rows.Count == 0)
            return;
        try
        {
            _store.Update(rows);
        }
        catch
        {
            lock (_changing)
                dirty.ForEach(held => held.IsDirty = true);
            throw;
        }
    }

    // Timers take at most 49 days, and the wall clock may have stepped meanwhile: look again rather than trust the wait.
    private void EndIfDue(HeldRecording held, DateTimeOffset until)
    {
        if (_time.GetUtcNow() >= until)
            Stop(held.Row.Id);
        else
            lock (_changing)
                held.End?.Change(Wait(until), Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Wait(DateTimeOffset until)
    {
        var left = until - _time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : left;
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds());

    [LoggerMessage(Level = LogLevel.Error, Message = "Recording {Id} of {Owner}: its files could not be closed")]
    private partial void LogNotClosed(string owner, string id, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "What became of recordings could not be written")]
    private partial void LogFault(Exception e);
}
