using System.IO.Pipelines;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>
/// Runs many short jobs in few processes: starting one costs more than most of the jobs. Two at the most, kept until nobody wanted one for a while. One that fails a job in
/// any other way than by saying so is ended, and the next job gets a new one.
/// </summary>
internal sealed partial class KeptWorkers : IDisposable
{
    public const int Most = 2;
    public static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(30);

    private readonly WorkerStart _start;
    private readonly ILogger<KeptWorkers> _log;
    private readonly SemaphoreSlim _places = new(Most);
    private readonly Lock _gate = new();
    private readonly Stack<WorkerProcess> _idle = new();
    private readonly ITimer _idleEnd;
    private bool _isOver;

    public KeptWorkers(WorkerStart start, ILogger<KeptWorkers> log)
    {
        (_start, _log) = (start, log);
        _idleEnd = start.Time.CreateTimer(_ => EndIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc cref="WorkerProcess.RunAsync"/>
    public async Task<JobResult> RunAsync(MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, CancellationToken stop)
    {
        await _places.WaitAsync(stop);
        try
        {
            var worker = Take();
            try
            {
                var result = await worker.RunAsync(job, footage, static _ => { }, isLast: false, stop);
                if (worker.Said() is { Length: > 0 } said)
                    LogSaid(job.Id, said);
                return result;
            }
            finally
            {
                GiveBack(worker);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _isOver = true;
        _idleEnd.Dispose();
        EndIdle();
        _places.Dispose();
    }

    private WorkerProcess Take()
    {
        while (true)
        {
            WorkerProcess? worker;
            lock (_gate)
                if (!_idle.TryPop(out worker))
                    return new WorkerProcess(_start, Path.GetTempPath());
            if (worker.IsReady)
                return worker;
            worker.Dispose();                               // somebody ended it while it had nothing to do
        }
    }

    private void GiveBack(WorkerProcess worker)
    {
        lock (_gate)
            if (!_isOver && worker.IsReady)
            {
                _idle.Push(worker);
                _idleEnd.Change(LongestIdle, Timeout.InfiniteTimeSpan);
                return;
            }
        worker.Dispose();
    }

    /// <summary>Nobody wanted one for <see cref="LongestIdle"/>.</summary>
    private void EndIdle()
    {
        WorkerProcess[] ending;
        lock (_gate)
        {
            ending = [.. _idle];
            _idle.Clear();
        }
        foreach (var worker in ending)
            worker.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media worker, {Id}: {Said}")]
    private partial void LogSaid(string id, string said);
}
