using System.Net.Http.Headers;
using System.Text;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;

namespace EdgeRecorder.Tests.Conformance.Families;

/// <summary>The published program with the doors of all four families open, and four cameras that deliver.</summary>
public sealed class FamiliesBox : IAsyncLifetime
{
    public const string Token = "ome-access-token";
    public static readonly string[] Keys = ["gate", "yard", "hall", "dock"];

    private readonly TemporaryDirectory _directory = new();
    private readonly DaemonSetup _setup;
    private CameraProcess? _camera;
    private DaemonProcess? _daemon;

    public FamiliesBox() => _setup = new(_directory.File("box/data")) { RingSize = "128MiB" };

    internal DaemonSetup Setup => _setup;
    internal DaemonProcess Daemon => _daemon!;

    /// <summary>Above the recorder's root: what nothing may write into.</summary>
    internal string Around => Path.GetDirectoryName(_setup.Root)!;

    internal static AuthenticationHeaderValue OmeToken { get; } = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Token)));

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Around);
        _setup.Program = await PublishedProgram.PathAsync();
        _camera = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac");
        _setup.WithCdvr().WithAxxon().WithOme().WithInspector();
        foreach (var key in Keys)
            _setup.With(key, _camera.Url(), ("transport", "tcp"));
        _daemon = await DaemonProcess.StartAsync(_setup);
        foreach (var key in Keys)
            await _daemon.AwaitFootageAsync(key, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(60));
    }

    /// <summary>Everything around the folders of the families, but what the recorder itself is busy with.</summary>
    internal List<string> Tree() => [.. Directory.EnumerateFileSystemEntries(Around, "*", SearchOption.AllDirectories)
        .Where(path => !Busy.Any(folder => path.StartsWith(Path.Combine(_setup.Root, folder), StringComparison.Ordinal))).Order(StringComparer.Ordinal)];

    private static readonly string[] Busy = ["ring", "files/", "exports/", "logs", "ledger.db", "index.db"];

    /// <summary>States of an owner's recordings, or of all owners', that are not stopped.</summary>
    internal async Task<List<string>> RecordingsAsync(string? owner)
    {
        List<string> states = [];
        for (var after = "";;)
        {
            var page = (await Daemon.GetAsync($"/api/v1/recordings?limit=1000&after={after}")).EnumerateArray().ToList();
            states.AddRange(page.Where(row => owner is null || row.GetProperty("owner").GetString() == owner).Select(row => row.GetProperty("state").GetString()!).Where(state => state != "stopped"));
            if (page.Count < 1000)
                return states;
            after = page[^1].GetProperty("id").GetString()!;
        }
    }

    /// <summary>A client of a family as a program on the box is one.</summary>
    internal static HttpClient Client(int port, AuthenticationHeaderValue? authorization = null)
        => new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(1), DefaultRequestHeaders = { Authorization = authorization } };

    public async Task DisposeAsync()
    {
        if (_daemon is not null)
            await _daemon.DisposeAsync();
        if (_camera is not null)
            await _camera.DisposeAsync();
        _setup.Dispose();
        _directory.Dispose();
    }
}
