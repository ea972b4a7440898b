using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.Platform.Tests.FFmpeg;

public sealed class FFmpegLibrariesTests
{
    [Fact]
    public void With_FFmpeg_installed_nothing_is_missing() => Assert.Null(FFmpegLibraries.WhyNot);

    [Fact]
    public void A_missing_library_is_named_with_the_packages_that_bring_it()
    {
        var text = FFmpegLibraries.Look(("libavutil.so.57", () => 57 << 16, 57), ("libavnothing.so.59", () => 0, 59));
        Assert.StartsWith("FFmpeg 5.1 is not installed: libavnothing.so.59 is missing (Debian: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_of_another_version_is_refused()
        => Assert.Equal("libavutil.so.57 calls itself version 58, not 57", FFmpegLibraries.Look(("libavutil.so.57", () => 58 << 16 | 3, 57)));

    [Fact]
    public void Errors_carry_the_call_and_what_FFmpeg_says()
    {
        var damage = new FFmpegException("av_read_frame", ffmpeg.AVERROR_INVALIDDATA);
        Assert.Equal("av_read_frame: Invalid data found when processing input (-1094995529)", damage.Message);
        Assert.True(damage.IsDamage);
        Assert.StartsWith("avio_open: No space left on device", new FFmpegException("avio_open", FFmpegException.NoSpace).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_container_is_an_error_of_the_call()
    {
        var error = Assert.Throws<FFmpegException>(() => Demuxer.Open(new MemoryStream(new byte[5000]), "mp4"));
        Assert.Equal("avformat_open_input", error.Operation);
        Assert.True(error.IsDamage);
    }

    [Fact]
    public void What_the_stream_throws_arrives_on_this_side()
    {
        var stream = new FailingStream();
        Assert.Equal("the cable is out", Assert.Throws<IOException>(() => Demuxer.Open(stream, "mp4")).Message);
    }

    [Fact]
    public void A_tone_becomes_AAC_frames_at_any_rate_that_recordings_have()
    {
        foreach (var rate in new[] { 8000, 16000, 44100, 48000 })
        {
            using var encoder = new AacEncoder(rate, 1, 64_000);
            List<(long Pts, int Size)> packets = [];
            var samples = Enumerable.Range(0, rate * 2).Select(i => (short)(12_000 * Math.Sin(i * 2 * Math.PI * 440 / rate))).ToArray();
            for (var at = 0; at < samples.Length; at += 160)
                encoder.Add(at, samples.AsSpan(at, Math.Min(160, samples.Length - at)), packet => packets.Add((packet.Pts, packet.Size)));
            encoder.Flush(packet => packets.Add((packet.Pts, packet.Size)));
            Assert.Equal(2 << 3, encoder.Config[0] & 0xF8);         // AAC-LC
            Assert.Equal(Enumerable.Range(0, packets.Count).Select(i => (i - 1) * 1024L), packets.Select(packet => packet.Pts));
            Assert.InRange(packets.Count, samples.Length / 1024, samples.Length / 1024 + 3);
            Assert.True(packets.Skip(2).Take(20).Average(packet => packet.Size) > 20, "it is more than silence");
        }
    }

    [Fact]
    public void A_jump_in_time_is_kept_and_jitter_is_not()
    {
        using var encoder = new AacEncoder(8000, 1, 32_000);
        List<long> times = [];
        var samples = new short[1024];
        encoder.Add(0, samples, packet => times.Add(packet.Pts));
        encoder.Add(1030, samples, packet => times.Add(packet.Pts));       // 6 samples late
        encoder.Add(50_000, samples, packet => times.Add(packet.Pts));
        encoder.Add(49_000, samples, packet => times.Add(packet.Pts));     // back: goes on behind
        encoder.Flush(packet => times.Add(packet.Pts));
        Assert.Equal([-1024, 0, 1024, 50_000], times.Take(4));
        Assert.Equal(times.Order(), times);
        Assert.Equal(times.Distinct(), times);
    }

    private sealed class FailingStream : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new IOException("the cable is out");
    }
}
