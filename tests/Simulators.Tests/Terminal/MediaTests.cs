using System.Security.Cryptography;
using System.Text.Json;
using EdgeRecorder.Simulators.Clips;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Tests.Simulators.Terminal;

/// <summary>Media that a terminal sends when asked, taken apart by a reader of the test's own.</summary>
public sealed class MediaTests
{
    private const string Sim = "013912345678";
    private const int Pictures = 250;                          // 10 s at 25 per second

    private static readonly string[] _once = ["--speed", "20", "--loops", "1"];

    [Theory]
    [InlineData("small.h264", "10s.alaw", new[] { "--transport", "tcp" })]
    [InlineData("small.h265", "10s.aac", new[] { "--transport", "tcp", "--media-sim", "10", "--version", "2019" })]
    [InlineData("b-frames.h264", "tone.g726-24", new[] { "--transport", "udp" })]
    [InlineData("slices.h264", "tone.s16", new[] { "--transport", "tcp", "--hisilicon", "--body", "1400", "--start-codes", "3" })]
    [InlineData("small.h264", "tone.aac", new[] { "--transport", "tcp", "--aac", "raw", "--sequences", "per-kind" })]
    public async Task Every_NAL_unit_and_audio_frame_arrives_and_the_hashes_say_so(string video, string audio, string[] switches)
    {
        using var platform = new ScriptedPlatform(switches.Contains("2019") ? HeaderForm.V2019 : HeaderForm.V2013);
        using var receiver = new MediaReceiver(switches.Contains("10") ? 10 : 6);
        await using var fleet = await RunningFleet.StartAsync(platform, ["--video", video, "--audio", audio, .. _once, .. switches]);
        await fleet.OnlineAsync();

        await platform.AskForLiveAsync(Sim, receiver.Port);
        var stream = Stream(await fleet.WaitAsync(s => Streams(s).Any(x => x.GetProperty("state").GetString() == "Closed")));
        await ScriptedPlatform.Until(() => receiver.Packets.Count == stream.GetProperty("packets").GetInt32(), "every packet");

        var codec = video.EndsWith("h264", StringComparison.Ordinal) ? VideoCodec.H264 : VideoCodec.H265;
        var frames = receiver.Frames(1, video: true);
        Assert.Equal(Pictures, frames.Count);
        Assert.Equal(Sha256(frames.SelectMany(f => NalUnits.Split(f).Select(r => f[r]))), stream.GetProperty("videoSha256").GetString());
        var header = (switches.Contains("--hisilicon") ? 4 : 0) + (audio.EndsWith("aac", StringComparison.Ordinal) && !switches.Contains("raw") ? 7 : 0);
        Assert.Equal(Sha256(receiver.Frames(1, video: false).Select(f => f[header..])), stream.GetProperty("audioSha256").GetString());
        Assert.Equal(frames.Sum(f => NalUnits.Split(f).Sum(r => f[r].Length)), stream.GetProperty("videoBytes").GetInt64());
        Assert.Equal(0, receiver.Strange);

        var packets = receiver.Packets;
        if (!switches.Contains("per-kind"))
            Assert.Equal(Enumerable.Range(0, packets.Count), packets.Select(p => (int)p.Sequence));
        Assert.All(packets, p => Assert.Equal(Sim, p.Sim[^12..]));
        Assert.Equal(switches.Contains("--body") ? 1400 : 950, packets.Max(p => p.Body.Length));
        Assert.Equal(40 * (Pictures - 1), packets.Where(p => p.Type <= 2).Max(p => p.Timestamp) - packets.Where(p => p.Type <= 2).Min(p => p.Timestamp));
    }

    [Fact]
    public async Task Units_tell_what_each_picture_was()
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(platform, ["--video", "small.h264", .. _once, "--timestamps", "zero"]);
        await fleet.OnlineAsync();
        await platform.AskForLiveAsync(Sim, receiver.Port);
        await ScriptedPlatform.Until(() => receiver.Frames(1, video: true).Count == Pictures, "every picture");

