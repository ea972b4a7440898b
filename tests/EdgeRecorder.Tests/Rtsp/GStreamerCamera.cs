using System.Diagnostics;
using EdgeRecorder.Tests.Simulators;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>GStreamer's RTSP server in a process of its own; it ends with its standard input.</summary>
internal sealed class GStreamerCamera : IAsyncDisposable
{
    private readonly Process _process;

    private GStreamerCamera(Process process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    /// <param name="codec">h264 or h265.</param>
    /// <param name="audio">none, aac, alaw or ulaw.</param>
    public static async Task<GStreamerCamera> StartAsync(string codec, string audio)
    {
        var script = Path.Combine(Clips.Root, "tests", "EdgeRecorder.Tests", "Rtsp", "gstreamer_camera.py");
        var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, codec, audio]) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("python3 does not start");
        var url = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return new(process, url ?? throw new InvalidOperationException("GStreamer's server ended at once"));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }
}
