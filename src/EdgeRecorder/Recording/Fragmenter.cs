using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>
/// Groups access units into fragments: one ends at the next sync sample or after <see cref="Longest90k"/> of media. Keeps the channel's media
/// time: a run begins where the largest track of the run before ended, which had given its last sample one frame to last.
/// </summary>
/// <remarks>
/// Video leads, audio where there is no video: its first sync sample begins a run; a loss, a jump over a second or backwards ends it.
/// One thread. Fragments come with one reference, the caller's. Nothing is allocated per access unit.
/// </remarks>
/// <param name="largestBytes">What moof and mdat of a fragment may have together.</param>
/// <param name="mediaEnd90k">Media time at which the first run begins.</param>
internal sealed class Fragmenter(int largestBytes, long mediaEnd90k = 0)
{
    /// <summary>0.75 s: bounds what a power cut can cost (DESIGN P1).</summary>
    public const long Longest90k = 67_500;

    private const long LongestOpenUs = 2_000_000;           // whatever its clock says: some cameras' stands still
    private const long HeldBackUs = 300_000;                // 200 ms of the low-water mark and what reading them takes
    private const long SilentUs = 500_000;                  // with half a second between two looks: at most 1 s (DESIGN P1)
    private const int Second90k = 90_000;
    private const int UsualFrame90k = 3600;                 // 25 a second, until the source shows its own
    private const int MostReordered = 16;                   // pictures; H.264 A.3.1, H.265 A.4.1: the DPB holds no more
    private const long FormatChangeUs = 10_000_000;         // DESIGN section 4: a new segment at most once per 10 s

    private TrackSamples _video = new(isVideo: true);
    private AudioLane _audio = new();
    private TrackSamples _soleAudio = new(isVideo: false);
    private RunClock _clock = new();
    private long _longest90k = Longest90k;

    private Track[] _tracks = [];
    private Track? _leader;                                 // video, else audio
    private Track? _audioTrack;                             // beside video
    private InitSegment? _init;
    private uint _sequence;
    private int _syncDistance;
    private long? _restartAt90k;
    private long _formatChangedUs = long.MinValue / 2;
    private bool _awaitsFormat;

    // The run. Times of the leader in its own time scale on the media time line.
    private bool _running;
    private bool _startsRun;
    private bool _sessionGoesOn;                            // the clock's dates hold for the next run too
    private long _endUs;                                    // date of the end of the last run
    private GapReason? _breakReason;
    private long? _missingFromUs;
    private long _shift;                                    // media time minus the source's
    private long _largestPts;
    private long _nextStart;                                // where the open fragment begins
    private long _frame;                                    // what a sample usually lasts
    private bool _reorders;
    private long _lastSourcePts;
    private long _lastStep;
    private long _lastEnd90k;
    private long _arrivalUs;                                // of the leader's newest unit
    private long _openedUs;                                 // arrival of the open fragment's first unit
    private long _sourceUtcUs;

    /// <summary>Media time at which the next run will begin, 90 kHz.</summary>
    public long MediaEnd90k { get; private set; } = mediaEnd90k;

    /// <summary>Access units that were dropped because nothing before them could be decoded.</summary>
    public long Dropped { get; private set; }

    public IReadOnlyList<Track> Tracks => _tracks;

    /// <summary>Units belong to these tracks from here on. Another format ends the run: returns the fragment that was open.</summary>
    public Fragment? Announce(IReadOnlyList<Track> tracks)
    {
        if (_tracks.Length == tracks.Count && tracks.All(track => _tracks.Any(old => old.Id == track.Id && old.SameFormat(track))))
            return null;
        var closed = EndRun(GapReason.Reconnect);
        _sessionGoesOn = false;
        _audio.Drop();
        _awaitsFormat = _tracks.Length > 0;
        _tracks = tracks.OrderBy(track => track.Id).ToArray();
        _leader = _tracks.Length > 0 ? _tracks[0] : null;
        _audioTrack = _tracks.Length > 1 ? _tracks[1] : null;
        _init = null;
        return closed;
    }

    /// <summary>Takes one access unit with its payload; returns the fragment it closed, if any.</summary>
    public Fragment? Add(in AccessUnit unit)
    {
        if (_leader is { } leader && unit.Track.Id == leader.Id && unit.Track.SameFormat(leader))
            return AddLeader(unit);
        if (_audioTrack is null || unit.Track.Id != _audioTrack.Id || !unit.Track.SameFormat(_audioTrack))
        {
            Drop(unit);                                     // of a track that was not announced
            return null;
        }
        if (!_running)
        {
            _audio.Keep(unit);
            return null;
        }
        var closed = FragmentWriter.Bound(_video, _audio.Samples, OpenBytes + unit.Payload.Length) > largestBytes ? Cut(null) : null;
        _audio.Add(unit, MediaTime.To(_largestPts, unit.Track.TimeScale));
        return closed;
    }

