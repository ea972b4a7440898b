using System.Runtime.InteropServices;
using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.V4l2;

/// <summary>The calls that a video device takes; an interface so that what is built on them can be tried against a kernel that answers from a script.</summary>
internal interface IVideoNode : IDisposable
{
    string Path { get; }

    /// <summary>0 or the errno.</summary>
    int Ioctl<T>(uint request, ref T argument) where T : unmanaged;

    /// <exception cref="ErrnoException">The kernel does not map it.</exception>
    nint Map(long offset, uint length);

    void Unmap(nint address, uint length);

    /// <summary>Waits until one of the events (POLLIN, POLLOUT, POLLPRI) is there and says which, with POLLERR where the driver says so; 0 when the time is over.</summary>
    short Wait(short events, TimeSpan most);

    /// <summary>Waits until this device or the other one has something to say (POLLIN, POLLPRI, or that it is gone).</summary>
    void WaitBeside(IVideoNode other, TimeSpan most);
}

/// <summary>A device of /dev, without blocking calls.</summary>
internal sealed class VideoNode : IVideoNode
{
    private readonly SafeFileHandle _device;

    /// <exception cref="ErrnoException">It cannot be opened.</exception>
    public VideoNode(string path)
    {
        Path = path;
        _device = LibC.open(path, LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        if (_device.IsInvalid)
            throw new ErrnoException("open", path, Marshal.GetLastPInvokeError());
    }

    public string Path { get; }

    public int Ioctl<T>(uint request, ref T argument) where T : unmanaged => LibC.Ioctl(_device, request, ref argument);

    public nint Map(long offset, uint length)
    {
        var address = LibC.mmap(0, length, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, _device, offset);
        return address != -1 ? address : throw new ErrnoException("mmap", Path, Marshal.GetLastPInvokeError());
    }

    public void Unmap(nint address, uint length)
    {
        if (LibC.munmap(address, length) < 0)
            throw new ErrnoException("munmap", Path, Marshal.GetLastPInvokeError());
    }

    public unsafe short Wait(short events, TimeSpan most)
    {
        var descriptor = stackalloc int[2];
        var until = Environment.TickCount64 + (long)most.TotalMilliseconds;
        while (true)
        {
            (descriptor[0], descriptor[1]) = ((int)_device.DangerousGetHandle(), (ushort)events);
            var left = Math.Max(0, until - Environment.TickCount64);
            if (LibC.poll(descriptor, 1, (int)Math.Min(left, int.MaxValue)) is >= 0 and var count)
                return count == 0 ? (short)0 : (short)(descriptor[1] >> 16);
            if (Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
                throw new ErrnoException("poll", Path, errno);
        }
    }

    public unsafe void WaitBeside(IVideoNode other, TimeSpan most)
    {
        var descriptors = stackalloc int[4];
        (descriptors[0], descriptors[1], descriptors[2], descriptors[3]) = (Descriptor, LibC.POLLIN | LibC.POLLPRI, ((VideoNode)other).Descriptor, LibC.POLLIN | LibC.POLLPRI);
        // A signal ends it early, and who waits looks again anyway.
        if (LibC.poll(descriptors, 2, (int)most.TotalMilliseconds) < 0 && Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
            throw new ErrnoException("poll", Path, errno);
    }

    public void Dispose() => _device.Dispose();

    private int Descriptor => (int)_device.DangerousGetHandle();
}
