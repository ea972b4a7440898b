using EdgeRecorder.Configuration;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Sip;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

public sealed class RegistrarTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_knows_the_password_is_listed_and_approved(bool overTcp)
    {
        await using var rig = new SurveillanceRig();
        await using var peer = overTcp ? await rig.TcpAsync() : rig.Udp();
        var answer = await peer.RegisterAsync(headers: "X-GB-Ver: 3.0\r\n");
        Assert.Equal((200, "3600", "3.0", $"<sip:{SurveillanceRig.Id}@10.0.0.20:5060>"), (answer.Status, answer["Expires"], answer["X-GB-Ver"], answer["Contact"]));
        Assert.Matches(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$", answer["Date"]);        // Beijing time, 9.10.3
        Assert.Equal((Approval.Approved, false), (rig.Row!.State, rig.Row.Record));
        Assert.Equal((peer.Local, "3.0", "127.0.0.1"), (rig.Device.Flow?.Remote, rig.Device.Edition, rig.Device.LocalAddress.ToString()));
        Assert.True(rig.Device.Flow!.IsKnown);
    }

    [Fact]
    public async Task A_wrong_password_brings_nobody_in_and_is_logged_once()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp(password: "another");
        for (var i = 0; i < 3; i++)
            Assert.Equal(403, (await peer.RegisterAsync()).Status);
        Assert.Null(rig.Row);
        Assert.Equal(3, rig.Figures.Refused(SipRefusal.Credentials));
        Assert.Single(rig.Log.Lines);
    }

    [Fact]
    public async Task A_device_has_a_password_of_its_own_and_that_of_all_is_not_its_any_more()
    {
        await using var rig = new SurveillanceRig();
        rig.Catalog.Add(new DeviceRow { Protocol = SurveillanceDevices.Name, Identity = SurveillanceRig.Id, State = Approval.Approved, Code = rig.Passwords.Protect("mine") });
        await using var peer = rig.Udp();
        Assert.Equal(403, (await peer.RegisterAsync()).Status);
        peer.Password = "mine";
        Assert.Equal(200, (await peer.RegisterAsync()).Status);
        Assert.DoesNotContain("mine", System.Text.Encoding.Latin1.GetString(rig.Row!.Code!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_user_name_for_all_is_taken_where_it_is_configured()
    {
        await using var rig = new SurveillanceRig(options => options.User = "cameras");
        await using var peer = rig.Udp();
        peer.User = "cameras";
        Assert.Equal(200, (await peer.RegisterAsync()).Status);
        Assert.NotNull(rig.Row);
        await using var other = rig.Udp("34020000001180000002");
        other.User = "somebody";
        Assert.Equal(403, (await other.RegisterAsync()).Status);
        other.User = null;
        Assert.Equal(200, (await other.RegisterAsync()).Status);
    }

    [Fact]
    public async Task A_password_that_is_changed_ends_the_registration()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        rig.Catalog.Change(rig.Row!.Number, row => row with { Code = rig.Passwords.Protect("new") });
        Assert.Null(rig.Device.Flow);
        Assert.Equal(403, (await peer.KeepAliveAsync()).Status);
    }

    [Fact]
    public async Task With_a_list_only_devices_on_it_come_in()
    {
        await using var rig = new SurveillanceRig(options => options.Enrolment = Enrolment.List);
        await using var peer = rig.Udp();
        Assert.Equal(403, (await peer.RegisterAsync()).Status);
        rig.Catalog.Add(new DeviceRow { Protocol = SurveillanceDevices.Name, Identity = SurveillanceRig.Id, State = Approval.Approved });
        Assert.Equal(200, (await peer.RegisterAsync()).Status);
    }

    [Fact]
    public async Task A_device_that_was_refused_stays_outside_with_the_right_password()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        rig.Catalog.Change(rig.Row!.Number, row => row with { State = Approval.Refused });
        Assert.Null(rig.Device.Flow);
        Assert.Equal(403, (await peer.RegisterAsync()).Status);
    }

    [Fact]
    public async Task A_REGISTER_that_was_recorded_is_worth_nothing()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        Assert.Equal(200, (await peer.RegisterAsync()).Status);
        using var thief = ScriptedPeer.Udp(rig.Port, "127.0.0.1");
        using var elsewhere = ScriptedPeer.Udp(rig.Port, "127.0.0.2");
        foreach (var (peerOf, count) in new[] { (thief, 1), (elsewhere, 1) })               // from the same address it is a replay; from another its nonce is not valid
        {
            await peerOf.SendAsync(peer.LastRegister!.Replace("branch=z9hG4bK", "branch=z9hG4bKreplayed", StringComparison.Ordinal));
            var answer = await peerOf.ReadAsync(401);
            Assert.Contains("stale=true", answer["WWW-Authenticate"], StringComparison.Ordinal);
            Assert.Equal(count, rig.Figures.Refused(SipRefusal.Replayed));
        }
        Assert.Equal(peer.Local, rig.Device.Flow?.Remote);
    }

    [Fact]
    public async Task Leaving_takes_the_password_too()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        Assert.Equal(401, (await peer.RequestAsync("REGISTER", "Expires: 0\r\n")).Status);
        Assert.NotNull(rig.Device.Flow);
        var answer = await peer.RegisterAsync(expires: 0);
        Assert.Equal((200, "0"), (answer.Status, answer["Expires"]));
        Assert.Null(rig.Device.Registration);
        Assert.Equal(403, (await peer.KeepAliveAsync()).Status);
    }

    [Theory]
    [InlineData(10, "60")]
    [InlineData(120, "120")]
    [InlineData(2_000_000, "604800")]
    public async Task What_is_granted_lies_between_a_minute_and_a_week(int asked, string granted)
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        Assert.Equal(granted, (await peer.RegisterAsync(asked))["Expires"]);
    }

    [Fact]
    public async Task The_time_is_not_told_where_it_is_not_known_or_not_wanted()
    {
        await using var rig = new SurveillanceRig();
        rig.Ring.ClockQuality = EdgeRecorder.Media.ClockQuality.Unset;
        await using var peer = rig.Udp();
        Assert.Null((await peer.RegisterAsync())["Date"]);
        await using var other = new SurveillanceRig(options => options.DateHeader = false);
        await using var second = other.Udp();
        Assert.Null((await second.RegisterAsync())["Date"]);
    }

    [Fact]
    public async Task Names_that_are_no_IDs_are_not_even_challenged()
    {
        await using var rig = new SurveillanceRig();
        using var scanner = ScriptedPeer.Udp(rig.Port, "127.0.0.1");
        await scanner.RequestAsync("REGISTER", "1", user: "100");
        await scanner.ReadAsync(403);
        await scanner.RequestAsync("OPTIONS", "2", number: 2, user: "100");
        await scanner.ReadAsync(403);
        Assert.Equal(2, rig.Figures.Refused(SipRefusal.Stranger));
    }

    [Fact]
    public void Without_any_password_nobody_is_listened_to()
    {
        var options = new Gb28181Options();
        using var directory = new TemporaryDirectory();
        using var ledger = LedgerDatabase.Open(directory.File("ledger.db"));
        PrivateFile.MakeDirectory(directory.File("keys"));
        var secret = BoxSecret.Open(directory.File("keys"));
        var channels = new EdgeRecorder.Recording.ChannelCatalog(new ChannelStore(ledger, secret, TimeProvider.System));
        var catalog = new EdgeRecorder.Devices.DeviceCatalog(new DeviceStore(ledger, TimeProvider.System), channels);
        var passwords = new DevicePasswords(catalog, options, secret, Microsoft.Extensions.Logging.Abstractions.NullLogger<DevicePasswords>.Instance);
        Assert.False(passwords.Any);
        catalog.Add(new DeviceRow { Protocol = SurveillanceDevices.Name, Identity = SurveillanceRig.Id, State = Approval.Approved, Code = passwords.Protect("own") });
        Assert.True(passwords.Any);
        Assert.Equal(("own", null), (passwords.Of(SurveillanceRig.Id), passwords.Of(SurveillanceRig.Camera)));
    }

    [Fact]
    public async Task Five_hundred_devices_that_come_at_once_all_come_in()
    {
        const int Count = 500;
        await using var rig = new SurveillanceRig();
        var peers = Enumerable.Range(1, Count).Select(i => rig.Udp($"3402000000118{i:0000000}")).ToList();
        try
        {
            var answers = await Task.WhenAll(peers.Select(peer => peer.RegisterAsync()));
            Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            Assert.Equal((Count, Count), (rig.Catalog.All.Count, rig.Devices.Present));
            await EndpointRig.Until(() => peers.TrueForAll(peer => peer.Asked.OfType<CatalogQuery>().Any()), "a catalog query for everybody");
        }
        finally
        {
            foreach (var peer in peers)
                await peer.DisposeAsync();
        }
    }
}
