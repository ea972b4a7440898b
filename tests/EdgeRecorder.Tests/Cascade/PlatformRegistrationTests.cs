using EdgeRecorder.Configuration;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Cascade;

public sealed class PlatformRegistrationTests
{
    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task It_registers_with_Digest_stays_alive_renews_and_says_good_bye(string transport)
    {
        await using var rig = new CascadeRig { GrantedSeconds = 6 };
        await rig.StartAsync(transport == "udp" ? PlatformTransport.Udp : PlatformTransport.Tcp, options => options.KeepaliveSeconds = 1);
        var first = await rig.HeardAsync<Keepalive>();
        Assert.Equal((CascadeRig.DeviceId, true), (first.DeviceId, first.IsOk));
        Assert.True((await rig.HeardAsync<Keepalive>()).Sn > first.Sn);
        await EndpointRig.Until(() => rig.Registers >= 2, "renewed before the granted time was over");
        Assert.Equal(1, rig.Figures.Registrations);         // it was never away
        await rig.Box.DisposeAsync();
        Assert.Equal(1, rig.GoodByes);
    }

    [Fact]
    public async Task A_platform_that_was_restarted_and_does_not_know_us_is_registered_with_anew()
    {
        await using var rig = new CascadeRig();
        await rig.StartAsync(change: options => options.KeepaliveSeconds = 1);
        rig.KeepaliveStatus = 403;
        await EndpointRig.Until(() => !rig.Figures.IsRegistered, "it noticed");
        Assert.Contains("403", rig.Figures.Detail, StringComparison.Ordinal);
        rig.KeepaliveStatus = 200;
        await EndpointRig.Until(() => rig.Figures is { IsRegistered: true, Registrations: >= 2 }, "registered again");
    }

    [Fact]
    public async Task A_password_that_is_refused_is_said_and_not_tried_at_once_again()
    {
        await using var rig = new CascadeRig { RightPassword = "another" };
        await rig.StartAsync(waits: false);
        await EndpointRig.Until(() => rig.Figures.Detail.Contains("40", StringComparison.Ordinal), "it was refused");
        Assert.Equal((false, 0), (rig.Figures.IsRegistered, rig.Registers));
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_said()
    {
        await using var rig = new CascadeRig();
        await rig.StartAsync(PlatformTransport.Tcp, options => options.Host = "127.0.0.2", waits: false);
        await EndpointRig.Until(() => rig.Figures.Detail.Length > 0 && rig.Figures.Detail != "not registered yet", "the connection was refused");
        Assert.False(rig.Figures.IsRegistered);
    }

    [Fact]
    public async Task A_platform_that_sends_it_on_is_followed_and_asked_again_when_that_one_is_lost()
    {
        const string OtherId = "34020000002000000002";
        await using var one = new CascadeRig();
        await using var other = new CascadeRig();
        one.OtherServer = new(OtherId, "127.0.0.1", other.Upper.Endpoint.Port);
        await one.StartAsync(change: options => options.KeepaliveSeconds = 1);
        Assert.Equal((0, 1), (one.Registers, other.Registers));
        Assert.Equal(CascadeRig.DeviceId, (await other.HeardAsync<Keepalive>()).DeviceId);
        one.OtherServer = null;
        other.KeepaliveStatus = 404;
        await EndpointRig.Until(() => one.Registers == 1 && one.Figures.IsRegistered, "registered with the first one");
    }

    [Fact]
    public async Task Servers_that_send_it_round_in_a_circle_are_left()
    {
        await using var rig = new CascadeRig();
        rig.OtherServer = new(CascadeRig.ServerId, "127.0.0.1", rig.Upper.Endpoint.Port);
        await rig.StartAsync(waits: false);
        await EndpointRig.Until(() => rig.Figures.Detail.Contains("302", StringComparison.Ordinal), "it gave up");
        Assert.False(rig.Figures.IsRegistered);
    }

    [Fact]
    public async Task Its_user_name_may_be_another_than_its_code()
    {
        await using var rig = new CascadeRig { RightUser = "site-7" };
        await rig.StartAsync(change: options => options.User = "site-7");
        Assert.Equal(1, rig.Registers);
    }

    [Fact]
    public async Task Several_platforms_each_have_their_registration()
    {
        await using var one = new CascadeRig();
        await using var other = new CascadeRig { RightPassword = "other" };
        PlatformOptions Of(CascadeRig rig) => new() { ServerId = CascadeRig.ServerId, Host = "127.0.0.1", Port = rig.Upper.Endpoint.Port, DeviceId = CascadeRig.DeviceId, Password = rig.RightPassword };
        await using var box = one.Make(Of(one), Of(other));
        box.Start();
        await EndpointRig.Until(() => box.Figures.All(platform => platform.IsRegistered), "both");
        Assert.Equal((1, 1), (one.Registers, other.Registers));
    }
}
