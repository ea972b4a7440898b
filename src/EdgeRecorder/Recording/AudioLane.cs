using EdgeRecorder.Media;
using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>
/// Audio beside video: places its frames on the run's media time and holds the newest back until the next tells how long it lasts, so that the
/// track has no hole. What the frames' clock does on its own bends audio only, never the picture's run.
/// </summary>
internal sealed class AudioLane
{
    private const int MostEarly = 32;                       // two thirds of a second of AAC at 48 kHz: a large picture takes that long to arrive
    private const long StrayUs = 1_000_000;

    private TrackSamples _samples = new(isVideo: false);
    private Queue<AccessUnit> _early = new();               // frames that came before the run's first picture
    private AccessUnit _held;
    private bool _isStarted;
    private AccessUnit? _first;                             // begins before the picture does; the track's first frame unless a later one does too
    private long _heldPts;                                  // on the media time line
    private long _shift;                                    // media time minus the source's
    private long _base;                                     // media time at which the run begins
    private long _lastStep;
    private long? _strayingSinceUs;

    public TrackSamples Samples => _samples;

    /// <summary>Where its next sample begins, track's time scale.</summary>
    public long Next { get; private set; }

    /// <summary>Before a run: the frame may sound while its first pictures show.</summary>
    public void Keep(in AccessUnit unit)
    {
        if (_early.Count == MostEarly)
            _early.Dequeue().Payload.Release();
        _early.Enqueue(unit);
    }

    /// <summary>Video starts a run: its first picture, <paramref name="originPts90k"/> on the source's clock, stands at <paramref name="runStart90k"/>.</summary>
    public void StartRun(long originPts90k, long runStart90k, int timeScale)
    {
        _base = MediaTime.To(runStart90k, timeScale);
        _shift = _base - MediaTime.To(originPts90k, timeScale);
        (_lastStep, _strayingSinceUs, Next) = (0, null, _base);
        while (_early.TryDequeue(out var unit))
            if (unit.Pts + _shift < _base - timeScale)
                unit.Payload.Release();                     // sounded long before; nothing strays that was kept while no picture came
            else
                Add(unit, _base);
    }

    /// <summary>Takes a frame of the run.</summary>
    /// <param name="picture">Media time of the newest picture in the frame's time scale.</param>
    public void Add(in AccessUnit unit, long picture)
    {
        if (_isStarted)
            Append(unit, picture);
        else
            Begin(unit, picture);
    }

    /// <summary>Times what the open fragment has; the frame held goes into the next.</summary>
    public void Time()
    {
        if (_samples.Count > 0)
            _samples.Time(_samples.FirstPts, Next);
    }

    /// <summary>The run ends: the frame held joins the fragment with the duration that frames have.</summary>
    public void Finish()
    {
        if (_isStarted)
        {
            _samples.Add(_heldPts, isSync: true, _held.Payload);
            Next = _heldPts + NominalDuration;
        }
        _first?.Payload.Release();
        (_first, _held, _isStarted) = (null, default, false);
    }

    /// <summary>Lets go of what came too early.</summary>
    public void Drop()
    {
        while (_early.TryDequeue(out var unit))
            unit.Payload.Release();
    }

    /// <summary>The same once more, with references of its own on all it holds.</summary>
    public AudioLane Fork()
    {
        var fork = (AudioLane)MemberwiseClone();
        (fork._samples, fork._early) = (_samples.Fork(), new Queue<AccessUnit>(_early));
        foreach (var unit in _early)
            unit.Payload.AddReference();
        _first?.Payload.AddReference();
        _held.Payload.AddReference();
        return fork;
    }

    /// <summary>The run's first frame is the last one that begins before the picture does, else the first behind it; it takes the picture's time.</summary>
    private void Begin(in AccessUnit unit, long picture)
    {
        var second = unit.Track.TimeScale;
        var pts = unit.Pts + _shift;
        if (Math.Abs(pts - picture) > second)
        {
            // Left over from before a jump, or a clock that never was the picture's: a second will tell.
            if (unit.ArrivalUs - (_strayingSinceUs ??= unit.ArrivalUs) < StrayUs)
            {
                unit.Payload.Release();
                return;
            }
            pts = picture;
            _shift = pts - unit.Pts;
        }
        _strayingSinceUs = null;
        if (pts <= _base)
        {
            _first?.Payload.Release();
            _first = unit;
            return;
        }
        if (_first is { } first)
        {
            Hold(first, _base);
            _first = null;
            Append(unit, picture);
        }
        else
            Hold(unit, pts - _base < second ? _base : pts);
    }

    private void Hold(in AccessUnit unit, long pts)
    {
        (_held, _heldPts, Next, _isStarted) = (unit, pts, pts, true);
    }

    private void Append(in AccessUnit unit, long picture)
    {
        var second = unit.Track.TimeScale;
        var pts = unit.Pts + _shift;
        var step = pts - _heldPts;
        // Behind a pause the clock still agrees with the picture's: the frame before simply lasts. Otherwise the audio clock jumped alone:
        // go on behind the frame held, or where the picture is when that ran ahead.
        if (step < -second || step > second && Math.Abs(pts - picture) > second)
        {
            pts = _heldPts + NominalDuration;
            pts = picture - pts > second ? picture : pts;
            _shift = pts - unit.Pts;
        }
        pts = Math.Max(pts, _heldPts + 1);
        _lastStep = Math.Min(pts - _heldPts, second);
        _samples.Add(_heldPts, isSync: true, _held.Payload);
        Hold(unit, pts);
    }

    /// <summary>G.711: a byte a sample and channel. AAC: as long as the frame before, else 1024 samples (ISO/IEC 14496-3, 4.5.2.1.1).</summary>
    private long NominalDuration
        => _held.Track.Codec is Codec.G711A or Codec.G711U
            ? Math.Max(1, _held.Payload.Length / Math.Max(1, _held.Track.ChannelCount))
            : _lastStep > 0 ? _lastStep : 1024;
}
