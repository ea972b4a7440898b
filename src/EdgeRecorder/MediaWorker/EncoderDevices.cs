using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.MediaWorker;

/// <summary>
/// The kernel's encoders that a worker was started with, opened before it enters its sandbox: inside nothing of a device can be asked but what an encoder is asked
/// (<see cref="Platform.V4l2.VideoEncoder.Calls"/>), and that only where there is one.
/// </summary>
internal sealed class EncoderDevices : IDisposable
{
    public static readonly EncoderDevices None = new([], VideoDevice.Open);

    private readonly List<VideoDevice> _opened = [];

    /// <param name="open">As <see cref="VideoDevice.Open"/>; another one for tests.</param>
    public EncoderDevices(IReadOnlyList<string> paths, Func<string, VideoDevice> open)
    {
        foreach (var path in paths)
            try
            {
                _opened.Add(open(path));
            }
            catch (ErrnoException e)
            {
                WhyNot = e.Message;                         // gone, or all of its instances are in use: the next one, or x264
            }
    }

    /// <summary>For one picture, on a device that may have other users; a slow one takes a tenth of a second. Then it has failed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    public IReadOnlyList<VideoDevice> Opened => _opened;

    /// <summary>Why the last one that is missing could not be opened; empty: none is missing.</summary>
    public string WhyNot { get; } = "";

    public void Dispose()
    {
        foreach (var device in _opened)
            device.Dispose();
    }
}
