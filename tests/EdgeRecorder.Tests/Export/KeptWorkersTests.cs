using EdgeRecorder.Export;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Tests.Recording;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Export;

/// <summary>Workers that take many jobs; a script plays them and names itself by its process id in the warning of each job.</summary>
public sealed class KeptWorkersTests : IDisposable
{
    private const string Jobs = """
        import json, os, sys, time
        def say(**report): print(json.dumps(report), flush=True)
        if "DOTNET_EnableDiagnostics" not in os.environ: sys.exit(3)
        while line := sys.stdin.buffer.readline():
            job = json.loads(line)
            sys.stdin.buffer.read(job["footageBytes"])
            say(warning={"member": "pid", "text": str(os.getpid())})
            if job["id"] == "crash": os.kill(os.getpid(), 9)
            if job["id"] == "nonsense": say(done=True); say(done=True)
            if job["id"] == "hang": time.sleep(600)
            if job["id"] == "together":
                open(os.path.join(job["folder"], str(os.getpid())), "w").close()
                while len(os.listdir(job["folder"])) < 2: time.sleep(0.01)
            say(error={"code": "damaged", "text": "no moov"}) if job["id"] == "damaged" else say(done=True)
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly KeptWorkers _workers;

    public KeptWorkersTests() => _workers = Make(_time, TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _workers.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Jobs_one_after_the_other_share_a_process_also_behind_one_that_failed_in_good_order()
    {
        var first = await RunAsync("one");
        Assert.Null(first.Error);
        var failed = await RunAsync("damaged");
        Assert.Equal("no moov", failed.Error!.Text);
        var third = await RunAsync("three");
        Assert.Null(third.Error);
        Assert.Equal([.. first.Warnings], failed.Warnings);
        Assert.Equal([.. first.Warnings], third.Warnings);
    }

    [Theory]
    [InlineData("crash", "crashed")]
    [InlineData("hang", "did nothing")]
    public async Task One_that_crashes_or_hangs_costs_its_job_and_the_next_gets_another(string job, string says)
    {
        using var workers = Make(TimeProvider.System, TimeSpan.FromSeconds(2));
        var lost = await RunAsync(job, workers);
        Assert.Contains(says, lost.Error!.Text, StringComparison.Ordinal);
        var next = await RunAsync("next", workers);
        Assert.Null(next.Error);
        Assert.NotEqual([.. lost.Warnings], next.Warnings);
    }

    [Fact]
    public async Task One_that_says_more_than_it_was_asked_does_not_spoil_the_jobs_behind_it()
    {
        var talkative = await RunAsync("nonsense");
        // The second line may come with the first or behind it: it ends this job or the next, and never passes for an answer.
        var next = await RunAsync("next");
        Assert.True(talkative.Error is null != next.Error is null);
        Assert.Null((await RunAsync("another")).Error);
    }

    [Fact]
    public async Task Footage_that_cannot_be_had_ends_its_job_at_once_and_no_other()
    {
        var job = new MediaJob { Id = "taken", Format = MediaFormat.Jpg, Folder = _directory.Path, FootageBytes = 3_000_000 };
        var failed = await Assert.ThrowsAsync<IOException>(() => _workers.RunAsync(job, static (pipe, offset, count, token) => offset > 0 ? throw new IOException("The ring took it back.") : pipe.WriteAsync(new byte[count], token).AsTask(), default)
            .WaitAsync(TimeSpan.FromSeconds(40)));
        Assert.Contains("took it back", failed.Message, StringComparison.Ordinal);
        Assert.Null((await RunAsync("next")).Error);
    }

    [Fact]
    public async Task Two_work_side_by_side()
    {
        var results = await Task.WhenAll(RunAsync("together"), RunAsync("together"));
        Assert.All(results, result => Assert.Null(result.Error));
        Assert.NotEqual([.. results[0].Warnings], results[1].Warnings);
    }

    [Fact]
    public async Task Nobody_wants_one_for_half_a_minute_and_it_is_gone()
    {
        var pid = Pid(await RunAsync("one"));
        Assert.True(Directory.Exists($"/proc/{pid}"));
        _time.Advance(KeptWorkers.LongestIdle);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        Assert.NotEqual(pid, Pid(await RunAsync("two")));
    }

    private static KeptWorkers Make(TimeProvider time, TimeSpan patience)
        => new(new WorkerStart(["/usr/bin/python3", "-c", Jobs], patience, time), NullLogger<KeptWorkers>.Instance);

    private static string Pid(JobResult result) => result.Warnings[0].Split(' ')[1];

    private Task<JobResult> RunAsync(string id, KeptWorkers? workers = null)
        => (workers ?? _workers).RunAsync(new MediaJob { Id = id, Format = MediaFormat.Jpg, Folder = _directory.Path, FootageBytes = 100_000 },
            static (pipe, _, count, token) => pipe.WriteAsync(new byte[count], token).AsTask(), CancellationToken.None);
}
