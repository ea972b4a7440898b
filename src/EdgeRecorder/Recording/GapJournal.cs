using System.Threading.Channels;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>
/// Takes gaps from threads that must not wait and writes them into the ledger in the same order. The beginning and the end of a gap are written at
/// once, since a power cut may follow; what is known only afterwards, as every loss is, waits up to a second for others: a camera behind bad Wi-Fi must not
/// cost a sync per packet. One task; disposing writes what is left.
/// </summary>
internal sealed partial class GapJournal : IAsyncDisposable
{
    private static readonly TimeSpan Gathering = TimeSpan.FromSeconds(1);

    private readonly Channel<GapChange> _changes = Channel.CreateUnbounded<GapChange>(new() { SingleReader = true });
    private readonly IGapLedger _ledger;
    private readonly int _bootNumber;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writing;

    public GapJournal(IGapLedger ledger, int bootNumber, TimeProvider time, ILogger log)
    {
        (_ledger, _bootNumber, _time, _log) = (ledger, bootNumber, time, log);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Times are CLOCK_BOOTTIME in microseconds; before the boot is allowed, for what an earlier run of the daemon left.</summary>
    public void Open(StreamKey stream, GapReason reason, long atUs) => Take(new(GapChange.Kind.Open, stream, reason, At(atUs), default));

    public void Close(StreamKey stream, long atUs) => Take(new(GapChange.Kind.Close, stream, default, default, At(atUs)));

    public void Add(StreamKey stream, GapReason reason, long fromUs, long toUs) => Take(new(GapChange.Kind.Add, stream, reason, At(fromUs), At(toUs)));

    public async ValueTask DisposeAsync()
    {
        _changes.Writer.TryComplete();
        await _writing;
    }

    private void Take(in GapChange change) => _changes.Writer.TryWrite(change);

    private BootInstant At(long boottimeUs) => new(_bootNumber, boottimeUs);

    private async Task WriteAsync()
    {
        List<GapChange> batch = [];
        while (await _changes.Reader.WaitToReadAsync())
        {
            await GatherAsync(batch);
            Write(batch);
            batch.Clear();
        }
    }

    /// <summary>Everything there is, and what comes within a second unless something in it is urgent.</summary>
    private async Task GatherAsync(List<GapChange> batch)
    {
        using var over = new CancellationTokenSource(Gathering, _time);
        try
        {
            do
                while (_changes.Reader.TryRead(out var change))
                    batch.Add(change);
            while (batch.TrueForAll(change => change.What == GapChange.Kind.Add) && await _changes.Reader.WaitToReadAsync(over.Token));
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The second is over.
        }
    }

    private void Write(List<GapChange> batch)
    {
        try
        {
            _ledger.Write(batch);
        }
        catch (Exception e) when (batch.Count > 1)          // whatever it was, it costs no other change
        {
            LogRetry(batch.Count, e);
            batch.ForEach(change => Write([change]));
        }
        catch (Exception e)                                 // a change ends here; footage goes on, and the next one is tried again
        {
            LogLost(batch[0].Stream.ChannelNumber, batch[0].Reason, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} changes of gaps could not be written together; each is tried alone")]
    private partial void LogRetry(int count, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "Gap of channel {Channel} ({Reason}) could not be written to the ledger")]
    private partial void LogLost(int channel, GapReason reason, Exception e);
}
