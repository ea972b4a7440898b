using EdgeRecorder.Panel;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Health;

namespace EdgeRecorder.Tests.Panel;

public sealed class LightTests
{
    [Theory]
    // fault, recording, armed, off: in this order
    [InlineData(false, "", "off", "off", "off")]
    [InlineData(false, "A", "slow-blink", "slow-blink", "slow-blink")]
    [InlineData(false, "R", "on", "off", "on")]
    [InlineData(false, "RA", "on", "slow-blink", "on")]
    [InlineData(false, "RF", "fast-blink", "on", "on")]
    [InlineData(false, "F", "fast-blink", "on", "off")]
    [InlineData(true, "", "fast-blink", "on", "off")]
    [InlineData(true, "RA", "fast-blink", "on", "on")]
    public void The_worst_is_shown_but_recording_goes_before_waiting(bool volumeFault, string channels, string record, string fault, string network)
    {
        var lights = channels.Select((c, i) => (Number: i + 1, Light: c switch { 'A' => ChannelLight.Armed, 'R' => ChannelLight.Recording, _ => ChannelLight.Fault })).ToDictionary(c => c.Number, c => c.Light);
        var condition = new BoxCondition(volumeFault || channels.Contains('F', StringComparison.Ordinal), false, channels.Contains('R', StringComparison.Ordinal), lights);
        Assert.Equal((record, fault, network), (condition.RecordLed(false).Name, condition.FaultLed.Name, condition.NetworkLed.Name));
    }

    [Fact]
    public void A_clip_shows_as_a_dark_pulse_or_blinks_where_the_owner_wants_that()
    {
        var condition = new BoxCondition(false, Clip: true, true, new Dictionary<int, ChannelLight> { [1] = ChannelLight.Recording });
        Assert.Equal(("dark-pulse", "blink"), (condition.RecordLed(false).Name, condition.RecordLed(true).Name));
        Assert.Equal("fast-blink", (condition with { Fault = true }).RecordLed(false).Name);
    }

    [Fact]
    public async Task A_clip_that_is_being_cut_is_seen_whoever_asked_for_it()
    {
        using var rig = new PanelRig();
        rig.Say(1, ChannelState.Recording);
        var clip = rig.Start(1, "clip");
        Assert.Equal("dark-pulse", rig.Shows("REC_LED"));
        await rig.Desk.StopAsync(clip.Id, TimeSpan.FromSeconds(20));
        Assert.Equal("off", rig.Shows("REC_LED"));
    }

    [Fact]
    public void Lights_follow_what_becomes_of_each_channel()
    {
        using var rig = new PanelRig();
        Assert.Equal(("off", "off", "off"), (rig.Shows("REC_LED"), rig.Shows("CH1_LED"), rig.Shows("NET_LED")));
        rig.Press(0.2);                                     // both are wanted, neither delivers
        Assert.Equal(("slow-blink", "slow-blink", "slow-blink"), (rig.Shows("REC_LED"), rig.Shows("CH1_LED"), rig.Shows("NET_LED")));
        rig.Say(1, ChannelState.Recording);
        Assert.Equal(("on", "on", "slow-blink", "on", "slow-blink"), (rig.Shows("REC_LED"), rig.Shows("CH1_LED"), rig.Shows("CH2_LED"), rig.Shows("NET_LED"), rig.Shows("FAULT_LED")));
        rig.Say(2, ChannelState.Refused);
        Assert.Equal(("fast-blink", "on", "fast-blink", "on"), (rig.Shows("REC_LED"), rig.Shows("CH1_LED"), rig.Shows("CH2_LED"), rig.Shows("FAULT_LED")));
        rig.Say(2, ChannelState.Recording);
        rig.Engine.VolumeFault = "I/O error";
        Assert.Equal(("fast-blink", "on"), (rig.Shows("REC_LED"), rig.Shows("FAULT_LED")));
    }

    [Fact]
    public void Heat_is_a_fault_that_goes_out_when_it_has_cooled()
    {
        using var rig = new PanelRig();
        using var sys = new FakeSys(rig.Sys);
        foreach (var (celsius, record, fault) in new[] { (60, "off", "off"), (107, "fast-blink", "on"), (80, "off", "off") })
        {
            sys.SetZone(celsius * 1000);
            rig.Health.Read();
            Assert.Equal((record, fault), (rig.Shows("REC_LED"), rig.Shows("FAULT_LED")));
        }
    }

