using System.Threading.Channels;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>
/// Takes gaps from threads that must not wait and writes them into the ledger in the same order. One task; disposing writes what is left.
/// </summary>
internal sealed partial class GapJournal : IAsyncDisposable
{
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>(new() { SingleReader = true });
    private readonly IGapLedger _ledger;
    private readonly int _bootNumber;
    private readonly ILogger _log;
    private readonly Task _writing;

    public GapJournal(IGapLedger ledger, int bootNumber, ILogger log)
    {
        (_ledger, _bootNumber, _log) = (ledger, bootNumber, log);
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Times are CLOCK_BOOTTIME in microseconds; before the boot is allowed, for what an earlier run of the daemon left.</summary>
    public void Open(StreamKey stream, GapReason reason, long atUs) => _entries.Writer.TryWrite(new(stream, Change.Open, reason, atUs, 0));

    public void Close(StreamKey stream, long atUs) => _entries.Writer.TryWrite(new(stream, Change.Close, default, 0, atUs));

    public void Add(StreamKey stream, GapReason reason, long fromUs, long toUs) => _entries.Writer.TryWrite(new(stream, Change.Add, reason, fromUs, toUs));

    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing;
    }

    private async Task WriteAsync()
    {
        await foreach (var entry in _entries.Reader.ReadAllAsync())
            try
            {
                Write(entry);
            }
            catch (Exception e)                             // an entry ends here; footage goes on, and the next one is tried again
            {
                LogLost(entry.Stream.ChannelNumber, entry.Reason, e);
            }
    }

    private void Write(in Entry entry)
    {
        switch (entry.Change)
        {
            case Change.Open:
                _ledger.Open(entry.Stream, entry.Reason, new(_bootNumber, entry.FromUs));
                break;
            case Change.Close:
                _ledger.Close(entry.Stream, new(_bootNumber, entry.ToUs));
                break;
            case Change.Add:
                _ledger.Add(entry.Stream, entry.Reason, new(_bootNumber, entry.FromUs), new(_bootNumber, entry.ToUs));
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Gap of channel {Channel} ({Reason}) could not be written to the ledger")]
    private partial void LogLost(int channel, GapReason reason, Exception e);

    private enum Change { Open, Close, Add }

    private readonly record struct Entry(StreamKey Stream, Change Change, GapReason Reason, long FromUs, long ToUs);
}
