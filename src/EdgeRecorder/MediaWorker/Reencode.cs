using System.Globalization;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.MediaWorker;

/// <summary>Footage decoded, worked on picture by picture, and encoded as H.264. The first picture of the file is the one that was seen at the asked instant.</summary>
internal sealed class Reencode : IDisposable
{
    /// <summary>x264's constant rate factor for each quality; 0 is where only the work on the pictures asks for encoding.</summary>
    private static readonly int[] RateFactors = [21, 20, 23, 26, 30, 34, 38];

    /// <summary>Bits per pixel and picture for encoders that know bit rates only, for each quality.</summary>
    private static readonly double[] BitsPerPixel = [0.12, 0.14, 0.10, 0.08, 0.055, 0.04, 0.025];

    private const int GopSeconds = 2, MostThreads = 4;

    private const double LeastBits = 100_000, MostBits = 100_000_000;

    private readonly MediaJob _job;
    private readonly JobReports _reports;
    private readonly Demuxer _demuxer;
    private readonly EncoderDevices _devices;
    private readonly MediaStream _video;
    private readonly AudioPath? _audio;
    private readonly Decoder _decoder;
    private readonly PictureWork _work;
    private readonly GopGate _gate;
    private readonly Frame _decoded = new(), _before = new();
    private readonly Packet _encoded = new();
    private readonly long _from, _to;
    private IPictureEncoder? _encoder;
    private PartWriter? _parts;
    private (int Width, int Height, bool FullRange) _size;
    private long _pictureTime;                              // of one picture, if all were alike
    private bool _hasBefore, _ends;
    private long _seen, _lastPts = long.MinValue;

    private Reencode(MediaJob job, Demuxer demuxer, JobReports reports, EncoderDevices devices)
    {
        (_job, _demuxer, _reports, _devices) = (job, demuxer, reports, devices);
        _video = FootageTracks.Video(demuxer);
        (_from, _to) = (FootageTracks.Time(job.FromMs, _video), FootageTracks.Time(job.ToMs, _video));
        _gate = new GopGate(_from);
        _work = new PictureWork(job);
        _audio = AudioPath.Find(job, demuxer, reports);
        _decoder = Decoder.Open(demuxer, _video.Index, Math.Min(Environment.ProcessorCount, MostThreads));
    }

    public static void Run(MediaJob job, Demuxer demuxer, JobReports reports, EncoderDevices devices)
    {
        if (job.Encoder == VideoEncoder.None)
            throw new JobException(JobException.Encoder, "this would have to encode video, and encoding is switched off");
        demuxer.FindStreamInfo();
        using var run = new Reencode(job, demuxer, reports, devices);
        run.Run();
    }

    public void Dispose()
    {
        _parts?.Dispose();
        _encoder?.Dispose();
        _decoder.Dispose();
        _audio?.Dispose();
        _work.Dispose();
        _gate.Dispose();
        _decoded.Dispose();
        _before.Dispose();
        _encoded.Dispose();
    }

    private void Run()
    {
        using var packet = new Packet();
        var audioTo = _audio is null ? 0 : FootageTracks.Time(_job.ToMs, _audio.Stream);
        var audioEnds = _audio is null;
        // Sound that comes before the encoder is open waits with whoever writes the files.
        Queue<Packet> early = new();
        while (!(_ends && audioEnds) && _demuxer.TryRead(packet))
            if (packet.Stream == _video.Index)
            {
                if (!_ends)
                    _gate.Add(packet, Decode);
            }
            else if (packet.Stream == _audio?.Stream.Index)
            {
                audioEnds |= packet.Pts >= audioTo;
                if (!audioEnds)
                    _audio.Add(packet, Keep);
            }
        _gate.Open(Decode);
        _decoder.Send(null);
        Pictures();
        if (_hasBefore && !_ends)
            Emit(_before, _from);
        if (_parts is null)
            throw new JobException(JobException.NoPicture, "no picture that could be decoded lies in the range");
        _encoder!.Send(null);
        Write();
        _audio?.Finish(Keep);
        _parts.Finish();

        void Keep(Packet sound)
        {
            early.Enqueue(sound.Take());
            while (_parts is not null && early.TryDequeue(out var next))
                using (next)
                    _parts.Sound(next);
        }
    }

    private void Decode(Packet packet)
    {
        if (!_ends && _decoder.Send(packet))
            Pictures();
    }

