using System.Globalization;
using System.Net;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Simulated surveillance devices before the daemon: what they send is what footage.mp4 gives back, over every way of media.</summary>
[Collection(SecondDaemon.Name)]
public sealed class SurveillanceCallTests
{
    private const string Key = $"{GbDeviceProcess.Id}_{GbDeviceProcess.Channel}";

    [Theory]
    [InlineData("udp", "udp", "small.h264", "10s.ulaw", "--payload", "es")]
    public async Task Footage_is_what_the_device_sent(string way, string comes, string video, string audio, params string[] switches)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var device = await GbDeviceProcess.StartAsync(setup.SurveillancePort, ["--clip", video, "--audio", audio, "--loops", "1", "--speed", "2", .. switches]);
        await daemon.DeviceAsync(GbDeviceProcess.Id, d => d.GetProperty("channels").GetArrayLength() == 1);
        await daemon.ChangeDeviceAsync(GbDeviceProcess.Id, $$"""{"mediaWay":"{{way}}","record":true}""");

        var sent = (await device.WaitAsync(s => s.Streams.Any(IsWhole), TimeSpan.FromSeconds(60))).Streams.First(IsWhole);
        await device.CommandAsync("refuse 486");            // once is enough
        Assert.Equal((comes, "Main", 0L), (sent.Transport, sent.Kind, sent.VideoDamaged));
        var file = directory.File("footage.mp4");
        var recorded = (await daemon.WaitAsync(async () => await daemon.DownloadAsync(Key, file) ? RecordedTracks.Read(file) : null, r => r?.Video.Count >= sent.Video, "the last picture"))!;

