using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.Sound;

/// <summary>
/// A stream's fragments with AAC in place of G.711: pictures shared, sound made anew, once for all who watch. A frame goes out with the fragment that makes it complete, so sound
/// lies up to 0.2 s behind the end of its pictures, at its own time. Fragments that need nothing pass as they are.
/// </summary>
internal sealed class SoundedStream(AacSound sound) : IDisposable
{
    /// <summary>Pictures go on and sound does not: players would wait for it. Behind so much it is silence.</summary>
    private const long LongestPause90k = 45_000;

    private readonly TrackSamples _video = new(isVideo: true);
    private readonly TrackSamples _audio = new(isVideo: false);
    private readonly PayloadWriter _writer = new(ChunkPool.Audio);
    private InitSegment? _source, _dressed;
    private Track? _speech;
    private SpeechEncoder? _encoder;
    private long _end90k;
    private uint _sequence = 1;

    /// <summary>With a reference for the caller; null when it has nothing yet (a stream without pictures).</summary>
    /// <exception cref="ProtocolException">Its head is damaged.</exception>
    public Fragment? Add(Fragment fragment)
    {
        if (!ReferenceEquals(fragment.Init, _source))
            Change(fragment.Init);
        if (_dressed is not null && _encoder is not null && !MediaTime.RunsOn(_end90k, fragment.MediaStart90k))
            Renew();
        _end90k = fragment.MediaStart90k + fragment.Duration90k;
        if (_dressed is not { } init || _encoder is null)
        {
            fragment.AddReference();
            return fragment;
        }
        try
        {
            return Dress(fragment, init, MovieFragment.Parse(fragment.Head.Span).Tracks);
        }
        catch (FFmpegException e)
        {
            sound.Failed(e);
            (_dressed, _encoder) = (null, null);
            Clear();
            fragment.AddReference();
            return fragment;
        }
    }

    public void Dispose()
    {
        Clear();
        _encoder?.Dispose();
        _encoder = null;
        _writer.Dispose();
    }

    private void Change(InitSegment source)
    {
        var speech = AacSound.SpeechOf(source);
        (_source, _dressed) = (source, sound.Dress(source));
        if (_dressed is not null && _encoder is not null && _speech is not null && speech!.SameFormat(_speech))
            return;                                         // other parameter sets: sound goes on
        _speech = speech;
        Renew();
    }

    private void Renew()
    {
        _encoder?.Dispose();
        _encoder = _dressed is null ? null : sound.Open(_speech!);
        _dressed = _encoder is null ? null : _dressed;
    }

    private Fragment? Dress(Fragment fragment, InitSegment init, IReadOnlyList<TrackFragment> tracks)
    {
        var (pictures, speech) = (tracks.FirstOrDefault(track => track.TrackId == 1), tracks.FirstOrDefault(track => track.TrackId == 2));
        if (speech is not null)
            foreach (var sample in speech.Samples)
                Take(fragment, sample);
        if (pictures is not null && !_encoder!.HasBegun)
            _encoder.Begin(MediaTime.To(fragment.MediaStart90k, _speech!.TimeScale));
        if (pictures is not null)
            _encoder!.FillTo(MediaTime.To(_end90k - LongestPause90k, _speech!.TimeScale), Keep);
        foreach (var picture in pictures?.Samples ?? [])
        {
            var payload = Find(fragment, picture);
            payload.AddReference();
            _video.Add(picture.Dts + picture.CompositionOffset, picture.IsSync, payload);
        }
        if (_video.Count > 0)
            _video.Time(pictures!.DecodeTime, pictures.End);
        var (first, count) = (_audio.Count > 0 ? _audio.FirstPts : 0, _audio.Count);
        if (count > 0)
            _audio.Time(first, _audio.LargestPts + SpeechEncoder.FrameSamples);
        else if (_video.Count == 0)
            return null;
        var rate = init.Tracks[^1].TimeScale;
        var (buffers, headLength, payloadCount) = FragmentWriter.Write(_sequence++, _video, _audio);
        var hasPictures = init.Tracks[0].IsVideo;
        var start90k = hasPictures ? fragment.MediaStart90k : MediaTime.From(first, rate);
        return new Fragment(buffers, headLength, payloadCount)
        {
            Init = init,
            MediaStart90k = start90k,
            Duration90k = hasPictures ? fragment.Duration90k : (uint)MediaTime.FromUp((long)count * SpeechEncoder.FrameSamples, rate),
            IsSync = fragment.IsSync,
            SyncDistance = fragment.SyncDistance,
            EndsGop = fragment.EndsGop,
            StartsRun = fragment.StartsRun,
            BreakReason = fragment.BreakReason,
            MissingFromUs = fragment.MissingFromUs,
            BoottimeUs = fragment.BoottimeUs + MediaTime.ToUs(start90k - fragment.MediaStart90k),
            SourceUtcUs = fragment.SourceUtcUs,
            VideoSamples = fragment.VideoSamples,
        };
    }

    private void Take(Fragment fragment, in FragmentSample sample)
    {
        var at = sample.Dts;
        foreach (var slice in Find(fragment, sample))
        {
            _encoder!.Add(at, slice.Span, Keep);
            at += slice.Length;
        }
    }

    private void Keep(long time, ReadOnlySpan<byte> frame)
    {
        _writer.Write(frame);
        _audio.Add(time, isSync: true, _writer.Take());
    }

    private static Payload Find(Fragment fragment, in FragmentSample sample)
        => fragment.Find(sample.Offset, sample.Size) ?? throw new ProtocolException(BoxReader.Protocol, (int)sample.Offset, "trun", $"a sample of {sample.Size} bytes lies outside of mdat");

    private void Clear()
    {
        _video.Clear();
        _audio.Clear();
    }
}
