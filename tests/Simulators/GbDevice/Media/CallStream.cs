using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.GbDevice.Media;

internal enum StreamKind
{
    Main,
    Sub,
    Playback,
    Download,
}

internal enum StreamState
{
    /// <summary>Answered, but not acknowledged; or the media connection is not there yet.</summary>
    Opening,
    Playing,
    Paused,

    /// <summary>The footage, or the clip, is over.</summary>
    Ended,
    Closed,
}

/// <summary>A stretch of stored footage that is to be played.</summary>
/// <param name="Start">Seconds from the beginning of what was asked for to the first picture of its item; negative for one that began before.</param>
/// <param name="From">Seconds from there.</param>
internal readonly record struct FootageRun(double Start, double From, double To);

/// <summary>How a stream is sent.</summary>
/// <param name="IsPs">As a program stream; else the video alone in RTP packets of its own kind (RFC 6184, RFC 7798).</param>
/// <param name="FirstPts">90 kHz, of the first picture.</param>
internal sealed record StreamOptions(bool IsPs, byte PayloadType, uint Ssrc, int LargestPayload, ushort FirstSequence, long FirstPts, double Pace, long Loops, bool JoinsLive);

/// <summary>Video and audio of one channel to one destination, live or stored. Every unit goes out when it is due, once, and late rather than not at all.</summary>
internal sealed class CallStream
{
    private readonly StreamOptions _options;
    private readonly PsFrames _frames;
    private readonly PacketSender _sender;
    private readonly List<Lane> _lanes = [];
    private readonly Stall _stall = new();
    private readonly bool _isLive;
    private Queue<FootageRun> _runs;
    private double _origin;                                    // pacer time of media time 0
    private double _offset;                                    // seconds into the item at media time 0
    private double _pausedAt, _notBefore = double.NaN;
    private double _pace;
    private long _base, _shift;

    public CallStream(StreamKind kind, Lane? video, Lane? audio, MediaLink link, StreamOptions options, Random random, IEnumerable<FootageRun>? footage = null)
    {
        (Kind, Video, Audio, Link, _options) = (kind, video, options.IsPs ? audio : null, link, options);
        _pace = options.Pace;
        _isLive = footage is null;
        _runs = new Queue<FootageRun>(footage ?? []);
        _frames = new PsFrames(Audio?.Track.Type);
        _sender = new PacketSender(link, options, random);
        if (Video is not null)
            _lanes.Add(Video);
        if (Audio is not null)
            _lanes.Add(Audio);
    }

    public StreamKind Kind { get; }
    public Lane? Video { get; }
    public Lane? Audio { get; }
    public MediaLink Link { get; }
    public StreamState State { get; private set; }
    public string? CloseReason { get; private set; }
    public PacketSender Packets => _sender;

    /// <summary>Wall clock at which unit 0 was due, seconds since 1970; 0 before the first. A stall or a jump moves it.</summary>
    public double BeganAt { get; private set; }

    /// <summary>After the ACK.</summary>
    public void Begin(double notBefore)
    {
        _notBefore = notBefore;
        Link.Begin();
    }

    /// <summary>One turn of the pacer.</summary>
    public void Advance(double now, double filmsSince, Faults faults)
    {
        Link.Advance(now);
        if (State == StreamState.Closed || double.IsNaN(_notBefore))
            return;
        if (Link.Broken is { } why)
        {
            Close(why);
            return;
        }
        if (State == StreamState.Opening && Link.IsReady && now >= _notBefore && !faults.NoMedia)
            Start(now, filmsSince);
        if (State != StreamState.Playing || !Link.IsIdle || IsStalled(now, faults))
            return;
        var mediaTime = (now - _origin) * _pace;
        while (Link.IsIdle && NextLane() is { } lane && DueOf(lane) <= mediaTime)
            SendUnit(lane, faults);
        if (_isLive ? Video is { IsAtEnd: true } : _lanes.TrueForAll(l => l.IsAtEnd))
            NextRun(now);
    }

    public void Pause(double now)
    {
        if (State != StreamState.Playing)
            return;
        _pausedAt = now;
        State = StreamState.Paused;
    }

