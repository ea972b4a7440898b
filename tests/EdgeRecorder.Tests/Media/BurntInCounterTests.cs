using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Media;

public sealed class BurntInCounterTests
{
    [Theory]
    [InlineData(BurntInCounter.Clip)]
    [InlineData(BurntInCounter.LargeClip)]
    public async Task Every_picture_of_the_clip_shows_its_number(string clip)
        => Assert.Equal(Enumerable.Range(0, BurntInCounter.Count), await BurntInCounter.ReadAsync(await Clips.FindAsync(clip)));

    [Fact]
    public async Task A_picture_without_a_number_is_told_from_one_with_zero()
        => await Assert.ThrowsAsync<InvalidDataException>(async () => await BurntInCounter.ReadAsync(await Clips.FindAsync("small.h264")));

    [Fact]
    public void A_missing_and_a_doubled_picture_end_a_stretch()
        => Assert.Equal([(2248, 3), (2, 2), (3, 1)], BurntInCounter.Stretches([2248, 2249, 0, 2, 3, 3]));
}
