namespace EdgeRecorder.Media;

/// <summary>
/// Announces the tracks before the first access unit, though nothing says beforehand which there are: units wait until both audio and video were seen, or for
/// <see cref="LongestWaitUs"/>. A track that appears later, or in another format, is announced before the next sync sample: a change ends a run, which then costs no picture.
/// </summary>
internal sealed class TrackGate(ISourceSink tap, bool expectsAudio) : IDisposable
{
    public const long LongestWaitUs = 1_000_000;
    private const long LongestWithoutVideoUs = 2_000_000;
    private const int MostWaiting = 256;

    /// <summary>Audio was asked for or announced: it is waited for.</summary>
    public bool ExpectsAudio { get; set; } = expectsAudio;

    private readonly List<AccessUnit> _waiting = new(capacity: 64);
    private Track? _video;                                  // announced
    private Track? _audio;
    private Track? _newAudio;                               // seen, not announced
    private bool _announced;
    private long _firstUs;

    public void Video(in AccessUnit unit)
    {
        var isChange = _video is null || !_video.SameFormat(unit.Track) || _newAudio is not null;
        if (_announced && isChange && unit.IsSync)
            Announce(unit.Track, _newAudio ?? _audio);
        if (_announced)
        {
            Pass(unit, _video);
            return;
        }
        Wait(unit);
        if (!ExpectsAudio || _newAudio is not null || unit.ArrivalUs - FirstVideoUs() >= LongestWaitUs || _waiting.Count >= MostWaiting)
            Open(unit.Track);
    }

    /// <param name="hasVideo">Packets of video came, though no picture may have been complete.</param>
    public void Audio(in AccessUnit unit, bool hasVideo)
    {
        if (_announced)
        {
            if (_audio is null || !_audio.SameFormat(unit.Track))
            {
                _newAudio = unit.Track;
                if (_video is null)
                    Announce(null, unit.Track);
            }
            else
                _newAudio = null;
            Pass(unit, _audio);
            return;
        }
        _newAudio = unit.Track;
        Wait(unit);
        if (FirstVideo() is { } video)
            Open(video);
        else if (!hasVideo && unit.ArrivalUs - _firstUs >= LongestWithoutVideoUs)
            Open(null);
    }

    /// <summary>Nothing more may come: what waits goes out with the tracks that were seen.</summary>
    public void Flush()
    {
        if (!_announced && _waiting.Count > 0)
            Open(FirstVideo());
    }

    public void Dispose()
    {
        foreach (var unit in _waiting)
            unit.Payload.Release();
        _waiting.Clear();
    }

    private void Wait(in AccessUnit unit)
    {
        if (_waiting.Count == 0)
            _firstUs = unit.ArrivalUs;
        if (_waiting.Count >= MostWaiting)                  // only audio can come so long without a picture: the oldest is of no use
        {
            _waiting[0].Payload.Release();
            _waiting.RemoveAt(0);
        }
        _waiting.Add(unit);
    }

    private Track? FirstVideo()
    {
        foreach (var unit in _waiting)
            if (unit.Track.IsVideo)
                return unit.Track;
        return null;
    }

    private long FirstVideoUs()
    {
        foreach (var unit in _waiting)
            if (unit.Track.IsVideo)
                return unit.ArrivalUs;
        return long.MaxValue;
    }

    private void Open(Track? video)
    {
        Announce(video, _newAudio);
        foreach (var unit in _waiting)
            Pass(unit, unit.Track.IsVideo ? _video : _audio);
        _waiting.Clear();
        _waiting.TrimExcess();
    }

    private void Announce(Track? video, Track? audio)
    {
        (_video, _audio, _newAudio, _announced) = (video, audio, null, true);
        tap.Announce(video is null ? [audio!] : audio is null ? [video] : [video, audio]);
    }

    private void Pass(in AccessUnit unit, Track? announced)
    {
        if (announced is not null && announced.SameFormat(unit.Track))
            tap.Add(unit);
        else
            unit.Payload.Release();
    }
}
