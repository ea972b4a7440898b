using EdgeRecorder.Media;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Cameras;

/// <summary>The kernel's video devices; beside it so that all of this can be tried against devices that answer from a script.</summary>
internal sealed record VideoDevices(Func<string, VideoDevice> Open, Func<IReadOnlyList<string>> Nodes)
{
    public static readonly VideoDevices Kernel = new(VideoDevice.Open, () => VideoDevice.Nodes());
}

/// <summary>
/// From settings to a camera that streams: a camera that encodes itself is taken as it is; otherwise a V4L2 encoder, found by what it can, and x264 where there is none.
/// </summary>
internal sealed class CameraOpening(VideoDevices devices, CameraSettings wanted)
{
    /// <exception cref="SourceException">It cannot be; the message says why.</exception>
    /// <exception cref="ErrnoException">The device answers with an error.</exception>
    public CameraPipe Open()
    {
        var camera = OpenDevice();
        try
        {
            return Open(camera);
        }
        catch
        {
            camera.Dispose();
            throw;
        }
    }

    /// <exception cref="SourceException">There is no such device, it is somebody else's, or no camera.</exception>
    public VideoDevice OpenDevice()
    {
        VideoDevice camera;
        try
        {
            camera = devices.Open(wanted.Device);
        }
        catch (ErrnoException e) when (e.Errno is ENOENT or ENXIO or ENODEV)
        {
            throw new SourceException(GapReason.Offline, $"{wanted.Device} is not there", e);
        }
        catch (ErrnoException e) when (e.Errno is EACCES or EPERM)
        {
            throw new SourceException(GapReason.Offline, $"{wanted.Device} may not be opened: the recorder's user must be in the group video", e);
        }
        if (camera.IsCamera)
            return camera;
        var (card, driver) = (camera.Card, camera.Driver);
        camera.Dispose();
        throw new SourceException(GapReason.Offline, $"{wanted.Device} ({card}, {driver}) is no camera");
    }

    /// <summary>Raw formats of the camera that are known here, in the order in which they are worth it.</summary>
    public static IReadOnlyList<uint> RawOf(VideoDevice camera)
    {
        var delivers = camera.Delivers;
        return [.. RawPicture.Formats.Where(format => delivers.Any(one => one.FourCC == format))];
    }

    /// <summary>What the camera encodes itself, as far as it is wanted.</summary>
    public IEnumerable<Codec> EncodedBy(VideoDevice camera)
    {
        var delivers = camera.Delivers;
        return wanted.Codecs.Where(codec => delivers.Any(one => one.FourCC == CameraSettings.FourCC(codec)));
    }

    private CameraPipe Open(VideoDevice camera)
    {
        if (wanted.Input is { } input && !camera.TrySelectInput(input))
            throw new SourceException(GapReason.Offline, $"{wanted.Device} ({camera.Card}) has no input {input}");
        foreach (var codec in EncodedBy(camera))
            return CodedPipe.Open(camera, wanted, codec);
        var raw = RawOf(camera);
        if (raw.Count == 0)
            throw new SourceException(GapReason.Offline, $"{wanted.Device} ({camera.Card}) delivers {string.Join(", ", camera.Delivers.Select(format => format.ToString()).Distinct())}, of which this version records none");
        var why = "";
        foreach (var (path, fourCC) in VideoDevice.FindEncoders([.. wanted.Codecs.Select(CameraSettings.FourCC)], devices.Nodes(), devices.Open))
            if (TryHardware(camera, raw, path, fourCC, ref why) is { } pipe)
                return pipe;
        if (!wanted.Codecs.Contains(Codec.H264))
            throw new SourceException(GapReason.Offline, why.Length > 0 ? why : $"no V4L2 encoder of {CameraSettings.Name(wanted.Codecs[0])} in this box, and in software it would be too slow");
        return OpenSoftware(camera, raw, why.Length > 0 ? why : $"no V4L2 encoder of {string.Join(" or ", wanted.Codecs.Select(CameraSettings.Name))} in this box");
    }

    private HardwarePipe? TryHardware(VideoDevice camera, IReadOnlyList<uint> raw, string path, uint fourCC, ref string why)
    {
        VideoDevice? device = null;
        VideoCapture? capture = null;
        try
        {
            device = devices.Open(path);
            // What both know needs no conversion.
            var takes = device.Formats(Side.Output);
            capture = OpenCapture(camera, [.. raw.Where(format => takes.Any(one => one.FourCC == format)), .. raw.Where(format => takes.All(one => one.FourCC != format))]);
            return HardwarePipe.Open(camera, capture, device, wanted, CameraSettings.CodecOf(fourCC));
        }
        catch (Exception e) when (e is NotSupportedException or FFmpegException || e is ErrnoException errno && errno.Path == path)
        {
            why = e.Message;
            capture?.Dispose();
            device?.Dispose();
            return null;
        }
        catch
        {
            capture?.Dispose();
            device?.Dispose();
            throw;
        }
    }

    private SoftwarePipe OpenSoftware(VideoDevice camera, IReadOnlyList<uint> raw, string why)
    {
        if (FFmpegLibraries.WhyNot is { } missing)
            throw new SourceException(GapReason.Offline, $"{why}, and {missing}");
        FFmpegLibraries.LogErrorsOnly();
        var capture = OpenCapture(camera, raw);
        try
        {
            return SoftwarePipe.Open(camera, capture, wanted, why);
        }
        catch (FFmpegException e)
        {
            capture.Dispose();
            throw new SourceException(GapReason.Offline, $"{why}, and x264 does not take it: {e.Message}", e);
        }
    }

    /// <summary>The first format that the driver really sets.</summary>
    private VideoCapture OpenCapture(VideoDevice camera, IReadOnlyList<uint> formats)
    {
        foreach (var fourCC in formats)
        {
            var capture = new VideoCapture(camera, fourCC, wanted.Width, wanted.Height, wanted.Pace);
            if (capture.Format is { Planes.Count: 1 } set && set.FourCC == fourCC)
                return capture;
            capture.Dispose();
        }
        throw new NotSupportedException($"{camera.Path} ({camera.Card}) delivers none of {string.Join(", ", formats.Select(PixelFormat.Name))} in one piece");
    }
}
