using EdgeRecorder.Bytes;

namespace EdgeRecorder.Mp4;

/// <summary>
/// Cuts fragments into shorter ones, where the fragmenter would have cut had it been asked for them: for viewers who begin with low latency and are given what was made
/// before. What is short already passes as it is, unless something before it in the same GOP waits to become long enough: so all pieces of a GOP but its last are alike.
/// Pieces share the media; only their heads are new.
/// </summary>
/// <param name="longest90k">As for <c>Fragmenter</c>: a piece ends behind the picture that makes it so long.</param>
internal sealed class FragmentCutter(long longest90k)
{
    private readonly TrackSamples _video = new(isVideo: true);
    private readonly TrackSamples _audio = new(isVideo: false);
    private Fragment? _whole;                               // in which the open piece begins; only what it says of itself is taken, so nothing is held
    private bool _beginsIt;
    private uint _sequence = 1;
    private (long Start, long End) _videoTime, _audioTime;  // decode times, track's time scale

    /// <summary>Adds the pieces that are complete with this fragment, each with a reference for the caller.</summary>
    /// <exception cref="ProtocolException">Its head is damaged.</exception>
    public void Add(Fragment fragment, ICollection<Fragment> pieces)
    {
        if (_whole is not null && (fragment.IsSync || fragment.StartsRun))
            Close(false, pieces);
        var hasVideo = fragment.Init.Tracks[0].IsVideo;
        var tracks = _whole is null && fragment.Duration90k <= longest90k ? [] : MovieFragment.Parse(fragment.Head.Span).Tracks;
        if (_whole is null && (tracks.Count == 0 || hasVideo && tracks[0].TrackId != 1 || IsOnePiece(tracks[0], fragment.Init.Tracks[0].TimeScale)))
        {
            fragment.AddReference();
            pieces.Add(fragment);
            return;
        }
        var sound = hasVideo ? tracks.FirstOrDefault(track => track.TrackId == 2) : null;
        var (leader, scale, heard) = (tracks[0], fragment.Init.Tracks[0].TimeScale, 0);
        var (leading, isFirst) = (hasVideo ? _video : _audio, true);
        foreach (var sample in leader == sound ? [] : leader.Samples)
        {
            var shown = sample.Dts + sample.CompositionOffset;
            if (leading.Count > 0 && shown > leading.LargestPts && MediaTime.From(shown - leading.FirstPts, scale) >= longest90k)
            {
                heard = TakeSound(fragment, sound, heard, MediaTime.From(sample.Dts, scale));
                Close(false, pieces);
            }
            if (_whole is null)
                (_whole, _beginsIt) = (fragment, isFirst);
            Take(fragment, hasVideo, sample);
            isFirst = false;
        }
        TakeSound(fragment, sound, heard, long.MaxValue);
        if (fragment.EndsGop || leading.Count > 0 && MediaTime.From(leader.End - leading.FirstPts, scale) >= longest90k)
            Close(fragment.EndsGop, pieces);
    }

    /// <summary>Lets go of a piece that was never finished.</summary>
    public void Clear()
    {
        _video.Clear();
        _audio.Clear();
        _whole = null;
    }

    /// <summary>A camera that sends few pictures: one more makes a piece that is long enough already.</summary>
    private bool IsOnePiece(TrackFragment leader, int scale)
    {
        var first = leader.Samples[0].Dts + leader.Samples[0].CompositionOffset;
        return MediaTime.From(leader.End - first, scale) >= longest90k && leader.Samples.All(sample => MediaTime.From(sample.Dts + sample.CompositionOffset - first, scale) < longest90k);
    }

    private int TakeSound(Fragment fragment, TrackFragment? sound, int from, long before90k)
    {
        for (; sound is not null && from < sound.Samples.Count && MediaTime.From(sound.Samples[from].Dts, fragment.Init.Tracks[^1].TimeScale) < before90k; from++)
            Take(fragment, isVideo: false, sound.Samples[from]);
        return from;
    }

    private void Take(Fragment fragment, bool isVideo, in FragmentSample sample)
    {
        var samples = isVideo ? _video : _audio;
        ref var time = ref isVideo ? ref _videoTime : ref _audioTime;
        time = (samples.Count == 0 ? sample.Dts : time.Start, sample.Dts + sample.Duration);
        var payload = fragment.Find(sample.Offset, sample.Size)
            ?? throw new ProtocolException(BoxReader.Protocol, (int)sample.Offset, "trun", $"a sample of {sample.Size} bytes lies outside of mdat");
        payload.AddReference();
        samples.Add(sample.Dts + sample.CompositionOffset, sample.IsSync, payload);
    }

    private void Close(bool endsGop, ICollection<Fragment> pieces)
    {
        var whole = _whole!;
        var tracks = whole.Init.Tracks;
        var start90k = _beginsIt ? whole.MediaStart90k : MediaTime.From(tracks[0].IsVideo ? _videoTime.Start : _audioTime.Start, tracks[0].TimeScale);
        var end90k = start90k;
        if (_video.Count > 0)
            end90k = MediaTime.From(_video.Time(_videoTime.Start, _videoTime.End), tracks[0].TimeScale);
        if (_audio.Count > 0)
            end90k = Math.Max(end90k, MediaTime.FromUp(_audio.Time(_audioTime.Start, _audioTime.End), tracks[^1].TimeScale));
        var (isSync, videoSamples, sinceUs) = (!tracks[0].IsVideo || _video.Count > 0 && _video.IsSync, _video.Count, MediaTime.ToUs(start90k - whole.MediaStart90k));
        var (buffers, headLength, payloadCount) = FragmentWriter.Write(_sequence++, _video, _audio);
        pieces.Add(new Fragment(buffers, headLength, payloadCount)
        {
            Init = whole.Init,
            MediaStart90k = start90k,
            Duration90k = (uint)(end90k - start90k),
            IsSync = isSync,
            SyncDistance = isSync ? 0 : whole.SyncDistance + 1,
            EndsGop = endsGop,
            StartsRun = _beginsIt && whole.StartsRun,
            BreakReason = _beginsIt ? whole.BreakReason : null,
            MissingFromUs = _beginsIt ? whole.MissingFromUs : null,
            BoottimeUs = whole.BoottimeUs + sinceUs,
            SourceUtcUs = whole.SourceUtcUs == 0 ? 0 : whole.SourceUtcUs + sinceUs,
            VideoSamples = videoSamples,
        });
        _whole = null;
    }
}
