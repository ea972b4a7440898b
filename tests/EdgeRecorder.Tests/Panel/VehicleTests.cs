using EdgeRecorder.Panel;

namespace EdgeRecorder.Tests.Panel;

/// <summary>Ignition, supply and alarm contacts.</summary>
public sealed class VehicleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void Ignition_off_syncs_at_once_and_switches_the_box_off_behind_the_delay()
    {
        using var rig = new PanelRig();
        rig.Lines.Set("ACC", false, rig.Now);
        Assert.Equal((1, 0), (rig.Engine.Syncs, rig.System.PoweredOff));
        Assert.Equal((IgnitionState.Off, rig.Time.GetUtcNow() + Minute), (rig.State.Ignition!.Value, rig.State.LeavesAt!.Value));
        rig.Run(59.9);
        Assert.Equal(0, rig.System.PoweredOff);
        rig.Run(0.2);
        Assert.Equal((2, 1), (rig.Engine.Syncs, rig.System.PoweredOff));
        Assert.Equal(IgnitionState.Leaving, rig.State.Ignition);
        Assert.Equal([("ignition-off", (TimeSpan?)null)], rig.AllEvents.Select(e => (e.Kind, e.For)));
    }

    [Fact]
    public void Ignition_that_comes_back_within_the_delay_leaves_everything_as_it_was_and_wakes_the_sources()
    {
        using var rig = new PanelRig();
        var off = rig.Now;
        rig.Lines.Set("ACC", false, off);
        rig.Run(30);
        rig.Lines.Set("ACC", true, rig.Now);
        rig.Run(120);
        Assert.Equal(0, rig.System.PoweredOff);
        Assert.Equal([1, 2], rig.Engine.Retried);
        Assert.Equal([("ignition-off", off, TimeSpan.FromSeconds(30))], rig.AllEvents);
        rig.Lines.Set("ACC", false, rig.Now);              // a new off begins a new delay
        rig.Run(61);
        Assert.Equal(1, rig.System.PoweredOff);
    }

    [Fact]
    public void A_box_that_starts_with_the_ignition_off_leaves_too()
    {
        using var rig = new PanelRig(before: lines => lines.Active.Remove("ACC"));
        Assert.Equal(IgnitionState.Off, rig.State.Ignition);
        rig.Run(61);
        Assert.Equal(1, rig.System.PoweredOff);
    }

    [Fact]
    public void A_system_that_will_not_switch_off_goes_on_recording_and_is_not_asked_again_before_the_ignition_was_on()
    {
        using var rig = new PanelRig();
        rig.System.Refusal = "Access denied";
        rig.Lines.Set("ACC", false, rig.Now);
        rig.Run(200);
        Assert.Equal((1, IgnitionState.Off), (rig.System.PoweredOff, rig.State.Ignition));
        Assert.Null(rig.State.LeavesAt);
        rig.Lines.Set("ACC", true, rig.Now);
        rig.Lines.Set("ACC", false, rig.Now);
        rig.Run(61);
        Assert.Equal(2, rig.System.PoweredOff);
    }

    [Fact]
    public void Where_the_owner_says_so_the_ignition_only_syncs()
    {
        using var rig = new PanelRig(options => options.PowerOff = false);
        rig.Lines.Set("ACC", false, rig.Now);
        rig.Run(300);
        Assert.Equal((1, 0), (rig.Engine.Syncs, rig.System.PoweredOff));
        Assert.Null(rig.State.LeavesAt);
    }

    [Fact]
    public void A_failing_supply_syncs_before_anything_that_waits_and_puts_the_lights_out()
    {
        using var rig = new PanelRig();
        rig.Engine.VolumeFault = "I/O error";
        rig.Panel.Refresh();
        rig.Holds = true;                                   // a ledger that takes its time
        var at = rig.Now;
        rig.Lines.Set("POWER_FAIL", true, at);
        Assert.Equal(1, rig.Engine.Syncs);
        Assert.Empty(rig.Watch("REC_LED", 3).Concat(rig.Watch("FAULT_LED", 3)).Concat(rig.Watch("BUZZER", 3)));
        rig.Release();
        Assert.Equal([("power-fail", at, TimeSpan.Zero)], rig.AllEvents);
        rig.Lines.Set("POWER_FAIL", false, rig.Now);
        Assert.True(rig.Lines.Lit("FAULT_LED"));
        Assert.Equal(1, rig.Engine.Syncs);
    }

    [Fact]
    public void An_alarm_input_is_an_event_with_the_footage_around_it_locked()
    {
        using var rig = new PanelRig();
        rig.Press(0.2);
        rig.Run(60);
        var at = rig.Now;
        rig.Lines.Set("ALARM_IN1", true, at);
        Assert.Equal(1, rig.Engine.Syncs);
        Assert.Equal([(1, at - TimeSpan.FromSeconds(30), at + Minute), (2, at - TimeSpan.FromSeconds(30), at + Minute)], rig.AllLocks.Select(l => (l.Channel, l.From, l.To)));
        rig.Run(20);
        rig.Lines.Set("ALARM_IN1", false, rig.Now);
        Assert.Equal([("alarm-input", at, TimeSpan.FromSeconds(20))], rig.AllEvents);
        Assert.All(rig.AllLocks, l => Assert.Equal((at + TimeSpan.FromSeconds(80), "panel: alarm-input"), (l.To, l.Reason)));
        Assert.Contains("ALARM_IN1", Assert.Single(rig.Events.List(1, null, null, null, null, null)).DetailJson, StringComparison.Ordinal);
    }

    [Fact]
    public void Alarms_that_follow_each_other_share_a_lock_and_one_that_stands_on_locks_so_much_and_no_more()
    {
        using var rig = new PanelRig(options => options.AlarmLongestSeconds = 120);
        rig.Press(0.2);
        rig.Run(60);
        var at = rig.Now;
        rig.Lines.Set("ALARM_IN1", true, at);
        rig.Run(30);
        rig.Lines.Set("ALARM_IN2", true, rig.Now);
        Assert.Equal(2, rig.AllLocks.Count());
        rig.Lines.Set("ALARM_IN2", false, rig.Now);
        rig.Run(600);
        rig.Lines.Set("ALARM_IN1", false, rig.Now);
        Assert.Equal([at + TimeSpan.FromSeconds(180), at + TimeSpan.FromSeconds(180)], rig.AllLocks.Select(l => l.To));
    }

    [Fact]
    public void A_contact_that_is_closed_at_start_is_an_alarm()
    {
        using var rig = new PanelRig(before: lines => lines.Active.Add("ALARM_IN2"));
        Assert.Equal("alarm-input", Assert.Single(rig.AllEvents).Kind);
    }

    [Fact]
    public void An_alarm_input_closes_the_output_of_its_number_where_the_owner_says_so()
    {
        using var rig = new PanelRig(options => options.AlarmOutputSeconds = 5);
        rig.Lines.Set("ALARM_IN2", true, rig.Now);
        Assert.Equal((false, true), (rig.Lines.Lit("ALARM_OUT1"), rig.Lines.Lit("ALARM_OUT2")));
        rig.Run(5.1);
        Assert.False(rig.Lines.Lit("ALARM_OUT2"));
    }

    [Fact]
    public void An_output_is_switched_for_a_time_or_for_good()
    {
        using var rig = new PanelRig();
        Assert.True(rig.Panel.Switch("ALARM_OUT1", true, TimeSpan.FromSeconds(3)));
        Assert.True(rig.Panel.Switch("ALARM_OUT2", true, null));
        rig.Run(60);
        Assert.Equal((false, true), (rig.Lines.Lit("ALARM_OUT1"), rig.Lines.Lit("ALARM_OUT2")));
        Assert.True(rig.Panel.Switch("ALARM_OUT2", false, null));
        Assert.False(rig.Lines.Lit("ALARM_OUT2") || rig.Panel.Switch("REC_LED", true, null) || rig.Panel.Switch("ALARM_OUT3", true, null));
    }

    [Fact]
    public void Contacts_are_debounced_and_a_failing_supply_hardly_is()
    {
        using var rig = new PanelRig();
        Assert.Equal((20, 20, 100, 1), (Ms("REC_BUTTON"), Ms("ALARM_IN1"), Ms("ACC"), Ms("POWER_FAIL")));
        double Ms(string line) => rig.Lines.Debounce[line].TotalMilliseconds;
    }
}
