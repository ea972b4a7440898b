using System.Runtime.CompilerServices;
using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>A buffer that came back from the driver.</summary>
/// <param name="Bytes">Used of the first memory area, behind <paramref name="Offset"/>.</param>
/// <param name="Time">Monotonic of a camera; of an encoder, that of the picture it was made from.</param>
/// <param name="Sequence">Of a camera: a hole in these numbers is a picture it had to drop.</param>
internal readonly record struct Dequeued(int Index, int Offset, int Bytes, TimeSpan Time, uint Sequence, bool IsSync, bool IsDamaged, bool IsLast);

/// <summary>
/// The buffers of one side of a device: asked for, mapped, handed over and taken back. With <c>V4L2_MEMORY_DMABUF</c> the memory is another device's and comes with each picture.
/// </summary>
internal sealed unsafe class BufferQueue : IDisposable
{
    private const int MostPlanes = 8;

    private readonly VideoDevice _device;
    private readonly uint _type;
    private readonly uint _memory;
    private readonly List<(nint Address, uint Length)> _maps = [];
    private readonly int _planes;
    private bool _streams;

    public BufferQueue(VideoDevice device, Side side, VideoFormat format, int count, uint memory = V4L2_MEMORY_MMAP)
    {
        (_device, _type, _memory, _planes) = (device, device.Type(side), memory, format.Planes.Count);
        var request = new v4l2_requestbuffers { count = (uint)count, type = _type, memory = memory };
        device.Call(VIDIOC_REQBUFS, nameof(VIDIOC_REQBUFS), ref request);
        Count = (int)request.count;                         // the driver may want more, or have fewer
        Queued = new bool[Count];
        if (memory != V4L2_MEMORY_MMAP)
            return;
        try
        {
            for (var i = 0; i < Count; i++)
                Map(i);
        }
        catch (ErrnoException)
        {
            Dispose();
            throw;
        }
    }

    public int Count { get; }

    /// <summary>Which are with the driver.</summary>
    public bool[] Queued { get; }

    /// <summary>The first memory area of a mapped buffer.</summary>
    public Span<byte> Memory(int index) => new((void*)_maps[index * _planes].Address, (int)_maps[index * _planes].Length);

    /// <summary>A descriptor of the buffer's memory that another device takes (dmabuf).</summary>
    public SafeFileHandle Export(int index)
    {
        var export = new v4l2_exportbuffer { type = _type, index = (uint)index, flags = LibC.O_CLOEXEC | LibC.O_RDWR };
        _device.Call(VIDIOC_EXPBUF, nameof(VIDIOC_EXPBUF), ref export);
        return new SafeFileHandle(export.fd, ownsHandle: true);
    }

    /// <summary>Hands a buffer to the driver.</summary>
    /// <param name="bytes">Used; 0 of a side that is to be filled.</param>
    /// <param name="memory">Of a queue without memory of its own: whose it is, and how large.</param>
    public void Enqueue(int index, int bytes, TimeSpan time, (SafeFileHandle File, uint Length)? memory = null)
    {
        var planes = stackalloc v4l2_plane[MostPlanes];
        var buffer = Blank(index, planes);
        buffer.field = V4L2_FIELD_NONE;
        buffer.timestamp = new() { tv_sec = time.Ticks / TimeSpan.TicksPerSecond, tv_usec = time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond };
        var place = memory is { } of ? (uint)of.File.DangerousGetHandle() : 0UL;
        if (_device.IsMultiPlanar)
        {
            planes[0].bytesused = (uint)bytes;
            if (memory is { } area)
                (planes[0].m, planes[0].length) = (place, area.Length);
        }
        else
        {
            buffer.bytesused = (uint)bytes;
            if (memory is { } area)
                (buffer.m, buffer.length) = (place, area.Length);
        }
        _device.Call(VIDIOC_QBUF, nameof(VIDIOC_QBUF), ref buffer);
        GC.KeepAlive(memory?.File);
        Queued[index] = true;
    }

