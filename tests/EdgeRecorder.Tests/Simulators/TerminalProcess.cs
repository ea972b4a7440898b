using System.Text.Json;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>
/// Simulated vehicle terminals: <c>await using var terminal = await TerminalProcess.StartAsync(port808, "--video", "small.h264", "--audio", "tone.alaw")</c>.
/// </summary>
internal sealed class TerminalProcess : SimulatorProcess
{
    /// <summary>SIM of the first terminal unless --sim says otherwise.</summary>
    public const string Sim = "013912345678";

    private static readonly string[] _clips = ["--video", "--sub", "--audio"];

    private TerminalProcess(Started started) : base(started)
    {
    }

    /// <param name="port">Where the recorder listens for JT/T 808, on 127.0.0.1.</param>
    /// <param name="args">Further switches; values of --video, --sub and --audio may be names in <see cref="Clips"/>, also several with commas.</param>
    public static async Task<TerminalProcess> StartAsync(int port, params string[] args)
    {
        List<string> all = ["terminal", "--server", $"127.0.0.1:{port}"];
        for (var i = 0; i < args.Length; i++)
            all.Add(i > 0 && _clips.Contains(args[i - 1]) ? await PathsAsync(args[i]) : args[i]);
        return new(await LaunchAsync(all));                 // "running N control PORT"
    }

    /// <param name="target">SIM, or SIM/channel; null = all.</param>
    public async Task<TerminalStatistics> StatsAsync(string? target = null)
        => JsonSerializer.Deserialize<TerminalStatistics>(await CommandAsync(target is null ? "stats" : $"@{target} stats"), Json)!;

    /// <summary>Sums over all terminals; cheap also for a thousand.</summary>
    public async Task<TerminalTotals> TotalsAsync() => JsonSerializer.Deserialize<TerminalTotals>(await CommandAsync("totals"), Json)!;

    /// <summary>What the platform said, in its order.</summary>
    public async Task<IReadOnlyList<TerminalCommand>> CommandsAsync() => JsonSerializer.Deserialize<List<TerminalCommand>>(await CommandAsync("commands"), Json)!;

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
    public Task<TerminalStatistics> WaitAsync(Func<TerminalStatistics, bool> condition, TimeSpan? deadline = null) => WaitAsync(() => StatsAsync(), condition, deadline);

    private static async Task<string> PathsAsync(string clips)
        => string.Join(',', await Task.WhenAll(clips.Split(',').Select(c => c == "none" ? Task.FromResult(c) : Clips.FindAsync(c))));
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
