using System.Globalization;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>
/// The file or files of a job. Video leads: sound waits until video has reached it, so that a cut at a sync sample cuts both at the same instant.
/// Every part begins at 0.
/// </summary>
/// <param name="videoBase">Of the video packets' times; both tracks come in footage time.</param>
/// <param name="addVideo">Adds the video stream to a new file; the number of the stream.</param>
/// <param name="pictureRate">Pictures per second, for AVI, which knows no times, only numbers.</param>
internal sealed class PartWriter(MediaJob job, JobReports reports, AVRational videoBase, Func<Muxer, int> addVideo, AudioPath? audio, AVRational pictureRate) : IDisposable
{
    private static readonly AVRational Milliseconds = new() { num = 1, den = 1000 };
    private readonly Queue<Packet> _sound = new();
    private Muxer? _muxer;
    private string _name = "";
    private int _count, _videoStream, _audioStream;
    private long _origin;                                   // footage time that is 0 in this part, video's time base
    private long _first, _end;                              // of this part's pictures, footage time
    private long _number;                                   // of the next picture in AVI
    private long _bytes, _gopBytes, _lastGopBytes;

    /// <summary>True when there is any picture in any file.</summary>
    public bool HasPictures => _count > 0;

    public void Video(Packet packet)
    {
        PassSound(packet.Dts);
        if (packet.IsSync)
            (_lastGopBytes, _gopBytes) = (_gopBytes, 0);
        if (_muxer is null || packet.IsSync && job.MaxFileBytes > 0 && _bytes + _lastGopBytes > job.MaxFileBytes)
            Begin(packet);
        var cost = packet.Size + Container.Overhead(job.Format, packet.Size);
        _bytes += cost;
        _gopBytes += cost;
        _end = Math.Max(_end, packet.Pts + packet.Duration);
        packet.Pts -= _origin;
        packet.Dts -= _origin;
        if (job.Format == MediaFormat.Avi)
        {
            var rate = new AVRational { num = pictureRate.den, den = pictureRate.num };
            _number = Math.Max(_number + 1, ffmpeg.av_rescale_q(packet.Dts, videoBase, rate));
            (packet.Pts, packet.Dts, packet.Duration) = (_number, _number, 1);
            _muxer!.Write(packet, _videoStream, rate);
            return;
        }
        _muxer!.Write(packet, _videoStream, videoBase);
    }

    /// <summary>Sound, kept until video has come as far.</summary>
    public void Sound(Packet packet) => _sound.Enqueue(packet.Take());

    /// <summary>Writes what waits, and closes the last file.</summary>
    public void Finish()
    {
        PassSound(long.MaxValue);
        Close();
    }

    public void Dispose()
    {
        _muxer?.Dispose();
        foreach (var packet in _sound)
            packet.Dispose();
        _sound.Clear();
    }

    /// <param name="until">Video's time base.</param>
    private void PassSound(long until)
    {
        if (audio is null || _muxer is null)
            return;                                         // what lies before the first picture is left out when that comes
        var origin = ffmpeg.av_rescale_q(_origin, videoBase, audio.TimeBase);
        var end = until == long.MaxValue ? until : ffmpeg.av_rescale_q(until, videoBase, audio.TimeBase);
        while (_sound.TryPeek(out var next) && next.Pts < end)
            using (_sound.Dequeue())
            {
                if (_count == 1 && next.Pts < origin)
                    continue;
                _bytes += next.Size + Container.Overhead(job.Format, next.Size);
                next.Pts -= origin;
                next.Dts = next.Pts;
                _muxer.Write(next, _audioStream, audio.TimeBase);
            }
    }

    private void Begin(Packet first)
    {
        Close();
        _name = string.Create(CultureInfo.InvariantCulture, $"part-{++_count}.{Container.Extension(job.Format)}");
        _muxer = Muxer.Create(Path.Combine(job.Folder, _name), Container.Muxer(job.Format));
        _videoStream = addVideo(_muxer);
        if (job.Format == MediaFormat.Avi)
            _muxer.SetTimeBase(_videoStream, new AVRational { num = pictureRate.den, den = pictureRate.num });
        if (audio is not null)
            _audioStream = audio.AddTo(_muxer);
        if (!string.IsNullOrEmpty(job.Title))
            _muxer.SetMetadata("title", job.Title);
        if (!string.IsNullOrEmpty(job.Comment))
            _muxer.SetMetadata("comment", job.Comment);
        _muxer.WriteHeader(Container.Options(job.Format));
        // An MP4 leads in with what a decoder needs, before 0: an edit list hides it. The others begin where decoding does.
        _origin = job.Format switch
        {
            MediaFormat.Mp4 when _count == 1 => Math.Max(first.Pts, ffmpeg.av_rescale_q(job.FromMs, Milliseconds, videoBase)),
            MediaFormat.Avi => first.Dts,
            _ => first.Pts,
        };
        (_first, _end, _bytes, _number) = (first.Pts, first.Pts, 0, -1);
    }

    private void Close()
    {
        if (_muxer is null)
            return;
        _muxer.Finish();
        _muxer.Dispose();
        _muxer = null;
        reports.Part(new(_name, ffmpeg.av_rescale_q(_first, videoBase, Milliseconds), ffmpeg.av_rescale_q(_end, videoBase, Milliseconds), new FileInfo(Path.Combine(job.Folder, _name)).Length));
    }
}