    public void Resume(double now)
    {
        if (State != StreamState.Paused)
            return;
        _origin += now - _pausedAt;
        State = StreamState.Playing;
    }

    /// <summary>So many times faster than it was filmed, from now on.</summary>
    public void SetScale(double scale, double now)
    {
        var at = State == StreamState.Paused ? _pausedAt : now;
        var mediaTime = (at - _origin) * _pace;
        _pace = scale * _options.Pace;
        _origin = at - mediaTime / _pace;
    }

    /// <summary>Goes on with other footage.</summary>
    public void Restart(IEnumerable<FootageRun> runs, double now)
    {
        _runs = new Queue<FootageRun>(runs);
        State = StreamState.Playing;
        NextRun(now);
    }

    /// <summary>Timestamps jump; the clip goes on.</summary>
    public void Jump(double seconds)
    {
        _shift += (long)(seconds * 90_000);
        BeganAt -= seconds;
    }

    public void Close(string reason)
    {
        if (State == StreamState.Closed)
            return;
        CloseReason ??= reason;
        State = StreamState.Closed;
        Link.Close();
    }

    private double DueOf(Lane lane) => Math.Max(0, lane.Seconds - _offset);

    private Lane? NextLane()
    {
        Lane? next = null;
        foreach (var lane in _lanes)
            if (!lane.IsAtEnd && (next is null || DueOf(lane) < DueOf(next)))
                next = lane;
        return next;
    }

    private void SendUnit(Lane lane, Faults faults)
    {
        if (lane == Video)
            lane.Choose(faults.Alternate);
        var (track, unit) = (lane.Track, lane.Unit);
        var dts = _base + _shift + track.TicksOf(lane.Position);
        var pts = dts + unit.Shift90k;
        var timestamp = (uint)pts;
        bool isDamaged;
        if (!_options.IsPs)
            isDamaged = _sender.Send(track.Rtp!, lane.Index, timestamp, faults);
        else
            isDamaged = _sender.Send(
                lane == Video ? _frames.Picture(track, unit, pts, unit.Shift90k == 0 ? null : dts, faults) : _frames.Audio(track, unit, pts, faults), timestamp, faults);
        lane.Account(unit, pts, isDamaged);
        lane.Step();
    }

    private void Start(double now, double filmsSince)
    {
        State = StreamState.Playing;
        if (!_isLive)
        {
            NextRun(now);
            return;
        }
        _base = _options.FirstPts;
        _origin = now;
        if (_options.JoinsLive)
        {
            // Where a camera that films since then would be, at its next sync sample.
            _origin = filmsSince;
            foreach (var lane in _lanes)
            {
                lane.Seek((now - filmsSince) * _pace);
                while (lane.Seconds < (now - filmsSince) * _pace || !lane.Unit.IsSync)
                    lane.Step();
            }
        }
        BeganAt = PacerClock.UnixSeconds - (now - _origin);
        if (_options.Loops > 0 && Video is not null)
            Video.End = _options.Loops * Video.Track.Units.Length;
    }

    /// <summary>Begins with the next stretch of footage, or ends.</summary>
    private void NextRun(double now)
    {
        if (!_runs.TryDequeue(out var run))
        {
            State = StreamState.Ended;
            return;
        }
        _origin = now;
        _offset = run.From;
        _base = _options.FirstPts + (long)(run.Start * 90_000);
        if (BeganAt == 0)
            BeganAt = PacerClock.UnixSeconds;
        foreach (var lane in _lanes)
        {
            lane.Seek(run.From);
            lane.End = lane.Track.UnitAt(run.To);
        }
    }

    private bool IsStalled(double now, Faults faults)
    {
        if (_stall.IsOn(now, faults.StalledUntil, out var stood))
            return true;
        if (stood > 0 && !faults.StallKeepsBacklog)
        {
            // Nothing was filmed meanwhile, but the clock of a live camera went on; footage just goes on later.
            _origin += stood;
            if (_isLive)
            {
                _shift += (long)(stood * _pace * 90_000);
                BeganAt += stood;
            }
        }
        return false;
    }
}