    [Fact]
    public void A_channel_that_only_a_viewer_wants_lights_nothing_but_the_network()
    {
        using var rig = new PanelRig();
        rig.Say(1, ChannelState.Live);
        Assert.Equal(("off", "off", "on"), (rig.Shows("REC_LED"), rig.Shows("CH1_LED"), rig.Shows("NET_LED")));
    }

    [Fact]
    public void Patterns_are_what_they_are_called()
    {
        using var rig = new PanelRig();
        rig.Press(0.2);
        rig.Run(2);
        Assert.Equal([1, 1, 1, 1], rig.Watch("REC_LED", 8).Select(lit => lit.For).Where(length => length > 0.9).Select(length => Math.Round(length)));
        rig.Engine.VolumeFault = "I/O error";
        rig.Panel.Refresh();
        var fast = rig.Watch("REC_LED", 1.9);
        Assert.Equal(8, fast.Count);
        Assert.All(fast, lit => Assert.Equal(0.125, lit.For, 3));
    }

    [Fact]
    public void A_dark_pulse_comes_every_two_seconds()
    {
        var (time, lines) = (new EdgeRecorder.Tests.Recording.ManualTime(), new FakeLines());
        using var led = new Blinker(lines.Output("REC_LED")!, time);
        led.Show(LedPattern.DarkPulse);
        List<double> dark = [];
        for (var i = 0; i < 400; i++)
        {
            if (!lines.Lit("REC_LED"))
                dark.Add(time.GetElapsedTime(0).TotalSeconds);
            time.Advance(TimeSpan.FromMilliseconds(25));
        }
        Assert.Equal([1.85, 3.85, 5.85, 7.85, 9.85], dark.Chunk(6).Select(pulse => Math.Round(pulse[0], 3)));
    }

    [Fact]
    public void A_flash_shows_on_a_light_that_is_on_and_gives_it_back()
    {
        var (time, lines) = (new EdgeRecorder.Tests.Recording.ManualTime(), new FakeLines());
        using var led = new Blinker(lines.Output("REC_LED")!, time);
        led.Show(LedPattern.On);
        led.Flash(3);
        var flashes = 0;
        for (var (i, was) = (0, lines.Lit("REC_LED")); i < 80; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(25));
            flashes += !was && lines.Lit("REC_LED") ? 1 : 0;
            was = lines.Lit("REC_LED");
        }
        Assert.Equal(4, flashes);                           // three, and on again
        Assert.Equal(("on", true), (led.Pattern, led.IsLit));
    }

    [Fact]
    public void A_line_that_is_not_there_is_left_alone()
    {
        using var rig = new PanelRig(before: lines => lines.Names.RemoveWhere(name => name is not "FAULT_LED"));
        rig.Engine.VolumeFault = "I/O error";
        rig.Panel.Refresh();
        Assert.True(rig.Lines.Lit("FAULT_LED"));
        Assert.Equal("FAULT_LED", Assert.Single(rig.State.All).Line);
        Assert.Null(rig.State.Ignition);
    }

    [Fact]
    public void A_fault_that_begins_is_heard_once()
    {
        using var rig = new PanelRig();
        rig.Engine.VolumeFault = "I/O error";
        rig.Panel.Refresh();
        Assert.Equal(3, rig.Watch("BUZZER", 3).Count);
        rig.Panel.Refresh();
        Assert.Empty(rig.Watch("BUZZER", 3));
    }

    [Theory]
    [InlineData("CH*_LED", "CH12_LED", 12)]
    [InlineData("CH*_LED", "CH_LED", null)]
    [InlineData("CH*_LED", "CH0_LED", null)]
    [InlineData("CH*_LED", "CHx_LED", null)]
    [InlineData("ALARM_IN*", "ALARM_IN1", 1)]
    [InlineData("ALARM_IN*", "ALARM_OUT1", null)]
    [InlineData("ALARM_IN1", "ALARM_IN1", null)]
    [InlineData("A*A", "A", null)]
    public void The_star_of_a_name_is_a_number(string pattern, string line, int? number) => Assert.Equal(number, PanelNames.Number(pattern, line));
}