    /// <summary>Takes back a buffer that the driver is done with. False: none yet, or (<paramref name="isOver"/>) none any more.</summary>
    public bool TryDequeue(out Dequeued dequeued, out bool isOver)
    {
        var planes = stackalloc v4l2_plane[MostPlanes];
        var buffer = Blank(0, planes);
        var errno = _device.Node.Ioctl(VIDIOC_DQBUF, ref buffer);
        (dequeued, isOver) = (default, errno == EPIPE);     // EPIPE: the buffer marked as the last was taken before
        if (errno is EAGAIN or EPIPE)
            return false;
        if (errno != 0)
            throw _device.Fault(nameof(VIDIOC_DQBUF), errno);
        Queued[buffer.index] = false;
        var (offset, bytes) = _device.IsMultiPlanar ? (planes[0].data_offset, planes[0].bytesused) : (0, buffer.bytesused);
        dequeued = new((int)buffer.index, (int)offset, (int)(bytes - Math.Min(bytes, offset)),
            TimeSpan.FromSeconds(buffer.timestamp.tv_sec) + TimeSpan.FromMicroseconds(buffer.timestamp.tv_usec), buffer.sequence,
            (buffer.flags & V4L2_BUF_FLAG_KEYFRAME) != 0, (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0, (buffer.flags & V4L2_BUF_FLAG_LAST) != 0);
        return true;
    }

    /// <summary>One that is not with the driver; null when all are.</summary>
    public int? Free => Array.IndexOf(Queued, false) is >= 0 and var free ? free : null;

    public void Start()
    {
        var type = _type;
        _device.Call(VIDIOC_STREAMON, nameof(VIDIOC_STREAMON), ref type);
        _streams = true;
    }

    /// <summary>All buffers come back as they are.</summary>
    public void Stop()
    {
        var type = _type;
        _device.Call(VIDIOC_STREAMOFF, nameof(VIDIOC_STREAMOFF), ref type);
        _streams = false;
        Array.Clear(Queued);
    }

    /// <summary>Stops, unmaps, and gives the memory back. A device that is gone has forgotten its buffers by itself.</summary>
    public void Dispose()
    {
        var type = _type;
        if (_streams)
            _ = Gone(_device.Node.Ioctl(VIDIOC_STREAMOFF, ref type), nameof(VIDIOC_STREAMOFF));
        _streams = false;
        foreach (var (address, length) in _maps)
            _device.Node.Unmap(address, length);
        _maps.Clear();
        var request = new v4l2_requestbuffers { type = _type, memory = _memory };
        _ = Gone(_device.Node.Ioctl(VIDIOC_REQBUFS, ref request), nameof(VIDIOC_REQBUFS));
    }

    private bool Gone(int errno, string name) => errno == 0 ? false : errno == ENODEV ? true : throw _device.Fault(name, errno);

    private void Map(int index)
    {
        var planes = stackalloc v4l2_plane[MostPlanes];
        var buffer = Blank(index, planes);
        _device.Call(VIDIOC_QUERYBUF, nameof(VIDIOC_QUERYBUF), ref buffer);
        for (var i = 0; i < _planes; i++)
        {
            var (offset, length) = _device.IsMultiPlanar ? ((uint)planes[i].m, planes[i].length) : ((uint)buffer.m, buffer.length);
            _maps.Add((_device.Node.Map(offset, length), length));
        }
    }

    private v4l2_buffer Blank(int index, v4l2_plane* planes)
    {
        Unsafe.InitBlock(planes, 0, (uint)(MostPlanes * sizeof(v4l2_plane)));
        var buffer = new v4l2_buffer { index = (uint)index, type = _type, memory = _memory };
        if (_device.IsMultiPlanar)
            (buffer.m, buffer.length) = ((ulong)planes, (uint)_planes);
        return buffer;
    }
}
