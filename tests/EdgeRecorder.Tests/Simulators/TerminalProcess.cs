using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>
/// Simulated vehicle terminals in a process of their own:
/// <c>await using var terminal = await TerminalProcess.StartAsync(port808, "--video", "small.h264", "--audio", "tone.alaw")</c>.
/// They end with the test, also when the test is killed.
/// </summary>
internal sealed class TerminalProcess : IAsyncDisposable
{
    /// <summary>SIM of the first terminal unless --sim says otherwise.</summary>
    public const string Sim = "013912345678";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);
    private static readonly string[] _clips = ["--video", "--sub", "--audio"];

    private readonly Process _process;
    private readonly TcpClient _control;
    private readonly StreamReader _answers;
    private readonly StreamWriter _commands;
    private readonly SemaphoreSlim _oneCommand = new(1);

    private TerminalProcess(Process process, TcpClient control)
    {
        _process = process;
        _control = control;
        _answers = new StreamReader(control.GetStream());
        _commands = new StreamWriter(control.GetStream()) { AutoFlush = true, NewLine = "\n" };
    }

    /// <param name="port">Where the recorder listens for JT/T 808, on 127.0.0.1.</param>
    /// <param name="args">Further switches; values of --video, --sub and --audio may be names in <see cref="Clips"/>, also several with commas.</param>
    public static async Task<TerminalProcess> StartAsync(int port, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Program, "terminal", "--server", $"127.0.0.1:{port}", "--control", "0", "--exit-with-parent"])
            start.ArgumentList.Add(argument);
        for (var i = 0; i < args.Length; i++)
            start.ArgumentList.Add(i > 0 && _clips.Contains(args[i - 1]) ? await PathsAsync(args[i]) : args[i]);

        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet does not start");
        try
        {
            // "running N control PORT"
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var words = line?.Split(' ') ?? throw new InvalidOperationException($"the terminal ended at once: {string.Join(' ', start.ArgumentList)}");
            var control = new TcpClient { NoDelay = true };
            await control.ConnectAsync("127.0.0.1", int.Parse(words[3], CultureInfo.InvariantCulture));
            return new TerminalProcess(process, control);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>Sends one command of the control port, e.g. <c>stall 6</c> or <c>@013912345678/1 drop 100</c>; throws when it is refused.</summary>
    public async Task<string> CommandAsync(string command)
    {
        await _oneCommand.WaitAsync();
        try
        {
            await _commands.WriteLineAsync(command);
            var answer = await _answers.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) ?? throw new InvalidOperationException($"{command}: the terminal has gone");
            return answer.StartsWith("error", StringComparison.Ordinal) ? throw new ArgumentException($"{command}: {answer}") : answer;
        }
        finally
        {
            _oneCommand.Release();
        }
    }

    /// <param name="target">SIM, or SIM/channel; null = all.</param>
    public async Task<TerminalStatistics> StatsAsync(string? target = null)
        => JsonSerializer.Deserialize<TerminalStatistics>(await CommandAsync(target is null ? "stats" : $"@{target} stats"), _json)!;

    /// <summary>Sums over all terminals; cheap also for a thousand.</summary>
    public async Task<TerminalTotals> TotalsAsync() => JsonSerializer.Deserialize<TerminalTotals>(await CommandAsync("totals"), _json)!;

    /// <summary>What the platform said, in its order.</summary>
    public async Task<IReadOnlyList<TerminalCommand>> CommandsAsync() => JsonSerializer.Deserialize<List<TerminalCommand>>(await CommandAsync("commands"), _json)!;

    /// <summary>Every unit of each stream in the order in which it went out.</summary>
    /// <param name="kind">video or audio.</param>
    public async Task<IReadOnlyList<SentStream>> UnitsAsync(string kind = "video", string? target = null)
    {
        using var answer = JsonDocument.Parse(await CommandAsync(target is null ? $"units {kind}" : $"@{target} units {kind}"));
        return [.. answer.RootElement.EnumerateArray().Select(s => new SentStream(
            s.GetProperty("id").GetInt32(), s.GetProperty("sim").GetString()!, s.GetProperty("channel").GetByte(), s.GetProperty("kind").GetString()!,
            [.. s.GetProperty("units").EnumerateArray().Select(u => new SentUnit(u[0].GetInt64(), u[1].GetInt32(), u[2].GetBoolean(), u[3].GetBoolean(), u[4].GetString()!))]))];
    }

    /// <summary>Waits until the statistics say what <paramref name="condition"/> asks for.</summary>
    public async Task<TerminalStatistics> WaitAsync(Func<TerminalStatistics, bool> condition, TimeSpan? deadline = null)
    {
        var until = Stopwatch.StartNew();
        for (; ; )
        {
            var stats = await StatsAsync();
            if (condition(stats))
                return stats;
            if (until.Elapsed > (deadline ?? TimeSpan.FromSeconds(20)))
                throw new TimeoutException($"the terminals did not come to that; they say {JsonSerializer.Serialize(stats, _json)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Asks them to end (end of their input) and returns the exit code.</summary>
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

    private static async Task<string> PathsAsync(string clips)
        => string.Join(',', await Task.WhenAll(clips.Split(',').Select(c => c == "none" ? Task.FromResult(c) : Clips.FindAsync(c))));

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

/// <summary>The answer of the command <c>stats</c>. Streams include those that have ended.</summary>
internal sealed record TerminalStatistics(IReadOnlyList<TerminalState> Terminals, IReadOnlyList<TerminalStream> Streams);

/// <param name="State">Offline, Connecting, Registering, Authenticating or Online.</param>
/// <param name="Unanswered">Messages that want a reply of the platform and have none yet.</param>
/// <param name="Stray">Replies to what was never said, or in a header of another edition; a platform sends none.</param>
/// <param name="Malformed">Frames and bodies that no terminal can read; a platform sends none.</param>
/// <param name="Sent">Messages by number, e.g. <c>0x0200</c>.</param>
internal sealed record TerminalState(
    string Sim, string State, string Plate, int Connects, int Logins, string? OfflineBecause, long Positions, long PositionsStored, int Unanswered, int Stray, int Malformed,
    IReadOnlyList<string> MalformedReasons, IReadOnlyDictionary<string, int> Sent, IReadOnlyDictionary<string, int> Received);

/// <param name="Kind">Main, Sub or Playback.</param>
/// <param name="State">Opening, Playing, Paused, Ended or Closed.</param>
/// <param name="BeganAt">Wall clock at which its first picture was due, seconds since 1970; for playback the footage's own time.</param>
/// <param name="VideoBytes">Bytes of the NAL units sent, without start codes.</param>
/// <param name="VideoSha256">Over these bytes, in their order.</param>
/// <param name="AudioSha256">Over the audio frames without ADTS or HiSilicon header.</param>
internal sealed record TerminalStream(
    int Id, string Sim, byte Channel, string Kind, string State, string? CloseReason, string Transport, double BeganAt, long Video, long VideoSyncs, long VideoDamaged,
    long VideoBytes, string? VideoSha256, long Audio, long AudioBytes, string? AudioSha256, long Packets, long PacketsDropped);

internal sealed record TerminalTotals(
    int Terminals, int Online, int Logins, long Positions, int Malformed, int Stray, int Playing, long Video, long VideoBytes, long Audio, long AudioBytes, long Packets,
    long PacketsDropped);

/// <param name="At">Seconds since 1970.</param>
/// <param name="Name">Kind of message, e.g. <c>LiveRequest</c> for 0x9101.</param>
internal sealed record TerminalCommand(string Sim, double At, string Id, int Serial, string Name, JsonElement Message);

internal sealed record SentStream(int Id, string Sim, byte Channel, string Kind, IReadOnlyList<SentUnit> Units);

/// <param name="Bytes">Of its NAL units without start codes, or of the audio frame.</param>
/// <param name="Digest">First 8 bytes of their SHA-256, in hex.</param>
internal sealed record SentUnit(long TimestampMs, int Bytes, bool IsSync, bool IsDamaged, string Digest);
