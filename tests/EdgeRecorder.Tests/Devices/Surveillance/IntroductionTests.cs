using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

public sealed class IntroductionTests
{
    private static readonly CatalogItem Gate = new(SurveillanceRig.Camera) { Name = "前门摄像机", Manufacturer = "Acme", Model = "IPC-1", IsParent = false, IsOnline = true };
    private static readonly CatalogItem Rear = new(SurveillanceRig.Camera2) { Name = "Rear", IsParent = false, IsOnline = false };

    [Fact]
    public async Task Cameras_of_the_catalog_become_channels_and_the_rest_of_it_does_not()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        peer.Answers = SurveillancePeer.With(Gate, new("3402") { Name = "District" }, new("34020000002150000001") { Name = "Group" }, Rear, new("34020000001340000001") { Name = "Alarm input" });
        await peer.RegisterAsync();
        await EndpointRig.Until(() => rig.ChannelsOf().Count == 2, "two channels");
        Assert.Equal([($"{SurveillanceRig.Id}_{SurveillanceRig.Camera}", "前门摄像机", false), ($"{SurveillanceRig.Id}_{SurveillanceRig.Camera2}", "Rear", false)],
            rig.ChannelsOf().Select(channel => (channel.Key, channel.Name, channel.Record)));
        Assert.Equal((5, true), (rig.Device.Offer!.Channels.Count, rig.Device.Offer.IsComplete));
        Assert.Equal(("Yard", "Acme", "NVR-8", false), (rig.Row!.Name, rig.Row.Manufacturer, rig.Row.Model, rig.Row.TwoStreams));
    }

    [Fact]
    public async Task A_name_that_people_gave_stays()
    {
        await using var rig = new SurveillanceRig();
        rig.Catalog.Add(new DeviceRow { Protocol = SurveillanceDevices.Name, Identity = SurveillanceRig.Id, Name = "Our yard", State = Approval.Approved });
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        await EndpointRig.Until(() => rig.Row!.Manufacturer == "Acme", "the answer");
        Assert.Equal("Our yard", rig.Row!.Name);
    }

    [Fact]
    public async Task Cameras_with_two_streams_make_a_device_of_two_streams()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        peer.Answers = SurveillancePeer.With(Gate with { StreamNumbers = "0/1" });
        await peer.RegisterAsync();
        await EndpointRig.Until(() => rig.ChannelsOf().Count == 1, "the channel");
        Assert.True(rig.Row!.TwoStreams);
        Assert.Equal($"gb28181://{SurveillanceRig.Id}/{SurveillanceRig.Camera}/sub", rig.ChannelsOf()[0].SubUrl);
    }

    [Theory]
    [InlineData("34020000001320000001", 1)]
    [InlineData("34020000001180000001", 0)]
    public async Task A_camera_without_a_catalog_is_its_own_channel_and_a_recorder_is_not(string id, int channels)
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp(id);
        await peer.RegisterAsync();
        await peer.IntroducedAsync();
        await rig.Journal.FlushAsync();
        Assert.Equal(channels, rig.ChannelsOf(id).Count);
    }

    [Fact]
    public async Task Ten_thousand_entries_do_not_become_ten_thousand_channels()
    {
        const int Count = 10_000, PerMessage = 100;
        await using var rig = new SurveillanceRig(options => options.ChannelsPerDevice = 16);
        await using var peer = await rig.TcpAsync();
        var items = Enumerable.Range(1, Count).Select(i => new CatalogItem($"3402000000132{i:0000000}") { Name = $"Camera {i}", IsParent = false }).ToList();
        peer.Answers = document => document is CatalogQuery ? items.Chunk(PerMessage).Select(part => new CatalogResponse(new(Count, part, 0))) : SurveillancePeer.Usual(document);
        await peer.RegisterAsync();
        await EndpointRig.Until(() => rig.ChannelsOf().Count > 0, "channels");
        Assert.Equal((Count, 16), (rig.Device.Offer!.Channels.Count, rig.ChannelsOf().Count));
        var named = rig.Catalog.Channel(rig.Row!, items[9_999].DeviceId);
        Assert.Equal(items[9_999].DeviceId, named!.DeviceChannel);
    }

    [Fact]
    public async Task Subscriptions_are_renewed_and_what_they_bring_is_taken()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(options => options.SubscribePosition = true, time);
        await using var peer = rig.Udp();
        peer.Answers = SurveillancePeer.With(Gate);
        await peer.RegisterAsync();
        await rig.SettledAsync(peer, 3);
        var catalog = peer.Requests.First(request => request["Event"]?.StartsWith("Catalog", StringComparison.Ordinal) == true);
        Assert.Equal(("600", 200), (catalog["Expires"], (await peer.NotifyAsync(catalog, new CatalogNotify(new(1, [Rear with { Event = "ADD" }], 0)))).Status));
        await EndpointRig.Until(() => rig.ChannelsOf().Count == 2, "the channel that came");
        await peer.NotifyAsync(catalog, new CatalogNotify(new(1, [Gate with { Event = "OFF" }], 0)));
        Assert.False(rig.Device.Offer!.Channels.First(channel => channel.Channel == SurveillanceRig.Camera).IsOnline);

        for (var i = 0; i < 10; i++)                        // 500 s: four fifths of what was granted
        {
            rig.Advance(50);
            Assert.Equal(200, (await peer.KeepAliveAsync()).Status);
        }
        await EndpointRig.Until(() => peer.Requests.Count(request => request.Method == "SUBSCRIBE" && request.CallId == catalog.CallId) == 2, "the renewal");
        Assert.Equal(3, rig.Devices.Subscriptions);
    }

    [Fact]
    public async Task A_subscription_that_a_device_does_not_know_is_not_asked_for_again()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(time: time);
        await using var peer = rig.Udp();
        peer.Status = request => request.Method == "SUBSCRIBE" ? 489 : 200;
        await peer.RegisterAsync();
        await peer.IntroducedAsync();
        await EndpointRig.Until(() => rig.Devices.Endpoint.Dialogs.Count == 0, "that both refusals arrived");
        for (var i = 0; i < 4; i++)
        {
            rig.Advance(50);
            await peer.KeepAliveAsync();
        }
        Assert.Equal((2, 0), (peer.Requests.Count(request => request.Method == "SUBSCRIBE"), rig.Devices.Subscriptions));
    }

    [Fact]
    public async Task A_subscription_that_a_device_ends_is_begun_anew_after_a_minute()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(options => options.SubscribeCatalog = false, time);
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        await rig.SettledAsync(peer, 1);
        var first = peer.Requests.First(request => request.Method == "SUBSCRIBE");
        await peer.NotifyAsync(first, null);
        await EndpointRig.Until(() => time.Waiting.Contains(TimeSpan.FromSeconds(60)), "the pause behind its end");
        Assert.Equal(0, rig.Devices.Subscriptions);
        rig.Advance(59);
        Assert.Single(peer.Requests, request => request.Method == "SUBSCRIBE");
        rig.Advance(1);
        await EndpointRig.Until(() => peer.Requests.Count(request => request.Method == "SUBSCRIBE") == 2, "another");
        Assert.NotEqual(first.CallId, peer.Requests.Last(request => request.Method == "SUBSCRIBE").CallId);
    }

    [Fact]
    public async Task A_device_that_stays_is_asked_for_its_catalog_again()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(options => (options.CatalogHours, options.HeartbeatSeconds, options.SubscribeCatalog, options.SubscribeAlarm) = (1, 3600, false, false), time);
        await using var peer = rig.Udp();
        peer.Answers = SurveillancePeer.With(Gate);
        await peer.RegisterAsync(100_000);
        await EndpointRig.Until(() => time.Waiting.Contains(TimeSpan.FromHours(1)), "the timer");
        await rig.Journal.FlushAsync();
        Assert.Single(rig.ChannelsOf());
        peer.Answers = SurveillancePeer.With(Gate, Rear);
        rig.Advance(3600);
        await EndpointRig.Until(() => rig.ChannelsOf().Count == 2, "the camera that was added to it");
    }

    [Fact]
    public async Task A_NOTIFY_of_no_subscription_is_refused()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        Assert.Equal(481, (await peer.RequestAsync("NOTIFY", "Event: presence\r\nContent-Type: Application/MANSCDP+xml\r\n", "<Notify><CmdType>Alarm</CmdType><SN>1</SN></Notify>")).Status);
        Assert.Equal(1, rig.Figures.Refused(EdgeRecorder.Sip.SipRefusal.NoDialog));
    }
}
