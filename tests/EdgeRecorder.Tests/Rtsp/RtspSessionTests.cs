using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Rtsp;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>The dialogue with cameras that answer oddly.</summary>
public sealed class RtspSessionTests
{
    private static RtspSourceOptions Options(string url, RtspTransport transport = RtspTransport.Auto) => new()
    {
        Url = url,
        Transport = transport,
        RequestTimeout = TimeSpan.FromSeconds(1),
        StallTimeout = TimeSpan.FromSeconds(1),
        UdpSilence = TimeSpan.FromMilliseconds(500),
    };

    private static async Task<SourceException> FailureAsync(string url, RtspTransport transport = RtspTransport.Auto)
        => Assert.IsType<SourceException>(await Sessions.Create(Options(url, transport)).EndAsync(new CollectingSink()));

    [Fact]
    public async Task A_refused_connection_names_the_address()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));      // bound, not listening
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var failure = await FailureAsync($"rtsp://user:secret@127.0.0.1:{port}/x");

        Assert.Equal((GapReason.Offline, $"connection refused by 127.0.0.1:{port}"), (failure.Reason, failure.Message));
    }

    [Theory]
    [InlineData("404 Not Found", GapReason.Offline, "404 Not Found from camera")]
    [InlineData("454 Session Not Found", GapReason.Offline, "454 Session Not Found from camera")]
    [InlineData("503 Service Unavailable", GapReason.Offline, "503 Service Unavailable from camera")]
    [InlineData("401 Unauthorized", GapReason.Unauthorized, "401 from camera")]
    [InlineData("403 Forbidden", GapReason.Unauthorized, "403 from camera")]
    public async Task A_refusal_says_its_status(string status, GapReason reason, string message)
    {
        await using var camera = new ScriptedCamera(request => request.Method == "DESCRIBE" ? $"RTSP/1.0 {status}\r\n\r\n" : ScriptedCamera.Ordinary(request));

        var failure = await FailureAsync(camera.Url);

        Assert.Equal((reason, message), (failure.Reason, failure.Message));
    }

    [Fact]
    public async Task A_redirect_is_followed_without_the_credentials_of_the_other_host()
    {
        await using var target = new ScriptedCamera(request => request.Method == "DESCRIBE" ? "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n" : ScriptedCamera.Ordinary(request));
        await using var camera = new ScriptedCamera(request => request.Method == "DESCRIBE"
            ? request.Header("Authorization") is null
                ? "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\n\r\n"
                : $"RTSP/1.0 302 Moved\r\nLocation: {target.Url}\r\n\r\n"
            : ScriptedCamera.Ordinary(request));

        var failure = await FailureAsync($"rtsp://user:secret@127.0.0.1:{camera.Port}/x");

        Assert.Equal(GapReason.Unauthorized, failure.Reason);
        Assert.NotEmpty(target.Requests);
        Assert.All(target.Requests, request => Assert.Null(request.Header("Authorization")));
        Assert.All(camera.Requests, request => Assert.DoesNotContain("secret", request.Uri, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        await using var camera = new ScriptedCamera(request => request.Method == "DESCRIBE" ? "RTSP/1.0 301 Moved\r\nLocation: /cam\r\n\r\n" : ScriptedCamera.Ordinary(request));
        Assert.Equal("more than 5 redirects", (await FailureAsync(camera.Url)).Message);
    }

    [Fact]
    public async Task A_camera_that_refuses_tcp_is_asked_for_udp_and_one_whose_udp_is_silent_for_tcp()
    {
        await using var refusing = new ScriptedCamera(request => request.Method == "SETUP" && request.Header("Transport")!.Contains("TCP", StringComparison.Ordinal)
            ? "RTSP/1.0 461 Unsupported Transport\r\n\r\n" : ScriptedCamera.Ordinary(request));
        await using var silent = new ScriptedCamera(ScriptedCamera.Ordinary);

        await FailureAsync(refusing.Url);
        var stalled = await FailureAsync(silent.Url, RtspTransport.Udp);

        Assert.Equal([true, false], refusing.Requests.Where(request => request.Method == "SETUP").Select(IsTcp));
        Assert.Equal([false, true], silent.Requests.Where(request => request.Method == "SETUP").Select(IsTcp));
        Assert.Equal((GapReason.Stalled, "no media for 1 s"), (stalled.Reason, stalled.Message));
        Assert.Equal("camera refuses transport Tcp", (await FailureAsync(refusing.Url, RtspTransport.Tcp)).Message);
    }

    [Fact]
    public async Task Media_before_the_answer_to_play_questions_of_the_camera_and_keep_alives_all_work_in_one_stream()
    {
        await using var camera = new ScriptedCamera(async (request, stream) =>
        {
            if (request.Method != "PLAY")
                return ScriptedCamera.Ordinary(request);
            for (ushort sequence = 0; sequence < 20; sequence++)
                await stream.WriteAsync(ScriptedCamera.AudioFrame(sequence));
            await stream.WriteAsync("OPTIONS * RTSP/1.0\r\nCSeq: 900\r\n\r\n"u8.ToArray());
            return await ScriptedCamera.Playing(first: 20)(request, stream);
        });
        var sink = new CollectingSink();
        using var stop = new CancellationTokenSource();

        var run = Sessions.Create(Options(camera.Url)).EndAsync(sink, stop.Token);
        await sink.WaitAsync(sink => sink.Units.Count > 400);
        await stop.CancelAsync();
        await run;

        lock (camera.Requests)
        {
            Assert.Contains(camera.Requests, request => request.Method == "GET_PARAMETER");
            Assert.All(camera.Requests.SkipWhile(request => request.Method != "PLAY"), request => Assert.Equal("1", request.Header("Session")));
        }
        Assert.Equal(0, sink.LostUnits);
    }

    [Theory]
    [InlineData("\u0000\u0001\u0002\u0003", "start line")]
    [InlineData("RTSP/1.0 200 OK\r\nCSeq: 77\r\n\r\n", "CSeq")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n", "Content-Length")]
    public async Task Nonsense_is_a_protocol_error(string answer, string field)
    {
        await using var camera = new ScriptedCamera(_ => answer);
        Assert.Equal(field, Assert.IsType<ProtocolException>(await Sessions.Create(Options(camera.Url)).EndAsync(new CollectingSink())).Field);
    }

    [Fact]
    public async Task Silence_in_the_dialogue_and_an_answer_of_one_byte_at_a_time_run_into_the_timeout()
    {
        await using var silent = new ScriptedCamera(_ => null);
        await using var slow = new ScriptedCamera(async (_, stream) =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            foreach (var value in "RTSP/1.0 200 OK\r\nX: abcdefghijklmnopqrstuvwxyz"u8.ToArray())
                if (await timer.WaitForNextTickAsync())
                    await stream.WriteAsync(new[] { value });
            return null;
        });

        Assert.Equal("no answer to OPTIONS", (await FailureAsync(silent.Url)).Message);
        Assert.Equal("no answer to OPTIONS", (await FailureAsync(slow.Url)).Message);
    }

    [Fact]
    public async Task A_camera_that_hangs_up_is_a_reconnect()
    {
        await using var camera = new ScriptedCamera(request => request.Method == "PLAY" ? "" : ScriptedCamera.Ordinary(request));
        var failure = await FailureAsync(camera.Url);
        Assert.Equal((GapReason.Reconnect, "connection closed by camera"), (failure.Reason, failure.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://127.0.0.1/")]
    [InlineData("rtsp://")]
    public async Task A_wrong_url_is_said_to_be_one(string url) => Assert.StartsWith("the URL ", (await FailureAsync(url)).Message, StringComparison.Ordinal);

    /// <summary>RTCP BYE of the SSRC that the packets carry (RFC 3550, 6.6), on the stream's control channel.</summary>
    [Fact]
    public async Task A_camera_that_says_bye_has_ended_the_stream()
    {
        byte[] bye = [(byte)'$', 1, 0, 16, 0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, 1];
        await using var camera = new ScriptedCamera(ScriptedCamera.Playing(bye));
        var failure = await FailureAsync(camera.Url);
        Assert.Equal((GapReason.Reconnect, "stream ended by camera"), (failure.Reason, failure.Message));
    }

    [Theory]
    [InlineData("TEARDOWN", "stream ended by camera")]
    [InlineData("REDIRECT", "redirected by camera")]
    public async Task A_camera_may_end_the_session_itself_and_gets_its_answer(string method, string message)
    {
        var request = Encoding.ASCII.GetBytes($"{method} rtsp://127.0.0.1/cam RTSP/1.0\r\nCSeq: 77\r\nSession: 1\r\nLocation: rtsp://127.0.0.1/other\r\n\r\n");
        await using var camera = new ScriptedCamera(ScriptedCamera.Playing(request));
        var sink = new CollectingSink();

        var failure = Assert.IsType<SourceException>(await Sessions.Create(Options(camera.Url)).EndAsync(sink));

        Assert.Equal((GapReason.Reconnect, message), (failure.Reason, failure.Message));
        Assert.InRange(sink.Units.Count, 50, 200);          // at once, not by the stall
    }

    [Fact]
    public async Task A_session_that_the_camera_has_forgotten_is_a_reconnect_though_media_still_flows()
    {
        await using var camera = new ScriptedCamera(ScriptedCamera.Playing(answer: request => request.Method == "GET_PARAMETER" ? "RTSP/1.0 454 Session Not Found\r\n\r\n" : null));
        var failure = await FailureAsync(camera.Url);
        Assert.Equal((GapReason.Reconnect, "454 Session Not Found from camera"), (failure.Reason, failure.Message));
    }

    [Fact]
    public async Task A_camera_with_an_IPv6_address_plays()
    {
        await using var camera = new ScriptedCamera(ScriptedCamera.Playing(), IPAddress.IPv6Loopback);
        Assert.StartsWith("rtsp://[::1]:", camera.Url, StringComparison.Ordinal);

        var sink = await Sessions.Create(Options(camera.Url, RtspTransport.Tcp)).CollectAsync(sink => sink.Units.Count > 50);

        Assert.Equal(0, sink.LostUnits);
        Assert.All(camera.Requests, request => Assert.StartsWith(camera.Url, request.Uri, StringComparison.Ordinal));
    }

    /// <summary>MP4A-LATM (RFC 6416): frames of a real encoder, each behind its length in PayloadLengthInfo, some cut over two packets.</summary>
    [Fact]
    public async Task Latm_comes_out_as_the_frames_that_went_in()
    {
        const string Sdp = "v=0\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MP4A-LATM/48000/2\r\na=fmtp:97 cpresent=0;config=400023203FC0\r\na=control:a\r\n";
        var frames = AdtsFrames(await File.ReadAllBytesAsync(await Clips.FindAsync("20s.aac"))).Take(100).ToList();
        await using var camera = new ScriptedCamera(async (request, stream) =>
        {
            if (request.Method == "PLAY")
                for (var (i, sequence) = (0, 0); i < frames.Count; i++)
                {
                    byte[] element = [.. Enumerable.Repeat((byte)255, frames[i].Length / 255), (byte)(frames[i].Length % 255), .. frames[i]];
                    var cut = i % 3 == 0 ? element.Length / 2 : 0;
                    if (cut > 0)
                        await stream.WriteAsync(Packet(sequence++, i * 1024, marker: false, element[..cut]));
                    await stream.WriteAsync(Packet(sequence++, i * 1024, marker: true, element[cut..]));
                }
            return request.Method == "DESCRIBE" ? $"RTSP/1.0 200 OK\r\nContent-Length: {Sdp.Length}\r\n\r\n{Sdp}" : ScriptedCamera.Ordinary(request);
        });

        var sink = await Sessions.Create(Options(camera.Url, RtspTransport.Tcp)).CollectAsync(sink => sink.Units.Count == frames.Count);

        Assert.Equal(frames, sink.Units.Select(unit => unit.Bytes));
        Assert.Equal(Enumerable.Range(0, frames.Count).Select(i => i * 1024L), sink.Units.Select(unit => unit.Pts - sink.Units[0].Pts));
        var track = Assert.Single(Assert.Single(sink.Announcements));
        Assert.Equal((Codec.Aac, 48_000, 2), (track.Codec, track.TimeScale, track.ChannelCount));
        Assert.Equal([0x11, 0x90], track.AudioSpecificConfig);
        var adts = Path.GetTempFileName();
        try
        {
            // As an ADTS file again, with heads of our own: 48 kHz, stereo, LC.
            await File.WriteAllBytesAsync(adts, [.. sink.Units.SelectMany(unit => (byte[])[0xFF, 0xF1, 0x4C, (byte)(0x80 | unit.Bytes.Length + 7 >> 11), (byte)(unit.Bytes.Length + 7 >> 3), (byte)((unit.Bytes.Length + 7 & 7) << 5 | 0x1F), 0xFC, .. unit.Bytes])]);
            await Tool.DecodesAsync(adts);
        }
        finally
        {
            File.Delete(adts);
        }

        static byte[] Packet(int sequence, int time, bool marker, byte[] payload)
            => [(byte)'$', 0, (byte)(payload.Length + 12 >> 8), (byte)(payload.Length + 12), 0x80, (byte)(97 | (marker ? 0x80 : 0)), (byte)(sequence >> 8), (byte)sequence,
                (byte)(time >> 24), (byte)(time >> 16), (byte)(time >> 8), (byte)time, 0, 0, 0, 1, .. payload];
    }

    private static IEnumerable<byte[]> AdtsFrames(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (file[at + 3] & 3) << 11 | file[at + 4] << 3 | file[at + 5] >> 5;
            yield return file[(at + 7)..(at + length)];
            at += length;
        }
    }

    private static bool IsTcp(RtspMessage request) => request.Header("Transport")!.Contains("TCP", StringComparison.Ordinal);
}
