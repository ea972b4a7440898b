using System.Net;
using System.Text;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Gb28181.Manscdp;
using EdgeRecorder.Gb28181.Media;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Tests.Devices.Surveillance;

public sealed class CallWishTests
{
    private static readonly IPAddress Here = IPAddress.Parse("192.0.2.10");
    private static readonly DateTimeOffset Eight = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);     // in Beijing
    private static readonly CallWish Live = new(CallRig.Camera, SessionPurpose.Play, 0);

    [Fact]
    public void V10_is_offered_with_its_subject()
    {
        Assert.Equal(Encoding.UTF8.GetString(Sip.Vectors.BodyOf("V10")), Text(Live.Offer(CallRig.Server, Here, 30000, 200000001, MediaWay.Udp, onlyPs: false)));
        Assert.Equal(Sip.Vectors.Read("V10")["Subject"], Live.Subject(CallRig.Server, 200000001));
    }

    [Theory]
    [InlineData("tcp-passive", "V15", "30002", "passive", 200000002)]
    [InlineData("tcp-active", "V16", "30004", "active", 200000003)]
    public void V15_and_V16_are_offered_over_TCP(string way, string vector, string port, string setup, uint ssrc)
        => Assert.True(Lines($"v=0|o={CallRig.Server} 0 0 IN IP4 192.0.2.10|s=Play|c=IN IP4 192.0.2.10|t=0 0|m=video {port} TCP/RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|a=setup:{setup}|a=connection:new|y=020000000{ssrc % 10}")
            == Text(Live.Offer(CallRig.Server, Here, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), ssrc, DeviceStore.Words.Way(way)!.Value, onlyPs: true)), vector);

    [Fact]
    public void V17_and_V18_are_offered_for_footage()
    {
        var wish = new CallWish(CallRig.Camera, SessionPurpose.Playback, 0) { From = Eight, To = Eight.AddHours(1), Speed = 4 };
        Assert.Equal(Lines($"v=0|o={CallRig.Server} 0 0 IN IP4 192.0.2.10|s=Playback|u={CallRig.Camera}:0|c=IN IP4 192.0.2.10|t=1795132800 1795136400|m=video 30000 RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|y=1200000001"),
            Text(wish.Offer(CallRig.Server, Here, 30000, 1200000001, MediaWay.Udp, onlyPs: false)));
        Assert.Equal(
            Lines($"v=0|o={CallRig.Server} 0 0 IN IP4 192.0.2.10|s=Download|u={CallRig.Camera}:0|c=IN IP4 192.0.2.10|t=1795132800 1795136400|m=video 30006 TCP/RTP/AVP 96|a=recvonly|a=rtpmap:96 PS/90000|"
                + "a=setup:passive|a=connection:new|a=downloadspeed:4|y=1200000002"),
            Text((wish with { Purpose = SessionPurpose.Download }).Offer(CallRig.Server, Here, 30006, 1200000002, MediaWay.TcpPassive, onlyPs: true)));
    }

    [Fact]
    public void A_way_that_never_worked_is_left_at_once_and_one_that_did_at_the_second_failure()
    {
        var line = new CallLine();
        Assert.Equal(MediaWay.TcpPassive, line.Way(MediaWay.Auto));
        Assert.True(line.TryOther(MediaWay.Auto, MediaWay.TcpPassive));
        Assert.Equal(MediaWay.Udp, line.Way(MediaWay.Auto));
        line.Flows(MediaWay.Udp);
        Assert.False(line.TryOther(MediaWay.Auto, MediaWay.Udp));
        Assert.Equal(MediaWay.Udp, line.Way(MediaWay.Auto));
        Assert.True(line.TryOther(MediaWay.Auto, MediaWay.Udp));
        Assert.Equal(MediaWay.TcpPassive, line.Way(MediaWay.Auto));
    }

    [Fact]
    public void A_way_that_somebody_chose_is_never_left()
    {
        var line = new CallLine();
        foreach (var way in new[] { MediaWay.Udp, MediaWay.TcpPassive, MediaWay.TcpActive })
        {
            Assert.Equal(way, line.Way(way));
            Assert.False(line.TryOther(way, way));
        }
    }

    [Fact]
    public void Pauses_grow_up_to_a_limit_and_media_forgets_them()
    {
        var line = new CallLine();
        Assert.Equal([5.0, 15, 30, 60, 60], Enumerable.Range(0, 5).Select(_ => line.Refused().TotalSeconds));
        Assert.Equal([60.0, 120, 300, 300], Enumerable.Range(0, 4).Select(_ => line.Wrong().TotalSeconds));
        Assert.Equal([2.0, 5, 10, 30, 60, 60], Enumerable.Range(0, 6).Select(_ => line.Silent().TotalSeconds));
        line.Flows(MediaWay.Udp);
        Assert.Equal((5.0, 60.0, 2.0), (line.Refused().TotalSeconds, line.Wrong().TotalSeconds, line.Silent().TotalSeconds));
    }

    [Theory]
    [InlineData("Stop", 128, 0, "A50F0100000000B5")]
    [InlineData("Right", 128, 0, "A50F010180000036")]
    [InlineData("Left", 128, 0, "A50F010280000037")]
    [InlineData("Up", 128, 0, "A50F01080080003D")]
    [InlineData("Down", 128, 0, "A50F010400800039")]
    [InlineData("ZoomIn", 16, 0, "A50F0110000010D5")]
    [InlineData("ZoomIn", 255, 0, "A50F01100000F0B5")]
    [InlineData("ZoomOut", 0, 0, "A50F0120000010E5")]
    [InlineData("IrisClose", 128, 0, "A50F01480080007D")]
    [InlineData("IrisOpen", 128, 0, "A50F014400800079")]
    [InlineData("FocusNear", 128, 0, "A50F014280000077")]
    [InlineData("FocusFar", 128, 0, "A50F014180000076")]
    [InlineData("WiperOn", 128, 0, "A50F018C01000042")]
    [InlineData("WiperOff", 128, 0, "A50F018D01000043")]
    [InlineData("PresetSet", 128, 1, "A50F018100010037")]
    [InlineData("PresetCall", 128, 255, "A50F018200FF0036")]
    [InlineData("PresetDelete", 128, 1, "A50F018300010039")]
    [InlineData("CruiseStart", 128, 1, "A50F01880100003E")]
    [InlineData("ScanStart", 128, 1, "A50F01890100003F")]
    public void Moves_are_the_codes_of_the_standard(string action, byte speed, byte preset, string code)
        => Assert.Equal([code], PtzCodes.Of(new EdgeRecorder.Devices.PtzMove(Enum.Parse<PtzAction>(action), speed, preset), lensRuns: false).Select(c => c.ToString()));

    [Fact]
    public void Diagonals_are_two_directions_and_a_stop_ends_a_running_lens_too()
    {
        Assert.Equal(new Gb28181Move(-20, 20, 0), Move(PtzAction.UpLeft));
        Assert.Equal(new Gb28181Move(20, 20, 0), Move(PtzAction.UpRight));
        Assert.Equal(new Gb28181Move(-20, -20, 0), Move(PtzAction.DownLeft));
        Assert.Equal(new Gb28181Move(20, -20, 0), Move(PtzAction.DownRight));
        Assert.Equal(["A50F0100000000B5", "A50F0140000000F5"], PtzCodes.Of(new(PtzAction.Stop, 0), lensRuns: true).Select(code => code.ToString()));
        foreach (var action in Enum.GetValues<PtzAction>())
            Assert.NotEmpty(PtzCodes.Of(new(action, 0, 1), lensRuns: false));

        static Gb28181Move Move(PtzAction action) => PtzCodes.Of(new(action, 20), lensRuns: false).Single().AsMove is { } move ? new(move.Pan, move.Tilt, move.Zoom) : default;
    }

    [Fact]
    public void Files_that_follow_one_another_are_one_stretch_and_holes_part_them()
    {
        StoredFootage[] files = [File(9, 10), File(0, 5), File(5, 8.01), File(7, 8), File(20, 30)];
        Assert.Equal([(1.0, 8.01), (9, 10), (20, 25)],
            StoredStretches.Within(files, Eight.AddMinutes(1), Eight.AddMinutes(25)).Select(stretch => ((stretch.From - Eight).TotalMinutes, Math.Round((stretch.To - Eight).TotalMinutes, 2))));
        Assert.Empty(StoredStretches.Within([], Eight, Eight.AddHours(1)));

        static StoredFootage File(double from, double to) => new(CallRig.Camera, Eight.AddMinutes(from), Eight.AddMinutes(to), "", "", "video", 0, []);
    }

    [Fact]
    public void What_a_device_lists_beside_what_was_asked_is_left_out_and_its_clock_may_be_another()
    {
        RecordItem[] items =
        [
            new(CallRig.Camera) { StartTime = Local(7, 0), EndTime = Local(8, 0) }, new(CallRig.Camera) { StartTime = Local(7, 30), EndTime = Local(8, 30), FileSizeBytes = 5, Type = "Alarm", StreamNumber = 1 },
            new(CallRig.Camera) { StartTime = Local(8, 50), EndTime = Local(8, 40) }, new(CallRig.Camera) { StartTime = Local(9, 0), EndTime = Local(10, 0), StreamNumber = 0 },
        ];
        var footage = Assert.Single(StoredStretches.Of(items, CallRig.Camera, Eight, Eight.AddHours(1), DeviceClock.Auto));
        Assert.Equal((Eight.AddMinutes(-30), Eight.AddMinutes(30), "sub", 5L), (footage.From, footage.To, footage.Stream, footage.Bytes));
        Assert.Equal(["alarm"], footage.Alarms);
        Assert.Empty(StoredStretches.Of(items, CallRig.Camera, Eight, Eight.AddHours(1), DeviceClock.Utc));
        Assert.Equal((new DateTime(2026, 11, 20, 8, 0, 0), new DateTime(2026, 11, 20, 0, 0, 0)), (StoredStretches.ToWire(Eight, DeviceClock.Auto), StoredStretches.ToWire(Eight, DeviceClock.Utc)));

        static DateTime Local(int hour, int minute) => new(2026, 11, 20, hour, minute, 0);
    }

    private readonly record struct Gb28181Move(int Pan, int Tilt, int Zoom);

    private static string Text(GbDescription offer) => Encoding.UTF8.GetString(offer.Write());

    private static string Lines(string text) => text.Replace("|", "\r\n", StringComparison.Ordinal) + "\r\n";
}
