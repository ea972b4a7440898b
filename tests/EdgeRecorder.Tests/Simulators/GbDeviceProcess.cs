using System.Text.Json;

namespace EdgeRecorder.Tests.Simulators;

/// <summary>
/// Simulated GB/T 28181 devices: <c>await using var device = await GbDeviceProcess.StartAsync(sipPort, "--clip", "small.h264", "--audio", "10s.aac")</c>.
/// </summary>
internal sealed class GbDeviceProcess : SimulatorProcess
{
    /// <summary>Code of the first device and of its first channel, unless --id, --channel-id or --channel-is-device say otherwise.</summary>
    public const string Id = "34020000001320000001", Channel = "34020000001310000001";

    /// <summary>What devices register with and at, unless switches say otherwise.</summary>
    public const string ServerId = "34020000002000000001", Domain = "3402000000", Password = "Gb@28181";

    private static readonly string[] _clips = ["--clip", "--sub", "--alternate", "--audio"];

    private GbDeviceProcess(Started started) : base(started)
    {
    }

    /// <param name="port">Where the recorder listens for SIP, on 127.0.0.1.</param>
    /// <param name="args">Further switches; values of --clip, --sub, --alternate and --audio may be names in <see cref="Clips"/>, also several with commas.</param>
    public static async Task<GbDeviceProcess> StartAsync(int port, params string[] args)
    {
        List<string> all = ["gbdevice", "--server", $"127.0.0.1:{port}"];
        if (!args.Contains("--password"))
            all.AddRange(["--password", Password]);
        for (var i = 0; i < args.Length; i++)
            all.Add(i > 0 && _clips.Contains(args[i - 1]) ? await PathsAsync(args[i]) : args[i]);
        return new(await LaunchAsync(all));                 // "gbdevice N devices ready, control PORT"
    }

    /// <param name="target">Code of a device or of a channel; null = all.</param>
    public async Task<GbStatistics> StatsAsync(string? target = null)
        => JsonSerializer.Deserialize<GbStatistics>(await CommandAsync(target is null ? "stats" : $"@{target} stats"), Json)!;

    /// <summary>Sums over all devices; cheap also for a thousand.</summary>
    public async Task<GbTotals> TotalsAsync() => JsonSerializer.Deserialize<GbTotals>(await CommandAsync("totals"), Json)!;

    /// <summary>What the platform had the devices do, in its order: PTZ codes and the like.</summary>
    public async Task<IReadOnlyList<GbControl>> ControlsAsync() => JsonSerializer.Deserialize<List<GbControl>>(await CommandAsync("controls"), Json)!;

    /// <summary>Every unit of each stream in the order in which it went out.</summary>
    /// <param name="kind">video or audio.</param>
    public async Task<IReadOnlyList<GbSentStream>> UnitsAsync(string kind = "video", string? target = null)
    {
        using var answer = JsonDocument.Parse(await CommandAsync(target is null ? $"units {kind}" : $"@{target} units {kind}"));
        return [.. answer.RootElement.EnumerateArray().Select(s => new GbSentStream(
            s.GetProperty("id").GetInt32(), s.GetProperty("device").GetString()!, s.GetProperty("channel").GetString()!, s.GetProperty("kind").GetString()!,
            [.. s.GetProperty("units").EnumerateArray().Select(u => new GbSentUnit(u[0].GetInt64(), u[1].GetInt32(), u[2].GetBoolean(), u[3].GetBoolean(), u[4].GetString()!))]))];
    }

    /// <summary>Waits until the statistics say what <paramref name="condition"/> asks for.</summary>
    public Task<GbStatistics> WaitAsync(Func<GbStatistics, bool> condition, TimeSpan? deadline = null) => WaitAsync(() => StatsAsync(), condition, deadline);

    public Task<GbTotals> WaitForTotalsAsync(Func<GbTotals, bool> condition, TimeSpan? deadline = null) => WaitAsync(TotalsAsync, condition, deadline);

    public Task<GbStatistics> OnlineAsync() => WaitAsync(s => s.Devices.All(d => d.State == "Online"));

    private static async Task<string> PathsAsync(string clips)
        => string.Join(',', await Task.WhenAll(clips.Split(',').Select(c => c == "none" ? Task.FromResult(c) : Clips.FindAsync(c))));
}

