using EdgeRecorder.Ledger;

namespace EdgeRecorder.Recording;

/// <summary>
/// Where owners ask for recordings and channels are switched. A channel records while its own switch is on or a recording names it; every change
/// ends in one <see cref="IRecorder.Apply"/> with the sum.
/// </summary>
internal sealed class RecordingDesk(ChannelCatalog catalog, RecordingStore recordings, IRecorder recorder, TimeProvider time) : IDisposable
{
    private readonly Lock _changing = new();
    private readonly Dictionary<string, RecordingRow> _running = [];
    private readonly Dictionary<string, ITimer> _ends = [];

    /// <summary>Starts everything that file and ledger ask for.</summary>
    public void Start()
    {
        lock (_changing)
        {
            foreach (var row in recordings.Running())
                Begin(row);
            foreach (var channel in catalog.All)
                Apply(channel);
        }
    }

    /// <summary>Records the channels until <paramref name="until"/> or until stopped; durable when this returns.</summary>
    public RecordingRow Start(string owner, IReadOnlyList<ChannelDefinition> channels, DateTimeOffset? until, string by)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var row = new RecordingRow(OpaqueId.New(), owner, [.. channels.Select(c => c.Number)], now, until, true, by);
        lock (_changing)
        {
            recordings.Add(row);
            Begin(row);
            foreach (var channel in channels)
                Apply(channel);
        }
        return row;
    }

    /// <summary>False when it was not running.</summary>
    public bool Stop(string id)
    {
        lock (_changing)
        {
            if (!_running.Remove(id, out var row))
                return false;
            if (_ends.Remove(id, out var timer))
                timer.Dispose();
            recordings.Stop(id, time.GetUtcNow());
            foreach (var number in row.Channels)
                if (catalog.Find(number) is { } channel)
                    Apply(channel);
            return true;
        }
    }

    /// <summary>What an owner has running.</summary>
    public IReadOnlyList<RecordingRow> RunningOf(string owner)
    {
        lock (_changing)
            return [.. _running.Values.Where(row => row.Owner == owner)];
    }

    /// <summary>The catalog has a new or changed channel.</summary>
    public void Changed(ChannelDefinition channel)
    {
        lock (_changing)
            Apply(channel);
    }

    public void Removed(ChannelDefinition channel)
    {
        lock (_changing)
            recorder.Remove(channel.Number);
    }

    public void Dispose()
    {
        lock (_changing)
            foreach (var timer in _ends.Values)
                timer.Dispose();
    }

    private void Apply(ChannelDefinition channel)
        => recorder.Apply(channel, channel.Record || _running.Values.Any(r => r.Channels.Contains(channel.Number)));

    private void Begin(RecordingRow row)
    {
        _running[row.Id] = row;
        if (row.Until is { } until)
            _ends[row.Id] = time.CreateTimer(_ => EndIfDue(row.Id, until), null, Wait(until), Timeout.InfiniteTimeSpan);
    }

    // Timers take at most 49 days, and the wall clock may have stepped meanwhile: look again rather than trust the wait.
    private void EndIfDue(string id, DateTimeOffset until)
    {
        if (time.GetUtcNow() >= until)
            Stop(id);
        else
            lock (_changing)
                if (_ends.TryGetValue(id, out var timer))
                    timer.Change(Wait(until), Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Wait(DateTimeOffset until)
    {
        var left = until - time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : left;
    }
}
