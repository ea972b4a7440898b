using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>What the footage of a job holds, and the job's range in its time.</summary>
internal static class FootageTracks
{
    private static readonly AVRational Milliseconds = new() { num = 1, den = 1000 };

    /// <exception cref="JobException">There is no video, or of a kind that the ring never holds.</exception>
    public static MediaStream Video(Demuxer demuxer)
    {
        foreach (var stream in demuxer.Streams)
            if (stream.Type == AVMediaType.AVMEDIA_TYPE_VIDEO)
                return stream.Codec is AVCodecID.AV_CODEC_ID_H264 or AVCodecID.AV_CODEC_ID_HEVC ? stream
                    : throw new JobException(JobException.Unsupported, $"video of codec {(int)stream.Codec}");
        throw new JobException(JobException.NoPicture, "the footage has no video");
    }

    /// <summary>Milliseconds of the footage in a stream's time base.</summary>
    public static long Time(long ms, MediaStream stream)
        => ms > long.MaxValue / 1_000_000 ? long.MaxValue : ffmpeg.av_rescale_q(ms, Milliseconds, stream.TimeBase);

    public static long Milli(long time, MediaStream stream) => ffmpeg.av_rescale_q(time, stream.TimeBase, Milliseconds);

    /// <summary>Pictures per second as far as anybody knows, with one of <paramref name="keepOneOf"/> kept.</summary>
    public static AVRational Rate(MediaStream video, int keepOneOf)
    {
        var known = Likely(video.FrameRate) ?? Likely(video.BaseRate) ?? new AVRational { num = 25, den = 1 };
        // The mean is taken over few pictures; a rate near it that explains every time is the truth.
        if (Likely(video.BaseRate) is { } even && (double)even.num / even.den / ((double)known.num / known.den) is > 0.8 and < 1.25)
            known = even;
        return new AVRational { num = known.num, den = checked(known.den * keepOneOf) };

        static AVRational? Likely(AVRational rate) => rate is { num: > 0, den: > 0 and < 10_000_000 } && (double)rate.num / rate.den is > 0.1 and < 240 ? rate : null;
    }
}
