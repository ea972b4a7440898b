using System.Text;
using EdgeRecorder.Media;
using EdgeRecorder.MediaWorker;
using EdgeRecorder.Tests.Bytes;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>Bytes that no camera would send, and peers that break off. The worse that may happen is the end of one worker.</summary>
public sealed class HostileMediaTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private MediaJob Job(MediaFormat format) => new() { Id = "test", Format = format, Folder = _directory.Path, FootageBytes = 0, Encoder = VideoEncoder.Software };

    [Theory]
    [InlineData("H264", "Aac")]
    [InlineData("H265", "G711A")]
    public async Task Damaged_footage_ends_each_job_with_one_answer_and_never_the_worker(string video, string audio)
    {
        var footage = await WorkerProcess.FootageAsync(Enum.Parse<Codec>(video), Enum.Parse<Codec>(audio), seconds: 1);
        var kinds = new[] { Job(MediaFormat.Mkv), Job(MediaFormat.Jpg), Job(MediaFormat.Ts), Job(MediaFormat.Mp4) with { KeepOneOf = 2 } };
        var rounds = SystemTests.Scale.Of(48, 2000);
        var wrecks = Damage.Of(footage, rounds).Select((wreck, i) => (kinds[i % kinds.Length], wreck.ToArray())).ToArray();
        var run = await WorkerProcess.RunAsync(wrecks);
        Assert.Equal((0, rounds), (run.ExitCode, run.Jobs.Count));
        string[] known = ["no-picture", "unsupported", "damaged", "encoder", "internal"];
        Assert.All(run.Jobs, job => Assert.True(job.End.Done == true || known.Contains(job.End.Error!.Code)));
        Assert.Contains(run.Jobs, job => job.End.Error is not null);
    }

    [Fact]
    public async Task Noise_is_damaged_and_the_next_job_is_done()
    {
        var noise = new byte[300_000];
        new Random(7).NextBytes(noise);
        var run = await WorkerProcess.RunAsync((Job(MediaFormat.Mkv), noise), (Job(MediaFormat.Jpg), await WorkerProcess.FootageAsync(Codec.H264)));
        Assert.Equal((0, "damaged", true), (run.ExitCode, run.Jobs[0].End.Error?.Code, run.Jobs[1].End.Done));
    }

    [Fact]
    public async Task Footage_that_breaks_off_is_damaged_and_ends_the_worker_with_1()
    {
        var footage = await WorkerProcess.FootageAsync(Codec.H264);
        var run = await WorkerProcess.FeedAsync(async input =>
        {
            await input.WriteAsync(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(Job(MediaFormat.Mkv) with { FootageBytes = footage.Length }, MediaJobJson.Default.MediaJob));
            await input.WriteAsync("\n"u8.ToArray());
            await input.WriteAsync(footage.AsMemory(0, footage.Length / 2));
        });
        Assert.Equal((1, "damaged"), (run.ExitCode, run.Jobs[0].End.Error?.Code));
        Assert.Contains($"of {footage.Length} bytes", run.Jobs[0].End.Error!.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"id\":\"x\"}\n")]
    [InlineData("not json\n")]
    [InlineData("null\n")]
    [InlineData("{\"id\":\"x\",\"format\":\"exe\",\"folder\":\"/\",\"footageBytes\":0}\n")]
    [InlineData("{\"id\":\"x\",\"format\":\"mkv\",\"folder\":\"/\",\"footageBytes\":-1}\n")]
    [InlineData("{\"id\":")]
    public async Task What_is_no_job_ends_the_worker_with_1(string line)
    {
        var run = await WorkerProcess.FeedAsync(input => input.WriteAsync(Encoding.UTF8.GetBytes(line)).AsTask());
        Assert.Equal((1, "internal"), (run.ExitCode, run.Jobs[0].End.Error?.Code));
    }

    [Fact]
    public async Task Without_jobs_it_ends_with_0()
        => Assert.Equal(0, (await WorkerProcess.FeedAsync(_ => Task.CompletedTask)).ExitCode);
}
