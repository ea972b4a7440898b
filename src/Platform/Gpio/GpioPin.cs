using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Gpio;

/// <summary>A line that is ours until it is closed.</summary>
/// <exception cref="ErrnoException">Every call that fails.</exception>
public sealed class GpioPin
{
    private readonly GpioController _chip;
    private readonly string _where;
    private readonly SafeFileHandle _line;
    private readonly ReadyLoop _edges;
    private readonly EdgeReader _reader;
    private PinSettings _settings;
    private IDisposable? _watch;

    internal GpioPin(GpioController chip, int pinNumber, string where, SafeFileHandle line, PinSettings settings, ReadyLoop edges)
    {
        (_chip, PinNumber, _where, _line, _settings, _edges) = (chip, pinNumber, where, line, settings, edges);
        _reader = new EdgeReader(pinNumber, where, line, Read);
        if (settings.Edges != PinEventTypes.None)
            Watch();
    }

    public int PinNumber { get; }

    /// <summary>On the edge thread, in the order of the edges.</summary>
    public event PinChangeEventHandler? ValueChanged;

    /// <summary>The chip is gone: no more edges, and why. On the edge thread.</summary>
    public event Action<ErrnoException>? Failed;

    /// <summary>Edges the kernel had to drop since the line was opened.</summary>
    public long Lost => _reader.Lost;

    public PinValue Read()
    {
        var values = new gpio_v2_line_values { mask = 1 };
        Call(GpioAbi.GPIO_V2_LINE_GET_VALUES_IOCTL, "GPIO_V2_LINE_GET_VALUES_IOCTL", ref values);
        return (values.bits & 1) != 0;
    }

    public void Write(PinValue value)
    {
        var values = new gpio_v2_line_values { mask = 1, bits = value == PinValue.High ? 1UL : 0 };
        Call(GpioAbi.GPIO_V2_LINE_SET_VALUES_IOCTL, "GPIO_V2_LINE_SET_VALUES_IOCTL", ref values);
    }

    public void Close() => _chip.ClosePin(PinNumber);

    /// <summary>These edges too from now on.</summary>
    internal void Ask(PinEventTypes edges)
    {
        if ((_settings.Edges | edges) == _settings.Edges)
            return;
        var settings = _settings with { Edges = _settings.Edges | edges };
        var config = GpioController.Config(settings);
        Call(GpioAbi.GPIO_V2_LINE_SET_CONFIG_IOCTL, "GPIO_V2_LINE_SET_CONFIG_IOCTL", ref config);
        _settings = settings;
        if (_watch is null)
            Watch();
    }

    internal void Release()
    {
        _watch?.Dispose();
        _line.Dispose();
    }

    private void Watch() => _watch = _edges.Watch(_line, () =>
    {
        try
        {
            _reader.Drain(edge => ValueChanged?.Invoke(this, edge));
        }
        catch (ErrnoException e)
        {
            _watch?.Dispose();                              // the descriptor would be ready for ever
            Failed?.Invoke(e);
        }
    });

    private void Call<T>(uint request, string name, ref T argument) where T : unmanaged
    {
        if (LibC.Ioctl(_line, request, ref argument) is not 0 and var errno)
            throw new ErrnoException(name, _where, errno);
    }
}
