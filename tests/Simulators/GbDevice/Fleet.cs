using System.Collections.Concurrent;
using System.Diagnostics;
using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>All devices of the process, and the one thread that moves them. What comes from the network wakes it.</summary>
internal sealed class Fleet
{
    private const int TurnMs = 5;
    private const double LeavingSeconds = 3;

    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Dictionary<string, Faults> _own = [];
    private readonly Dictionary<string, MediaTrack?> _tracks = [];
    private int _token;

    public Fleet(GbDeviceOptions options)
    {
        Options = options;
        Random = new Random(options.Seed);
        TokenStem = $"{(uint)Environment.ProcessId:x}{Stopwatch.GetTimestamp():x}";
        Started = Now;
        Devices = [.. Enumerable.Range(0, options.Devices).Select(i => new Device(this, i, Channels(i), Started))];
    }

    /// <summary>Seconds of a clock that only goes forward.</summary>
    public static double Now => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    public GbDeviceOptions Options { get; }
    public Random Random { get; }
    public IReadOnlyList<Device> Devices { get; }
    public double Started { get; }

    /// <summary>Nobody registers any more.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>The faults of those that have none of their own.</summary>
    public Faults Common { get; } = new();

    private string TokenStem { get; }

    /// <summary>A tag, branch or Call-ID that no other run has.</summary>
    public string NewToken() => $"{TokenStem}{++_token:x}";

    public Faults FaultsOf(string device) => _own.Count > 0 && _own.TryGetValue(device, out var own) ? own : Common;

    public Faults FaultsOf(string device, string channel) => _own.Count > 0 && _own.TryGetValue(channel, out var own) ? own : FaultsOf(device);

    /// <param name="target">Code of a device or of a channel; null = all that have no faults of their own.</param>
    public Faults FaultsFor(string? target)
    {
        if (target is null)
            return Common;
        if (!_own.TryGetValue(target, out var faults))
            _own[target] = faults = new Faults();
        return faults;
    }

    /// <summary>Has the pacer's thread do something at once.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _wake.Set();
    }

    /// <summary>Has the pacer's thread answer something.</summary>
    public Task<string> AskAsync(Func<string> question)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
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
        WaitHandle[] either = [stop.WaitHandle, _wake];
        while (!stop.IsCancellationRequested)
        {
            Turn();
            WaitHandle.WaitAny(either, TurnMs);
        }
        Leave();
    }

    private void Leave()
    {
        IsEnding = true;
        foreach (var device in Devices)
        {
            device.Calls.HangUp("the simulator ends");
            device.Registration.Unregister(0);
        }
        for (var until = Now + LeavingSeconds; Now < until && Devices.Any(d => d.Registration.State == RegistrationState.Leaving);)
        {
            Turn();
            _wake.WaitOne(TurnMs);
        }
        foreach (var device in Devices)
            device.CloseLink();
    }

    private void Turn()
    {
        var now = Now;
        while (_posted.TryDequeue(out var action))
            action();
        foreach (var device in Devices)
            device.Advance(now);
    }

    private Channel[] Channels(int device) => [.. Enumerable.Range(0, Options.Channels).Select(i =>
    {
        var n = device * Options.Channels + i;
        return new Channel(
            Options.ChannelId(device, i), Options.ChannelName(n),
            Video(Nth(Options.Video, n)),
            Options.Alternate is { } alternate ? Video(Nth(alternate, n)) : null,
            Options.Sub is { } sub ? Video(Nth(sub, n)) : null,
            Track(Nth(Options.Audio, n), MediaTrack.LoadAudio));
    })];

    private static string Nth(string[] files, int n) => files[Math.Min(n, files.Length - 1)];

    private MediaTrack? Video(string path) => Track(path, p => MediaTrack.LoadVideo(p, Options.FpsNumerator, Options.FpsDenominator));

    private MediaTrack? Track(string path, Func<string, MediaTrack> load)
    {
        if (path == "none")
            return null;
        if (!_tracks.TryGetValue(path, out var track))
            _tracks[path] = track = load(path);
        return track;
    }
}
