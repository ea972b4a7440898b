using System.Collections.Concurrent;
using System.Diagnostics;
using EdgeRecorder.Simulators.Terminal.Media;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>All terminals of the process, and the one thread that moves them: with 1,000 of them a timer each would cost more than the bytes.</summary>
internal sealed class Fleet
{
    private const int TurnMs = 5;

    private readonly ConcurrentQueue<Action> _asked = new();
    private readonly Dictionary<string, Faults> _own = [];
    private readonly Dictionary<string, MediaTrack?> _tracks = [];

    public Fleet(TerminalOptions options)
    {
        Options = options;
        Codes = new CodeBook(options.CodesFile, options.Code);
        Started = Now;
        var channels = options.Channels.Select((number, i) => new Channel(
            number,
            Video(Nth(options.Video, i)),
            options.Sub is { } sub ? Video(Nth(sub, i)) : null,
            Audio(Nth(options.Audio, i)))).ToArray();
        Terminals = [.. Enumerable.Range(0, options.Terminals).Select(i => new VehicleTerminal(this, options, i, channels, Started))];
    }

    /// <summary>Seconds of a clock that only goes forward.</summary>
    public static double Now => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    public TerminalOptions Options { get; }
    public IReadOnlyList<VehicleTerminal> Terminals { get; }
    public MediaLinks Links { get; } = new();
    public CodeBook Codes { get; }
    public double Started { get; }

    public Faults FaultsOf(string sim) => _own.Count > 0 && _own.TryGetValue(sim, out var own) ? own : Common;

    public Faults FaultsOf(string sim, byte channel) => _own.Count > 0 && _own.TryGetValue($"{sim}/{channel}", out var own) ? own : FaultsOf(sim);

    /// <summary>The faults of those that have none of their own.</summary>
    public Faults Common { get; } = new();

    /// <param name="target">SIM, or SIM/channel; null = all that have no faults of their own.</param>
    public Faults FaultsFor(string? target)
    {
        if (target is null)
            return Common;
        if (!_own.TryGetValue(target, out var faults))
            _own[target] = faults = new Faults();
        return faults;
    }

    /// <summary>Has the pacer's thread do something between two turns.</summary>
    public Task<string> AskAsync(Func<string> question)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Enqueue(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (Exception e)
            {
                answer.SetException(e);                        // the one who asked learns it
            }
        });
        return answer.Task;
    }

    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Turn();
            stop.WaitHandle.WaitOne(TurnMs);
        }
        foreach (var terminal in Terminals)
            terminal.Disconnect("the simulator ends", 0);
        Links.CutAll();
    }

    private void Turn()
    {
        var now = Now;
        while (_asked.TryDequeue(out var asked))
            asked();
        foreach (var terminal in Terminals)
            terminal.Advance(now);
        Links.Advance(now);
    }

    private static string Nth(string[] files, int n) => files[Math.Min(n, files.Length - 1)];

    private MediaTrack? Video(string path) => Track(path, p => VideoSource.Load(p, Options.FpsNumerator, Options.FpsDenominator, Options.Packets));

    private MediaTrack? Audio(string path) => Track(path, p => AudioSource.Load(p, Options.Packets));

    private MediaTrack? Track(string path, Func<string, MediaTrack> load)
    {
        if (path == "none")
            return null;
        if (!_tracks.TryGetValue(path, out var track))
            _tracks[path] = track = load(path);
        return track;
    }
}