/// <summary>The answer of the command <c>stats</c>. Streams include calls that have ended or were refused.</summary>
internal sealed record GbStatistics(IReadOnlyList<GbDeviceState> Devices, IReadOnlyList<GbStream> Streams);

/// <param name="State">Offline, Connecting, Registering, Online or Leaving.</param>
/// <param name="Port">Its local port for SIP; 0 while it has none.</param>
/// <param name="Failures">Registrations that were not taken.</param>
/// <param name="ReplayAnswers">Status of each answer to a REGISTER that came once more; 0 for none.</param>
/// <param name="Subscriptions">CmdType of each.</param>
/// <param name="Unanswered">Requests that have no final answer yet.</param>
/// <param name="Resent">Requests sent once more; <paramref name="Repeats"/>: requests that came once more.</param>
/// <param name="Stray">Answers to what was never asked; a platform sends none.</param>
/// <param name="Malformed">Messages, documents and descriptions that no device can read; a platform sends none.</param>
/// <param name="Sent">By method, and by status.</param>
internal sealed record GbDeviceState(
    string Id, string State, int Port, int Registrations, int Refreshes, int Challenges, int Failures, string? OfflineBecause, string? ServerDate, int Expires, int Heartbeats,
    int HeartbeatsAnswered, IReadOnlyList<int> ReplayAnswers, IReadOnlyList<string> Subscriptions, int Renewals, int Notifications, int AlarmsAnswered,
    IReadOnlyDictionary<int, string> Presets, int Unanswered, int Resent, int Repeats, int Stray, int Malformed, IReadOnlyList<string> MalformedReasons,
    IReadOnlyDictionary<string, int> Sent, IReadOnlyDictionary<string, int> Received);

/// <param name="Kind">Main, Sub, Playback or Download; empty for a call without media.</param>
/// <param name="Call">Ringing, Answered, Confirmed or Ended.</param>
/// <param name="EndedBy">Why the call is over.</param>
/// <param name="State">Of its media: Opening, Playing, Paused, Ended or Closed.</param>
/// <param name="Transport">udp, tcp-active (the device connects) or tcp-passive.</param>
/// <param name="BeganAt">Wall clock at which its first picture was due, seconds since 1970.</param>
/// <param name="VideoBytes">Bytes of the NAL units sent, without start codes.</param>
/// <param name="VideoSha256">Over these bytes, in their order.</param>
/// <param name="AudioSha256">Over the audio frames without ADTS header.</param>
internal sealed record GbStream(
    int Id, string Device, string Channel, string Kind, string Call, string? EndedBy, string State, string? CloseReason, string Transport, uint Ssrc, string Subject, double BeganAt,
    long Video, long VideoSyncs, long VideoDamaged, long VideoBytes, string? VideoSha256, long Audio, long AudioDamaged, long AudioBytes, string? AudioSha256, long Packets,
    long PacketsDropped)
{
    /// <summary>The picture that was sent at an instant, counted from the first; for a live call that never stalled.</summary>
    public long PictureAt(DateTimeOffset instant, int perSecond = 25) => (long)Math.Floor(((instant - DateTimeOffset.UnixEpoch).TotalSeconds - BeganAt) * perSecond);
}

internal sealed record GbTotals(
    int Devices, int Online, int Registrations, int Failures, int Heartbeats, int HeartbeatsAnswered, int Malformed, int Stray, int Playing, long Video, long VideoBytes, long Audio,
    long AudioBytes, long Packets, long PacketsDropped);

/// <param name="At">Seconds since 1970.</param>
/// <param name="Command">Name of the element, e.g. <c>PTZCmd</c>; of INFO the method, e.g. <c>PAUSE</c>.</param>
internal sealed record GbControl(double At, string Device, string Channel, string Command, string Value);

internal sealed record GbSentStream(int Id, string Device, string Channel, string Kind, IReadOnlyList<GbSentUnit> Units);

/// <param name="Bytes">Of its NAL units without start codes, or of the audio frame.</param>
/// <param name="Digest">First 8 bytes of their SHA-256, in hex.</param>
internal sealed record GbSentUnit(long Pts90k, int Bytes, bool IsSync, bool IsDamaged, string Digest);
