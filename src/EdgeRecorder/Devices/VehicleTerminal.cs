using EdgeRecorder.Jt808;

namespace EdgeRecorder.Devices;

/// <summary>A terminal while the daemon runs: its connection, what it said of itself, what stands in its reports, and the sessions that want its media.</summary>
internal sealed class VehicleTerminal(int number)
{
    private readonly Lock _gate = new();
    private readonly List<TerminalSession> _sessions = [];
    private readonly Dictionary<byte, TerminalLine> _lines = [];
    private bool _isUnwanted;

    /// <summary>Held while a report is taken: its connection brings one after the other, and whoever refuses the device ends what stands.</summary>
    public Lock Reporting { get; } = new();

    /// <summary>Number of the device's row.</summary>
    public int Number => number;

    /// <summary>Null while it is not connected.</summary>
    public ITerminal? Connection { get; private set; }
    public DateTimeOffset Since { get; private set; }

    /// <summary>What 0x1003 said; null before.</summary>
    public AvAttributes? Attributes { get; set; }

    /// <summary>Logical channels it declared, with their PTZ; empty before.</summary>
    public IReadOnlyList<ChannelTableRow> Channels { get; set; } = [];

    public DateTimeOffset? LastHeard { get; set; }

    /// <summary>The newest live report; null before, and of terminals that nobody approved.</summary>
    public DeviceReport? Report { get; set; }

    public bool IsIgnitionOn { get; set; }

    public TerminalTime Time { get; } = new();
    public AlarmTracker Alarms { get; } = new();

    /// <summary>Alarms in what it stored while it had no network.</summary>
    public AlarmTracker StoredAlarms { get; } = new();

    /// <summary>Instant of the newest stored report, CLOCK_BOOTTIME in microseconds.</summary>
    public long StoredUs { get; set; }

    /// <summary>The report before, to see whether its clock runs.</summary>
    public (long BoottimeUs, long UtcUs) LastTime { get; set; }

    public void Connect(ITerminal connection, DateTimeOffset now)
    {
        lock (_gate)
            (Connection, Since, _isUnwanted) = (connection, now, false);
    }

    /// <summary>Ends the connection, once its sessions have said good-bye over it.</summary>
    public void Dismiss()
    {
        lock (_gate)
        {
            _isUnwanted = true;
            if (_sessions.Count == 0)
                Connection?.Dismiss();
        }
    }

    /// <summary>False when another connection has taken its place.</summary>
    public bool Disconnect(ITerminal connection)
    {
        lock (_gate)
        {
            if (Connection != connection)
                return false;
            Connection = null;
            return true;
        }
    }

    public TerminalLine Line(byte channel)
    {
        lock (_gate)
            return _lines.TryGetValue(channel, out var line) ? line : _lines[channel] = new();
    }

    public void Enter(TerminalSession session)
    {
        lock (_gate)
            _sessions.Add(session);
    }

    public void Leave(TerminalSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
            if (_isUnwanted && _sessions.Count == 0)
                Connection?.Dismiss();
        }
    }

    /// <summary>Sessions that run now.</summary>
    public IReadOnlyList<TerminalSession> Sessions
    {
        get { lock (_gate) return [.. _sessions]; }
    }

    /// <summary>Whether another session than this one has media of the channel.</summary>
    public bool IsShared(TerminalSession session, byte channel)
    {
        lock (_gate)
            return _sessions.Exists(other => other != session && other.Channel == channel && other.IsRequested);
    }
}

/// <summary>What a channel's attempts came to, over sessions: how long to leave it alone.</summary>
internal sealed class TerminalLine
{
    private static readonly int[] SilentSeconds = [15, 30, 60, 120, 300];
    private int _silent;
    private int _refused;

    /// <summary>CLOCK_BOOTTIME in microseconds of the last 0x9102: a connection that ends soon after is the one before.</summary>
    public long ClosedUs { get; set; } = long.MinValue / 2;

    public void Flows() => (_silent, _refused) = (0, 0);

    /// <summary>It answered and sent nothing, or did not answer.</summary>
    public TimeSpan Silent() => TimeSpan.FromSeconds(SilentSeconds[Math.Min(_silent++, SilentSeconds.Length - 1)]);

    /// <summary>It answered that it cannot.</summary>
    public TimeSpan Refused() => TimeSpan.FromSeconds(++_refused < 3 ? 30 : 300);
}
