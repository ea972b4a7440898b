using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.Tests.V4l2;

/// <summary>
/// A kernel with one stateful encoder in it, which answers as the kernel's documentation says: sizes rounded up to 16 lines, buffers in order, a last one marked behind a drain.
/// A coded picture is one byte (1 for a sync sample) and a sum of the raw bytes.
/// </summary>
internal sealed unsafe class FakeEncoderNode(bool multiPlanar) : IVideoNode
{
    private readonly Queue _raw = new(), _coded = new();
    private readonly Queue<uint> _events = new();
    private bool _stops;
    private bool _forceSync = true;

    public string Path => "/dev/video7";
    public uint[] RawFormats { get; set; } = [V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_NV12];
    public Dictionary<uint, (long Least, long Most)> Controls { get; } = new() { [V4L2_CID_MPEG_VIDEO_BITRATE] = (25_000, 10_000_000), [V4L2_CID_MPEG_VIDEO_GOP_SIZE] = (1, 16) };
    public Dictionary<uint, long> Set { get; } = [];
    public bool HasCommand { get; set; } = true;
    public bool Crops { get; set; } = true;
    public bool IsGone { get; set; }
    public int MarkDamaged { get; set; } = -1;
    public (uint Request, int Errno)? Fails { get; set; }
    public int Maps { get; private set; }
    public int Encoded { get; private set; }
    public bool IsClosed { get; private set; }
    public bool HoldsBuffers => _raw.Memory.Count + _coded.Memory.Count > 0;

    public int Ioctl<T>(uint request, ref T argument) where T : unmanaged
    {
        if (IsGone)
            return ENODEV;
        if (Fails is { } fails && fails.Request == request)
            return fails.Errno;
        switch (request)
        {
            case VIDIOC_QUERYCAP:
                ref var capability = ref As<T, v4l2_capability>(ref argument);
                "fake"u8.CopyTo(MemoryMarshal.CreateSpan(ref capability.driver[0], 16));
                "Encoder of a test"u8.CopyTo(MemoryMarshal.CreateSpan(ref capability.card[0], 32));
                capability.capabilities = V4L2_CAP_DEVICE_CAPS;
                capability.device_caps = V4L2_CAP_STREAMING | (multiPlanar ? V4L2_CAP_VIDEO_M2M_MPLANE : V4L2_CAP_VIDEO_M2M);
                return 0;
            case VIDIOC_ENUM_FMT:
                ref var description = ref As<T, v4l2_fmtdesc>(ref argument);
                uint[] formats = IsRaw(description.type) ? RawFormats : [V4L2_PIX_FMT_H264];
                if (description.index >= formats.Length)
                    return EINVAL;
                (description.pixelformat, description.flags) = (formats[description.index], IsRaw(description.type) ? 0 : V4L2_FMT_FLAG_COMPRESSED);
                return 0;
            case VIDIOC_S_FMT:
                return SetFormat(ref As<T, v4l2_format>(ref argument));
            case VIDIOC_S_SELECTION:
                return Crops ? 0 : ENOTTY;
            case VIDIOC_S_PARM:
                return ENOTTY;
            case VIDIOC_QUERY_EXT_CTRL:
                ref var query = ref As<T, v4l2_query_ext_ctrl>(ref argument);
                if (!Controls.TryGetValue(query.id, out var range))
                    return EINVAL;
                (query.minimum, query.maximum) = range;
                return 0;
            case VIDIOC_S_EXT_CTRLS:
                var control = As<T, v4l2_ext_controls>(ref argument).controls;
                Set[control->id] = control->value64;
                _forceSync |= control->id == V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME;
                return 0;
            case VIDIOC_SUBSCRIBE_EVENT:
                return 0;
            case VIDIOC_DQEVENT:
                if (!_events.TryDequeue(out var type))
                    return 2;
                As<T, v4l2_event>(ref argument).type = type;
                return 0;
            case VIDIOC_REQBUFS:
                ref var buffers = ref As<T, v4l2_requestbuffers>(ref argument);
                Of(buffers.type).Allocate((int)buffers.count, buffers.memory == V4L2_MEMORY_MMAP);
                return 0;
            case VIDIOC_QUERYBUF:
                ref var asked = ref As<T, v4l2_buffer>(ref argument);
                var (where, length) = ((ulong)((IsRaw(asked.type) ? 0 : 1000) + asked.index), (uint)Of(asked.type).Length);
                if (multiPlanar)
                    (((v4l2_plane*)asked.m)->m, ((v4l2_plane*)asked.m)->length) = (where, length);
                else
                    (asked.m, asked.length) = (where, length);
                return 0;
            case VIDIOC_QBUF:
                return Enqueue(ref As<T, v4l2_buffer>(ref argument));
            case VIDIOC_DQBUF:
                return Dequeue(ref As<T, v4l2_buffer>(ref argument));
            case VIDIOC_STREAMON:
                Of(As<T, uint>(ref argument)).Streams = true;
                return 0;
            case VIDIOC_STREAMOFF:
                Of(As<T, uint>(ref argument)).Stop();
                (_stops, _forceSync) = (false, true);
                return 0;
            case VIDIOC_ENCODER_CMD:
                if (!HasCommand)
                    return ENOTTY;
                _stops = true;
                return 0;
            default:
                return ENOTTY;
        }
    }

    public nint Map(long offset, uint length)
    {
        Maps++;
        return (offset < 1000 ? _raw : _coded).Memory[(int)(offset % 1000)];
    }

    public void Unmap(nint address, uint length) => Maps--;

