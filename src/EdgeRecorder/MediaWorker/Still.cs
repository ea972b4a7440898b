using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>One picture out of the footage: the one that was seen at an instant, as JPEG, or on a page of PDF.</summary>
internal static class Still
{
    /// <summary>The mjpeg encoder's quantizer for each quality.</summary>
    private static readonly int[] Quantizers = [3, 2, 4, 7, 11, 18, 28];

    private const int LongestSide = 16384;

    public static void Run(MediaJob job, Demuxer demuxer, JobReports reports)
    {
        using var work = new PictureWork(job);
        using var frame = new Frame();
        var video = FootageTracks.Video(demuxer);
        if (!TryFind(demuxer, video, FootageTracks.Time(job.FromMs, video), frame))
            throw new JobException(JobException.NoPicture, "no picture that could be decoded lies in the range");
        var atMs = FootageTracks.Milli(frame.Pts, video);
        using var cut = work.MaskAndCrop(frame);
        var (width, height) = SizeOf(cut, job.Width);
        using var picture = work.Scale(cut, width, height, fullRange: true);
        // The text of a page stands beside the picture.
        if (job.Format == MediaFormat.Jpg)
            work.Write(picture, atMs);
        var jpeg = Encode(picture, Quantizers[job.VideoQuality]);
        var name = $"part-1.{Container.Extension(job.Format)}";
        var path = Path.Combine(job.Folder, name);
        if (job.Format == MediaFormat.Jpg)
            File.WriteAllBytes(path, JpegComment.Insert(jpeg, job.Comment));
        else
            StillPage.Write(job, path, jpeg, width, height, atMs);
        reports.Part(new(name, atMs, atMs, new FileInfo(path).Length));
    }

    /// <summary>The last picture that is not later, or the first.</summary>
    private static bool TryFind(Demuxer demuxer, MediaStream video, long from, Frame found)
    {
        // One thread: every further one would want a picture more before it gives the first.
        using var decoder = Decoder.Open(demuxer, video.Index, threads: 1);
        using var gate = new GopGate(from);
        using var packet = new Packet();
        using var decoded = new Frame();
        var (has, passed) = (false, false);
        while (!passed && demuxer.TryRead(packet))
            if (packet.Stream == video.Index)
                gate.Add(packet, Decode);
        if (!passed)
        {
            gate.Open(Decode);
            decoder.Send(null);
            Receive();
        }
        return has;

        void Decode(Packet next)
        {
            if (!passed && decoder.Send(next))
                Receive();
        }

        void Receive()
        {
            while (!passed && decoder.TryReceive(decoded))
            {
                var pts = decoded.BestPts;
                passed = pts > from && has;
                if (passed || pts == ffmpeg.AV_NOPTS_VALUE)
                    continue;
                found.TakeFrom(decoded);
                found.Pts = pts;
                has = true;
                passed = pts > from;
            }
        }
    }

    /// <summary>Pixels are square in a JPEG, whatever the camera says of its own.</summary>
    private static (int Width, int Height) SizeOf(Frame picture, int wanted)
    {
        var aspect = picture.SampleAspect is { num: > 0, den: > 0 } ratio && (double)ratio.num / ratio.den is > 0.1 and < 10 ? (double)ratio.num / ratio.den : 1;
        var (width, height) = (picture.Width * aspect, (double)picture.Height);
        if (wanted > 0 && wanted < width)
            (width, height) = (wanted, height * wanted / width);
        return (Math.Clamp((int)Math.Round(width), 2, LongestSide), Math.Clamp((int)Math.Round(height), 2, LongestSide));
    }

    private static byte[] Encode(Frame picture, int quantizer)
    {
        var once = new AVRational { num = 1, den = 25 };
        using var encoder = Encoder.Open(new PictureEncoding("mjpeg", picture.Width, picture.Height, once, new AVRational { num = 25, den = 1 }) { FullRange = true, FixedQuantizer = quantizer });
        using var packet = new Packet();
        picture.Pts = 0;
        picture.UseFixedQuantizer(quantizer);
        encoder.Send(picture);
        encoder.Send(null);
        return encoder.TryReceive(packet) ? packet.Bytes.ToArray() : throw new JobException(JobException.Encoder, "no JPEG came out of the encoder");
    }
}
