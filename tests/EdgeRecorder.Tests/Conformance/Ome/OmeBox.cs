using System.Text.Json;
using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;

namespace EdgeRecorder.Tests.Conformance.Ome;

/// <summary>The fixture of the contract: the published program, token `ome-access-token`, stream `cam1` live with a key frame each second and AAC. What takes long begins at once and is looked at by the cases it belongs to.</summary>
public sealed class OmeBox : IAsyncLifetime
{
    public const string Scheduled = "o16", Split = "o17", RunningOn = "o18";

    private readonly DaemonSetup _setup = new() { RingSize = "128MiB" };
    private CameraProcess? _camera;
    private DaemonProcess? _daemon;
    private OmeClient? _client;
    private Task<IReadOnlyDictionary<string, JsonElement>>? _long;

    internal CameraProcess Camera => _camera!;
    internal DaemonProcess Daemon => _daemon!;
    internal OmeClient Client => _client!;

    /// <summary>Records of the three jobs of many files, stopped behind their third cut at least.</summary>
    internal Task<IReadOnlyDictionary<string, JsonElement>> Long => _long!;

    public async Task InitializeAsync()
    {
        _setup.Program = await PublishedProgram.PathAsync();
        _camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.aac");
        _daemon = await DaemonProcess.StartAsync(_setup.WithOme().WithCdvr().With("cam1", _camera.Url(), ("transport", "tcp")));
        _client = new OmeClient(_daemon);
        await _daemon.AwaitFootageAsync("cam1", TimeSpan.FromSeconds(1));
        _long = RunLongAsync();
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        foreach (var process in new IAsyncDisposable?[] { _daemon, _camera })
            if (process is not null)
                await process.DisposeAsync();
        _setup.Dispose();
    }

    private async Task<IReadOnlyDictionary<string, JsonElement>> RunLongAsync()
    {
        await Client.StartAsync(Scheduled, more: "\"schedule\":\"*/5 * *\",\"filePath\":\"/by/clock_${Sequence}.ts\"");
        await Client.StartAsync(Split, more: "\"interval\":5000,\"filePath\":\"seg_${Sequence}.ts\"");
        await Client.StartAsync(RunningOn, more: "\"interval\":5000,\"filePath\":\"run_${Sequence}.ts\",\"segmentationRule\":\"continuity\"");
        var records = new Dictionary<string, JsonElement>();
        foreach (var id in (string[])[Scheduled, Split, RunningOn])
            await Client.AwaitAsync(id, record => OmeClient.Number(record, "sequence") >= 3 && OmeClient.Number(record, "recordTime") >= 1000, "the third cut");
        foreach (var id in (string[])[Scheduled, Split, RunningOn])
            await Client.StopAsync(id);
        foreach (var id in (string[])[Scheduled, Split, RunningOn])
            records[id] = await Client.AwaitAsync(id, "stopped");
        return records;
    }
}
