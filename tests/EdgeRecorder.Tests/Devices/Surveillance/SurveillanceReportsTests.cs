using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

public sealed class SurveillanceReportsTests
{
    [Fact]
    public async Task An_alarm_is_an_event_is_confirmed_and_ends_when_it_is_not_repeated()
    {
        var time = new ManualTime();
        await using var rig = new SurveillanceRig(time: time);
        await using var peer = rig.Udp();
        peer.Answers = SurveillancePeer.With(new CatalogItem(SurveillanceRig.Camera) { Name = "Gate", IsParent = false });
        await peer.RegisterAsync();
        await EndpointRig.Until(() => rig.ChannelsOf().Count == 1, "the channel");
        var motion = new AlarmNotify(2, 5) { Type = 2, Description = "人员", Time = new DateTime(2026, 11, 22, 9, 0, 0), DeviceId = SurveillanceRig.Camera, Sn = 14 };
        Assert.Equal(200, (await peer.SayAsync(motion)).Status);
        var confirmed = await peer.AskedAsync<ResultResponse>();
        Assert.Equal(("Alarm", true, 14, SurveillanceRig.Camera), (confirmed.CmdType, confirmed.IsOk, confirmed.Sn, confirmed.DeviceId));
        for (var i = 0; i < 20; i++)
            await peer.SayAsync(motion with { Sn = 15 + i });
        await rig.Journal.FlushAsync();
        var standing = Assert.Single(All(rig));
        Assert.Equal(("motion", rig.ChannelsOf()[0].Number, null), (standing.Kind, standing.ChannelNumber, standing.ToUtcUs));
        Assert.Contains("\"priority\":2", standing.DetailJson, StringComparison.Ordinal);
        Assert.Equal([new Alarm("motion", SurveillanceRig.Camera)], rig.Device.Report!.Alarms);
        rig.Advance(31);
        await rig.Journal.FlushAsync();
        Assert.NotNull(Assert.Single(All(rig)).ToUtcUs);
        Assert.Empty(rig.Device.Report!.Alarms);
    }

    [Fact]
    public async Task An_intrusion_ends_when_it_is_left()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        await peer.SayAsync(new AlarmNotify(1, 5) { Type = 6, EventType = 1 });
        await peer.SayAsync(new AlarmNotify(1, 5) { Type = 6, EventType = 2 });
        await rig.Journal.FlushAsync();
        var over = Assert.Single(All(rig));
        Assert.Equal(("intrusion", true), (over.Kind, over.ToUtcUs is not null));
    }

    [Fact]
    public async Task A_device_that_is_refused_ends_its_alarms()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        await peer.SayAsync(new AlarmNotify(1, 6) { Type = 1 });
        rig.Catalog.Change(rig.Row!.Number, row => row with { State = Approval.Refused });
        await rig.Journal.FlushAsync();
        var over = Assert.Single(All(rig));
        Assert.Equal(("storage-fault", true), (over.Kind, over.ToUtcUs is not null));
    }

    [Fact]
    public async Task A_device_that_makes_up_channels_fills_nothing()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        for (var i = 0; i < SurveillanceReports.MostStanding + 10; i++)
            await peer.SayAsync(new AlarmNotify(1, 2) { Type = 2, DeviceId = $"3402000000132{i:0000000}" });
        Assert.Equal((SurveillanceReports.MostStanding, 10L), (rig.Device.Report!.Alarms.Count, rig.Devices.CrowdedAlarms));
    }

    [Theory]
    [InlineData(2, 1, "video-signal-lost")]
    [InlineData(2, 9, "device-alarm")]
    [InlineData(5, 13, "video-occluded")]
    [InlineData(5, null, "video-alarm")]
    [InlineData(6, 2, "fan-fault")]
    [InlineData(7, null, "alarm")]
    [InlineData(0, -1, "alarm")]
    public void Methods_and_types_are_words(int method, int? type, string word) => Assert.Equal(word, AlarmWords.Of(new AlarmNotify(1, method) { Type = type }));

    [Fact]
    public async Task Positions_go_to_the_ledger_and_are_shown()
    {
        await using var rig = new SurveillanceRig();
        await using var peer = rig.Udp();
        await peer.RegisterAsync();
        var time = new DateTime(2026, 11, 22, 9, 0, 0);
        await peer.SayAsync(new MobilePositionNotify([new("", time, 121.473701, 31.230416, 36, 90, 12)]));
        await rig.Journal.FlushAsync();
        var last = rig.Positions.Last(rig.Row!.Number);
        Assert.Equal((312_304_160, 1_214_737_010, 12, 10_000, 90, PositionFlags.FixValid), (last!.Value.LatitudeE7, last.Value.LongitudeE7, last.Value.AltitudeM, last.Value.SpeedMmS, last.Value.HeadingDeg, last.Value.Flags));
        Assert.Equal(312_304_160, rig.Device.Report!.Position!.Value.LatitudeE7);
    }

    private static IReadOnlyList<EventRow> All(SurveillanceRig rig) => rig.Events.List(100, null, null, null, null, null);
}
