using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>The cascade between two started programs: one records a camera and registers with the other, which takes it for a device, records its channel and brings footage out of its ring.</summary>
[Collection(FourthDaemon.Name)]
public sealed class CascadeTests
{
    private const string DeviceId = "34020000001180000077", Channel = "34020000001320000001", Key = $"{DeviceId}_{Channel}";

    [Theory]
    [InlineData("udp", "udp")]
    [InlineData("udp", "auto")]                             // the platform listens
    [InlineData("tcp", "tcp-active")]                       // it connects to us
    public async Task A_platform_records_a_channel_of_the_box_and_brings_footage_out_of_its_ring(string transport, string mediaWay)
    {
        using var directory = new TemporaryDirectory();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.alaw");
        using var above = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password), ("rtpPorts", "12000-12099"));
        await using var platform = await DaemonProcess.StartAsync(above);
        using var below = new DaemonSetup().WithSurveillance(("enabled", false), ("rtpPorts", "12100-12199")).WithPlatform(above.SurveillancePort, GbDeviceProcess.ServerId, DeviceId, GbDeviceProcess.Password, transport)
            .With("gate", camera.Url(), ("name", "Gate"));
        await using var box = await DaemonProcess.StartAsync(below);

        // REGISTER and Catalog.
        var device = await platform.DeviceAsync(DeviceId, d => d.GetProperty("channels").GetArrayLength() == 1);
        Assert.Equal(("approved", true, "EdgeRecorder", Channel, "Gate"), (Text(device, "state"), device.GetProperty("connected").GetBoolean(), Text(device, "manufacturer"),
            Text(device.GetProperty("channels")[0], "channel"), Text(device.GetProperty("channels")[0], "name")));

        // INVITE: what comes is what the box records.
        await platform.ChangeDeviceAsync(DeviceId, $$"""{"mediaWay":"{{mediaWay}}","record":true}""");
        await platform.AwaitFootageAsync(Key, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));
        var shown = (await box.WaitAsync(() => box.GetAsync("/api/v1/platforms"), p => p[0].GetProperty("packets").GetInt64() > 100, "packets"))[0];
        Assert.Equal((GbDeviceProcess.ServerId, DeviceId, true, "", 1, 0L, 0L), (Text(shown, "serverId"), Text(shown, "deviceId"), shown.GetProperty("registered").GetBoolean(), Text(shown, "detail"),
            shown.GetProperty("calls").GetInt32(), shown.GetProperty("refused").GetInt64(), shown.GetProperty("dropped").GetInt64()));
        await box.WaitAsync(() => box.GetAsync("/api/v1/platforms"), p => p[0].GetProperty("subscriptions").GetInt32() == 2, "subscriptions to catalog and alarms");
        var metrics = await box.Http.GetStringAsync("/metrics");
        Assert.Contains($"\nedge_recorder_platform_registered{{platform=\"{GbDeviceProcess.ServerId}@127.0.0.1:{above.SurveillancePort}\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"\nedge_recorder_platform_calls{{platform=\"{GbDeviceProcess.ServerId}@127.0.0.1:{above.SurveillancePort}\"}} 1\n", metrics, StringComparison.Ordinal);
        await platform.ChangeDeviceAsync(DeviceId, """{"record":false}""");
        await box.WaitAsync(() => box.GetAsync("/api/v1/platforms"), p => p[0].GetProperty("calls").GetInt32() == 0, "BYE");
        var live = await DigestsAsync(platform, Key, directory.File("live.mp4"));
        Assert.True(live.Count >= 100, $"{live.Count} pictures came live");
        // In one piece, of a ring that gets its fragments a moment later than who watches.
        var recorded = await box.WaitAsync(() => DigestsAsync(box, "gate", directory.File("box.mp4")), all => Holds(all, live), $"the {live.Count} pictures that came live, in their order");
        await Tool.DecodesAsync(directory.File("live.mp4"));

        // RecordInfo, and a download of what lies in the ring.
        var id = Text(device, "id");
        var now = DateTimeOffset.UtcNow;
        var list = (await platform.GetAsync($"/api/v1/devices/{id}/footage?channel={Channel}&from={Utc(now.AddHours(-1))}&to={Utc(now.AddHours(1))}")).EnumerateArray().ToList();
        var from = Assert.Single(list).GetProperty("from").GetDateTimeOffset();
        var asked = await platform.Http.PostAsync($"/api/v1/devices/{id}/footage",
            Requests.Json($$"""{"channel":"{{Channel}}","from":"{{Utc(from.AddSeconds(1))}}","to":"{{Utc(from.AddSeconds(5))}}"}""")).BodyAsync(HttpStatusCode.Created);
        var over = await platform.WaitAsync(() => platform.GetAsync($"/api/v1/devices/{id}/footage/requests/{Text(asked, "id")}"), r => Text(r, "state") is "done" or "failed", "the footage", TimeSpan.FromSeconds(60));
        Assert.Equal(("done", ""), (Text(over, "state"), Text(over, "detail")));
        var brought = await platform.WaitAsync(async () =>
        {
            using var answer = await platform.Http.GetAsync($"{await platform.FootageAddressAsync(Key)}&stream=device");
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return [];
            await File.WriteAllBytesAsync(directory.File("stored.mp4"), await answer.Content.ReadAsByteArrayAsync());
            return RecordedTracks.Read(directory.File("stored.mp4")).VideoDigests;
        }, digests => digests.Count >= 90, "four seconds of pictures");
        Assert.True(Holds(recorded, brought), $"{string.Join(' ', brought)} is no piece of {string.Join(' ', recorded)}");

        // A good-bye.
        Assert.Empty(box.Errors);
        Assert.Equal(0, await box.StopAsync());
        await platform.DeviceAsync(DeviceId, d => !d.GetProperty("connected").GetBoolean());
        Assert.Empty(platform.Errors);
    }

    [Fact]
    public async Task Cameras_alarms_and_positions_of_a_device_below_reach_the_platform_above()
    {
        using var above = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password), ("subscribePosition", true));
        await using var platform = await DaemonProcess.StartAsync(above);
        using var below = new DaemonSetup().WithSurveillance(("password", GbDeviceProcess.Password)).WithPlatform(above.SurveillancePort, GbDeviceProcess.ServerId, DeviceId, GbDeviceProcess.Password);
        await using var box = await DaemonProcess.StartAsync(below);
        await box.WaitAsync(() => box.GetAsync("/api/v1/platforms"), p => p[0].GetProperty("subscriptions").GetInt32() == 3, "subscriptions");

        await using var device = await GbDeviceProcess.StartAsync(below.SurveillancePort, "--clip", "small.h264");
        var shown = await platform.DeviceAsync(DeviceId, d => d.GetProperty("channels").GetArrayLength() == 1);
        Assert.Equal(Channel, Text(shown.GetProperty("channels")[0], "channel"));

        await device.CommandAsync($"@{GbDeviceProcess.Channel} alarm 5 2");
        var events = await platform.WaitAsync(() => platform.GetAsync("/api/v1/events"), e => e.GetArrayLength() == 1, "the alarm");
        Assert.Equal(("motion", Text(shown.GetProperty("channels")[0], "id")), (Text(events[0], "kind"), Text(events[0], "channel")));

        await device.CommandAsync("position");
        var there = (await platform.DeviceAsync(DeviceId, d => d.GetProperty("position").ValueKind == JsonValueKind.Object)).GetProperty("position");
        var here = (await box.DeviceAsync(GbDeviceProcess.Id)).GetProperty("position");
        foreach (var member in (string[])["latitude", "longitude", "speed", "heading"])
            Assert.Equal(here.GetProperty(member).GetDouble(), there.GetProperty(member).GetDouble(), 0.01);
        Assert.Empty(platform.Errors);
        Assert.Empty(box.Errors);
    }

    private static bool Holds(IReadOnlyList<string> all, IReadOnlyList<string> piece) => string.Join(' ', all).Contains(string.Join(' ', piece), StringComparison.Ordinal);

    private static async Task<IReadOnlyList<string>> DigestsAsync(DaemonProcess daemon, string key, string file)
    {
        Assert.True(await daemon.DownloadAsync(key, file));
        return RecordedTracks.Read(file).VideoDigests;
    }

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
