using System.IO.Pipelines;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>Runs the jobs of exports, each in a process of its own (`edge-recorder media-worker`), two at a time.</summary>
internal sealed partial class MediaWorkers(WorkerStart start, ILogger<MediaWorkers> log) : IDisposable
{
    public const int Most = 2;

    private readonly SemaphoreSlim _places = new(Most);

    /// <inheritdoc cref="WorkerProcess.RunAsync"/>
    public async Task<JobResult> RunAsync(MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, Action<double> progress, CancellationToken stop)
    {
        await _places.WaitAsync(stop);
        try
        {
            using var worker = new WorkerProcess(start, job.Folder);
            var result = await worker.RunAsync(job, footage, progress, isLast: true, stop);
            if (worker.Said() is { Length: > 0 } said)
                LogSaid(job.Id, said);
            return result;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media worker, job {Id}: {Said}")]
    private partial void LogSaid(string id, string said);
}
