using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>The simulated camera, judged by ffmpeg's RTSP client.</summary>
public sealed class CameraTests
{
    private const int Pictures = 250;                          // 10 s at 25 per second

    [Theory]
    [InlineData("small.h264", "tcp")]
    [InlineData("small.h264", "udp")]
    [InlineData("small.h265", "tcp")]
    [InlineData("small.h265", "udp")]
    [InlineData("slices.h264", "tcp")]
    [InlineData("b-frames.h265", "tcp")]
    public async Task Ffprobe_counts_every_picture_of_the_clip_once(string clip, string transport)
    {
        await using var camera = await CameraProcess.StartAsync(clip, "--speed", "10", "--loops", "1", "--at-end", "close");

        var packets = await FFmpeg.CountPacketsAsync(camera.Url(), "-rtsp_transport", transport);

        Assert.Equal(Pictures, packets["video"]);
        var client = Assert.Single((await camera.StatsAsync()).Clients);
        Assert.Equal((Pictures, transport), (client.Video, client.Transport));
    }

    [Theory]
    [InlineData("10s.aac", "aac")]
    [InlineData("10s.alaw", "pcm_alaw")]
    [InlineData("10s.ulaw", "pcm_mulaw")]
    public async Task Audio_comes_beside_the_video(string audio, string codec)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", audio, "--speed", "10", "--loops", "1", "--at-end", "close");

        Assert.Contains(codec, await FFmpeg.RunAsync("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-select_streams", "a", "-show_entries", "stream=codec_name", camera.Url()), StringComparison.Ordinal);
        var packets = await FFmpeg.CountPacketsAsync(camera.Url(), "-rtsp_transport", "tcp");

