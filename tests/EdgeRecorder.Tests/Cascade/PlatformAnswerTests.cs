using EdgeRecorder.Cascade;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Media;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Cascade;

public sealed class PlatformAnswerTests
{
    [Fact]
    public void A_code_is_the_channel_s_number_and_back()
    {
        Assert.Equal(CascadeRig.Channel, ChannelCodes.Of(CascadeRig.DeviceId, 7));
        Assert.Equal("44010200491328000123", ChannelCodes.Of("44010200491188001234", 123));
        Assert.Equal(7, ChannelCodes.NumberOf(CascadeRig.DeviceId, CascadeRig.Channel));
        foreach (var foreign in new[] { CascadeRig.DeviceId, "34020000011320000007", "34020000001310000007", "34020000001321000007", "340200000013200000x7", "7", "" })
            Assert.Null(ChannelCodes.NumberOf(CascadeRig.DeviceId, foreign));
    }

    [Fact]
    public async Task The_catalog_shows_the_channels_under_codes_that_stay()
    {
        await using var rig = await new CascadeRig().StartAsync();
        await rig.AskAsync(new CatalogQuery { Sn = 11, DeviceId = CascadeRig.DeviceId });
        var catalog = await rig.HeardAsync<CatalogResponse>();
        Assert.Equal((11, CascadeRig.DeviceId, 2), (catalog.Sn, catalog.DeviceId, catalog.Part.SumNum));
        Assert.Equal([(CascadeRig.Channel, "Camera gate", true), ("34020000001320000008", "Camera yard", false)], catalog.Part.Items.Select(item => (item.DeviceId, item.Name, item.IsOnline!.Value)));
        Assert.All(catalog.Part.Items, item => Assert.True(item.IsCamera && item.ParentId == CascadeRig.DeviceId));
    }

    [Fact]
    public async Task A_platform_sees_only_the_channels_it_may_see()
    {
        await using var rig = await new CascadeRig().StartAsync(change: options => options.Channels = ["yard"]);
        await rig.AskAsync(new CatalogQuery { Sn = 1, DeviceId = CascadeRig.DeviceId });
        Assert.Equal("34020000001320000008", Assert.Single((await rig.HeardAsync<CatalogResponse>()).Part.Items).DeviceId);
        using var call = await rig.CallAsync("udp");
        Assert.Equal(404, call.Final.Status);
    }

    [Fact]
    public async Task Questions_about_the_box_are_answered()
    {
        await using var rig = await new CascadeRig().StartAsync();
        await rig.AskAsync(new PlainQuery("DeviceInfo") { Sn = 2, DeviceId = CascadeRig.DeviceId });
        var info = await rig.HeardAsync<DeviceInfoResponse>();
        Assert.Equal((2, "box", 2), (info.Sn, info.DeviceName, info.Channels));
        await rig.AskAsync(new PlainQuery("DeviceStatus") { Sn = 3, DeviceId = CascadeRig.DeviceId });
        var status = await rig.HeardAsync<DeviceStatusResponse>();
        Assert.Equal((true, true, new DateTime(2026, 11, 20, 9, 0, 0)), (status.IsOnline, status.IsRecording, status.DeviceTime));
        await rig.AskAsync(new ConfigDownloadQuery("BasicParam") { Sn = 4, DeviceId = CascadeRig.DeviceId });
        Assert.Equal("box", (await rig.HeardAsync<ConfigDownloadResponse>()).Basic!.Name);
        await rig.AskAsync(new DeviceControl { Guard = true, Sn = 5, DeviceId = CascadeRig.DeviceId });
        Assert.False((await rig.HeardAsync<ResultResponse>()).IsOk);
    }

    [Fact]
    public async Task Footage_is_listed_in_pieces_without_gaps()
    {
        await using var rig = new CascadeRig();
        using var one = new Feed();
        one.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));
        rig.Ring.AddSegment(one.Fragments.Take(3));
        rig.Ring.AddSegment(one.Fragments.Skip(3));         // a seam is no gap
        rig.Ring.Redate(CascadeRig.BeginUs - rig.Ring.Fragments[0].FromUtcUs);
        using var later = new Feed(mediaEnd90k: one.Fragmenter.MediaEnd90k);
        later.Play(await Clip.MakeAsync(Codec.H264, Codec.Aac));
        rig.Ring.AddSegment(later.Fragments);
        for (var i = one.Fragments.Count; i < rig.Ring.Fragments.Count; i++)
            rig.Ring.Fragments[i] = rig.Ring.Fragments[i] with { FromUtcUs = rig.Ring.Fragments[i].FromUtcUs + CascadeRig.BeginUs + 600_000_000, ToUtcUs = rig.Ring.Fragments[i].ToUtcUs + CascadeRig.BeginUs + 600_000_000 };
        await rig.StartAsync();
        var begin = new DateTime(2026, 11, 20, 8, 0, 0);
        await rig.AskAsync(new RecordInfoQuery(begin, begin.AddHours(1)) { Sn = 21, DeviceId = CascadeRig.Channel });
        var list = await rig.HeardAsync<RecordInfoResponse>();
        Assert.Equal((21, CascadeRig.Channel, 2), (list.Sn, list.DeviceId, list.Part.SumNum));
        Assert.Equal(begin, list.Part.Items[0].StartTime);
        Assert.InRange(list.Part.Items[0].EndTime!.Value, begin.AddSeconds(4), begin.AddSeconds(5));
        Assert.InRange(list.Part.Items[1].StartTime!.Value, begin.AddSeconds(599), begin.AddSeconds(601));
        Assert.All(list.Part.Items, item => Assert.True(item is { Type: "time", FileSizeBytes: > 1000 }));

        await rig.AskAsync(new RecordInfoQuery(begin.AddDays(-1), begin.AddHours(-1)) { Sn = 22, DeviceId = CascadeRig.Channel });
        Assert.Equal(0, (await rig.HeardAsync<RecordInfoResponse>()).Part.SumNum);
        await rig.AskAsync(new RecordInfoQuery(begin, begin.AddHours(1)) { Sn = 23, DeviceId = "34020000001320000099" });
        Assert.Equal(0, (await rig.HeardAsync<RecordInfoResponse>()).Part.SumNum);
    }

    [Fact]
    public async Task Who_is_no_platform_of_ours_hears_403()
    {
        await using var rig = await new CascadeRig().StartAsync();
        using var stranger = ScriptedPeer.Udp(rig.Box.Port, "127.0.0.1");
        await stranger.RequestAsync("MESSAGE", "b1", user: "34020000002000000099");
        await stranger.ReadAsync(403);
        using var elsewhere = ScriptedPeer.Udp(rig.Box.Port, "127.0.0.3");
        await elsewhere.RequestAsync("INVITE", "b2", user: CascadeRig.ServerId);
        await elsewhere.ReadAsync(100);
        await elsewhere.ReadAsync(403);
        Assert.Equal(2, rig.Box.Strangers);
    }
}
