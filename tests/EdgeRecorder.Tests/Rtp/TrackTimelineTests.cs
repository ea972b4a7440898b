using EdgeRecorder.Rtp;

namespace EdgeRecorder.Tests.Rtp;

public sealed class TrackTimelineTests
{
    private const ulong Noon2026 = 3_990_000_000UL << 32;

    [Fact]
    public void Sender_reports_move_audio_to_its_video_once()
    {
        var (video, audio) = (new TrackTimeline(90_000, 90_000), new TrackTimeline(8000, 8000));
        video.Start(1000, 0, null);
        audio.Start(5000, 300_000, null);                   // came 300 ms later, but was taken at the same instant
        Assert.True(audio.TryGetPts(5000, out var before));
        Assert.Equal(2400, before);

        video.Report(new(1, Noon2026, 1000));
        audio.Report(new(2, Noon2026, 5000));
        audio.AlignWith(video);

        Assert.False(audio.TryGetPts(audio.Unwrap(5000 + 1600), out _));        // would step back
        Assert.True(audio.TryGetPts(audio.Unwrap(5000 + 3200), out var after));
        Assert.Equal(3200, after);
        Assert.True(video.TryGetPts(1000, out var picture));
        Assert.Equal(0, picture);
    }

    [Fact]
    public void Later_drift_is_followed_slowly()
    {
        var (video, audio) = (new TrackTimeline(90_000, 90_000), new TrackTimeline(8000, 8000));
        video.Start(0, 0, null);
        audio.Start(0, 0, null);
        video.Report(new(1, Noon2026, 0));
        audio.Report(new(2, Noon2026, 0));
        audio.AlignWith(video);
        audio.Report(new(2, Noon2026 + (1UL << 32) / 10, 0));       // 100 ms apart now
        audio.AlignWith(video);

        long last = 0;
        for (uint time = 160; time <= 8000 * 60; time += 160)
        {
            Assert.True(audio.TryGetPts(audio.Unwrap(time), out var pts));
            Assert.InRange(pts - last, 160, 161);
            last = pts;
        }
        Assert.InRange(last, 8000 * 60 + 790, 8000 * 60 + 800);
    }

    [Fact]
    public void Time_stamps_run_on_through_their_wrap_and_back_for_b_pictures()
    {
        var timeline = new TrackTimeline(90_000, 90_000);
        timeline.Start(uint.MaxValue - 10, 0, null);
        Assert.Equal(7200, timeline.RawPts(timeline.Unwrap(unchecked(uint.MaxValue - 10 + 7200))));
        Assert.Equal(3600, timeline.RawPts(timeline.Unwrap(unchecked(uint.MaxValue - 10 + 3600))));
    }

    [Fact]
    public void Wall_clock_is_unknown_until_a_plausible_report()
    {
        var timeline = new TrackTimeline(90_000, 90_000);
        timeline.Start(0, 0, null);
        Assert.Equal(0, timeline.SourceUtcUs(0));
        timeline.Report(new(1, 5UL << 32, 0));
        Assert.Equal(0, timeline.SourceUtcUs(0));
        timeline.Report(new(1, Noon2026, 90_000));
        Assert.Equal((3_990_000_000L - 2_208_988_800) * 1_000_000 - 1_000_000, timeline.SourceUtcUs(0));
    }
}