    public short Wait(short events, TimeSpan most)
    {
        Work();
        return (short)((_coded.Done.Count > 0 ? LibC.POLLIN : 0) | (_raw.Done.Count > 0 ? LibC.POLLOUT : 0) | (_events.Count > 0 ? LibC.POLLPRI : 0));
    }

    public void WaitBeside(IVideoNode other, TimeSpan most) => Wait(LibC.POLLIN, most);

    public void Dispose() => IsClosed = true;

    private int SetFormat(ref v4l2_format format)
    {
        var isRaw = IsRaw(format.type);
        if (multiPlanar)
        {
            ref var pixels = ref Unsafe.As<byte, v4l2_pix_format_mplane>(ref format.fmt[0]);
            (pixels.height, pixels.num_planes) = ((pixels.height + 15) / 16 * 16, 1);
            ref var plane = ref Unsafe.As<byte, v4l2_plane_pix_format>(ref pixels.plane_fmt[0]);
            if (isRaw)
                (plane.bytesperline, plane.sizeimage) = (pixels.width, pixels.width * pixels.height * 3 / 2);
            Of(format.type).Length = (int)plane.sizeimage;
        }
        else
        {
            ref var pixels = ref Unsafe.As<byte, v4l2_pix_format>(ref format.fmt[0]);
            pixels.height = (pixels.height + 15) / 16 * 16;
            if (isRaw)
                (pixels.bytesperline, pixels.sizeimage) = (pixels.width, pixels.width * pixels.height * 3 / 2);
            Of(format.type).Length = (int)pixels.sizeimage;
        }
        return 0;
    }

    private int Enqueue(ref v4l2_buffer buffer)
    {
        var used = multiPlanar ? ((v4l2_plane*)buffer.m)->bytesused : buffer.bytesused;
        if (IsRaw(buffer.type) && used == 0)
            _stops = true;                                  // how older drivers are ended
        Of(buffer.type).Queued.Enqueue(((int)buffer.index, (int)used, buffer.timestamp));
        return 0;
    }

    private int Dequeue(ref v4l2_buffer buffer)
    {
        var queue = Of(buffer.type);
        if (!queue.Done.TryDequeue(out var done))
            return queue.IsOver ? EPIPE : EAGAIN;
        (buffer.index, buffer.timestamp, buffer.flags) = ((uint)done.Index, done.Time, done.Flags);
        if (multiPlanar)
            ((v4l2_plane*)buffer.m)->bytesused = (uint)done.Bytes;
        else
            buffer.bytesused = (uint)done.Bytes;
        queue.IsOver = (done.Flags & V4L2_BUF_FLAG_LAST) != 0;
        return 0;
    }

    private void Work()
    {
        if (!_raw.Streams || !_coded.Streams)
            return;
        while (_coded.Queued.Count > 0 && _raw.Queued.TryDequeue(out var raw))
        {
            _raw.Done.Enqueue((raw.Index, 0, raw.Time, 0));
            if (raw.Bytes == 0)
                break;
            var target = _coded.Queued.Dequeue();
            var isSync = _forceSync || Encoded % 10 == 0;
            var coded = new Span<byte>((void*)_coded.Memory[target.Index], 9);
            coded[0] = isSync ? (byte)1 : (byte)0;
            BitConverter.TryWriteBytes(coded[1..], _raw.Memory[raw.Index] == 0 ? raw.Bytes : Sum(new ReadOnlySpan<byte>((void*)_raw.Memory[raw.Index], raw.Bytes)));
            var flags = (isSync ? V4L2_BUF_FLAG_KEYFRAME : 0) | (Encoded == MarkDamaged ? V4L2_BUF_FLAG_ERROR : 0);
            _coded.Done.Enqueue((target.Index, 9, raw.Time, flags));
            (_forceSync, Encoded) = (false, Encoded + 1);
        }
        if (!_stops || _raw.Queued.Count > 0 || HasCommand && _coded.Queued.Count == 0)
            return;
        if (HasCommand)
            _coded.Done.Enqueue((_coded.Queued.Dequeue().Index, 0, default, V4L2_BUF_FLAG_LAST));
        _events.Enqueue(V4L2_EVENT_EOS);
        _stops = false;
    }

    /// <summary>Tells pictures apart.</summary>
    public static long Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 17L;
        foreach (var b in bytes)
            sum = sum * 31 + b;
        return sum;
    }

    private static bool IsRaw(uint type) => type is V4L2_BUF_TYPE_VIDEO_OUTPUT or V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;

    private Queue Of(uint type) => IsRaw(type) ? _raw : _coded;

    private static ref TTo As<TFrom, TTo>(ref TFrom argument) => ref Unsafe.As<TFrom, TTo>(ref argument);

    private sealed class Queue
    {
        public List<nint> Memory { get; } = [];
        public Queue<(int Index, int Bytes, timeval Time)> Queued { get; } = new();
        public Queue<(int Index, int Bytes, timeval Time, uint Flags)> Done { get; } = new();
        public int Length { get; set; }
        public bool Streams { get; set; }
        public bool IsOver { get; set; }

        public void Allocate(int count, bool own)
        {
            foreach (var memory in Memory)
                NativeMemory.Free((void*)memory);
            Memory.Clear();
            for (var i = 0; i < count; i++)
                Memory.Add(own ? (nint)NativeMemory.AllocZeroed((nuint)Length) : 0);
        }

        public void Stop()
        {
            (Streams, IsOver) = (false, false);
            Queued.Clear();
            Done.Clear();
        }
    }
}
