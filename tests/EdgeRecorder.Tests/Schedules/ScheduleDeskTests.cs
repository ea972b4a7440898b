using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Tests.Schedules;

public sealed class ScheduleDeskTests
{
    private const int At2220 = 22 * 60 + 20, At2230 = 22 * 60 + 30, At2200 = 22 * 60;
    private static readonly TimeSpan ToWindow = TimeSpan.FromSeconds(6 * 60 + 40);

    [Fact]
    public async Task A_channel_records_while_a_window_is_open()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2220, At2230, channels: 2));
        Assert.Empty(rig.Running);
        await rig.RunAsync(ToWindow - TimeSpan.FromMilliseconds(1));
        Assert.Empty(rig.Running);
        await rig.RunAsync(TimeSpan.FromMilliseconds(1));
        var recording = Assert.Single(rig.Running);
        Assert.Equal([2], recording.Channels);
        Assert.Equal(("record", "a schedule"), (recording.Kind, recording.By));
        Assert.True(rig.Engine.Applied[2]);
        Assert.False(rig.Engine.Applied[1] || rig.Engine.PreRoll[2]);
        await rig.RunAsync(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.True(rig.Engine.Applied[2]);
        await rig.RunAsync(TimeSpan.FromMilliseconds(1));
        Assert.Empty(rig.Running);
        Assert.False(rig.Engine.Applied[2]);
    }

    [Fact]
    public async Task A_change_counts_when_it_is_answered()
    {
        await using var rig = await ScheduleRig.StartAsync();
        var row = ScheduleRig.Row(At2200, At2230);
        await rig.Desk.PutAsync(row);
        Assert.True(rig.Desk.IsActive(row));
        Assert.Equal([1, 2], rig.Running.SelectMany(r => r.Channels).Order());
        await rig.Desk.PutAsync(row with { Channels = [1] });
        Assert.Equal([1], rig.Running.SelectMany(r => r.Channels));
        await rig.Desk.PutAsync(row with { Channels = [1], Enabled = false });
        Assert.Empty(rig.Running);
        await rig.Desk.PutAsync(row with { Mode = ScheduleMode.Event });
        Assert.True(rig.Engine.Applied[1] && rig.Engine.PreRoll[1]);
        await rig.Desk.PutAsync(row);
        Assert.True(rig.Engine.Applied[1] && !rig.Engine.PreRoll[1]);
        Assert.True(await rig.Desk.RemoveAsync(row.Id));
        Assert.False(await rig.Desk.RemoveAsync(row.Id));
        Assert.False(rig.Engine.Applied[1]);
    }

    [Fact]
    public async Task A_schedule_of_all_channels_takes_those_that_come_and_lets_go_of_those_that_leave()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2230));
        var hall = rig.Add("hall");
        await rig.SettledAsync();
        Assert.True(rig.Engine.Applied[hall.Number]);
        rig.Catalog.Remove(hall);
        rig.Recordings.Removed(hall);
        await rig.SettledAsync();
        Assert.Equal([1, 2], rig.Running.SelectMany(r => r.Channels).Order());
    }

    [Fact]
    public async Task A_restart_goes_on_with_what_ran_and_ends_what_is_over()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2230, channels: 1));
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2220, channels: 2));
        var before = Assert.Single(rig.Running, r => r.Channels[0] == 1);
        await rig.RestartAsync(ToWindow);
        Assert.Equal(before.Id, Assert.Single(rig.Running).Id);
        await rig.RestartAsync(TimeSpan.FromMinutes(10));
        Assert.Empty(rig.Running);
        Assert.Equal(2, rig.Desk.All().Count);
    }

    [Fact]
    public async Task A_channel_that_passes_from_one_schedule_to_the_next_is_not_let_go_of()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2220, channels: 1));
        await rig.Desk.PutAsync(ScheduleRig.Row(At2220, At2230, ScheduleMode.Event, 1));
        rig.Engine.History.Clear();
        await rig.RunAsync(ToWindow);
        Assert.Equal("pre-roll", Assert.Single(rig.Running).Kind);
        Assert.NotEmpty(rig.Engine.History);
        Assert.All(rig.Engine.History, applied => Assert.True(applied.Record));
    }

    [Fact]
    public async Task A_box_that_does_not_know_the_time_records_what_any_schedule_names_and_keeps_it()
    {
        await using var rig = await ScheduleRig.StartAsync();
        (rig.Engine.ClockQuality, var offset) = (ClockQuality.Unset, rig.Engine.UtcOffsetUs);
        rig.Engine.UtcOffsetUs = 0;                         // 1970
        var row = ScheduleRig.Row(At2220, At2230, ScheduleMode.Event, 1);
        await rig.Desk.PutAsync(row);
        Assert.True(rig.Desk.IsActive(row));
        Assert.Equal("record", Assert.Single(rig.Running).Kind);
        (rig.Engine.ClockQuality, rig.Engine.UtcOffsetUs) = (ClockQuality.Gps, offset);
        await rig.RunAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(rig.Running);
        await rig.RunAsync(ToWindow);
        Assert.Equal("pre-roll", Assert.Single(rig.Running).Kind);
    }

    [Fact]
    public async Task A_clock_that_is_set_is_noticed_within_a_minute()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2220, At2230, channels: 1));
        rig.Engine.UtcOffsetUs += 8 * 60_000_000L;
        await rig.RunAsync(TimeSpan.FromMinutes(1));
        Assert.Single(rig.Running);
        rig.Engine.UtcOffsetUs -= 8 * 60_000_000L;
        await rig.RunAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(rig.Running);
    }

    [Fact]
    public async Task Pre_roll_is_wanted_footage_while_somebody_else_wants_the_channel_too()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2230, ScheduleMode.Event, 1));
        Assert.True(rig.Engine.PreRoll[1]);
        var other = rig.Recordings.Start(new RecordingWish { Owner = "cdvr", Channels = [1], By = "somebody" }, out _);
        Assert.False(rig.Engine.PreRoll[1]);
        await rig.Recordings.StopAsync(other.Id, TimeSpan.FromSeconds(20));
        Assert.True(rig.Engine.Applied[1] && rig.Engine.PreRoll[1]);
    }

    [Fact]
    public async Task An_event_is_locked_with_what_was_before_and_comes_after_it()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2230, ScheduleMode.Event, 2));
        var e = rig.Events.Begin(null, null, "alarm-input", rig.At);
        await rig.SettledAsync();
        Assert.Equal([(2, -20.0, 40.0, "event: alarm-input")], rig.AllLocks);
        await rig.RunAsync(TimeSpan.FromSeconds(100));      // looked at at 22:14 and 22:15
        Assert.Equal([(2, -120.0, 40.0, "event: alarm-input")], rig.AllLocks);
        await rig.RunAsync(TimeSpan.FromSeconds(10));
        rig.Events.End(e, rig.At);
        await rig.SettledAsync();
        Assert.Equal([(2, -130.0, 40.0, "event: alarm-input")], rig.AllLocks);
        await rig.RunAsync(TimeSpan.FromMinutes(3));
        Assert.Equal([(2, -310.0, -140.0, "event: alarm-input")], rig.AllLocks);
    }

    [Fact]
    public async Task Events_of_other_channels_other_kinds_and_outside_the_window_lock_nothing()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2220, ScheduleMode.Event, 2) with { Kinds = ["button", "collision"] });
        rig.Events.Begin(null, 1, "collision", rig.At);
        rig.Events.Begin(7, null, "collision", rig.At);     // a device that has neither channel
        rig.Events.Begin(null, 2, "overspeed", rig.At);
        await rig.SettledAsync();
        Assert.Empty(rig.AllLocks);
        rig.Events.Begin(null, 2, "collision", rig.At);
        await rig.SettledAsync();
        Assert.Single(rig.AllLocks);
        await rig.RunAsync(ToWindow + TimeSpan.FromMinutes(2));
        var locked = rig.AllLocks.ToList();
        rig.Events.Begin(null, null, "button", rig.At);
        await rig.SettledAsync();
        Assert.Equal(locked, rig.AllLocks);
    }

    [Fact]
    public async Task An_ignition_that_is_off_is_no_event_unless_a_schedule_names_it()
    {
        await using var rig = await ScheduleRig.StartAsync();
        var row = ScheduleRig.Row(At2200, At2230, ScheduleMode.Event, 1);
        await rig.Desk.PutAsync(row);
        rig.Events.Begin(null, null, "ignition-off", rig.At);
        await rig.SettledAsync();
        Assert.Empty(rig.AllLocks);
        await rig.Desk.PutAsync(row with { Kinds = ["ignition-off"] });
        await rig.RunAsync(TimeSpan.FromMinutes(1));        // it lasts
        Assert.Single(rig.AllLocks);
    }

    [Fact]
    public async Task An_alarm_that_stands_on_is_locked_for_an_hour()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(0, 1440, ScheduleMode.Event, 1));
        rig.Events.Begin(null, 1, "display-fault", rig.At);
        await rig.RunAsync(TimeSpan.FromHours(3));
        var (_, from, to, _) = Assert.Single(rig.AllLocks);
        Assert.InRange(to - from, 3600 - 60 + 60, 3600 + 60);
    }

    [Fact]
    public async Task What_the_pool_refuses_is_tried_again_after_the_oldest_event_was_let_go_of()
    {
        await using var rig = await ScheduleRig.StartAsync();
        await rig.Desk.PutAsync(ScheduleRig.Row(At2200, At2230, ScheduleMode.Event, 1));
        rig.Events.End(rig.Events.Begin(null, 1, "collision", rig.At), rig.At);
        await rig.RunAsync(TimeSpan.FromMinutes(2));
        var first = Assert.Single(rig.Locks.Active());
        rig.Engine.PinRefusal = "the event pool is full";
        var at = rig.At;
        rig.Events.End(rig.Events.Begin(null, 1, "button", at), at);
        await rig.SettledAsync();
        Assert.Equal([first.Id], rig.Locks.Active().Select(l => l.Id));
        rig.Engine.EventPoolUse = 1;
        await rig.RunAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(rig.Locks.Active());
        (rig.Engine.PinRefusal, rig.Engine.EventPoolUse) = (null, 0.5);
        await rig.RunAsync(TimeSpan.FromMinutes(1));
        var again = Assert.Single(rig.AllLocks);
        Assert.Equal(("event: button", 60.0), (again.Reason, again.To - again.From));
    }
}
