using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using EdgeRecorder.Platform.Linux;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>One of a device's formats.</summary>
public readonly record struct PixelFormat(uint FourCC, string Description, bool IsCompressed)
{
    public override string ToString() => Name(FourCC);

    public static string Name(uint fourCC) => Encoding.ASCII.GetString([(byte)fourCC, (byte)(fourCC >> 8), (byte)(fourCC >> 16), (byte)(fourCC >> 24)]).TrimEnd();
}

/// <summary>A size, or a range of sizes with a step.</summary>
public readonly record struct FrameSizes(uint LeastWidth, uint MostWidth, uint StepWidth, uint LeastHeight, uint MostHeight, uint StepHeight);

/// <summary>What a control takes.</summary>
public readonly record struct ControlRange(string Name, long Least, long Most, long Step, long Default, bool IsReadOnly);

/// <summary>A format as the driver has set it, which is often not what was asked for: sizes are rounded up, lines are longer than the picture.</summary>
/// <param name="Height">Lines there is room for; the picture may have fewer.</param>
/// <param name="Planes">Memory areas of a buffer: one, but for formats with planes of their own.</param>
public sealed record VideoFormat(uint FourCC, uint Width, uint Height, IReadOnlyList<(uint SizeImage, uint BytesPerLine)> Planes);

/// <summary>What a capture side or an encoder's raw side is called by the kernel: both come with one memory area per picture or with several.</summary>
internal enum Side { Capture, Output }

/// <summary>A Video4Linux device: who it is, what it can, how it is set.</summary>
/// <exception cref="ErrnoException">Every call that fails: `VIDIOC_S_FMT /dev/video0: Invalid argument (errno 22)`.</exception>
public sealed class VideoDevice : IDisposable
{
    private readonly IVideoNode _node;

    internal VideoDevice(IVideoNode node)
    {
        _node = node;
        var capability = default(v4l2_capability);
        try
        {
            Call(VIDIOC_QUERYCAP, nameof(VIDIOC_QUERYCAP), ref capability);
        }
        catch (ErrnoException)
        {
            node.Dispose();
            throw;
        }
        unsafe
        {
            (Driver, Card, Bus) = (Text(capability.driver, 16), Text(capability.card, 32), Text(capability.bus_info, 32));
        }
        Capabilities = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? capability.device_caps : capability.capabilities;
    }

    public string Path => _node.Path;
    public string Driver { get; }
    public string Card { get; }
    public string Bus { get; }

    /// <summary>Of this node, where the driver tells it apart from the whole device.</summary>
    public uint Capabilities { get; }

    public bool IsMultiPlanar => (Capabilities & (V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) != 0;

    /// <summary>It takes pictures from the world.</summary>
    public bool IsCamera => (Capabilities & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)) != 0 && (Capabilities & V4L2_CAP_STREAMING) != 0;

