using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>What an encoder is to do. What it cannot is named by <see cref="VideoEncoder.Refused"/>.</summary>
public sealed record EncoderSettings
{
    /// <summary>What comes out: V4L2_PIX_FMT_H264, …HEVC.</summary>
    public required uint Coded { get; init; }
    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>What goes in: the first of these that the driver takes.</summary>
    public IReadOnlyList<uint> Raw { get; init; } = RawPicture.Formats;
    public uint FramesPerSecond { get; init; } = 25;

    /// <summary>Controls by id, in this order.</summary>
    public IReadOnlyList<(uint Id, long Value)> Controls { get; init; } = [];

    /// <summary>Pictures come in another device's memory (dmabuf) instead of being copied.</summary>
    public bool TakesForeignMemory { get; init; }
    public int Buffers { get; init; } = 4;

    /// <summary>What a recorder asks of an encoder: a bit rate, a sync sample every so many pictures, parameter sets before each.</summary>
    public static IReadOnlyList<(uint Id, long Value)> Recording(int bitsPerSecond, int picturesPerSync) =>
    [
        (V4L2_CID_MPEG_VIDEO_FRAME_RC_ENABLE, 1),           // Samsung's and MediaTek's take no bit rate without it
        (V4L2_CID_MPEG_VIDEO_BITRATE, bitsPerSecond), (V4L2_CID_MPEG_VIDEO_GOP_SIZE, picturesPerSync), (V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, picturesPerSync),
        (V4L2_CID_MPEG_VIDEO_B_FRAMES, 0),                  // no picture waits for a later one
        (V4L2_CID_MPEG_VIDEO_HEADER_MODE, 1),               // parameter sets with the first picture, not by themselves
        (V4L2_CID_MPEG_VIDEO_REPEAT_SEQ_HEADER, 1), (V4L2_CID_MPEG_VIDEO_PREPEND_SPSPPS_TO_IDR, 1),
    ];
}

/// <summary>What came out of an encoder for one picture.</summary>
/// <param name="Time">That of the picture.</param>
/// <param name="IsSync">As the device says. Some never do: where it matters, look into the bit stream.</param>
public readonly record struct CodedPicture(ReadOnlyMemory<byte> Bytes, TimeSpan Time, bool IsSync);

/// <summary>Takes what came out of an encoder; the bytes are gone behind the call.</summary>
public delegate void CodedBytes(ReadOnlySpan<byte> bytes, TimeSpan time);

/// <summary>
/// A stateful encoder: a memory-to-memory device that takes pictures on its OUTPUT side and gives coded ones on its CAPTURE side (the kernel's interface of that name). One thread.
/// Order: coded format, raw format, crop, controls, buffers, both sides on; pictures in and out; drain; and again, or the end.
/// </summary>
/// <exception cref="ErrnoException">Every call that fails; ENODEV when the device is gone.</exception>
public sealed class VideoEncoder : IDisposable
{
    /// <summary>Every ioctl that an encoder makes on a device that is open: what a sandbox has to let through.</summary>
    public static IReadOnlyCollection<uint> Calls { get; } =
    [
        VIDIOC_ENUM_FMT, VIDIOC_S_FMT, VIDIOC_S_SELECTION, VIDIOC_S_PARM, VIDIOC_QUERY_EXT_CTRL, VIDIOC_S_EXT_CTRLS, VIDIOC_SUBSCRIBE_EVENT, VIDIOC_DQEVENT,
        VIDIOC_REQBUFS, VIDIOC_QUERYBUF, VIDIOC_QBUF, VIDIOC_DQBUF, VIDIOC_STREAMON, VIDIOC_STREAMOFF, VIDIOC_ENCODER_CMD,
    ];

    private readonly VideoDevice _device;
    private readonly EncoderSettings _settings;
    private readonly BufferQueue _raw;
    private readonly BufferQueue _coded;
    private readonly List<uint> _refused = [];
    private readonly int _rawBytes;                         // of a picture in the driver's layout
    private bool _isDraining;
    private bool _isDrained;
    private bool _marksLast = true;
    private bool _hasEnded;                                 // an event said so