        var units = (await device.UnitsAsync()).Single(s => s.Id == sent.Id).Units;
        Assert.Equal(units.Select(u => u.Digest), recorded.VideoDigests.Take(units.Count));
        if (!switches.Contains("es"))
            Assert.NotEmpty(recorded.Audio);
        await Tool.DecodesAsync(file);
        var state = Assert.Single((await device.StatsAsync()).Devices);
        Assert.True(state is { Malformed: 0, Stray: 0 }, $"the device could not read {string.Join(", ", state.MalformedReasons)}; {state.Stray} answers to nothing");
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());

        static bool IsWhole(GbStream stream) => stream is { Call: "Ended", Video: > 200 };
    }

    [Theory]
    [InlineData("bye")]
    [InlineData("disconnect-media")]
    public async Task A_call_that_breaks_off_is_made_again(string command)
    {
        using var setup = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password), ("record", true));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var device = await GbDeviceProcess.StartAsync(setup.SurveillancePort, "--clip", "small.h264");
        await device.WaitAsync(s => s.Streams is [{ Video: > 50 }]);
        await device.CommandAsync("media-delay 2");         // of the next call: longer than what a busy machine brings late
        await device.CommandAsync(command);
        await device.WaitAsync(s => s.Streams is [_, { Video: > 50 }], TimeSpan.FromSeconds(40));
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync(Key), t => t.Spans.Count == 2, "two spans");
        Assert.Contains(timeline.Gaps, gap => gap.Reason == "reconnect");
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Equal("BYE of the platform", (await device.StatsAsync()).Streams[1].EndedBy);
    }

    [Fact]
    public async Task Footage_that_the_device_has_is_listed_and_brought_in_with_its_own_time()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        var start = DateTimeOffset.UtcNow.AddHours(-3);
        start = start.AddTicks(-(start.Ticks % TimeSpan.TicksPerMinute));
        await using var device = await GbDeviceProcess.StartAsync(
            setup.SurveillancePort, "--clip", "small.h264", "--audio", "10s.alaw", "--footage", $"{Beijing(start)}..{Beijing(start.AddSeconds(40))}", "--footage-seconds", "10");
        var shown = await daemon.DeviceAsync(GbDeviceProcess.Id, d => d.GetProperty("channels").GetArrayLength() == 1);
        var id = shown.GetProperty("id").GetString();

        var list = (await daemon.GetAsync($"/api/v1/devices/{id}/footage?channel={GbDeviceProcess.Channel}&from={Utc(start.AddHours(-1))}&to={Utc(start.AddHours(1))}")).EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(0, 4).Select(i => start.AddSeconds(10 * i)), list.Select(item => item.GetProperty("from").GetDateTimeOffset()));

        var asked = await daemon.Http.PostAsync($"/api/v1/devices/{id}/footage",
            Requests.Json($$"""{"channel":"{{GbDeviceProcess.Channel}}","from":"{{Utc(start)}}","to":"{{Utc(start.AddSeconds(10))}}"}""")).BodyAsync(HttpStatusCode.Created);
        var request = asked.GetProperty("id").GetString();
        var over = await daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/devices/{id}/footage/requests/{request}"), r => r.GetProperty("state").GetString() is "done" or "failed", "the footage", TimeSpan.FromSeconds(60));
        Assert.Equal(("done", ""), (over.GetProperty("state").GetString(), over.GetProperty("detail").GetString()));

        var clip = await SourceClip.OpenAsync("small.h264");
        var file = directory.File("footage.mp4");
        var address = $"{await daemon.FootageAddressAsync(Key)}&stream=device";
        var stretches = await daemon.WaitAsync(async () =>
        {
            await File.WriteAllBytesAsync(file, await daemon.Http.GetByteArrayAsync(address));
            return await clip.StretchesAsync(file);
        }, found => found.Sum(s => s.Count) >= clip.Count, "the last picture");
        Assert.Equal([(0, clip.Count)], stretches);
        var span = (await daemon.GetAsync($"/api/v1/channels/{await daemon.IdAsync(Key)}/timeline?stream=device&from={Utc(start.AddMinutes(-5))}&to={Utc(start.AddMinutes(5))}")).GetProperty("spans").EnumerateArray().Single();
        Assert.InRange((span.GetProperty("from").GetDateTimeOffset() - start).TotalSeconds, -0.5, 0.5);
        Assert.InRange((span.GetProperty("to").GetDateTimeOffset() - start).TotalSeconds, 9.5, 10.5);
        Assert.Equal(["Download"], (await device.StatsAsync()).Streams.Select(stream => stream.Kind));
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_camera_is_turned_and_a_device_is_armed()
    {
        using var setup = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var device = await GbDeviceProcess.StartAsync(setup.SurveillancePort, "--clip", "small.h264");
        var shown = await daemon.DeviceAsync(GbDeviceProcess.Id, d => d.GetProperty("channels").GetArrayLength() == 1);
        var (id, channel) = (shown.GetProperty("id").GetString(), await daemon.IdAsync(Key));
        await daemon.Http.PostAsync($"/api/v1/channels/{channel}/ptz", Requests.Json("""{"action":"right","speed":128}""")).BodyAsync(HttpStatusCode.NoContent);
        await daemon.Http.PostAsync($"/api/v1/channels/{channel}/ptz", Requests.Json("""{"action":"preset-set","preset":1}""")).BodyAsync(HttpStatusCode.NoContent);
        await daemon.Http.PostAsync($"/api/v1/devices/{id}/commands", Requests.Json("""{"command":"arm"}""")).BodyAsync(HttpStatusCode.NoContent);
        var controls = await device.ControlsAsync();
        Assert.Contains(controls, control => control is { Command: "PTZCmd", Value: "A50F010180000036", Channel: GbDeviceProcess.Channel });
        Assert.Contains(controls, control => control is { Command: "PTZCmd", Value: "A50F018100010037" });
        Assert.Contains(controls, control => control is { Command: "GuardCmd", Value: "SetGuard" });
        Assert.Equal([1], (await daemon.GetAsync($"/api/v1/channels/{channel}/presets")).EnumerateArray().Select(preset => preset.GetProperty("number").GetInt32()));
    }

    private static string Beijing(DateTimeOffset time) => time.ToOffset(TimeSpan.FromHours(8)).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
