using EdgeRecorder.Audio;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.Sound;

/// <summary>
/// AAC where FFmpeg's encoder is there: what browsers and transport streams get in place of G.711, which they do not take, and what is stored in place of speech that MP4 does not carry.
/// Nothing of FFmpeg is loaded before somebody listens, or such speech comes.
/// </summary>
internal sealed partial class AacSound(ILogger<AacSound> log)
{
    /// <summary>AAC of 8 kHz has frames of 128 ms, and two of them are on their way: too much for a live picture. Speech is doubled to this at least.</summary>
    private const int LeastRate = 16_000;

    private readonly Lazy<bool> _isInstalled = new(IsInstalled);
    private volatile bool _failed;

    /// <summary>The encoder can be opened, and never failed.</summary>
    public bool IsThere => !_failed && _isInstalled.Value;

    /// <summary>The stream with AAC in place of its G.711; null where there is none to replace, or nothing to make AAC with.</summary>
    public InitSegment? Dress(InitSegment stream)
        => SpeechOf(stream) is { } speech && Makes(speech) ? InitSegment.Build([.. stream.Tracks.Where(track => track.IsVideo), AacFor(speech)!]) : null;

    /// <summary>AAC can be made out of this track.</summary>
    public bool Makes(Track track) => track.Codec is Codec.G711A or Codec.G711U && AacFor(track) is not null && IsThere;

    public static Track? SpeechOf(InitSegment stream) => stream.Tracks.FirstOrDefault(track => track.Codec is Codec.G711A or Codec.G711U);

    /// <summary>The AAC track for a track of G.711: AAC-LC, of one channel. Null for what no source of ours sends.</summary>
    public static Track? AacFor(Track speech)
    {
        var rate = speech.TimeScale < LeastRate ? 2 * speech.TimeScale : speech.TimeScale;
        var config = AacConfig.LowComplexity(rate, 1);
        return speech.ChannelCount > 1 || config.Length == 0 ? null : new Track { Codec = Codec.Aac, TimeScale = rate, ChannelCount = 1, AudioSpecificConfig = config };
    }

    /// <summary>Null, and video alone from then on, when the encoder fails.</summary>
    public SpeechEncoder? Open(Track speech)
    {
        try
        {
            return new SpeechEncoder(speech, AacFor(speech)!);
        }
        catch (FFmpegException e)
        {
            Failed(e);
            return null;
        }
    }

    private static bool IsInstalled()
    {
        if (FFmpegLibraries.WhyNoEncoder is not null)
            return false;
        FFmpegLibraries.LogErrorsOnly();                    // each encoder would write a line when it is closed
        return true;
    }

    /// <summary>It is said once, and nobody gets AAC made until the next start.</summary>
    public void Failed(FFmpegException fault)
    {
        if (!_failed)
            LogFailed(fault);
        _failed = true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "AAC cannot be made: cameras with G.711 have no sound in browsers and .ts files, G.726 and ADPCM are stored as A-law")]
    private partial void LogFailed(FFmpegException fault);
}
