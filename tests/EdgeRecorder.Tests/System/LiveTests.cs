using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Live;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Live;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>Watching the daemon over WebSockets: what comes, how soon, and what it costs.</summary>
[Collection(SecondDaemon.Name)]
public sealed class LiveTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("small.h264", "10s.aac", "", 2.0)]
    [InlineData("b-frames.h265", "10s.aac", "tracks=all", 2.0)]
    [InlineData("small.h264", "10s.alaw", "latency=low", 0.7)]
    [InlineData("long-gop.h264", "10s.aac", "", 2.0)]       // its key frame lies on the disk
    public async Task A_recorded_channel_shows_at_once_and_plays_frame_for_frame(string video, string audio, string query, double latency)
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync(video, "--audio", audio);
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));

        var since = Stopwatch.StartNew();
        using var socket = await OpenAsync(daemon, "gate", query);
        var recording = await Recording.StartAsync(socket);
        output.WriteLine($"first picture after {since.ElapsedMilliseconds} ms");
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(1), $"{since.Elapsed}");
        await recording.UpToAsync(TimeSpan.FromSeconds(6));

        var file = directory.File("live.mp4");
        await File.WriteAllBytesAsync(file, recording.File());
        await Tool.DecodesAsync(file);
        var stretch = Assert.Single(await (await SourceClip.OpenAsync(video)).StretchesAsync(file));
        Assert.Equal(0, stretch.First % 25);
        Assert.Equal(recording.Duration90k / 3600, stretch.Count);
        var kinds = await Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", file);
        Assert.Equal("video audio", string.Join(' ', kinds.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        // What came live is no older than the mode promises. Half of it: on a machine that stands still for seconds the rest is late whatever we do.
        var ages = recording.Packets.Skip(recording.AtOnce).Select(packet => packet.Latency.TotalSeconds).Order().ToList();
        output.WriteLine($"latency {ages[ages.Count / 2]:f3} s, worst {ages[^1]:f3} s of {ages.Count} fragments, {recording.AtOnce} at once");
        Assert.InRange(ages[ages.Count / 2], 0, latency);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task The_reference_time_is_the_date_of_the_footage()
    {
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(3));
        using var socket = await OpenAsync(daemon, "gate");
        var recording = await Recording.StartAsync(socket);
        await recording.GoOnAsync(TimeSpan.FromSeconds(5));
        // The camera begins with PLAY, so the run's date is when its first picture came: media time and wall clock go together from there.
        var start = (await daemon.TimelineAsync("gate")).Spans[0].From;
        foreach (var packet in recording.Packets)
            Assert.InRange((packet.Date - start - TimeSpan.FromSeconds(packet.MediaTime / 90_000.0)).TotalMilliseconds, -50, 50);
        var ages = recording.Packets.Skip(recording.AtOnce).Select(packet => (packet.At - packet.Date).TotalSeconds).Order().ToList();
        Assert.True(ages[0] >= 0, $"{ages[0]} s");
        Assert.InRange(ages[ages.Count / 2], 0, 1.6);       // some may have waited for the machine
    }

    [Fact]
    public async Task Who_never_reads_is_cut_off_and_the_recording_loses_nothing()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = "256MiB", SegmentSize = "4MiB" };
        await using var camera = await CameraProcess.StartAsync("720p-4m.h264", "--speed", "4");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitStateAsync("gate", "recording");
        using var stuck = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await stuck.ConnectAsync(IPAddress.Loopback, setup.Port);
        var request = $"GET /api/v1/channels/{await daemon.IdAsync("gate")}/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {daemon.Http.DefaultRequestHeaders.Authorization}\r\n"
            + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        await stuck.SendAsync(Encoding.ASCII.GetBytes(request));
        using var reader = await OpenAsync(daemon, "gate");
        var reading = await Recording.StartAsync(reader);

        var figures = daemon.WaitAsync(async () => await daemon.Http.GetStringAsync("/metrics"),
            text => Metric(text, "edge_recorder_viewers_stuck_total") == 1 && Metric(text, "edge_recorder_viewers{kind=\"websocket\"}") == 1, "the end of the stuck viewer", TimeSpan.FromSeconds(60));
        while (!figures.IsCompleted)
            await reading.GoOnAsync(TimeSpan.FromSeconds(1));
        Assert.True(Metric(await figures, "edge_recorder_viewer_skipped_fragments_total") > 3);

        var file = directory.File("footage.mp4");
        await IsOneStretchAsync(daemon, "720p-4m.h264", file);
        Assert.Empty((await daemon.TimelineAsync("gate")).Gaps);
        Assert.Empty(daemon.Errors);
    }

    [Fact]
    public async Task A_hundred_viewers_cost_less_than_a_megabyte_each_and_record_nothing_less()
    {
        const int Viewers = 100;
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup { RingSize = "256MiB", SegmentSize = "4MiB" };
        await using var camera = await CameraProcess.StartAsync("720p-2m.h264");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        await daemon.AwaitFootageAsync("gate", TimeSpan.FromSeconds(4));
        var before = ResidentKiB(daemon.Id);
        var idle = await CpuAsync(daemon, TimeSpan.FromSeconds(4));
        var sockets = new List<LiveSocket>();
        for (var i = 0; i < Viewers; i++)
            sockets.Add(await OpenAsync(daemon, "gate"));
        var busy = CpuAsync(daemon, TimeSpan.FromSeconds(8));
        var seen = await Task.WhenAll(sockets.Select(async socket =>
        {
            var recording = await Recording.StartAsync(socket, keepsBytes: false);
            await recording.GoOnAsync(TimeSpan.FromSeconds(8));
            return recording.Packets.Count;
        }));
        var after = ResidentKiB(daemon.Id);
        output.WriteLine($"{before} KiB before, {after} KiB with {Viewers} viewers: {(after - before) / Viewers} KiB each; CPU {idle:p1} without, {await busy:p1} with them");
        Assert.InRange(after - before, 0, Viewers * 1024);
        Assert.All(seen, count => Assert.InRange(count, 14, 30));
        Assert.Equal(0, Metric(await daemon.Http.GetStringAsync("/metrics"), "edge_recorder_viewer_skipped_fragments_total"));
        sockets.ForEach(socket => socket.Dispose());
        var file = directory.File("footage.mp4");
        await IsOneStretchAsync(daemon, "720p-2m.h264", file);
        Assert.Empty((await daemon.TimelineAsync("gate")).Gaps);
    }

    [Fact]
    public async Task A_resolution_that_changes_at_every_GOP_plays_on_with_one_init_segment()
    {
        using var directory = new TemporaryDirectory();
        using var setup = new DaemonSetup();
        await using var camera = await CameraProcess.StartAsync("small.h264", "--alternate", "small-alternate.h264", "--alternate-every-gop", "--audio", "10s.aac");
        await using var daemon = await DaemonProcess.StartAsync(setup.With("gate", camera.Url()));
        using var socket = await OpenAsync(daemon, "gate");
        var recording = await Recording.StartAsync(socket);
        await recording.GoOnAsync(TimeSpan.FromSeconds(6));
        Assert.Single(recording.Inits);
        var file = directory.File("live.mp4");
        await File.WriteAllBytesAsync(file, recording.File());
        await Tool.DecodesInGStreamerAsync(file, video: true, audio: true);
        var sizes = await Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=width", "-of", "csv=p=0", file);
        Assert.Equal(["320", "480"], sizes.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim(',')).Distinct().Order());
    }

    [Fact]
    public async Task A_channel_that_nobody_records_is_pulled_while_somebody_watches_and_its_states_and_its_end_are_told()
    {
        using var setup = new DaemonSetup();
        var camera = await CameraProcess.StartAsync("small.h264");
        try
        {
            await using var daemon = await DaemonProcess.StartAsync(setup);
            var added = await daemon.Http.PostAsync("/api/v1/channels", Requests.Json($$"""{"name":"Gate","url":"{{camera.Url()}}","record":false}""")).BodyAsync(HttpStatusCode.Created);
            var id = added.GetProperty("id").GetString()!;
            Assert.Equal("idle", (await daemon.StateAsync("gate")).State);
            using (var socket = await OpenAsync(daemon, "gate"))
            {
                await Recording.StartAsync(socket);
                await daemon.AwaitStateAsync("gate", "live");
                await socket.CloseAsync();
            }
            await daemon.AwaitStateAsync("gate", "idle");
            using var other = await OpenAsync(daemon, "gate");
            await Recording.StartAsync(other);
            await camera.StopAsync();
            while ((await other.AnyTextAsync("state")).GetProperty("state").GetString() != "offline")
            {
            }
            await daemon.Http.DeleteAsync($"/api/v1/channels/{id}").BodyAsync(HttpStatusCode.NoContent);
            Assert.Equal((4404, "the channel is removed"), await other.CloseReasonAsync());
            Assert.Equal(0, await daemon.StopAsync());
            Assert.Empty(daemon.Errors);
        }
        finally
        {
            await camera.DisposeAsync();
        }
    }

    private static async Task<LiveSocket> OpenAsync(DaemonProcess daemon, string key, string query = "")
        => await LiveSocket.OpenAsync(daemon.Setup.Port, await daemon.IdAsync(key), daemon.Http.DefaultRequestHeaders.Authorization!.ToString(), query);

    /// <summary>The first record of a new segment may be shown a round before the last ones of the segment in front of it: the picture is whole a moment later.</summary>
    private static async Task IsOneStretchAsync(DaemonProcess daemon, string video, string file)
    {
        var clip = await SourceClip.OpenAsync(video);
        await daemon.WaitAsync(async () => await daemon.DownloadAsync("gate", file) ? await clip.StretchesAsync(file) : [], found => found.Count == 1, "footage without a hole", TimeSpan.FromSeconds(10));
    }

    private static double Metric(string page, string name)
        => double.Parse(page.Split('\n').First(line => line.StartsWith($"{name} ", StringComparison.Ordinal))[(name.Length + 1)..], CultureInfo.InvariantCulture);

    /// <summary>Share of a core.</summary>
    private static async Task<double> CpuAsync(DaemonProcess daemon, TimeSpan during)
    {
        var before = Metric(await daemon.Http.GetStringAsync("/metrics"), "edge_recorder_cpu_seconds_total");
        var since = Stopwatch.StartNew();
        using (var timer = new PeriodicTimer(during))
            await timer.WaitForNextTickAsync();
        return (Metric(await daemon.Http.GetStringAsync("/metrics"), "edge_recorder_cpu_seconds_total") - before) / since.Elapsed.TotalSeconds;
    }

    private static long ResidentKiB(int process)
        => long.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    /// <summary>What a viewer receives, with when.</summary>
    private sealed class Recording
    {
        private static readonly TimeSpan AtFirst = TimeSpan.FromMilliseconds(300);
        private readonly LiveSocket _socket;
        private readonly bool _keepsBytes;

        private Recording(LiveSocket socket, bool keepsBytes) => (_socket, _keepsBytes) = (socket, keepsBytes);

        public List<byte[]> Inits { get; } = [];
        public List<Received> Packets { get; } = [];

        /// <summary>Packets that came in the first moment: what a viewer is given to begin with.</summary>
        public int AtOnce { get; private set; }

        public byte[] File() => [.. Inits[0], .. Packets.SelectMany(packet => packet.Bytes)];

        public static async Task<Recording> StartAsync(LiveSocket socket, bool keepsBytes = true)
        {
            var recording = new Recording(socket, keepsBytes);
            while (recording.Packets.Count == 0)
                await recording.TakeAsync();
            return recording;
        }

        public async Task GoOnAsync(TimeSpan time)
        {
            for (var since = Stopwatch.StartNew(); since.Elapsed < time;)
            {
                await TakeAsync();
                if (AtOnce == 0 && since.Elapsed > AtFirst)
                    AtOnce = Packets.Count - 1;
            }
        }

        /// <summary>Media of what came, in 90 kHz.</summary>
        public long Duration90k => Packets[^1].MediaTime + Packets[^1].Duration90k - Packets[0].MediaTime;

        /// <summary>Until what came after the first moment is so long, whatever else the machine does meanwhile: only then is a picture less a picture lost.</summary>
        public async Task UpToAsync(TimeSpan media)
        {
            await GoOnAsync(AtFirst);
            for (var end90k = Packets[^1].MediaTime + (long)(media.TotalSeconds * 90_000); Packets[^1].MediaTime < end90k;)
                await TakeAsync();
        }

        private async Task TakeAsync()
        {
            var (isText, bytes) = await _socket.MessageAsync();
            if (isText)
                return;
            if (bytes.AsSpan(4, 4).SequenceEqual("ftyp"u8))
            {
                Inits.Add(bytes);
                return;
            }
            var (utcUs, mediaTime) = KeepingViewer.ReferenceTime(bytes);
            var fragment = MovieFragment.Parse(bytes.AsSpan(LivePacket.ReferenceTimeLength));
            var video = fragment.Tracks.First(track => track.TrackId == 1);
            Packets.Add(new(DateTimeOffset.UnixEpoch.AddTicks(utcUs * 10), mediaTime, video.End - video.DecodeTime, DateTimeOffset.UtcNow, _keepsBytes ? bytes : []));
        }
    }

    /// <param name="Duration90k">Of its video.</param>
    private sealed record Received(DateTimeOffset Date, long MediaTime, long Duration90k, DateTimeOffset At, byte[] Bytes)
    {
        /// <summary>How old its first picture was when it came: as long as it had to wait for the others.</summary>
        public TimeSpan Latency => At - Date;
    }
}
