using EdgeRecorder.Audio;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Sound;

namespace EdgeRecorder.Files;

/// <summary>AAC in place of a file's G.711: frames wait here from when they are complete until they are written. A frame is complete up to 0.2 s behind what is heard in it.</summary>
internal sealed class MadeSound : IDisposable
{
    /// <summary>Pictures go on and sound does not: behind so much it is silence, so that players need not wait for it.</summary>
    private const long LongestPause90k = 45_000;

    private readonly AacSound _sound;
    private readonly Track _speech;
    private readonly AacFrame _keep;
    private readonly List<(long At90k, int Offset, int Length)> _frames = [];
    private SpeechEncoder? _encoder;
    private byte[] _bytes = new byte[16 * 1024];
    private int _length;

    private MadeSound(AacSound sound, Track speech, Track aac, SpeechEncoder encoder)
    {
        (_sound, _speech, Aac, _encoder) = (sound, speech, aac, encoder);
        _keep = (time, bytes) =>
        {
            if (_bytes.Length < _length + bytes.Length)
                Array.Resize(ref _bytes, 2 * (_length + bytes.Length));
            bytes.CopyTo(_bytes.AsSpan(_length));
            _frames.Add((MediaTime.From(time, aac.TimeScale), _length, bytes.Length));
            _length += bytes.Length;
        };
    }

    /// <summary>What the file has.</summary>
    public Track Aac { get; }

    public List<(long At90k, int Offset, int Length)> Frames => _frames;
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Null when the encoder cannot be had; that has been said then.</summary>
    public static MadeSound? Open(AacSound sound, Track speech)
        => sound.Open(speech) is { } encoder ? new(sound, speech, AacSound.AacFor(speech)!, encoder) : null;

    /// <summary>Takes a fragment's sound; null: it has none.</summary>
    /// <param name="back90k">How much earlier it stands in the file.</param>
    /// <param name="end90k">Of the pictures, in the file; null: there are none.</param>
    public void Add(TrackFragment? speech, ReadOnlySpan<byte> media, long back90k, long? end90k)
    {
        if (_encoder is null)
            return;
        try
        {
            foreach (var sample in speech?.Samples ?? [])
                _encoder.Add(sample.Dts - MediaTime.To(back90k, _speech.TimeScale), media.Slice((int)sample.Offset, (int)sample.Size), _keep);
            if (end90k is { } end && _encoder.HasBegun)
                _encoder.FillTo(MediaTime.To(end - LongestPause90k, _speech.TimeScale), _keep);
        }
        catch (FFmpegException e)
        {
            Fail(e);
        }
    }

    /// <summary>Nothing more comes.</summary>
    public void End()
    {
        try
        {
            _encoder?.End(_keep);
        }
        catch (FFmpegException e)
        {
            Fail(e);
        }
    }

    /// <summary>The file goes on without.</summary>
    private void Fail(FFmpegException e)
    {
        _sound.Failed(e);
        Dispose();
    }

    /// <summary>They are written.</summary>
    public void Clear()
    {
        _frames.Clear();
        _length = 0;
    }

    public void Dispose()
    {
        _encoder?.Dispose();
        _encoder = null;
    }
}
