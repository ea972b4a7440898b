using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>The way of the sound into a file: as it is, or decoded and encoded as AAC.</summary>
internal sealed class AudioPath : IDisposable
{
    /// <summary>bit/s per channel for each quality; 0 is where only the container asks for AAC.</summary>
    private static readonly int[] BitRates = [64_000, 96_000, 64_000, 48_000, 32_000, 24_000, 16_000];

    private readonly Demuxer _demuxer;
    private readonly Decoder? _decoder;
    private readonly AacEncoder? _encoder;
    private readonly Frame _frame = new();

    private AudioPath(Demuxer demuxer, MediaStream stream, Decoder? decoder, AacEncoder? encoder)
        => (_demuxer, Stream, _decoder, _encoder) = (demuxer, stream, decoder, encoder);

    public MediaStream Stream { get; }

    /// <summary>Of the packets that leave.</summary>
    public AVRational TimeBase => _encoder?.Encoder.TimeBase ?? Stream.TimeBase;

    /// <summary>Null when there is no sound, or none that anybody could use.</summary>
    public static AudioPath? Find(MediaJob job, Demuxer demuxer, JobReports reports)
    {
        var streams = demuxer.Streams.Where(stream => stream.Type == AVMediaType.AVMEDIA_TYPE_AUDIO).ToArray();
        if (streams.Length == 0)
            return null;
        var stream = streams[0];
        if (job.AudioQuality == 0 && Container.CanHold(job.Format, stream.Codec))
            return new(demuxer, stream, null, null);
        Decoder? decoder = null;
        try
        {
            decoder = Decoder.Open(demuxer, stream.Index, threads: 1);
            return new(demuxer, stream, decoder, new AacEncoder(stream.SamplingRate, stream.ChannelCount, (long)BitRates[job.AudioQuality] * stream.ChannelCount));
        }
        catch (FFmpegException e)
        {
            decoder?.Dispose();
            reports.Warn("ac", $"without sound: {e.Message}");
            return null;
        }
    }

    public int AddTo(Muxer muxer) => _encoder is null ? muxer.AddStream(_demuxer, Stream.Index) : muxer.AddStream(_encoder.Encoder);

    /// <param name="pass">Called with what goes into the file.</param>
    public void Add(Packet packet, Action<Packet> pass)
    {
        if (_decoder is null)
            pass(packet);
        else if (_decoder.Send(packet))
            Encode(pass);
    }

    public void Finish(Action<Packet> pass)
    {
        if (_decoder is null || _encoder is null)
            return;
        _decoder.Send(null);
        Encode(pass);
        _encoder.Flush(pass);
    }

    public void Dispose()
    {
        _decoder?.Dispose();
        _encoder?.Dispose();
        _frame.Dispose();
    }

    private void Encode(Action<Packet> pass)
    {
        while (_decoder!.TryReceive(_frame))
            if (_frame.Pts != ffmpeg.AV_NOPTS_VALUE)
                _encoder!.Add(ffmpeg.av_rescale_q(_frame.Pts, Stream.TimeBase, _encoder.Encoder.TimeBase), _frame, pass);
    }
}
