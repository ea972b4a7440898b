using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Ome;

/// <summary>A program that speaks OvenMediaEngine's recording API to a daemon, as its clients do.</summary>
internal sealed class OmeClient(DaemonProcess daemon) : IDisposable
{
    public const string S = "/v1/vhosts/default/apps/app:startRecord", T = "/v1/vhosts/default/apps/app:stopRecord", R = "/v1/vhosts/default/apps/app:records";
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{daemon.Setup.OmePort}"), Timeout = TimeSpan.FromMinutes(2) };

    public static string Token { get; } = "Basic " + Convert.ToBase64String("ome-access-token"u8);

    public Task<OmeAnswer> PostAsync(string path, string body, string? authorization = null) => SendAsync(HttpMethod.Post, path, body, authorization ?? Token);

    /// <param name="authorization">Null: none.</param>
    public async Task<OmeAnswer> SendAsync(HttpMethod method, string path, string? body, string? authorization, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (authorization is not null)
            Assert.True(request.Headers.TryAddWithoutValidation("Authorization", authorization));
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var json = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
        if (text.Length > 0)
        {
            Assert.Equal("application/json;charset=UTF-8", answer.Content.Headers.ContentType!.ToString().Replace(" ", "", StringComparison.Ordinal));
            Assert.Equal((int)answer.StatusCode, json.GetProperty("statusCode").GetInt32());
        }
        Assert.Equal("no-cache", answer.Headers.CacheControl?.ToString());
        return new OmeAnswer(answer.StatusCode, text, json, answer.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase));
    }

    /// <summary>Starts a job that has to be taken, and returns its record.</summary>
    public async Task<JsonElement> StartAsync(string id, string stream = "cam1", string more = "") => Single(await PostAsync(S, Body(id, stream, more)));

    public static string Body(string id, string stream = "cam1", string more = "") => $$"""{"id":"{{id}}","stream":{"name":"{{stream}}"}{{(more.Length > 0 ? "," : "")}}{{more}}}""";

    public async Task<JsonElement> StopAsync(string id) => Single(await PostAsync(T, $$"""{"id":"{{id}}"}"""));

    /// <summary>The record of a job as it is listed.</summary>
    public async Task<JsonElement> ShowAsync(string id) => Single(await PostAsync(R, $$"""{"id":"{{id}}"}"""));

    public Task<JsonElement> AwaitAsync(string id, string state) => AwaitAsync(id, record => State(record) == state, $"state {state}");

    public Task<JsonElement> AwaitAsync(string id, Func<JsonElement, bool> condition, string what) => daemon.WaitAsync(() => ShowAsync(id), condition, $"{what} of {id}", Deadline);

    /// <summary>Waits until something has been written, stops, and waits until the file is there.</summary>
    public async Task<JsonElement> RecordAsync(string id, string more = "", string stream = "cam1")
    {
        await StartAsync(id, stream, more);
        await AwaitAsync(id, record => Number(record, "recordTime") >= 1000, "a second of footage");
        await StopAsync(id);
        return await AwaitAsync(id, "stopped");
    }

    public static JsonElement Single(OmeAnswer answer)
    {
        Assert.True(answer.Status == HttpStatusCode.OK, $"{(int)answer.Status}: {answer.Text}");
        Assert.Equal("OK", answer.Message);
        return Assert.Single(answer.Json.GetProperty("response").EnumerateArray());
    }

    public static string State(JsonElement record) => Text(record, "state");

    public static string Text(JsonElement record, string member) => record.GetProperty(member).GetString()!;

    /// <summary>0 when the record does not have it.</summary>
    public static long Number(JsonElement record, string member) => record.TryGetProperty(member, out var value) ? value.GetInt64() : 0;

    /// <summary>A path of this family on the disk.</summary>
    public string OnDisk(string path) => Path.Combine(daemon.Setup.Root, "files/ome", path.TrimStart('/'));

    public XElement[] Info(JsonElement record)
    {
        var info = XDocument.Load(OnDisk(Text(record, "infoPath")));
        Assert.Equal("files", info.Root!.Name.LocalName);
        return [.. info.Root.Elements("file")];
    }

    public static async Task<double> DurationAsync(string path) => Parse(await Media.Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path));

    /// <summary>Presentation times of the video, seconds.</summary>
    public static async Task<double[]> StampsAsync(string path)
        => [.. (await Media.Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Parse(line.TrimEnd(','))).Order()];

    /// <summary>Those of its key frames.</summary>
    public static async Task<double[]> KeyFramesAsync(string path)
        => [.. (await Media.Tool.TextAsync("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(',')).Where(fields => fields[1].StartsWith('K')).Select(fields => Parse(fields[0])).Order()];

    public static async Task<string[]> CodecsAsync(string path)
        => [.. (await Media.Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd(',')).Distinct()];

    public void Dispose() => _http.Dispose();

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <param name="Json">Undefined when there is no body.</param>
internal sealed record OmeAnswer(HttpStatusCode Status, string Text, JsonElement Json, IReadOnlyDictionary<string, string> Headers)
{
    public string Message => Json.GetProperty("message").GetString()!;

    public OmeAnswer Is(HttpStatusCode status, string message)
    {
        Assert.True(Status == status && Message == message, $"{(int)Status}: {Text}, not {(int)status}: {message}");
        return this;
    }

    public OmeAnswer Contains(HttpStatusCode status, string part)
    {
        Assert.True(Status == status && Message.Contains(part, StringComparison.Ordinal), $"{(int)Status}: {Text}, not {(int)status} with {part}");
        return this;
    }
}
