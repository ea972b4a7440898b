using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>Simulated GB/T 28181 devices, judged by the recorder's own SIP and media; neither knows the other's code.</summary>
public sealed class GbDeviceTests
{
    private const int Round = 250;                             // pictures of a small clip

    [Theory]
    [InlineData("udp", false)]
    [InlineData("udp", true)]
    [InlineData("tcp", false)]
    [InlineData("tcp", true)]
    public async Task Registers_with_digest_stays_alive_and_unregisters_when_it_ends(string transport, bool withQop)
    {
        await using var platform = new GbPlatformRig(withQop);
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--transport", transport, "--heartbeat", "0.2");
        await platform.NextAsync<Keepalive>();
        await platform.NextAsync<Keepalive>();
        var state = Assert.Single((await device.WaitAsync(s => s.Devices[0].HeartbeatsAnswered > 1)).Devices);
        Assert.Equal(("Online", 1, 0, 0, 0), (state.State, state.Registrations, state.Failures, state.Stray, state.Malformed));
        Assert.Equal(1, platform.Registered);
        Assert.Equal(0, await device.StopAsync());
        Assert.Equal(0, platform.Registered);
    }

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task SIPp_takes_its_registration(string transport)
    {
        var port = FreePorts.Take();
        var registrar = SippAsync(transport, "registrar", port);
        await using var device = await GbDeviceProcess.StartAsync(port, "--transport", transport, "--reconnect", "0.2");
        var (exitCode, output, errors) = await registrar;       // it has checked the Digest
        Assert.True(exitCode == 0, $"SIPp ended with {exitCode}: {errors} {System.Text.Encoding.UTF8.GetString(output)}");
        if (transport == "udp")                                 // over TCP the registrar's end takes the device's connection with it
            Assert.Equal((1, 0), (await device.WaitAsync(s => s.Devices[0].State == "Online")).Devices.Select(d => (d.Registrations, d.Malformed)).Single());
    }

    [Fact]
    public async Task SIPp_calls_it_and_hangs_up()
    {
        var port = FreePorts.Take();
        var registrar = SippAsync("udp", "registrar", port);
        await using var device = await GbDeviceProcess.StartAsync(port, "--clip", "small.h264");
        await registrar;
        var at = (await device.OnlineAsync()).Devices[0].Port;
        var (exitCode, output, errors) = await SippAsync("udp", "platform", port, $"127.0.0.1:{at}");
        Assert.True(exitCode == 0, $"SIPp ended with {exitCode}: {errors} {System.Text.Encoding.UTF8.GetString(output)}");
        var stats = await device.StatsAsync();
        Assert.Equal(("Ended", "BYE of the platform", 200000001u), stats.Streams.Select(s => (s.Call, s.EndedBy, s.Ssrc)).Single());
        Assert.Equal(0, stats.Devices[0].Malformed);
    }

    private static Task<(int ExitCode, byte[] Output, string Errors)> SippAsync(string transport, string scenario, int port, params string[] remote) => Tool.TryAsync(
        "sipp", [.. remote, "-i", "127.0.0.1", "-p", $"{port}", "-t", transport == "udp" ? "u1" : "t1", "-m", "1", "-nostdin", "-timeout", "50s", "-timeout_error",
            "-sf", Repository.Path($"tests/data/sipp/{scenario}.xml")]);

