using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using EdgeRecorder.Tests.Api;

namespace EdgeRecorder.Tests.SystemTests;

/// <summary>
/// The daemon as its users have it: a process that is started, configured by a file, asked over HTTP and stopped by a signal. EDGE_RECORDER_PROGRAM
/// names another build than the one beside the tests, for example the published one.
/// </summary>
internal sealed partial class DaemonProcess : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly Dictionary<string, string> _ids = [];
    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();

    private DaemonProcess(DaemonSetup setup, Process process)
    {
        (Setup, _process) = (setup, process);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{setup.Port}"), Timeout = TimeSpan.FromMinutes(2) };
    }

    public DaemonSetup Setup { get; }
    public HttpClient Http { get; }
    public int Id => _process.Id;
    public bool HasExited => _process.HasExited;
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>From the start of the process to the first good answer of /healthz.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>Lines at level error or above, and whatever a dying runtime says.</summary>
    public IEnumerable<string> Errors => _log.Where(line => line.Contains(" ERR ", StringComparison.Ordinal) || line.Contains(" FTL ", StringComparison.Ordinal) || line.Contains("Unhandled exception", StringComparison.Ordinal));

    public static string Program => Environment.GetEnvironmentVariable("EDGE_RECORDER_PROGRAM") ?? BuiltProgram;

    /// <summary>Writes the configuration, starts the daemon, and waits until it is healthy.</summary>
    public static async Task<DaemonProcess> StartAsync(DaemonSetup setup)
    {
        var daemon = Launch(setup);
        try
        {
            await daemon.ReadyAsync();
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same without waiting: for what is not expected to become healthy.</summary>
    /// <param name="before">A program and its arguments that starts the daemon, for example strace.</param>
    public static DaemonProcess Launch(DaemonSetup setup, params string[] before)
    {
        setup.Write();
        string[] command = [.. before, setup.Program ?? Program, "serve", "--config", setup.ConfigurationFile];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in setup.Environment.Concat(setup.Clock?.Environment ?? []))
            start.Environment[name] = value;
        return new DaemonProcess(setup, Process.Start(start)!);
    }

    /// <summary>A command that ends by itself: exit code and everything it said.</summary>
    public static async Task<(int ExitCode, string Said)> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await Media.Tool.TryAsync(Program, arguments);
        return (code, Encoding.UTF8.GetString(output) + errors);
    }

    public async Task ReadyAsync()
    {
        while (true)
        {
            try
            {
                using var answer = await Http.GetAsync("/healthz");
                if (answer.StatusCode == HttpStatusCode.OK)
                    break;
            }
            catch (HttpRequestException) when (!HasExited)
            {
                // Not listening yet.
            }
            catch (HttpRequestException)
            {
                _process.WaitForExit();
                throw new InvalidOperationException($"the daemon ended with {_process.ExitCode}:\n{string.Join('\n', _log)}");
            }
            Assert.True(_sinceStart.Elapsed < Deadline, $"not healthy after {Deadline}:\n{string.Join('\n', _log)}");
            await Task.Delay(10);
        }
        ReadyAfter = _sinceStart.Elapsed;
        var password = await File.ReadAllTextAsync(Path.Combine(Setup.Root, "initial-admin-password"));
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{password.Trim()}")));
    }

    public Task<JsonElement> GetAsync(string path) => Http.GetAsync(path).BodyAsync();

    /// <summary>The channel with this key, as the API shows it.</summary>
    public async Task<JsonElement> ChannelAsync(string key) => await GetAsync($"/api/v1/channels/{await IdAsync(key)}");

    /// <summary>Waits for channels that appear by themselves.</summary>
    public async Task<string> IdAsync(string key)
    {
        if (_ids.TryGetValue(key, out var id))
            return id;
        var channels = await WaitAsync(() => GetAsync("/api/v1/channels?limit=1000"), all => all.EnumerateArray().Any(c => c.GetProperty("key").GetString() == key), $"channel {key}");
        foreach (var channel in channels.EnumerateArray())
            _ids[channel.GetProperty("key").GetString()!] = channel.GetProperty("id").GetString()!;
        return _ids[key];
    }

    /// <summary>The device with this number, once it is listed.</summary>
    public Task<JsonElement> DeviceAsync(string identity) => DeviceAsync(identity, _ => true);

    /// <summary>The device with this number, once it is as <paramref name="condition"/> wants it.</summary>
    public async Task<JsonElement> DeviceAsync(string identity, Func<JsonElement, bool> condition, TimeSpan? deadline = null)
        => (await WaitAsync(async () => (await GetAsync("/api/v1/devices?limit=1000")).EnumerateArray().Cast<JsonElement?>().FirstOrDefault(d => d!.Value.GetProperty("identity").GetString() == identity),
            d => d is { } found && condition(found), $"device {identity}", deadline))!.Value;

    /// <summary>Changes a device, and returns it.</summary>
    public async Task<JsonElement> ChangeDeviceAsync(string identity, string json)
        => await Http.PatchAsync($"/api/v1/devices/{(await DeviceAsync(identity)).GetProperty("id").GetString()}", Requests.Json(json)).BodyAsync();

    public async Task<(string State, string Detail)> StateAsync(string key)
    {
        var state = (await ChannelAsync(key)).GetProperty("state");
        return (state.GetProperty("state").GetString()!, state.GetProperty("detail").GetString()!);
    }

    /// <summary>Everything the box knows of the channel, as dated now.</summary>
    public async Task<Timeline> TimelineAsync(string key) => Timeline.Read(await TimelineJsonAsync(key));

    public Task<JsonElement> TimelineJsonAsync(string key) => GetRangeAsync(key, "timeline");

    public async Task RecordAsync(string key, bool on)
        => await Http.PutAsync($"/api/v1/channels/{await IdAsync(key)}/record", Requests.Json($"{{\"on\":{(on ? "true" : "false")}}}")).BodyAsync();

    /// <summary>All footage of the channel, or of a range, in a file; false where the box says that there is none.</summary>
    public async Task<bool> DownloadAsync(string key, string file, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        using var answer = await Http.GetAsync(await FootageAddressAsync(key, from, to), HttpCompletionOption.ResponseHeadersRead);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return false;
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode}: {(answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync())}");
        await using var target = File.Create(file);
        await answer.Content.CopyToAsync(target);
        return true;
    }

    public async Task<string> FootageAddressAsync(string key, DateTimeOffset? from = null, DateTimeOffset? to = null)
        => $"/api/v1/channels/{await IdAsync(key)}/footage.mp4?{Range(from, to)}";

    /// <summary>Waits until an answer of the daemon satisfies <paramref name="condition"/>, and returns it.</summary>
    public async Task<T> WaitAsync<T>(Func<Task<T>> ask, Func<T, bool> condition, string what, TimeSpan? deadline = null)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            T answer;
            try
            {
                answer = await ask();
            }
            catch (HttpRequestException) when (_process.WaitForExit(1000))
            {
                throw new InvalidOperationException($"the daemon ended with {_process.ExitCode} while {what} was awaited:\n{string.Join('\n', _log)}");
            }
            if (condition(answer))
                return answer;
            Assert.True(since.Elapsed < (deadline ?? Deadline), $"{what} did not come; the last answer is {Show(answer)}; the log:\n{string.Join('\n', _log)}");
            await Task.Delay(50);
        }
    }

    public Task<(string State, string Detail)> AwaitStateAsync(string key, string state, TimeSpan? deadline = null)
        => WaitAsync(() => StateAsync(key), s => s.State == state, $"state {state} of {key}", deadline);

    /// <summary>Waits until so much media lies in the ring, as the timeline tells it.</summary>
    public Task<Timeline> AwaitFootageAsync(string key, TimeSpan length, TimeSpan? deadline = null)
        => WaitAsync(() => TimelineAsync(key), t => t.Footage >= length, $"{length} of footage of {key}", deadline);

    /// <summary>SIGTERM, and the exit code it leads to.</summary>
    public async Task<int> StopAsync()
    {
        Assert.Equal(0, Kill(_process.Id, SIGTERM));
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        return _process.ExitCode;
    }

    /// <summary>kill -9: what a crash leaves behind.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Deadline);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        Http.Dispose();
        _process.Dispose();
    }

    private async Task<JsonElement> GetRangeAsync(string key, string what) => await GetAsync($"/api/v1/channels/{await IdAsync(key)}/{what}?{Range(null, null)}");

    // Wide enough for whatever a test dates, also ahead of now: a camera that runs faster than time fills the future.
    private string Range(DateTimeOffset? from, DateTimeOffset? to) => string.Create(CultureInfo.InvariantCulture,
        $"from={(from ?? Setup.Now.AddDays(-1)).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}&to={(to ?? Setup.Now.AddDays(2)).UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}");

    private static string Show<T>(T answer) => answer is System.Collections.IEnumerable items and not string ? string.Join(", ", items.Cast<object>()) : $"{answer}";

    private void Keep(string? line)
    {
        if (line is not null)
            _log.Enqueue(line);
    }

    // …/tests/EdgeRecorder.Tests/bin/CONFIGURATION/FRAMEWORK/
    private static string BuiltProgram
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return Repository.Path(Path.Combine("src", "EdgeRecorder", "bin", output.Parent!.Name, output.Name, "edge-recorder"));
        }
    }

    private const int SIGTERM = 15;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}

