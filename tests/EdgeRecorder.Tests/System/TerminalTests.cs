using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Vehicle terminals from the first registration to the footage, against simulated ones that share no code with the daemon.</summary>
[Collection(SecondDaemon.Name)]
public sealed class TerminalTests(ITestOutputHelper output)
{
    private const string Sim = "13912345678";
    private const string First = $"{Sim}_1", Second = $"{Sim}_2";

    [Theory]
    [InlineData("2013", "6")]
    [InlineData("2019", "10")]
    public async Task A_terminal_registers_is_approved_and_every_byte_it_sends_is_in_the_footage(string version, string mediaSim)
    {
        const int Rounds = 4;
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles(("enrolment", "approve"), ("record", false));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--audio", "tone.alaw", "--version", version, "--media-sim", mediaSim,
            "--channels", "1", "--plate", "粤B12345", "--loops", $"{Rounds}", "--speed", "4");
        var waiting = await daemon.DeviceAsync(Sim, d => d.GetProperty("connected").GetBoolean());
        Assert.Equal(("waiting", "粤B12345", version == "2019" ? "2019" : "2013"), (Text(waiting, "state"), Text(waiting, "plate"), Text(waiting, "version")));
        Assert.Empty((await daemon.GetAsync("/api/v1/channels")).EnumerateArray());
        Assert.DoesNotContain((await terminal.CommandsAsync()).Select(c => c.Id), id => id.EndsWith("9101", StringComparison.OrdinalIgnoreCase));

        await daemon.ChangeDeviceAsync(Sim, """{"state":"approved","record":true}""");
        var playing = await terminal.WaitAsync(s => s.Streams is [{ Video: > 0 }]);
        await terminal.CommandAsync("result 1");            // once is enough
        var sent = (await terminal.WaitAsync(s => s.Streams is [{ State: "Ended" or "Closed" }], TimeSpan.FromSeconds(60))).Streams[0];
        var file = directory.File("footage.mp4");
        var nals = await daemon.WaitAsync(async () => await daemon.DownloadAsync(First, file) ? Clip.Nals(await SourceClip.ElementaryAsync(file, "v", "h264")) : [],
            found => found.Sum(nal => nal.Length) >= sent.VideoBytes, "the last picture");

