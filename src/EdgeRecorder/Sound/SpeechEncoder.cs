using EdgeRecorder.Audio;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.Sound;

/// <summary>
/// Speech into AAC, one behind the other without a hole: sound that pauses becomes silence, what comes twice is left out. Frames lie on a grid of 1024 samples from media
/// time 0 on, so that those made out of different pieces of a channel fit together. Not thread-safe.
/// </summary>
internal sealed class SpeechEncoder : IDisposable
{
    public const int FrameSamples = 1024;
    private const int BitRate = 32_000;                     // of speech with 4 kHz; AAC spends less on silence

    private readonly AacEncoder _encoder;
    private readonly Doubler? _doubler;
    private readonly short[] _law;
    private readonly int _longestHeld;                      // samples: a step of the source's clock, and no pause
    private readonly Action<Packet> _packet;
    private readonly short[] _linear = new short[512];
    private int _filled;
    private long _encoded;                                  // AAC's time scale: where what is handed to the encoder next begins
    private long _next;                                     // G.711's: what is expected next
    private long _begin;
    private short _last;
    private AacFrame? _frames;

    /// <param name="speech">What comes.</param>
    /// <param name="target">What <see cref="AacSound.AacFor"/> makes of it.</param>
    /// <exception cref="FFmpegException">The encoder is not there.</exception>
    public SpeechEncoder(Track speech, Track target)
    {
        _law = speech.Codec == Codec.G711A ? G711.ALawTable : G711.MuLawTable;
        _doubler = target.TimeScale == speech.TimeScale ? null : new Doubler();
        _longestHeld = speech.TimeScale / 50;
        _encoder = new AacEncoder(target.TimeScale, 1, BitRate);
        _packet = Take;
    }

    private int Factor => _doubler is null ? 1 : 2;

    public bool HasBegun { get; private set; }

    /// <summary>The first frame is the one on whose place of the grid <paramref name="time"/> (G.711's time scale) lies.</summary>
    public void Begin(long time)
    {
        _begin = _encoded = Math.Max(0, time * Factor / FrameSamples) * FrameSamples;
        _next = _begin / Factor + (_doubler is null ? 0 : Doubler.Lag);
        HasBegun = true;
    }

    /// <param name="time">Of its first sample, G.711's time scale.</param>
    /// <param name="frames">Called with what becomes complete with it.</param>
    public void Add(long time, ReadOnlySpan<byte> speech, AacFrame frames)
    {
        speech = speech[Reach(time, speech.Length, frames)..];
        foreach (var code in speech)
            Feed(_law[code]);
        _next += speech.Length;
        HandOver();
    }

    /// <summary>The same for speech that has been decoded.</summary>
    public void Add(long time, ReadOnlySpan<short> speech, AacFrame frames)
    {
        speech = speech[Reach(time, speech.Length, frames)..];
        foreach (var sample in speech)
            Feed(sample);
        _next += speech.Length;
        HandOver();
    }

    /// <summary>Silence up to there, if nothing else has come.</summary>
    public void FillTo(long time, AacFrame frames)
    {
        _frames = frames;
        if (time > _next)
            Hold(time - _next, 0);
        HandOver();
    }

    /// <summary>Nothing more comes: the last frames are filled up with silence.</summary>
    public void End(AacFrame frames)
    {
        _frames = frames;
        HandOver();
        _encoder.Flush(_packet);
    }

    public void Dispose() => _encoder.Dispose();

    /// <summary>Fills what lies before <paramref name="time"/>.</summary>
    /// <returns>How many of the samples were there before.</returns>
    private int Reach(long time, int samples, AacFrame frames)
    {
        if (!HasBegun)
            Begin(time);
        _frames = frames;
        var off = time - _next;
        if (off < 0)
            return (int)Math.Min(samples, -off);
        Hold(off, off > _longestHeld ? (short)0 : _last);
        return 0;
    }

    private void Hold(long samples, short value)
    {
        for (var i = 0L; i < samples; i++)
            Feed(value);
        _next += samples;
    }

    private void Feed(short sample)
    {
        _last = sample;
        if (_doubler is null)
            _linear[_filled++] = sample;
        else
        {
            (_linear[_filled], _linear[_filled + 1]) = _doubler.Next(sample);
            _filled += 2;
        }
        if (_filled == _linear.Length)
            HandOver();
    }

    private void HandOver()
    {
        if (_filled == 0)
            return;
        _encoder.Add(_encoded, _linear.AsSpan(0, _filled), _packet);
        _encoded += _filled;
        _filled = 0;
    }

    private void Take(Packet packet)
    {
        if (packet.Pts >= _begin)                           // the one before it only prepares the coder
            _frames!(packet.Pts, packet.Bytes);
    }
}
