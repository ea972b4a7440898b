using System.IO.Pipelines;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Export;

/// <summary>
/// What encodes the pictures of exports here. Exports never take from recordings: where local cameras are recorded the box's own encoder is theirs, unless the owner insists (`v4l2`). It is looked
/// for anew with each job, since drivers come and go.
/// </summary>
/// <param name="wanted">`export.encoder`: auto, v4l2, software or none.</param>
/// <param name="find">Encoders of H.264 among the kernel's devices, by path.</param>
/// <param name="hasCameras">Whether the box has channels that need such an encoder.</param>
internal sealed class ExportEncoders(string wanted, Func<IReadOnlyList<string>> find, Func<bool> hasCameras)
{
    /// <summary>Why pictures cannot be encoded; null when they can.</summary>
    public string? WhyNot => wanted switch
    {
        "none" => "this box has no encoder",
        "v4l2" when find() is [] => "this box has no V4L2 encoder of H.264, and export.encoder insists on one",
        _ => null,
    };

    /// <summary>What a job is to say, and the devices that its worker is started with.</summary>
    public (VideoEncoder Encoder, IReadOnlyList<string> Devices) Choose() => wanted switch
    {
        "v4l2" => (VideoEncoder.V4l2, find()),
        "auto" when !hasCameras() && find() is { Count: > 0 } devices => (VideoEncoder.Auto, devices),
        "auto" or "software" => (VideoEncoder.Software, []),
        _ => (VideoEncoder.None, []),
    };

    /// <summary>
    /// Runs a job with what encodes here. If a device fails at it that nobody insists on, it is done again from its beginning by x264, and a warning says so; nothing is kept of the first attempt.
    /// </summary>
    /// <inheritdoc cref="WorkerProcess.RunAsync"/>
    public async Task<JobResult> RunAsync(MediaWorkers workers, MediaJob job, Func<PipeWriter, long, long, CancellationToken, Task> footage, Action<double> progress, CancellationToken stop)
    {
        if (job.Format is MediaFormat.Jpg or MediaFormat.Pdf || !JobRules.NeedsPictures(job))
            return await workers.RunAsync(job, [], footage, progress, stop);
        var (encoder, devices) = Choose();
        var result = await workers.RunAsync(job with { Encoder = encoder }, devices, footage, progress, stop);
        if (encoder != VideoEncoder.Auto || result.Error is not { Code: JobException.Encoder } failed)
            return result;
        foreach (var file in Directory.EnumerateFiles(job.Folder))
            File.Delete(file);
        var again = await workers.RunAsync(job with { Encoder = VideoEncoder.Software }, [], footage, progress, stop);
        return again with { Warnings = [$"encoder: {failed.Text}; made again with libx264", .. again.Warnings] };
    }
}