        var client = (await camera.StatsAsync()).Clients[^1];
        Assert.Equal((client.Video, client.Audio), (packets["video"], packets["audio"]));
        Assert.InRange(client.Audio, 155, 501);
    }

    [Fact]
    public async Task Set_to_other_codecs_it_cuts_its_clients_off_and_offers_those()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac", "--other", "small.h265", "--other-audio", "10s.alaw");
        async Task<string> OfferedAsync() => await FFmpeg.RunAsync("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv=p=0", camera.Url());

        var player = FFmpeg.CountPacketsAsync(camera.Url(), "-rtsp_transport", "tcp");
        await camera.WaitAsync(s => s.Clients is [{ Video: > 5 }]);
        await camera.CommandAsync("other");
        Assert.InRange((await player)["video"], 1, Pictures);

        Assert.Equal(["hevc", "pcm_alaw"], (await OfferedAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await camera.CommandAsync("other off");
        Assert.Equal(["h264", "aac"], (await OfferedAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("other codecs", (await camera.StatsAsync()).Clients[0].CloseReason);
    }

    [Theory]
    [InlineData("basic")]
    [InlineData("digest")]
    [InlineData("digest-qop")]
    [InlineData("both")]
    public async Task Credentials_are_asked_for_and_checked(string scheme)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--auth", scheme, "--user", "gate", "--password", "secret", "--speed", "20", "--loops", "1", "--at-end", "close");

        var right = await FFmpeg.CountPacketsAsync(camera.Url("/a", "gate", "secret"), "-rtsp_transport", "tcp");
        var wrong = await Assert.ThrowsAsync<InvalidOperationException>(() => FFmpeg.CountPacketsAsync(camera.Url("/a", "gate", "wrong"), "-rtsp_transport", "tcp"));

        Assert.Equal(Pictures, right["video"]);
        Assert.Contains("401 Unauthorized", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decoded_pictures_are_those_of_the_file_also_where_packets_wrap_and_two_rounds_meet()
    {
        await using var camera = await CameraProcess.StartAsync(
            "small.h264", "--first-sequence", "65500", "--first-timestamp", "4294900000", "--speed", "10", "--loops", "2", "--at-end", "close");
        string[] hashes = ["-map", "0:v", "-f", "framehash", "-"];

        var received = PictureHashes(await FFmpeg.RunAsync("ffmpeg", ["-v", "error", "-rtsp_transport", "tcp", "-i", camera.Url(), "-fps_mode", "passthrough", .. hashes]));
        var original = PictureHashes(await FFmpeg.RunAsync("ffmpeg", ["-v", "error", "-i", await Clips.FindAsync("small.h264"), .. hashes]));

        Assert.Equal([.. original, .. original], received);
    }

    [Fact]
    public async Task Many_clients_each_get_everything()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--speed", "10", "--loops", "1", "--at-end", "close");

        var counts = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => FFmpeg.CountPacketsAsync(camera.Url($"/{i}"), "-rtsp_transport", i % 2 == 0 ? "tcp" : "udp")));

        Assert.All(counts, packets => Assert.Equal(Pictures, packets["video"]));
    }

    [Fact]
    public async Task A_lost_packet_is_counted_with_the_picture_it_damages()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--drop", "50", "--speed", "20", "--loops", "1", "--at-end", "close");

        await FFmpegThatMayComplainAsync(camera.Url());

        var client = Assert.Single((await camera.StatsAsync()).Clients);
        Assert.Equal(client.Packets / 50, client.PacketsDropped);
        Assert.InRange(client.VideoDamaged, 1, client.PacketsDropped);
    }

    [Fact]
    public async Task Faults_of_one_path_leave_the_others_alone()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        await camera.CommandAsync("@/sick stall 600");
        using var sick = await RawClient.PlayAsync(camera, "/sick");
        using var well = await RawClient.PlayAsync(camera, "/well");

        var stats = await camera.WaitAsync(s => s.Clients.Any(c => c is { Path: "/well", Video: > 10 }));

        Assert.Equal(0, stats.Clients.Single(c => c.Path == "/sick").Video);
    }

    [Fact]
    public async Task Disconnect_closes_the_connections_that_are_there()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        using var client = await RawClient.PlayAsync(camera, "/a");
        await camera.WaitAsync(s => s.Clients is [{ Video: > 0 }]);

        await camera.CommandAsync("disconnect");

        await client.ReadToEndAsync();
        Assert.Equal("disconnect", Assert.Single((await camera.StatsAsync()).Clients).CloseReason);
    }

    [Fact]
    public async Task Refuse_closes_the_listener_and_opens_it_again()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");

        await camera.CommandAsync("refuse 0.5");
        var since = Stopwatch.StartNew();
        var refusedAt = await FirstAsync(isOpen: false);
        var openAt = await FirstAsync(isOpen: true);
        Assert.InRange((openAt - refusedAt).TotalSeconds, 0.2, 5);

        async Task<TimeSpan> FirstAsync(bool isOpen)
        {
            while (await IsOpenAsync() != isOpen)
                Assert.True(since.Elapsed < TimeSpan.FromSeconds(10), isOpen ? "never opened again" : "never closed");
            return since.Elapsed;
        }

        async Task<bool> IsOpenAsync()
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync("127.0.0.1", camera.Port);
                return true;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return false;
            }
        }

        using var client = await RawClient.PlayAsync(camera, "/a");
        await camera.WaitAsync(s => s.Clients is [{ Video: > 0 }]);
    }

    [Fact]
    public async Task Both_clips_alternate_at_every_sync_sample()
    {
        await using var camera = await CameraProcess.StartAsync(
            "small.h264", "--alternate", "small-alternate.h264", "--alternate-every-gop", "--speed", "10", "--loops", "1", "--at-end", "close");

        var frames = await FFmpeg.RunAsync("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "frame=width", "-of", "csv=p=0", camera.Url());

        var widths = frames.Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((125, 125), (widths.Count(w => w == "320"), widths.Count(w => w == "480")));
    }

    [Fact]
    public async Task Every_wrong_description_is_sent_and_every_unknown_one_refused()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        foreach (var variant in (string[])["no-fmtp", "no-rtpmap", "bad-sprop", "unknown-codec", "huge", "no-control", "absolute-control"])
        {
            await camera.CommandAsync($"wrong-sdp {variant}");
            using var client = await RawClient.ConnectAsync(camera);
            var sdp = await client.DescribeAsync("/a");
            Assert.Equal(variant == "no-fmtp", !sdp.Contains("a=fmtp", StringComparison.Ordinal));
            Assert.Equal(variant == "no-rtpmap", !sdp.Contains("a=rtpmap", StringComparison.Ordinal));
            Assert.Equal(variant == "no-control", !sdp.Contains("a=control", StringComparison.Ordinal));
            Assert.Equal(variant == "absolute-control", sdp.Contains("a=control:rtsp://", StringComparison.Ordinal));
            Assert.Equal(variant == "huge", sdp.Length > 2_000_000);
        }
        await Assert.ThrowsAsync<ArgumentException>(() => camera.CommandAsync("wrong-sdp funny"));
    }

    [Fact]
    public async Task A_transport_that_is_not_offered_is_answered_with_461()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--transport", "udp");
        using var client = await RawClient.ConnectAsync(camera);
        Assert.Equal("461", (await client.RequestAsync("SETUP", "/a/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")).Status);
        Assert.Equal("200", (await client.RequestAsync("SETUP", "/a/trackID=0", "Transport: RTP/AVP;unicast;client_port=50000-50001\r\n")).Status);
    }

    [Fact]
    public async Task A_redirect_names_the_other_camera()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--redirect", "rtsp://127.0.0.1:9/other");
        using var client = await RawClient.ConnectAsync(camera);
        var answer = await client.RequestAsync("DESCRIBE", "/a");
        Assert.Equal("302", answer.Status);
        Assert.Contains("\r\nLocation: rtsp://127.0.0.1:9/other\r\n", answer.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unauthorized_refuses_from_then_on_and_heals()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        using var client = await RawClient.ConnectAsync(camera);
        Assert.Equal("200", (await client.RequestAsync("DESCRIBE", "/a")).Status);
        await camera.CommandAsync("unauthorized");
        Assert.Equal("401", (await client.RequestAsync("DESCRIBE", "/a")).Status);
        await camera.CommandAsync("heal");
        Assert.Equal("200", (await client.RequestAsync("DESCRIBE", "/a")).Status);
    }

    [Fact]
    public async Task A_session_that_keeps_silent_is_closed_after_its_timeout()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--session-timeout", "1");
        using var client = await RawClient.PlayAsync(camera, "/a");
        await client.ReadToEndAsync();
        Assert.Equal("session timeout", Assert.Single((await camera.StatsAsync()).Clients).CloseReason);
    }

    [Theory]
    [InlineData("garbage 5000", 5000)]
    [InlineData("oversize fragment", 64 << 20)]
    [InlineData("oversize frame", 65539)]
    [InlineData("oversize header", 4 << 20)]
    public async Task A_disturbance_reaches_the_client_in_its_full_size(string command, int size)
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--loops", "1", "--speed", "2", "--at-end", "close");
        using var client = await RawClient.PlayAsync(camera, "/a");
        await camera.CommandAsync(command);

        var received = await client.ReadToEndAsync();

        var wire = Assert.Single((await camera.StatsAsync()).Clients).WireBytes;
        Assert.InRange(received, size, wire);
    }

    [Fact]
    public async Task A_slow_camera_sends_a_byte_per_second()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--slow");
        using var client = await RawClient.ConnectAsync(camera);
        var started = Stopwatch.StartNew();
        await client.SendAsync("OPTIONS", "/a", "");
        await client.ReadByteAsync();
        await client.ReadByteAsync();
        await client.ReadByteAsync();
        Assert.InRange(started.Elapsed.TotalSeconds, 1, 10);
    }

    [Fact]
    public async Task After_a_stall_timestamps_go_on_by_the_clock_and_nothing_is_left_out()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264", "--loops", "1", "--speed", "5", "--at-end", "close");
        var reading = FFmpeg.RunAsync("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "packet=pts_time", "-of", "csv=p=0", camera.Url());
        await camera.WaitAsync(s => s.Clients is [{ Video: > 50 }]);

        await camera.CommandAsync("stall 0.4");

        var times = (await reading).Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(t => t != "N/A")
            .Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        var longest = times.Zip(times.Skip(1), (a, b) => b - a).Max();
        Assert.Equal(Pictures, Assert.Single((await camera.StatsAsync()).Clients).Video);
        Assert.InRange(longest, 1.9, 3.0);                     // 0.4 s at five times the speed, and one picture
    }

    [Fact]
    public async Task It_ends_with_its_parent()
    {
        await using var camera = await CameraProcess.StartAsync("small.h264");
        Assert.Equal(0, await camera.StopAsync());
    }

    private static string[] PictureHashes(string framehash)
        => [.. framehash.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[(line.LastIndexOf(',') + 1)..].Trim())];

    /// <summary>Reads to the end; ffmpeg says what it misses, which is the point of the test.</summary>
    private static async Task FFmpegThatMayComplainAsync(string url)
        => await FFmpeg.RunAsync("ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "null", "-");

    /// <summary>The shortest RTSP client over TCP; whatever the camera sends behind PLAY stays unread until asked for.</summary>
    private sealed class RawClient : IDisposable
    {
        private readonly TcpClient _tcp = new();
        private int _sequence;

        public static async Task<RawClient> ConnectAsync(CameraProcess camera)
        {
            var client = new RawClient();
            await client._tcp.ConnectAsync("127.0.0.1", camera.Port);
            return client;
        }

        public static async Task<RawClient> PlayAsync(CameraProcess camera, string path)
        {
            var client = await ConnectAsync(camera);
            await client.DescribeAsync(path);
            Assert.Equal("200", (await client.RequestAsync("SETUP", path + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")).Status);
            Assert.Equal("200", (await client.RequestAsync("PLAY", path)).Status);
            return client;
        }

        public async Task<string> DescribeAsync(string path)
        {
            var answer = await RequestAsync("DESCRIBE", path);
            Assert.Equal("200", answer.Status);
            return answer.Body;
        }

        /// <summary>Reads until the camera closes; returns how many bytes came.</summary>
        public async Task<long> ReadToEndAsync()
        {
            long total = 0;
            var buffer = new byte[64 * 1024];
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (await _tcp.GetStream().ReadAsync(buffer, deadline.Token) is > 0 and var read)
                total += read;
            return total;
        }

        public async Task<byte> ReadByteAsync()
        {
            var one = new byte[1];
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await _tcp.GetStream().ReadExactlyAsync(one, deadline.Token);
            return one[0];
        }

        public async Task SendAsync(string method, string path, string headers)
            => await _tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{method} rtsp://127.0.0.1{path} RTSP/1.0\r\nCSeq: {++_sequence}\r\n{headers}\r\n"));

        public void Dispose() => _tcp.Dispose();

        public async Task<(string Status, string Head, string Body)> RequestAsync(string method, string path, string headers = "")
        {
            await SendAsync(method, path, headers);
            var text = new StringBuilder();
            while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                text.Append((char)await ReadByteAsync());
            var head = text.ToString();
            var length = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.Ordinal));
            var body = new byte[length is null ? 0 : int.Parse(length["Content-Length:".Length..], CultureInfo.InvariantCulture)];
            await _tcp.GetStream().ReadExactlyAsync(body);
            return (head.Split(' ')[1], head, Encoding.UTF8.GetString(body));
        }
    }
}
