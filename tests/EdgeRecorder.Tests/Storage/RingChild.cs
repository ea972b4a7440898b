using System.Globalization;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Storage.PowerCut;

namespace EdgeRecorder.Tests.Storage;

/// <summary>
/// The test assembly started as a program of its own: <c>EdgeRecorder.Tests record FOLDER SEGMENTS</c> records real fragments until it is killed and says after each,
/// on standard output, the media time of what has been written.
/// </summary>
internal static class RingChild
{
    public static readonly StreamKey Stream = new(1, 0);

    public static int Main(string[] args)
    {
        if (args is ["sandboxed", var port, var files])
            return MediaWorker.SandboxChild.Run(int.Parse(port, CultureInfo.InvariantCulture), files);
        if (args is ["sandboxed-ioctls", var isEncoder])
            return MediaWorker.SandboxChild.TryIoctls(isEncoder == "encoder");
        if (args is not ["record", var folder, var segments])
            return 2;
        var clip = Clip.MakeAsync(Codec.H264, null, seconds: 1, gop: 5, width: 320).GetAwaiter().GetResult();
        var clock = new TestClock();
        using var ring = Ring.Open(OptionsOf(folder, int.Parse(segments, CultureInfo.InvariantCulture)), clock, new RingBench.RecordingObserver(), []);
        using var writer = ring.OpenStream(Stream, RingBench.Identity(1), 0);
        clock.Advance(writer.MediaEnd90k * 100 / 9);         // the same boot, and later than all there is
        using var camera = new Camera(clip, clock.Boottime, writer.MediaEnd90k, 100_000);
        for (var written = 1; ; written++)
        {
            var fragment = camera.Next();
            var count = written;
            if (!writer.Offer(fragment) || !SpinWait.SpinUntil(() => ring.Status().FragmentsWritten >= count, TimeSpan.FromSeconds(20)))
                return 1;
            Console.WriteLine(fragment.MediaStart90k.ToString(CultureInfo.InvariantCulture));
        }
    }

    public static RingOptions OptionsOf(string folder, int segments) => new()
    {
        Folder = Directory.CreateDirectory(Path.Combine(folder, "ring")).FullName, IndexPath = Path.Combine(folder, "index.db"),
        SizeBytes = segments << 20, SegmentBytes = 1 << 20, SyncPeriod = TimeSpan.FromMilliseconds(20), LeaseGrace = TimeSpan.Zero,
    };

    public static System.Diagnostics.Process Start(string folder, int segments)
        => System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dotnet", [typeof(RingChild).Assembly.Location, "record", folder, segments.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        })!;
}
