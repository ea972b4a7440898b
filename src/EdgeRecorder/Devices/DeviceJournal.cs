using System.Threading.Channels;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Devices;

/// <summary>
/// Takes what devices report from threads that must not wait, and writes it into the ledger in the same order. Events are written at once, since they lock footage.
/// Positions wait up to a second for others: a commit per position and terminal would be a sync each, and a power cut costs a second of positions beside the
/// two seconds of footage it costs anyway. One task; disposing writes what is left.
/// </summary>
internal sealed partial class DeviceJournal : IAsyncDisposable
{
    private const int Most = 100_000;                       // an hour of a thousand terminals, 10 MB; the disk stands still if it is ever full
    private static readonly TimeSpan Gathering = TimeSpan.FromSeconds(1);

    private readonly Channel<Entry> _entries = Channel.CreateBounded<Entry>(new BoundedChannelOptions(Most) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly PositionStore _positions;
    private readonly TimeProvider _time;
    private readonly ILogger<DeviceJournal> _log;
    private readonly Task _writing;
    private long _written;
    private long _lost;

    public DeviceJournal(PositionStore positions, TimeProvider time, ILogger<DeviceJournal> log)
    {
        (_positions, _time, _log) = (positions, time, log);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Positions written, and entries there was no room for, since start.</summary>
    public long Written => Volatile.Read(ref _written);
    public long Lost => Volatile.Read(ref _lost);

    public void Add(in PositionRow position) => Take(new(position, null));

    /// <summary>Something urgent, done on the journal's task behind everything that was added before.</summary>
    public void Do(Action work) => Take(new(default, work));

    /// <summary>Everything added until now is written when this returns.</summary>
    public async Task FlushAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Do(done.SetResult);
        await done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing;
    }

    private void Take(in Entry entry)
    {
        if (!_entries.Writer.TryWrite(entry) && Interlocked.Increment(ref _lost) == 1)
            LogFull(Most);
    }

    private async Task WriteAsync()
    {
        List<PositionRow> positions = [];
        while (await _entries.Reader.WaitToReadAsync())
        {
            var urgent = await GatherAsync(positions);
            Write(positions);
            positions.Clear();
            Run(urgent);
        }
    }

    /// <summary>Everything there is and what comes within a second, up to the first thing that is urgent.</summary>
    private async Task<Action?> GatherAsync(List<PositionRow> positions)
    {
        using var over = new CancellationTokenSource(Gathering, _time);
        try
        {
            do
                while (positions.Count < Most / 10 && _entries.Reader.TryRead(out var entry))
                    if (entry.Work is { } urgent)
                        return urgent;
                    else
                        positions.Add(entry.Position);
            while (positions.Count < Most / 10 && await _entries.Reader.WaitToReadAsync(over.Token));
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The second is over.
        }
        return null;
    }

    private void Write(List<PositionRow> positions)
    {
        if (positions.Count == 0)
            return;
        try
        {
            _positions.Add(positions);
            Interlocked.Add(ref _written, positions.Count);
        }
        catch (Exception e)                                 // a batch ends here; recording goes on, and the next one is tried again
        {
            LogPositions(positions.Count, e);
        }
    }

    private void Run(Action? urgent)
    {
        try
        {
            urgent?.Invoke();
        }
        catch (Exception e)
        {
            LogWork(e);
        }
    }

    private readonly record struct Entry(PositionRow Position, Action? Work);

    [LoggerMessage(Level = LogLevel.Error, Message = "Devices report faster than the ledger writes: {Most} entries wait, what comes now is lost")]
    private partial void LogFull(int most);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} positions could not be written to the ledger")]
    private partial void LogPositions(int count, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "What a device reported could not be written to the ledger")]
    private partial void LogWork(Exception e);
}