    /// <summary>Ends the run, as a stop or a broken connection does; the next one begins with a sync sample. Returns what was open.</summary>
    public Fragment? Close()
    {
        var closed = EndRun(null);
        (_breakReason, _missingFromUs, _sessionGoesOn) = (null, null, false);
        _audio.Drop();
        return closed;
    }

    /// <summary>Ends the open fragment here and goes on with the run: so that what was received until now can be kept at once.</summary>
    public Fragment? Flush() => _running ? Cut(null) : null;

    /// <summary>Something is open and nothing came for longer than the source's pictures are apart.</summary>
    public bool IsSilent(long nowUs)
        => _running && Leading.Count > 0 && nowUs - _arrivalUs >= Math.Clamp(MediaTime.ToUs(MediaTime.From(_lastStep, TimeScale)) * 3 / 2, SilentUs, LongestOpenUs);

    /// <summary>Asks for a new run from the next sync sample on, at a media time the caller names: so does who starts to record, or lost fragments.</summary>
    public void RestartAtSync(long mediaTime90k) => _restartAt90k = mediaTime90k;

    /// <summary>
    /// A second one that goes on from here by itself, with what is open now, and ends fragments after <paramref name="longest90k"/>. Its first fragment
    /// begins where the last one of this ended. Whoever feeds both gives each its own reference on the payloads, and closes the fork when it is done with.
    /// </summary>
    public Fragmenter Fork(long longest90k)
    {
        var fork = (Fragmenter)MemberwiseClone();
        (fork._video, fork._audio, fork._soleAudio, fork._clock, fork._longest90k) = (_video.Fork(), _audio.Fork(), _soleAudio.Fork(), _clock.Fork(), longest90k);
        return fork;
    }

    private TrackSamples Leading => _leader!.IsVideo ? _video : _soleAudio;
    private TrackSamples Audio => _leader!.IsVideo ? _audio.Samples : _soleAudio;
    private long OpenBytes => _video.Payloads.Bytes + _audio.Samples.Payloads.Bytes + _soleAudio.Payloads.Bytes;
    private int TimeScale => _leader!.TimeScale;

    private Fragment? AddLeader(in AccessUnit unit)
    {
        var step = unit.Pts - _lastSourcePts;
        var jumps = _running && Jumps(unit, step);
        _lastStep = step;
        _lastSourcePts = unit.Pts;
        _arrivalUs = unit.ArrivalUs;
        Fragment? closed = null;
        if (unit.LossBefore || jumps)
            closed = EndRun(GapReason.Loss);
        else if (_running && unit.IsSync && _restartAt90k is not null)
            closed = EndRun(null);
        if (FragmentWriter.Bound(unit.Payload.Length) > largestBytes)
        {
            closed ??= EndRun(GapReason.Loss);              // no record can hold it
            Drop(unit);
            return closed;
        }
        // A clock that jumped lost no picture: what comes refers to what came, and is kept.
        if (!_running && !TryStartRun(unit, follows: jumps && !unit.LossBefore))
        {
            Drop(unit);
            return closed;
        }

        var pts = unit.Pts + _shift;
        var samples = Leading;
        if (samples.Count > 0 && IsDue(unit, pts, samples))
            closed = Cut(pts, endsGop: unit.IsSync);
        if (samples.Count == 0)
        {
            (_openedUs, _sourceUtcUs) = (unit.ArrivalUs, unit.SourceUtcUs);
            if (unit.IsSync)
                TakeParameterSets(unit);
        }
        samples.Add(pts, unit.IsSync, unit.Payload);
        _reorders |= pts < _largestPts;
        _largestPts = Math.Max(_largestPts, pts);
        _clock.Observe(unit.ArrivalUs, MediaTime.From(pts, TimeScale));
        return closed;
    }

    private bool IsDue(in AccessUnit unit, long pts, TrackSamples samples)
        => _leader!.IsVideo && unit.IsSync
           || unit.ArrivalUs - _openedUs >= LongestOpenUs
           || pts > _largestPts && MediaTime.From(pts - samples.FirstPts, TimeScale) >= _longest90k
           || FragmentWriter.Bound(_video, Audio, OpenBytes + unit.Payload.Length) > largestBytes;

