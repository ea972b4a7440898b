using EdgeRecorder.Configuration;
using EdgeRecorder.Platform.Gpio;
using EdgeRecorder.Platform.Linux;

namespace EdgeRecorder.Panel;

/// <summary>The panel's lines on a GPIO chip. Outputs are switched off when it is disposed, then all lines are given back.</summary>
internal sealed partial class GpioLines : IPanelLines
{
    private readonly PanelOptions _options;
    private readonly ILogger _log;
    private readonly ReadyLoop _edges;
    private readonly GpioController _chip;
    private readonly Dictionary<string, int> _pins = new(StringComparer.Ordinal);
    private readonly List<Light> _outputs = [];

    private GpioLines(PanelOptions options, ReadyLoop edges, GpioController chip, ILogger log)
    {
        (_options, _edges, _chip, _log) = (options, edges, chip, log);
        for (var pin = 0; pin < chip.PinCount; pin++)
            if (chip.Info(pin).Name is { Length: > 0 } name)
                _pins.TryAdd(name, pin);
    }

    public string Description => $"{_chip.Name} [{_chip.Label}]";
    public bool IsSimulated => false;
    public IReadOnlyCollection<string> Names => _pins.Keys;

    /// <summary>The chip of that name, label or path; `auto` the first that has a line of the panel. Null and why not.</summary>
    public static (GpioLines? Lines, string Reason) Open(PanelOptions options, ILogger log, string folder = "/dev")
    {
        if (options.Chip == "none")
            return (null, "panel.chip is none");
        var chips = GpioController.Chips(folder);
        var reason = chips.Count == 0 ? "this machine has no GPIO chip" : options.Chip == "auto" ? "no GPIO chip has a line of the panel" : $"no GPIO chip is called {options.Chip}";
        foreach (var path in chips)
        {
            var edges = new ReadyLoop("panel edges");
            GpioController? chip = null;
            try
            {
                chip = new GpioController(path, edges);
                var lines = new GpioLines(options, edges, chip, log);
                if (options.Chip == "auto" ? lines.Names.Any(name => PanelNames.IsOne(options, name)) : options.Chip == path || options.Chip == chip.Name || options.Chip == chip.Label)
                    return (lines, "");
            }
            catch (ErrnoException e)
            {
                reason = e.Message;
            }
            chip?.Dispose();
            edges.Dispose();
        }
        return (null, reason);
    }

    public IPanelInput? Input(string name, TimeSpan debounce, Action<PanelEdge> changed)
    {
        if (!_pins.TryGetValue(name, out var number))
            return null;
        var mode = _options.PullUp.Contains(name) ? PinMode.InputPullUp : _options.PullDown.Contains(name) ? PinMode.InputPullDown : PinMode.Input;
        return Try(name, () =>
        {
            var pin = _chip.OpenPin(number, new PinSettings { Mode = mode, ActiveLow = _options.ActiveLow.Contains(name), Debounce = debounce });
            var input = new Wire(name, pin, changed);
            pin.Failed += e => LogGone(e.Message);
            _chip.RegisterCallbackForPinValueChangedEvent(number, PinEventTypes.Rising | PinEventTypes.Falling, input.Tell);
            return input;
        });
    }

    public IPanelOutput? Output(string name)
    {
        if (!_pins.TryGetValue(name, out var number))
            return null;
        return Try(name, () =>
        {
            var output = new Light(name, _chip.OpenPin(number, new PinSettings { Mode = PinMode.Output, ActiveLow = _options.ActiveLow.Contains(name) }), this);
            _outputs.Add(output);
            return output;
        });
    }

    public void Dispose()
    {
        _outputs.ForEach(output => output.Set(false));     // some chips keep the last level of a line that nobody holds
        _chip.Dispose();
        _edges.Dispose();
    }

    private T? Try<T>(string name, Func<T> open) where T : class
    {
        try
        {
            return open();
        }
        catch (ErrnoException e)
        {
            LogRefused(name, e.Message);
            return null;
        }
    }

    private sealed class Wire(string name, GpioPin pin, Action<PanelEdge> changed) : IPanelInput
    {
        // The level when the line was opened; every edge says what it is from then on.
        private volatile bool _active = pin.Read() == PinValue.High;

        public string Name => name;
        public bool IsActive => _active;
        public long Lost => pin.Lost;

        public void Tell(object sender, PinValueChangedEventArgs edge)
        {
            _active = edge.ChangeType == PinEventTypes.Rising;
            changed(new(_active, edge.Timestamp, edge.Lost > 0 || edge.IsRepair));
        }
    }

    private sealed class Light(string name, GpioPin pin, GpioLines lines) : IPanelOutput
    {
        private bool _failed;

        public string Name => name;

        public void Set(bool on)
        {
            try
            {
                pin.Write(on);
                _failed = false;
            }
            catch (ErrnoException e)
            {
                if (!_failed)
                    lines.LogGone(e.Message);
                _failed = true;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Panel: {Line} is left alone: {Reason}")]
    private partial void LogRefused(string line, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Panel: {Reason}")]
    private partial void LogGone(string reason);
}
