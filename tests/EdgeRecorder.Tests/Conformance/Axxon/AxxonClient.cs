using System.Globalization;
using System.Net;
using System.Text.Json;
using EdgeRecorder.Tests.Api;
using EdgeRecorder.Tests.SystemTests;

namespace EdgeRecorder.Tests.Conformance.Axxon;

/// <summary>A program that speaks AxxonSoft's export API to a daemon, as its clients do.</summary>
internal sealed class AxxonClient : IDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(150);

    private readonly DaemonProcess _daemon;

    public AxxonClient(DaemonProcess daemon)
    {
        _daemon = daemon;
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{daemon.Setup.AxxonPort}"), Timeout = TimeSpan.FromMinutes(2) };
    }

    public HttpClient Http { get; }

    public static string Source(int channel) => $"Server1/DeviceIpint.{channel}/SourceEndpoint.video:0:0";

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);

    public Task<HttpResponseMessage> PostAsync(string path, string body) => Http.PostAsync(path, Requests.Json(body));

    /// <summary>The id of an export that is accepted.</summary>
    public async Task<string> OrderAsync(string path, string body)
    {
        using var answer = await PostAsync(path, body);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, $"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        return answer.Headers.Location!.OriginalString.Split('/')[^1];
    }

    public async Task RefusedAsync(string path, string body, string member)
    {
        using var answer = await PostAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{(int)answer.StatusCode}: {text}");
        Assert.Contains(member, JsonDocument.Parse(text).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    public Task<JsonElement> StatusAsync(string id) => Http.GetAsync($"/export/{id}/status").BodyAsync();

    /// <summary>Polls until a terminal state, as clients do; progress must never fall.</summary>
    public async Task<JsonElement> EndAsync(string id)
    {
        var progress = -1.0;
        return await _daemon.WaitAsync(async () =>
        {
            var status = await StatusAsync(id);
            var now = status.GetProperty("progress").GetDouble();
            Assert.InRange(now, progress, 1);
            progress = now;
            return status;
        }, status => status.GetProperty("state").GetInt32() >= 2, $"the end of export {id}", Deadline);
    }

    public async Task<JsonElement> DoneAsync(string id)
    {
        var status = await EndAsync(id);
        Assert.True(status.GetProperty("state").GetInt32() == 2, status.ToString());
        Assert.Equal(1, status.GetProperty("progress").GetDouble());
        Assert.Equal("", status.GetProperty("error").GetString());
        Assert.Equal(id, status.GetProperty("id").GetString());
        return status;
    }

    public static List<string> Files(JsonElement status) => [.. status.GetProperty("files").EnumerateArray().Select(name => name.GetString()!)];

    public Task<HttpResponseMessage> FileAsync(string id, string? name) => Http.GetAsync($"/export/{id}/file{(name is null ? "" : $"?name={Uri.EscapeDataString(name)}")}");

    public async Task<string> SaveAsync(string id, string name, TemporaryDirectory directory)
    {
        var path = directory.File($"{Guid.NewGuid()}{Path.GetExtension(name)}");
        using var answer = await FileAsync(id, name);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await File.WriteAllBytesAsync(path, await answer.Content.ReadAsByteArrayAsync());
        return path;
    }

    public async Task<HttpStatusCode> CodeAsync(HttpMethod method, string path)
    {
        using var answer = await Http.SendAsync(new HttpRequestMessage(method, path));
        return answer.StatusCode;
    }

    public static async Task<double> DurationAsync(string path)
        => double.Parse(await Media.Tool.TextAsync("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path), CultureInfo.InvariantCulture);

    public void Dispose() => Http.Dispose();
}
