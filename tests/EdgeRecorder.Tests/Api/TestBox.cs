using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EdgeRecorder.Cascade;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Health;
using EdgeRecorder.Hosting;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeRecorder.Tests.Api;

/// <summary>The whole application on a free loopback port, with a fake engine and a ledger in a temporary directory.</summary>
internal sealed class TestBox : IAsyncDisposable
{
    private readonly DataRoot _root;
    private readonly LedgerDatabase _ledger;
    private readonly WebApplication _app;

    private TestBox(DataRoot root, LedgerDatabase ledger, WebApplication app, FakeEngine engine, int port)
    {
        (_root, _ledger, _app, Engine, Port) = (root, ledger, app, engine, port);
        Address = new Uri($"http://127.0.0.1:{port}");
        Password = File.Exists(PasswordFile) ? File.ReadAllText(PasswordFile) : "";
        Admin = Client("admin", Password);
        Anonymous = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Address };
    }

    public FakeEngine Engine { get; }
    public int Port { get; }
    public int AxxonPort { get; private init; }
    public Uri Address { get; }
    public string Password { get; }
    public string PasswordFile => Path.Combine(_root.Path, "initial-admin-password");
    public HttpClient Admin { get; }
    public HttpClient Anonymous { get; }
    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<TestBox> StartAsync(string directory, string channels = "[]", int tlsPort = 0)
    {
        var (port, axxonPort, cdvrPort) = (FreePorts.Take(), FreePorts.Take(), FreePorts.Take());
        var options = ConfigurationLoader.Parse(Encoding.UTF8.GetBytes($$"""
            { "storage": { "root": "{{directory}}" },
              "api": { "box": { "port": {{port}}, "tlsPort": {{tlsPort}}, "tlsBind": "127.0.0.1" }, "axxon": { "bind": "127.0.0.1", "port": {{axxonPort}} }, "inspector": { "enabled": false }, "cdvr": { "bind": "127.0.0.1", "port": {{cdvrPort}} } }, "panel": { "chip": "none" },
              "channels": {{channels}} }
            """), "recorder.json", [], []);
        var root = DataRoot.Open(directory);
        var ledger = LedgerDatabase.Open(root.Ledger);
        var engine = new FakeEngine();
        var app = RecorderHost.Build(options, root, ledger, null, services => services
            .AddSingleton<IRing>(engine).AddSingleton<IRecorder>(engine).AddSingleton<ILocks>(engine).AddSingleton<IFootageSource>(engine).AddSingleton<IPlaybackSource>(engine)
            .AddSingleton<IStorageStatus>(engine).AddSingleton<IProbe>(engine).AddSingleton<BoxClock, FakeClock>()
            .AddSingleton(_ => DeviceKey.Open(root.Keys)).AddSingleton(new SysTree(Path.Combine(directory, "sys"), Path.Combine(directory, "sys", "reports")))
            .AddSingleton<IDeviceProtocol>(engine.Devices).AddSingleton<IPlatformStates>(engine));
        await app.StartAsync();
        return new(root, ledger, app, engine, port) { AxxonPort = axxonPort };
    }

    public HttpClient Client(string user, string password)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return client;
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        Anonymous.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _ledger.Dispose();
        _root.Dispose();
    }
}

/// <summary>Requests in one line.</summary>
internal static class Requests
{
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>The body; fails when the status is another.</summary>
    public static async Task<JsonElement> BodyAsync(this Task<HttpResponseMessage> response, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await response;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>The detail of a problem document of that status.</summary>
    public static async Task<string> ProblemAsync(this Task<HttpResponseMessage> response, int status)
    {
        using var answer = await response;
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(text).RootElement.GetProperty("detail").GetString()!;
    }
}
