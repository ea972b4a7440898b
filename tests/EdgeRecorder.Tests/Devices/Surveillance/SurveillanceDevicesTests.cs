using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

public sealed class SurveillanceDevicesTests
{
    [Fact]
    public async Task Silence_makes_a_device_offline_and_a_heartbeat_brings_it_back()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(time: time);
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        await rig.SettledAsync(peer);
        var (came, gone) = (0, 0);
        rig.Device.Came += () => Interlocked.Increment(ref came);
        rig.Device.Gone += () => Interlocked.Increment(ref gone);
        rig.Advance(100);
        Assert.Equal(200, (await peer.KeepAliveAsync()).Status);
        rig.Advance(100);
        Assert.NotNull(rig.Device.Flow);                    // 60 s, three times
        rig.Advance(90);
        Assert.Equal((null, 1), (rig.Device.Flow, gone));
        Assert.Equal(DeviceFault.NotConnected, (await Assert.ThrowsAsync<DeviceException>(() => rig.Device.TellAsync(new DeviceControl { Reboots = true }, CancellationToken.None))).Fault);
        Assert.Equal(200, (await peer.KeepAliveAsync()).Status);
        Assert.Equal((peer.Local, 1), (rig.Device.Flow?.Remote, came));
        rig.Advance(200);                                   // it says so every 190 s: that is its way, and it is not offline between two of them
        Assert.NotNull(rig.Device.Flow);
    }

    [Fact]
    public async Task A_registration_that_is_not_renewed_is_over()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(time: time);
        await using var peer = rig.Udp();
        await peer.RegisterAsync(120);
        await rig.SettledAsync(peer);
        rig.Advance(60);
        await peer.KeepAliveAsync();
        rig.Advance(61);
        Assert.Null(rig.Device.Registration);
        Assert.Equal(403, (await peer.KeepAliveAsync()).Status);
    }

    [Fact]
    public async Task A_heartbeat_from_another_port_moves_the_way_and_one_from_another_address_does_not()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        SipFlow? moved = null;
        rig.Device.Moved += flow => moved = flow;
        await using var remapped = rig.Udp();
        Assert.Equal(200, (await remapped.SayAsync(new AlarmNotify(1, 5))).Status);
        Assert.Equal(peer.Local, rig.Device.Flow?.Remote);
        Assert.Equal(200, (await remapped.KeepAliveAsync()).Status);
        Assert.Equal((remapped.Local, remapped.Local), (rig.Device.Flow?.Remote, moved?.Remote));
        await using var elsewhere = rig.Udp(from: "127.0.0.2");
        Assert.Equal(403, (await elsewhere.KeepAliveAsync()).Status);
        Assert.Equal(remapped.Local, rig.Device.Flow?.Remote);
        Assert.True(rig.Device.Flow!.IsKnown);
    }

    [Fact]
    public async Task A_device_over_TCP_is_gone_with_its_connection()
    {
        await using var rig = new SurveillanceRig();
        var peer = await rig.TcpAsync();
        await peer.RegisterAsync();
        await peer.DisposeAsync();
        await EndpointRig.Until(() => rig.Device.Registration is null, "the end of the registration");
        Assert.Null(rig.Device.Flow);
    }

    [Fact]
    public async Task Who_has_not_registered_is_not_heard()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        Assert.Equal(403, (await peer.KeepAliveAsync()).Status);
        Assert.Equal(403, (await peer.SayAsync(new AlarmNotify(1, 2))).Status);
        Assert.Equal(403, (await peer.RequestAsync("INVITE", "", "")).Status);
        Assert.Equal(3, rig.Figures.Refused(SipRefusal.Stranger));
        Assert.Single(rig.Log.Lines);
        Assert.Null(rig.Row);
    }

    [Fact]
    public async Task Registrations_outlive_a_restart()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await using var overTcp = await rig.TcpAsync("34020000001180000002");
        await peer.RegisterAsync(headers: "X-GB-Ver: 3.0\r\n");
        await overTcp.RegisterAsync();
        await rig.RestartAsync();
        Assert.Equal((peer.Local, "3.0", true), (rig.Device.Flow?.Remote, rig.Device.Edition, rig.Device.Flow?.IsKnown));
        Assert.Null(rig.Devices.Find("34020000001180000002")!.Registration);
        Assert.InRange(rig.Row!.LastSeen!.Value, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Answers_belong_to_their_question_by_number_whoever_they_say_they_are()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        peer.Answers = document => document is PlainQuery { CmdType: "PresetQuery" } ? [new DeviceInfoResponse(), new PresetResponse([new(3, "Gate")])] : [];
        var presets = Assert.IsType<PresetResponse>(await rig.Device.AskAsync(new PlainQuery("PresetQuery") { DeviceId = SurveillanceRig.Camera }, CancellationToken.None));
        Assert.Equal("Gate", Assert.Single(presets.Presets).Name);
        Assert.Equal(SurveillanceRig.Camera, peer.Asked.OfType<PlainQuery>().Last(query => query.CmdType == "PresetQuery").DeviceId);
        peer.Status = request => request.Method == "MESSAGE" ? 404 : 200;
        Assert.Equal(DeviceFault.Refused, (await Assert.ThrowsAsync<DeviceException>(() => rig.Device.AskAsync(new PlainQuery("PresetQuery"), CancellationToken.None))).Fault);
    }

    [Fact]
    public async Task A_device_that_goes_while_it_is_asked_is_not_waited_for()
    {
        await using var rig = new SurveillanceRig();
        var peer = await rig.TcpAsync();
        await peer.RegisterAsync();
        peer.Answers = _ => [];
        var asked = rig.Device.AskAsync(new PlainQuery("PresetQuery"), CancellationToken.None);
        await EndpointRig.Until(() => peer.Asked.OfType<PlainQuery>().Any(query => query.CmdType == "PresetQuery"), "the question");
        await peer.DisposeAsync();
        Assert.Equal(DeviceFault.NotConnected, (await Assert.ThrowsAsync<DeviceException>(() => asked)).Fault);
    }

    [Fact]
    public async Task A_channel_is_called_and_a_BYE_that_is_not_its_own_ends_nothing()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        var offer = new GbDescription { Owner = rig.Options.ServerId, Address = rig.Device.LocalAddress, Port = 30000, Formats = PayloadFormat.Offered, Direction = MediaDirection.ReceiveOnly, Ssrc = 200000001 };
        var (final, dialog) = await rig.Device.CallAsync(SurveillanceRig.Camera, offer, $"{SurveillanceRig.Camera}:0200000001,{rig.Options.ServerId}:0", CancellationToken.None);
        Assert.Equal(200, final.Status);
        var invite = peer.Requests.First(request => request.Method == "INVITE");
        Assert.Equal(($"sip:{SurveillanceRig.Camera}@127.0.0.1:{peer.Local.Port}", $"<sip:{SurveillanceRig.Camera}@3402000000>", $"<sip:{rig.Options.ServerId}@127.0.0.1:{rig.Port}>"),
            (invite.RequestUri, invite["To"], invite["Contact"]));
        using var forger = ScriptedPeer.Udp(rig.Port, "127.0.0.2");
        await forger.RequestAsync("BYE", "f1", invite.CallId, 99, "d900", invite.From.Tag!, user: SurveillanceRig.Camera);
        await forger.ReadAsync(481);
        await forger.RequestAsync("BYE", "f2", invite.CallId, 100, "guess", invite.From.Tag!, user: SurveillanceRig.Camera);
        await forger.ReadAsync(481);
        Assert.Equal((false, 2), (dialog!.IsOver, rig.Figures.Refused(SipRefusal.NoDialog)));
        Assert.Single(rig.Log.Lines);
        var owner = new Owner();
        dialog.Owner = owner;
        await peer.SendAsync($"BYE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5060;rport;branch=z9hG4bKbye\r\nFrom: {invite["To"]};tag=d900\r\nTo: {invite["From"]}\r\nCall-ID: {invite.CallId}\r\nCSeq: 9 BYE\r\nContent-Length: 0\r\n\r\n");
        await EndpointRig.Until(() => owner.Why is not null, "the end of the call");
        Assert.True(dialog.IsOver);
    }

    [Fact]
    public async Task A_flood_of_one_device_is_limited_and_hurts_no_other()
    {
        const int Flood = 100_000;
        await using var rig = new SurveillanceRig();
        await using var loud = rig.Udp();
        await using var quiet = rig.Udp("34020000001180000002");
        await loud.RegisterAsync();
        await quiet.RegisterAsync();
        var flooding = Task.Run(async () =>
        {
            // What the kernel drops before it is read is not counted by us: on a slow machine more has to come.
            for (var i = 0; i < Flood || rig.Figures.Refused(SipRefusal.TooMany) == 0 && i < 20 * Flood; i++)
                await loud.SendAsync(loud.Message(new Keepalive(true) { Sn = i + 1 }, $"flood{i}"));
        });
        var heard = 0;
        while (!flooding.IsCompleted)
        {
            Assert.Equal(200, (await quiet.KeepAliveAsync()).Status);
            heard++;
        }
        await flooding;
        Assert.True(heard > 0);
        Assert.True(rig.Figures.Refused(SipRefusal.TooMany) > 0, "nothing was refused");
        Assert.Single(rig.Log.Lines, line => line.Contains(nameof(SipRefusal.TooMany), StringComparison.Ordinal));
        Assert.Equal(200, (await quiet.KeepAliveAsync()).Status);
        Assert.NotNull(rig.Devices.Find(quiet.Id)!.Flow);
    }

    [Fact]
    public async Task Bombs_and_rubbish_of_a_device_are_refused_counted_and_logged_once()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        var bomb = "<!DOCTYPE a [<!ENTITY b \"xxxxxxxxxx\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><Notify><CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>&c;</DeviceID></Notify>";
        var deep = string.Concat(Enumerable.Repeat("<a>", 5000));
        foreach (var body in (string[])[bomb, deep, "<Notify/>", "no XML"])
            Assert.Equal(400, (await peer.RequestAsync("MESSAGE", "Content-Type: Application/MANSCDP+xml\r\n", body)).Status);
        Assert.Equal(4, rig.Figures.Refused(SipRefusal.Malformed));
        Assert.Single(rig.Log.Lines, line => line.Contains(nameof(SipRefusal.Malformed), StringComparison.Ordinal));
        Assert.Equal(200, (await peer.KeepAliveAsync()).Status);
    }

    private sealed class Owner : IDialogOwner
    {
        public string? Why { get; private set; }

        public void Take(SipIncoming incoming) => incoming.Answer(200);

        public void Told(ManscdpDocument document) { }

        public void Ended(string why) => Why = why;
    }
}
