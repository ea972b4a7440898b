using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Tests.Cameras;

/// <summary>A kernel with one video device in it, which answers from a script: what cameras and encoders have in common (formats, buffers, the end).</summary>
/// <remarks>EdgeRecorder.Tests has no unsafe code: structs are reached through <see cref="MemoryMarshal"/>, buffers through memory of this process.</remarks>
internal abstract class FakeVideoNode(string path, uint capabilities, params uint[] controls) : IVideoNode
{
    private readonly ManualResetEventSlim _nothing = new();     // never set: the device has nothing to say for a while
    private readonly Dictionary<nint, (GCHandle Handle, FakeBuffer Buffer)> _maps = [];

    public string Path => path;

    /// <summary>Unplugged: everything is answered with ENODEV, and poll says so.</summary>
    public bool IsGone { get; set; }

    /// <summary>Calls of these requests fail with that errno.</summary>
    public Dictionary<uint, int> Fails { get; } = [];

    /// <summary>Requests that were made of it.</summary>
    public HashSet<uint> Asked { get; } = [];

    /// <summary>Controls that were set.</summary>
    public Dictionary<uint, long> Set { get; } = [];
    public int Maps => _maps.Count;
    public int Opened { get; private set; }

    public static ref TTo As<TFrom, TTo>(ref TFrom argument) where TFrom : unmanaged where TTo : unmanaged => ref Unsafe.As<TFrom, TTo>(ref argument);

    /// <summary>As if by open(2).</summary>
    public VideoDevice Open()
    {
        if (Fails.TryGetValue(0, out var errno))
            throw new ErrnoException("open", path, errno);
        if (IsGone)
            throw new ErrnoException("open", path, ENODEV);
        Opened++;
        return new VideoDevice(this);
    }

    public int Ioctl<T>(uint request, ref T argument) where T : unmanaged
    {
        Asked.Add(request);
        if (IsGone)
            return ENODEV;
        if (Fails.TryGetValue(request, out var errno))
            return errno;
        lock (_maps)
            return Answer(request, ref argument);
    }

    public nint Map(long offset, uint length)
    {
        var buffer = At((int)offset);
        var handle = GCHandle.Alloc(buffer.Memory, GCHandleType.Pinned);
        _maps[handle.AddrOfPinnedObject()] = (handle, buffer);
        return handle.AddrOfPinnedObject();
    }

    public void Unmap(nint address, uint length)
    {
        Assert.True(_maps.Remove(address, out var map), "unmapped twice");
        map.Handle.Free();
    }

    public short Wait(short events, TimeSpan most)
    {
        if (IsGone)
            return LibC.POLLERR;
        short ready;
        lock (_maps)
            ready = (short)(Work() & (events | LibC.POLLERR));
        if (ready == 0 && most > TimeSpan.Zero)
            _nothing.Wait(5);
        return ready;
    }

    public void WaitBeside(IVideoNode other, TimeSpan most)
    {
        if (Wait(LibC.POLLIN, TimeSpan.Zero) == 0 && other.Wait(LibC.POLLIN, TimeSpan.Zero) == 0)
            Wait(LibC.POLLIN, most);
    }

    public void Dispose() => Opened--;

    protected abstract int Answer<T>(uint request, ref T argument) where T : unmanaged;

    /// <summary>Does what the hardware would have done meanwhile, and says what poll would.</summary>
    protected abstract short Work();

    protected abstract FakeBuffer At(int offset);

    protected int Describe<T>(ref T argument, string card) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref argument, 1));
        Encoding.ASCII.GetBytes("fake", bytes);
        Encoding.ASCII.GetBytes(card, bytes[16..]);
        ref var capability = ref As<T, v4l2_capability>(ref argument);
        (capability.capabilities, capability.device_caps) = (V4L2_CAP_DEVICE_CAPS, capabilities | V4L2_CAP_STREAMING);
        return 0;
    }

    protected static int List<T>(ref T argument, IReadOnlyList<uint> formats) where T : unmanaged
    {
        ref var description = ref As<T, v4l2_fmtdesc>(ref argument);
        if (description.index >= formats.Count)
            return EINVAL;
        description.pixelformat = formats[(int)description.index];
        description.flags = description.pixelformat is V4L2_PIX_FMT_H264 or V4L2_PIX_FMT_HEVC or V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
        return 0;
    }

    /// <summary>v4l2_format.fmt.pix stands behind the type, at 8.</summary>
    protected static ref v4l2_pix_format Pixels<T>(ref T argument) where T : unmanaged
        => ref MemoryMarshal.AsRef<v4l2_pix_format>(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref argument, 1))[8..]);

    protected int Control<T>(uint request, ref T argument) where T : unmanaged
    {
        if (request == VIDIOC_QUERY_EXT_CTRL)
        {
            ref var query = ref As<T, v4l2_query_ext_ctrl>(ref argument);
            (query.minimum, query.maximum) = (0, long.MaxValue);
            return controls.Contains(query.id) ? 0 : EINVAL;
        }
        // v4l2_ext_controls.controls at 24; v4l2_ext_control: id at 0, value at 12.
        var at = MemoryMarshal.Read<nint>(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref argument, 1))[24..]);
        Set[(uint)Marshal.ReadInt32(at)] = Marshal.ReadInt64(at, 12);
        return 0;
    }
}

/// <summary>One buffer of a queue.</summary>
internal sealed class FakeBuffer(int length)
{
    public byte[] Memory { get; } = new byte[length];
}

/// <summary>One side of a device.</summary>
internal sealed class FakeQueue
{
    public List<FakeBuffer> Buffers { get; } = [];
    public Queue<(int Index, int Bytes, timeval Time, byte[]? Shared)> Queued { get; } = new();
    public Queue<(int Index, int Bytes, timeval Time, uint Flags, uint Sequence)> Done { get; } = new();
    public v4l2_pix_format Format;
    public bool Streams { get; set; }

    public void Allocate(uint count)
    {
        Buffers.Clear();
        for (var i = 0; i < count; i++)
            Buffers.Add(new((int)Format.sizeimage));
    }

    public void Stop()
    {
        Streams = false;
        Queued.Clear();
        Done.Clear();
    }

    public int Take(ref v4l2_buffer buffer)
    {
        if (!Done.TryDequeue(out var done))
            return EAGAIN;
        (buffer.index, buffer.bytesused, buffer.timestamp, buffer.flags, buffer.sequence) = ((uint)done.Index, (uint)done.Bytes, done.Time, done.Flags, done.Sequence);
        return 0;
    }
}
