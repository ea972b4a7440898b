using EdgeRecorder.Simulators.Clips;
using System.Security.Cryptography;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal.Media;

internal enum StreamKind
{
    Main,
    Sub,
    Playback,
}

internal enum StreamState
{
    /// <summary>The connection is not there yet.</summary>
    Opening,
    Playing,
    Paused,

    /// <summary>The clip, or the footage, is over.</summary>
    Ended,
    Closed,
}

/// <summary>A stretch of stored footage that is to be played.</summary>
/// <param name="StartMs">Unix time of the item's first unit, which its timestamps count from.</param>
/// <param name="From">Seconds from there.</param>
internal readonly record struct FootageRun(long StartMs, double From, double To);

/// <summary>How a stream numbers and dates its packets, and when it is over.</summary>
/// <param name="TimestampBase">Milliseconds of the first live unit; null = wall clock.</param>
/// <param name="SequencePerKind">Audio and video count apart.</param>
/// <param name="Loops">Rounds of the video; 0 = for ever.</param>
internal sealed record StreamOptions(
    long? TimestampBase = null, bool SequencePerKind = false, ushort FirstSequence = 0, double Speed = 1, double BatchSeconds = 0, long Loops = 0, bool JoinsLive = false,
    bool ClosesAtEnd = true, bool Hashes = true, int Remembered = 0);

/// <summary>
/// Video and audio of one channel to one destination, live or stored. Every unit goes out when it is due, once, and late rather than not at all.
/// </summary>
internal sealed class MediaStream
{
    private readonly StreamOptions _options;
    private readonly List<UnitSender> _senders = [];
    private readonly IncrementalHash? _videoHash, _audioHash;
    private readonly bool _isLive;
    private Queue<FootageRun> _runs;
    private double _origin;                                    // pacer time of media time 0
    private double _offset;                                    // seconds into the item at media time 0
    private double _pausedAt, _nextBatch;
    private readonly Stall _stall = new();
    private bool _isBack;
    private long _timestampBase, _shift;
    private double _pace;
    private ushort _sequence;

    public MediaStream(int number, string sim, byte channel, StreamKind kind, MediaTrack? video, MediaTrack? audio, MediaLink link, StreamOptions options, IEnumerable<FootageRun>? footage = null)
    {
        Number = number;
        Channel = channel;
        Kind = kind;
        Link = link;
        _options = options;
        _pace = options.Speed;
        _sequence = options.FirstSequence;
        _isLive = footage is null;
        _runs = new Queue<FootageRun>(footage ?? []);
        Video = video is null ? null : new UnitSender(video, this) { OwnSequence = options.FirstSequence };
        Audio = audio is null ? null : new UnitSender(audio, this) { OwnSequence = options.FirstSequence };
        if (Video is not null)
            _senders.Add(Video);
        if (Audio is not null)
            _senders.Add(Audio);
        Sim = new byte[(video ?? audio)?.SimBytes ?? 6];
        BodyWriter.WriteBcd(sim, Sim);
        if (options.Hashes)
        {
            _videoHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _audioHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }
    }

    public int Number { get; }
    public byte[] Sim { get; }
    public byte Channel { get; }
    public StreamKind Kind { get; }
    public MediaLink Link { get; }
    public UnitSender? Video { get; }
    public UnitSender? Audio { get; }
    public StreamState State { get; private set; }
    public string? CloseReason { get; private set; }
    public long PacketsSent { get; set; }
    public long PacketsDropped { get; set; }
    public int Remembered => _options.Remembered;

    /// <summary>Wall clock at which unit 0 was due, seconds since 1970; 0 before the first. A stall, a pause or a jump moves it.</summary>
    public double BeganAt { get; private set; }

    /// <summary>The next packets are lost.</summary>
    public int DropOnce { get; set; }

    public long ConstantTimestamp => _timestampBase;

    public string? VideoHash => Hex(_videoHash);

    public string? AudioHash => Hex(_audioHash);

    /// <summary>When a unit at that second of the clip is due. What lies before the start, back to a sync sample, is due at once.</summary>
    public double DueOf(double seconds) => Math.Max(0, _isBack ? _offset - seconds : seconds - _offset);

    public long TimestampOf(long ms) => _timestampBase + _shift + ms;

    public ushort NextSequence(UnitSender sender, Faults faults)
        => faults.ConstantSequence ? (ushort)0 : _options.SequencePerKind ? sender.OwnSequence++ : _sequence++;

    public void Keep(bool isVideo, ReadOnlySpan<byte> elementary) => (isVideo ? _videoHash : _audioHash)?.AppendData(elementary);

