using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.Conformance.Ome;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;

namespace EdgeRecorder.Tests.Conformance.Cdvr;

/// <summary>
/// The fixture of the contract: box zone Asia/Shanghai, an 808-2013 terminal that is online with channels 1 and 2, a GB/T 28181 device that is online with one channel, default
/// configuration: the terminal waits for approval until a start names it.
/// </summary>
public sealed class CdvrBox : IAsyncLifetime
{
    public const string Sim = "013300001111", Later = "013300002222", Device = "34020000001110000001", Channel = "34020000001320000001";
    public const string First = "13300001111_1", Second = "13300001111_2";

    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private readonly DaemonSetup _setup = new DaemonSetup { RingSize = "128MiB", TimeZone = "Asia/Shanghai" }.WithCdvr().WithOme()
        .WithVehicles(("enrolment", "approve"), ("record", false)).WithSurveillance(("password", GbDeviceProcess.Password));

    private readonly Lazy<Task<CdvrWindow>> _recorded;

    private DaemonProcess? _daemon;
    private OmeClient? _ome;
    private TerminalProcess? _terminal;
    private GbDeviceProcess? _device;

    internal DaemonProcess Daemon => _daemon!;
    internal TerminalProcess Terminal => _terminal!;
    internal GbDeviceProcess Surveillance => _device!;
    internal OmeClient Ome => _ome!;
    internal HttpClient Http { get; private set; } = new();

    public CdvrBox() => _recorded = new(RecordBothAsync);

    /// <summary>A window around a recording of both channels (C13) that is over. It is made when it is asked for the first time, by a case that records nothing else.</summary>
    internal Task<CdvrWindow> Recorded => _recorded.Value;

    public async Task InitializeAsync()
    {
        _setup.Program = await PublishedProgram.PathAsync();
        _daemon = await DaemonProcess.StartAsync(_setup);
        _ome = new OmeClient(_daemon);
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{_setup.CdvrPort}"), Timeout = TimeSpan.FromMinutes(2) };
        _terminal = await TerminalAsync(Sim);
        _device = await GbDeviceProcess.StartAsync(_setup.SurveillancePort, "--id", Device, "--channel-id", Channel, "--clip", "small.h264", "--audio", "10s.alaw");
        await Daemon.DeviceAsync(Sim.TrimStart('0'));
        await Daemon.IdAsync($"{Device}_{Channel}");
    }

    internal Task<TerminalProcess> TerminalAsync(string sim)
        => TerminalProcess.StartAsync(_setup.VehiclePort, "--sim", sim, "--version", "2013", "--channels", "2", "--video", "small.h264", "--audio", "10s.alaw", "--reconnect", "1");

    /// <summary>kill -9, and a start on what that left.</summary>
    internal async Task CrashAsync()
    {
        await Daemon.KillAsync();
        await Daemon.DisposeAsync();
        _daemon = await DaemonProcess.StartAsync(_setup);
        _ome!.Dispose();
        _ome = new OmeClient(_daemon);
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        _ome?.Dispose();
        foreach (var process in new IAsyncDisposable?[] { _daemon, _terminal, _device })
            if (process is not null)
                await process.DisposeAsync();
        _setup.Dispose();
    }

    /// <summary>The answer of 200, with exactly the members of the contract.</summary>
    internal Task<CdvrAnswer> GetAsync(string path) => ReadAsync(Http.GetAsync(path), HttpStatusCode.OK);

    internal Task<CdvrAnswer> PostAsync(string path, string body, HttpStatusCode expected = HttpStatusCode.OK) => ReadAsync(Http.PostAsync(path, Requests.Json(body)), expected);

    internal async Task StartBothAsync(string path, string note)
    {
        var started = await PostAsync(path, $$"""[{"sim":"{{Sim}}","channel":["1","2"],"protocol":0,"cTags":"x"}]""");
        Assert.Equal(0, started.Result);
        Assert.Equal([(Sim, "1", 0, note), (Sim, "2", 0, note)],
            started.Json.EnumerateArray().Select(entry => (entry.GetProperty("sim").GetString()!, entry.GetProperty("channel").GetString()!, entry.GetProperty("result").GetInt32(), entry.GetProperty("resultNote").GetString()!)));
    }

    internal Task<CdvrAnswer> StartAsync(string channel = "1") => GetAsync($"/Record/Start?Sim={Sim}&Channel={channel}");

