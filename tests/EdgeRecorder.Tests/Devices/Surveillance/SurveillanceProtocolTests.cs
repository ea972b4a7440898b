using System.Text;
using EdgeRecorder.Devices;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Ledger;
using EdgeRecorder.Tests.Sip;

namespace EdgeRecorder.Tests.Devices.Surveillance;

/// <summary>What the API asks of a device, and what the device is told.</summary>
public sealed class SurveillanceProtocolTests
{
    private static readonly DateTimeOffset Midnight = new(2026, 11, 19, 16, 0, 0, TimeSpan.Zero);       // in Beijing

    [Fact]
    public async Task V26_turns_a_camera()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var moving = rig.Protocol.MoveAsync(rig.Row, CallRig.Camera, new EdgeRecorder.Devices.PtzMove(PtzAction.Right, 0x80), CancellationToken.None);
        var incoming = await rig.Peer.User.NextAsync("MESSAGE");
        incoming.Answer(200);
        await moving;
        var vector = Encoding.ASCII.GetString(Vectors.BodyOf("V26"));
        var said = Encoding.ASCII.GetString(incoming.Request.Body.Span);
        Assert.Equal(vector.Replace("<SN>11</SN>", "", StringComparison.Ordinal), System.Text.RegularExpressions.Regex.Replace(said, "<SN>[0-9]+</SN>", ""));
        Assert.Equal(CallRig.DeviceId, incoming.Request.To.Uri.User);
    }

    [Fact]
    public async Task A_stop_ends_the_lens_that_was_set_going_and_only_that()
    {
        await using var rig = await CallRig.RegisteredAsync();
        Assert.Equal(["A50F014280000077"], await MoveAsync(PtzAction.FocusNear, 1));
        Assert.Equal(["A50F0100000000B5", "A50F0140000000F5"], await MoveAsync(PtzAction.Stop, 2));
        Assert.Equal(["A50F0100000000B5"], await MoveAsync(PtzAction.Stop, 1));
        Assert.Equal(["A50F018200070" + "03E"], await MoveAsync(PtzAction.PresetCall, 1));

        async Task<List<string>> MoveAsync(PtzAction action, int messages)
        {
            var moving = rig.Protocol.MoveAsync(rig.Row, CallRig.Camera, new EdgeRecorder.Devices.PtzMove(action, 128, 7), CancellationToken.None);
            List<string> codes = [];
            for (var i = 0; i < messages; i++)
                codes.Add((await rig.ToldAsync<DeviceControl>()).Ptz!.Value.ToString());
            await moving;
            return codes;
        }
    }

    [Fact]
    public async Task A_device_that_refuses_is_silent_or_away_says_so()
    {
        await using var rig = new CallRig();
        var stop = new EdgeRecorder.Devices.PtzMove(PtzAction.Stop, 0);
        Assert.Equal(DeviceFault.NotConnected, await FaultAsync(rig.Protocol.MoveAsync(rig.Row, CallRig.Camera, stop, CancellationToken.None)));
        Assert.Null(rig.Protocol.Presence(rig.Row));
        await rig.RegisterAsync(edition: "3.0");
        Assert.Equal(("3.0", rig.Peer.Endpoint.Port), (rig.Protocol.Presence(rig.Row)!.Version, rig.Protocol.Presence(rig.Row)!.Remote.Port));
        var refused = rig.Protocol.MoveAsync(rig.Row, CallRig.Camera, stop, CancellationToken.None);
        (await rig.Peer.User.NextAsync("MESSAGE")).Answer(403);
        Assert.Equal(DeviceFault.Refused, await FaultAsync(refused));
        var silent = rig.Protocol.MoveAsync(rig.Row, CallRig.Camera, stop, CancellationToken.None);
        await rig.Peer.User.NextAsync("MESSAGE");
        await rig.AdvanceUntil(() => silent.IsCompleted, "patience is over");
        Assert.Equal(DeviceFault.Silent, await FaultAsync(silent));
        rig.Catalog.Change(rig.Number, row => row with { State = Approval.Waiting });
        Assert.Equal(DeviceFault.NotApproved, await FaultAsync(rig.Protocol.MoveAsync(rig.Row, CallRig.Camera, stop, CancellationToken.None)));
    }

    [Fact]
    public async Task Presets_are_asked_for()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var asking = rig.Protocol.PresetsAsync(rig.Row, CallRig.Camera, CancellationToken.None);
        var query = await rig.ToldAsync<PlainQuery>();
        Assert.Equal(("PresetQuery", CallRig.Camera), (query.CmdType, query.DeviceId));
        await rig.TellAsync(new PresetResponse([new(7, "Yard"), new(1, "Gate")]) { Sn = query.Sn, DeviceId = CallRig.Camera });
        Assert.Equal([new(1, "Gate"), new(7, "Yard")], await asking.WaitAsync(EndpointRig.Patience));
    }

    [Fact]
    public async Task A_device_without_presets_has_none()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var asking = rig.Protocol.PresetsAsync(rig.Row, CallRig.Camera, CancellationToken.None);
        var query = await rig.ToldAsync<PlainQuery>();
        await rig.TellAsync(new PresetResponse([]) { Sn = query.Sn, DeviceId = CallRig.Camera });
        Assert.Empty(await asking.WaitAsync(EndpointRig.Patience));
    }

    [Theory]
    [InlineData("RecordStart", "<RecordCmd>Record</RecordCmd>", true)]
    [InlineData("RecordStop", "<RecordCmd>StopRecord</RecordCmd>", true)]
    [InlineData("Arm", "<GuardCmd>SetGuard</GuardCmd>", true)]
    [InlineData("Disarm", "<GuardCmd>ResetGuard</GuardCmd>", true)]
    [InlineData("ResetAlarm", "<AlarmCmd>ResetAlarm</AlarmCmd>", true)]
    [InlineData("HomeOn", "<Enabled>1</Enabled>\r\n<ResetTime>30</ResetTime>\r\n<PresetIndex>3</PresetIndex>", true)]
    [InlineData("HomeOff", "<Enabled>0</Enabled>", true)]
    [InlineData("SyncSample", "<IFameCmd>Send</IFameCmd>", false)]
    [InlineData("Reboot", "<TeleBoot>Boot</TeleBoot>", false)]
    public async Task Commands_are_controls_and_their_answer_counts(string command, string control, bool isAnswered)
    {
        await using var rig = await CallRig.RegisteredAsync();
        var order = new DeviceOrder(Enum.Parse<DeviceCommand>(command), CallRig.Camera, 3, 30);
        var (sn, ordering) = await OrderAsync();
        if (isAnswered)
        {
            Assert.False(ordering.IsCompleted);
            await rig.TellAsync(new ResultResponse("DeviceControl", true) { Sn = sn, DeviceId = CallRig.DeviceId });
        }
        await ordering.WaitAsync(EndpointRig.Patience);
        if (!isAnswered)
            return;
        (sn, ordering) = await OrderAsync();
        await rig.TellAsync(new ResultResponse("DeviceControl", false) { Sn = sn, DeviceId = CallRig.Camera });
        Assert.Equal(DeviceFault.Refused, await FaultAsync(ordering));

        async Task<(int Sn, Task Ordering)> OrderAsync()
        {
            var running = rig.Protocol.CommandAsync(rig.Row, order, CancellationToken.None);
            var incoming = await rig.Peer.User.NextAsync("MESSAGE");
            Assert.Contains(control, Encoding.ASCII.GetString(incoming.Request.Body.Span), StringComparison.Ordinal);
            incoming.Answer(200);
            return (ManscdpDocument.Parse(incoming.Request.Body.Span).Sn, running);
        }
    }

    [Fact]
    public async Task V24_and_V25_list_what_a_device_holds_in_parts_and_in_order()
    {
        await using var rig = await CallRig.RegisteredAsync();
        var listing = rig.Protocol.ListFootageAsync(rig.Row, CallRig.Camera, Midnight, Midnight.AddDays(1).AddSeconds(-1), CancellationToken.None);
        var query = await rig.ToldAsync<RecordInfoQuery>();
        Assert.Equal(((RecordInfoQuery)ManscdpDocument.Parse(Vectors.BodyOf("V24"))) with { Sn = query.Sn }, query);
        var known = (RecordInfoResponse)ManscdpDocument.Parse(Vectors.BodyOf("V25"));
        var later = known.Part.Items[0] with { StartTime = known.Part.Items[0].StartTime!.Value.AddHours(3), EndTime = known.Part.Items[0].EndTime!.Value.AddHours(3), FilePath = "/rec/2.ps" };
        await rig.TellAsync(new RecordInfoResponse("Camera1", new(2, [later], 0)) { Sn = query.Sn, DeviceId = CallRig.Camera });
        Assert.False(listing.IsCompleted);
        await rig.TellAsync(new RecordInfoResponse("Camera1", new(2, known.Part.Items, 0)) { Sn = query.Sn, DeviceId = CallRig.Camera });
        var found = await listing.WaitAsync(EndpointRig.Patience);
        Assert.Equal([Midnight.AddHours(8), Midnight.AddHours(11)], found.Select(footage => footage.From));
        Assert.Equal((CallRig.Camera, Midnight.AddHours(9), 104_857_600L), (found[0].Channel, found[0].To, found[0].Bytes));
    }

    [Fact]
    public async Task Without_a_channel_all_that_are_known_are_asked()
    {
        await using var rig = await CallRig.RegisteredAsync();
        rig.Catalog.Channel(rig.Row, CallRig.OtherCamera);
        var listing = rig.Protocol.ListFootageAsync(rig.Row, null, Midnight, Midnight.AddDays(1), CancellationToken.None);
        foreach (var (channel, hour) in new[] { (CallRig.Camera, 9), (CallRig.OtherCamera, 8) })
        {
            var query = await rig.ToldAsync<RecordInfoQuery>();
            Assert.Equal(channel, query.DeviceId);
            var item = new RecordItem(channel) { StartTime = new(2026, 11, 20, hour, 0, 0), EndTime = new(2026, 11, 20, hour, 30, 0) };
            await rig.TellAsync(new RecordInfoResponse("", new(1, [item], 0)) { Sn = query.Sn, DeviceId = channel });
        }
        Assert.Equal([CallRig.OtherCamera, CallRig.Camera], (await listing.WaitAsync(EndpointRig.Patience)).Select(footage => footage.Channel));
    }

    [Fact]
    public void Identities_and_channels_are_20_digits()
    {
        var rig = new CallRig();
        Assert.Equal((CallRig.DeviceId, null, null), (rig.Protocol.Identity(CallRig.DeviceId), rig.Protocol.Identity("3402000000118000000"), rig.Protocol.Identity("3402000000118000000x")));
        Assert.True(rig.Protocol.IsChannel(CallRig.Camera));
        Assert.False(rig.Protocol.IsChannel("1"));
    }

    private static async Task<DeviceFault> FaultAsync(Task task) => (await Assert.ThrowsAsync<DeviceException>(() => task.WaitAsync(EndpointRig.Patience))).Fault;
}
