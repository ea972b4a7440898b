using EdgeRecorder.Simulators.Terminal.Media;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>All terminals of the process, and the one thread that moves them: with 1,000 of them a timer each would cost more than the bytes.</summary>
internal sealed class Fleet
{
    private readonly TrackShelf<MediaTrack> _tracks = new();

    public Fleet(TerminalOptions options)
    {
        Options = options;
        Codes = new CodeBook(options.CodesFile, options.Code);
        Started = PacerClock.Now;
        var channels = options.Channels.Select((number, i) => new Channel(
            number,
            Video(options.Video, i),
            options.Sub is { } sub ? Video(sub, i) : null,
            _tracks.Nth(options.Audio, i, path => AudioSource.Load(path, options.Packets)))).ToArray();
        Terminals = [.. Enumerable.Range(0, options.Terminals).Select(i => new VehicleTerminal(this, options, i, channels, Started))];
    }

    public TerminalOptions Options { get; }
    public IReadOnlyList<VehicleTerminal> Terminals { get; }
    public MediaLinks Links { get; } = new();
    public CodeBook Codes { get; }
    public Inbox Inbox { get; } = new();

    /// <summary>By SIM, or SIM/channel.</summary>
    public FaultBook<Faults> Faults { get; } = new();
    public double Started { get; }

    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Turn();
            Inbox.Wait(stop);
        }
        foreach (var terminal in Terminals)
            terminal.Disconnect("the simulator ends", 0);
        Links.CutAll();
    }

    private void Turn()
    {
        var now = PacerClock.Now;
        Inbox.Empty();
        foreach (var terminal in Terminals)
            terminal.Advance(now);
        Links.Advance(now);
    }

    private MediaTrack? Video(string[] files, int channel) => _tracks.Nth(files, channel, path => VideoSource.Load(path, Options.FpsNumerator, Options.FpsDenominator, Options.Packets));
}
