using System.Diagnostics;
using System.Text.Json;
using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>What a worker said about its jobs.</summary>
internal sealed record WorkerRun(int ExitCode, IReadOnlyList<JobRun> Jobs, string Log);

internal sealed record JobRun(IReadOnlyList<MediaReport> Reports)
{
    public MediaReport End => Reports[^1];
    public IReadOnlyList<MediaPart> Parts => [.. Reports.Select(report => report.Part).OfType<MediaPart>()];
    public IReadOnlyList<MediaWarning> Warnings => [.. Reports.Select(report => report.Warning).OfType<MediaWarning>()];
}

/// <summary>`edge-recorder media-worker` as a process, fed as the daemon feeds it.</summary>
internal static class WorkerProcess
{
    private static readonly TimeSpan Deadline = SystemTests.Scale.Of(TimeSpan.FromSeconds(120), TimeSpan.FromMinutes(15));

    /// <summary>As the recorder would send it: fragments of a clip, times from 0.</summary>
    public static async Task<byte[]> FootageAsync(Codec video, Codec? audio = null, double seconds = 4, int bFrames = 0, int width = 160)
    {
        var clip = await Clip.MakeAsync(video, audio, seconds, bFrames: bFrames, width: width);
        using var feed = new Feed();
        feed.Play(clip);
        return feed.ToFile();
    }

    public static Process Start()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Repository.Path(Path.Combine("src", "EdgeRecorder", "bin", output.Parent!.Name, output.Name, "edge-recorder"));
        return Process.Start(new ProcessStartInfo(program, ["media-worker"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    /// <summary>Fails when a job fails.</summary>
    public static async Task<JobRun> DoAsync(MediaJob job, byte[] footage)
    {
        var run = await RunAsync((job, footage));
        Assert.True(run.ExitCode == 0 && run.Jobs is [{ End.Done: true }], $"exit {run.ExitCode}, {string.Join(' ', run.Jobs.Select(done => done.End))}, {run.Log}");
        return run.Jobs[0];
    }

    public static Task<WorkerRun> RunAsync(params (MediaJob Job, byte[] Footage)[] jobs)
        => FeedAsync(async input =>
        {
            foreach (var (job, footage) in jobs)
            {
                await input.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(job with { FootageBytes = footage.Length }, MediaJobJson.Default.MediaJob));
                await input.WriteAsync("\n"u8.ToArray());
                await input.WriteAsync(footage);
            }
        });

    public static async Task<WorkerRun> FeedAsync(Func<Stream, Task> write)
    {
        using var process = Start();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var log = process.StandardError.ReadToEndAsync(deadline.Token);
            try
            {
                await write(process.StandardInput.BaseStream);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended before all was written; what it said tells why.
            }
            await process.WaitForExitAsync(deadline.Token);
            List<JobRun> jobs = [];
            List<MediaReport> reports = [];
            foreach (var line in (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                reports.Add(JsonSerializer.Deserialize(line, MediaJobJson.Default.MediaReport)!);
                if (reports[^1].Done is null && reports[^1].Error is null)
                    continue;
                jobs.Add(new JobRun(reports));
                reports = [];
            }
            Assert.True(reports.Count == 0 || process.ExitCode != 0, "a job without an end");
            return new(process.ExitCode, jobs, await log);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
