using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Tests.Cameras;

/// <summary>What can go wrong with an encoder in the middle.</summary>
internal enum EncoderFault { None, Goes, Hangs, LeavesOut, Damages }

/// <summary>A stateful H.264 encoder whose pictures are uncompressed (<see cref="IpcmH264"/>): what comes out is to the last bit what went in.</summary>
/// <param name="rounds">Lines are made a multiple of this.</param>
/// <param name="isTold">It has no GOP size: a sync sample comes when it is told to make one.</param>
internal sealed class FakeEncoder(string path, uint raw, uint rounds = 1, bool isTold = false)
    : FakeVideoNode(path, V4L2_CAP_VIDEO_M2M, V4L2_CID_MPEG_VIDEO_BITRATE, isTold ? V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME : V4L2_CID_MPEG_VIDEO_GOP_SIZE)
{
    private const int EFAULT = 14;
    private readonly FakeQueue _raw = new(), _coded = new();
    private IpcmH264? _h264;
    private int _sinceSync;
    private bool _stops;
    private bool _gaveSets;
    private (uint Width, uint Height) _crop;

    /// <summary>Memory of the camera by its descriptor, where pictures are shared.</summary>
    public Func<int, byte[]>? Shared { get; set; }

    /// <summary>It says only with the first picture that it cannot reach memory of that kind.</summary>
    public bool RefusesShared { get; set; }
    public bool SharedWasUsed { get; private set; }
    public int Encoded { get; private set; }

    /// <summary>Parameter sets come once, in a buffer of their own.</summary>
    public bool SetsAlone { get; set; }

    /// <summary>After so many pictures <see cref="Fault"/> happens to it.</summary>
    public int FaultAfter { get; set; } = int.MaxValue;
    public EncoderFault Fault { get; set; }

    protected override FakeBuffer At(int offset) => offset < 100 ? _raw.Buffers[offset] : _coded.Buffers[offset - 100];

    protected override int Answer<T>(uint request, ref T argument)
    {
        switch (request)
        {
            case VIDIOC_QUERYCAP:
                return Describe(ref argument, "Encoder of a test");
            case VIDIOC_ENUM_FMT:
                return List(ref argument, As<T, v4l2_fmtdesc>(ref argument).type == V4L2_BUF_TYPE_VIDEO_OUTPUT ? [raw] : [V4L2_PIX_FMT_H264]);
            case VIDIOC_S_FMT:
                var isRaw = As<T, v4l2_format>(ref argument).type == V4L2_BUF_TYPE_VIDEO_OUTPUT;
                ref var pixels = ref Pixels(ref argument);
                (_crop, pixels.height, _h264) = ((pixels.width, pixels.height), (pixels.height + rounds - 1) / rounds * rounds, null);
                _sinceSync = 0;
                if (isRaw)
                    (pixels.bytesperline, pixels.sizeimage) = (pixels.width, pixels.width * pixels.height * 3 / 2);
                else
                    pixels.sizeimage = pixels.width * pixels.height * 3;
                (isRaw ? _raw : _coded).Format = pixels;
                return 0;
            case VIDIOC_S_SELECTION:
                _crop = (As<T, v4l2_selection>(ref argument).r.width, As<T, v4l2_selection>(ref argument).r.height);
                return 0;
            case VIDIOC_QUERY_EXT_CTRL or VIDIOC_S_EXT_CTRLS:
                return Control(request, ref argument);
            case VIDIOC_SUBSCRIBE_EVENT:
                return 0;
            case VIDIOC_ENCODER_CMD:
                _stops = true;
                return 0;
            case VIDIOC_DQEVENT:
                return ENOENT;
            case VIDIOC_REQBUFS:
                ref var buffers = ref As<T, v4l2_requestbuffers>(ref argument);
                if (buffers.memory == V4L2_MEMORY_DMABUF && Shared is null && buffers.count > 0)
                    return EINVAL;
                Of(buffers.type).Allocate(buffers.count);
                return 0;
            case VIDIOC_QUERYBUF:
                ref var asked = ref As<T, v4l2_buffer>(ref argument);
                (asked.m, asked.length) = (asked.index + (asked.type == V4L2_BUF_TYPE_VIDEO_OUTPUT ? 0u : 100), Of(asked.type).Format.sizeimage);
                return 0;
            case VIDIOC_QBUF:
                ref var given = ref As<T, v4l2_buffer>(ref argument);
                if (given.memory == V4L2_MEMORY_DMABUF && RefusesShared)
                    return EFAULT;
                Of(given.type).Queued.Enqueue(((int)given.index, (int)given.bytesused, given.timestamp, given.memory == V4L2_MEMORY_DMABUF ? Shared!((int)given.m) : null));
                return 0;
            case VIDIOC_DQBUF:
                return Of(As<T, v4l2_buffer>(ref argument).type).Take(ref As<T, v4l2_buffer>(ref argument));
            case VIDIOC_STREAMON:
                Of(As<T, uint>(ref argument)).Streams = true;
                return 0;
            case VIDIOC_STREAMOFF:
                Of(As<T, uint>(ref argument)).Stop();
                _stops = false;
                return 0;
            default:
                return ENOTTY;
        }
    }

    protected override short Work()
    {
        while (_raw.Streams && _coded.Streams && _coded.Queued.Count > (SetsAlone ? 1 : 0) && _raw.Queued.TryDequeue(out var picture))
        {
            if (Encoded >= FaultAfter && Fault is EncoderFault.Hangs or EncoderFault.Goes)
            {
                IsGone = Fault == EncoderFault.Goes;
                return LibC.POLLERR;
            }
            if (Encoded++ == FaultAfter && Fault == EncoderFault.LeavesOut)
            {
                _raw.Done.Enqueue((picture.Index, 0, picture.Time, 0, 0));
                continue;
            }
            var target = _coded.Queued.Dequeue();
            SharedWasUsed |= picture.Shared is not null;
            var isSync = isTold ? Set.Remove(V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME) : _sinceSync++ % (int)Set.GetValueOrDefault(V4L2_CID_MPEG_VIDEO_GOP_SIZE, 10) == 0;
            var coded = (_h264 ??= new((int)_crop.Width, (int)_crop.Height)).Encode(I420(picture.Shared ?? _raw.Buffers[picture.Index].Memory), isSync);
            if (SetsAlone && isSync)
            {
                var slice = coded.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 0, 1, 0x65]);
                if (!_gaveSets)
                {
                    coded.AsSpan(0, slice).CopyTo(_coded.Buffers[target.Index].Memory);
                    _coded.Done.Enqueue((target.Index, slice, picture.Time, 0, 0));
                    target = _coded.Queued.Dequeue();
                }
                (coded, _gaveSets) = (coded[slice..], true);
            }
            coded.CopyTo(_coded.Buffers[target.Index].Memory, 0);
            _raw.Done.Enqueue((picture.Index, 0, picture.Time, 0, 0));
            _coded.Done.Enqueue((target.Index, coded.Length, picture.Time, Encoded > FaultAfter && Fault == EncoderFault.Damages ? V4L2_BUF_FLAG_ERROR : 0, 0));
        }
        if (_stops && _raw.Queued.Count == 0 && _coded.Queued.TryDequeue(out var last))
        {
            // All is encoded: an empty buffer is the last.
            _coded.Done.Enqueue((last.Index, 0, default, V4L2_BUF_FLAG_LAST, 0));
            _stops = false;
        }
        return _coded.Done.Count > 0 ? LibC.POLLIN : (short)0;
    }

    private FakeQueue Of(uint type) => type == V4L2_BUF_TYPE_VIDEO_OUTPUT ? _raw : _coded;

    /// <summary>The picture alone, in tight planes.</summary>
    private byte[] I420(byte[] buffer)
    {
        var (width, height) = ((int)_crop.Width, (int)_crop.Height);
        var format = new VideoFormat(raw, _raw.Format.width, _raw.Format.height, [(_raw.Format.sizeimage, _raw.Format.bytesperline)]);
        var tight = new byte[RawPicture.Length(raw, width, height)];
        RawPicture.Gather(buffer, tight, format, width, height);
        if (raw == V4L2_PIX_FMT_YUV420)
            return tight;
        var planar = tight.ToArray();                       // NV12: chroma in turn; NV21: Cr first
        var (chroma, count) = (width * height, width * height / 4);
        var (cb, cr) = raw == V4L2_PIX_FMT_NV21 ? (1, 0) : (0, 1);
        for (var i = 0; i < count; i++)
            (planar[chroma + i], planar[chroma + count + i]) = (tight[chroma + 2 * i + cb], tight[chroma + 2 * i + cr]);
        return planar;
    }
}
