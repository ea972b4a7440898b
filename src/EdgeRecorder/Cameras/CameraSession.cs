using EdgeRecorder.Configuration;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Cameras;

/// <summary>
/// A camera of the box itself, from the opening of its device to its end. It has a thread of its own, which waits for camera and encoder together: encoding in software takes a processor,
/// and none of the pool's threads may wait for a device.
/// </summary>
/// <param name="wish">What the box was told of all local cameras; when it changes, the camera begins anew with a sync sample.</param>
internal sealed partial class CameraSession(CameraAddress address, VideoDevices devices, Func<EncodingWish> wish, BoxClock clock, TimeProvider time, ILogger logger) : ISourceSession
{
    /// <summary>So long at most until a wish to stop is seen; a camera that delivers wakes the thread more often by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>Sensors that start, and emulated ones, take seconds for their first picture.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(10);

    private volatile string _remark = "";

    /// <summary>Pictures always go out as they come.</summary>
    public bool LowLatency { get; set; }

    /// <inheritdoc/>
    public string Remark => _remark;

    /// <inheritdoc/>
    public Task RunAsync(ISourceSink sink, CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Run(sink, stop);
                ended.SetCanceled(stop);
            }
            catch (Exception e)                             // the end of the session, whatever it was: whoever waits for it learns why
            {
                ended.SetException(e);
            }
        }) { Name = address.Device, IsBackground = true }.Start();
        return ended.Task;
    }

    private void Run(ISourceSink sink, CancellationToken stop)
    {
        using var units = new CameraUnits(sink, clock);
        var copies = false;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var wanted = wish();
                using var pipe = new CameraOpening(devices, CameraSettings.Of(address, wanted) with { Copies = copies }).Open();
                _remark = pipe.Remark;
                LogOpened(logger, address.Device, pipe.Width, pipe.Height, pipe.FramesPerSecond, pipe.Description);
                units.Begin(pipe.Codec, pipe.FramesPerSecond);
                pipe.Start();
                Deliver(pipe, units, sink, () => stop.IsCancellationRequested || wish() != wanted);
                copies |= pipe.RefusesSharing;
            }
        }
        catch (ErrnoException e)
        {
            throw Explained(e);
        }
        catch (NotSupportedException e)
        {
            throw new SourceException(GapReason.Offline, e.Message, e);
        }
    }

    private void Deliver(CameraPipe pipe, CameraUnits units, ISourceSink sink, Func<bool> ends)
    {
        CodedBytes coded = units.Add;
        // A raw picture that never was encoded leaves no hole that a decoder could see.
        pipe.Missed = pipe is CodedPipe ? count => units.Lose(count, "the camera's driver dropped it") : count => sink.Lost(count, "not encoded");
        var (pictures, since) = (units.Pictures, time.GetTimestamp());
        while (!pipe.RefusesSharing && !ends())
        {
            pipe.Turn(Patience, coded);
            if (units.Pictures > pictures)
                (pictures, since) = (units.Pictures, time.GetTimestamp());
            else if (time.GetElapsedTime(since) > Stall)
                throw new SourceException(GapReason.Stalled, $"no picture for {Stall.TotalSeconds:0} s");
        }
    }

    private static SourceException Explained(ErrnoException e) => e.Errno switch
    {
        ENODEV or ENXIO => new(GapReason.Offline, $"{e.Path} was unplugged or its driver unloaded", e),
        EBUSY => new(GapReason.Offline, $"{e.Path} is in use by another program", e),
        _ => new(GapReason.Offline, e.Message, e),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "{Camera}: {Width}x{Height}, {FramesPerSecond} pictures per second, {Encoding}")]
    private static partial void LogOpened(ILogger logger, string camera, int width, int height, double framesPerSecond, string encoding);
}
