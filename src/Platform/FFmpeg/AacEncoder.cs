namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>Turns samples, as they come, into AAC-LC frames of 1024. A jump in time ends a frame early, with silence. Not thread-safe.</summary>
internal sealed class AacEncoder : IDisposable
{
    private readonly int _samplingRate;
    private readonly int _channels;
    private readonly Encoder _encoder;
    private readonly float[][] _pending;
    private int _filled;
    private long _nextPts;
    private bool _started;

    /// <param name="bitRate">bit/s; more than AAC can carry at that rate becomes what it can.</param>
    /// <exception cref="FFmpegException">The encoder is not there, or does not take that rate.</exception>
    public AacEncoder(int samplingRate, int channels, long bitRate, bool globalHeader = true)
    {
        // 6144 bits per frame and channel (ISO/IEC 14496-3, 4.5.3.1).
        _encoder = Encoder.OpenAac(samplingRate, channels, Math.Min(bitRate, 6144L * channels * samplingRate / 1024), globalHeader);
        (_samplingRate, _channels) = (samplingRate, channels);
        _pending = new float[channels][];
        for (var i = 0; i < channels; i++)
            _pending[i] = new float[_encoder.FrameSamples];
    }

    /// <summary>Packets have times in 1/rate s; the first begins <see cref="Encoder.FrameSamples"/> before the first sample: the coder's delay.</summary>
    public Encoder Encoder => _encoder;

    /// <summary>AudioSpecificConfig.</summary>
    public ReadOnlySpan<byte> Config => _encoder.ExtraData;

    /// <param name="pts">Of the first sample, in samples.</param>
    /// <param name="samples">All channels in turn.</param>
    /// <param name="packets">Called with each packet; what it leaves is emptied.</param>
    public void Add(long pts, ReadOnlySpan<short> samples, Action<Packet> packets)
    {
        Begin(pts, packets);
        for (var i = 0; i + _channels <= samples.Length; i += _channels)
        {
            for (var channel = 0; channel < _channels; channel++)
                _pending[channel][_filled] = samples[i + channel] / 32768f;
            Advance(packets);
        }
    }

    /// <summary>Samples of a decoded frame, of either format that decoders of ours give.</summary>
    public void Add(long pts, Frame frame, Action<Packet> packets)
    {
        if (frame.ChannelCount != _channels || frame.Pts == ffmpeg.AV_NOPTS_VALUE)
            return;                                         // a stream that changes its channels in the middle: those frames are left out
        if (frame.SampleFormat == AVSampleFormat.AV_SAMPLE_FMT_S16)
        {
            Add(pts, frame.Interleaved, packets);
            return;
        }
        Begin(pts, packets);
        for (var i = 0; i < frame.SampleCount; i++)
        {
            for (var channel = 0; channel < _channels; channel++)
                _pending[channel][_filled] = frame.Samples(channel)[i];
            Advance(packets);
        }
    }

    /// <summary>What is left, filled up with silence.</summary>
    public void Flush(Action<Packet> packets)
    {
        EndFrame(packets);
        _encoder.Send(null);
        Drain(packets);
    }

    public void Dispose() => _encoder.Dispose();

    private void Begin(long pts, Action<Packet> packets)
    {
        var expected = _nextPts + _filled;
        if (_started && Math.Abs(pts - expected) <= _samplingRate / 5)
            return;                                         // jitter of the source; samples are the better clock
        EndFrame(packets);
        _nextPts = _started ? Math.Max(pts, _nextPts) : pts;
        _started = true;
    }

    private void Advance(Action<Packet> packets)
    {
        if (++_filled == _encoder.FrameSamples)
            EndFrame(packets);
    }

    private void EndFrame(Action<Packet> packets)
    {
        if (_filled == 0)
            return;
        using var frame = Frame.NewSamples(_encoder.FrameSamples, _channels, _samplingRate);
        for (var channel = 0; channel < _channels; channel++)
        {
            Array.Clear(_pending[channel], _filled, _pending[channel].Length - _filled);
            _pending[channel].CopyTo(frame.Samples(channel));
        }
        frame.Pts = _nextPts;
        _nextPts += _encoder.FrameSamples;
        _filled = 0;
        _encoder.Send(frame);
        Drain(packets);
    }

    private void Drain(Action<Packet> packets)
    {
        using var packet = new Packet();
        while (_encoder.TryReceive(packet))
            packets(packet);
    }
}
