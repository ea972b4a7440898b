using EdgeRecorder.Simulators.GbDevice;
using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Tests.Simulators.GbDevice;

public sealed class FootageTests
{
    private static readonly DateTime _eight = new(2026, 11, 20, 8, 0, 0), _nine = _eight.AddHours(1);

    [Fact]
    public void Stretches_are_cut_into_items_the_last_of_which_is_shorter()
    {
        var footage = new Footage([(_eight, _eight.AddSeconds(1500))], 600);
        Assert.Equal([600, 600, 300], footage.Items.Select(i => (i.End - i.Start).TotalSeconds));
        Assert.Equal(["time", "time", "alarm"], footage.Items.Select(i => i.Type));
    }

    [Fact]
    public void A_playback_begins_within_an_item_and_passes_over_what_is_not_there()
    {
        var footage = new Footage([(_eight, _eight.AddSeconds(600)), (_nine, _nine.AddSeconds(600))], 600);
        var from = _eight.AddSeconds(590);
        Assert.Equal([new FootageRun(-590, 590, 600), new FootageRun(3010, 0, 20)], footage.Runs(from, from, _nine.AddSeconds(20)));
        Assert.Empty(footage.Runs(from, _eight.AddSeconds(600), _nine));
    }
}
