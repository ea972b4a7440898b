using EdgeRecorder.Simulators.Clips;

namespace EdgeRecorder.Simulators.Camera;

internal enum SessionState
{
    Ready,
    Playing,
    Paused,
    Ended,
    Closed,
}

/// <summary>
/// What one client gets between SETUP and TEARDOWN. Media time runs with the pacer's clock times the speed; every unit goes out when it is due,
/// once, and late rather than not at all. Guarded by the connection's gate.
/// </summary>
internal sealed class MediaSession(int number, string path, Outbox outbox, CameraOptions options)
{
    public const string EndOfClip = "end of clip";

    private const double SenderReportInterval = 5;
    private const int EndlessFragment = 1300;

    private readonly Random _random = new(options.Seed * 7919 + number);
    private double _origin;                                    // pacer time of media time 0
    private double _wallOrigin;                                // wall clock of media time 0, seconds since 1970
    private double _playedSince;
    private double _pausedAt;
    private readonly Stall _stall = new();
    private double _nextReport;
    private double _nextBatch;
    private int _garbage;
    private long _endless;
    private bool _endlessBegun;

    public int Number => number;
    public string Path => path;
    public string Id { get; } = $"{number:D8}";
    public List<TrackSender> Tracks { get; } = [];
    public SessionState State { get; private set; }
    public long ReceiverReports { get; private set; }
    public ReceptionReport LastReport { get; private set; }
    public long WireBytes => outbox.BytesSent + Tracks.Sum(t => t.Transport.DatagramBytes);

    /// <summary>Wall clock at which unit 0 of its tracks was due, seconds since 1970; NaN before PLAY. A pause, a stall or a jump moves it.</summary>
    public double WallOrigin => State == SessionState.Ready ? double.NaN : _wallOrigin;

    /// <summary>The connection is to be closed; the reason for the log and the statistics.</summary>
    public string? CloseReason { get; private set; }

    public uint NewSsrc() => (uint)_random.NextInt64();

    public ushort FirstSequence() => options.FirstSequence ?? (ushort)_random.Next(65536);

    public uint FirstTimestamp() => options.FirstTimestamp ?? (uint)_random.NextInt64();

    /// <param name="cameraStart">Pacer time since which the camera runs, for clients that join.</param>
    public void Play(double now, double cameraStart)
    {
        if (State == SessionState.Paused)
        {
            Resume(now);
            return;
        }
        if (State != SessionState.Ready)
            return;
        _origin = options.Start == StartRule.Begin ? now : cameraStart;
        if (options.Start != StartRule.Begin)
            foreach (var track in Tracks)
                track.Join(MediaTime(now), options.Start == StartRule.LiveKey && track.Track.Format.IsVideo);
        _wallOrigin = PacerClock.UnixSeconds - MediaTime(now);
        _playedSince = _nextReport = now;
        State = SessionState.Playing;
    }

    public void Pause(double now)
    {
        if (State != SessionState.Playing)
            return;
        _pausedAt = now;
        State = SessionState.Paused;
    }

    private void Resume(double now)
    {
        SkipTime(now - _pausedAt);
        State = SessionState.Playing;
    }

    public void Close() => State = SessionState.Closed;

    public void Disconnect(string reason) => CloseReason ??= reason;

    public void DropOnce(int packets)
    {
        foreach (var track in Tracks.Where(t => t.Track.Format.IsVideo))
            track.DropOnce = packets;
    }

    public void Garbage(int bytes) => _garbage = bytes;

    public void Jump(double seconds)
    {
        foreach (var track in Tracks)
            track.ShiftTimestamps(seconds);
    }

    public void SendEndless(long bytes) => _endless = bytes;

    public void Heard(ReceptionReport report)
    {
        ReceiverReports++;
        LastReport = report;
    }

    /// <summary>One turn of the pacer.</summary>
    public void Advance(double now, Faults faults)
    {
        if (State != SessionState.Playing || !outbox.IsEmpty)
            return;
        if (faults.DisconnectAfter > 0 && now - _playedSince >= faults.DisconnectAfter)
            Disconnect("disconnect-after");
        if (CloseReason is not null || IsStalled(now, faults))
            return;
        if (options.BatchSeconds > 0)
        {
            if (now < _nextBatch)
                return;
            _nextBatch = now + options.BatchSeconds;
        }
        SendDisturbances();
        SendReports(now, faults);

        var mediaTime = MediaTime(now);
        while (outbox.IsEmpty && !IsAtEnd())
        {
            // In the order in which they fall due, so that the tracks stay side by side also when much is due at once.
            var next = Tracks[0];
            for (var i = 1; i < Tracks.Count; i++)
                if (Tracks[i].NextDue < next.NextDue)
                    next = Tracks[i];
            var until = mediaTime;
            foreach (var track in Tracks)
                if (track != next)
                    until = Math.Min(until, Math.Max(track.NextDue, next.NextDue));
            if (next.NextDue > mediaTime || !next.SendDue(until, faults))
                break;
        }
        if (IsAtEnd())
            End();
    }

    private bool IsAtEnd() => options.Loops > 0 && Tracks.Exists(t => t.Track.Format.IsVideo && t.Rounds >= options.Loops);

    private void End()
    {
        State = SessionState.Ended;
        if (options.AtEnd != EndRule.Silent)
            foreach (var track in Tracks)
                track.Transport.SendControl(Rtcp.WriteBye(track.Ssrc));
        if (options.AtEnd == EndRule.Close)
            Disconnect(EndOfClip);
    }

    private double MediaTime(double now) => (now - _origin) * options.Speed;

    private bool IsStalled(double now, Faults faults)
    {
        if (_stall.IsOn(now, faults.StalledUntil, out var stood))
            return true;
        if (stood > 0 && !faults.StallKeepsBacklog)
            SkipTime(stood);
        return false;
    }

    /// <summary>Nothing was filmed meanwhile, but the camera's clocks went on.</summary>
    private void SkipTime(double seconds)
    {
        _origin += seconds;
        _wallOrigin += seconds * options.Speed;
        Jump(seconds * options.Speed);
    }

    private void SendReports(double now, Faults faults)
    {
        if (now < _nextReport || faults.NoSenderReports)
            return;
        _nextReport = now + SenderReportInterval;
        var mediaTime = MediaTime(now);
        foreach (var track in Tracks)
            track.Transport.SendControl(Rtcp.WriteSenderReport(
                track.Ssrc, _wallOrigin + mediaTime + faults.WallClockOffset, track.TimestampAt(mediaTime), (uint)track.PacketsSent, (uint)track.MediaBytes));
    }

    private void SendDisturbances()
    {
        if (_garbage > 0)
        {
            var bytes = new byte[_garbage];
            _random.NextBytes(bytes);
            if (Tracks[0].Transport is InterleavedTransport)
                outbox.Write(bytes);
            else
                Tracks[0].Transport.SendControl(bytes.AsSpan(0, Math.Min(bytes.Length, 1400)));
            _garbage = 0;
        }
        while (_endless > 0 && outbox.IsEmpty)
        {
            Tracks[0].SendEndlessFragment(EndlessFragment, !_endlessBegun);
            _endlessBegun = true;
            _endless -= EndlessFragment;
            if (_endless <= 0)
                _endlessBegun = false;
        }
    }
}
