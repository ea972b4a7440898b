using System.IO.Pipelines;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>Runs the jobs of exports, each in a process of its own (`edge-recorder media-worker`), two at a time.</summary>
internal sealed partial class MediaWorkers(WorkerStart start, ILogger<MediaWorkers> log) : IDisposable
{
    public const int Most = 2;

    private readonly SemaphoreSlim _places = new(Most);

    /// <inheritdoc cref="WorkerProcess.RunAsync"/>
    /// <param name="encoders">The kernel's encoders that the job may use, by path. A worker that has none can ask nothing of any video device.</param>
    public async Task<JobResult> RunAsync(MediaJob job, IReadOnlyList<string> encoders, Func<PipeWriter, long, long, CancellationToken, Task> footage, Action<double> progress, CancellationToken stop)
    {
        await _places.WaitAsync(stop);
        try
        {
            using var worker = new WorkerProcess(start with { Command = [.. start.Command, .. encoders] }, job.Folder);
            var result = await worker.RunAsync(job, footage, progress, isLast: true, stop);
            if (result.Encoder is { } encoder)
                LogEncoder(job.Id, encoder);
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Export {Id}: pictures encoded by {Encoder}")]
    private partial void LogEncoder(string id, string encoder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Media worker, job {Id}: {Said}")]
    private partial void LogSaid(string id, string said);
}
