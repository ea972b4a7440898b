using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Gpio;

/// <summary>
/// Reads a line's edges. The kernel numbers them per line; when its buffer is full it drops the oldest, which shows as a hole in the numbers. Then the line itself is read, and if
/// its level is another than the last edge left it at, one edge more is told.
/// </summary>
internal sealed class EdgeReader(int pinNumber, string where, SafeFileHandle line, Func<PinValue> level)
{
    private const int MostEvents = 16;                      // what the kernel keeps of one line by default

    private readonly gpio_v2_line_event[] _events = new gpio_v2_line_event[MostEvents];
    private uint _last;                                     // line_seqno; the first edge has 1
    private PinEventTypes _repaired;                        // told without an edge: the kernel's own may yet come
    private long _lost;

    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Tells all edges that one read brings; there is at least one.</summary>
    /// <exception cref="ErrnoException">The chip is gone.</exception>
    public void Drain(Action<PinValueChangedEventArgs> tell)
    {
        var count = LibC.Read(line, MemoryMarshal.AsBytes(_events.AsSpan()));
        if (count < 0)
            throw new ErrnoException("read", where, -count);
        if (count % Unsafe.SizeOf<gpio_v2_line_event>() != 0 || count == 0)
            throw new ErrnoException("read", where, ErrnoException.EIO);       // the other end is closed
        var isBroken = false;
        var newest = PinEventTypes.None;
        foreach (ref readonly var edge in _events.AsSpan(0, count / Unsafe.SizeOf<gpio_v2_line_event>()))
        {
            var lost = edge.line_seqno - _last - 1;
            _last = edge.line_seqno;
            Interlocked.Add(ref _lost, lost);
            isBroken |= lost > 0;
            newest = edge.id == GpioAbi.GPIO_V2_LINE_EVENT_RISING_EDGE ? PinEventTypes.Rising : PinEventTypes.Falling;
            if (lost > 0 || newest != _repaired)
                tell(new PinValueChangedEventArgs(newest, pinNumber) { Timestamp = TimeSpan.FromTicks((long)(edge.timestamp_ns / 100)), Lost = lost });
            _repaired = PinEventTypes.None;
        }
        if (!isBroken)
            return;
        var now = level() == PinValue.High ? PinEventTypes.Rising : PinEventTypes.Falling;
        if (now == newest)
            return;
        _repaired = now;
        tell(new PinValueChangedEventArgs(now, pinNumber) { Timestamp = Stopwatch.GetElapsedTime(0), IsRepair = true });
    }
}
