using System.Net;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Jt1078;
using EdgeRecorder.Jt808;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Devices;

public sealed class VehicleTerminalsTests : IAsyncDisposable
{
    private readonly DeviceRig _rig = new();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Theory]
    [InlineData(Enrolment.Approve, "Waiting")]
    [InlineData(Enrolment.Open, "Admitted")]
    [InlineData(Enrolment.List, "Refused")]
    public async Task A_stranger_is_received_as_the_owner_chose(object enrolment, string expected)
    {
        await using var rig = new DeviceRig(o => o.Enrolment = (Enrolment)enrolment);
        Assert.Equal(expected, rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus, IPAddress.Loopback).ToString());
        Assert.Equal(expected == "Refused" ? 0 : 1, rig.Catalog.All.Count);
        Assert.Equal(expected, rig.Terminals.Admit(DeviceRig.SimNumber, null, IPAddress.Loopback).ToString());
    }

    [Fact]
    public async Task A_device_of_the_list_is_admitted()
    {
        await using var rig = new DeviceRig(o => o.Enrolment = Enrolment.List);
        rig.Catalog.Add(new DeviceRow { Protocol = "jt808", Identity = DeviceRig.Sim, State = Approval.Approved });
        Assert.Equal(Admission.Admitted, rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus, IPAddress.Loopback));
    }

    [Fact]
    public void What_it_registers_with_is_kept_and_follows_it()
    {
        _rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus, IPAddress.Loopback);
        Assert.Equal(("粤B12345", 2, "maker", "model", "T1"), (_rig.Device.Plate, _rig.Device.PlateColor, _rig.Device.Manufacturer, _rig.Device.Model, _rig.Device.Serial));
        Assert.Equal("粤B12345", _rig.Device.DisplayName);
        _rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus with { Plate = new string('x', 500) }, IPAddress.Loopback);
        Assert.Equal(64, _rig.Device.Plate.Length);
    }

    [Fact]
    public void Strangers_cannot_fill_the_ledger()
    {
        for (var i = 1; i <= DeviceCatalog.MostWaiting; i++)
            Assert.Equal(Admission.Waiting, _rig.Terminals.Admit(Sim(i), null, IPAddress.Loopback));
        Assert.Equal(Admission.Refused, _rig.Terminals.Admit(Sim(1000), null, IPAddress.Loopback));
        _rig.Catalog.Change(_rig.Catalog.Find("jt808", "5")!.Number, row => row with { State = Approval.Approved });
        Assert.Equal(Admission.Waiting, _rig.Terminals.Admit(Sim(1000), null, IPAddress.Loopback));
        _rig.Time.Advance(DeviceCatalog.Away);
        Assert.Equal(Admission.Waiting, _rig.Terminals.Admit(Sim(1001), null, IPAddress.Loopback));
        Assert.Equal(DeviceCatalog.MostWaiting, _rig.Catalog.All.Count(d => d.State == Approval.Waiting));

        static SimNumber Sim(int i) => SimNumber.TryParse($"{i}", out var sim) ? sim : default;
    }

    [Fact]
    public void A_code_is_known_again_after_a_restart_until_the_terminal_unregisters()
    {
        _rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus, IPAddress.Loopback);
        Assert.False(_rig.Terminals.VerifyCode(DeviceRig.SimNumber, []));
        _rig.Terminals.StoreCode(DeviceRig.SimNumber, "abc"u8.ToArray());
        _rig.Catalog.Load();
        Assert.True(_rig.Terminals.VerifyCode(DeviceRig.SimNumber, "abc"u8));
        Assert.False(_rig.Terminals.VerifyCode(DeviceRig.SimNumber, "abd"u8));
        _rig.Terminals.ForgetCode(DeviceRig.SimNumber);
        Assert.False(_rig.Terminals.VerifyCode(DeviceRig.SimNumber, "abc"u8));
    }

    [Fact]
    public async Task Channels_appear_as_declared_once_the_device_is_approved()
    {
        _rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus, IPAddress.Loopback);
        var terminal = _rig.Connect();
        _rig.Terminals.Attributes(terminal, Attributes(4));
        await _rig.Journal.FlushAsync();
        Assert.Empty(_rig.Channels.All);
        _rig.Catalog.Change(_rig.Device.Number, row => row with { State = Approval.Approved });
        _rig.Terminals.Attributes(terminal, Attributes(2));
        await _rig.Journal.FlushAsync();
        Assert.Equal(["13912345678_1", "13912345678_2"], _rig.Channels.All.Select(c => c.Key));
        Assert.All(_rig.Channels.All, c => Assert.Equal(("jt808", (int?)_rig.Device.Number, false), (c.Protocol, c.Device, c.Record)));
    }

    [Fact]
    public async Task A_table_of_channels_knows_better_than_a_count_of_them()
    {
        _rig.Approve();
        var terminal = _rig.Connect();
        // 2 A/V and 1 audio channels: physical 1 is logical 1, physical 2 logical 64, physical 3 (audio) logical 36.
        _rig.Terminals.Parameters(terminal, [new(TerminalParameter.ChannelTable, Convert.FromHexString("020100" + "01010000" + "02400001" + "03240100"))]);
        _rig.Terminals.Attributes(terminal, Attributes(8));
        await _rig.Journal.FlushAsync();
        Assert.Equal(["1", "64"], _rig.Channels.All.Select(c => c.DeviceChannel));
    }

    [Fact]
    public void A_device_that_is_forgotten_and_comes_again_is_new_and_its_channels_have_their_footage_back()
    {
        var channel = _rig.Approve();
        var device = _rig.Device;
        _rig.Catalog.Remove(device);
        Assert.Empty(_rig.Channels.All);
        var again = _rig.Approve();
        Assert.NotEqual(device.Id, _rig.Device.Id);
        Assert.Equal((channel.Number, channel.Id, channel.Key), (again.Number, again.Id, again.Key));
    }

    [Fact]
    public void A_second_stream_shows_in_the_channels_when_the_owner_says_that_there_is_one()
    {
        Assert.Null(_rig.Approve().SubUrl);
        _rig.Catalog.Change(_rig.Device.Number, row => row with { TwoStreams = true });
        Assert.Equal("jt808://13912345678/1/sub", _rig.Channels.All.Single().SubUrl);
    }

    [Fact]
    public async Task Positions_are_stored_by_arrival_and_what_was_stored_meanwhile_by_its_own_time()
    {
        _rig.Approve();
        var terminal = _rig.Connect();
        _rig.Report(terminal);
        var liveUs = _rig.Ring.ToUtcUs(_rig.Clock.BoottimeUs);
        _rig.Report(terminal, time: _rig.Now.AddMinutes(-10), origin: LocationOrigin.Blind, latitudeE6: 31_000_000);
        await _rig.Journal.FlushAsync();
        var found = _rig.Positions.Overlapping(_rig.Device.Number, liveUs - 3_600_000_000, liveUs + 1, 1_000_000);
        Assert.Equal(2, found.Count);
        Assert.Equal((liveUs, 312_304_160, 1_214_737_010, 8472, 90, PositionFlags.FixValid | PositionFlags.IgnitionOn),
            (found[1].AtUtcUs, found[1].LatitudeE7, found[1].LongitudeE7, found[1].SpeedMmS, found[1].HeadingDeg, found[1].Flags));
        Assert.InRange(found[0].AtUtcUs - (liveUs - 600_000_000), -1_000_000, 0);
        Assert.True(found[0].Flags.HasFlag(PositionFlags.FromMemory));
        Assert.Equal(312_304_160, _rig.Protocol.Report(_rig.Device)!.Position!.Value.LatitudeE7);
    }

    [Fact]
    public async Task Nothing_of_a_device_that_waits_is_stored()
    {
        _rig.Terminals.Admit(DeviceRig.SimNumber, DeviceRig.Bus, IPAddress.Loopback);
        var terminal = _rig.Connect();
        _rig.Report(terminal, AlarmBits.Emergency);
        await _rig.Journal.FlushAsync();
        Assert.Null(_rig.Positions.Last(_rig.Device.Number));
        Assert.Empty(_rig.Events.List(10, null, null, null, null, null));
        Assert.Null(_rig.Protocol.Report(_rig.Device));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(116_307_629)]                               // vector J22: latitude and longitude swapped
    public async Task What_cannot_be_a_position_is_none(int latitudeE6)
    {
        _rig.Approve();
        _rig.Terminals.Location(_rig.Connect(), new LocationReport
        {
            Alarms = 0, Status = 0, LatitudeE6 = (uint)latitudeE6, LongitudeE6 = 0, AltitudeM = 0, SpeedTenthsKmh = 0, Direction = 0, Time = _rig.Now, Others = [],
        }, LocationOrigin.Live);
        await _rig.Journal.FlushAsync();
        Assert.Null(_rig.Positions.Last(_rig.Device.Number));
    }

    [Fact]
    public async Task An_alarm_is_an_event_and_locks_what_is_recorded_around_it()
    {
        var channel = _rig.Approve(record: true);
        var terminal = _rig.Connect();
        var began = _rig.Ring.ToUtcUs(_rig.Clock.BoottimeUs);
        _rig.Report(terminal, AlarmBits.Collision);
        _rig.Clock.Advance(TimeSpan.FromSeconds(20));
        _rig.Report(terminal);
        await _rig.Journal.FlushAsync();
        var row = Assert.Single(_rig.Events.List(10, null, null, null, null, null));
        Assert.Equal(("collision", began, (long?)began + 20_000_000), (row.Kind, row.FromUtcUs, row.ToUtcUs));
        Assert.Contains("31.230416", row.DetailJson!, StringComparison.Ordinal);
        var held = Assert.Single(_rig.Locks.Active());
        Assert.Equal((channel.Number, began / 1000 - 30_000, began / 1000 + 80_000), (held.Stream.ChannelNumber, held.From.ToUnixTimeMilliseconds(), held.To.ToUnixTimeMilliseconds()));
        Assert.Equal("alarm: collision", held.Reason);
    }

    [Fact]
    public async Task Alarms_that_follow_each_other_share_a_lock_and_distant_ones_do_not()
    {
        _rig.Approve(record: true);
        var terminal = _rig.Connect();
        foreach (var (pause, alarm) in ((int, AlarmBits)[])[(0, AlarmBits.Overspeed), (10, AlarmBits.None), (40, AlarmBits.Danger), (10, AlarmBits.None), (300, AlarmBits.Overspeed)])
        {
            _rig.Clock.Advance(TimeSpan.FromSeconds(pause));
            _rig.Report(terminal, alarm);
        }
        await _rig.Journal.FlushAsync();
        Assert.Equal(2, _rig.Locks.Active().Count);
        Assert.Contains(_rig.Locks.Active(), l => (l.To - l.From).TotalSeconds == 30 + 10 + 40 + 10 + 60);
        Assert.Equal(3, _rig.Events.List(10, null, null, null, null, null).Count);
    }

    [Fact]
    public async Task An_alarm_that_stands_for_hours_locks_five_minutes()
    {
        _rig.Approve(record: true);
        var terminal = _rig.Connect();
        _rig.Report(terminal, AlarmBits.AntennaCut);
        _rig.Clock.Advance(TimeSpan.FromHours(3));
        _rig.Report(terminal);
        await _rig.Journal.FlushAsync();
        Assert.Equal(30 + 300 + 60, Assert.Single(_rig.Locks.Active()) is var held ? (held.To - held.From).TotalSeconds : 0);
    }

    [Fact]
    public async Task Alarms_of_what_was_stored_meanwhile_are_events_of_their_own_time()
    {
        _rig.Approve(record: true);
        var terminal = _rig.Connect();
        var now = _rig.Now;
        var nowUs = _rig.Ring.ToUtcUs(_rig.Clock.BoottimeUs);
        _rig.Report(terminal, AlarmBits.Emergency, now.AddMinutes(-10), LocationOrigin.Blind);
        _rig.Report(terminal, AlarmBits.Emergency, now.AddMinutes(-9), LocationOrigin.Blind);
        _rig.Report(terminal);
        await _rig.Journal.FlushAsync();
        var row = Assert.Single(_rig.Events.List(10, null, null, null, null, null));
        Assert.InRange(row.FromUtcUs - (nowUs - 600_000_000), -1_000_000, 0);
        Assert.InRange(row.ToUtcUs!.Value - (nowUs - 540_000_000), -1_000_000, 0);
    }

    [Fact]
    public void A_clock_that_runs_is_offered_to_the_box_and_one_report_is_no_clock()
    {
        _rig.Approve();
        var terminal = _rig.Connect();
        _rig.Report(terminal);
        Assert.Empty(_rig.Suggested);
        _rig.Clock.Advance(TimeSpan.FromSeconds(10));
        _rig.Report(terminal);
        Assert.Equal((ClockQuality.Gps, DeviceRig.Sim), Assert.Single(_rig.Suggested) is var s ? (s.Quality, s.Source) : default);
        _rig.Clock.Advance(TimeSpan.FromSeconds(10));
        _rig.Report(terminal, time: _rig.Now.AddSeconds(60));
        Assert.Single(_rig.Suggested);
    }

    [Fact]
    public async Task Passengers_are_an_event()
    {
        _rig.Approve();
        var now = _rig.Now;
        _rig.Terminals.Passengers(_rig.Connect(), new PassengerFlow(now.AddMinutes(-10), now, 12, 7));
        await _rig.Journal.FlushAsync();
        var row = Assert.Single(_rig.Events.List(10, null, null, null, null, null));
        Assert.Equal(("passengers", """{"boarded":12,"left":7}"""), (row.Kind, row.DetailJson));
        Assert.Empty(_rig.Locks.Active());
    }

    [Fact]
    public async Task When_it_was_seen_is_noted_when_it_comes_and_when_it_goes()
    {
        _rig.Approve();
        var terminal = _rig.Connect();
        _rig.Time.Advance(TimeSpan.FromMinutes(7));
        _rig.Terminals.Gone(terminal, "closed");
        await _rig.Journal.FlushAsync();
        Assert.Equal(_rig.Time.GetUtcNow(), _rig.Device.LastSeen);
        Assert.Null(_rig.Protocol.Presence(_rig.Device));
    }

    [Fact]
    public async Task A_connection_that_another_has_replaced_does_not_take_it_away()
    {
        _rig.Approve();
        var (first, second) = (_rig.Connect(), _rig.Connect());
        _rig.Terminals.Gone(first, "replaced");
        Assert.NotNull(_rig.Protocol.Presence(_rig.Device));
        _rig.Terminals.Gone(second, "closed");
        Assert.Null(_rig.Protocol.Presence(_rig.Device));
        await _rig.Journal.FlushAsync();
    }

    [Fact]
    public async Task PTZ_goes_to_the_terminal_as_JT1078_has_it()
    {
        var channel = _rig.Approve();
        var terminal = _rig.Connect();
        foreach (var action in Enum.GetValues<PtzAction>().Where(action => action <= PtzAction.LightOff))
            await _rig.Protocol.MoveAsync(_rig.Device, channel.DeviceChannel!, new PtzMove(action, 200), CancellationToken.None);
        Assert.Equal(
        [
            new T9301Turn(1, PtzDirection.Stop, 0), new T9301Turn(1, PtzDirection.Up, 200), new T9301Turn(1, PtzDirection.Down, 200), new T9301Turn(1, PtzDirection.Left, 200), new T9301Turn(1, PtzDirection.Right, 200),
            new T9306Zoom(1, false), new T9306Zoom(1, true), new T9302Focus(1, false), new T9302Focus(1, true), new T9303Iris(1, false), new T9303Iris(1, true),
            new T9304Wiper(1, true), new T9304Wiper(1, false), new T9305InfraredLight(1, true), new T9305InfraredLight(1, false),
        ], terminal.Asked);
        foreach (var action in Enum.GetValues<PtzAction>().Where(action => action > PtzAction.LightOff))
            Assert.Equal(DeviceFault.Unsupported, (await Assert.ThrowsAsync<DeviceException>(() => _rig.Protocol.MoveAsync(_rig.Device, "1", new(action, 1), CancellationToken.None))).Fault);
        terminal.Answer = _ => GeneralResult.NotSupported;
        Assert.Equal(DeviceFault.Refused, (await Assert.ThrowsAsync<DeviceException>(() => _rig.Protocol.MoveAsync(_rig.Device, "1", new(PtzAction.Stop, 0), CancellationToken.None))).Fault);
        _rig.Terminals.Gone(terminal, "closed");
        Assert.Equal(DeviceFault.NotConnected, (await Assert.ThrowsAsync<DeviceException>(() => _rig.Protocol.MoveAsync(_rig.Device, "1", new(PtzAction.Stop, 0), CancellationToken.None))).Fault);
    }

    private static AvAttributes Attributes(byte channels) => new()
    {
        AudioCodec = 6, AudioChannels = 1, SampleRateHz = 8000, SampleBits = 16, AudioFrameLength = 320, HasAudioOutput = false, VideoCodec = 98, MostAudioChannels = channels, MostVideoChannels = channels,
    };
}
