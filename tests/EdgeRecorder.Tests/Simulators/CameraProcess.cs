using System.Globalization;
using System.Text.Json;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>A simulated camera: <c>await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac")</c>.</summary>
internal sealed class CameraProcess : SimulatorProcess
{
    private CameraProcess(Started started, int port) : base(started) => Port = port;

    /// <summary>RTSP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts a camera that shows <paramref name="clip"/>: a name in <see cref="Clips"/> or a path.</summary>
    /// <param name="args">Further switches; values of <c>--audio</c>, <c>--alternate</c>, <c>--other</c> and <c>--other-audio</c> may be names in <see cref="Clips"/> too.</param>
    public static async Task<CameraProcess> StartAsync(string clip, params string[] args)
    {
        List<string> all = ["camera", "--video", await Clips.FindAsync(clip), "--port", "0"];
        for (var i = 0; i < args.Length; i++)
            all.Add(i > 0 && args[i - 1] is "--audio" or "--alternate" or "--other" or "--other-audio" ? await Clips.FindAsync(args[i]) : args[i]);
        // "listening 127.0.0.1:PORT control PORT"
        var started = await LaunchAsync(all);
        return new(started, int.Parse(started.Words[1][(started.Words[1].LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>The camera's address; every path shows the same clip.</summary>
    public string Url(string path = "/camera") => $"rtsp://127.0.0.1:{Port}{path}";

    /// <summary>The same with credentials in it.</summary>
    public string Url(string path, string user, string password) => $"rtsp://{user}:{password}@127.0.0.1:{Port}{path}";

    /// <summary>What each client was sent since its PLAY, in the order in which they came; those that have gone included.</summary>
    public async Task<CameraStatistics> StatsAsync(string? path = null)
        => JsonSerializer.Deserialize<CameraStatistics>(await CommandAsync(path is null ? "stats" : $"@{path} stats"), Json)!;

    /// <summary>Waits until the statistics say what <paramref name="condition"/> asks for.</summary>
    public Task<CameraStatistics> WaitAsync(Func<CameraStatistics, bool> condition, TimeSpan? deadline = null) => WaitAsync(() => StatsAsync(), condition, deadline);
}

/// <summary>The answer of the command <c>stats</c>.</summary>
/// <param name="Requests">How often each RTSP method was called.</param>
internal sealed record CameraStatistics(IReadOnlyDictionary<string, int> Requests, IReadOnlyList<CameraClient> Clients);

/// <param name="State">Ready, Playing, Paused, Ended or Closed.</param>
/// <param name="CloseReason">Why the camera closed the connection; null if it did not.</param>
/// <param name="Transport">tcp or udp.</param>
/// <param name="Video">Access units sent since PLAY, lost packets or not.</param>
/// <param name="VideoDamaged">Those of which at least one packet was lost on purpose.</param>
/// <param name="VideoBytes">Bytes of their NAL units, without start codes.</param>
/// <param name="Audio">Audio frames, or 20 ms packets of G.711.</param>
/// <param name="WireBytes">Bytes given to the sockets, RTSP answers included.</param>
/// <param name="BeganAt">Wall clock at which its first unit was due, seconds since 1970; 0 before PLAY.</param>
internal sealed record CameraClient(
    int Id, string Path, string State, string? CloseReason, string Transport, long Video, long VideoSyncs, long VideoDamaged, long VideoBytes,
    long Audio, long AudioBytes, long Packets, long PacketsDropped, long WireBytes, long ReceiverReports, int CumulativeLost, byte FractionLost, uint Jitter,
    double BeganAt = 0)
{
    /// <summary>The picture that was sent at an instant, counted from the first of the session; for a camera that never stalled.</summary>
    public long PictureAt(DateTimeOffset instant) => PictureAt(instant, 25);

    public long PictureAt(DateTimeOffset instant, int perSecond) => (long)Math.Floor(((instant - DateTimeOffset.UnixEpoch).TotalSeconds - BeganAt) * perSecond);
}
