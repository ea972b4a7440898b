using System.Threading.Channels;

namespace EdgeRecorder.Panel;

/// <summary>
/// All of the panel's work, one after the other on one task: edges and timers come from threads that must not wait, and what they lead to writes ledgers. What fails ends itself only.
/// </summary>
internal sealed partial class PanelQueue : IAsyncDisposable
{
    private readonly Channel<Func<Task>> _work = Channel.CreateUnbounded<Func<Task>>(new() { SingleReader = true });
    private readonly ILogger _log;
    private readonly Task _running;

    public PanelQueue(ILogger log)
    {
        _log = log;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Behind everything that was posted before; nothing once it is disposed.</summary>
    public void Post(Func<Task> work) => _work.Writer.TryWrite(work);

    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        await foreach (var work in _work.Reader.ReadAllAsync())
            try
            {
                await work();
            }
            catch (Exception e)
            {
                LogFailed(e);
            }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Panel: what an input or a button asked for could not be done")]
    private partial void LogFailed(Exception e);
}
