using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;

namespace EdgeRecorder.Tests.Conformance.Inspector;

/// <summary>
/// The fixture of the contract: channels cam1 and cam2 live with a key frame each second, cam3 without a signal, fresh settings. Beside it two more daemons on the same cameras record for
/// minutes from the beginning, so that cases about split times wait once and together.
/// </summary>
public sealed class InspectorBox : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DaemonSetup _setup = new() { RingSize = "128MiB" }, _split = new() { RingSize = "128MiB" }, _tags = new() { RingSize = "128MiB" };
    private readonly List<IAsyncDisposable> _processes = [];
    private readonly CancellationTokenSource _ending = new();
    private CameraProcess? _one, _two;
    private DaemonProcess? _daemon;
    private InspectorClient? _client;
    private Task<string>? _unchanged, _evaluated;

    internal DaemonProcess Daemon => _daemon!;
    internal InspectorClient Client => _client!;
    internal static string? Program { get; private set; }

    /// <summary>Folder of 130 s with a split time of one minute, tags evaluated once.</summary>
    internal Task<string> Split => _unchanged!;

    /// <summary>Folder of a recording with a split time of one minute, tags evaluated at each split; its channel is called `a/b`.</summary>
    internal Task<string> Evaluated => _evaluated!;

    public async Task InitializeAsync()
    {
        Program = await PublishedProgram.PathAsync();
        _processes.Add(_one = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac"));
        _processes.Add(_two = await CameraProcess.StartAsync("small.h264"));
        _setup.Program = _split.Program = _tags.Program = Program;
        _daemon = await DaemonProcess.StartAsync(Fixture(_setup.WithInspector().WithCdvr()));
        _client = new InspectorClient(_setup);
        _processes.Add(_daemon);
        var split = await DaemonProcess.StartAsync(Fixture(_split.WithInspector()));
        var tags = await DaemonProcess.StartAsync(_tags.WithInspector().With("one", _one.Url(), ("name", "a/b"), ("transport", "tcp")));
        _processes.AddRange([split, tags]);
        await LiveAsync(_daemon, "cam1", "cam2");
        _unchanged = SplitAsync(split);
        _evaluated = EvaluatedAsync(tags);
    }

    /// <summary>Waits until the channels deliver.</summary>
    internal static async Task LiveAsync(DaemonProcess daemon, params string[] keys)
    {
        foreach (var key in keys)
            await daemon.AwaitFootageAsync(key, TimeSpan.FromSeconds(1), Patience);
    }

    /// <summary>The daemon ends as by its service manager, and is there again.</summary>
    internal async Task RestartAsync()
    {
        await _daemon!.StopAsync();
        _processes.Remove(_daemon);
        await _daemon.DisposeAsync();
        _daemon = await DaemonProcess.StartAsync(_setup);
        _processes.Add(_daemon);
    }

    /// <summary>Until a condition holds.</summary>
    internal Task UntilAsync(Func<Task<bool>> condition, string what) => _daemon!.WaitAsync(condition, static holds => holds, what, Patience);

    internal Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    public async Task DisposeAsync()
    {
        await _ending.CancelAsync();
        _client?.Dispose();
        _processes.Reverse();
        foreach (var process in _processes)
            await process.DisposeAsync();
        foreach (var setup in new[] { _setup, _split, _tags })
            setup.Dispose();
        _ending.Dispose();
    }

    private DaemonSetup Fixture(DaemonSetup setup) => setup
        .With("cam1", _one!.Url(), ("transport", "tcp")).With("cam2", _two!.Url(), ("transport", "tcp")).With("cam3", "rtsp://127.0.0.1:1/none");

    private async Task<string> SplitAsync(DaemonProcess daemon)
    {
        using var client = new InspectorClient(daemon.Setup);
        await client.DoAsync("splittime/1");
        await client.DoAsync("reevaluatetags/false");
        await client.DoAsync("startrecording");
        await daemon.WaitAsync(() => client.AskAsync("isrecording"), recording => recording, "recording", Patience);
        await Task.Delay(TimeSpan.FromSeconds(130), _ending.Token);      // the length of the recording is the case
        await client.DoAsync("stoprecording");
        return client.Root;
    }

    private async Task<string> EvaluatedAsync(DaemonProcess daemon)
    {
        using var client = new InspectorClient(daemon.Setup);
        await client.DoAsync("splittime/1");
        await client.DoAsync("reevaluatetags/true");
        await client.PostAsync("/api/inspector/pathtemplate", """{"DirectoryTemplate":"${channelname}","FilenameTemplate":"${yyyy}${MM}${dd}${hh}${mm}${ss}${fff}@${channelname}"}""");
        await client.DoAsync("startrecording");
        await daemon.WaitAsync(() => client.AskAsync("isrecording"), recording => recording, "recording", Patience);
        await Task.Delay(TimeSpan.FromSeconds(70), _ending.Token);
        await client.DoAsync("stoprecording");
        return client.Root;
    }
}
