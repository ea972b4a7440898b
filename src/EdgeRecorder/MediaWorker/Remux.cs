using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>Footage into another container, packet by packet: every byte of a picture stays as the camera made it.</summary>
internal static class Remux
{
    public static void Run(MediaJob job, Demuxer demuxer, JobReports reports)
    {
        demuxer.FindStreamInfo();
        var video = FootageTracks.Video(demuxer);
        if (job.Format == MediaFormat.Avi && video.Codec != AVCodecID.AV_CODEC_ID_H264)
            throw new JobException(JobException.Unsupported, "AVI holds H.264 only");
        var (to, audioTo) = (FootageTracks.Time(job.ToMs, video), long.MaxValue);
        using var audio = AudioPath.Find(job, demuxer, reports);
        if (audio is not null)
            audioTo = FootageTracks.Time(job.ToMs, audio.Stream);
        // AVI has start codes; a transport stream's muxer sees to them itself.
        using var annexB = job.Format == MediaFormat.Avi ? BitstreamFilter.Open("h264_mp4toannexb", demuxer, video.Index) : null;
        using var parts = new PartWriter(job, reports, video.TimeBase,
            muxer => annexB is null ? muxer.AddStream(demuxer, video.Index) : muxer.AddStream(annexB, demuxer, video.Index), audio, FootageTracks.Rate(video, 1));
        using var gate = new GopGate(FootageTracks.Time(job.FromMs, video));
        using var packet = new Packet();
        var (videoEnds, audioEnds) = (false, audio is null);
        while (!(videoEnds && audioEnds) && demuxer.TryRead(packet))
            if (packet.Stream == video.Index)
            {
                videoEnds |= packet.Dts >= to;
                if (!videoEnds)
                    gate.Add(packet, Write);
            }
            else if (packet.Stream == audio?.Stream.Index)
            {
                audioEnds |= packet.Pts >= audioTo;
                if (!audioEnds)
                    audio.Add(packet, parts.Sound);
            }
        gate.Open(Write);
        audio?.Finish(parts.Sound);
        if (!parts.HasPictures)
            throw new JobException(JobException.NoPicture, "no picture that could be decoded lies in the range");
        parts.Finish();

        void Write(Packet picture)
        {
            if (annexB is null || annexB.Apply(picture))
                parts.Video(picture);
        }
    }
}