    /// <summary>Over a second forward, unless the source always steps that far (a slow camera); backwards further than pictures are reordered.</summary>
    private bool Jumps(in AccessUnit unit, long step)
    {
        var ahead = MediaTime.From(unit.Pts + _shift - _largestPts, TimeScale);
        if (ahead > Second90k)
            return Math.Abs(step - _lastStep) > step / 4;
        var frame = MediaTime.From(_frame, TimeScale);
        var back = unit.IsSync ? 0 : Math.Min(MostReordered * (frame > 0 ? frame : UsualFrame90k), Second90k);
        return ahead < -back;
    }

    private bool TryStartRun(in AccessUnit unit, bool follows)
    {
        follows &= !unit.IsSync && _restartAt90k is null;
        if (!unit.IsSync && !follows || _awaitsFormat && unit.ArrivalUs - _formatChangedUs < FormatChangeUs)
            return false;
        if (_awaitsFormat)
            (_formatChangedUs, _awaitsFormat) = (unit.ArrivalUs, false);
        var startUs = StartOf(unit);
        MediaEnd90k = _restartAt90k ?? MediaEnd90k;
        _restartAt90k = null;
        _nextStart = MediaTime.To(MediaEnd90k, TimeScale);
        _shift = _nextStart - unit.Pts;
        _largestPts = _nextStart;
        (_running, _startsRun, _reorders, _syncDistance) = (true, true, false, follows ? _syncDistance : 0);
        _sessionGoesOn = true;
        _clock.Start(startUs, MediaEnd90k);
        if (_audioTrack is not null)
            _audio.StartRun(MediaTime.From(unit.Pts, TimeScale), MediaEnd90k, _audioTrack.TimeScale);
        return true;
    }

    /// <summary>
    /// CLOCK_BOOTTIME at which a run begins: the arrival of its first unit. Within a session that may be late by what the low-water mark gathers, while the run
    /// before is dated by its earliest arrivals; so it begins where the source's clock says, or right behind that run where the clock jumped, if arrival does not
    /// tell otherwise. Never before the end of the run before.
    /// </summary>
    private long StartOf(in AccessUnit unit)
    {
        if (!_sessionGoesOn)                                // one that follows at once: the picture before it lasts a frame
            return _endUs - unit.ArrivalUs is > 0 and <= HeldBackUs ? _endUs : unit.ArrivalUs;
        var expectedUs = Math.Max(_endUs, _clock.At(MediaTime.From(unit.Pts + _shift, TimeScale)));
        foreach (var us in (ReadOnlySpan<long>)[expectedUs, _endUs])
            if (unit.ArrivalUs - us is >= 0 and <= HeldBackUs)
                return us;
        return Math.Max(unit.ArrivalUs, _endUs);
    }

    /// <summary>Ends the open fragment before an access unit of the run; null: before one whose time is not known yet.</summary>
    private Fragment? Cut(long? nextPts, bool endsGop = false)
    {
        var samples = Leading;
        if (samples.Count > 0)
        {
            // Where pictures are reordered the next to be shown may not be the next to come; it follows one step behind the last.
            var step = samples.LastStep > 0 ? samples.LastStep : _frame;
            var end = nextPts ?? samples.LargestPts + Frame(step);
            if (_reorders && step > 0 && nextPts is not null)
                end = Math.Min(end, samples.LargestPts + step);
            EndLeader(end);
        }
        _audio.Time();
        return Build(endsGop);
    }

