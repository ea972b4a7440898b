using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Simulated vehicle terminals before the daemon: what they send is what footage.mp4 gives back, and what goes wrong stays where it happens.</summary>
[Collection(FirstDaemon.Name)]
public sealed class VehicleTests(ITestOutputHelper output)
{
    /// <summary>Keys of the first two channels: SIM without leading zeros, channel.</summary>
    private const string First = "13912345678_1", Second = "13912345678_2";

    private static readonly string[] _once = ["--loops", "1", "--at-end", "silent"];

    [Theory]
    [InlineData("small.h264", "10s.alaw", "--version", "2011")]
    [InlineData("small.h264", "10s.ulaw", "--version", "2013", "--wrong-bit14", "--hisilicon")]
    [InlineData("small.h265", "10s.aac", "--version", "2019", "--media-sim", "10")]
    [InlineData("slices.h264", "tone.aac", "--version", "2019", "--wrong-bit14", "--aac", "raw", "--sim", "00000000013912345678")]
    [InlineData("small.h264", "10s.alaw", "--transport", "udp")]
    [InlineData("small.h264", "10s.alaw", "--start-codes", "none", "--sequences", "per-kind")]
    [InlineData("small.h265", "10s.alaw", "--start-codes", "3", "--timestamps", "1099511627777", "--body", "1400")]
    [InlineData("small.h264", "10s.alaw", "--flags", "marker", "--audio-frame", "160", "--type", "p", "--timestamps", "zero")]
    [InlineData("small.h264", "10s.alaw", "--duplicate", "10", "--empty", "10", "--stranger", "10")]
    [InlineData("small.h264", "10s.alaw", "--transport", "udp", "--reorder", "10", "--media-sim", "10")]
    [InlineData("small.h264", "10s.alaw", "--no-ack", "--first-sequence", "65400")]
    public async Task Footage_is_what_the_terminal_sent(string video, string audio, params string[] switches)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, ["--video", video, "--audio", audio, "--channels", "1", "--speed", "10", .. _once, .. switches]);

        var sent = Assert.Single((await terminal.WaitAsync(s => s.Streams is [{ State: "Ended" }], TimeSpan.FromSeconds(60))).Streams);
        await terminal.CommandAsync("result 1");            // once is enough
        var file = directory.File("footage.mp4");
        var recorded = await TracksAsync(daemon, First, file, sent.Video);

        Assert.Equal((await terminal.UnitsAsync())[0].Units.Select(u => u.Digest), recorded.VideoDigests);
        Assert.Equal(sent.VideoSha256, recorded.VideoSha256);
        var frames = (await terminal.UnitsAsync("audio"))[0].Units;
        Assert.InRange(recorded.Audio.Sum(a => a.Length), frames.SkipLast(2).Sum(u => u.Bytes), frames.Sum(u => u.Bytes));
        if (recorded.Audio.Count >= frames.Count - 2)       // a sample is a frame
            Assert.Equal(frames.Take(recorded.Audio.Count).Select(u => u.Digest), recorded.AudioDigests);
        await PictureTimes.FollowEachOtherAsync(file);
        await Tool.DecodesAsync(file);
        var state = Assert.Single((await terminal.StatsAsync()).Terminals);
        Assert.True(state is { Malformed: 0, Stray: 0 }, $"the terminal could not read {string.Join(", ", state.MalformedReasons)}; {state.Stray} replies to nothing");
        Assert.Empty(daemon.Errors);
        Assert.Equal(0, await daemon.StopAsync());
    }

    [Theory]
    [InlineData("--parameter-sets", "once")]
    [InlineData("--constant-timestamps")]
    public async Task Every_picture_is_kept_where_more_than_packets_is_unusual(params string[] switches)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(
            setup.VehiclePort, ["--video", "small.h264", "--channels", "1", .. _once, .. switches]);
        var clip = await SourceClip.OpenAsync("small.h264");

        var sent = Assert.Single((await terminal.WaitAsync(s => s.Streams is [{ State: "Ended" }], TimeSpan.FromSeconds(60))).Streams);
        await terminal.CommandAsync("result 1");
        var file = directory.File("footage.mp4");
        await TracksAsync(daemon, First, file, sent.Video);

        Assert.Equal([(0, (int)sent.Video)], await clip.StretchesAsync(file));
        await Tool.DecodesAsync(file);
        Assert.InRange((await daemon.TimelineAsync(First)).Footage.TotalSeconds, 8, 12);
    }

    [Fact]
    public async Task A_terminal_that_sends_nonsense_leaves_the_others_alone_on_the_same_connection()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = "128MiB" }.WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminals = await TerminalProcess.StartAsync(
            setup.VehiclePort, ["--video", "small.h264", "--audio", "10s.alaw", "--terminals", "2", "--connection", "fleet", .. _once,
                "--fault", "@013912345679/1 flags swap", "--fault", "@013912345679/2 drop 50", "--fault", "@013912345678/2 audio-pt 28"]);

        await terminals.WaitAsync(s => s.Streams.Count >= 4 && s.Streams.All(x => x.State == "Ended"), TimeSpan.FromSeconds(60));
        await terminals.CommandAsync("result 1");
        var units = (await terminals.UnitsAsync(target: "013912345678/1"))[0].Units;
        var sound = await TracksAsync(daemon, First, directory.File("1.mp4"), units.Count);
        var mute = await TracksAsync(daemon, Second, directory.File("2.mp4"), units.Count);
        await daemon.DownloadAsync("13912345679_2", directory.File("4.mp4"));

        Assert.Equal(units.Select(u => u.Digest), sound.VideoDigests);
        Assert.Equal(units.Select(u => u.Digest), mute.VideoDigests);
        Assert.NotEmpty(sound.Audio);
        Assert.Empty(mute.Audio);
        // What lost packets shows whole pictures only, and none behind a hole before the next sync sample.
        var clip = await SourceClip.OpenAsync("small.h264");
        Assert.All(await clip.StretchesAsync(directory.File("4.mp4")), stretch => Assert.Equal(0, stretch.First % 25));
        await Tool.DecodesAsync(directory.File("4.mp4"));
        Assert.Contains((await daemon.TimelineAsync("13912345679_2")).Gaps, g => g.Reason == "loss");
    }

    [Fact]
    public async Task Media_outlives_the_signalling_connection()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, ["--video", "small.h264", "--channels", "1", .. _once]);
        await terminal.WaitAsync(s => s.Streams is [{ Video: > 25 }]);

        await terminal.CommandAsync("disconnect 2");

        var sent = Assert.Single((await terminal.WaitAsync(s => s.Streams is [{ State: "Ended" }])).Streams);
        await terminal.CommandAsync("result 1");
        await TracksAsync(daemon, First, directory.File("footage.mp4"), sent.Video);
        Assert.Equal(2, Assert.Single((await terminal.StatsAsync()).Terminals).Logins);
        Assert.Single((await daemon.TimelineAsync(First)).Spans);
    }

    [Theory]
    [InlineData("disconnect-media")]
    [InlineData("cut")]
    public async Task Media_that_breaks_off_is_asked_for_again(string command)
    {
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1");
        await terminal.WaitAsync(s => s.Streams is [{ Video: > 50 }]);

        await terminal.CommandAsync(command);

        await terminal.WaitAsync(s => s.Streams is [_, { Video: > 50 }], TimeSpan.FromSeconds(40));
        await daemon.WaitAsync(() => daemon.TimelineAsync(First), t => t.Spans.Count == 2, "two spans");
    }

    [Theory]
    [InlineData("garbage 5000", 200)]                       // what was on its way counts as lost: up to the next sync sample
    [InlineData("oversize", 150)]                           // 64 KiB at 300 kbit/s, and then the same
    public async Task What_is_no_packet_costs_pictures_and_not_the_connection(string command, int atLeast)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, ["--video", "small.h264", "--channels", "1", .. _once]);
        await terminal.WaitAsync(s => s.Streams is [{ Video: > 50 }]);

        await terminal.CommandAsync(command);

        await terminal.WaitAsync(s => s.Streams is [{ State: "Ended" }], TimeSpan.FromSeconds(30));
        await terminal.CommandAsync("result 1");
        var sent = (await terminal.UnitsAsync()).Single().Units.Select(u => u.Digest).ToList();
        var file = directory.File("footage.mp4");
        var found = await daemon.WaitAsync(async () => await daemon.DownloadAsync(First, file) ? RecordedTracks.Read(file).VideoDigests : [], f => f.Count > 0 && f[^1] == sent[^1], "the last picture");
        var known = found.Where(sent.Contains).ToList();
        Assert.InRange(known.Count, Math.Max(atLeast, found.Count - 1), sent.Count);   // one picture of what claims to be one
        Assert.Equal(known.Order(Comparer<string>.Create((a, b) => sent.IndexOf(a).CompareTo(sent.IndexOf(b)))), known);
    }

    [Fact]
    public async Task Positions_and_alarms_stand_in_the_timeline_and_lock_footage()
    {
        using var setup = new DaemonSetup().WithVehicles(("alarmBeforeSeconds", 2), ("alarmAfterSeconds", 2));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--position", "1", "--private-items");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(4));

        await terminal.CommandAsync("alarm 1 1");

        var timeline = await daemon.WaitAsync(() => LastMinutesAsync(daemon), t => t.GetProperty("events").EnumerateArray().Any(e => e.GetProperty("kind").GetString() == "emergency")
            && t.GetProperty("spans").EnumerateArray().Any(s => s.GetProperty("locked").GetBoolean()), "an emergency with locked footage");
        var positions = timeline.GetProperty("positions").EnumerateArray().ToList();
        Assert.True(positions.Count >= 3, $"{positions.Count} positions");
        Assert.All(positions, p =>
        {
            Assert.InRange(p.GetProperty("latitude").GetDouble(), 31.22, 31.243);
            Assert.InRange(p.GetProperty("speed").GetDouble(), 11, 47);
            Assert.InRange((DateTimeOffset.UtcNow - p.GetProperty("at").GetDateTimeOffset()).TotalSeconds, -2, 60);
        });
    }

    [Fact]
    public async Task A_terminal_without_network_brings_its_positions_afterwards_and_one_that_sends_UTC_is_dated_right()
    {
        using var setup = new DaemonSetup().WithVehicles();
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(setup.VehiclePort, "--video", "small.h264", "--channels", "1", "--position", "0.5", "--utc");
        await daemon.AwaitFootageAsync(First, TimeSpan.FromSeconds(3));
        var before = await terminal.WaitAsync(s => s.Terminals[0].Positions > 4);

        await terminal.CommandAsync("disconnect 3");
        await terminal.WaitAsync(s => s.Terminals[0] is { Logins: 2, PositionsStored: > 3 } t && t.Positions > before.Terminals[0].Positions + 4);

        var stored = await daemon.WaitAsync(async () => (await LastMinutesAsync(daemon)).GetProperty("positions").EnumerateArray().Select(p => p.GetProperty("at").GetDateTimeOffset()).ToList(),
            p => p.Count >= before.Terminals[0].Positions + 4, "the positions");
        Assert.All(stored, at => Assert.InRange((DateTimeOffset.UtcNow - at).TotalSeconds, -2, 60));
        Assert.Equal(stored.Order(), stored);
    }

    [Fact]
    public async Task Footage_that_the_terminal_has_is_listed_in_packages_and_brought_in_with_its_own_time()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup().WithVehicles(("record", false));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        var start = DateTimeOffset.UtcNow.AddHours(-3);
        start = start.AddTicks(-(start.Ticks % TimeSpan.TicksPerMinute));
        await using var terminal = await TerminalProcess.StartAsync(
            setup.VehiclePort, "--video", "small.h264", "--audio", "10s.alaw", "--footage", "4", "--footage-seconds", "10", "--package", "60", "--playback-speed", "4",
            "--footage-start", start.AddHours(8).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture), "--withhold", "2");
        var device = await DeviceAsync(daemon);

        // Package 2 does not come until the box asks for it.
        var list = (await daemon.GetAsync($"/api/v1/devices/{device}/footage?channel=1&from={Text(start.AddHours(-1))}&to={Text(start.AddHours(1))}")).EnumerateArray().ToList();
        Assert.Contains((await terminal.CommandsAsync()), c => c.Id == "0x8003");
        Assert.Equal(Enumerable.Range(0, 4).Select(i => start.AddSeconds(70 * i)), list.Select(i => i.GetProperty("from").GetDateTimeOffset()));

        var asked = await daemon.Http.PostAsync($"/api/v1/devices/{device}/footage", Requests.Json($$"""{"channel":"1","from":"{{Text(start)}}","to":"{{Text(start.AddSeconds(10))}}"}""")).BodyAsync(HttpStatusCode.Created);
        var request = asked.GetProperty("id").GetString();
        await daemon.WaitAsync(() => daemon.GetAsync($"/api/v1/devices/{device}/footage/requests/{request}"), r => r.GetProperty("state").GetString() == "done", "the footage");

        var clip = await SourceClip.OpenAsync("small.h264");
        var file = directory.File("footage.mp4");
        var address = $"{await daemon.FootageAddressAsync(First)}&stream=device";
        var stretches = await daemon.WaitAsync(async () =>
        {
            await File.WriteAllBytesAsync(file, await daemon.Http.GetByteArrayAsync(address));
            return await clip.StretchesAsync(file);
        }, found => found.Sum(s => s.Count) >= clip.Count, "the last picture");
        Assert.Equal([(0, clip.Count)], stretches);
        var span = (await daemon.GetAsync($"/api/v1/channels/{await daemon.IdAsync(First)}/timeline?stream=device&from={Text(start.AddMinutes(-5))}&to={Text(start.AddMinutes(5))}")).GetProperty("spans").EnumerateArray().Single();
        Assert.InRange((span.GetProperty("from").GetDateTimeOffset() - start).TotalSeconds, -0.5, 0.5);
        Assert.InRange((span.GetProperty("to").GetDateTimeOffset() - start).TotalSeconds, 9.5, 10.5);
    }

    [Theory]
    [InlineData("auto", "tone.alaw", "tone.ulaw", "tone.s16", "tone.aac", "tone.g726-16", "tone.g726-24", "tone.g726-32", "tone.g726-40.s16", "tone.g726le-24", "tone.g726le-40.s16")]
    [InlineData("rfc3551", "tone.g726le-16", "tone.g726le-32")]     // nothing in the sound tells
    public async Task A_tone_of_1_kHz_comes_back_through_every_codec(string order, params string[] clips)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = "256MiB" }.WithVehicles(("enrolment", "approve"));
        await using var daemon = await DaemonProcess.StartAsync(setup);
        await using var terminal = await TerminalProcess.StartAsync(
            setup.VehiclePort, ["--video", "small.h264", "--audio", string.Join(',', clips), "--channels", $"{clips.Length}", "--hisilicon", "--speed", "2", .. _once]);
        await daemon.DeviceAsync("13912345678", d => d.GetProperty("connected").GetBoolean());
        await daemon.ChangeDeviceAsync("13912345678", $$"""{"state":"approved","g726":"{{order}}"}""");

        await terminal.WaitAsync(s => s.Streams.Count == clips.Length && s.Streams.All(x => x.State == "Ended"), TimeSpan.FromSeconds(60));
        await terminal.CommandAsync("result 1");

        for (var i = 0; i < clips.Length; i++)
        {
            var file = directory.File($"{i}.mp4");
            await TracksAsync(daemon, $"13912345678_{i + 1}", file, 250);
            var samples = MemoryMarshal.Cast<byte, short>(await Tool.RunAsync("ffmpeg", "-v", "error", "-i", file, "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", "-")).ToArray();
            var (hertz, decibels) = Tone(samples.AsSpan(8000, 48000));
            var codec = Encoding.ASCII.GetString(await Tool.RunAsync("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file)).Trim();
            output.WriteLine($"{clips[i]}: {codec}, {hertz:F2} Hz, {decibels:F1} dB");
            Assert.Equal(clips[i] switch { "tone.alaw" => "pcm_alaw", "tone.ulaw" => "pcm_mulaw", _ => "aac" }, codec);
            Assert.True(hertz is > 995 and < 1005 && decibels >= 20, $"{clips[i]}: {hertz:F2} Hz, {decibels:F1} dB");
        }
    }

    /// <summary>The strongest frequency near 1 kHz, by the phase between two halves, and how much stronger its sine is than everything else.</summary>
    private static (double Hertz, double Decibels) Tone(ReadOnlySpan<short> samples)
    {
        const double rate = 8000;
        var (first, second) = (Bin(samples[..4000], 1000), Bin(samples.Slice(4000, 4000), 1000));
        var turn = Math.IEEERemainder(Math.Atan2(second.Imaginary, second.Real) - Math.Atan2(first.Imaginary, first.Real), 2 * Math.PI);
        var hertz = 1000 + turn / (2 * Math.PI) * rate / 4000;
        double signal = 0, all = 0;
        for (var at = 0; at + 800 <= samples.Length; at += 800)    // a tenth of a second each, so that half a hertz does not matter
        {
            var part = samples.Slice(at, 800);
            var bin = Bin(part, hertz);
            signal += 2 * (bin.Real * bin.Real + bin.Imaginary * bin.Imaginary) / 800;
            foreach (var sample in part)
                all += (double)sample * sample;
        }
        return (hertz, 10 * Math.Log10(signal / Math.Max(all - signal, 1)));

        static System.Numerics.Complex Bin(ReadOnlySpan<short> samples, double hertz)
        {
            var sum = System.Numerics.Complex.Zero;
            for (var i = 0; i < samples.Length; i++)
                sum += samples[i] * System.Numerics.Complex.FromPolarCoordinates(1, -2 * Math.PI * hertz * i / rate);
            return sum;
        }
    }

    /// <summary>Downloads a channel until it holds so many pictures.</summary>
    private static async Task<RecordedTracks> TracksAsync(DaemonProcess daemon, string key, string file, long pictures)
        => (await daemon.WaitAsync(async () => await daemon.DownloadAsync(key, file) ? RecordedTracks.Read(file) : null, r => r?.Video.Count >= pictures, $"picture {pictures} of {key}"))!;

    private static async Task<string> DeviceAsync(DaemonProcess daemon)
        => (await daemon.WaitAsync(() => daemon.GetAsync("/api/v1/devices"), d => d.EnumerateArray().Any(x => x.GetProperty("connected").GetBoolean()), "the terminal"))[0].GetProperty("id").GetString()!;

    /// <summary>The timeline of the first channel, a range so short that no position is left out.</summary>
    private static async Task<JsonElement> LastMinutesAsync(DaemonProcess daemon)
        => await daemon.GetAsync($"/api/v1/channels/{await daemon.IdAsync(First)}/timeline?from={Text(DateTimeOffset.UtcNow.AddMinutes(-2))}&to={Text(DateTimeOffset.UtcNow.AddMinutes(1))}");

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
