using System.Net;
using System.Text.Json;
using EdgeRecorder.Devices;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Api;

public sealed class DeviceApiTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private TestBox _box = null!;

    public async Task InitializeAsync() => _box = await TestBox.StartAsync(_directory.Path);

    public async Task DisposeAsync()
    {
        await _box.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_device_that_waits_is_listed_and_approved()
    {
        var waiting = Waiting();
        var listed = Assert.Single((await _box.Admin.GetAsync("/api/v1/devices").BodyAsync()).EnumerateArray().ToList());
        Assert.Equal(("jt808", "13912345678", "waiting", false, "粤B12345"), (Text(listed, "protocol"), Text(listed, "identity"), Text(listed, "state"), listed.GetProperty("connected").GetBoolean(), Text(listed, "name")));
        var approved = await PatchAsync(waiting.Id, """{"state":"approved","name":"Bus 7"}""").BodyAsync();
        Assert.Equal(("approved", "Bus 7"), (Text(approved, "state"), Text(approved, "name")));
        Assert.Empty((await _box.Admin.GetAsync("/api/v1/devices?state=waiting").BodyAsync()).EnumerateArray());
        var audit = (await _box.Admin.GetAsync("/api/v1/audit").BodyAsync()).EnumerateArray().First();
        Assert.Equal(("device.approved", waiting.Id), (Text(audit, "action"), Text(audit, "subject")));
    }

    [Fact]
    public async Task A_connection_its_report_and_its_settings_are_shown()
    {
        var device = Approved();
        _box.Engine.Devices.IsConnected = true;
        _box.Engine.Devices.Newest = new DeviceReport(new Position(1_700_000_000_000_000, 312_304_160, 1_214_737_010, 12, 8472, 90, PositionFlags.FixValid), 10_000.0, 31, 13, [new("overspeed", null), new("video-signal-lost", "2")]);
        await PatchAsync(device.Id, """{"twoStreams":true,"g726":"aal2","clock":"utc"}""").BodyAsync();
        var shown = await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}").BodyAsync();
        Assert.Equal((true, "127.0.0.1:4711", "2019", true, "aal2", "utc", 10_000.0, 31, 13), (shown.GetProperty("connected").GetBoolean(), Text(shown, "remote"), Text(shown, "version"),
            shown.GetProperty("twoStreams").GetBoolean(), Text(shown, "g726"), Text(shown, "clock"), shown.GetProperty("mileageKm").GetDouble(), shown.GetProperty("signal").GetInt32(), shown.GetProperty("satellites").GetInt32()));
        var position = shown.GetProperty("position");
        Assert.Equal((31.230416, 121.473701, 30.5, 90, true), (position.GetProperty("latitude").GetDouble(), position.GetProperty("longitude").GetDouble(), position.GetProperty("speed").GetDouble(),
            position.GetProperty("heading").GetInt32(), position.GetProperty("fix").GetBoolean()));
        Assert.Equal([("overspeed", null), ("video-signal-lost", "2")], shown.GetProperty("alarms").EnumerateArray().Select(a => (Text(a, "kind"), a.GetProperty("channel").GetString())));
    }

    [Fact]
    public async Task A_device_of_the_list_is_added_before_it_comes()
    {
        var added = await PostAsync("/api/v1/devices", """{"protocol":"jt808","identity":"013900000001","name":"Taxi"}""").BodyAsync(HttpStatusCode.Created);
        Assert.Equal(("13900000001", "approved"), (Text(added, "identity"), Text(added, "state")));
        Assert.Contains("is listed already", await PostAsync("/api/v1/devices", """{"protocol":"jt808","identity":"13900000001"}""").ProblemAsync(409), StringComparison.Ordinal);
        Assert.Contains("identity", await PostAsync("/api/v1/devices", """{"protocol":"jt808","identity":"bus"}""").ProblemAsync(400), StringComparison.Ordinal);
        Assert.Contains("protocol", await PostAsync("/api/v1/devices", """{"protocol":"morse","identity":"1"}""").ProblemAsync(400), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"state":"maybe"}""", "state")]
    [InlineData("""{"g726":"up"}""", "g726")]
    [InlineData("""{"clock":"mars"}""", "clock")]
    public async Task What_is_no_setting_is_named(string change, string named)
        => Assert.Contains(named, await PatchAsync(Approved().Id, change).ProblemAsync(400), StringComparison.Ordinal);

    [Fact]
    public async Task A_channel_of_a_device_goes_through_the_same_routes_as_a_camera()
    {
        var device = Approved();
        var made = await PostAsync($"/api/v1/devices/{device.Id}/channels", """{"channel":"3","name":"Door"}""").BodyAsync(HttpStatusCode.Created);
        var id = Text(made, "id");
        Assert.Equal(("13912345678_3", "jt808", "Door", device.Id, "3", false), (Text(made, "key"), Text(made, "protocol"), Text(made, "name"), Text(made, "device"), Text(made, "channel"), made.GetProperty("record").GetBoolean()));
        await _box.Admin.PutAsync($"/api/v1/channels/{id}/record", Requests.Json("""{"on":true}""")).BodyAsync();
        Assert.True(_box.Engine.Applied[made.GetProperty("number").GetInt32()]);
        var renamed = await _box.Admin.PatchAsync($"/api/v1/channels/{id}", Requests.Json("""{"name":"Front door","audio":false,"priority":3}""")).BodyAsync();
        Assert.Equal(("Front door", false, 3, true), (Text(renamed, "name"), renamed.GetProperty("audio").GetBoolean(), renamed.GetProperty("priority").GetInt32(), renamed.GetProperty("record").GetBoolean()));
        Assert.Contains("its device's", await _box.Admin.PatchAsync($"/api/v1/channels/{id}", Requests.Json("""{"url":"rtsp://h/"}""")).ProblemAsync(409), StringComparison.Ordinal);
        Assert.Equal([id], (await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}/channels").BodyAsync()).EnumerateArray().Select(c => Text(c, "id")));
        Assert.Equal(id, Text(await PostAsync($"/api/v1/devices/{device.Id}/channels", """{"channel":"3"}""").BodyAsync(HttpStatusCode.Created), "id"));
        Assert.Contains("channel", await PostAsync($"/api/v1/devices/{device.Id}/channels", """{"channel":"256"}""").ProblemAsync(400), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_device_that_waits_gets_no_channels()
        => Assert.Contains("waiting", await PostAsync($"/api/v1/devices/{Waiting().Id}/channels", """{"channel":"1"}""").ProblemAsync(409), StringComparison.Ordinal);

    [Fact]
    public async Task A_device_is_switched_with_all_its_channels()
    {
        var device = Approved();
        foreach (var channel in (string[])["1", "2"])
            await PostAsync($"/api/v1/devices/{device.Id}/channels", $$"""{"channel":"{{channel}}"}""").BodyAsync(HttpStatusCode.Created);
        var shown = await PatchAsync(device.Id, """{"record":true}""").BodyAsync();
        Assert.All(shown.GetProperty("channels").EnumerateArray(), c => Assert.True(c.GetProperty("record").GetBoolean()));
        Assert.Equal(2, _box.Engine.Applied.Count(a => a.Value));
        Assert.True(Text(await PostAsync($"/api/v1/devices/{device.Id}/channels", """{"channel":"4"}""").BodyAsync(HttpStatusCode.Created), "key") == "13912345678_4");
        Assert.Equal(3, _box.Engine.Applied.Count(a => a.Value));
    }

    [Fact]
    public async Task A_device_that_is_forgotten_takes_its_channels_with_it()
    {
        var device = Approved();
        await PostAsync($"/api/v1/devices/{device.Id}/channels", """{"channel":"1"}""").BodyAsync(HttpStatusCode.Created);
        await _box.Admin.DeleteAsync($"/api/v1/devices/{device.Id}").BodyAsync(HttpStatusCode.NoContent);
        Assert.Empty((await _box.Admin.GetAsync("/api/v1/channels").BodyAsync()).EnumerateArray());
        await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}").ProblemAsync(404);
        Assert.Empty(_box.Engine.Applied);
    }

    [Fact]
    public async Task PTZ_reaches_the_device_and_its_refusal_the_caller()
    {
        var (_, channel) = await ChannelAsync();
        await PostAsync($"/api/v1/channels/{channel}/ptz", """{"action":"left","speed":200}""").BodyAsync(HttpStatusCode.NoContent);
        await PostAsync($"/api/v1/channels/{channel}/ptz", """{"action":"zoom-in"}""").BodyAsync(HttpStatusCode.NoContent);
        Assert.Equal(["1 Left 200", "1 ZoomIn 128"], _box.Engine.Devices.Asked);
        Assert.Contains("action", await PostAsync($"/api/v1/channels/{channel}/ptz", """{"action":"jump"}""").ProblemAsync(400), StringComparison.Ordinal);
        foreach (var (fault, status) in ((DeviceFault, int)[])[(DeviceFault.NotConnected, 409), (DeviceFault.Refused, 502), (DeviceFault.Silent, 504)])
        {
            _box.Engine.Devices.Fault = new DeviceException(fault, "because");
            Assert.Equal("because", await PostAsync($"/api/v1/channels/{channel}/ptz", """{"action":"stop"}""").ProblemAsync(status));
        }
    }

    [Fact]
    public async Task Presets_are_called_by_number_and_listed()
    {
        var (_, channel) = await ChannelAsync();
        await PostAsync($"/api/v1/channels/{channel}/ptz", """{"action":"preset-call","preset":7}""").BodyAsync(HttpStatusCode.NoContent);
        await PostAsync($"/api/v1/channels/{channel}/ptz", """{"action":"up-left","speed":9,"preset":7}""").BodyAsync(HttpStatusCode.NoContent);
        Assert.Equal(["1 PresetCall 128 7", "1 UpLeft 9"], _box.Engine.Devices.Asked);
        foreach (var wrong in new[] { "", ",\"preset\":0", ",\"preset\":256" })
            Assert.Contains("preset", await PostAsync($"/api/v1/channels/{channel}/ptz", $$"""{"action":"preset-set"{{wrong}}}""").ProblemAsync(400), StringComparison.Ordinal);
        var presets = (await _box.Admin.GetAsync($"/api/v1/channels/{channel}/presets").BodyAsync()).EnumerateArray().Select(p => (p.GetProperty("number").GetInt32(), Text(p, "name")));
        Assert.Equal([(1, "Gate"), (2, "")], presets);
        _box.Engine.Devices.Fault = new DeviceException(DeviceFault.Unsupported, "it has none");
        Assert.Equal("it has none", await _box.Admin.GetAsync($"/api/v1/channels/{channel}/presets").ProblemAsync(409));
        await _box.Admin.GetAsync("/api/v1/channels/nobody/presets").ProblemAsync(404);
    }

    [Fact]
    public async Task Commands_reach_the_device_and_restarting_it_is_for_admin()
    {
        var (device, _) = await ChannelAsync();
        var path = $"/api/v1/devices/{device.Id}/commands";
        await PostAsync(path, """{"command":"home-on","channel":"1","preset":3,"seconds":60}""").BodyAsync(HttpStatusCode.NoContent);
        await PostAsync(path, """{"command":"arm"}""").BodyAsync(HttpStatusCode.NoContent);
        await PostAsync(path, """{"command":"reboot"}""").BodyAsync(HttpStatusCode.NoContent);
        Assert.Equal(["1 HomeOn 3 60", "all Arm", "all Reboot"], _box.Engine.Devices.Asked);
        foreach (var (body, names) in new[]
        {
            ("""{"command":"dance"}""", "command"), ("""{"command":"arm","channel":"x"}""", "channel"), ("""{"command":"home-on"}""", "preset"), ("""{"command":"home-on","preset":1,"seconds":-1}""", "seconds"),
        })
            Assert.StartsWith(names, await PostAsync(path, body).ProblemAsync(400), StringComparison.Ordinal);
        _box.Engine.Devices.Fault = new DeviceException(DeviceFault.Silent, "it does not answer");
        Assert.Equal("it does not answer", await PostAsync(path, """{"command":"disarm"}""").ProblemAsync(504));
        await PostAsync("/api/v1/devices/nobody/commands", """{"command":"arm"}""").ProblemAsync(404);
    }

    [Fact]
    public async Task PTZ_of_a_camera_is_not_ours()
    {
        var made = await PostAsync("/api/v1/channels", """{"name":"Gate","url":"rtsp://h/"}""").BodyAsync(HttpStatusCode.Created);
        await PostAsync($"/api/v1/channels/{Text(made, "id")}/ptz", """{"action":"stop"}""").ProblemAsync(409);
        await _box.Admin.GetAsync($"/api/v1/channels/{Text(made, "id")}/presets").ProblemAsync(409);
    }

    [Fact]
    public async Task Events_are_listed_newest_first_and_stand_in_the_timeline()
    {
        var (device, channel) = await ChannelAsync();
        var (events, boot, ring) = (_box.Get<EventStore>(), Boot(), _box.Get<IRing>());
        var first = events.Begin(device.Number, null, "overspeed", boot(10), """{"speed":90.5}""");
        events.End(first, boot(20));
        events.Begin(device.Number, null, "collision", boot(30));
        var listed = (await _box.Admin.GetAsync("/api/v1/events").BodyAsync()).EnumerateArray().ToList();
        Assert.Equal(["collision", "overspeed"], listed.Select(e => Text(e, "kind")));
        Assert.Equal((device.Id, 90.5, JsonValueKind.Null), (Text(listed[1], "device"), listed[1].GetProperty("detail").GetProperty("speed").GetDouble(), listed[0].GetProperty("to").ValueKind));
        Assert.Equal(["overspeed"], (await _box.Admin.GetAsync($"/api/v1/events?after={Text(listed[0], "id")}&device={device.Id}").BodyAsync()).EnumerateArray().Select(e => Text(e, "kind")));
        var range = $"from={At(ring, 15)}&to={At(ring, 25)}";
        Assert.Equal(["overspeed"], (await _box.Admin.GetAsync($"/api/v1/events?{range}").BodyAsync()).EnumerateArray().Select(e => Text(e, "kind")));
        Assert.Equal(["overspeed"], (await _box.Admin.GetAsync($"/api/v1/channels/{channel}/timeline?{range}").BodyAsync()).GetProperty("events").EnumerateArray().Select(e => Text(e, "kind")));
        await _box.Admin.GetAsync("/api/v1/events?device=nobody").ProblemAsync(404);
    }

    [Fact]
    public async Task Positions_stand_in_the_timeline_of_the_devices_channels_alone()
    {
        var (device, channel) = await ChannelAsync();
        var other = Text(await PostAsync("/api/v1/channels", """{"name":"Gate","url":"rtsp://h/"}""").BodyAsync(HttpStatusCode.Created), "id");
        var (boot, ring) = (Boot(), _box.Get<IRing>());
        _box.Get<PositionStore>().Add([new(device.Number, boot(10), 312_304_160, 1_214_737_010, 12, 8472, 90, PositionFlags.FixValid | PositionFlags.IgnitionOn, 0)]);
        var range = $"from={At(ring, 0)}&to={At(ring, 60)}";
        var position = Assert.Single((await _box.Admin.GetAsync($"/api/v1/channels/{channel}/timeline?{range}").BodyAsync()).GetProperty("positions").EnumerateArray().ToList());
        Assert.Equal((31.230416, 30.5, true), (position.GetProperty("latitude").GetDouble(), position.GetProperty("speed").GetDouble(), position.GetProperty("ignition").GetBoolean()));
        Assert.Empty((await _box.Admin.GetAsync($"/api/v1/channels/{other}/timeline?{range}").BodyAsync()).GetProperty("positions").EnumerateArray());
        Assert.Equal(31.230416, (await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}").BodyAsync()).GetProperty("position").GetProperty("latitude").GetDouble());
    }

    [Fact]
    public async Task What_a_device_holds_is_listed()
    {
        var (device, _) = await ChannelAsync();
        _box.Engine.Devices.Stored.Add(new("1", DateTimeOffset.UnixEpoch.AddHours(8), DateTimeOffset.UnixEpoch.AddHours(9), "main", "backup", "video", 1000, ["collision"]));
        var item = Assert.Single((await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}/footage?channel=1&from=1970-01-01T08:00:00Z&to=1970-01-01T10:00:00Z").BodyAsync()).EnumerateArray().ToList());
        Assert.Equal(("1", "main", "backup", "video", 1000L, "collision"), (Text(item, "channel"), Text(item, "stream"), Text(item, "storage"), Text(item, "content"), item.GetProperty("bytes").GetInt64(), item.GetProperty("alarms")[0].GetString()));
        Assert.Equal(["list 1 08:00 10:00"], _box.Engine.Devices.Asked);
        _box.Engine.Devices.Fault = new DeviceException(DeviceFault.NotConnected, "the terminal is not connected");
        await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}/footage?from=1970-01-01T08:00:00Z&to=1970-01-01T10:00:00Z").ProblemAsync(409);
    }

    [Fact]
    public async Task Footage_is_brought_in_under_its_own_time_as_a_stream_of_its_own()
    {
        var (device, channel) = await ChannelAsync();
        _box.Engine.Devices.IsConnected = true;
        var go = new TaskCompletionSource();
        _box.Engine.Devices.Bring = async (sink, stop) =>
        {
            sink.Announce([RecorderRig.Video]);
            Send(sink, 0, 50);
            await go.Task.WaitAsync(stop);
        };
        var asked = await PostAsync($"/api/v1/devices/{device.Id}/footage", """{"channel":"1","from":"2026-01-15T00:00:00Z","to":"2026-01-15T00:00:04Z"}""").BodyAsync(HttpStatusCode.Created);
        var path = $"/api/v1/devices/{device.Id}/footage/requests/{Text(asked, "id")}";
        var half = await AwaitAsync(path, r => Text(r, "state") == "running" && r.GetProperty("progress").GetDouble() > 0.4);
        Assert.Equal((channel, 50_000L), (Text(half, "channel"), half.GetProperty("bytes").GetInt64()));
        go.SetResult();
        var done = await AwaitAsync(path, r => Text(r, "state") is "done" or "failed");
        Assert.Equal(("done", 1.0), (Text(done, "state"), done.GetProperty("progress").GetDouble()));
        var stream = Assert.Single(_box.Engine.Streams);
        Assert.Equal(StreamKey.Device, stream.Key.Stream);
        var ring = _box.Get<IRing>();
        Assert.Equal("2026-01-15T00:00:00", DateTimeOffset.FromUnixTimeMilliseconds(ring.ToUtcUs(stream.Fragments[0].BoottimeUs) / 1000).ToString("s"));
        Assert.Equal(50 * 3600, stream.Fragments.Sum(f => f.Duration90k));
        Assert.Single((await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}/footage/requests").BodyAsync()).EnumerateArray());
    }

    [Fact]
    public async Task A_request_can_be_cancelled_and_one_that_brings_nothing_has_failed()
    {
        var (device, _) = await ChannelAsync();
        _box.Engine.Devices.IsConnected = true;
        _box.Engine.Devices.Bring = (_, stop) => Task.Delay(Timeout.Infinite, stop);
        const string Body = """{"channel":"1","from":"2026-01-15T00:00:00Z","to":"2026-01-15T00:00:04Z"}""";
        var first = Text(await PostAsync($"/api/v1/devices/{device.Id}/footage", Body).BodyAsync(HttpStatusCode.Created), "id");
        var second = Text(await PostAsync($"/api/v1/devices/{device.Id}/footage", Body).BodyAsync(HttpStatusCode.Created), "id");
        await AwaitAsync($"/api/v1/devices/{device.Id}/footage/requests/{first}", r => Text(r, "state") == "running");
        Assert.Equal("waiting", Text(await _box.Admin.GetAsync($"/api/v1/devices/{device.Id}/footage/requests/{second}").BodyAsync(), "state"));
        _box.Engine.Devices.Bring = (_, _) => Task.CompletedTask;
        await _box.Admin.DeleteAsync($"/api/v1/devices/{device.Id}/footage/requests/{first}").BodyAsync(HttpStatusCode.NoContent);
        await AwaitAsync($"/api/v1/devices/{device.Id}/footage/requests/{first}", r => Text(r, "state") == "cancelled");
        var failed = await AwaitAsync($"/api/v1/devices/{device.Id}/footage/requests/{second}", r => Text(r, "state") == "failed");
        Assert.Equal("the device has nothing of that range", Text(failed, "detail"));
    }

    [Fact]
    public async Task What_is_here_already_is_not_brought_again()
    {
        var (device, channel) = await ChannelAsync();
        _box.Engine.Devices.IsConnected = true;
        var number = (await _box.Admin.GetAsync($"/api/v1/channels/{channel}").BodyAsync()).GetProperty("number").GetInt32();
        var from = new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        _box.Engine.Footage.Add(new FootageSpan(new(number, StreamKey.Device), 1, 1, from, from + 60_000_000, 0, 5_400_000, 1000, false));
        Assert.Contains("is here already", await PostAsync($"/api/v1/devices/{device.Id}/footage", """{"channel":"1","from":"2026-01-15T00:00:30Z","to":"2026-01-15T00:02:00Z"}""").ProblemAsync(409), StringComparison.Ordinal);
        await PostAsync($"/api/v1/devices/{device.Id}/footage", """{"channel":"1","from":"2026-01-15T00:00:58Z","to":"2026-01-15T00:02:00Z"}""").BodyAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_box_that_does_not_know_the_time_brings_nothing_in()
    {
        var (device, _) = await ChannelAsync();
        _box.Engine.Devices.IsConnected = true;
        _box.Engine.ClockQuality = ClockQuality.Unset;
        await PostAsync($"/api/v1/devices/{device.Id}/footage", """{"channel":"1","from":"2026-01-15T00:00:30Z","to":"2026-01-15T00:02:00Z"}""").ProblemAsync(409);
    }

    [Fact]
    public async Task Viewers_look_operators_move_and_admins_approve()
    {
        var (device, channel) = await ChannelAsync();
        foreach (var (name, role) in ((string, string)[])[("v", "viewer"), ("o", "operator")])
            await PostAsync("/api/v1/users", $$"""{"name":"{{name}}","password":"password1","role":"{{role}}"}""").BodyAsync(HttpStatusCode.Created);
        using var viewer = _box.Client("v", "password1");
        using var guard = _box.Client("o", "password1");
        await viewer.GetAsync("/api/v1/devices").BodyAsync();
        await viewer.PostAsync($"/api/v1/channels/{channel}/ptz", Requests.Json("""{"action":"stop"}""")).ProblemAsync(403);
        await guard.PostAsync($"/api/v1/channels/{channel}/ptz", Requests.Json("""{"action":"stop"}""")).BodyAsync(HttpStatusCode.NoContent);
        await guard.PatchAsync($"/api/v1/devices/{device.Id}", Requests.Json("""{"state":"refused"}""")).ProblemAsync(403);
        await viewer.PostAsync($"/api/v1/devices/{device.Id}/commands", Requests.Json("""{"command":"arm"}""")).ProblemAsync(403);
        await guard.PostAsync($"/api/v1/devices/{device.Id}/commands", Requests.Json("""{"command":"arm"}""")).BodyAsync(HttpStatusCode.NoContent);
        await guard.PostAsync($"/api/v1/devices/{device.Id}/commands", Requests.Json("""{"command":"reboot"}""")).ProblemAsync(403);
        using var refused = await _box.Anonymous.GetAsync("/api/v1/devices");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Platforms_above_are_shown_as_they_stand()
    {
        Assert.Empty((await _box.Admin.GetAsync("/api/v1/platforms").BodyAsync()).EnumerateArray());
        _box.Engine.Platforms.Add(new()
        {
            ServerId = "34020000002000000001", Host = "upper.example", Port = 5060, DeviceId = "34020000001180000009", Detail = "no answer to REGISTER", Registrations = 3, CallsBegun = 4, Refused = 5, Packets = 6, Dropped = 7,
        });
        Assert.Equal("""[{"serverId":"34020000002000000001","host":"upper.example","port":5060,"deviceId":"34020000001180000009","registered":false,"since":null,"detail":"no answer to REGISTER","registrations":3,"calls":0,"callsBegun":4,"subscriptions":0,"refused":5,"packets":6,"dropped":7}]""",
            (await _box.Admin.GetAsync("/api/v1/platforms").BodyAsync()).GetRawText());
        await _box.Anonymous.GetAsync("/api/v1/platforms").ProblemAsync(401);
    }

    private DeviceRow Waiting() => _box.Get<DeviceCatalog>().Add(new DeviceRow { Protocol = "jt808", Identity = "13912345678", Plate = "粤B12345", PlateColor = 2 })!;

    private DeviceRow Approved() => _box.Get<DeviceCatalog>().Add(new DeviceRow { Protocol = "jt808", Identity = "13912345678", State = Approval.Approved })!;

    private async Task<(DeviceRow Device, string Channel)> ChannelAsync()
    {
        var device = Approved();
        return (device, Text(await PostAsync($"/api/v1/devices/{device.Id}/channels", """{"channel":"1"}""").BodyAsync(HttpStatusCode.Created), "id"));
    }

    /// <summary>Instants of a boot that the ledger knows, as the ring dates them.</summary>
    private Func<int, BootInstant> Boot()
    {
        _box.Get<ClockStore>().Keep(new(1, Guid.NewGuid(), _box.Get<IRing>().ToUtcUs(0), ClockQuality.Ntp, 0));
        return seconds => new(1, seconds * 1_000_000L);
    }

    private static string At(IRing ring, int seconds) => DateTimeOffset.FromUnixTimeMilliseconds(ring.ToUtcUs(seconds * 1_000_000L) / 1000).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private static void Send(IFootageSink sink, int first, int pictures)
    {
        using var writer = new PayloadWriter(ChunkPool.Video);
        for (var i = first; i < first + pictures; i++)
        {
            writer.Write(new byte[1000]);
            sink.Add(new AccessUnit { Track = RecorderRig.Video, Pts = i * 3600L, IsSync = i % 25 == 0, Payload = writer.Take(), ArrivalUs = 0 });
        }
    }

    private async Task<JsonElement> AwaitAsync(string path, Func<JsonElement, bool> condition)
    {
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Yield())
        {
            var answer = await _box.Admin.GetAsync(path).BodyAsync();
            if (condition(answer))
                return answer;
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{path} stays {answer}");
        }
    }

    private Task<HttpResponseMessage> PostAsync(string path, string json) => _box.Admin.PostAsync(path, Requests.Json(json));

    private Task<HttpResponseMessage> PatchAsync(string id, string json) => _box.Admin.PatchAsync($"/api/v1/devices/{id}", Requests.Json(json));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
