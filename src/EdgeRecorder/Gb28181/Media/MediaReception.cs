using System.Net;
using EdgeRecorder.Media;

namespace EdgeRecorder.Gb28181.Media;

/// <summary>All sessions that receive: their ports, their counters, and the look at the clock.</summary>
internal sealed partial class MediaReception : IMediaReception, ITicking, IDisposable
{
    private readonly RtpPortRange _ports;
    private readonly ILogger _log;
    private readonly SlowTimer _timer;
    private readonly Lock _gate = new();
    private MediaSession[] _sessions = [];                  // replaced, never changed

    public MediaReception(MediaReceptionOptions options, BoxClock clock, TimeProvider time, ILogger<MediaReception> log)
    {
        (Options, Clock, Time, _log, _timer) = (options, clock, time, log, SlowTimer.Of(time));
        _ports = RtpPortRange.Parse(options.RtpPorts);
        _timer.Add(this);
    }

    public MediaReceptionOptions Options { get; }
    public BoxClock Clock { get; }
    public TimeProvider Time { get; }
    public ReceptionCounters Counters { get; } = new();

    public ReceptionFigures Figures
    {
        get
        {
            var sessions = _sessions;
            return new()
            {
                Sessions = sessions.Length,
                Flowing = sessions.Count(session => session.Source is not null),
                Packets = Interlocked.Read(ref Counters.Packets),
                Bytes = Interlocked.Read(ref Counters.Bytes),
                Lost = Interlocked.Read(ref Counters.LostBefore) + sessions.Sum(session => session.LostPackets),
                Foreign = Interlocked.Read(ref Counters.Foreign),
                Malformed = Interlocked.Read(ref Counters.Malformed),
                Resyncs = Interlocked.Read(ref Counters.Resyncs),
            };
        }
    }

    public IMediaSession Open(IMediaTap tap)
    {
        for (var tries = 0; tries < _ports.Count; tries++)
        {
            if (_ports.Take(Clock.BoottimeUs) is not { } port)
                break;
            if (SessionPorts.TryOpen(Options.Address, port) is not { } sockets)
            {
                _ports.Return(port, Clock.BoottimeUs);      // somebody else's
                continue;
            }
            var session = new MediaSession(this, sockets, tap);
            lock (_gate)
                _sessions = [.. _sessions, session];
            session.Start();
            return session;
        }
        throw new SourceException(GapReason.Offline, $"no free pair of ports in {Options.RtpPorts}");
    }

    public void Tick()
    {
        var nowUs = Clock.BoottimeUs;
        foreach (var session in _sessions)
            session.Tick(nowUs);
    }

    public void Dispose()
    {
        _timer.Remove(this);
        foreach (var session in _sessions)
            session.Dispose();
    }

    internal void Closed(MediaSession session)
    {
        lock (_gate)
            _sessions = Array.FindAll(_sessions, other => other != session);
        Interlocked.Add(ref Counters.LostBefore, session.LostPackets);
        _ports.Return(session.Port, Clock.BoottimeUs);
    }

    internal string Fault(int port, Exception e)
    {
        LogFault(port, e);
        return $"fault of this program: {e.Message}";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "RTP port {Port}: {Source} sends what is not expected from there ({Why}); further packets are counted only")]
    internal partial void LogForeign(int port, EndPoint source, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "RTP port {Port}: the device sends SSRC {Ssrc}, not {Expected}; it is taken as it comes")]
    internal partial void LogOtherSsrc(int port, string ssrc, string expected);

    [LoggerMessage(Level = LogLevel.Error, Message = "RTP port {Port}: the session ended by a fault of this program")]
    private partial void LogFault(int port, Exception e);
}
