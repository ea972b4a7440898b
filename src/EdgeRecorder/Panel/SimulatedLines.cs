using EdgeRecorder.Configuration;

namespace EdgeRecorder.Panel;

/// <summary>A panel that nobody built: every line is there, lights light nothing, inputs change when the API says so.</summary>
internal sealed class SimulatedLines(PanelOptions options, string reason, TimeProvider time) : IPanelLines
{
    private const int Channels = 4, Alarms = 2;

    private readonly Dictionary<string, Wire> _inputs = new(StringComparer.Ordinal);

    public string Description => reason;
    public bool IsSimulated => true;

    public IReadOnlyCollection<string> Names { get; } =
    [
        options.RecordLed, options.FaultLed, options.NetworkLed, .. Enumerable.Range(1, Channels).Select(n => PanelNames.With(options.ChannelLeds, n)),
        options.RecordButton, options.Ignition, options.PowerFail, .. Enumerable.Range(1, Alarms).Select(n => PanelNames.With(options.AlarmInputs, n)),
        .. Enumerable.Range(1, Alarms).Select(n => PanelNames.With(options.AlarmOutputs, n)), options.Buzzer,
    ];

    public IPanelInput? Input(string name, TimeSpan debounce, Action<PanelEdge> changed)
        => name.Length == 0 || !Names.Contains(name) ? null : _inputs[name] = new Wire(name, changed) { IsActive = name == options.Ignition };

    public IPanelOutput? Output(string name) => name.Length == 0 || !Names.Contains(name) ? null : new Light(name);

    /// <summary>False when there is no such input.</summary>
    public bool Set(string name, bool active)
    {
        if (!_inputs.TryGetValue(name, out var input))
            return false;
        if (input.IsActive != active)
            input.Change(new(input.IsActive = active, time.GetElapsedTime(0), false));
        return true;
    }

    public void Dispose() { }

    private sealed class Wire(string name, Action<PanelEdge> changed) : IPanelInput
    {
        public string Name => name;
        public bool IsActive { get; set; }
        public long Lost => 0;
        public Action<PanelEdge> Change => changed;
    }

    private sealed class Light(string name) : IPanelOutput
    {
        public string Name => name;
        public void Set(bool on) { }
    }
}
