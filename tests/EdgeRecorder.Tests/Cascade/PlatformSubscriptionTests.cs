using EdgeRecorder.Cascade;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Cascade;

public sealed class PlatformSubscriptionTests
{
    private const string Yard = "34020000001320000008", Roof = "34020000001320000009";
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(CascadeRig.BeginUs / 1000);

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task Changes_of_the_catalog_are_told_as_they_come(string transport)
    {
        await using var rig = await new CascadeRig().StartAsync(transport == "udp" ? EdgeRecorder.Configuration.PlatformTransport.Udp : EdgeRecorder.Configuration.PlatformTransport.Tcp);
        var (final, _) = await rig.SubscribeAsync(new CatalogQuery(), package: "Catalog;id=77");
        Assert.Equal((200, "600"), (final.Status, final["Expires"]));
        var (request, document) = await rig.NotifiedAsync();
        Assert.Equal(("Catalog;id=77", true), (request["Event"], request["Subscription-State"]!.StartsWith("active;expires=", StringComparison.Ordinal)));
        Assert.Equal([(Yard, "OFF")], Items(document));     // what is not there; the rest the platform knows from its query
        Assert.Equal(1, rig.Figures.Subscriptions);

        rig.Channels = [.. rig.Channels, CascadeRig.Definition(9, "roof")];
        Assert.Equal([(Roof, "ADD", "Camera roof")], (await rig.NotifiedOfAsync<CatalogNotify>()).Part.Items.Select(item => (item.DeviceId, item.Event, item.Name)));
        rig.Channels = [rig.Channels[0], rig.Channels[1] with { Name = "Back yard" }, rig.Channels[2]];
        Assert.Equal([(Yard, "UPDATE", "Back yard")], (await rig.NotifiedOfAsync<CatalogNotify>()).Part.Items.Select(item => (item.DeviceId, item.Event, item.Name)));
        rig.Channels = [.. rig.Channels.Take(1)];
        Assert.Equal([(Yard, "DEL"), (Roof, "DEL")], Items((await rig.NotifiedAsync()).Document).Order());
    }

    [Fact]
    public void A_camera_that_goes_and_comes_is_told_with_its_state_only()
    {
        List<CatalogItem> now = [new(Yard) { Name = "Yard", IsOnline = true }, new(Roof) { Name = "Roof", IsOnline = true }];
        var changes = new CatalogChanges(() => [.. now]);
        Assert.Empty(changes.Begin());
        Assert.Empty(changes.Next());
        now[0] = now[0] with { IsOnline = false };
        Assert.Equal([new CatalogItem(Yard) { Event = "OFF" }], changes.Next());
        now[0] = now[0] with { IsOnline = true };
        Assert.Equal([new CatalogItem(Yard) { Event = "ON" }], changes.Next());
        Assert.Empty(changes.Next());
    }

    [Fact]
    public async Task Alarms_are_told_of_the_channels_that_the_platform_sees_and_asked_for()
    {
        await using var rig = await new CascadeRig().StartAsync(change: options => options.Channels = ["gate"]);
        rig.Positions[7] = new Position(CascadeRig.BeginUs, 312_304_160, 1_214_737_010, 12, 10_000, 90, PositionFlags.FixValid);
        await rig.SubscribeAsync(new AlarmQuery { Method = "25", StartPriority = 1, EndPriority = 4 });
        Assert.Null((await rig.NotifiedAsync()).Document);  // it stands
        rig.Box.Tell(new("motion", [8], At));               // a channel that it may not see
        rig.Box.Tell(new("storage-fault", [7], At));        // a method that it did not ask for
        rig.Box.Tell(new("motion", [7], At));
        var alarm = await rig.NotifiedOfAsync<AlarmNotify>();
        Assert.Equal((CascadeRig.Channel, 5, 2, "motion", new DateTime(2026, 11, 20, 8, 0, 0)), (alarm.DeviceId, alarm.Method, alarm.Type, alarm.Description, alarm.Time));
        Assert.Equal((121.473701, 31.230416), (alarm.Longitude, alarm.Latitude));
        rig.Box.Tell(new("video-signal-lost", [8, 7], At)); // of the whole device
        Assert.Equal((CascadeRig.Channel, 2, 1), ((alarm = await rig.NotifiedOfAsync<AlarmNotify>()).DeviceId, alarm.Method, alarm.Type));
    }

    [Fact]
    public void Words_of_alarms_have_their_codes_and_back()
    {
        foreach (var word in (string[])["phone", "sms", "gps", "device-alarm", "video-signal-lost", "too-cold", "video-alarm", "motion", "video-occluded", "device-fault", "fan-fault"])
        {
            var (method, type) = AlarmWords.Codes(word);
            Assert.Equal(word, AlarmWords.Of(new AlarmNotify(1, method) { Type = type }));
        }
        Assert.Equal((7, null), AlarmWords.Codes("overspeed"));
    }

