using System.Text.Json;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Simulated GB/T 28181 devices before the daemon: what they send is what footage.mp4 gives back, and what goes wrong stays where it happens.</summary>
[Collection(FirstDaemon.Name)]
public sealed class SurveillanceRecordingTests(ITestOutputHelper output)
{
    private static int _nextRange = Environment.ProcessId;

    private const string First = $"{GbDeviceProcess.Id}_{GbDeviceProcess.Channel}";

    [Theory]
    [InlineData("small.h264", "10s.alaw", "tcp-active")]
    [InlineData("small.h265", "10s.aac", "tcp-active", "--transport", "tcp")]
    [InlineData("small.h264", "10s.ulaw", "udp", "--media-tcp", "refused")]
    [InlineData("small.h265", "10s.alaw", "udp", "--media-tcp", "refused", "--charset", "utf-8", "--version", "3.0")]
    [InlineData("small.h264", "10s.aac", "tcp-passive", "--media-tcp", "passive", "--media-udp", "refused")]
    [InlineData("small.h264", "10s.alaw", "tcp-active", "--psm", "missing", "--ssrc", "zero", "--private", "--stuffing")]
    [InlineData("slices.h264", "10s.aac", "udp", "--media-tcp", "refused", "--unbounded", "--split-sets", "--psm", "late", "--own-ssrc")]
    public async Task Footage_is_what_the_device_sent(string video, string audio, string transport, params string[] switches)
    {
        using var directory = new TemporaryDirectory();
        using var setup = Setup();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var device = await GbDeviceProcess.StartAsync(setup.SurveillancePort, ["--clip", video, "--audio", audio, "--loops", "1", "--speed", "2", .. switches]);
        if (transport == "tcp-passive")                     // never tried by itself: behind a NAT nobody could be called
            await daemon.ChangeDeviceAsync(GbDeviceProcess.Id, """{"mediaWay":"tcp-active"}""");

        await device.WaitAsync(s => s.Streams.Any(stream => stream.Video > 0), TimeSpan.FromSeconds(40));
        await device.CommandAsync("refuse 486");            // once is enough
        var sent = (await device.WaitAsync(s => s.Streams.Any(stream => stream is { Video: > 0, Call: "Ended" }), TimeSpan.FromSeconds(60))).Streams.First(stream => stream.Video > 0);
        Assert.Equal((transport, "the clip is over"), (sent.Transport, sent.EndedBy));
        var file = directory.File("footage.mp4");
        var recorded = await TracksAsync(daemon, First, file, sent.Video);

        Assert.Equal((await device.UnitsAsync()).First(s => s.Id == sent.Id).Units.Select(u => u.Digest), recorded.VideoDigests);
        var frames = (await device.UnitsAsync("audio")).First(s => s.Id == sent.Id).Units;
        Assert.InRange(recorded.Audio.Sum(a => a.Length), frames.SkipLast(2).Sum(u => u.Bytes), frames.Sum(u => u.Bytes));
        await PictureTimes.FollowEachOtherAsync(file);
        await Tool.DecodesAsync(file);
        var state = Assert.Single((await device.StatsAsync()).Devices);
        Assert.True(state is { Malformed: 0, Stray: 0 }, $"the device could not read {string.Join(", ", state.MalformedReasons)}; {state.Stray} answers to nothing");
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    [Fact]
    public async Task Two_per_cent_of_loss_costs_what_was_hit_and_stands_as_gaps()
    {
        using var directory = new TemporaryDirectory();
        using var setup = Setup();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var device = await GbDeviceProcess.StartAsync(
            setup.SurveillancePort, "--clip", "small.h264", "--loops", "2", "--media-tcp", "refused", "--drop", "20", "--reorder", "20");
        await device.WaitAsync(s => s.Streams.Any(stream => stream.Video > 0), TimeSpan.FromSeconds(40));
        await device.CommandAsync("refuse 486");
        var sent = (await device.WaitAsync(s => s.Streams.Any(stream => stream is { Video: > 0, Call: "Ended" }), TimeSpan.FromSeconds(60))).Streams.First(stream => stream.Video > 0);
        Assert.InRange(sent.VideoDamaged, 2, 60);
        var units = (await device.UnitsAsync()).First(s => s.Id == sent.Id).Units;

        // What refers to a damaged picture is not kept either: up to the next sync sample.
        var (usable, expected) = (false, new List<string>());
        foreach (var unit in units)
        {
            usable = !unit.IsDamaged && (unit.IsSync || usable);
            if (usable)
                expected.Add(unit.Digest);
        }
        var file = directory.File("footage.mp4");
        var recorded = await TracksAsync(daemon, First, file, expected.Count);
        output.WriteLine($"{sent.Video} pictures, {sent.VideoDamaged} damaged, {sent.PacketsDropped} of {sent.Packets} packets lost, {recorded.Video.Count} recorded");
        Assert.Equal(expected, recorded.VideoDigests);
        Assert.Contains((await daemon.TimelineAsync(First)).Gaps, g => g.Reason == "loss");
        await Tool.DecodesAsync(file);
    }

    [Fact]
    public async Task Five_hundred_devices_register_at_once_and_each_is_heard_of()
    {
        using var setup = Setup(record: false);
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var devices = await GbDeviceProcess.StartAsync(
            setup.SurveillancePort, "--devices", "500", "--addresses", "127.1.0.1", "--ramp", "100000", "--clip", "small.h264", "--heartbeat", "5", "--reconnect", "3");
        var totals = await devices.WaitForTotalsAsync(t => t.Online == 500 && t.HeartbeatsAnswered >= 500, TimeSpan.FromSeconds(90));
        output.WriteLine($"{totals.Registrations} registrations, {totals.Failures} failures, {totals.HeartbeatsAnswered} of {totals.Heartbeats} heartbeats answered");
        Assert.Equal((0, 0), (totals.Malformed, totals.Stray));
        await daemon.WaitAsync(() => daemon.GetAsync("/api/v1/devices?limit=1000"), all => all.EnumerateArray().Count(d => d.GetProperty("connected").GetBoolean()) == 500, "500 devices");
        Assert.Equal(0, await devices.StopAsync());
        await daemon.WaitAsync(() => daemon.GetAsync("/api/v1/devices?limit=1000"), all => !all.EnumerateArray().Any(d => d.GetProperty("connected").GetBoolean()), "their leaving");
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_device_that_was_away_is_recorded_again_and_the_gap_says_why()
    {
        using var setup = Setup();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var device = await GbDeviceProcess.StartAsync(setup.SurveillancePort, "--clip", "small.h264", "--transport", "tcp");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(3));
        await device.CommandAsync("offline 4");
        await daemon.WaitAsync(() => daemon.DeviceAsync(GbDeviceProcess.Id), d => !d.GetProperty("connected").GetBoolean(), "that it is not connected");
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync(First), t => t.Spans.Count == 2, "footage behind the gap");
        Assert.Contains(timeline.Gaps, g => g.Reason is "offline" or "reconnect");
        await device.CommandAsync("bye");
        await daemon.WaitAsync(() => daemon.TimelineAsync(First), t => t.Spans.Count == 3, "footage behind a BYE");
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task Many_devices_are_recorded_together_over_every_way_without_losing_a_picture()
    {
        // A third each: UDP, TCP where we listen, TCP where the device does. Full: 33 devices of two channels of 2 Mb/s.
        var (devices, seconds, video) = Scale.Of((2, 8, "360p-1m.h264"), (11, 60, "720p-2m.h264"));
        const int Channels = 2;
        using var directory = new TemporaryDirectory();
        using var setup = Setup(Scale.Of("128MiB", "3GiB"));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        string[] common = ["--devices", $"{devices}", "--clip", video, "--channels", $"{Channels}", "--no-hash"];
        await using var udp = await GbDeviceProcess.StartAsync(setup.SurveillancePort, [.. common, .. Numbered(1001), "--addresses", "127.1.0.1", "--media-tcp", "refused"]);
        await using var passive = await GbDeviceProcess.StartAsync(setup.SurveillancePort, [.. common, .. Numbered(2001), "--addresses", "127.2.0.1", "--media-udp", "refused", "--media-tcp", "active"]);
        await using var active = await GbDeviceProcess.StartAsync(setup.SurveillancePort, [.. common, .. Numbered(3001), "--addresses", "127.3.0.1", "--media-udp", "refused", "--media-tcp", "passive"]);
        for (var i = 0; i < devices; i++)                   // never tried by itself: behind a NAT nobody could be called
            await daemon.ChangeDeviceAsync($"{Device(3001 + i)}", """{"mediaWay":"tcp-active"}""");
        List<string> keys = [];
        foreach (var first in (int[])[1001, 2001, 3001])
            for (var i = 0; i < devices * Channels; i++)
                keys.Add($"{Device(first + i / Channels)}_{Channel(first + i)}");
        foreach (var key in keys)
            await daemon.AwaitFootageAsync(key, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds * 4 + 60));
        foreach (var (process, transport) in ((GbDeviceProcess, string)[])[(udp, "udp"), (passive, "tcp-active"), (active, "tcp-passive")])
        {
            Assert.All((await process.StatsAsync()).Streams.Where(stream => stream.Video > 0), stream => Assert.Equal(transport, stream.Transport));
            var totals = await process.TotalsAsync();
            Assert.Equal((devices, 0, 0), (totals.Online, totals.Malformed, totals.Stray));
        }
        var clip = await SourceClip.OpenAsync(video);
        var file = directory.File("footage.mp4");
        foreach (var key in keys)
        {
            Assert.DoesNotContain((await daemon.TimelineAsync(key)).Gaps, g => g.Reason is not ("not-recording" or "offline"));
            Assert.True(await daemon.DownloadAsync(key, file));
            var stretch = Assert.Single(await clip.StretchesAsync(file));
            Assert.True(stretch.Count >= seconds * 20, $"{key}: {stretch}");
        }
        Assert.Empty(daemon.Errors);

        static string[] Numbered(int first) => ["--id", Device(first), "--channel-id", Channel(first)];

        static string Device(int number) => $"34020000001320{number:000000}";

        static string Channel(int number) => $"34020000001310{number:000000}";
    }

    /// <summary>Who knows the password comes in, and its channels are recorded as they appear.</summary>
    private static DaemonSetup Setup(string ring = "64MiB", bool record = true)
    {
        // Media below the kernel's ephemeral ports; a pair that somebody else has is passed over.
        var first = 10_000 + Interlocked.Increment(ref _nextRange) % 40 * 200;
        return new DaemonSetup { RingSize = ring }.WithSurveillance(("password", GbDeviceProcess.Password), ("rtpPorts", $"{first}-{first + 199}"), ("record", record));
    }

    private static async Task<RecordedTracks> TracksAsync(DaemonProcess daemon, string key, string file, long pictures)
        => (await daemon.WaitAsync(async () => await daemon.DownloadAsync(key, file) ? RecordedTracks.Read(file) : null, r => r?.Video.Count >= pictures, $"picture {pictures} of {key}"))!;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
