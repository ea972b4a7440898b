using EdgeRecorder.Devices;
using EdgeRecorder.Jt808;

namespace EdgeRecorder.Tests.Devices;

public sealed class AlarmTests
{
    private static readonly LocationReport Quiet = new() { Alarms = 0, Status = 3, LatitudeE6 = 31_230_416, LongitudeE6 = 121_473_701, AltitudeM = 12, SpeedTenthsKmh = 305, Direction = 90, Time = null, Others = [] };

    [Fact]
    public void Bits_of_the_alarm_word_are_named()
    {
        Assert.Equal(["emergency", "overspeed", "illegal-door"], Kinds(Quiet with { Alarms = (uint)(AlarmBits.Emergency | AlarmBits.Overspeed | AlarmBits.IllegalDoor) }));
        Assert.Equal(["camera-fault", "collision", "rollover"], Kinds(Quiet with { Alarms = (uint)(AlarmBits.CameraFault | AlarmBits.Collision | AlarmBits.Rollover) }));
        Assert.Empty(Kinds(Quiet));
    }

    [Fact]
    public void Lost_and_occluded_pictures_are_their_channels_where_the_terminal_says_which()
    {
        // Vector J26: bits 0 and 1; channels 1 and 3 lost, channel 2 occluded.
        HashSet<Alarm> standing = [];
        AlarmKinds.Of(Quiet with { VideoAlarms = 3, SignalLossChannels = 5, OcclusionChannels = 2 }, standing);
        Assert.Equal([new("video-signal-lost", "1"), new("video-signal-lost", "3"), new("video-occluded", "2")], standing);
        Assert.Equal(["video-signal-lost"], Kinds(Quiet with { VideoAlarms = 1 }));
        Assert.Empty(Kinds(Quiet with { SignalLossChannels = 5 }));
    }

    [Fact]
    public void A_resource_names_the_alarms_of_both_halves_of_its_64_bits()
        => Assert.Equal(["fatigue", "video-signal-lost"], AlarmKinds.Of(1UL << 32 | 4));

    [Fact]
    public void An_alarm_begins_when_it_is_first_reported_and_ends_when_it_no_longer_is()
    {
        var tracker = new AlarmTracker();
        Assert.Equal("+overspeed", Step(tracker, AlarmBits.Overspeed));
        Assert.Equal("", Step(tracker, AlarmBits.Overspeed));
        Assert.Equal("+fatigue -overspeed", Step(tracker, AlarmBits.Fatigue));
        Assert.Equal("-fatigue", Step(tracker, AlarmBits.None));
        Assert.Empty(tracker.Lasting);
    }

    private static string Step(AlarmTracker tracker, AlarmBits bits)
    {
        AlarmKinds.Of(Quiet with { Alarms = (uint)bits }, tracker.Standing);
        var (began, ended) = tracker.Compare();
        return string.Join(' ', began.Select(a => $"+{a.Kind}").Concat(ended.Select(a => $"-{a.Kind}")));
    }

    private static List<string> Kinds(LocationReport report)
    {
        HashSet<Alarm> standing = [];
        AlarmKinds.Of(report, standing);
        return [.. standing.Select(a => a.Kind)];
    }
}
