using EdgeRecorder.Audio;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.Sound;

/// <summary>AAC in place of G.726 and ADPCM, made while they come in.</summary>
internal sealed class StoredSpeech(AacSound sound) : ISpeechCoder
{
    private const int Rate = 8000;

    private static readonly Track Speech = new() { Codec = Codec.G711A, TimeScale = Rate, ChannelCount = 1 };
    private static readonly Track Aac = AacSound.AacFor(Speech)!;

    private SpeechEncoder? _encoder;
    private long _next;

    public Track Track => Aac;

    public bool TryAdd(long time, ReadOnlySpan<short> samples, AacFrame frames)
    {
        if (_encoder is null || Math.Abs(time - _next) > Rate)  // a clock that jumped is no pause to be filled
        {
            _encoder?.Dispose();
            _encoder = sound.IsThere ? sound.Open(Speech) : null;
            if (_encoder is null)
                return false;
        }
        try
        {
            _encoder.Add(time, samples, frames);
        }
        catch (FFmpegException e)
        {
            sound.Failed(e);
            Dispose();
            return false;
        }
        _next = time + samples.Length;
        return true;
    }

    public void Dispose()
    {
        _encoder?.Dispose();
        _encoder = null;
    }
}