    [Fact]
    public async Task Positions_are_told_when_they_change()
    {
        await using var rig = await new CascadeRig().StartAsync();
        var place = new Position(CascadeRig.BeginUs, 312_304_160, 1_214_737_010, 12, 10_000, 90, PositionFlags.FixValid);
        rig.Positions[7] = place;
        await rig.SubscribeAsync(new MobilePositionQuery(1));
        var first = await rig.NotifiedOfAsync<MobilePositionNotify>();
        Assert.Equal(CascadeRig.Channel, first.DeviceId);
        Assert.Equal([new PositionFix("", new DateTime(2026, 11, 20, 8, 0, 0), 121.473701, 31.230416, 36, 90, 12)], first.Fixes);
        rig.Positions[8] = place with { AtUtcUs = place.AtUtcUs + 1_000_000 };
        Assert.Equal(Yard, (await rig.NotifiedOfAsync<MobilePositionNotify>()).DeviceId);      // and the other, which has not moved, not again
        rig.Positions[7] = place with { AtUtcUs = place.AtUtcUs + 2_000_000, LatitudeE7 = 0 };
        Assert.Equal(0, Assert.Single((await rig.NotifiedOfAsync<MobilePositionNotify>()).Fixes).Latitude);
    }

    [Fact]
    public async Task A_subscription_is_renewed_and_ended_by_the_platform()
    {
        await using var rig = await new CascadeRig().StartAsync();
        var (_, dialog) = await rig.SubscribeAsync(new AlarmQuery());
        await rig.NotifiedAsync();
        var renewed = await dialog!.SendAsync("SUBSCRIBE", [("Event", "presence"), ("Expires", "1200")]);
        Assert.Equal((200, "1200"), (renewed.Status, renewed["Expires"]));
        Assert.Equal(CascadeRig.DeviceId, renewed.Contacts.Single().Uri.User);
        rig.Box.Tell(new("motion", [7], At));
        Assert.True(int.Parse((await rig.NotifiedAsync()).Request["Subscription-State"]!["active;expires=".Length..], System.Globalization.CultureInfo.InvariantCulture) > 1100);
        Assert.Equal(200, (await dialog.SendAsync("SUBSCRIBE", [("Event", "presence"), ("Expires", "0")])).Status);
        Assert.Equal("terminated;reason=timeout", (await rig.NotifiedAsync()).Request["Subscription-State"]);
        await EndpointRig.Until(() => rig.Figures.Subscriptions == 0, "its end");
        Assert.Equal(481, (await dialog.SendAsync("SUBSCRIBE", [("Event", "presence"), ("Expires", "600")])).Status);
    }

    [Fact]
    public async Task One_that_the_platform_forgot_ends_and_one_for_the_same_takes_its_place()
    {
        await using var rig = await new CascadeRig().StartAsync();
        await rig.SubscribeAsync(new AlarmQuery());
        await rig.NotifiedAsync();
        await rig.SubscribeAsync(new AlarmQuery());
        await rig.NotifiedAsync();
        await EndpointRig.Until(() => rig.Figures.Subscriptions == 1, "one of two");
        rig.Box.Tell(new("motion", [7], At));
        await rig.NotifiedAsync(481);
        await EndpointRig.Until(() => rig.Figures.Subscriptions == 0, "none");
    }

    [Fact]
    public async Task What_is_not_reported_is_refused()
    {
        await using var rig = await new CascadeRig().StartAsync();
        Assert.Equal(489, (await rig.SubscribeAsync(new PlainQuery("PTZPosition"))).Final.Status);
        var calls = Enumerable.Range(1, 16).Select(i => $"340200000013200000{i:00}").ToList();
        foreach (var code in calls)
        {
            Assert.Equal(200, (await rig.SubscribeAsync(new AlarmQuery { DeviceId = code })).Final.Status);
            await rig.NotifiedAsync();
        }
        Assert.Equal(503, (await rig.SubscribeAsync(new AlarmQuery())).Final.Status);
        Assert.Equal((2L, 16), (rig.Figures.Refused, rig.Figures.Subscriptions));
    }

    [Fact]
    public async Task They_end_with_the_registration()
    {
        await using var rig = await new CascadeRig().StartAsync(change: options => options.KeepaliveSeconds = 1);
        await rig.SubscribeAsync(new AlarmQuery());
        await rig.NotifiedAsync();
        rig.KeepaliveStatus = 403;
        await EndpointRig.Until(() => rig.Figures is { IsRegistered: false, Subscriptions: 0 }, "both are over");
    }

    private static IEnumerable<(string Id, string Event)> Items(ManscdpDocument? document) => Assert.IsType<CatalogNotify>(document).Part.Items.Select(item => (item.DeviceId, item.Event));
}