    private void Pictures()
    {
        while (!_ends && _decoder.TryReceive(_decoded))
        {
            var pts = _decoded.BestPts;
            if (pts == ffmpeg.AV_NOPTS_VALUE)
                continue;
            if (pts <= _from)
            {
                _before.TakeFrom(_decoded);
                _hasBefore = true;
                continue;
            }
            if (_hasBefore)
            {
                _hasBefore = false;
                Emit(_before, _from);
            }
            _ends = pts >= _to;
            if (!_ends)
                Emit(_decoded, pts);
        }
    }

    /// <param name="pts">Footage time.</param>
    private void Emit(Frame decoded, long pts)
    {
        if (_seen++ % _job.KeepOneOf != 0 || pts <= _lastPts)
            return;
        _lastPts = pts;
        var picture = _work.MaskAndCrop(decoded);
        try
        {
            if (_encoder is null)
                Open(picture);
            if ((picture.Width, picture.Height, picture.IsFullRange) != _size)
            {
                // The camera has changed its resolution, and the file keeps that of its first picture; or its range is not what the encoder writes.
                var scaled = _work.Scale(picture, _size.Width, _size.Height, _size.FullRange);
                picture.Dispose();
                picture = scaled;
            }
            _work.Write(picture, FootageTracks.Milli(pts, _video));
            picture.Pts = pts;
            _encoder!.Send(picture);
            Write();
        }
        finally
        {
            picture.Dispose();
        }
    }

    private void Open(Frame first)
    {
        var rate = FootageTracks.Rate(_video, _job.KeepOneOf);
        var perSecond = (double)rate.num / rate.den;
        var wanted = new PictureEncoding("libx264", first.Width, first.Height, _video.TimeBase, rate)
        {
            SampleAspect = first.SampleAspect,
            ColorSpace = first.ColorSpace,
            FullRange = first.IsFullRange,
            GlobalHeader = Container.HasGlobalHeader(_job.Format),
            GopPictures = Math.Max(1, (int)Math.Round(perSecond * GopSeconds)),
        };
        var bits = Math.Clamp(first.Width * (double)first.Height * perSecond * BitsPerPixel[_job.VideoQuality], LeastBits, MostBits);
        IPictureEncoder encoder = OfDevice(wanted with { BitRate = (long)bits }) is { } device ? device : Software(wanted);
        _encoder = encoder;
        _reports.Encoder(encoder.Name);
        _size = (first.Width, first.Height, encoder.KeepsFullRange && first.IsFullRange);
        _pictureTime = ffmpeg.av_rescale_q(1, new AVRational { num = rate.den, den = rate.num }, encoder.TimeBase);
        _parts = new PartWriter(_job, _reports, encoder.TimeBase, encoder.AddTo, _audio, rate);
    }

    /// <summary>The first encoder of the kernel that begins; null when the job does without.</summary>
    private DeviceEncoder? OfDevice(PictureEncoding wanted)
    {
        if (_job.Encoder is not (VideoEncoder.Auto or VideoEncoder.V4l2))
            return null;
        var why = _devices.WhyNot;
        foreach (var device in _devices.Opened)
            try
            {
                return DeviceEncoder.Open(device, wanted, _devices.Patience);
            }
            catch (Exception e) when (e is NotSupportedException or ErrnoException)
            {
                why = e.Message;                            // in use, or for pictures of other sizes
            }
        if (_job.Encoder == VideoEncoder.V4l2)
            throw new JobException(JobException.Encoder, why.Length > 0 ? why : "this box has no V4L2 encoder of H.264");
        if (why.Length > 0)
            _reports.Warn("encoder", $"{why}; encoded by libx264");
        return null;
    }

    private SoftwareEncoder Software(PictureEncoding wanted)
    {
        try
        {
            return new SoftwareEncoder(wanted with
            {
                Threads = Math.Min(Environment.ProcessorCount, MostThreads),
                Options = [("preset", "veryfast"), ("crf", RateFactors[_job.VideoQuality].ToString(CultureInfo.InvariantCulture))],
            });
        }
        catch (FFmpegException e)
        {
            throw new JobException(JobException.Encoder, e.Message);
        }
    }

    private void Write()
    {
        while (_encoder!.TryReceive(_encoded))
        {
            if (_encoded.Duration == 0)
                _encoded.Duration = _pictureTime;
            _parts!.Video(_encoded);
        }
    }
}