        output.WriteLine($"{sent.Video} pictures, {sent.Audio} audio frames, {sent.Packets} packets; {playing.Streams[0].Transport}");
        Assert.Equal(sent.VideoBytes, nals.Sum(nal => nal.Length));
        Assert.Equal(sent.VideoSha256, Hash(nals), ignoreCase: true);
        Assert.Equal(sent.AudioSha256, Hash([await SourceClip.ElementaryAsync(file, "a", "alaw")]), ignoreCase: true);
        await PictureTimes.FollowEachOtherAsync(file);
        await Tool.DecodesAsync(file);
        var metrics = await daemon.Http.GetStringAsync("/metrics");
        Assert.Contains("\nedge_recorder_terminals 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("\nedge_recorder_devices{state=\"approved\"} 1\n", metrics, StringComparison.Ordinal);
        var state = (await terminal.StatsAsync()).Terminals[0];
        Assert.Equal((0, 0), (state.Malformed, state.Stray));
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    [Fact]
    public async Task A_stop_of_the_box_says_good_bye_to_the_terminal()
    {
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(2));
        await daemon.AwaitFootageAsync(Second, TimeSpan.FromSeconds(2));
        Assert.Equal(0, await daemon.StopAsync());
        Assert.Equal(2, (await terminal.CommandsAsync()).Count(c => c.Id.EndsWith("9102", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task A_terminal_that_was_away_is_recorded_again_as_soon_as_it_is_back_and_the_gap_says_why()
    {
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--reconnect", "0.2");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(3));
        await terminal.CommandAsync("disconnect-media");
        await terminal.CommandAsync("disconnect 12");
        await daemon.WaitAsync(() => daemon.StateAsync(First), s => s == ("offline", "the terminal is not connected"), "that it is not connected");
        var back = await daemon.DeviceAsync(Sim, d => d.GetProperty("connected").GetBoolean());
        var since = back.GetProperty("since").GetDateTimeOffset();
        var timeline = await daemon.WaitAsync(() => daemon.TimelineAsync(First), t => t.Spans.Count == 2, "footage behind the gap");
        output.WriteLine($"footage {(timeline.Spans[1].From - since).TotalSeconds:0.00} s after the terminal was back; {timeline}");
        Assert.InRange((timeline.Spans[1].From - since).TotalSeconds, -0.1, 2);
        var gap = timeline.Gaps.Single(g => g.Reason == "offline");
        Assert.InRange((gap.To!.Value - gap.From).TotalSeconds, 5, 20);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task An_alarm_locks_what_is_around_it_and_stands_in_the_timeline_with_the_position()
    {
        using var setup = new DaemonSetup().WithVehicles(("alarmBeforeSeconds", 2), ("alarmAfterSeconds", 3));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--position", "1");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(3));
        await terminal.CommandAsync("alarm 20000000 2");    // collision
        var timeline = await daemon.WaitAsync(() => daemon.TimelineJsonAsync(First), t => t.GetProperty("events").EnumerateArray().Any(e => Text(e, "kind") == "collision" && e.GetProperty("to").ValueKind != JsonValueKind.Null), "the end of the alarm");
        var collision = timeline.GetProperty("events").EnumerateArray().Single(e => Text(e, "kind") == "collision");
        var (from, to) = (collision.GetProperty("from").GetDateTimeOffset(), collision.GetProperty("to").GetDateTimeOffset());
        Assert.InRange((to - from).TotalSeconds, 0.5, 5);
        Assert.True(collision.GetProperty("detail").GetProperty("latitude").GetDouble() != 0);
        timeline = await daemon.WaitAsync(() => daemon.TimelineJsonAsync(First), t => t.GetProperty("positions").GetArrayLength() >= 3, "three positions");
        var positions = timeline.GetProperty("positions").EnumerateArray().ToList();
        Assert.All(positions, p => Assert.InRange((p.GetProperty("at").GetDateTimeOffset() - DateTimeOffset.UtcNow).TotalMinutes, -5, 0.1));
        Assert.All(positions, p => Assert.True(p.GetProperty("fix").GetBoolean()));
        var held = Assert.Single((await daemon.GetAsync("/api/v1/locks")).EnumerateArray().ToList());
        Assert.Equal((-2.0, 3.0), (Math.Round((held.GetProperty("from").GetDateTimeOffset() - from).TotalSeconds, 1), Math.Round((held.GetProperty("to").GetDateTimeOffset() - to).TotalSeconds, 1)));
        await daemon.WaitAsync(() => daemon.TimelineAsync(First), t => t.Spans.Any(s => s.Locked), "a locked span");
        Assert.Equal("collision", Text((await daemon.GetAsync("/api/v1/events")).EnumerateArray().First(), "kind"));
    }

    [Fact]
    public async Task Imported_footage_is_there_again_after_a_restart_without_an_index()
    {
        using var setup = new DaemonSetup().WithVehicles(("record", false));
        Timeline before;
        string path;
        await using (var daemon = await DaemonProcess.StartAsync(setup))
        {
            await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1",
                "--footage", "2", "--footage-seconds", "10", "--footage-start", "2026-01-15T08:00:00", "--playback-speed", "10");
            var id = Text(await daemon.DeviceAsync(Sim, d => d.GetProperty("connected").GetBoolean()), "id");
            // The later one first: what lies in the ring is not in order of time.
            foreach (var item in (await daemon.GetAsync($"/api/v1/devices/{id}/footage?from=2026-01-14T16:00:00Z&to=2026-01-15T16:00:00Z")).EnumerateArray().Reverse())
            {
                var asked = await daemon.Http.PostAsync($"/api/v1/devices/{id}/footage", Requests.Json($$"""{"channel":"1","from":"{{Text(item, "from")}}","to":"{{Text(item, "to")}}"}""")).BodyAsync(HttpStatusCode.Created);
                await daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/devices/{id}/footage/requests/{Text(asked, "id")}"), r => Text(r, "state") == "done", "the end of the request");
            }
            path = $"/api/v1/channels/{await daemon.IdAsync(First)}/timeline?stream=device&from=2026-01-14T16:00:00Z&to=2026-01-15T16:00:00Z";
            before = await daemon.WaitAsync(async () => Timeline.Read(await daemon.GetAsync(path)), t => t.Footage > TimeSpan.FromSeconds(19), "the footage");
            await daemon.StopAsync();
        }
        foreach (var index in Directory.GetFiles(setup.Root, "index.db*"))
            File.Delete(index);
        await using var again = await DaemonProcess.StartAsync(setup);
        var after = Timeline.Read(await again.GetAsync(path));
        Assert.Equal($"{before}", $"{after}");
        Assert.True(before.Spans.Count >= 2 && before.Spans[0].From < before.Spans[^1].From);
    }

    [Theory]
    [InlineData("port")]
    [InlineData("subPort")]
    public async Task A_port_that_is_taken_is_named_and_the_box_is_never_healthy(string key)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var setup = new DaemonSetup().WithVehicles((key, ((IPEndPoint)taken.LocalEndpoint).Port));
        await using var daemon = DaemonProcess.Launch(setup);
        Assert.Equal(1, await daemon.ExitAsync());
        Assert.Contains(daemon.Errors, line => line.Contains($"{key} {((IPEndPoint)taken.LocalEndpoint).Port}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_newer_connection_of_a_number_wins()
    {
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var first = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--reconnect", "60");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(2));
        await using var second = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--model", "second");
        await daemon.DeviceAsync(Sim, d => Text(d, "model") == "second" && d.GetProperty("connected").GetBoolean());
        await first.WaitAsync(s => s.Terminals[0].State == "Offline");
        await first.StopAsync();
        var footage = (await daemon.TimelineAsync(First)).Footage;
        await second.WaitAsync(s => s.Streams is [{ Video: > 25 }]);
        await daemon.WaitAsync(() => daemon.TimelineAsync(First), t => t.Footage > footage + TimeSpan.FromSeconds(3), "footage of the second one");
        Assert.Single((await daemon.GetAsync("/api/v1/devices")).EnumerateArray());
    }

    [Fact]
    public async Task Viewers_of_the_small_stream_share_main_unless_the_terminal_can_send_both()
    {
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "360p-1m.h264", "--sub", "small.h264", "--channels", "1");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(2));
        var live = $"/api/v1/channels/{await daemon.IdAsync(First)}/live.m3u8?stream=sub";
        await daemon.WaitAsync(() => daemon.Http.GetStringAsync(live), t => t.Contains("#EXTINF", StringComparison.Ordinal), "a playlist");
        Assert.Equal(["Main"], (await terminal.StatsAsync()).Streams.Select(s => s.Kind));
        await daemon.ChangeDeviceAsync(Sim, """{"twoStreams":true}""");
        await daemon.WaitAsync(async () => { using var answer = await daemon.Http.GetAsync(live); return (int)answer.StatusCode; }, s => s == 200, "the playlist of the small stream");
        await terminal.WaitAsync(s => s.Streams.Any(stream => stream.Kind == "Sub" && stream.Video > 0));
        Assert.Equal("recording", (await daemon.StateAsync(First)).State);
    }

    [Fact]
    public async Task Many_terminals_are_recorded_together_without_losing_a_picture()
    {
        var (count, seconds) = Scale.Of((8, 8), (64, 60));
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = Scale.Of("128MiB", "3GiB") }.WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminals = await TerminalProcess.StartAsync(setup.VehiclePort, "--terminals", $"{count}", "--addresses", "127.1.0.1", "--video", "360p-1m.h264", "--channels", "2", "--no-hash");
        var keys = Enumerable.Range(0, count).SelectMany(i => (string[])[$"{13912345678 + i}_1", $"{13912345678 + i}_2"]).ToList();
        foreach (var key in keys)
            await daemon.AwaitFootageAsync(key, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds * 4 + 60));
        var clip = await SourceClip.OpenAsync("360p-1m.h264");
        var file = directory.File("footage.mp4");
        foreach (var key in keys)
        {
            Assert.DoesNotContain((await daemon.TimelineAsync(key)).Gaps, g => g.Reason != "not-recording");
            Assert.True(await daemon.DownloadAsync(key, file));
            var stretch = Assert.Single(await clip.StretchesAsync(file));
            Assert.True(stretch.Count >= seconds * 20, $"{key}: {stretch}");
        }
        Assert.Equal(count, (await terminals.TotalsAsync()).Online);
        Assert.Equal((0, 0), ((await terminals.TotalsAsync()).Malformed, (await terminals.TotalsAsync()).Stray));
        Assert.Empty(daemon.Errors);
    }

    private static string Hash(IEnumerable<byte[]> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
            hash.AppendData(part);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