    /// <summary>Nothing of the family runs on the two devices any more.</summary>
    internal async Task StopAllAsync()
    {
        var stopped = await PostAsync("/Record/BatchStop", $$"""[{"sim":"{{Sim}}","channel":[]},{"sim":"{{Later}}","channel":[]},{"sim":"{{Device}}","channel":[],"protocol":2}]""");
        Assert.True(stopped.Result == 0, $"{stopped.Result} {stopped.Note} {stopped.Detail}");
    }

    /// <summary>Nothing runs, and nothing is on its way to the devices: what was started has begun before it is stopped.</summary>
    internal async Task RestAsync()
    {
        await RecordingAsync((await JobsAsync()).Count);
        await StopAllAsync();
        await Terminal.WaitAsync(s => s.Streams.All(stream => stream.State is "Closed" or "Ended"));
        await Surveillance.WaitAsync(s => s.Streams.All(stream => stream.Call == "Ended"));
    }

    /// <summary>The family's recordings that are not stopped, as the box API shows them.</summary>
    internal async Task<List<JsonElement>> JobsAsync()
        => [.. (await Daemon.GetAsync("/api/v1/recordings?limit=1000")).EnumerateArray().Where(r => r.GetProperty("owner").GetString() == "cdvr" && r.GetProperty("state").GetString() != "stopped")];

    internal Task<List<JsonElement>> RecordingAsync(int count)
        => Daemon.WaitAsync(JobsAsync, jobs => jobs.Count == count && jobs.All(job => job.GetProperty("state").GetString() == "recording"), $"{count} jobs that record", TimeSpan.FromSeconds(60));

    /// <summary>How often the terminal was sent a message.</summary>
    internal async Task<int> SentAsync(string message) => (await Terminal.StatsAsync()).Terminals[0].Received.GetValueOrDefault(message);

    internal Task AwaitSentAsync(string message, int count) => Terminal.WaitAsync(s => s.Terminals[0].Received.GetValueOrDefault(message) >= count, TimeSpan.FromSeconds(60));

    /// <summary>A query as it is answered: content type and the text.</summary>
    internal async Task<(string? Type, string Text)> QueryAsync(string body, string? accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/Record/QueryVideoFiles") { Content = Requests.Json(body) };
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (answer.Content.Headers.ContentType?.ToString(), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A query's document, out of the literal.</summary>
    internal async Task<JsonElement> FilesAsync(string body)
    {
        var (type, text) = await QueryAsync(body);
        Assert.Equal("application/json; charset=utf-8", type);
        return JsonDocument.Parse(JsonDocument.Parse(text).RootElement.GetString()!).RootElement;
    }

    internal static string Window(DateTimeOffset from, DateTimeOffset to, string channel = "1", string sim = Sim)
        => $$"""{"timeStart":"{{Local(from)}}","timeEnd":"{{Local(to)}}","devices":[{"sim":"{{sim}}","channel":["{{channel}}"],"protocol":0}]}""";

    internal static string Local(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private async Task<CdvrWindow> RecordBothAsync()
    {
        var from = DateTimeOffset.UtcNow.AddSeconds(-2);
        await StartBothAsync("/Record/BatchStart", "success");
        await RecordingAsync(2);
        await Daemon.AwaitFootageAsync(First, (await Daemon.TimelineAsync(First)).Footage + TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(60));
        await StopAllAsync();
        await Daemon.AwaitStateAsync(First, "idle");
        var to = DateTimeOffset.UtcNow.AddSeconds(2);
        // What later cases record lies behind the window.
        await Daemon.WaitAsync(() => Task.FromResult(DateTimeOffset.UtcNow), now => now > to, "the end of the window");
        return new(from, to);
    }

    private static async Task<CdvrAnswer> ReadAsync(Task<HttpResponseMessage> response, HttpStatusCode expected)
    {
        using var answer = await response;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(text), answer.Content.Headers.ContentLength);
        var ret = JsonDocument.Parse(text).RootElement;
        Assert.Equal(["result", "resultNote", "detail"], ret.EnumerateObject().Select(member => member.Name));
        return new(ret.GetProperty("result").GetInt32(), ret.GetProperty("resultNote").GetString()!, ret.GetProperty("detail").GetString()!);
    }
}

/// <param name="Detail">Text that holds JSON, or empty.</param>
internal sealed record CdvrAnswer(int Result, string Note, string Detail)
{
    public JsonElement Json => JsonDocument.Parse(Detail).RootElement;
    public string Job => Json.GetProperty("jobId").GetString()!;
    public string State => Json.GetProperty("state").GetString()!;
}

internal sealed record CdvrWindow(DateTimeOffset From, DateTimeOffset To)
{
    public string Body => CdvrBox.Window(From, To);
}
