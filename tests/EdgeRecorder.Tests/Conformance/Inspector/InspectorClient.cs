using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Inspector;

/// <summary>A program that speaks the Inspector API to a daemon, as its clients do: P is the control port, Q the recording service's.</summary>
internal sealed class InspectorClient(DaemonSetup setup) : IDisposable
{
    /// <summary>The published sample of `recordersettings/apply`, its typing errors included.</summary>
    public const string Sample = """
        {"Bitrate":1,"Directory":null,"DirectoryTemplate":"${channelname}\\${yyyy]\\${MM}\\${dd}","Encoder":"n265",
         "Filename":"${hh}${mm}$ss}_${fff}","FrameRate":0,"IsSmartEncoding":true,"ReevaluateTagsOnSplit":false,
         "Resolution":"0, 0","RestartOnFailure":false,"SplitTimeMinutes":10}
        """;

    public HttpClient P { get; } = Client(setup.InspectorPort);
    public HttpClient Q { get; } = Client(setup.InspectorRecordingPort);

    /// <summary>Where the family's files lie.</summary>
    public string Root { get; } = Path.Combine(setup.Root, "files", "inspector");

    /// <summary>A command that is followed: 200, no data, no type.</summary>
    public async Task DoAsync(string command)
    {
        using var answer = await P.GetAsync($"/api/inspector/{command}");
        await NothingAsync(answer, command);
    }

    public async Task PostAsync(string path, string body)
    {
        using var answer = await P.PostAsync(path, Requests.Json(body));
        await NothingAsync(answer, path);
    }

    public Task DirectoryAsync(string name) => PostAsync("/api/inspector/recordingdirectory", $$"""{"Directory":"{{name}}"}""");

    public Task InspectionAsync(string name) => PostAsync("/api/inspector/inspectiondirectory", $$"""{"Directory":"{{name}}"}""");

    /// <summary>A refusal in the family's shape: 500 and the reason.</summary>
    public async Task<string> RefusedAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Requests.Json(body) };
        using var answer = await P.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.InternalServerError, $"{path} {body}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("Error").GetString()!;
    }

    public async Task<string> TextAsync(string question)
    {
        using var answer = await P.GetAsync($"/api/inspector/{question}");
        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        return await answer.Content.ReadAsStringAsync();
    }

    public async Task<bool> AskAsync(string question) => bool.Parse(await TextAsync(question));

    public async Task<JsonElement> TemplatesAsync() => await P.GetAsync("/api/inspector/pathtemplate").BodyAsync();

    public static async Task<(HttpStatusCode Status, string? Allow, string Body)> SendAsync(HttpClient port, HttpMethod method, string path)
    {
        using var answer = await port.SendAsync(new HttpRequestMessage(method, path));
        return (answer.StatusCode, answer.Content.Headers.Allow.Count == 0 ? null : string.Join(", ", answer.Content.Headers.Allow), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Files below a folder of the family that are whole, with their folders.</summary>
    public List<string> Files(string folder, string extension = ".mp4")
    {
        var path = Path.Combine(Root, folder);
        return !Directory.Exists(path) ? [] : [.. Directory.EnumerateFiles(path, $"*{extension}", SearchOption.AllDirectories)
            .Where(file => !Path.GetFileName(file).StartsWith("tmp_", StringComparison.Ordinal)).Select(file => Path.GetRelativePath(path, file)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Files that are being written below a folder.</summary>
    public int Open(string folder)
        => Directory.Exists(Path.Combine(Root, folder)) ? Directory.EnumerateFiles(Path.Combine(Root, folder), "tmp_*", SearchOption.AllDirectories).Count() : 0;

    public static async Task<double> SecondsAsync(string path)
        => double.Parse(await Media.Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        P.Dispose();
        Q.Dispose();
    }

    private static async Task NothingAsync(HttpResponseMessage answer, string what)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{what}: {(int)answer.StatusCode} {text}");
        Assert.Equal(("", 0L, null), (text, answer.Content.Headers.ContentLength, answer.Content.Headers.ContentType));
        Assert.True(answer.Headers.CacheControl!.NoStore, "a cache may answer");
    }

    private static HttpClient Client(int port)
        => new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) };
}