    /// <summary>It turns pictures into others: encoders, decoders, scalers.</summary>
    public bool IsMemoryToMemory => (Capabilities & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE)) != 0 && (Capabilities & V4L2_CAP_STREAMING) != 0;

    internal IVideoNode Node => _node;

    public static VideoDevice Open(string path) => new(new VideoNode(path));

    /// <summary>Paths of all video devices, by number. What a number means depends on the order in which drivers came: look at what a device can.</summary>
    public static IReadOnlyList<string> Nodes(string folder = "/dev")
        => [.. Directory.EnumerateFileSystemEntries(folder, "video*").Select(path => (path, Number: int.TryParse(System.IO.Path.GetFileName(path)[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1))
            .Where(node => node.Number >= 0).OrderBy(node => node.Number).Select(node => node.path)];

    /// <summary>The first device that encodes to one of these, in the order of the list; null without one.</summary>
    public static (string Path, uint FourCC)? FindEncoder(IReadOnlyList<uint> coded, IEnumerable<string> nodes) => FindEncoders(coded, nodes, Open) is [var first, ..] ? first : null;

    /// <summary>All devices that encode to one of these, in the order of the list. Those that cannot be opened are passed over.</summary>
    public static IReadOnlyList<(string Path, uint FourCC)> FindEncoders(IReadOnlyList<uint> coded, IEnumerable<string> nodes, Func<string, VideoDevice> open)
        => Find(coded, nodes, open, device => device.EncodesTo);

    /// <summary>The first device that decodes one of these.</summary>
    public static (string Path, uint FourCC)? FindDecoder(IReadOnlyList<uint> coded, IEnumerable<string> nodes) => Find(coded, nodes, Open, device => device.Decodes) is [var first, ..] ? first : null;

    private static List<(string Path, uint FourCC)> Find(IReadOnlyList<uint> coded, IEnumerable<string> nodes, Func<string, VideoDevice> open, Func<VideoDevice, IReadOnlyList<PixelFormat>> side)
    {
        List<(string Path, IReadOnlyList<PixelFormat> Formats)> devices = [];
        foreach (var path in nodes)
        {
            try
            {
                using var device = open(path);
                if (side(device) is { Count: > 0 } formats)
                    devices.Add((path, formats));
            }
            catch (ErrnoException)
            {
                // Somebody else's device, or one that has just gone.
            }
        }
        return [.. coded.SelectMany(wanted => devices.Where(device => device.Formats.Any(format => format.FourCC == wanted)).Select(device => (device.Path, wanted)))];
    }

    /// <summary>What an encoder makes: the compressed formats of a memory-to-memory device's capture side, where its other side takes raw ones.</summary>
    public IReadOnlyList<PixelFormat> EncodesTo
        => IsMemoryToMemory && Formats(Side.Output).Any(format => !format.IsCompressed) ? [.. Formats(Side.Capture).Where(format => format.IsCompressed)] : [];

    /// <summary>What a decoder takes: the compressed formats of a memory-to-memory device's output side, where its other side gives raw ones.</summary>
    public IReadOnlyList<PixelFormat> Decodes
        => IsMemoryToMemory && Formats(Side.Capture).Any(format => !format.IsCompressed) ? [.. Formats(Side.Output).Where(format => format.IsCompressed)] : [];

    /// <summary>What a camera delivers.</summary>
    public IReadOnlyList<PixelFormat> Delivers => Formats(Side.Capture);

    internal IReadOnlyList<PixelFormat> Formats(Side side)
    {
        List<PixelFormat> formats = [];
        for (var description = new v4l2_fmtdesc { type = Type(side) }; Listed(VIDIOC_ENUM_FMT, nameof(VIDIOC_ENUM_FMT), ref description); description.index++)
            unsafe
            {
                formats.Add(new(description.pixelformat, Text(description.description, 32), (description.flags & V4L2_FMT_FLAG_COMPRESSED) != 0));
            }
        return formats;
    }

    public IReadOnlyList<FrameSizes> Sizes(uint fourCC)
    {
        List<FrameSizes> sizes = [];
        for (var size = new v4l2_frmsizeenum { pixel_format = fourCC }; Listed(VIDIOC_ENUM_FRAMESIZES, nameof(VIDIOC_ENUM_FRAMESIZES), ref size); size.index++)
        {
            var s = size.stepwise;
            if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE)
            {
                sizes.Add(new(s.min_width, s.max_width, s.step_width, s.min_height, s.max_height, s.step_height));
                break;                                      // there is only one of these
            }
            sizes.Add(new(s.min_width, s.min_width, 1, s.max_width, s.max_width, 1));
        }
        return sizes;
    }

    /// <summary>Sets a format; the answer is what the driver made of it.</summary>
    internal VideoFormat SetFormat(Side side, uint fourCC, uint width, uint height, uint sizeImage = 0)
    {
        var format = new v4l2_format { type = Type(side) };
        unsafe
        {
            if (IsMultiPlanar)
            {
                ref var pixels = ref Unsafe.As<byte, v4l2_pix_format_mplane>(ref format.fmt[0]);
                (pixels.width, pixels.height, pixels.pixelformat, pixels.field, pixels.num_planes) = (width, height, fourCC, V4L2_FIELD_NONE, 1);
                Unsafe.As<byte, v4l2_plane_pix_format>(ref pixels.plane_fmt[0]).sizeimage = sizeImage;
            }
            else
            {
                ref var pixels = ref Unsafe.As<byte, v4l2_pix_format>(ref format.fmt[0]);
                (pixels.width, pixels.height, pixels.pixelformat, pixels.field, pixels.sizeimage) = (width, height, fourCC, V4L2_FIELD_NONE, sizeImage);
            }
        }
        Call(VIDIOC_S_FMT, nameof(VIDIOC_S_FMT), ref format);
        return Read(format);
    }

    /// <summary>The format as it is.</summary>
    internal VideoFormat GetFormat(Side side)
    {
        var format = new v4l2_format { type = Type(side) };
        Call(VIDIOC_G_FMT, nameof(VIDIOC_G_FMT), ref format);
        return Read(format);
    }

    private unsafe VideoFormat Read(v4l2_format format)
    {
        if (!IsMultiPlanar)
        {
            ref var single = ref Unsafe.As<byte, v4l2_pix_format>(ref format.fmt[0]);
            return new(single.pixelformat, single.width, single.height, [(single.sizeimage, single.bytesperline)]);
        }
        ref var pixels = ref Unsafe.As<byte, v4l2_pix_format_mplane>(ref format.fmt[0]);
        var planes = new (uint, uint)[pixels.num_planes];
        for (var i = 0; i < planes.Length; i++)
        {
            ref var plane = ref Unsafe.As<byte, v4l2_plane_pix_format>(ref pixels.plane_fmt[i * sizeof(v4l2_plane_pix_format)]);
            planes[i] = (plane.sizeimage, plane.bytesperline);
        }
        return new(pixels.pixelformat, pixels.width, pixels.height, planes);
    }

    /// <summary>What of a decoder's buffer is picture; all of it where the driver does not say.</summary>
    internal (int Width, int Height) Composed(int width, int height)
    {
        var selection = new v4l2_selection { type = V4L2_BUF_TYPE_VIDEO_CAPTURE, target = V4L2_SEL_TGT_COMPOSE };
        var errno = _node.Ioctl(VIDIOC_G_SELECTION, ref selection);
        return errno is ENOTTY or EINVAL ? (width, height) : errno == 0 ? ((int)selection.r.width, (int)selection.r.height) : throw Fault(nameof(VIDIOC_G_SELECTION), errno);
    }

    /// <summary>The part of the raw side's lines and columns that is picture. False: the driver crops nothing.</summary>
    internal bool TryCrop(Side side, uint width, uint height)
    {
        // Takes the type without _MPLANE on both kinds of device (since kernel 4.13).
        var selection = new v4l2_selection { type = side == Side.Capture ? V4L2_BUF_TYPE_VIDEO_CAPTURE : V4L2_BUF_TYPE_VIDEO_OUTPUT, target = V4L2_SEL_TGT_CROP, r = new() { width = width, height = height } };
        var errno = _node.Ioctl(VIDIOC_S_SELECTION, ref selection);
        return errno is ENOTTY or EINVAL ? false : errno == 0 ? selection.r.width == width && selection.r.height == height : throw Fault(nameof(VIDIOC_S_SELECTION), errno);
    }

    /// <summary>Asks for frames per second. False: the driver keeps its own pace.</summary>
    internal bool TryPace(Side side, uint frames, uint seconds)
    {
        var parameters = new v4l2_streamparm { type = Type(side) };
        unsafe
        {
            Unsafe.As<byte, v4l2_captureparm>(ref parameters.parm[0]).timeperframe = new() { numerator = seconds, denominator = frames };
        }
        var errno = _node.Ioctl(VIDIOC_S_PARM, ref parameters);
        return errno is ENOTTY or EINVAL ? false : errno == 0 ? true : throw Fault(nameof(VIDIOC_S_PARM), errno);
    }

    /// <summary>Pictures per second as the driver counts on now; 0 where it does not say.</summary>
    internal double PaceOf(Side side)
    {
        var parameters = new v4l2_streamparm { type = Type(side) };
        var errno = _node.Ioctl(VIDIOC_G_PARM, ref parameters);
        if (errno is not (0 or ENOTTY or EINVAL))
            throw Fault(nameof(VIDIOC_G_PARM), errno);
        unsafe
        {
            var time = Unsafe.As<byte, v4l2_captureparm>(ref parameters.parm[0]).timeperframe;
            return errno == 0 && time is { numerator: > 0, denominator: > 0 } ? (double)time.denominator / time.numerator : 0;
        }
    }

    /// <summary>Chooses one of a grabber's sockets. False: the device has none of that number.</summary>
    public bool TrySelectInput(int number)
    {
        var errno = _node.Ioctl(VIDIOC_S_INPUT, ref number);
        return errno is ENOTTY or EINVAL ? false : errno == 0 ? true : throw Fault(nameof(VIDIOC_S_INPUT), errno);
    }

    /// <summary>What a control takes; null when the device has none of that id.</summary>
    public ControlRange? Control(uint id)
    {
        var query = new v4l2_query_ext_ctrl { id = id };
        var errno = _node.Ioctl(VIDIOC_QUERY_EXT_CTRL, ref query);
        if (errno is EINVAL or ENOTTY || errno == 0 && (query.flags & V4L2_CTRL_FLAG_DISABLED) != 0)
            return null;
        if (errno != 0)
            throw Fault(nameof(VIDIOC_QUERY_EXT_CTRL), errno);
        unsafe
        {
            return new(Text(query.name, 32), query.minimum, query.maximum, (long)query.step, query.default_value, (query.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0);
        }
    }

    /// <summary>Sets a control, within what it takes. False: the device has none of that id, or will not have it set.</summary>
    public unsafe bool TrySet(uint id, long value)
    {
        if (Control(id) is not { IsReadOnly: false } range)
            return false;
        // A button (force a key frame) takes nothing and says so by a range without any.
        var control = new v4l2_ext_control { id = id, value64 = range.Least < range.Most ? Math.Clamp(value, range.Least, range.Most) : value };
        var controls = new v4l2_ext_controls { which = V4L2_CTRL_WHICH_CUR_VAL, count = 1, controls = &control };
        var errno = _node.Ioctl(VIDIOC_S_EXT_CTRLS, ref controls);
        return errno is EINVAL or ERANGE or EACCES or EPERM ? false : errno == 0 ? true : throw Fault($"{nameof(VIDIOC_S_EXT_CTRLS)} ({range.Name})", errno);
    }

    /// <summary>False: the driver has no such event.</summary>
    internal bool TrySubscribe(uint type)
    {
        var subscription = new v4l2_event_subscription { type = type };
        var errno = _node.Ioctl(VIDIOC_SUBSCRIBE_EVENT, ref subscription);
        return errno is EINVAL or ENOTTY ? false : errno == 0 ? true : throw Fault(nameof(VIDIOC_SUBSCRIBE_EVENT), errno);
    }

    /// <summary>The type of the next event; null when there is none.</summary>
    internal uint? TryTakeEvent()
    {
        var happened = default(v4l2_event);
        var errno = _node.Ioctl(VIDIOC_DQEVENT, ref happened);
        return errno is 2 or EAGAIN or EINVAL ? null : errno == 0 ? happened.type : throw Fault(nameof(VIDIOC_DQEVENT), errno);      // ENOENT: none is pending
    }

    public void Dispose() => _node.Dispose();

    internal uint Type(Side side) => (side, IsMultiPlanar) switch
    {
        (Side.Capture, false) => V4L2_BUF_TYPE_VIDEO_CAPTURE,
        (Side.Capture, true) => V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
        (_, false) => V4L2_BUF_TYPE_VIDEO_OUTPUT,
        _ => V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE,
    };

    internal void Call<T>(uint request, string name, ref T argument) where T : unmanaged
    {
        if (_node.Ioctl(request, ref argument) is not 0 and var errno)
            throw Fault(name, errno);
    }

    internal ErrnoException Fault(string name, int errno) => new(name, Path, errno);

    /// <summary>False behind the end of a list, or where the driver has none.</summary>
    private bool Listed<T>(uint request, string name, ref T argument) where T : unmanaged
    {
        var errno = _node.Ioctl(request, ref argument);
        return errno is EINVAL or ENOTTY ? false : errno == 0 ? true : throw Fault(name, errno);
    }

    private static unsafe string Text(byte* text, int most)
    {
        var bytes = new ReadOnlySpan<byte>(text, most);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