    [Theory]
    [InlineData("udp", "small.h264", "10s.alaw")]
    [InlineData("udp", "small.h265", "10s.aac")]
    [InlineData("tcp-active", "small.h264", "10s.aac")]
    [InlineData("tcp-active", "small.h265", "10s.ulaw")]
    [InlineData("tcp-passive", "small.h264", "10s.alaw")]
    [InlineData("tcp-passive", "b-frames.h265", "10s.aac")]
    public async Task Every_picture_and_every_sound_of_a_clip_arrives_as_it_was_sent(string transport, string clip, string audio)
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", clip, "--audio", audio, "--loops", "1", "--speed", "4");
        await device.OnlineAsync();
        var call = await platform.CallAsync(transport);
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count == Round);
        var (_, why) = await platform.Sip.User.EndedAsync();   // the clip is over: it hangs up
        var stream = Assert.Single((await device.StatsAsync()).Streams);
        Assert.Equal((transport, Round, 0L, "the clip is over"), (stream.Transport, (int)stream.Video, stream.VideoDamaged, stream.EndedBy));
        Assert.NotNull(why);
        Assert.Equal((await device.UnitsAsync()).Single().Units.Select(u => u.Digest), call.Pictures);
        await call.Tap.Sink.WaitAsync(sink => sink.Audio.Count >= stream.Audio - 1);
        var sounds = call.AudioFrames;
        Assert.Equal((await device.UnitsAsync("audio")).Single().Units.Select(u => u.Digest).Take(sounds.Count), sounds);
        Assert.Equal(0, Assert.Single((await device.StatsAsync()).Devices).Malformed);
    }

    [Theory]
    [InlineData("small.h264")]
    [InlineData("small.h265")]
    public async Task Plain_RTP_arrives_as_it_was_sent(string clip)
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", clip, "--payload", "es", "--loops", "1", "--speed", "4");
        await device.OnlineAsync();
        var call = await platform.CallAsync("udp");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count >= Round - 1);
        var came = call.Pictures;
        Assert.Equal((await device.UnitsAsync()).Single().Units.Select(u => u.Digest).Take(came.Count), came);
    }

    [Theory]
    [InlineData("psm missing")]
    [InlineData("psm late")]
    [InlineData("psm once")]
    [InlineData("psm every")]
    [InlineData("psm wrong")]
    [InlineData("unbounded")]
    [InlineData("pes 400")]
    [InlineData("split-sets")]
    [InlineData("private")]
    [InlineData("stuffing")]
    [InlineData("audio-without-pack")]
    [InlineData("ssrc wrong")]
    [InlineData("ssrc zero")]
    [InlineData("own-ssrc")]
    [InlineData("no-ssrc")]
    [InlineData("no-marker")]
    [InlineData("compact")]
    public async Task What_devices_get_wrong_costs_no_picture(string fault)
    {
        await using var platform = new GbPlatformRig();
        // Audio that is not what the map says is waited for longer than this clip lasts.
        var audio = fault == "psm wrong" ? "none" : "10s.alaw";
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--audio", audio, "--loops", "1", "--speed", "4", "--fault", fault);
        await device.OnlineAsync();
        var call = await platform.CallAsync("udp");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count >= Round - 1);   // without a marker the last one is known by the next
        var came = call.Pictures;
        Assert.Equal((await device.UnitsAsync()).Single().Units.Select(u => u.Digest).Take(came.Count), came);
        Assert.DoesNotContain(call.Tap.Video, unit => unit.LossBefore);
    }

    [Fact]
    public async Task New_parameter_sets_come_with_a_sync_sample()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--alternate", "small-alternate.h264", "--speed", "4");
        await device.OnlineAsync();
        var call = await platform.CallAsync("udp");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count > 30);
        await device.CommandAsync("alternate");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Any(unit => unit.Track.Width == 480));
        await call.ByeAsync();
        var tracks = call.Tap.Video.Select(unit => (unit.Track.Width, unit.Track.Height)).ToList();
        Assert.Equal([(320, 180), (480, 270)], tracks.Distinct());
        Assert.True(call.Tap.Video[tracks.IndexOf((480, 270))].IsSync);
        Assert.Equal("BYE of the platform", Assert.Single((await device.StatsAsync()).Streams).EndedBy);
    }

    [Fact]
    public async Task A_key_frame_comes_when_it_is_asked_for()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "long-gop.h264");
        await device.OnlineAsync();
        var call = await platform.CallAsync("udp");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count > 5);
        await platform.TellAsync(new DeviceControl { AsksForSyncSample = true, DeviceId = GbDeviceProcess.Channel });
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count(unit => unit.IsSync) > 1);
        Assert.Contains(await device.ControlsAsync(), c => c is { Command: "IFameCmd", Value: "Send", Channel: GbDeviceProcess.Channel });
    }

    [Theory]
    [InlineData("gb2312")]
    [InlineData("utf-8")]
    [InlineData("gb2312-in-utf-8")]
    [InlineData("utf-8-in-gb2312")]
    public async Task Answers_what_it_is_asked(string charset)
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--channels", "2", "--charset", charset, "--footage", "2026-11-20T08:00:00..2026-11-20T09:00:00");
        await device.OnlineAsync();
        var part = (await platform.AskAsync<CatalogResponse>(new CatalogQuery())).Part;
        Assert.Equal((2, "摄像机 1", true), (part.SumNum, part.Items[0].Name, part.Items[0].IsCamera));
        Assert.Equal(["34020000001310000001", "34020000001310000002"], part.Items.Select(i => i.DeviceId));
        var info = await platform.AskAsync<DeviceInfoResponse>(new PlainQuery("DeviceInfo"));
        Assert.Equal(("模拟设备", "EdgeRecorder", 2), (info.DeviceName, info.Manufacturer, info.Channels));
        Assert.True((await platform.AskAsync<DeviceStatusResponse>(new PlainQuery("DeviceStatus"))).IsOk);
        Assert.Equal(60, (await platform.AskAsync<ConfigDownloadResponse>(new ConfigDownloadQuery("BasicParam"))).Basic!.HeartBeatIntervalSeconds);
        var records = (await platform.AskAsync<RecordInfoResponse>(new RecordInfoQuery(new(2026, 11, 20, 8, 5, 0), new(2026, 11, 20, 8, 35, 0)) { DeviceId = GbDeviceProcess.Channel })).Part;
        Assert.Equal(4, records.SumNum);
        Assert.Equal((new DateTime(2026, 11, 20, 8, 0, 0), new DateTime(2026, 11, 20, 8, 10, 0), "time"), (records.Items[0].StartTime, records.Items[0].EndTime, records.Items[0].Type));
        Assert.True((await platform.AskAsync<ResultResponse>(new DeviceControl { Guard = true })).IsOk);
        await platform.TellAsync(new DeviceControl { Ptz = PtzCode.Parse("A50F010180000036"), DeviceId = GbDeviceProcess.Channel });
        await device.WaitAsync(s => s.Devices[0].Malformed == 0 && s.Devices[0].Received["MESSAGE"] == 7);
        Assert.Equal([("GuardCmd", "SetGuard"), ("PTZCmd", "A50F010180000036")], (await device.ControlsAsync()).Select(c => (c.Command, c.Value)));
    }

    [Theory]
    [InlineData("udp", "")]
    [InlineData("tcp", "list-backwards")]
    [InlineData("udp", "list-twice")]
    [InlineData("udp", "list-lose 5")]
    public async Task A_catalog_of_many_entries_comes_in_parts(string transport, string fault)
    {
        await using var platform = new GbPlatformRig();
        string[] faults = fault == "" ? [] : ["--fault", fault];
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, ["--transport", transport, "--catalog", "1000", "--catalog-part", "10", "--mixed-catalog", .. faults]);
        await device.OnlineAsync();
        var sn = await platform.TellAsync(new CatalogQuery());
        var (list, sums) = (new HashSet<string>(), new HashSet<int>());
        var parts = fault switch { "list-twice" => 200, "list-lose 5" => 99, _ => 100 };
        for (var i = 0; i < parts; i++)
        {
            var part = (await platform.NextAsync<CatalogResponse>(c => c.Sn == sn)).Part;
            sums.Add(part.SumNum);
            list.UnionWith(part.Items.Select(item => item.DeviceId));
        }
        Assert.Equal([1000], sums);
        // 100 of the further entries are no cameras; regions share their code.
        Assert.InRange(list.Count, fault == "list-lose 5" ? 950 : 970, 1000);
    }

    [Fact]
    public async Task Tells_alarms_and_positions_to_who_subscribed_and_else_unasked()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264");
        await device.OnlineAsync();
        await device.CommandAsync("alarm 5 2");
        var unasked = await platform.NextAsync<AlarmNotify>();
        Assert.Equal((5, 2, 4), (unasked.Method, unasked.Type, unasked.Priority));
        Assert.DoesNotContain("NOTIFY", platform.Methods);

        var (final, dialog) = await platform.SubscribeAsync(new MobilePositionQuery(1), 600, "presence");
        Assert.Equal(200, final.Status);
        var fix = (await platform.NextAsync<MobilePositionNotify>()).Fixes.Single();
        Assert.InRange(fix.Latitude, 31.2, 31.3);
        await platform.NextAsync<MobilePositionNotify>();      // a second later
        await platform.SubscribeAsync(new AlarmQuery(), 600, "presence");
        await device.CommandAsync($"@{GbDeviceProcess.Channel} alarm 5 6 1");
        Assert.Equal(GbDeviceProcess.Channel, (await platform.NextAsync<AlarmNotify>()).DeviceId);
        Assert.Equal(["MobilePosition", "Alarm"], (await device.StatsAsync()).Devices[0].Subscriptions);

        var ended = await dialog!.SendAsync("SUBSCRIBE", [("Event", "presence"), ("Expires", "0")]);
        Assert.Equal(200, ended.Status);
        Assert.Equal(["Alarm"], (await device.StatsAsync()).Devices[0].Subscriptions);
    }

    [Fact]
    public async Task Plays_its_footage_of_the_time_asked_for_says_when_it_is_over_and_is_controlled()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--footage", "2026-11-20T08:00:00..2026-11-20T08:10:00", "--playback-speed", "4");
        await device.OnlineAsync();
        var from = ManscdpTime.ToUtc(new(2026, 11, 20, 8, 0, 4));
        var call = await platform.CallAsync("tcp-active", change: offer => offer with { Purpose = SessionPurpose.Playback, Footage = $"{GbDeviceProcess.Channel}:0", From = from, To = from.AddSeconds(6) });
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count == 150);
        Assert.Equal(121, (await platform.NextAsync<MediaStatusNotify>()).NotifyType);
        var all = (await device.UnitsAsync()).Single();
        Assert.Equal("Playback", all.Kind);
        Assert.Equal(all.Units.Select(u => u.Digest), call.Pictures);
        Assert.Equal((0L, 149 * 3600L), (all.Units[0].Pts90k, all.Units[^1].Pts90k));

        // The same again from its middle; then a pause, and twice as fast.
        await InfoAsync("PLAY RTSP/1.0\r\nCSeq: 1\r\nRange: npt=3-\r\n\r\n");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count > 160);
        await InfoAsync("PAUSE RTSP/1.0\r\nCSeq: 2\r\nPauseTime: now\r\n\r\n");
        Assert.Equal("Paused", (await device.StatsAsync()).Streams[0].State);
        await InfoAsync("PLAY RTSP/1.0\r\nCSeq: 3\r\nScale: 2.0\r\n\r\n");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count == 225);
        Assert.Equal(all.Units.Skip(75).Select(u => u.Digest), call.Pictures.Skip(150));
        Assert.Equal(["PLAY", "PAUSE", "PLAY"], (await device.ControlsAsync()).Select(c => c.Command));
        await call.ByeAsync();

        async Task InfoAsync(string text) => Assert.Equal(200, (await call.Dialog.SendAsync("INFO", contentType: "Application/MANSRTSP", body: System.Text.Encoding.ASCII.GetBytes(text))).Status);
    }

    [Fact]
    public async Task A_download_is_as_fast_as_it_was_asked_to_be_and_says_its_size()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h265", "--footage", "2026-11-20T08:00:00..2026-11-20T08:00:20");
        await device.OnlineAsync();
        var from = ManscdpTime.ToUtc(new(2026, 11, 20, 8, 0, 0));
        var begun = System.Diagnostics.Stopwatch.StartNew();
        var call = await platform.CallAsync("udp", change: offer => offer with
        {
            Purpose = SessionPurpose.Download,
            Footage = $"{GbDeviceProcess.Channel}:0",
            From = from,
            To = from.AddSeconds(20),
            DownloadSpeed = 8,
        });
        Assert.InRange(call.Answer.FileSize!.Value, 100_000, 10_000_000);
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count == 500);
        Assert.True(begun.Elapsed > TimeSpan.FromSeconds(2.3), "faster than asked for");
        await platform.NextAsync<MediaStatusNotify>();
        await call.ByeAsync();
    }

    [Theory]
    [InlineData("refuse 486", 486)]
    [InlineData("refuse 503", 503)]
    public async Task Refuses_a_call_when_it_is_told_to(string fault, int status)
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--fault", fault);
        await device.OnlineAsync();
        var (offer, _, session) = platform.Offer("udp");
        Assert.Equal(status, (await platform.InviteAsync(offer)).Final.Status);
        session.Dispose();
        await device.CommandAsync("heal");
        await (await platform.CallAsync("udp")).ByeAsync();
    }

    [Theory]
    [InlineData("--media-udp", "refused", "udp")]
    [InlineData("--media-tcp", "refused", "tcp-active")]
    [InlineData("--media-tcp", "active", "tcp-passive")]
    [InlineData("--media-tcp", "passive", "tcp-active")]
    public async Task Refuses_a_way_that_it_does_not_have(string name, string value, string transport)
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", name, value);
        await device.OnlineAsync();
        var (offer, _, _) = platform.Offer(transport);
        Assert.Equal(488, (await platform.InviteAsync(offer)).Final.Status);
    }

    [Fact]
    public async Task Loses_and_changes_packets_and_lists_the_pictures_that_were_hit()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--loops", "2", "--speed", "4", "--drop", "20", "--reorder", "20");
        await device.OnlineAsync();
        var call = await platform.CallAsync("udp");
        var stream = Assert.Single((await device.WaitAsync(s => s.Streams is [{ Video: 2 * Round }], TimeSpan.FromSeconds(30))).Streams);
        Assert.InRange(stream.PacketsDropped, stream.Packets / 100, stream.Packets / 30);
        Assert.InRange(stream.VideoDamaged, 1, stream.PacketsDropped);
        var sent = (await device.UnitsAsync()).Single().Units;
        Assert.Equal(stream.VideoDamaged, sent.Count(u => u.IsDamaged));
        // Whatever came is a picture that was sent whole, in its place.
        platform.Media.Advance(5);
        var whole = sent.Where(u => !u.IsDamaged).Select(u => u.Digest).ToHashSet();
        Assert.All(call.Pictures, picture => Assert.Contains(picture, whole));
        Assert.InRange(call.Pictures.Count, Round / 2, 2 * Round - (int)stream.VideoDamaged);
    }

    [Fact]
    public async Task Goes_offline_and_comes_back_and_hangs_up_by_itself()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--clip", "small.h264", "--transport", "tcp");
        var port = (await device.OnlineAsync()).Devices[0].Port;
        var call = await platform.CallAsync("tcp-active");
        await call.Tap.Sink.WaitAsync(sink => sink.Video.Count > 5);
        await device.CommandAsync("bye");
        Assert.Equal(call.Dialog, (await platform.Sip.User.EndedAsync()).Dialog);
        await device.CommandAsync("offline 0.3");
        var back = await device.WaitAsync(s => s.Devices[0] is { State: "Online", Registrations: 2 });
        Assert.NotEqual(port, back.Devices[0].Port);
        await device.CommandAsync("unregister");
        await device.WaitAsync(s => s.Devices[0].OfflineBecause == "un-registered");
        Assert.Equal(0, platform.Registered);
    }

    [Fact]
    public async Task Registers_again_when_the_platform_has_forgotten_it()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--heartbeat", "0.1");
        await device.OnlineAsync();
        platform.KeepaliveStatus = 403;
        await device.WaitAsync(s => s.Devices[0].Registrations > 1);
        platform.KeepaliveStatus = 200;
        await device.WaitAsync(s => s.Devices[0] is { State: "Online", HeartbeatsAnswered: > 0 });
    }

    [Fact]
    public async Task A_wrong_password_and_a_replayed_REGISTER_are_refused()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--wrong-password", "--reconnect", "0.2");
        await device.WaitAsync(s => s.Devices[0].Failures > 1);
        Assert.Equal(0, platform.Registered);
        await device.CommandAsync("wrong-password off");
        await device.OnlineAsync();
        await device.CommandAsync("replay");
        Assert.Equal([401], (await device.WaitAsync(s => s.Devices[0].ReplayAnswers.Count > 0)).Devices[0].ReplayAnswers);
    }

    [Fact]
    public async Task Five_hundred_devices_register_at_once_and_each_has_its_own_codes_and_media()
    {
        await using var platform = new GbPlatformRig();
        await using var device = await GbDeviceProcess.StartAsync(platform.Port, "--devices", "500", "--channels", "2", "--addresses", "127.1.0.1", "--clip", "small.h264,small.h265", "--ramp", "100000");
        await device.WaitForTotalsAsync(t => t.Online == 500, TimeSpan.FromSeconds(60));
        Assert.Equal(500, platform.Registered);
        List<GbTestCall> calls = [];
        foreach (var (n, transport) in ((int, string)[])[(0, "udp"), (7, "tcp-active"), (499, "tcp-passive")])
            for (var i = 0; i < 2; i++)
                calls.Add(await platform.CallAsync(transport, $"340200000013100{1 + 2 * n + i:D5}", $"340200000013200{1 + n:D5}"));
        foreach (var call in calls)
            await call.Tap.Sink.WaitAsync(sink => sink.Video.Count > 25);
        foreach (var call in calls)
            await call.ByeAsync();
        var totals = await device.TotalsAsync();
        Assert.Equal((0, 0, 0), (totals.Malformed, totals.Stray, totals.Playing));
    }
}
