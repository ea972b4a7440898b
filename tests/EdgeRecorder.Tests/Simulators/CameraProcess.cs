using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>
/// A simulated camera in a process of its own: <c>await using var camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac")</c>.
/// It ends with the test, also when the test is killed.
/// </summary>
internal sealed class CameraProcess : IAsyncDisposable
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    private readonly Process _process;
    private readonly TcpClient _control;
    private readonly StreamReader _answers;
    private readonly StreamWriter _commands;
    private readonly SemaphoreSlim _oneCommand = new(1);

    private CameraProcess(Process process, int port, TcpClient control)
    {
        _process = process;
        Port = port;
        _control = control;
        _answers = new StreamReader(control.GetStream());
        _commands = new StreamWriter(control.GetStream()) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>RTSP port on 127.0.0.1.</summary>
    public int Port { get; }

    public int ProcessId => _process.Id;

    /// <summary>Starts a camera that shows <paramref name="clip"/>: a name in <see cref="Clips"/> or a path.</summary>
    /// <param name="args">Further switches; values of <c>--audio</c>, <c>--alternate</c>, <c>--other</c> and <c>--other-audio</c> may be names in <see cref="Clips"/> too.</param>
    public static async Task<CameraProcess> StartAsync(string clip, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Program, "camera", "--video", await Clips.FindAsync(clip), "--port", "0", "--control", "0", "--exit-with-parent"])
            start.ArgumentList.Add(argument);
        for (var i = 0; i < args.Length; i++)
            start.ArgumentList.Add(i > 0 && args[i - 1] is "--audio" or "--alternate" or "--other" or "--other-audio" ? await Clips.FindAsync(args[i]) : args[i]);

        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet does not start");
        try
        {
            // "listening 127.0.0.1:PORT control PORT"
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var words = line?.Split(' ') ?? throw new InvalidOperationException($"the camera ended at once: {string.Join(' ', start.ArgumentList)}");
            var port = int.Parse(words[1][(words[1].LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
            var control = new TcpClient { NoDelay = true };
            await control.ConnectAsync("127.0.0.1", int.Parse(words[3], CultureInfo.InvariantCulture));
            return new CameraProcess(process, port, control);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>The camera's address; every path shows the same clip.</summary>
    public string Url(string path = "/camera") => $"rtsp://127.0.0.1:{Port}{path}";

    /// <summary>The same with credentials in it.</summary>
    public string Url(string path, string user, string password) => $"rtsp://{user}:{password}@127.0.0.1:{Port}{path}";

    /// <summary>Sends one command of the control port, e.g. <c>stall 6</c> or <c>@/gate drop 100</c>; throws when it is refused.</summary>
    public async Task<string> CommandAsync(string command)
    {
        await _oneCommand.WaitAsync();
        try
        {
            await _commands.WriteLineAsync(command);
            var answer = await _answers.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException($"{command}: the camera has gone");
            return answer.StartsWith("error", StringComparison.Ordinal) ? throw new ArgumentException($"{command}: {answer}") : answer;
        }
        finally
        {
            _oneCommand.Release();
        }
    }

    /// <summary>What each client was sent since its PLAY, in the order in which they came; those that have gone included.</summary>
    public async Task<CameraStatistics> StatsAsync(string? path = null)
        => JsonSerializer.Deserialize<CameraStatistics>(await CommandAsync(path is null ? "stats" : $"@{path} stats"), _json)!;

    /// <summary>Waits until the statistics say what <paramref name="condition"/> asks for.</summary>
    public async Task<CameraStatistics> WaitAsync(Func<CameraStatistics, bool> condition, TimeSpan? deadline = null)
    {
        var until = Stopwatch.StartNew();
        for (; ; )
        {
            var stats = await StatsAsync();
            if (condition(stats))
                return stats;
            if (until.Elapsed > (deadline ?? TimeSpan.FromSeconds(20)))
                throw new TimeoutException($"the camera did not come to that; it says {JsonSerializer.Serialize(stats, _json)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Asks it to end (SIGTERM's way: end of its input) and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        _oneCommand.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    /// <summary>Built beside the tests, with the same configuration and framework, but never referenced.</summary>
    private static string Program
    {
        get
        {
            // …/tests/EdgeRecorder.Tests/bin/CONFIGURATION/FRAMEWORK/
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.Combine(Clips.Root, "tests", "Simulators", "bin", output.Parent!.Name, output.Name, "simulators.dll");
        }
    }
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
