using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Every fault of the camera ends in a gap with the right reason and in continued recording; one daemon records many sick cameras side by side.</summary>
[Collection(FourthDaemon.Name)]
public sealed class FaultTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public async Task Each_fault_becomes_a_gap_with_its_reason_and_recording_goes_on(string transport)
    {
        (string Key, string Fault, string Reason)[] faults =
        [
            ("stall", "stall 8", "stalled"),
            ("hangup", "disconnect", "reconnect"),
            ("refusal", "unauthorized", "unauthorized"),
            ("mute", "mute", "offline"),
            ("loss", "drop-once 3", "loss"),
            ("jump", "jump 30", "none"),                    // the timestamps break, the pictures do not
            ("back", "jump -30", "none"),
            .. transport == "udp" ? [] : new[]
            {
                ("garbage", "garbage 200000", "reconnect"),
                ("frame", "oversize frame", "none"),
                ("fragment", "oversize fragment", "reconnect"),
                ("answer", "oversize answer", "reconnect"),
                ("header", "oversize header", "reconnect"),
                ("slow", "slow", "stalled"),
            },
            ("healthy", "clip", "none"),
        ];
        using var setup = new DaemonSetup { RingSize = "256MiB" };
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.alaw");
        foreach (var (key, _, _) in faults)
            setup.With(key, camera.Url($"/{key}"), ("transport", transport));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await camera.WaitAsync(s => faults.All(f => s.Clients.Any(c => c.Path == $"/{f.Key}" && c.Video > 50)));

        // The endless picture keeps the camera busy: last.
        foreach (var (key, fault, _) in faults.OrderBy(f => f.Fault == "oversize fragment"))
            await camera.CommandAsync($"@/{key} {fault}");
        // These two show only to who comes anew.
        await camera.CommandAsync("@/refusal disconnect");
        await camera.CommandAsync("@/mute disconnect");
        var wrong = new List<string>();
        foreach (var (key, fault, reason) in faults)
        {
            if (reason == "none")
                continue;
            var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync(key), t => t.Gaps.Any(g => g.Reason == reason) || t.Gaps.Count > 3, $"the gap of {fault}", TimeSpan.FromSeconds(25));
            if (!timeline.Gaps.Any(g => g.Reason == reason))
                wrong.Add($"{fault}: {timeline}");
        }
        await camera.CommandAsync("heal");
        foreach (var (key, _, _) in faults)
            await camera.CommandAsync($"@/{key} heal");
        foreach (var (key, fault, _) in faults)
        {
            var healed = DateTimeOffset.UtcNow;
            var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync(key), t => t.Spans.Count > 0 && t.Spans[^1].To > healed && t.Gaps.All(g => g.To is not null), $"footage behind {fault}", TimeSpan.FromSeconds(40));
            output.WriteLine($"{fault}: {timeline}");
        }

        Assert.Empty(wrong);
        foreach (var (key, fault, _) in faults.Where(f => f.Reason == "none"))
        {
            // A run is dated by an arrival, which the low-water mark delays by 200 ms, and a machine that has more to do by more; that much of a gap a jump of 30 s may show.
            var timeline = await daemon.TimelineAsync(key);
            Assert.True(timeline.Gaps.All(g => g.To - g.From < TimeSpan.FromSeconds(1)), $"{fault}: {timeline}");
        }
        Assert.Empty(daemon.Errors);
        foreach (var segment in setup.Segments())
            await Tool.DecodesAsync(segment);
    }

    [Fact]
    public async Task A_camera_that_refuses_connections_is_offline_until_it_takes_them_again()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitStateAsync("gate", "recording");

        await camera.CommandAsync("refuse 5");
        await camera.CommandAsync("disconnect");

        var (_, detail) = await daemon.WaitAsync(() => daemon.StateAsync("gate"), s => s.Detail.Contains("refused", StringComparison.Ordinal), "the refusal");
        Assert.Contains($"127.0.0.1:{camera.Port}", detail, StringComparison.Ordinal);
        await daemon.AwaitStateAsync("gate", "recording");
        Assert.Contains((await daemon.TimelineAsync("gate")).Gaps, g => g.Reason == "offline" && g.To is not null);
    }

    [Theory]
    [InlineData("no-fmtp", true)]
    [InlineData("no-sprop", true)]
    [InlineData("no-rtpmap", false)]
    [InlineData("bad-sprop", true)]
    [InlineData("wrong-codec", false)]
    [InlineData("unknown-codec", true)]
    [InlineData("only-unknown", false)]
    [InlineData("no-media", false)]
    [InlineData("empty", false)]
    [InlineData("garbage", false)]
    [InlineData("huge", false)]
    [InlineData("no-control", true)]
    [InlineData("absolute-control", true)]
    public async Task A_description_that_lies_is_lived_with_or_named(string variant, bool records)
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--wrong-sdp", variant);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));

        var state = await daemon.WaitAsync(() => daemon.StateAsync("gate"), s => s.State is "recording" or "offline" or "refused", $"what becomes of {variant}");

        output.WriteLine($"{variant}: {state}");
        Assert.Equal(records ? "recording" : "offline", state.State);
        if (!records)
            Assert.NotEqual("", state.Detail);
        await camera.CommandAsync("wrong-sdp off");
        await daemon.AwaitStateAsync("gate", "recording");
        Assert.Empty(daemon.Errors);
    }

    [Theory]
    [InlineData("h264")]
    [InlineData("h265")]
    public async Task Parameter_sets_that_change_at_every_GOP_stay_in_one_segment_that_plays(string codec)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { SegmentSize = "4MiB", RingSize = "64MiB" };
        await using var camera = await CameraProcess.StartAsync($"small.{codec}", "--alternate", $"small-alternate.{codec}", "--alternate-every-gop", "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));

        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));

        var segment = Assert.Single(setup.Segments());
        var file = directory.File("footage.mp4");
        Assert.True(await daemon.DownloadAsync("gate", file));
        foreach (var path in (string[])[segment, file])
        {
            await Tool.DecodesAsync(path);
            await Tool.DecodesInGStreamerAsync(path, video: true, audio: true);
            var widths = (await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=width", "-of", "csv=p=0", path))
                .Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries).Distinct().Order();
            Assert.Equal(["320", "480"], widths);
        }
        Assert.Empty((await daemon.TimelineAsync("gate")).Gaps);
        Assert.Empty(daemon.Errors);
    }

    [Theory]
    [InlineData("tcp", 200)]
    [InlineData("udp", 200)]
    public async Task Lost_packets_cost_their_pictures_up_to_where_a_decoder_can_go_on(string transport, int every)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--drop", $"{every}");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url(), ("transport", transport)));

        await camera.WaitAsync(s => s.Clients is [{ VideoDamaged: > 2 }], TimeSpan.FromSeconds(40));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(8));

        var timeline = await daemon.TimelineAsync("gate");
        output.WriteLine($"{timeline}");
        Assert.NotEmpty(timeline.Gaps);
        Assert.All(timeline.Gaps, g => Assert.Equal("loss", g.Reason));
        Assert.True((await daemon.ChannelAsync("gate")).GetProperty("state").GetProperty("lossCount").GetInt64() > 0);
        var file = directory.File("footage.mp4");
        Assert.True(await daemon.DownloadAsync("gate", file));
        await Tool.DecodesAsync(file);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task Credentials_are_used_and_wrong_ones_named()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--auth", "both", "--user", "gate", "--password", "secret");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("right", camera.Url("/a", "gate", "secret")).With("wrong", camera.Url("/b", "gate", "wrong")));

        await daemon.AwaitStateAsync("right", "recording");
        Assert.Equal("401 from camera", (await daemon.AwaitStateAsync("wrong", "offline")).Detail);

        Assert.Equal("unauthorized", (await daemon.TimelineAsync("wrong")).Gaps[^1].Reason);
        Assert.DoesNotContain(daemon.Log, line => line.Contains("secret", StringComparison.Ordinal));
    }
}
