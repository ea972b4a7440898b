using EdgeRecorder.Tests.Simulators;
using EdgeRecorder.Tests.SystemTests;
using EdgeRecorder.Tests.Web;

namespace EdgeRecorder.Tests.Conformance.Axxon;

/// <summary>
/// The fixture of the contract: channel 1 has footage of H.264 with a key frame each second, channel 2 has none, channels 3 and 5 are there and nobody records them, channel 4 is
/// recorded by a CDVR job alone, channel 6 is H.265, as is the sub stream of channel 3. No encoder.
/// </summary>
public class AxxonBox : IAsyncLifetime
{
    private readonly DaemonSetup _setup;
    private CameraProcess? _camera, _slow, _hevc;
    private DaemonProcess? _daemon;
    private AxxonClient? _client;

    public AxxonBox() : this("none")
    {
    }

    protected AxxonBox(string encoder) => _setup = new() { RingSize = "384MiB", Encoder = encoder };

    internal DaemonProcess Daemon => _daemon!;
    internal AxxonClient Client => _client!;

    /// <summary>T0, the first whole second of footage; more than 20 s follow.</summary>
    internal DateTimeOffset Start { get; private set; }

    internal string B => AxxonClient.Time(Start.AddSeconds(10));
    internal string E => AxxonClient.Time(Start.AddSeconds(20));

    internal static string Archive(string source, string begin, string end) => $"/export/archive/{source}/{begin}/{end}";
    internal string A01 => Archive(AxxonClient.Source(1), B, E);

    public async Task InitializeAsync()
    {
        _setup.Program = await PublishedProgram.PathAsync();
        _camera = await CameraProcess.StartAsync("720p-4m.h264", "--audio", "20s.aac");
        _slow = await CameraProcess.StartAsync("small.h264", "--audio", "10s.aac");
        _hevc = await CameraProcess.StartAsync("small.h265");
        _daemon = await DaemonProcess.StartAsync(_setup.WithAxxon().WithCdvr()
            .With("one", _camera.Url(), ("transport", "tcp"), ("name", "Gate/1: \"north\"")).With("two", "rtsp://127.0.0.1:1/none").With("three", _slow.Url(), ("record", false), ("subUrl", _hevc.Url("/sub"))).With("four", _slow.Url(), ("record", false)).With("five", _slow.Url(), ("record", false)).With("six", _hevc.Url()));
        _client = new AxxonClient(_daemon);
        using (var cdvr = new HttpClient())
            Assert.Contains("\"result\":0", await cdvr.GetStringAsync($"http://127.0.0.1:{_setup.CdvrPort}/Record/Start?Sim=four&Channel=1&Protocol=3"), StringComparison.Ordinal);
        var timeline = await _daemon.AwaitFootageAsync("one", TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(60));
        Start = new DateTimeOffset(timeline.Spans[0].From.Ticks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, TimeSpan.Zero).AddSeconds(1);
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        foreach (var process in new IAsyncDisposable?[] { _daemon, _camera, _slow, _hevc })
            if (process is not null)
                await process.DisposeAsync();
        _setup.Dispose();
    }
}

/// <summary>The same on a box that encodes.</summary>
public sealed class AxxonEncodingBox() : AxxonBox("software");
