using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using EdgeRecorder.Platform.Linux;
using Microsoft.Win32.SafeHandles;

namespace EdgeRecorder.Platform.Gpio;

/// <summary>What the kernel says of a line.</summary>
/// <param name="Name">As firmware or device tree name it; often empty.</param>
/// <param name="Consumer">Who holds it; empty when nobody does.</param>
public readonly record struct PinInfo(int PinNumber, string Name, string Consumer, bool IsUsed);

/// <summary>
/// One GPIO chip through the kernel's character device, uAPI v2. Pins are the chip's offsets. Disposing closes all pins: outputs are released as the board has them, and the
/// kernel does the same when the process ends in any other way.
/// </summary>
/// <exception cref="ErrnoException">Every call that fails; it names call, chip, line and errno.</exception>
public sealed class GpioController : IDisposable
{
    private readonly SafeFileHandle _chip;
    private readonly ReadyLoop _edges;
    private readonly Dictionary<int, GpioPin> _open = [];

    /// <param name="edges">Whose thread tells of edges; one for all chips.</param>
    public GpioController(string path, ReadyLoop edges)
    {
        (Path, _edges) = (path, edges);
        _chip = LibC.open(path, LibC.O_RDWR | LibC.O_CLOEXEC);
        if (_chip.IsInvalid)
            throw new ErrnoException("open", path, Marshal.GetLastPInvokeError());
        var info = default(gpiochip_info);
        if (LibC.Ioctl(_chip, GpioAbi.GPIO_GET_CHIPINFO_IOCTL, ref info) is not 0 and var errno)
        {
            _chip.Dispose();
            throw new ErrnoException("GPIO_GET_CHIPINFO_IOCTL", path, errno);
        }
        unsafe
        {
            (Name, Label, PinCount) = (Text(info.name), Text(info.label), (int)info.lines);
        }
    }

    public string Path { get; }

    /// <summary>gpiochip0 …; depends on the order in which drivers came.</summary>
    public string Name { get; }

    /// <summary>What the driver calls the chip.</summary>
    public string Label { get; }

    public int PinCount { get; }

    /// <summary>Paths of all chips, by number; empty without any.</summary>
    public static IReadOnlyList<string> Chips(string folder = "/dev")
        => [.. Directory.EnumerateFileSystemEntries(folder, "gpiochip*").Select(path => (path, Number: int.TryParse(System.IO.Path.GetFileName(path)[8..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1))
            .Where(chip => chip.Number >= 0).OrderBy(chip => chip.Number).Select(chip => chip.path)];

    public PinInfo Info(int pinNumber)
    {
        var info = new gpio_v2_line_info { offset = (uint)pinNumber };
        if (LibC.Ioctl(_chip, GpioAbi.GPIO_V2_GET_LINEINFO_IOCTL, ref info) is not 0 and var errno)
            throw new ErrnoException("GPIO_V2_GET_LINEINFO_IOCTL", $"{Path} line {pinNumber}", errno);
        unsafe
        {
            return new PinInfo(pinNumber, Text(info.name), Text(info.consumer), (info.flags & GpioAbi.GPIO_V2_LINE_FLAG_USED) != 0);
        }
    }

    /// <summary>The first line of that name; null when there is none.</summary>
    public int? FindPin(string name)
    {
        for (var pin = 0; pin < PinCount; pin++)
            if (Info(pin).Name == name)
                return pin;
        return null;
    }

    public GpioPin OpenPin(int pinNumber, PinMode mode) => OpenPin(pinNumber, new PinSettings { Mode = mode });

    public GpioPin OpenPin(int pinNumber, PinMode mode, PinValue initialValue) => OpenPin(pinNumber, new PinSettings { Mode = mode, Initial = initialValue });

    public unsafe GpioPin OpenPin(int pinNumber, PinSettings settings)
    {
        if (_open.ContainsKey(pinNumber))
            throw new InvalidOperationException($"{Path} line {pinNumber} is open");
        var where = $"{Path} line {pinNumber}{(Info(pinNumber).Name is { Length: > 0 } name ? $" ({name})" : "")}";
        var request = new gpio_v2_line_request { num_lines = 1, event_buffer_size = (uint)settings.EventBuffer, config = Config(settings) };
        request.offsets[0] = (uint)pinNumber;
        Encoding.UTF8.TryGetBytes(settings.Consumer, new Span<byte>(request.consumer, 31), out _);
        if (LibC.Ioctl(_chip, GpioAbi.GPIO_V2_GET_LINE_IOCTL, ref request) is not 0 and var errno)
            throw new ErrnoException("GPIO_V2_GET_LINE_IOCTL", where, errno);
        var pin = new GpioPin(this, pinNumber, where, new SafeFileHandle(request.fd, ownsHandle: true), settings, _edges);
        return _open[pinNumber] = pin;
    }

    public void ClosePin(int pinNumber)
    {
        if (_open.Remove(pinNumber, out var pin))
            pin.Release();
    }

    public bool IsPinOpen(int pinNumber) => _open.ContainsKey(pinNumber);

    public PinValue Read(int pinNumber) => Open(pinNumber).Read();

    public void Write(int pinNumber, PinValue value) => Open(pinNumber).Write(value);

    public void RegisterCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback)
    {
        Open(pinNumber).ValueChanged += callback;          // first: an edge may come at once
        Open(pinNumber).Ask(eventTypes);
    }

    public void UnregisterCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback) => Open(pinNumber).ValueChanged -= callback;

