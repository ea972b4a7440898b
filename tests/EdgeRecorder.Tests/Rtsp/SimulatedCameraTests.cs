using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>A whole session against the simulated camera and its faults.</summary>
public sealed class SimulatedCameraTests
{
    private const int Pictures = 250;

    [Theory]
    [InlineData("small.h264", "Tcp")]
    [InlineData("small.h264", "Udp")]
    [InlineData("small.h265", "Tcp")]
    [InlineData("small.h265", "Udp")]
    [InlineData("slices.h264", "Tcp")]
    [InlineData("b-frames.h265", "Tcp")]
    public async Task Every_picture_of_the_clip_arrives_once_and_is_the_picture_of_the_file(string clip, string transport)
    {
        await using var camera = await CameraProcess.StartAsync(clip, "--speed", "5", "--loops", "1", "--at-end", "close",
            "--first-sequence", "65500", "--first-timestamp", "4294900000");
        var sink = new CollectingSink();

        var end = await Sessions.Create(camera.Url(), Enum.Parse<RtspTransport>(transport)).EndAsync(sink);

        Assert.Equal(GapReason.Reconnect, Assert.IsType<SourceException>(end).Reason);
        Assert.Equal((Pictures, 0), (sink.Video.Count, sink.LostUnits));
        Assert.All(sink.Video, unit => Assert.False(unit.LossBefore));
        Assert.Equal(await HashesAsync(await Clips.FindAsync(clip)), await HashesAsync(sink.AnnexB(), Path.GetExtension(clip)));
        var times = sink.Video.Select(unit => unit.Pts).Order().ToArray();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(3600, pair.Second - pair.First));
    }

    [Theory]
    [InlineData("10s.aac", Codec.Aac)]
    [InlineData("10s.alaw", Codec.G711A)]
    [InlineData("10s.ulaw", Codec.G711U)]
    public async Task Audio_arrives_whole_and_lies_beside_the_video(string audio, Codec codec)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", audio, "--speed", "5", "--loops", "1", "--at-end", "close");
        var sink = new CollectingSink();

        await Sessions.Create(camera.Url()).EndAsync(sink);

        var client = (await camera.StatsAsync()).Clients[^1];
        Assert.Equal((client.Video, client.Audio), (sink.Video.Count, sink.Audio.Count));
        Assert.Equal(client.AudioBytes, sink.Audio.Sum(unit => unit.Bytes.Length));
        Assert.Equal(codec, Assert.Single(sink.Announcements)[1].Codec);
        var videoStart = sink.Video[0].Pts / 90_000.0;
        var audioStart = sink.Audio[0].Pts / (double)sink.Audio[0].Track.TimeScale;
        Assert.InRange(audioStart - videoStart, -0.1, 0.1);
    }

    [Fact]
    public async Task Parameter_sets_stand_before_every_sync_sample_when_only_the_description_has_them()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");

        var sink = await Sessions.Create(camera.Url()).CollectAsync(sink => sink.Video.Count(unit => unit.IsSync) >= 2);

        Assert.All(sink.Video.Where(unit => unit.IsSync), unit =>
        {
            var types = unit.NalUnits.Select(nal => nal[0] & 0x1F).ToArray();
            Assert.True(Array.IndexOf(types, 7) is >= 0 and var sps && Array.IndexOf(types, 8) > sps && Array.IndexOf(types, 5) > Array.IndexOf(types, 8), string.Join(' ', types));
        });
    }

    [Theory]
    [InlineData("basic")]
    [InlineData("digest")]
    [InlineData("digest-qop")]
    [InlineData("digest-sha256")]
    [InlineData("both")]
    public async Task Right_credentials_open_and_wrong_ones_are_named(string scheme)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--auth", scheme, "--user", "gate", "--password", "p@ss:w#rd");

        var sink = await Sessions.Create(camera.Url("/a", "gate", "p%40ss:w%23rd")).CollectAsync(sink => sink.Video.Count > 0);
        var wrong = Assert.IsType<SourceException>(await Sessions.Create(camera.Url("/a", "gate", "wrong")).EndAsync(new CollectingSink()));
        var none = Assert.IsType<SourceException>(await Sessions.Create(camera.Url()).EndAsync(new CollectingSink()));

        Assert.NotEmpty(sink.Video);
        Assert.Equal((GapReason.Unauthorized, "401 from camera"), (wrong.Reason, wrong.Message));
        Assert.Equal(GapReason.Unauthorized, none.Reason);
    }

    [Theory]
    [InlineData("drop", "50", "Tcp")]
    [InlineData("drop", "50", "Udp")]
    public async Task A_lost_packet_costs_pictures_up_to_the_next_sync_sample_and_what_is_delivered_decodes(string fault, string value, string transport)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--speed", "5", "--loops", "1", "--at-end", "close", $"--{fault}", value);
        var sink = new CollectingSink();

        await Sessions.Create(camera.Url(), Enum.Parse<RtspTransport>(transport)).EndAsync(sink);

        Assert.True(sink.LostUnits > 0);
        Assert.Contains(sink.Video, unit => unit.LossBefore);
        Assert.All(sink.Video.Where(unit => unit.LossBefore), unit => Assert.True(unit.IsSync));
        Assert.Equal(sink.Video.Count, (await HashesAsync(sink.AnnexB(), ".h264")).Length);
    }

    [Theory]
    [InlineData("--reorder", "7")]
    [InlineData("--duplicate", "5")]
    public async Task Reordered_and_doubled_datagrams_cost_nothing(string fault, string value)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--speed", "2", "--loops", "1", "--at-end", "close", fault, value);
        var sink = new CollectingSink();

        await Sessions.Create(camera.Url(), RtspTransport.Udp).EndAsync(sink);

        Assert.Equal((Pictures, 0), (sink.Video.Count, sink.LostUnits));
    }

    [Theory]
    [InlineData("no-fmtp")]
    [InlineData("no-sprop")]
    [InlineData("bad-sprop")]
    [InlineData("unknown-codec")]
    [InlineData("no-control")]
    [InlineData("absolute-control")]
    public async Task A_description_that_errs_still_plays(string variant)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.alaw", "--wrong-sdp", variant);

        var sink = await Sessions.Create(camera.Url()).CollectAsync(sink => sink.Units.Count > 30);

        Assert.NotEmpty(sink.Units);
    }

    [Theory]
    [InlineData("only-unknown")]
    [InlineData("no-media")]
    [InlineData("empty")]
    [InlineData("garbage")]
    [InlineData("huge")]
    public async Task A_description_that_offers_nothing_is_a_clear_error(string variant)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--wrong-sdp", variant);

        var end = await Sessions.Create(camera.Url()).EndAsync(new CollectingSink());

        Assert.True(end is ProtocolException or SourceException { Reason: GapReason.Offline }, end?.ToString());
    }

    [Theory]
    [InlineData("garbage 300")]
    [InlineData("oversize fragment")]
    public async Task Garbage_and_endless_units_end_the_connection_and_nothing_else(string command)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        var sink = new CollectingSink();
        var run = Sessions.Create(camera.Url()).EndAsync(sink);
        await sink.WaitAsync(sink => sink.Video.Count > 5);

        await camera.CommandAsync(command);

        var end = await run;
        Assert.True(end is ProtocolException or SourceException, end?.ToString());
    }

    [Theory]
    [InlineData("stall 60")]
    [InlineData("slow on")]
    public async Task Silence_and_one_byte_per_second_are_stalls(string command)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        var sink = new CollectingSink();
        var run = Sessions.Create(new RtspSourceOptions { Url = camera.Url(), Transport = RtspTransport.Tcp, StallTimeout = TimeSpan.FromSeconds(2) }).EndAsync(sink);
        await sink.WaitAsync(sink => sink.Video.Count > 5);

        await camera.CommandAsync(command);

        var end = Assert.IsType<SourceException>(await run);
        Assert.Equal((GapReason.Stalled, "no media for 2 s"), (end.Reason, end.Message));
    }

    [Fact]
    public async Task Parameter_sets_that_change_at_every_gop_come_with_their_pictures()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--alternate", "small-alternate.h264", "--alternate-every-gop", "on");

        var sink = await Sessions.Create(camera.Url()).CollectAsync(sink => sink.Video.Count(unit => unit.IsSync) >= 4);

        Assert.True(sink.Video.Select(unit => unit.Track.Width).Distinct().Count() > 1);
        Assert.Single(sink.Announcements);
        Assert.Equal(sink.Video.Count, (await HashesAsync(sink.AnnexB(), ".h264")).Length);
    }

    [Fact]
    public async Task A_stopped_session_says_teardown()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");

        await Sessions.Create(camera.Url()).CollectAsync(sink => sink.Video.Count > 3);

        await camera.WaitAsync(stats => stats.Requests.GetValueOrDefault("TEARDOWN") == 1);
    }

    [Fact]
    public async Task Probe_says_what_the_camera_offers()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.alaw");
        var probe = new RtspProbe(new RtspSourceOptions { Url = camera.Url() }, new RunningClock(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        var report = await probe.RunAsync(TimeSpan.FromSeconds(2), CancellationToken.None);

        Assert.Equal(2, report.Tracks.Count);
        Assert.True(report.Tracks[0].Width > 0);
        Assert.Equal(RtspTransport.Tcp, report.Transport);
        Assert.InRange(report.VideoUnits, 40, 70);
        var text = new StringWriter();
        report.WriteTo(text);
        Assert.Contains("video      H264", text.ToString(), StringComparison.Ordinal);
    }

    private static async Task<string[]> HashesAsync(byte[] stream, string extension)
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}{extension}");
        try
        {
            await File.WriteAllBytesAsync(file, stream);
            return await HashesAsync(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A hash of every picture that FFmpeg decodes, none of them with an error.</summary>
    private static async Task<string[]> HashesAsync(string file)
    {
        var output = await FFmpeg.RunAsync("ffmpeg", "-v", "error", "-xerror", "-i", file, "-fps_mode", "passthrough", "-autoscale", "0", "-map", "0:v", "-f", "framehash", "-");
        return [.. output.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[(line.LastIndexOf(',') + 1)..].Trim())];
    }
}
