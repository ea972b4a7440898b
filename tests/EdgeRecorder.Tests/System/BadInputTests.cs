using System.Globalization;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>What cannot work is said: by an exit code and a line, or by a named state of the channel; and nothing recorded is lost.</summary>
[Collection(FirstDaemon.Name)]
public sealed class BadInputTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("channels", """[{"key":"gate","url":"http://127.0.0.1/"}]""", "channels[0].url")]
    [InlineData("channels", """[{"key":"gate","url":"not an address"}]""", "channels[0].url")]
    [InlineData("channels", """[{"key":"gate"}]""", "needs a url")]
    [InlineData("storage", """{"rooot":"/tmp"}""", "rooot")]
    public async Task A_wrong_configuration_starts_nothing_and_names_the_place(string section, string value, string said)
    {
        using var directory = new TemporaryDirectory();
        var file = directory.File("recorder.json");
        await File.WriteAllTextAsync(file, $"{{\n  \"{section}\": {value}\n}}");

        var (code, text) = await DaemonProcess.RunAsync("serve", "--config", file);

        Assert.Equal(2, code);
        Assert.Contains(said, text, StringComparison.Ordinal);
        Assert.Contains($"{file}:2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_camera_that_is_not_there_leaves_the_channel_offline_and_says_why()
    {
        using var setup = new DaemonSetup();
        await using var daemon = await DaemonProcess.StartAsync(setup.With("closed", "rtsp://127.0.0.1:9/x").With("nowhere", "rtsp://no-such-host.invalid/x"));

        Assert.Equal("connection refused by 127.0.0.1:9", (await daemon.AwaitStateAsync("closed", "offline")).Detail);
        Assert.Equal("cannot resolve no-such-host.invalid", (await daemon.AwaitStateAsync("nowhere", "offline")).Detail);

        Assert.Equal("offline", Assert.Single((await daemon.TimelineAsync("closed")).Gaps).Reason);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task Ten_thousand_channels_start_answer_and_stay_within_bounds()
    {
        using var setup = new DaemonSetup { RingSize = "64MiB" };
        for (var i = 0; i < 10_000; i++)
            setup.With($"c{i}", "rtsp://127.0.0.1:9/x");
        await using var daemon = await DaemonProcess.StartAsync(setup);

        var first = await daemon.WaitAsync(() => daemon.StateAsync("c0"), s => s.State is "offline" or "refused", "the first channel's state");
        var last = await daemon.WaitAsync(async () => (await daemon.GetAsync("/api/v1/status")).GetProperty("channelStates").GetRawText(),
            states => states.Contains("refused", StringComparison.Ordinal), "refused channels");

        var status = await File.ReadAllTextAsync($"/proc/{daemon.Id}/status");
        var threads = Value("Threads:");
        var resident = Value("VmRSS:") / 1024;
        output.WriteLine($"ready after {daemon.ReadyAfter.TotalSeconds:0.0} s; {threads} threads, {resident} MiB; {first}; {last}");
        Assert.InRange(threads, 1, 100);
        Assert.InRange(resident, 1, 400);
        Assert.Equal(0, await daemon.StopAsync());

        long Value(string name) => long.Parse(status.Split('\n').Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_ring_larger_than_the_disk_is_refused_by_name()
    {
        using var setup = new DaemonSetup { RingSize = "900TiB", SegmentSize = "1GiB" };
        await using var daemon = DaemonProcess.Launch(setup);

        Assert.Equal(1, await daemon.ExitAsync());

        Assert.Contains("are free", Assert.Single(daemon.Log, line => line.Contains("storage.ring.size", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(daemon.Log, line => line.StartsWith("   at ", StringComparison.Ordinal));
        Assert.Equal(2, (await DaemonProcess.RunAsync("check-config", setup.ConfigurationFile)).ExitCode);
    }

    [Fact]
    public async Task Two_daemons_on_one_root_the_second_goes_and_the_first_records_on()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await using var first = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await first.AwaitFootageAsync("gate", TimeSpan.FromSeconds(1));

        await using var second = DaemonProcess.Launch(setup);
        Assert.Equal(1, await second.ExitAsync());

        Assert.Contains(second.Log, line => line.Contains("another recorder uses this directory", StringComparison.Ordinal));
        await first.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));
        Assert.Empty((await first.TimelineAsync("gate")).Gaps);
        Assert.Empty(first.Errors);
    }

    [Fact]
    public async Task A_root_that_cannot_be_written_is_said_and_nothing_starts()
    {
        using var setup = new DaemonSetup("/proc/edge-recorder");
        await using var daemon = DaemonProcess.Launch(setup);

        Assert.Equal(1, await daemon.ExitAsync());

        Assert.Contains(daemon.Log, line => line.Contains("/proc/edge-recorder: cannot be used as storage.root", StringComparison.Ordinal));
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_foreign_file_in_the_ring_is_named_and_left_alone()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264");
        setup.With("gate", camera.Url());
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(2));
            Assert.Equal(0, await daemon.StopAsync());
        }
        var foreign = Path.Combine(setup.Ring, "holiday.mp4");
        await File.WriteAllTextAsync(foreign, "not a segment");

        await using var again = await DaemonProcess.StartAsync(setup);
        await again.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));

        Assert.Contains(again.Log, line => line.Contains("holiday.mp4 is not of this ring", StringComparison.Ordinal));
        Assert.Equal("not a segment", await File.ReadAllTextAsync(foreign));
        Assert.Empty(again.Errors);
    }
}