/// <summary>The answer of a channel's timeline.</summary>
internal sealed record Timeline(IReadOnlyList<(DateTimeOffset From, DateTimeOffset To, long Bytes, bool Locked)> Spans, IReadOnlyList<(DateTimeOffset From, DateTimeOffset? To, string Reason)> Gaps)
{
    public TimeSpan Footage => Spans.Aggregate(TimeSpan.Zero, (sum, span) => sum + (span.To - span.From));
    public long Bytes => Spans.Sum(span => span.Bytes);

    public static Timeline Read(JsonElement json) => new(
        [.. json.GetProperty("spans").EnumerateArray().Select(s => (Time(s.GetProperty("from"))!.Value, Time(s.GetProperty("to"))!.Value, s.GetProperty("bytes").GetInt64(), s.GetProperty("locked").GetBoolean()))],
        [.. json.GetProperty("gaps").EnumerateArray().Select(g => (Time(g.GetProperty("from"))!.Value, Time(g.GetProperty("to")), g.GetProperty("reason").GetString()!))]);

    public override string ToString() => $"spans: {string.Join(", ", Spans.Select(s => $"{s.From:HH:mm:ss.fff}-{s.To:HH:mm:ss.fff} {s.Bytes}{(s.Locked ? " locked" : "")}"))}; gaps: {string.Join(", ", Gaps.Select(g => $"{g.Reason} {g.From:HH:mm:ss.fff}-{g.To:HH:mm:ss.fff}"))}";

    private static DateTimeOffset? Time(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetDateTimeOffset();
}