    private Fragment? EndRun(GapReason? reason)
    {
        if (!_running)
            return null;
        var samples = Leading;
        if (samples.Count > 0)
            EndLeader(samples.LargestPts + Frame(samples.LastStep > 0 && samples.LastStep < TimeScale ? samples.LastStep : _frame));
        var end90k = MediaTime.FromUp(_nextStart, TimeScale);
        var missingFromUs = _clock.At(end90k);
        if (_audioTrack is not null)
        {
            _audio.Finish();
            // Both tracks end together, on a tick that both have, so that neither has a hole before the next run. Where no picture is open any more that could
            // last until the sound ends, the last frame of sound is cut short instead; frames that begin behind the last picture are kept, and it stands still.
            var (videoEnd, isCut) = (MediaTime.To(end90k, _audioTrack.TimeScale), samples.Count == 0 && _audio.Samples.Count > 0);
            isCut &= _audio.Samples.LargestPts < videoEnd && videoEnd < _audio.Next;
            var audioEnd = isCut ? videoEnd : Math.Max(_audio.Next, MediaTime.ToUp(end90k, _audioTrack.TimeScale));
            end90k = isCut ? end90k : MediaTime.FromUp(audioEnd, _audioTrack.TimeScale);
            if (_audio.Samples.Count > 0)
                _audio.Samples.Time(_audio.Samples.FirstPts, audioEnd - _audio.Next < _audioTrack.TimeScale ? audioEnd : _audio.Next);
            if (samples.Count > 0 && end90k - MediaTime.From(_nextStart, TimeScale) < Second90k)
                EndLeader(Math.Max(_nextStart, MediaTime.To(end90k, TimeScale)), samples.FirstDts);
        }
        var last = Build(endsGop: true);
        MediaEnd90k = Math.Max(MediaEnd90k, end90k);
        _endUs = missingFromUs;
        (_running, _breakReason, _missingFromUs) = (false, reason, reason == GapReason.Loss ? missingFromUs : null);
        return last;
    }

    private void EndLeader(long end) => EndLeader(end, _nextStart);

    private void EndLeader(long end, long start)
    {
        var samples = Leading;
        _nextStart = samples.Time(start, end);
        if (samples.Count > 1)
            _frame = (samples.LastDts - samples.FirstDts) / (samples.Count - 1);
    }

    /// <summary>What a sample lasts that nothing follows.</summary>
    private long Frame(long step) => step > 0 ? step : _leader!.IsVideo ? UsualFrame90k : 1024;

    private Fragment? Build(bool endsGop)
    {
        var audio = Audio;
        if (_video.Count + audio.Count == 0)
            return null;
        var audioScale = _leader!.IsVideo ? _audioTrack?.TimeScale ?? Second90k : TimeScale;
        // The leader dates the fragment, so that one begins where the one before ends; audio held back may begin a little earlier.
        var start90k = _video.Count > 0 ? _video.FirstDts : Math.Max(MediaTime.From(audio.FirstDts, audioScale), _startsRun ? MediaEnd90k : _lastEnd90k);
        var end90k = Math.Max(start90k, _video.Count > 0 ? _video.End : start90k);
        if (audio.Count > 0)
            end90k = Math.Max(end90k, MediaTime.FromUp(audio.End, audioScale));
        _lastEnd90k = end90k;
        var isSync = _leader.IsVideo ? _video.Count > 0 && _video.IsSync : true;
        _syncDistance = isSync ? 0 : _syncDistance + 1;
        var videoSamples = _video.Count;
        var (buffers, headLength, payloadCount) = FragmentWriter.Write(++_sequence, _video, audio);
        var fragment = new Fragment(buffers, headLength, payloadCount)
        {
            Init = _init!,
            MediaStart90k = start90k,
            Duration90k = (uint)(end90k - start90k),
            IsSync = isSync,
            SyncDistance = _syncDistance,
            EndsGop = endsGop,
            StartsRun = _startsRun,
            BreakReason = _startsRun ? _breakReason : null,
            MissingFromUs = _startsRun ? _missingFromUs : null,
            BoottimeUs = _clock.At(start90k),
            SourceUtcUs = _sourceUtcUs,
            VideoSamples = videoSamples,
        };
        (_startsRun, _breakReason, _missingFromUs) = (false, null, null);
        return fragment;
    }

    /// <summary>The init segment names the parameter sets that are known; other ones make another, of the same format.</summary>
    private void TakeParameterSets(in AccessUnit unit)
    {
        var track = unit.Track;
        if (_init is not null && (track.ParameterSets.Count == 0 || ReferenceEquals(track.ParameterSets, _leader!.ParameterSets) || Same(track.ParameterSets, _leader.ParameterSets)))
            return;
        if (track.IsVideo && track.ParameterSets.Count == 0)
            track = track with { ParameterSets = ParameterSets.Find(track.Codec, unit.Payload.ToArray()) };
        _leader = track;
        _init = InitSegment.Build(_audioTrack is null ? [track] : [track, _audioTrack]);
    }

    private static bool Same(IReadOnlyList<byte[]> some, IReadOnlyList<byte[]> others)
    {
        if (some.Count != others.Count)
            return false;
        for (var i = 0; i < some.Count; i++)
            if (!some[i].AsSpan().SequenceEqual(others[i]))
                return false;
        return true;
    }

    private void Drop(in AccessUnit unit)
    {
        unit.Payload.Release();
        Dropped++;
    }
}