    /// <exception cref="NotSupportedException">The device encodes to something else, or takes none of the raw formats in one memory area.</exception>
    public VideoEncoder(VideoDevice device, EncoderSettings settings)
    {
        (_device, _settings) = (device, settings);
        if (device.EncodesTo.All(format => format.FourCC != settings.Coded))
            throw new NotSupportedException($"{device.Path} ({device.Card}) does not encode to {PixelFormat.Name(settings.Coded)}");
        device.SetFormat(Side.Capture, settings.Coded, (uint)settings.Width, (uint)settings.Height, Roomy(settings));
        RawFormat = ChooseRaw();
        // Once more: the raw format decides how large a coded picture may become.
        CodedFormat = device.SetFormat(Side.Capture, settings.Coded, (uint)settings.Width, (uint)settings.Height, Roomy(settings));
        Crops = device.TryCrop(Side.Output, (uint)settings.Width, (uint)settings.Height);
        (Areas, _rawBytes) = (RawPicture.Areas(RawFormat, settings.Width, settings.Height), RawPicture.LengthIn(RawFormat));
        device.TryPace(Side.Output, settings.FramesPerSecond, 1);
        foreach (var (id, value) in settings.Controls)
            if (!device.TrySet(id, value))
                _refused.Add(id);
        device.TrySubscribe(V4L2_EVENT_EOS);
        _raw = new BufferQueue(device, Side.Output, RawFormat, settings.Buffers, settings.TakesForeignMemory ? V4L2_MEMORY_DMABUF : V4L2_MEMORY_MMAP);
        try
        {
            _coded = new BufferQueue(device, Side.Capture, CodedFormat, settings.Buffers);
            try
            {
                Begin();
            }
            catch (ErrnoException)
            {
                _coded.Dispose();
                throw;
            }
        }
        catch (ErrnoException)
        {
            _raw.Dispose();
            throw;
        }
    }

    internal VideoDevice Device => _device;

    /// <summary>As the driver set it: its lines are often longer and more than the picture's.</summary>
    public VideoFormat RawFormat { get; }

    /// <summary>Where the picture's lines go in a raw buffer.</summary>
    public PictureArea[] Areas { get; }
    public VideoFormat CodedFormat { get; }

    /// <summary>Only the picture is shown by who decodes it. False where the driver crops nothing and rounded the size up: then the picture has lines below it.</summary>
    public bool Crops { get; }

    /// <summary>Controls that the device does not have, or did not take.</summary>
    public IReadOnlyList<uint> Refused => _refused;

    /// <summary>Coded pictures that the device itself called damaged, and that were left out.</summary>
    public int Damaged { get; private set; }

    /// <summary>Gives it a picture with tight lines. False: all buffers are under way; take what is ready and try again.</summary>
    /// <param name="isSync">It must become a sync sample; where the device cannot be told, its own pace decides.</param>
    public bool TryEncode(ReadOnlySpan<byte> picture, TimeSpan time, bool isSync = false)
    {
        if (Lend(isSync) is not { } free)
            return false;
        RawPicture.Spread(picture, Memory(free), RawFormat, _settings.Width, _settings.Height);
        Encode(free, time);
        return true;
    }

    /// <summary>A buffer to be filled in the layout of <see cref="RawFormat"/>, for <see cref="Encode"/>. Null: all are under way; take what is ready and try again.</summary>
    public int? Lend(bool isSync = false) => NextFree(isSync);

    /// <summary>The memory of a lent buffer.</summary>
    public Span<byte> Memory(int lent) => _raw.Memory(lent);

    /// <summary>The lent buffer holds a picture.</summary>
    public void Encode(int lent, TimeSpan time)
    {
        RawPicture.FillBelow(_raw.Memory(lent), Areas);
        _raw.Enqueue(lent, _rawBytes, time);
    }

    /// <summary>Gives it a picture in another device's memory, in the layout of <see cref="RawFormat"/> and no smaller than its planes (the kernel answers EFAULT). The memory is the encoder's until <paramref name="index"/> comes back from <see cref="TakeBack"/>.</summary>
    public bool TryEncode(SafeFileHandle memory, uint length, int bytes, TimeSpan time, out int index, bool isSync = false)
    {
        index = -1;
        if (NextFree(isSync) is not { } free)
            return false;
        _raw.Enqueue(index = free, bytes, time, (memory, length));
        return true;
    }

    /// <summary>A picture that went in as <paramref name="index"/> is encoded, and its memory free again.</summary>
    public bool TakeBack(out int index)
    {
        var taken = _raw.TryDequeue(out var done, out _);
        index = taken ? done.Index : -1;
        return taken;
    }

    /// <summary>The next coded picture, copied out. False: none within the time, or, after <see cref="Drain"/>, none any more (<see cref="IsDrained"/>).</summary>
    public bool TryTake(TimeSpan patience, out CodedPicture picture)
    {
        var (taken, isSync) = (default(CodedPicture), false);
        var some = TryTake(patience, (bytes, time) => taken = new(bytes.ToArray(), time, false), ref isSync);
        picture = taken with { IsSync = isSync };
        return some;
    }