    public void Dispose()
    {
        foreach (var pin in _open.Values)
            pin.Release();
        _open.Clear();
        _chip.Dispose();
    }

    internal static unsafe gpio_v2_line_config Config(PinSettings settings)
    {
        var isOutput = settings.Mode == PinMode.Output;
        var config = new gpio_v2_line_config
        {
            flags = (isOutput ? GpioAbi.GPIO_V2_LINE_FLAG_OUTPUT : GpioAbi.GPIO_V2_LINE_FLAG_INPUT)
                | (settings.ActiveLow ? GpioAbi.GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0)
                | (settings.Mode == PinMode.InputPullUp ? GpioAbi.GPIO_V2_LINE_FLAG_BIAS_PULL_UP : 0)
                | (settings.Mode == PinMode.InputPullDown ? GpioAbi.GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN : 0)
                | (settings.Edges.HasFlag(PinEventTypes.Rising) ? GpioAbi.GPIO_V2_LINE_FLAG_EDGE_RISING : 0)
                | (settings.Edges.HasFlag(PinEventTypes.Falling) ? GpioAbi.GPIO_V2_LINE_FLAG_EDGE_FALLING : 0),
        };
        if (isOutput)
            Add(ref config, new() { id = GpioAbi.GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, values = settings.Initial == PinValue.High ? 1UL : 0 });
        else if (settings.Debounce > TimeSpan.Zero)
            Add(ref config, new() { id = GpioAbi.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, debounce_period_us = (uint)settings.Debounce.TotalMicroseconds });
        return config;
    }

    private static unsafe void Add(ref gpio_v2_line_config config, gpio_v2_line_attribute attribute)
    {
        fixed (byte* attributes = config.attrs)
            Unsafe.WriteUnaligned(attributes + config.num_attrs++ * sizeof(gpio_v2_line_config_attribute), new gpio_v2_line_config_attribute { attr = attribute, mask = 1 });
    }

    private GpioPin Open(int pinNumber) => _open.GetValueOrDefault(pinNumber) ?? throw new InvalidOperationException($"{Path} line {pinNumber} is not open");

    /// <summary>Up to 32 bytes, ended by a zero.</summary>
    private static unsafe string Text(byte* text)
    {
        var bytes = new ReadOnlySpan<byte>(text, 32);
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
