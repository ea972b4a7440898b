using EdgeRecorder.MpegPs;

namespace EdgeRecorder.Tests.MpegPs;

public sealed class DecodingTimesTests
{
    [Theory]
    [InlineData("0 1 2 3 4 5 6 7", "")]                     // none is ahead
    [InlineData("0 3 1 2 6 4 5 9 7 8 10 13 11 12", "3 6 9 13")]
    [InlineData("0 2 1 4 3 6 5", "2 4 6")]
    [InlineData("0 4 2 1 3 8 6 5 7 9 10", "4 2 8 6")]       // B pictures that others refer to
    [InlineData("0 1 2 5 6 7 8", "5")]                      // two were lost
    [InlineData("0 3 1 2 6 4 5 8 12 10 11 15 13 14", "3 6 8 12 15")]
    public void A_picture_that_is_shown_after_later_ones_has_a_decoding_time_of_its_own(string order, string ahead)
    {
        var times = new DecodingTimes();
        var shown = order.Split(' ').Select(number => 90_000 + long.Parse(number, System.Globalization.CultureInfo.InvariantCulture) * 3600).ToList();
        var decoded = shown.Select(times.Next).ToList();
        for (var i = 0; i < shown.Count; i++)
        {
            Assert.True(i == 0 || decoded[i] > decoded[i - 1], $"{order}: at {i}");
            Assert.All(shown.Skip(i), later => Assert.True(decoded[i] <= later, $"{order}: at {i}"));
        }
        Assert.Equal(ahead, string.Join(' ', shown.Where((pts, i) => decoded[i] != pts).Select(pts => (pts - 90_000) / 3600)));
    }

    [Fact]
    public void A_slow_stream_shows_what_its_step_is_with_its_third_picture()
    {
        var times = new DecodingTimes();
        Assert.Equal([0, 1800, 22_500, 33_750, 45_000], new long[] { 0, 11_250, 22_500, 33_750, 45_000 }.Select(times.Next));
    }

    [Fact]
    public void A_source_that_begins_anew_is_followed()
    {
        var times = new DecodingTimes();
        Assert.Equal([5_000_000, 5_003_600, 100, 3700, 9_000_000, 9_003_600], new long[] { 5_000_000, 5_003_600, 100, 3700, 9_000_000, 9_003_600 }.Select(times.Next));
    }
}
