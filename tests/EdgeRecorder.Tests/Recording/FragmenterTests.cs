using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Recording;

/// <summary>The rules of runs and media time, with access units made up for the case.</summary>
public sealed class FragmenterTests
{
    private const int Frame = 3600;                         // 25 pictures a second
    private static readonly Track Video = new() { Codec = Codec.H264, TimeScale = 90_000, ParameterSets = [[0x67, 66, 0, 30, 0xAB], [0x68, 0xCE]] };
    private static readonly Track Audio = new() { Codec = Codec.G711A, TimeScale = 8000, ChannelCount = 1 };

    [Fact]
    public void Fragments_end_at_the_next_sync_sample_or_after_three_quarters_of_a_second()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        Pictures(feed, 0, 100, gop: 30);
        feed.Close();

        Assert.Equal([19, 11, 19, 11, 19, 11, 10], feed.Fragments.Select(fragment => fragment.VideoSamples));
        Assert.Equal([true, false, true, false, true, false, true], feed.Fragments.Select(fragment => fragment.IsSync));
        Assert.Equal([0, 1, 0, 1, 0, 1, 0], feed.Fragments.Select(fragment => fragment.SyncDistance));
        Assert.Equal([true, false, false, false, false, false, false], feed.Fragments.Select(fragment => fragment.StartsRun));
    }

    [Fact]
    public void A_GOP_of_ten_seconds_makes_a_fragment_every_three_quarters_of_a_second()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        Pictures(feed, 0, 500, gop: 250);
        feed.Close();

        Assert.Equal(500, feed.Fragments.Sum(fragment => fragment.VideoSamples));
        Assert.All(feed.Fragments, fragment => Assert.True(fragment.Duration90k <= 19 * Frame));
        Assert.Equal(Enumerable.Range(0, 14).Concat(Enumerable.Range(0, 14)), feed.Fragments.Select(fragment => fragment.SyncDistance));
    }

    [Theory]
    [InlineData(Codec.Aac, 2)]
    [InlineData(Codec.G711A, 0)]
    public async Task A_fork_goes_on_where_the_last_fragment_ended_with_the_same_samples_at_the_same_times(Codec audio, int bFrames)
    {
        var clip = await Clip.MakeAsync(Codec.H264, audio, bFrames: bFrames);
        using var feed = new Feed();
        using var brief = new Feed();
        feed.Announce(clip.Tracks);
        var half = clip.Units.Count / 2 + 3;
        foreach (var unit in clip.Units.Take(half))
            feed.Add(unit);
        var before = feed.Fragments.Count;
        brief.Fragmenter = feed.Fragmenter.Fork(9000);
        foreach (var unit in clip.Units.Skip(half))
        {
            feed.Add(unit);
            brief.Add(unit);
        }
        feed.Close();
        brief.Close();

        Assert.True(brief.Fragments.Count > 2 * (feed.Fragments.Count - before));
        Assert.Equal(feed.Fragments[before].MediaStart90k, brief.Fragments[0].MediaStart90k);
        feed.Fragments.Take(before).ToList().ForEach(fragment => fragment.Release());
        feed.Fragments.RemoveRange(0, before);
        foreach (var track in new[] { 1, 2 })
        {
            var (whole, parts) = (feed.Samples(track), brief.Samples(track));
            Assert.Equal(whole.Select(s => s.Bytes), parts.Select(s => s.Bytes));
            Assert.Equal(whole.Select(s => s.Sample.Dts + s.Sample.CompositionOffset), parts.Select(s => s.Sample.Dts + s.Sample.CompositionOffset));
        }
    }

    [Fact]
    public void Nothing_before_the_first_sync_sample_is_kept()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        for (var i = 0; i < 10; i++)
            feed.Add(Picture(i, isSync: false));
        Pictures(feed, 10, 25, gop: 25);
        feed.Close();

        Assert.Equal(25, feed.Fragments.Sum(fragment => fragment.VideoSamples));
        Assert.Equal(10, feed.Fragmenter.Dropped);
        Assert.Equal(10 * 40_000, feed.Fragments[0].BoottimeUs);
    }

    [Fact]
    public void A_loss_ends_the_run_and_drops_up_to_the_next_sync_sample()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        Pictures(feed, 0, 10, gop: 25);
        feed.Add(Picture(12, isSync: false), lossBefore: true);
        for (var i = 13; i < 25; i++)
            feed.Add(Picture(i, isSync: false));
        Pictures(feed, 25, 25, gop: 25);
        feed.Close();

        Assert.Equal(35, feed.Fragments.Sum(fragment => fragment.VideoSamples));
        var second = feed.Fragments.Single(fragment => fragment.StartsRun && fragment != feed.Fragments[0]);
        Assert.Equal(GapReason.Loss, second.BreakReason);
        Assert.Equal(10 * Frame, second.MediaStart90k);
        Assert.Equal(25 * 40_000, second.BoottimeUs);
        NoHoles(feed, 1);
    }

    [Theory]
    [InlineData(2 * 90_000, 50)]
    [InlineData(1L << 40, 50)]
    [InlineData(-5 * 90_000, 50)]
    [InlineData(-(1L << 33), 50)]
    [InlineData(30 * 90_000, 60)]                           // in the middle of a GOP: its pictures still refer to those before
    public void A_jump_of_the_source_clock_ends_the_run_and_media_time_runs_on(long jump, int at)
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        var sound = 0L;
        for (var i = 0; i < 100; i++)
        {
            var shift = i < at ? 0 : jump;
            feed.Add(Picture(i, i % 25 == 0), i * Frame + shift, i * 40_000);
            for (var k = 0; k < 2; k++, sound += 160)
                feed.Add(Sound(sound), sound + shift * 8 / 90, i * 40_000);
        }
        feed.Close();

        Assert.Equal(100, feed.Fragments.Sum(fragment => fragment.VideoSamples));
        Assert.Equal(2, feed.Fragments.Count(fragment => fragment.StartsRun));
        NoHoles(feed, 1);
        NoHoles(feed, 2);
        Assert.Equal(200, feed.Samples(2).Count);
        Assert.All(feed.Fragments.Zip(feed.Fragments.Skip(1)), pair => Assert.True(pair.Second.MediaStart90k > pair.First.MediaStart90k));
        Assert.InRange(feed.Fragmenter.MediaEnd90k, 100 * Frame, 100 * Frame + 90);      // sound ends on a tick of its own
    }

    [Theory]
    [InlineData(30 * 8000)]
    [InlineData(-30 * 8000)]
    public void A_jump_of_the_audio_clock_alone_leaves_the_run_as_it_is(long jump)
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        var sound = 0L;
        for (var i = 0; i < 100; i++)
        {
            feed.Add(Picture(i, i % 25 == 0));
            for (var k = 0; k < 2; k++, sound += 160)
                feed.Add(Sound(sound), sound + (i < 50 ? 0 : jump));
        }
        feed.Close();

        Assert.Single(feed.Fragments, fragment => fragment.StartsRun);
        NoHoles(feed, 2);
        Assert.Equal(200, feed.Samples(2).Count);
        Assert.InRange(feed.Samples(2)[^1].Sample.Dts, 31_800, 32_000);
    }

    [Fact]
    public void Audio_that_pauses_leaves_no_hole_and_is_in_time_again()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        for (var i = 0; i < 200; i++)
        {
            feed.Add(Picture(i, i % 25 == 0));
            if (i is < 50 or >= 125)                        // silent for three seconds
                feed.Add(Sound(i * 320));
        }
        feed.Close();

        Assert.Single(feed.Fragments, fragment => fragment.StartsRun);
        NoHoles(feed, 2);
        Assert.Contains(feed.Samples(2), sample => sample.Sample.Dts == 125 * 320);
    }

    [Fact]
    public void Audio_that_starts_late_begins_where_it_belongs()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        for (var i = 0; i < 200; i++)
        {
            feed.Add(Picture(i, i % 25 == 0));
            if (i >= 100)
                feed.Add(Sound(i * 320));
        }
        feed.Close();

        Assert.Equal(100 * 320, feed.Samples(2)[0].Sample.Dts);
        Assert.Equal(100, feed.Samples(2).Count);
        Assert.Equal(200, feed.Samples(1).Count);
    }

    [Fact]
    public void Audio_that_ends_early_leaves_the_picture_as_it_is()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        for (var i = 0; i < 100; i++)
        {
            feed.Add(Picture(i, i % 25 == 0));
            if (i < 30)
                feed.Add(Sound(i * 320));
        }
        feed.Close();

        Assert.Equal(100, feed.Samples(1).Count);
        Assert.Equal(30, feed.Samples(2).Count);
        NoHoles(feed, 1);
    }

    [Fact]
    public void Audio_frames_that_arrive_before_the_first_picture_is_whole_sound_with_it()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        for (var i = 0; i < 20; i++)
            feed.Add(Sound(i * 160));
        Pictures(feed, 5, 50, gop: 25);                     // begins 0.2 s in: tick 1600
        for (var i = 20; i < 110; i++)
            feed.Add(Sound(i * 160));
        feed.Close();

        var sounds = feed.Samples(2);
        Assert.Equal(100, sounds.Count);
        Assert.Equal(0, sounds[0].Sample.Dts);
        NoHoles(feed, 2);
    }

    /// <summary>Frames of 64 ms, as AAC at 16 kHz has them, while a camera sends no sync sample, or none is taken: more than a second of sound waits for its picture.</summary>
    [Fact]
    public void Sound_of_seconds_before_the_first_picture_leaves_the_sound_behind_it_in_its_place()
    {
        const int FrameSamples = 512, Start = 4 * 8000;
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        var sent = 0;
        static long Gathered(long us) => (us + 199_999) / 200_000 * 200_000;       // what the kernel gathers is a frame more than a second apart
        void SoundsUpTo(long pts)
        {
            for (; sent * FrameSamples <= pts; sent++)
                feed.Add(new Clip.Unit(Audio, sent * FrameSamples, true, [.. Enumerable.Repeat((byte)sent, FrameSamples)], Gathered(sent * FrameSamples * 125L)));
        }
        for (var i = 100; i < 200; i++)
        {
            SoundsUpTo(i * 320);
            feed.Add(Picture(i, i % 25 == 0));
        }
        feed.Close();

        var sounds = feed.Samples(2);
        Assert.Equal((0L, (byte)(Start / FrameSamples)), (sounds[0].Sample.Dts, sounds[0].Bytes[0]));
        Assert.All(sounds.Skip(1), sound => Assert.Equal(sound.Bytes[0] * FrameSamples - Start, sound.Sample.Dts));
        NoHoles(feed, 2);
    }

    [Fact]
    public void Both_tracks_of_a_run_end_together_so_the_next_has_no_hole()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        for (var round = 0; round < 5; round++)
        {
            var first = round * 1000;
            for (var i = 0; i < 30 + round; i++)
            {
                feed.Add(Picture(first + i, i == 0));
                if (i < 25)
                    feed.Add(Sound((first + i) * 320));
            }
            feed.Close();
        }
        Assert.Equal(5, feed.Fragments.Count(fragment => fragment.StartsRun));
        NoHoles(feed, 1);
        NoHoles(feed, 2, tolerance: 1);
    }

    [Fact]
    public void A_camera_of_a_picture_every_three_seconds_is_recorded_in_one_run()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        for (var i = 0; i < 20; i++)
            feed.Add(Picture(i * 75, i % 4 == 0));
        feed.Close();

        // Its first step looks like a jump, from then on the step is known; no picture is lost over it.
        Assert.Equal(2, feed.Fragments.Count(fragment => fragment.StartsRun));
        Assert.Equal(20, feed.Fragments.Sum(fragment => fragment.VideoSamples));
    }

    [Fact]
    public void Another_audio_format_ends_the_run_and_makes_another_init_segment()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        Pictures(feed, 0, 30, gop: 25);
        var other = Audio with { Codec = Codec.G711U };
        feed.Announce(Video, other);
        Pictures(feed, 30, 300, gop: 25);
        feed.Announce(Video, Audio);
        Pictures(feed, 330, 300, gop: 25);
        feed.Close();

        var runs = feed.Fragments.Where(fragment => fragment.StartsRun).ToList();
        Assert.Equal([Codec.G711A, Codec.G711U, Codec.G711A], runs.Select(run => run.Init.Tracks[1].Codec));
        Assert.True(runs[2].BoottimeUs - runs[1].BoottimeUs >= 10_000_000, "a new segment at most once per 10 s");
        NoHoles(feed, 1);
    }

    [Fact]
    public void The_same_tracks_announced_again_change_nothing()
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        Pictures(feed, 0, 30, gop: 25);
        feed.Announce(Video with { FrameRate = 25 }, Audio);
        Pictures(feed, 30, 20, gop: 25);
        feed.Close();
        Assert.Single(feed.Fragments, fragment => fragment.StartsRun);
    }

    [Fact]
    public void A_fragment_never_passes_the_largest_record()
    {
        using var feed = new Feed(largestBytes: 10_000);
        feed.Announce(Video);
        for (var i = 0; i < 50; i++)
            feed.Add(Picture(i, i % 25 == 0, size: i == 30 ? 9_990 : 3_000));
        feed.Close();

        Assert.All(feed.Fragments, fragment => Assert.True(fragment.Length <= 10_000));
        Assert.Equal(30, feed.Fragments.Sum(fragment => fragment.VideoSamples));    // 30 fits no record; what refers to it goes with it
        Assert.Equal(20, feed.Fragmenter.Dropped);
    }

    [Fact]
    public void A_session_that_follows_at_once_begins_where_the_picture_before_it_ends()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        for (var i = 0; i < 50; i++)
            feed.Add(Picture(i, i % 25 == 0), i * Frame, i * 40_000);
        feed.Close();
        for (var i = 0; i < 25; i++)
            feed.Add(Picture(i, i == 0), i * Frame, 1_985_000 + i * 40_000);
        feed.Close();

        var runs = feed.Fragments.Where(fragment => fragment.StartsRun).Select(fragment => fragment.BoottimeUs).ToList();
        Assert.Equal(2_000_000, runs[1] - runs[0]);
    }

    [Fact]
    public void A_source_whose_clock_stands_still_is_kept_fragment_by_fragment()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        for (var i = 0; i < 500; i++)
            feed.Add(Picture(i, i % 250 == 0), pts: 0);
        feed.Close();

        Assert.Equal(500, feed.Fragments.Sum(fragment => fragment.VideoSamples));
        Assert.All(feed.Fragments, fragment => Assert.InRange(fragment.VideoSamples, 1, 50));
        NoHoles(feed, 1);
    }

    [Fact]
    public void Whatever_a_source_sends_tracks_have_no_hole_and_decode_times_rise()
    {
        var random = new Random(11);
        for (var run = 0; run < 200; run++)
        {
            using var feed = new Feed(largestBytes: 20_000);
            feed.Announce(Video, Audio);
            var (pts, sound, arrival) = (random.NextInt64(-1L << 40, 1L << 40), 0L, 0L);
            sound = pts * 8 / 90;
            for (var i = 0; i < 300; i++)
            {
                arrival += random.Next(0, 80_000);
                pts += random.Next(40) switch { 0 => random.Next(-2_000_000, 2_000_000), 1 => -7200, 2 => 0, _ => random.Next(1, 9000) };
                feed.Add(Picture(0, random.Next(25) == 0, random.Next(10, 3000)), pts, arrival, lossBefore: random.Next(100) == 0);
                sound += random.Next(60) switch { 0 => random.Next(-200_000, 200_000), 1 => -160, _ => random.Next(0, 500) };
                feed.Add(Sound(0), sound, arrival);
                if (random.Next(150) == 0)
                    feed.Close();
                if (random.Next(150) == 0)
                    feed.Fragmenter.RestartAtSync(feed.Fragmenter.MediaEnd90k + 1_000_000);
            }
            feed.Close();
            foreach (var trackId in new[] { 1, 2 })
            {
                var samples = feed.Samples(trackId).Select(sample => sample.Sample).ToList();
                Assert.All(samples.Zip(samples.Skip(1)), pair => Assert.True(pair.Second.Dts >= pair.First.Dts + pair.First.Duration && pair.First.Duration > 0, $"run {run}"));
            }
            Assert.All(feed.Fragments, fragment => Assert.True(fragment.Length <= 20_000 && fragment.Length % 8 == 0));
            Assert.True(feed.Fragments[0].IsSync);
            Assert.All(feed.Fragments.Zip(feed.Fragments.Skip(1)), pair => Assert.True(pair.Second.BoottimeUs > pair.First.BoottimeUs || pair.Second.StartsRun));
        }
    }

    [Fact]
    public void A_restart_at_the_next_sync_sample_takes_the_media_time_asked_for()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        Pictures(feed, 0, 30, gop: 25);
        feed.Fragmenter.RestartAtSync(7_777_777);
        Pictures(feed, 30, 30, gop: 25);
        feed.Close();

        var second = feed.Fragments.Last(fragment => fragment.StartsRun);
        Assert.Equal(7_777_777, second.MediaStart90k);
        Assert.Null(second.BreakReason);
        Assert.Equal(60, feed.Fragments.Sum(fragment => fragment.VideoSamples));
    }

    /// <summary>A source that stalls has its fragment ended; what still comes then is a little sound, and after it nothing.</summary>
    [Theory]
    [InlineData(-60, 0)]                                     // one frame, which ends 100 samples behind the last picture
    [InlineData(-60, 1)]                                     // and a whole one: the last picture stands still until both have sounded
    [InlineData(100, 0)]
    public void Sound_that_is_left_when_the_pictures_have_ended_is_kept_and_leaves_no_more_of_a_hole_than_it_lasts(int begins, int more)
    {
        using var feed = new Feed();
        feed.Announce(Video, Audio);
        for (var run = 0; run < 2; run++)
        {
            for (var i = 0; i < 30; i++)
            {
                feed.Add(Picture(i, i % 25 == 0));
                feed.Add(Sound(i * 320L));
                feed.Add(Sound(i * 320L + 160));
            }
            feed.Flush();
            for (var i = 0; i <= more; i++)
                feed.Add(Sound(30 * 320 + begins + i * 160));
            feed.Close();
        }
        var hole = more == 0 && begins < 0 ? 0 : begins + more * 160 + 160;
        Assert.Equal(2, feed.Fragments.Count(fragment => fragment.StartsRun));
        Assert.Equal(2 * (61 + more), feed.Samples(2).Count);
        NoHoles(feed, 1, hole * 90_000L / 8000);
        NoHoles(feed, 2, Math.Max(begins, 0));
    }

    [Fact]
    public void Every_chunk_is_given_back_when_the_fragments_are_released()
    {
        var pool = new ChunkPool(4096);
        using (var writer = new PayloadWriter(pool))
        {
            var fragmenter = new EdgeRecorder.Recording.Fragmenter(1 << 20);
            fragmenter.Announce([Video]);
            for (var i = 0; i < 200; i++)
            {
                writer.Write(new byte[1 + i * 37 % 5000]);
                var isLost = i % 60 == 59;
                fragmenter.Add(new AccessUnit { Track = Video, Pts = i * Frame, IsSync = i % 25 == 0, Payload = writer.Take(), ArrivalUs = i * 40_000, LossBefore = isLost })?.Release();
            }
            fragmenter.Close()?.Release();
        }
        Assert.Equal(0, pool.InUseBytes);
    }

    private static Clip.Unit Picture(int index, bool isSync, int size = 500)
    {
        var bytes = new byte[size];
        bytes[3] = (byte)(size - 4);
        bytes[2] = (byte)((size - 4) >> 8);
        bytes[4] = (byte)(isSync ? 0x65 : 0x41);
        return new(Video, index * (long)Frame, isSync, bytes, index * 40_000L);
    }

    private static Clip.Unit Sound(long pts) => new(Audio, pts, true, new byte[160], pts * 125);

    private static void Pictures(Feed feed, int first, int count, int gop)
    {
        for (var i = first; i < first + count; i++)
            feed.Add(Picture(i, (i - first) % gop == 0));
    }

    private static void NoHoles(Feed feed, int trackId, long tolerance = 0)
    {
        var samples = feed.Samples(trackId).Select(sample => sample.Sample).ToList();
        Assert.All(samples.Zip(samples.Skip(1)), pair => Assert.InRange(pair.Second.Dts - pair.First.Dts - pair.First.Duration, 0, tolerance));
    }

    /// <summary>The kernel gathers up to 200 ms: units arrive late by 0 to 200 ms, in bursts, and a run may begin anywhere in one.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void Gathering_in_the_kernel_makes_neither_a_gap_nor_an_overlap_where_a_run_begins(int phase, bool jumps)
    {
        using var feed = new Feed();
        feed.Announce(Video);
        for (var i = 0; i < 150; i++)
        {
            if (i == 70 && !jumps)
                feed.Fragmenter.RestartAtSync(60L * Frame);    // as a ring that was behind asks for
            var pts = i * (long)Frame + (jumps && i >= 75 ? 1L << 33 : 0);
            feed.Add(Picture(i, isSync: i % 25 == 0), pts, i == 0 ? 0 : ((i + phase) / 5 * 5 + 5 - phase) * 40_000L);
        }
        feed.Close();

        var second = feed.Fragments.FindIndex(1, fragment => fragment.StartsRun);
        Assert.True(second > 0);
        for (var i = 1; i < feed.Fragments.Count; i++)
        {
            var before = feed.Fragments[i - 1];
            Assert.InRange(feed.Fragments[i].BoottimeUs - (before.BoottimeUs + MediaTime.ToUs(before.Duration90k)), i == second ? 0 : -100_000, 99_999);
        }
    }

    [Fact]
    public void A_pause_longer_than_the_kernel_gathers_stays_a_pause()
    {
        using var feed = new Feed();
        feed.Announce(Video);
        Pictures(feed, 0, 25, gop: 25);
        feed.Add(Picture(50, isSync: true), arrivalUs: 50 * 40_000 + 150_000, lossBefore: true);
        feed.Add(Picture(51, isSync: false));
        feed.Close();

        Assert.Equal(50 * 40_000, feed.Fragments[^1].BoottimeUs);   // where the source says, not where it arrived
        Assert.Equal(25 * 40_000, feed.Fragments[^1].MissingFromUs);
    }
}