    /// <inheritdoc cref="TryTake(TimeSpan, out CodedPicture)"/>
    public bool TryTake(TimeSpan patience, CodedBytes take)
    {
        var isSync = false;
        return TryTake(patience, take, ref isSync);
    }

    private bool TryTake(TimeSpan patience, CodedBytes take, ref bool isSync)
    {
        if (_isDrained)
            return false;
        _device.Node.Wait((short)(LibC.POLLIN | LibC.POLLPRI), patience);
        while (_device.TryTakeEvent() is { } type)
            _hasEnded |= type == V4L2_EVENT_EOS;
        if (!_coded.TryDequeue(out var coded, out var isOver))
        {
            _isDrained = isOver || _isDraining && _hasEnded && !_marksLast;
            return false;
        }
        Damaged += coded.IsDamaged && coded.Bytes > 0 ? 1 : 0;
        var isWhole = coded.Bytes > 0 && !coded.IsDamaged;
        isSync = coded.IsSync;
        if (isWhole)
            take(_coded.Memory(coded.Index).Slice(coded.Offset, coded.Bytes), coded.Time);
        _isDrained = _isDraining && coded.IsLast;
        if (!_isDrained)
            _coded.Enqueue(coded.Index, 0, TimeSpan.Zero);
        return isWhole;
    }

    /// <summary>All that was given in is to come out; then take until <see cref="IsDrained"/>.</summary>
    public void Drain()
    {
        if (_isDraining)
            return;
        (_isDraining, _hasEnded) = (true, false);
        var command = new v4l2_encoder_cmd { cmd = V4L2_ENC_CMD_STOP };
        var errno = _device.Node.Ioctl(VIDIOC_ENCODER_CMD, ref command);
        if (errno == ENOTTY)
            EndWithEmptyPicture();
        else if (errno != 0)
            throw _device.Fault(nameof(VIDIOC_ENCODER_CMD), errno);
    }

    public bool IsDrained => _isDrained;

    /// <summary>Begins anew behind a drain, with a sync sample.</summary>
    public void Restart()
    {
        _coded.Stop();
        _raw.Stop();
        (_isDraining, _isDrained) = (false, false);
        Begin();
    }

    /// <summary>Ends both sides and gives the buffers back; the device stays open.</summary>
    public void Dispose()
    {
        _raw.Dispose();
        _coded.Dispose();
    }

    private void Begin()
    {
        for (var i = 0; i < _coded.Count; i++)
            _coded.Enqueue(i, 0, TimeSpan.Zero);
        _raw.Start();
        _coded.Start();
    }

    /// <summary>A raw buffer to fill; those that the driver is done with come back first, unless their memory is somebody's who waits for them.</summary>
    private int? NextFree(bool isSync)
    {
        if (_isDraining)
            throw new InvalidOperationException("the encoder is being drained");
        if (!_settings.TakesForeignMemory)
            while (TakeBack(out _)) { }
        var free = _raw.Free;
        if (free is not null && isSync && !_device.TrySet(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, 1) && !_refused.Contains(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME))
            _refused.Add(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME);
        return free;
    }

    private VideoFormat ChooseRaw()
    {
        var taken = _device.Formats(Side.Output);
        foreach (var fourCC in _settings.Raw.Where(fourCC => taken.Any(format => format.FourCC == fourCC)))
            if (_device.SetFormat(Side.Output, fourCC, (uint)_settings.Width, (uint)_settings.Height) is { Planes.Count: 1 } set && set.FourCC == fourCC && set.Width >= _settings.Width && set.Height >= _settings.Height)
                return set;
        throw new NotSupportedException($"{_device.Path} ({_device.Card}) takes none of {string.Join(", ", _settings.Raw.Select(PixelFormat.Name))} at {_settings.Width}x{_settings.Height}");
    }

    /// <summary>Drivers from before the command end with an empty picture, and mark no last one: the event does.</summary>
    private void EndWithEmptyPicture()
    {
        _marksLast = false;
        while (TakeBack(out _)) { }
        if (_raw.Free is not { } free)
        {
            if ((_device.Node.Wait(LibC.POLLOUT, TimeSpan.FromSeconds(1)) & LibC.POLLOUT) == 0 || !TakeBack(out free))
                throw new ErrnoException("drain", _device.Path, EAGAIN);
        }
        _raw.Enqueue(free, 0, TimeSpan.Zero);
    }

    /// <summary>Room for a coded picture: one that does not compress is as large as it is raw.</summary>
    private static uint Roomy(EncoderSettings settings) => (uint)Math.Max(1 << 16, settings.Width * settings.Height * 3 / 2);
}
