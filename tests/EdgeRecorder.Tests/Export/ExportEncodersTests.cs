using EdgeRecorder.Export;
using EdgeRecorder.MediaWorker;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRecorder.Tests.Export;

/// <summary>What encodes exports: by what the owner wants, what the box has, and what is left when it fails. A script plays the worker.</summary>
public sealed class ExportEncodersTests : IDisposable
{
    private const string Device = "/dev/video11";
    private readonly TemporaryDirectory _directory = new();
    private readonly ExportNames _names = new("gate", "Gate", "_", "");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("auto", true, false, "Auto", true)]
    [InlineData("auto", false, false, "Software", false)]
    [InlineData("auto", true, true, "Software", false)]     // local cameras go first
    [InlineData("v4l2", true, false, "V4l2", true)]
    [InlineData("v4l2", true, true, "V4l2", true)]
    [InlineData("v4l2", false, false, "V4l2", false)]
    [InlineData("software", true, false, "Software", false)]
    [InlineData("none", true, false, "None", false)]
    public void The_boxs_own_encoder_is_taken_where_there_is_one_and_nobody_else_needs_it(string wanted, bool hasDevice, bool hasCameras, string encoder, bool takesDevice)
    {
        var (chosen, devices) = Encoders(wanted, hasDevice, hasCameras).Choose();
        Assert.Equal(encoder, chosen.ToString());
        Assert.Equal(takesDevice ? [Device] : [], devices);
    }

    [Theory]
    [InlineData("auto", false, null)]
    [InlineData("software", false, null)]
    [InlineData("v4l2", true, null)]
    [InlineData("v4l2", false, "masks: this box has no V4L2 encoder of H.264, and export.encoder insists on one, and without masks the picture is not given away")]
    [InlineData("none", true, "masks: this box has no encoder, and without masks the picture is not given away")]
    public void Who_insists_on_what_is_not_there_is_told_at_once(string wanted, bool hasDevice, string? why)
    {
        var wish = new ExportWish { Format = MediaFormat.Mp4, Names = _names, Masks = [[[0, 0], [1, 0], [1, 1]]] };
        var ability = new ExportAbility(() => true, Encoders(wanted, hasDevice));
        Assert.Equal((why, why is null), (ability.Refusal(wish), ability.CanEncode));
        Assert.Null(ability.Refusal(wish with { Masks = null }));                                   // a copy needs none
        Assert.Null(ability.Refusal(wish with { Format = MediaFormat.Jpg }));                       // nor does a single picture
    }

    [Fact]
    public async Task What_a_device_has_failed_at_is_made_again_in_software_and_nothing_is_kept_of_the_first_attempt()
    {
        var result = await RunAsync("auto", """
            if len(sys.argv) > 1:
                assert sys.argv[1:] == ["/dev/video11"] and job["encoder"] == "auto", job
                open("part-1.mkv", "w").write("half of it")
                say(encoder="/dev/video11 (board)")
                say(part={"name": "part-1.mkv", "fromMs": 0, "toMs": 5, "bytes": 10})
                say(error={"code": "encoder", "text": "/dev/video11 (board) gave nothing for 10 s"})
            else:
                assert job["encoder"] == "software" and job["masks"] and os.listdir(".") == [], job
                open("part-1.mkv", "w").write("x")
                say(encoder="libx264")
                say(part={"name": "part-1.mkv", "fromMs": 0, "toMs": 10, "bytes": 1})
                say(done=True)
            """);
        Assert.Null(result.Error);
        Assert.Equal(["encoder: /dev/video11 (board) gave nothing for 10 s; made again with libx264"], result.Warnings);
        Assert.Equal([new MediaPart("part-1.mkv", 0, 10, 1)], result.Parts);
        Assert.Equal("libx264", result.Encoder);
    }

    [Theory]
    [InlineData("v4l2", "encoder")]                         // the owner insists
    [InlineData("software", "encoder")]
    [InlineData("auto", "damaged")]                         // the footage is to blame
    [InlineData("auto", "disk-full")]
    public async Task Other_failures_stay_what_they_are(string wanted, string code)
    {
        var result = await RunAsync(wanted, $$"""
            open("ran", "a").write("x")
            say(error={"code": "{{code}}", "text": "why"})
            """);
        Assert.Equal(new MediaError(code, "why"), result.Error);
        Assert.Equal("x", await File.ReadAllTextAsync(_directory.File("ran")));
    }

    [Fact]
    public async Task A_job_that_encodes_nothing_gets_no_device()
    {
        var result = await RunAsync("v4l2", """
            assert len(sys.argv) == 1 and job["encoder"] == "none", job
            say(done=True)
            """, masks: false);
        Assert.Null(result.Error);
    }

    [Theory]
    [InlineData("'x' * 301")]
    [InlineData("'libx264\\nwarn: forged'")]
    public async Task The_name_of_an_encoder_is_a_name(string name)
        => Assert.Contains("what it must not", (await RunAsync("software", $"say(encoder={name}); say(done=True)")).Error!.Text, StringComparison.Ordinal);

    private static ExportEncoders Encoders(string wanted, bool hasDevice, bool hasCameras = false) => new(wanted, () => hasDevice ? [Device] : [], () => hasCameras);

    private async Task<JobResult> RunAsync(string wanted, string python, bool masks = true)
    {
        var script = "import json, os, sys\ndef say(**report): print(json.dumps(report), flush=True)\njob = json.loads(sys.stdin.buffer.readline())\nsys.stdin.buffer.read()\n" + python;
        using var workers = new MediaWorkers(new WorkerStart(["/usr/bin/python3", "-c", script], TimeSpan.FromSeconds(60), TimeProvider.System), NullLogger<MediaWorkers>.Instance);
        var job = new MediaJob { Id = "test", Format = MediaFormat.Mkv, Folder = _directory.Path, FootageBytes = 100_000, Masks = masks ? [[[0, 0], [1, 0], [1, 1]]] : null };
        return await Encoders(wanted, hasDevice: true).RunAsync(workers, job, static (pipe, _, count, token) => pipe.WriteAsync(new byte[count], token).AsTask(), _ => { }, default);
    }
}