        var units = (await fleet.AskAsync($"@{Sim}/1 units")).EnumerateArray().Single().GetProperty("units").EnumerateArray().ToList();

        var frames = receiver.Frames(1, video: true);
        Assert.Equal(Pictures, units.Count);
        Assert.Equal(
            frames.Select(f => Sha256(NalUnits.Split(f).Select(r => f[r]))[..16]), units.Select(u => u[4].GetString()!.ToLowerInvariant()));
        Assert.Equal(Enumerable.Range(0, Pictures).Select(i => 40L * i), units.Select(u => u[0].GetInt64()));
        Assert.Equal(10, units.Count(u => u[2].GetBoolean()));
    }

    [Theory]
    [InlineData("channel", 4)]
    [InlineData("terminal", 2)]
    [InlineData("fleet", 1)]
    public async Task Connections_are_shared_as_the_switch_says(string scope, int connections)
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(platform, ["--video", "small.h264", "--terminals", "2", "--connection", scope]);
        await fleet.OnlineAsync();

        foreach (var sim in new[] { Sim, "013912345679" })
            foreach (var channel in new byte[] { 1, 2 })
                await platform.AskForLiveAsync(sim, receiver.Port, channel);
        await ScriptedPlatform.Until(() => receiver.Packets.Select(p => (p.Sim, p.Channel)).Distinct().Count() == 4, "all four");

        Assert.Equal(connections, receiver.Connections);
        Assert.Equal(0, receiver.Strange);
    }

    [Fact]
    public async Task Closes_when_asked_pauses_and_may_not_listen()
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(platform, "--video", "small.h264");
        await fleet.OnlineAsync();
        void Control(BodyWriter body, byte command) => body.Bytes([1, command, 0, 0]);

        await platform.AskForLiveAsync(Sim, receiver.Port);
        await ScriptedPlatform.Until(() => receiver.Packets.Count > 0, "media");
        await platform.SayAsync(Sim, 0x9102, body => Control(body, 2));
        await fleet.WaitAsync(s => Stream(s).GetProperty("state").GetString() == "Paused");
        await platform.SayAsync(Sim, 0x9102, body => Control(body, 3));
        await fleet.WaitAsync(s => Stream(s).GetProperty("state").GetString() == "Playing");

        await fleet.CommandAsync("keep-sending");
        await platform.SayAsync(Sim, 0x9102, body => Control(body, 0));
        await platform.WaitForAsync(0x0001, count: 4);
        Assert.Equal("Playing", Stream(await fleet.AskAsync("stats")).GetProperty("state").GetString());
        await fleet.CommandAsync("heal");
        await platform.SayAsync(Sim, 0x9102, body => Control(body, 0));
        await ScriptedPlatform.Until(() => receiver.Closed == 1, "the end of the connection");
        Assert.Equal("closed by 0x9102", Stream(await fleet.AskAsync("stats")).GetProperty("closeReason").GetString());
    }

    [Fact]
    public async Task Main_and_sub_are_two_streams_and_each_can_be_ended()
    {
        using var platform = new ScriptedPlatform();
        using var main = new MediaReceiver();
        using var sub = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(platform, "--video", "small.h264", "--sub", "small.h265");
        await fleet.OnlineAsync();

        await platform.AskForLiveAsync(Sim, main.Port);
        await platform.AskForLiveAsync(Sim, sub.Port, stream: 1);
        await ScriptedPlatform.Until(() => main.Packets.Count > 0 && sub.Packets.Count > 0, "both");
        Assert.All(main.Packets, p => Assert.Equal(98, p.PayloadType));
        Assert.All(sub.Packets, p => Assert.Equal(99, p.PayloadType));

        await platform.SayAsync(Sim, 0x9102, body => body.Bytes([1, 0, 0, 1]));
        await ScriptedPlatform.Until(() => sub.Closed == 1, "the end of sub");
        Assert.Equal(0, main.Closed);
    }

    [Fact]
    public async Task Refuses_and_sends_nothing_when_it_is_told_to()
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(platform, "--video", "small.h264", "--result", "3");
        await fleet.OnlineAsync();

        var refused = await platform.AskForLiveAsync(Sim, receiver.Port);
        Assert.Equal($"{refused:X4}910103", Convert.ToHexString((await platform.WaitForAsync(0x0001)).Body));
        await fleet.CommandAsync("heal");
        var missing = await platform.AskForLiveAsync(Sim, receiver.Port, channel: 7);
        Assert.Equal($"{missing:X4}910101", Convert.ToHexString((await platform.WaitForAsync(0x0001, count: 2)).Body));
        await fleet.CommandAsync("no-media");
        await platform.AskForLiveAsync(Sim, receiver.Port);
        await platform.WaitForAsync(0x0001, count: 3);

        Assert.Equal(0, receiver.Connections);
    }

    [Theory]
    [InlineData("drop 10")]
    [InlineData("duplicate 10")]
    [InlineData("reorder 10")]
    [InlineData("stranger 10")]
    [InlineData("empty 10")]
    [InlineData("flags swap")]
    [InlineData("flags atomic")]
    [InlineData("type p")]
    [InlineData("constant-timestamps")]
    [InlineData("constant-sequence")]
    public async Task Faults_touch_the_packets_they_name(string fault)
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        var words = fault.Split(' ');
        await using var fleet = await RunningFleet.StartAsync(platform, ["--video", "small.h264", "--start", "begin", .. _once, "--" + words[0], .. words[1..]]);
        await fleet.OnlineAsync();
        await platform.AskForLiveAsync(Sim, receiver.Port);
        var stats = Stream(await fleet.WaitAsync(s => Streams(s).Any(x => x.GetProperty("state").GetString() == "Closed")));
        await ScriptedPlatform.Until(() => receiver.Packets.Count == stats.GetProperty("packets").GetInt32(), "every packet");

        var packets = receiver.Packets;
        var sequences = packets.Select(p => (int)p.Sequence).ToList();
        var steps = sequences.Zip(sequences.Skip(1), (a, b) => b - a).ToList();
        switch (words[0])
        {
            case "drop":
                var dropped = stats.GetProperty("packetsDropped").GetInt32();
                Assert.InRange(sequences[^1] + 1 - packets.Count, dropped - 1, dropped);   // the last one does not show
                Assert.InRange(stats.GetProperty("videoDamaged").GetInt32(), 10, packets.Count / 9);
                break;
            case "duplicate":
                Assert.InRange(steps.Count(s => s == 0), packets.Count / 12, packets.Count / 10);
                break;
            case "reorder":
                Assert.True(steps.Count(s => s == -1) > 20, "hardly a packet changed places");
                Assert.Equal(Enumerable.Range(0, packets.Count), sequences.Order());
                break;
            case "stranger":
                Assert.InRange(packets.Count(p => p.Sim == "999999999999"), packets.Count / 12, packets.Count / 10);
                break;
            case "empty":
                Assert.Equal(25, packets.Count(p => p.Body.Length == 0));
                break;
            case "flags":
                Assert.Equal(words[1] == "atomic", packets.All(p => p.Flag == 0));
                Assert.NotEqual(Pictures, receiver.Frames(1, video: true).Count);
                break;
            case "type":
                Assert.All(packets, p => Assert.Equal(1, p.Type));
                break;
            case "constant-timestamps":
                Assert.Single(packets.Select(p => p.Timestamp).Distinct());
                break;
            case "constant-sequence":
                Assert.Equal([0], sequences.Distinct());
                break;
        }
    }

    [Fact]
    public async Task Momentary_faults_happen_once()
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(platform, "--video", "small.h264", "--timestamps", "zero");
        await fleet.OnlineAsync();
        await platform.AskForLiveAsync(Sim, receiver.Port);
        await ScriptedPlatform.Until(() => receiver.Packets.Count > 0, "media");

        await fleet.CommandAsync("passthrough HELLO");
        await ScriptedPlatform.Until(() => receiver.Packets.Any(p => p is { Type: 4, PayloadType: 91 } && p.Body.AsSpan().SequenceEqual("HELLO"u8)), "passthrough");
        await fleet.CommandAsync("jump -30");
        await ScriptedPlatform.Until(() => receiver.Packets[^1].Timestamp < 0, "a timestamp of the past");
        await fleet.CommandAsync("garbage 500");
        await ScriptedPlatform.Until(() => receiver.Strange >= 400, "garbage");
        await fleet.CommandAsync("stall 0.3");
        await fleet.CommandAsync("disconnect-media");

        await ScriptedPlatform.Until(() => receiver.Closed == 1, "the end of the connection");
        Assert.Equal("closed here", Stream(await fleet.AskAsync("stats")).GetProperty("closeReason").GetString());
    }

    [Fact]
    public async Task Plays_stored_footage_with_its_own_times()
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(
            platform, "--video", "small.h264", "--audio", "10s.alaw", "--footage-start", "2026-01-15T08:00:00", "--footage-seconds", "10", "--playback-speed", "20");
        await fleet.OnlineAsync();

        // From the middle of the first item into the second, which begins 70 s after it.
        await platform.SayAsync(Sim, 0x9201, body => Playback(body, receiver.Port, 0, new(2026, 1, 15, 8, 0, 5), new(2026, 1, 15, 8, 1, 12)));
        await platform.WaitForAsync(0x1205);
        await ScriptedPlatform.Until(() => receiver.Closed == 1, "the end of playback");

        var first = new DateTimeOffset(2026, 1, 15, 8, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();
        var times = receiver.Packets.Where(p => p.Type <= 2).Select(p => p.Timestamp - first).Distinct().ToList();
        Assert.Equal([.. Enumerable.Range(125, 125).Select(i => 40L * i), .. Enumerable.Range(0, 50).Select(i => 70_000 + 40L * i)], times);
        Assert.Equal([5000L, 5040], receiver.Packets.Where(p => p.Type == 3).Take(2).Select(p => p.Timestamp - first));
        var stream = Stream(await fleet.AskAsync("stats"));
        Assert.Equal(("Playback", "end", 175), (stream.GetProperty("kind").GetString(), stream.GetProperty("closeReason").GetString(), stream.GetProperty("video").GetInt32()));
    }

    [Theory]
    [InlineData(3, 0, 1000)]
    [InlineData(2, 3, -1000)]
    public async Task Plays_key_frames_forward_and_back(byte mode, byte speed, int stepMs)
    {
        using var platform = new ScriptedPlatform();
        using var receiver = new MediaReceiver();
        await using var fleet = await RunningFleet.StartAsync(
            platform, "--video", "small.h264", "--footage-start", "2026-01-15T08:00:00", "--footage-seconds", "10", "--footage", "1", "--playback-speed", "20");
        await fleet.OnlineAsync();

        await platform.SayAsync(Sim, 0x9201, body => Playback(body, receiver.Port, mode, new(2026, 1, 15, 8, 0, 0), new(2026, 1, 15, 8, 0, 10), speed));
        await ScriptedPlatform.Until(() => receiver.Closed == 1, "the end of playback");

        var times = receiver.Packets.Where(p => p.Flag is 0 or 1).Select(p => p.Timestamp).ToList();
        Assert.InRange(times.Count, 9, 11);
        Assert.All(times.Skip(1).Zip(times.Skip(2), (a, b) => b - a), step => Assert.Equal(stepMs, step));
    }

    private static void Playback(BodyWriter body, int port, byte mode, DateTime from, DateTime to, byte speed = 0)
    {
        body.U8(9);
        body.Text("127.0.0.1");
        body.U16(port);
        body.U16(0);
        body.Bytes([1, 0, 0, 0, mode, speed]);
        body.Time(from);
        body.Time(to);
    }

    private static string Sha256(IEnumerable<byte[]> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
            hash.AppendData(part);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static JsonElement.ArrayEnumerator Streams(JsonElement stats) => stats.GetProperty("streams").EnumerateArray();

    private static JsonElement Stream(JsonElement stats) => Streams(stats).Last();
}
