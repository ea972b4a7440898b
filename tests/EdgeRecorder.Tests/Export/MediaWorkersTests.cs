using EdgeRecorder.Export;
using EdgeRecorder.MediaWorker;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Export;

/// <summary>Worker processes as the daemon sees them; a script plays the worker.</summary>
public sealed class MediaWorkersTests : IDisposable
{
    private const int FootageBytes = 3_000_000;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_a_worker_reports_is_what_the_job_came_to()
    {
        var progress = new List<double>();
        var result = await RunAsync("""
            job = json.loads(sys.stdin.buffer.readline())
            read = len(sys.stdin.buffer.read())
            assert read == job["footageBytes"] and job["format"] == "mkv" and job["keepOneOf"] == 1, job
            open("part-1.mkv", "w").write("x")
            say(progress=0.5)
            say(warning={"member": "vc", "text": "copied"})
            say(part={"name": "part-1.mkv", "fromMs": 0, "toMs": 10, "bytes": 1})
            say(done=True)
            """, progress: progress.Add);
        Assert.Null(result.Error);
        Assert.Equal(["vc: copied"], result.Warnings);
        Assert.Equal([new MediaPart("part-1.mkv", 0, 10, 1)], result.Parts);
        Assert.Equal([0.5], progress);
    }

    [Theory]
    [InlineData("os.kill(os.getpid(), 9)", "crashed")]
    [InlineData("os.kill(os.getpid(), 11)", "crashed")]
    [InlineData("os.close(0); import time; time.sleep(0.5); os.kill(os.getpid(), 9)", "crashed")]
    [InlineData("sys.exit(0)", "before the job did")]
    [InlineData("print('hello')", "what it must not")]
    [InlineData("print('x' * 200000)", "what it must not")]
    [InlineData("""say(part={"name": "../../ledger.db", "fromMs": 0, "toMs": 1, "bytes": 1})""", "what it must not")]
    [InlineData("say(done=True); say(done=True)", "what it must not")]
    [InlineData("""say(error={"code": "damaged", "text": "no moov"})""", "no moov")]
    public async Task A_worker_that_crashes_or_talks_nonsense_ends_its_job_with_a_message(string does, string says)
        => Assert.Contains(says, (await RunAsync(does)).Error!.Text, StringComparison.Ordinal);

    [Fact]
    public async Task A_worker_that_hangs_is_ended()
        => Assert.Contains("did nothing for 1 s", (await RunAsync("import time; time.sleep(600)", patience: TimeSpan.FromSeconds(1))).Error!.Text, StringComparison.Ordinal);

    [Fact]
    public async Task A_job_that_is_cancelled_ends_its_worker()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync("open('pid', 'w').write(str(os.getpid())); say(progress=0.1); import time; time.sleep(600)", _ => stop.Cancel(), stop: stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.False(Directory.Exists($"/proc/{await File.ReadAllTextAsync(_directory.File("pid"))}"));
    }

    [Fact]
    public void A_program_that_takes_no_jobs_is_no_worker()
    {
        Assert.True(Works(["/usr/bin/python3", "-c", "import sys; sys.exit(len(sys.stdin.read()))"]));
        Assert.False(Works(["/bin/false"]));
        Assert.False(Works(["/nowhere/edge-recorder", "media-worker"]));
    }

    private static bool Works(string[] command) => new WorkerStart(command, TimeSpan.FromSeconds(20), TimeProvider.System).Works();

    private async Task<JobResult> RunAsync(string python, Action<double>? progress = null, TimeSpan? patience = null, CancellationToken stop = default)
    {
        var script = "import json, os, sys\ndef say(**report): print(json.dumps(report), flush=True)\n" + python;
        using var workers = new MediaWorkers(new WorkerStart(["/usr/bin/python3", "-c", script], patience ?? TimeSpan.FromSeconds(60), TimeProvider.System), NullLogger<MediaWorkers>.Instance);
        var job = new MediaJob { Id = "test", Format = MediaFormat.Mkv, Folder = _directory.Path, FootageBytes = FootageBytes };
        return await workers.RunAsync(job, [], static (pipe, _, count, token) => pipe.WriteAsync(new byte[count], token).AsTask(), progress ?? (_ => { }), stop);
    }
}
