using EdgeRecorder.Recording;

namespace EdgeRecorder.Tests.Panel;

public sealed class ButtonTests
{
    [Fact]
    public void A_short_press_starts_the_buttons_recording_and_the_next_one_stops_it()
    {
        using var rig = new PanelRig();
        rig.Press(0.2);
        var recording = Assert.Single(rig.Recordings.Open());
        Assert.Equal(("button", "panel"), (recording.Owner, recording.By));
        Assert.Equal([1, 2], recording.Channels);
        Assert.True(rig.State.Recording && rig.Engine.Applied[1]);
        rig.Press(0.2);
        Assert.Empty(rig.Recordings.Open());
        Assert.False(rig.State.Recording || rig.Engine.Applied[1]);
        Assert.Equal("off", rig.Shows("REC_LED"));
    }

    [Fact]
    public void It_records_the_channels_that_are_named_for_it()
    {
        using var rig = new PanelRig(options => options.Channels = ["yard"]);
        rig.Press(0.2);
        Assert.Equal([2], Assert.Single(rig.Recordings.Open()).Channels);
    }

    [Fact]
    public void Three_flashes_say_that_others_go_on_recording()
    {
        using var rig = new PanelRig();
        rig.Start(1);
        rig.Say(1, ChannelState.Recording);
        rig.Say(2, ChannelState.Recording);
        rig.Press(0.2);
        Assert.Equal("on", rig.Shows("REC_LED"));
        rig.Press(0.2);
        Assert.Equal("flash-3", rig.Shows("REC_LED"));
        Assert.Equal(4, rig.Watch("REC_LED", 3).Count);    // three, and on again
        Assert.Equal("box", Assert.Single(rig.Recordings.Open()).Owner);
    }

    [Fact]
    public void Nothing_happens_before_the_release()
    {
        using var rig = new PanelRig();
        rig.Lines.Set("REC_BUTTON", true, rig.Now);
        rig.Run(2.9);
        Assert.Empty(rig.Recordings.Open());
        rig.Lines.Set("REC_BUTTON", false, rig.Now);
        Assert.Single(rig.Recordings.Open());
    }

    [Fact]
    public void Each_threshold_is_announced_when_it_is_passed()
    {
        using var rig = new PanelRig();
        rig.Lines.Set("REC_BUTTON", true, rig.Now);
        Assert.Empty(rig.Watch("REC_LED", 2.9));
        Assert.Single(rig.Watch("REC_LED", 3));
        Assert.Empty(rig.Watch("REC_LED", 4));
        Assert.Equal(2, rig.Watch("REC_LED", 3).Count);
        Assert.Empty(rig.AllEvents);
        Assert.Equal(0, rig.System.Restored);
    }

    [Fact]
    public void Three_seconds_lock_the_last_sixty_and_mark_an_event()
    {
        using var rig = new PanelRig();
        rig.Press(0.2);
        rig.Engine.Syncs = 0;
        rig.Press(3.5);
        var now = rig.Now;
        Assert.Equal([("button", now, TimeSpan.Zero)], rig.AllEvents);
        Assert.Equal([(1, now - TimeSpan.FromSeconds(60), now, "panel: button"), (2, now - TimeSpan.FromSeconds(60), now, "panel: button")], rig.AllLocks);
        Assert.Equal(1, rig.Engine.Syncs);
        Assert.Single(rig.Recordings.Open());           // no short press before it, none after it
    }

    [Fact]
    public void A_channel_that_is_not_recorded_is_not_locked()
    {
        using var rig = new PanelRig();
        rig.Start(2);
        rig.Press(3.5);
        Assert.Equal([2], rig.AllLocks.Select(l => l.Channel));
    }

    [Fact]
    public void Footage_that_cannot_be_locked_shows_as_five_flashes()
    {
        using var rig = new PanelRig();
        rig.Press(0.2);
        rig.Engine.PinRefusal = "the event pool is full";
        rig.Press(3.5);
        Assert.Equal(("flash-5", "flash-5"), (rig.Shows("REC_LED"), rig.Shows("BUZZER")));
        Assert.Single(rig.AllEvents);
    }

    [Fact]
    public void Ten_seconds_restore_the_network_settings()
    {
        using var rig = new PanelRig();
        rig.Press(10.5);
        Assert.Equal((1, 0), (rig.System.Restored, rig.System.PoweredOff));
        Assert.Empty(rig.AllEvents);
        Assert.Empty(rig.Recordings.Open());
        rig.System.Refusal = "Unit not found";
        rig.Press(10.5);
        Assert.Equal("flash-5", rig.Shows("REC_LED"));
    }

    [Fact]
    public void A_button_that_is_held_for_twenty_seconds_is_no_press()
    {
        using var rig = new PanelRig();
        rig.Press(20.5);
        Assert.Equal(0, rig.System.Restored);
        Assert.Empty(rig.AllEvents);
        Assert.Empty(rig.Recordings.Open());
    }

    [Fact]
    public void A_button_that_is_down_at_start_was_not_pressed()
    {
        using var rig = new PanelRig(before: lines => lines.Active.Add("REC_BUTTON"));
        rig.Run(4);
        rig.Lines.Set("REC_BUTTON", false, rig.Now);
        Assert.Empty(rig.Recordings.Open());
        Assert.Empty(rig.AllEvents);
    }

    [Fact]
    public void A_press_whose_edges_were_lost_is_none()
    {
        using var rig = new PanelRig();
        rig.Lines.Set("REC_BUTTON", true, rig.Now);
        rig.Run(1);
        rig.Lines.Set("REC_BUTTON", false, rig.Now, isBroken: true);
        Assert.Empty(rig.Recordings.Open());
        rig.Press(0.2);
        Assert.Single(rig.Recordings.Open());
    }

    [Fact]
    public void How_long_a_press_was_is_what_the_kernel_dated_however_late_it_is_heard()
    {
        using var rig = new PanelRig();
        rig.Lines.Set("REC_BUTTON", true, rig.Now);
        var pressed = rig.Now;
        rig.Run(4);
        rig.Lines.Set("REC_BUTTON", false, pressed + TimeSpan.FromSeconds(1));
        Assert.Single(rig.Recordings.Open());
        Assert.Empty(rig.AllEvents);
    }

    [Fact]
    public void Without_channels_five_flashes_say_that_nothing_was_started()
    {
        using var rig = new PanelRig(options => options.Channels = ["none-of-that-name"]);
        rig.Press(0.2);
        Assert.Equal("flash-5", rig.Shows("REC_LED"));
        Assert.Empty(rig.Recordings.Open());
    }

    [Fact]
    public async Task A_press_without_a_hand_ends_with_what_it_led_to_and_a_cancelled_one_leads_to_nothing()
    {
        using var rig = new PanelRig();
        var press = rig.Panel.PressAsync(TimeSpan.FromSeconds(3.5), CancellationToken.None);
        rig.Run(3.6);
        await press.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal("button", Assert.Single(rig.AllEvents).Kind);
        using var stop = new CancellationTokenSource();
        var cancelled = rig.Panel.PressAsync(TimeSpan.FromSeconds(1), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Empty(rig.Recordings.Open());
    }
}
