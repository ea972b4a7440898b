using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Linux;

/// <summary>
/// One thread that waits for any number of descriptors (epoll(7), level-triggered) and calls whoever watches one that is ready. It starts with the first watch
/// and ends with <see cref="Dispose"/>; nothing is polled.
/// </summary>
/// <remarks>Callbacks run under the loop's lock, one at a time: they are short, and none runs any more once its watch is disposed.</remarks>
public sealed class ReadyLoop : IDisposable
{
    /// <summary>struct epoll_event: 32 bits of events, then 64 bits of data; packed on x86-64 only (sys/epoll.h).</summary>
    internal static readonly (int Size, int Data) EventX64 = (12, 4), EventArm64 = (16, 8);
    private static readonly (int Size, int Data) Event = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? EventX64 : EventArm64;
    private const int MostEvents = 32;
    private const long Stop = 0;                            // the token of the descriptor that ends the loop

    private readonly Lock _sync = new();
    private readonly Dictionary<long, Watching> _watched = [];
    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _stop;
    private readonly string _name;
    private Thread? _thread;
    private long _lastToken;
    private bool _disposed;

    /// <exception cref="ErrnoException">The kernel has no descriptors left.</exception>
    public ReadyLoop(string name)
    {
        _name = name;
        _epoll = Checked(LibC.epoll_create1(LibC.EPOLL_CLOEXEC), "epoll_create1");
        _stop = Checked(LibC.eventfd(0, LibC.EFD_CLOEXEC), "eventfd");
        Control(LibC.EPOLL_CTL_ADD, _stop, Stop);
    }

    /// <summary>Calls <paramref name="ready"/> whenever there is something to read, until the answer is disposed.</summary>
    /// <exception cref="ErrnoException">The descriptor cannot be waited for.</exception>
    public IDisposable Watch(SafeFileHandle file, Action ready)
    {
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var watching = new Watching(this, ++_lastToken, file, ready);
            Control(LibC.EPOLL_CTL_ADD, file, watching.Token);
            _watched[watching.Token] = watching;
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = _name };
                _thread.Start();
            }
            return watching;
        }
    }

    public void Dispose()
    {
        lock (_sync)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        Wake();
        if (_thread != Thread.CurrentThread)
            _thread?.Join();
        _stop.Dispose();
        _epoll.Dispose();
    }

    private unsafe void Run()
    {
        var events = stackalloc byte[MostEvents * Event.Size];
        while (true)
        {
            var count = LibC.epoll_wait(_epoll, events, MostEvents, -1);
            if (count < 0)
            {
                if (Marshal.GetLastPInvokeError() is var errno and not LibC.EINTR)
                    throw new ErrnoException("epoll_wait", _name, errno);
                continue;
            }
            for (var i = 0; i < count; i++)
                if (!Tell(*(long*)(events + i * Event.Size + Event.Data)))
                    return;
        }
    }

    /// <returns>Whether the loop goes on; a callback may dispose it.</returns>
    private bool Tell(long token)
    {
        lock (_sync)
        {
            if (!_disposed && _watched.TryGetValue(token, out var watching))
                watching.Ready();
            return !_disposed;
        }
    }

    private unsafe void Wake()
    {
        var one = 1L;
        if (LibC.write(_stop, (byte*)&one, sizeof(long)) < 0)
            throw new ErrnoException("write", "eventfd", Marshal.GetLastPInvokeError());
    }

    private unsafe void Control(int operation, SafeFileHandle file, long token)
    {
        var one = stackalloc byte[16];
        *(uint*)one = LibC.EPOLLIN;
        *(long*)(one + Event.Data) = token;
        if (LibC.epoll_ctl(_epoll, operation, file, one) < 0)
            throw new ErrnoException("epoll_ctl", _name, Marshal.GetLastPInvokeError());
    }

    private static SafeFileHandle Checked(SafeFileHandle handle, string call)
        => handle.IsInvalid ? throw new ErrnoException(call, "", Marshal.GetLastPInvokeError()) : handle;

    private sealed class Watching(ReadyLoop loop, long token, SafeFileHandle file, Action ready) : IDisposable
    {
        public long Token => token;
        public Action Ready => ready;

        public void Dispose()
        {
            lock (loop._sync)
                if (loop._watched.Remove(token) && !loop._disposed)
                    loop.Control(LibC.EPOLL_CTL_DEL, file, token);
        }
    }
}