    /// <summary>One turn of the pacer.</summary>
    public void Advance(double now, double filmsSince, Faults faults)
    {
        if (State == StreamState.Closed)
            return;
        if (Link.Broken is { } why)
        {
            Close(why);
            return;
        }
        if (State == StreamState.Opening && Link.IsReady)
            Begin(now, filmsSince);
        if (State != StreamState.Playing || !Link.IsIdle || IsStalled(now, faults))
            return;
        if (_options.BatchSeconds > 0)
        {
            if (now < _nextBatch)
                return;
            _nextBatch = now + _options.BatchSeconds;
        }
        var mediaTime = (now - _origin) * _pace;
        while (Link.IsIdle && NextSender() is { } next)
        {
            // In the order in which they fall due, so that the tracks stay side by side also when much is due at once.
            var until = mediaTime;
            foreach (var sender in _senders)
                if (sender != next && !sender.IsAtEnd)
                    until = Math.Min(until, Math.Max(sender.NextDue, next.NextDue));
            if (next.NextDue > mediaTime || !next.SendDue(until, Link, faults))
                break;
        }
        if (IsAtEnd())
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
        SkipTime(now - _pausedAt);
        State = StreamState.Playing;
    }

    public void Jump(double seconds)
    {
        _shift += (long)(seconds * 1000);
        BeganAt -= seconds;
    }

    /// <summary>Plays other footage, or the same in another way, from now on.</summary>
    public void Restart(IEnumerable<FootageRun> runs, int syncStep, double factor, double now)
    {
        _runs = new Queue<FootageRun>(runs);
        SetMode(syncStep, factor);
        State = StreamState.Playing;
        NextRun(now);
    }

    /// <param name="syncStep">0 every unit; 1 and −1 from sync sample to sync sample, forward and back.</param>
    /// <param name="factor">Times faster than it was filmed.</param>
    public void SetMode(int syncStep, double factor)
    {
        _pace = factor * _options.Speed;
        Video?.SyncStep = syncStep;
        Audio?.IsOn = syncStep == 0;
    }

    /// <summary>Where stored footage stands: Unix milliseconds.</summary>
    public long PositionMs => _timestampBase + ((Video ?? Audio) is { } sender ? sender.Track.TimestampMs(sender.Position) : 0);

    public void Close(string reason)
    {
        if (State == StreamState.Closed)
            return;
        CloseReason ??= reason;
        State = StreamState.Closed;
    }

    private void Begin(double now, double filmsSince)
    {
        State = StreamState.Playing;
        if (!_isLive)
        {
            NextRun(now);
            return;
        }
        _origin = _options.JoinsLive ? filmsSince : now;
        if (_options.JoinsLive)
            foreach (var sender in _senders)
                sender.Join((now - _origin) * _pace);
        BeganAt = PacerClock.UnixSeconds - (now - _origin);
        _timestampBase = _options.TimestampBase ?? (long)(BeganAt * 1000);
        if (_options.Loops > 0 && Video is not null)
            Video.End = _options.Loops * Video.Track.Units.Length;
    }

    /// <summary>Begins with the next stretch of footage, or ends.</summary>
    private void NextRun(double now)
    {
        if (!_runs.TryDequeue(out var run))
        {
            State = StreamState.Ended;
            if (_options.ClosesAtEnd)
                Close("end");
            return;
        }
        _isBack = Video?.SyncStep < 0;
        _origin = now;
        _offset = _isBack ? run.To : run.From;
        _timestampBase = run.StartMs;
        BeganAt = run.StartMs / 1000.0;
        foreach (var sender in _senders)
        {
            sender.Seek(_isBack ? Math.Max(0, run.To - sender.Track.SecondsOf(1)) : run.From, before: sender == Video);
            sender.End = _isBack ? 0 : sender.Track.UnitAt(run.To);
        }
    }

    private bool IsAtEnd()
    {
        if (_isLive)
            return Video is { IsAtEnd: true };
        return _senders.TrueForAll(s => s.IsAtEnd || s is { IsOn: false });
    }

    private UnitSender? NextSender()
    {
        UnitSender? next = null;
        foreach (var sender in _senders)
            if (!sender.IsAtEnd && (next is null || sender.NextDue < next.NextDue))
                next = sender;
        return next;
    }

    private bool IsStalled(double now, Faults faults)
    {
        if (_stall.IsOn(now, faults.StalledUntil, out var stood))
            return true;
        if (stood > 0 && !faults.StallKeepsBacklog)
            SkipTime(stood);
        return false;
    }

    /// <summary>Nothing was filmed meanwhile, but the clock of a live terminal went on; footage just goes on later.</summary>
    private void SkipTime(double seconds)
    {
        _origin += seconds;
        if (!_isLive)
            return;
        _shift += (long)(seconds * _pace * 1000);
        BeganAt += seconds;
    }


    private static string? Hex(IncrementalHash? hash) => hash is null ? null : Convert.ToHexStringLower(hash.GetCurrentHash());
}
