using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.MediaWorker;

/// <summary>`edge-recorder media-worker`: takes jobs from standard input until it ends. Bytes of strangers are looked at here and nowhere else in the program.</summary>
internal static class Worker
{
    /// <summary>Memory that may be written to, the runtime's own included. A 4K picture has 12 MB; decoder and encoder hold some tens of them.</summary>
    private const long MemoryBytes = 1L << 30;

    /// <summary>CPU time of a job: as much as this, and for each megabyte of footage (4 s at 2 Mbit/s) that on top.</summary>
    private static readonly TimeSpan CpuPerJob = TimeSpan.FromMinutes(10), CpuPerMegabyte = TimeSpan.FromSeconds(20);

    /// <summary>A file may grow to this, or to that multiple of the footage.</summary>
    private const long SmallFile = 256L << 20, TimesFootage = 8;

    /// <summary>0 when all jobs were taken, whatever became of them; 1 when the next one cannot be found, or the sandbox cannot be built.</summary>
    /// <param name="encoders">The kernel's encoders that its jobs may use, by path. Nobody but these can be worked with.</param>
    public static int Run(IReadOnlyList<string> encoders, Stream input, Stream output, TextWriter errors)
    {
        using var devices = new EncoderDevices(encoders, VideoDevice.Open);
        try
        {
            Sandbox.Enter(MemoryBytes, devices.Opened.Count > 0 ? Platform.V4l2.VideoEncoder.Calls : []);
        }
        catch (ErrnoException e)
        {
            errors.WriteLine($"media-worker: no sandbox, no work: {e.Message}");
            return 1;
        }
        var jobs = new JobInput(input);
        var reports = new JobReports(output);
        try
        {
            while (jobs.ReadJob() is { } job)
            {
                reports.Begin();
                Sandbox.LimitCpu(CpuPerJob + job.FootageBytes / 1_000_000 * CpuPerMegabyte);
                Sandbox.LimitFileSize(Math.Max(SmallFile, job.FootageBytes * TimesFootage));
                var footage = new Footage(jobs, job.FootageBytes, reports.Progress);
                var failure = Do(job, footage, reports, devices, errors);
                if (!TryDrain(footage, ref failure))
                {
                    reports.Fail(failure!);
                    return 1;
                }
                if (failure is null)
                    reports.Done();
                else
                    reports.Fail(failure);
            }
            return 0;
        }
        catch (InvalidDataException e)
        {
            reports.Fail(new(JobException.Internal, e.Message));
            return 1;
        }
    }

    private static MediaError? Do(MediaJob job, Footage footage, JobReports reports, EncoderDevices devices, TextWriter errors)
    {
        try
        {
            if (FFmpegLibraries.WhyNot is { } missing)
                throw new JobException(JobException.Unsupported, missing);
            FFmpegLibraries.LogErrorsOnly();
            JobRules.Check(job);
            using var demuxer = Demuxer.Open(footage, "mp4");
            if (job.Format is MediaFormat.Jpg or MediaFormat.Pdf)
                Still.Run(job, demuxer, reports);
            else if (JobRules.NeedsPictures(job))
                Reencode.Run(job, demuxer, reports, devices);
            else
                Remux.Run(job, demuxer, reports);
            return null;
        }
        catch (Exception e)                                 // the end of a job, whatever ended it; the next one does not care
        {
            errors.WriteLine($"{job.Id}: {e}");
            return JobException.Of(e);
        }
    }

    private static bool TryDrain(Footage footage, ref MediaError? failure)
    {
        try
        {
            footage.Drain();
            return true;
        }
        catch (EndOfStreamException e)
        {
            failure ??= new(JobException.Damaged, e.Message);
            return false;
        }
    }
}
