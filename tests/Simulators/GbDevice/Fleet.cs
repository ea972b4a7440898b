using System.Diagnostics;
using EdgeRecorder.Simulators.GbDevice.Media;

namespace EdgeRecorder.Simulators.GbDevice;

/// <summary>All devices of the process, and the one thread that moves them. What comes from the network wakes it.</summary>
internal sealed class Fleet
{
    private const double LeavingSeconds = 3;

    private readonly TrackShelf<MediaTrack> _tracks = new();
    private int _token;

    public Fleet(GbDeviceOptions options)
    {
        Options = options;
        Random = new Random(options.Seed);
        TokenStem = $"{(uint)Environment.ProcessId:x}{Stopwatch.GetTimestamp():x}";
        Started = PacerClock.Now;
        Devices = [.. Enumerable.Range(0, options.Devices).Select(i => new Device(this, i, Channels(i), Started))];
    }

    public GbDeviceOptions Options { get; }
    public Random Random { get; }
    public IReadOnlyList<Device> Devices { get; }
    public Inbox Inbox { get; } = new();

    /// <summary>By code of a device or of a channel.</summary>
    public FaultBook<Faults> Faults { get; } = new();
    public double Started { get; }

    /// <summary>Nobody registers any more.</summary>
    public bool IsEnding { get; private set; }

    private string TokenStem { get; }

    /// <summary>A tag, branch or Call-ID that no other run has.</summary>
    public string NewToken() => $"{TokenStem}{++_token:x}";

    public void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Turn();
            Inbox.Wait(stop);
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
        for (var until = PacerClock.Now + LeavingSeconds; PacerClock.Now < until && Devices.Any(d => d.Registration.State == RegistrationState.Leaving);)
        {
            Turn();
            Inbox.Wait(CancellationToken.None);
        }
        foreach (var device in Devices)
            device.CloseLink();
    }

    private void Turn()
    {
        var now = PacerClock.Now;
        Inbox.Empty();
        foreach (var device in Devices)
            device.Advance(now);
    }

    private Channel[] Channels(int device) => [.. Enumerable.Range(0, Options.Channels).Select(i =>
    {
        var n = device * Options.Channels + i;
        return new Channel(
            Options.ChannelId(device, i), Options.ChannelName(n),
            Video(Options.Video, n),
            Options.Alternate is { } alternate ? Video(alternate, n) : null,
            Options.Sub is { } sub ? Video(sub, n) : null,
            _tracks.Nth(Options.Audio, n, MediaTrack.LoadAudio));
    })];

    private MediaTrack? Video(string[] files, int channel) => _tracks.Nth(files, channel, path => MediaTrack.LoadVideo(path, Options.FpsNumerator, Options.FpsDenominator));
}
