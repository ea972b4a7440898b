using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Media;

public sealed class MediaTimelineTests
{
    private const ulong Epoch = 1_768_437_045_000;

    [Theory]
    [InlineData(0ul)]
    [InlineData(123_456ul)]
    [InlineData(Epoch)]
    [InlineData(1ul << 40)]
    [InlineData(ulong.MaxValue - 5_000)]                    // it wraps
    public void Stamps_of_any_origin_begin_at_0_and_keep_audio_beside_video(ulong start)
    {
        var line = new MediaTimeline();
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal(i * 40, line.Video(start + (ulong)(i * 40), i * 40_000L, false));
            Assert.Equal(i * 40 + 17, line.Audio(start + (ulong)(i * 40 + 17), i * 40_000L));
        }
    }

    [Fact]
    public void Audio_that_was_sent_ahead_of_its_picture_stays_where_it_belongs()
    {
        var line = new MediaTimeline();
        Assert.Equal(0, line.Audio(1_562_085_871_501, 1000));
        Assert.Equal(-97, line.Video(1_562_085_871_404, 1200, false));
    }

    [Theory]
    [InlineData(3_600_000)]
    [InlineData(-3_600_000)]
    [InlineData(-160)]
    [InlineData(-1_768_437_000_000)]
    public void A_clock_that_is_set_costs_neither_time_nor_lip_synchrony(long by)
    {
        var line = new MediaTimeline();
        long video = 0, audio = 0;
        for (var i = 0; i < 400; i++)
        {
            var stamp = (long)Epoch + i * 40 + (i >= 200 ? by : 0);
            var arrival = i / 5 * 200_000L;                 // gathered: five pictures come at once
            if (i % 2 == 0)
            {
                var at = line.Audio((ulong)(stamp + 3), arrival);
                Assert.InRange(at - audio, i == 0 ? 0 : 40, 120);
                audio = at;
            }
            var now = line.Video((ulong)stamp, arrival, false);
            Assert.InRange(now - video, i == 0 ? -3 : 20, 60);
            video = now;
            if (i % 2 == 0)
                Assert.InRange(audio - video, -40, 40);
        }
        Assert.InRange(video, 399 * 40 - 40, 399 * 40 + 40);
    }

    [Fact]
    public void One_wrong_stamp_moves_one_picture()
    {
        var line = new MediaTimeline();
        for (var i = 0; i < 100; i++)
            line.Video(Epoch + (ulong)i * 40, i * 40_000L, false);
        Assert.Equal(100 * 40, line.Video(0, 4_000_000, false));
        Assert.Equal(101 * 40, line.Video(Epoch + 101 * 40, 4_040_000, false));
        Assert.Equal(102 * 40, line.Video(Epoch + 102 * 40, 4_080_000, false));
    }

    [Fact]
    public void Stamps_that_stand_still_are_replaced_by_arrivals_though_those_come_in_heaps()
    {
        var line = new MediaTimeline();
        long last = 0;
        List<long> steps = [];
        for (var i = 0; i < 1500; i++)
        {
            var at = line.Video(77, i / 5 * 200_000L, false);
            if (i > 500)
                steps.Add(at - last);
            last = at;
        }
        Assert.True(line.VideoStandsStill);
        Assert.InRange(steps.Average(), 39, 41);
        Assert.InRange(steps.Max(), 30, 60);
        Assert.InRange(last, 1500 * 40 - 600, 1500 * 40 + 600);
    }

    [Fact]
    public void Two_pictures_of_one_stamp_do_not_move_what_follows()
    {
        var line = new MediaTimeline();
        Assert.Equal([0, 40, 41, 80], new ulong[] { 0, 40, 40, 80 }.Select(stamp => line.Video(Epoch + stamp, 0, false)));
    }

    [Fact]
    public void B_pictures_step_back_and_nothing_else_does()
    {
        var line = new MediaTimeline();
        Assert.Equal([0, 120, 40, 80, 240, 160, 200], new (ulong Stamp, bool IsB)[] { (0, false), (120, false), (40, true), (80, true), (240, false), (160, true), (200, true) }
            .Select(picture => line.Video(Epoch + picture.Stamp, 0, picture.IsB)));
    }

    [Fact]
    public void A_pause_of_the_terminal_is_a_pause()
    {
        var line = new MediaTimeline();
        line.Video(Epoch, 0, false);
        Assert.Equal(8_000, line.Video(Epoch + 8_000, 8_000_000, false));
        Assert.InRange(line.Video(Epoch + 68_000, 68_000_000, false), 67_000, 69_000);      // beyond ten seconds arrival says how long
    }
}
