using System.Net;
using System.Text;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Live;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Live;

namespace EdgeRecorder.Tests.Api;

/// <summary>The live routes of the whole application, with fragments made up for the case.</summary>
public sealed class LiveApiTests() : BoxTest("""[{ "key": "gate", "url": "rtsp://127.0.0.1/gate" }]""")
{
    private readonly LiveFeed _feed = new(LiveFeed.Video, LiveFeed.Law);
    private string _id = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _id = (await Box.Admin.GetAsync("/api/v1/channels").BodyAsync())[0].GetProperty("id").GetString()!;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _feed.Dispose();
    }

    [Fact]
    public async Task A_WebSocket_brings_state_format_and_fragments()
    {
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, Basic, "tracks=video");
        Assert.Equal("recording", (await socket.TextAsync("state")).GetProperty("state").GetString());
        await SendAsync(60);
        var init = await socket.TextAsync("init");
        Assert.Equal("video/mp4; codecs=\"avc3.42001E\"", init.GetProperty("mime").GetString());
        Assert.Equal((320, 180), (init.GetProperty("width").GetInt32(), init.GetProperty("height").GetInt32()));
        Assert.Equal("H264", init.GetProperty("tracks")[0].GetProperty("codec").GetString());
        Assert.Equal("PCMA", init.GetProperty("leftOut")[0].GetString());
        Assert.Equal("ftyp", Encoding.ASCII.GetString(await socket.BytesAsync(), 4, 4));
        for (var i = 0; i < _feed.Fragments.Count; i++)
        {
            var packet = await socket.BytesAsync();
            Assert.Equal(_feed.Fragments[i].MediaStart90k, KeepingViewer.ReferenceTime(packet).MediaTime);
            Assert.Equal(_feed.Fragments[i].Length + LivePacket.ReferenceTimeLength, packet.Length);
        }
        foreach (var viewer in Box.Engine.Viewers.Keys)
            viewer.Changed(ChannelState.Offline, "401 from camera");
        Assert.Equal("401 from camera", (await socket.TextAsync("state")).GetProperty("detail").GetString());
        Assert.Contains("\nedge_recorder_viewers{kind=\"websocket\"} 1\n", await Box.Admin.GetStringAsync("/metrics"), StringComparison.Ordinal);
        await socket.CloseAsync();
        await Until(() => Box.Engine.Viewers.IsEmpty);
        await Until(() => Box.Get<LiveFigures>().Sockets == 0);
    }

    [Fact]
    public async Task Who_asks_for_nothing_gets_AAC_in_place_of_what_browsers_refuse()
    {
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, Basic);
        await socket.TextAsync("state");
        await SendAsync(60);
        var init = await socket.TextAsync("init");
        Assert.Equal("video/mp4; codecs=\"avc3.42001E, mp4a.40.2\"", init.GetProperty("mime").GetString());
        Assert.Equal(0, init.GetProperty("leftOut").GetArrayLength());
        Assert.Equal(16_000, init.GetProperty("tracks")[1].GetProperty("timeScale").GetInt32());
    }

    [Fact]
    public async Task All_tracks_come_when_asked_for()
    {
        var id = (await Box.Admin.PostAsync("/api/v1/channels", Requests.Json("""{"name":"Yard","url":"rtsp://h/1","subUrl":"rtsp://h/2"}""")).BodyAsync(HttpStatusCode.Created)).GetProperty("id").GetString()!;
        using var socket = await LiveSocket.OpenAsync(Box.Port, id, Basic, "tracks=all&latency=low&stream=sub");
        await socket.TextAsync("state");
        await SendAsync(30);
        Assert.Equal("video/mp4; codecs=\"avc3.42001E, alaw\"", (await socket.TextAsync("init")).GetProperty("mime").GetString());
        Assert.Equal(1, Assert.Single(Box.Engine.Viewers.Values).Stream);
    }

    [Fact]
    public async Task Who_asks_for_sub_where_there_is_none_shares_main()
    {
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, Basic, "stream=sub");
        await socket.TextAsync("state");
        Assert.Equal(0, Assert.Single(Box.Engine.Viewers.Values).Stream);
    }

    [Theory]
    [InlineData("stream=device", 400)]
    [InlineData("stream=third", 400)]
    [InlineData("tracks=audio", 400)]
    [InlineData("latency=none", 400)]
    public async Task A_wrong_query_is_refused(string query, int status)
    {
        Assert.Equal(status, await LiveSocket.RefusalAsync(Box.Port, _id, Basic, query));
        await Box.Admin.GetAsync($"/api/v1/channels/{_id}/live.m3u8?{query}").ProblemAsync(status);
    }

    [Fact]
    public async Task Who_does_not_belong_gets_no_socket()
    {
        Assert.Equal(401, await LiveSocket.RefusalAsync(Box.Port, _id, ""));
        Assert.Equal(404, await LiveSocket.RefusalAsync(Box.Port, "nobody", Basic));
        Assert.Equal(403, await LiveSocket.RefusalAsync(Box.Port, _id, Basic, origin: "http://elsewhere.example"));
        Assert.Equal(403, await LiveSocket.RefusalAsync(Box.Port, _id, Basic, origin: "null"));
        var session = await SessionAsync();
        Assert.Equal(403, await LiveSocket.RefusalAsync(Box.Port, _id, cookie: session, origin: "http://elsewhere.example"));
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, cookie: session, origin: $"http://127.0.0.1:{Box.Port}");
        await socket.TextAsync("state");
        using var answer = await Box.Admin.GetAsync($"/api/v1/channels/{_id}/live");
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
    }

    [Fact]
    public async Task A_session_that_ends_closes_its_sockets()
    {
        var session = await SessionAsync();
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, cookie: session);
        await socket.TextAsync("state");
        Box.Get<Sessions>().EndAll("admin");
        Assert.Equal((4401, "the session is over"), await socket.CloseReasonAsync());
    }

    [Fact]
    public async Task A_changed_password_closes_the_sockets_it_opened()
    {
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, Basic);
        await socket.TextAsync("state");
        await Box.Admin.PutAsync("/api/v1/session/password", Requests.Json($$"""{"old":"{{Box.Password}}","new":"another one"}""")).BodyAsync(HttpStatusCode.NoContent);
        Assert.Equal(4401, (await socket.CloseReasonAsync()).Code);
    }

    [Fact]
    public async Task A_removed_channel_and_a_stop_close_with_a_reason()
    {
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, Basic);
        await socket.TextAsync("state");
        foreach (var viewer in Box.Engine.Viewers.Keys)
            viewer.Ended();
        Assert.Equal((4404, "the channel is removed"), await socket.CloseReasonAsync());
        using var other = await LiveSocket.OpenAsync(Box.Port, _id, Basic);
        await other.TextAsync("state");
        var stopping = Box.StopAsync();
        Assert.Equal((1001, "the recorder stops"), await other.CloseReasonAsync());
        await stopping.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_thousand_sockets_of_an_account_are_answered_and_do_no_harm()
    {
        var open = new List<LiveSocket>();
        try
        {
            for (var i = 0; i < ViewerLimit.MostOfAccount; i++)
                open.Add(await LiveSocket.OpenAsync(Box.Port, _id, Basic));
            for (var i = open.Count; i < 1000; i++)
                Assert.Equal(503, await LiveSocket.RefusalAsync(Box.Port, _id, Basic));
            await Box.Admin.GetAsync("/api/v1/status").BodyAsync();
            var metrics = await Box.Admin.GetStringAsync("/metrics");
            Assert.Contains($"\nedge_recorder_viewers_refused_total {1000 - ViewerLimit.MostOfAccount}\n", metrics, StringComparison.Ordinal);
            await SendAsync(60);
            foreach (var socket in open)
                Assert.Equal("init", (await socket.AnyTextAsync("init")).GetProperty("type").GetString());
        }
        finally
        {
            foreach (var socket in open)
                socket.Dispose();
        }
        await Until(() => Box.Get<LiveFigures>().Sockets == 0);
    }

    [Fact]
    public async Task A_WebSocket_over_TLS_and_HTTP2_is_the_same_and_asks_for_the_origin_too()
    {
        var port = FreePorts.Take();
        await RestartAsync(tlsPort: port);
        var session = await SessionAsync();
        Assert.Equal(403, await LiveSocket.RefusalAsync(port, _id, cookie: session, origin: "https://elsewhere.example", isHttp2: true));
        using var socket = await LiveSocket.OpenAsync(port, _id, query: "tracks=all", cookie: session, origin: $"https://127.0.0.1:{port}", isHttp2: true);
        Assert.Equal("recording", (await socket.TextAsync("state")).GetProperty("state").GetString());
        await SendAsync(60);
        await socket.TextAsync("init");
        Assert.Equal("ftyp", Encoding.ASCII.GetString(await socket.BytesAsync(), 4, 4));
        Assert.Equal(_feed.Fragments[0].Length + LivePacket.ReferenceTimeLength, (await socket.BytesAsync()).Length);
        await socket.CloseAsync();
        await Until(() => Box.Get<LiveFigures>().Sockets == 0);
    }

    [Fact]
    public async Task A_chatterer_is_sent_away()
    {
        using var socket = await LiveSocket.OpenAsync(Box.Port, _id, Basic);
        await socket.TextAsync("state");
        await socket.ChatterAsync(100_000);
        Assert.Equal(1008, (await socket.CloseReasonAsync()).Code);
    }

    private string Basic => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{Box.Password}"));

    private async Task SendAsync(int pictures)
    {
        await Until(() => !Box.Engine.Viewers.IsEmpty);
        _feed.Send(pictures, to: [.. Box.Engine.Viewers.Keys]);
    }

    private async Task<string> SessionAsync()
    {
        using var answer = await Box.Anonymous.PostAsync("/api/v1/session", Requests.Json($$"""{"user":"admin","password":"{{Box.Password}}"}"""));
        return answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static Task Until(Func<bool> condition) => EdgeRecorder.Tests.Recording.RecorderRig.Until(condition, "that");
}
