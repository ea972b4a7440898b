using EdgeRecorder.Platform.Linux;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>
/// A stateful decoder: a memory-to-memory device that takes a coded stream on its OUTPUT side, a picture's bytes per buffer, and gives pictures on its CAPTURE side (the kernel's interface of that name). One thread.
/// Order: coded format, its buffers, on; then the stream's head tells the size (source change), and only then come the format and buffers of the other side. A change of size in the stream ends
/// the old buffers (the last one is marked) and begins new ones.
/// </summary>
/// <exception cref="ErrnoException">Every call that fails; ENODEV when the device is gone.</exception>
public sealed class VideoDecoder : IDisposable
{
    private readonly VideoDevice _device;
    private readonly IReadOnlyList<uint> _wanted;
    private readonly int _count;
    private readonly BufferQueue _coded;
    private BufferQueue? _raw;
    private bool _isDraining;
    private bool _sourceChanged;

    /// <param name="coded">V4L2_PIX_FMT_H264, …HEVC.</param>
    /// <param name="raw">What is to come out: the first of these that the driver gives.</param>
    /// <param name="largest">Bytes of the largest coded picture.</param>
    /// <exception cref="NotSupportedException">The device does not decode that.</exception>
    public VideoDecoder(VideoDevice device, uint coded, int width, int height, IReadOnlyList<uint>? raw = null, int largest = 0, int buffers = 4)
    {
        (_device, _wanted, _count) = (device, raw ?? RawPicture.Formats, buffers);
        if (device.Decodes.All(format => format.FourCC != coded))
            throw new NotSupportedException($"{device.Path} ({device.Card}) does not decode {PixelFormat.Name(coded)}");
        CodedFormat = device.SetFormat(Side.Output, coded, (uint)width, (uint)height, (uint)Math.Max(largest, Math.Max(1 << 16, width * height * 3 / 2)));
        device.TrySubscribe(V4L2_EVENT_SOURCE_CHANGE);
        device.TrySubscribe(V4L2_EVENT_EOS);
        _coded = new BufferQueue(device, Side.Output, CodedFormat, buffers);
        try
        {
            _coded.Start();
        }
        catch (ErrnoException)
        {
            _coded.Dispose();
            throw;
        }
    }

    public VideoFormat CodedFormat { get; }

    /// <summary>Of the pictures that come; null until the stream's head was understood. Its lines may be more than the picture's: see <see cref="Visible"/>.</summary>
    public VideoFormat? RawFormat { get; private set; }

    /// <summary>The part of a buffer that is to be shown.</summary>
    public (int Width, int Height) Visible { get; private set; }

    /// <summary>All that was given in has come out, behind a <see cref="Drain"/>.</summary>
    public bool IsDrained { get; private set; }

    /// <summary>Pictures that the device called damaged; they come out all the same.</summary>
    public int Damaged { get; private set; }

    /// <summary>Gives it the bytes of one picture, or of parameter sets. False: all buffers are under way; take what is ready and try again.</summary>
    /// <exception cref="ArgumentException">More than a buffer holds.</exception>
    public bool TryDecode(ReadOnlySpan<byte> bytes, TimeSpan time)
    {
        if (_isDraining)
            throw new InvalidOperationException("the decoder is being drained");
        while (_coded.TryDequeue(out _, out _)) { }
        if (_coded.Free is not { } free)
            return false;
        var memory = _coded.Memory(free);
        if (bytes.Length > memory.Length)
            throw new ArgumentException($"{bytes.Length} bytes, a buffer holds {memory.Length}", nameof(bytes));
        bytes.CopyTo(memory);
        _coded.Enqueue(free, bytes.Length, time);
        return true;
    }

    /// <summary>The next picture, in the layout of <see cref="RawFormat"/>; the bytes are gone behind the call of <paramref name="take"/>. False: none within the time, or none any more.</summary>
    public bool TryTake(TimeSpan patience, CodedBytes take)
    {
        if (IsDrained)
            return false;
        _device.Node.Wait((short)(LibC.POLLIN | LibC.POLLPRI), patience);
        while (_device.TryTakeEvent() is { } type)
            _sourceChanged |= type == V4L2_EVENT_SOURCE_CHANGE;
        if (_raw is null && _sourceChanged)
            BeginRaw();
        if (_raw is null)
            return false;
        if (!_raw.TryDequeue(out var done, out var isOver))
        {
            if (isOver)
                EndOrBeginAnew();
            return false;
        }
        Damaged += done is { IsDamaged: true, Bytes: > 0 } ? 1 : 0;
        if (done.Bytes > 0)
            take(_raw.Memory(done.Index).Slice(done.Offset, done.Bytes), done.Time);
        if (done.IsLast)
            EndOrBeginAnew();
        else
            _raw.Enqueue(done.Index, 0, TimeSpan.Zero);
        return done.Bytes > 0;
    }

    /// <summary>All that was given in is to come out; then take until <see cref="IsDrained"/>.</summary>
    public void Drain()
    {
        if (_isDraining)
            return;
        _isDraining = true;
        var command = new v4l2_decoder_cmd { cmd = V4L2_DEC_CMD_STOP };
        _device.Call(VIDIOC_DECODER_CMD, nameof(VIDIOC_DECODER_CMD), ref command);
    }

    /// <summary>Ends both sides and gives the buffers back; the device stays open.</summary>
    public void Dispose()
    {
        _coded.Dispose();
        _raw?.Dispose();
    }

    /// <summary>The last buffer of a size: the end, or the source changed.</summary>
    private void EndOrBeginAnew()
    {
        if (!_sourceChanged)
        {
            IsDrained = _isDraining;
            return;
        }
        _raw!.Dispose();
        _raw = null;
        BeginRaw();
    }

    private void BeginRaw()
    {
        _sourceChanged = false;
        var now = _device.GetFormat(Side.Capture);
        var gives = _device.Formats(Side.Capture);
        var wanted = _wanted.FirstOrDefault(fourCC => gives.Any(format => format.FourCC == fourCC), now.FourCC);
        RawFormat = _device.SetFormat(Side.Capture, wanted, now.Width, now.Height);
        if (RawFormat.Planes.Count != 1)
            throw new NotSupportedException($"{_device.Path} ({_device.Card}) gives {PixelFormat.Name(RawFormat.FourCC)} in {RawFormat.Planes.Count} pieces");
        Visible = _device.Composed((int)RawFormat.Width, (int)RawFormat.Height);
        var raw = new BufferQueue(_device, Side.Capture, RawFormat, _count);
        try
        {
            for (var i = 0; i < raw.Count; i++)
                raw.Enqueue(i, 0, TimeSpan.Zero);
            raw.Start();
        }
        catch (ErrnoException)
        {
            raw.Dispose();
            throw;
        }
        _raw = raw;
    }
}
