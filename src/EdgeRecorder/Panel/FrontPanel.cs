using EdgeRecorder.Configuration;

namespace EdgeRecorder.Panel;

/// <summary>
/// The box's front: which line does what. Edges come from a thread that must not wait, everything they lead to is posted; the two exceptions need no waiting and must not wait for
/// others: what is in memory goes to the disk when the supply or the ignition goes.
/// </summary>
internal sealed partial class FrontPanel : IDisposable
{
    /// <summary>How long a level must last: a contact bounces for milliseconds; a line through a vehicle catches more; a failing supply has no time to lose.</summary>
    private static readonly TimeSpan Contact = TimeSpan.FromMilliseconds(20), Vehicle = TimeSpan.FromMilliseconds(100), Supply = TimeSpan.FromMilliseconds(1);
    private const int NotDone = 5, OthersRecord = 3;        // flashes

    private readonly PanelOptions _options;
    private readonly IPanelLines _lines;
    private readonly PanelSurroundings _box;
    private readonly ILogger _log;
    private readonly List<(Blinker Led, Func<BoxCondition, LedPattern> Pattern)> _leds = [];
    private readonly List<(IPanelInput Input, string Kind)> _inputs = [];
    private readonly Dictionary<string, AlarmSwitch> _switches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (PanelEvent Event, TimeSpan Since)> _lasting = [];
    private readonly ButtonGesture _button;
    private readonly Blinker? _recordLed;
    private readonly Blinker? _buzzer;
    private readonly Ignition _ignition;
    private readonly bool _hasIgnition;
    private bool _faulty;

    public FrontPanel(PanelOptions options, IPanelLines lines, PanelSurroundings box)
    {
        (_options, _lines, _box, _log) = (options, lines, box, box.Log);
        _recordLed = AddLed(options.RecordLed, condition => condition.RecordLed(options.ClipBlink));
        AddLed(options.FaultLed, condition => condition.FaultLed);
        AddLed(options.NetworkLed, condition => condition.NetworkLed);
        foreach (var (name, number) in Numbered(options.ChannelLeds))
            AddLed(name, condition => condition.ChannelLed(number));
        foreach (var (name, _) in Numbered(options.AlarmOutputs))
            AddSwitch(name);
        _buzzer = AddSwitch(options.Buzzer);
        _button = new ButtonGesture(box.Time, Post, Announce, press => box.Post(() => ActAsync(press)));
        AddInput(options.RecordButton, "button", Contact, edge => Post(() => _button.Take(edge)));
        foreach (var (name, number) in Numbered(options.AlarmInputs))
            AddInput(name, "alarm", Contact, edge => Post(() => Alarm(name, number, edge)));
        AddInput(options.PowerFail, "power-fail", Supply, PowerFail);
        _ignition = new Ignition(TimeSpan.FromSeconds(options.IgnitionDelaySeconds), box.Time, Post, options.PowerOff ? () => box.Post(LeaveAsync) : null);
        var ignition = AddInput(options.Ignition, "ignition", Vehicle, IgnitionChanged);
        _hasIgnition = ignition is not null;
        // What lasts at start is as true as what begins later; only of a button it means nothing.
        var now = box.Time.GetElapsedTime(0);
        if (ignition is { IsActive: false })
            IgnitionChanged(new(false, now, false));
        foreach (var (name, number) in Numbered(options.AlarmInputs))
            if (_inputs.Any(input => input.Input.Name == name && input.Input.IsActive))
                Post(() => Alarm(name, number, new(true, now, false)));
    }

    /// <summary>Brings the lights up to date.</summary>
    public void Refresh() => Post(Update);

    /// <summary>As it stands behind everything that was posted before.</summary>
    public Task<PanelState> StateAsync() => AskAsync(() =>
    {
        Update();
        return new PanelState(_lines.Description, _lines.IsSimulated, _box.Recording.IsRunning, _hasIgnition ? _ignition.State : null, _ignition.LeavesAt,
        [
            .. _leds.Select(led => new PanelLine(led.Led.Line, "led", led.Led.IsLit, led.Led.Pattern, 0)),
            .. _inputs.Select(input => new PanelLine(input.Input.Name, input.Kind, input.Input.IsActive, input.Input.IsActive ? "active" : "inactive", input.Input.Lost)),
            .. _switches.Values.Select(output => new PanelLine(output.Output.Line, "output", output.Output.IsLit, output.Output.Pattern, 0)),
        ]);
    });

    /// <summary>Presses the record button for so long, as a hand would; comes back when what it led to is done. A press that is cancelled does nothing.</summary>
    public async Task PressAsync(TimeSpan time, CancellationToken stop)
    {
        var from = _box.Time.GetElapsedTime(0);
        Post(() => _button.Take(new(true, from, false)));
        var isBroken = true;
        try
        {
            await Task.Delay(time, _box.Time, stop);
            isBroken = false;
        }
        finally
        {
            Post(() => _button.Take(new(false, from + time, isBroken)));
        }
        await AskAsync(() => true);
    }

    /// <summary>Changes an input of a simulated panel. Null when done, else why not.</summary>
    public string? Simulate(string line, bool active)
        => _lines is not SimulatedLines simulated ? $"the lines of {_lines.Description} are real" : simulated.Set(line, active) ? null : $"the panel has no input {line}";

    /// <summary>Switches an alarm output or the buzzer. False when there is none of that name.</summary>
    public bool Switch(string line, bool on, TimeSpan? time)
    {
        if (!_switches.TryGetValue(line, out var output))
            return false;
        output.Set(on, time);
        return true;
    }

    public void Dispose()
    {
        _button.Dispose();
        _ignition.Dispose();
        _leds.ForEach(led => led.Led.Dispose());
        foreach (var output in _switches.Values)
            output.Dispose();
    }

    private void Update()
    {
        var condition = _box.Condition();
        foreach (var (led, pattern) in _leds)
            led.Show(pattern(condition));
        if (condition.Fault && !_faulty)
            _buzzer?.Flash(3);
        _faulty = condition.Fault;
    }

    private void Announce(Press reached)
    {
        var flashes = reached switch { Press.Long => 1, Press.VeryLong => 2, _ => NotDone };
        _recordLed?.Flash(flashes);
        _buzzer?.Flash(flashes);
    }

    private async Task ActAsync(Press press)
    {
        LogPressed(press);
        var flashes = press switch
        {
            Press.Short => await ToggleAsync(),
            Press.Long => KeepLastMinute() ? 0 : NotDone,
            _ => Refused(await _box.System.RestoreNetworkAsync()) ? NotDone : 0,
        };
        Update();
        if (flashes == 0)
            return;
        _recordLed?.Flash(flashes);
        if (flashes == NotDone)
            _buzzer?.Flash(flashes);
    }

    /// <summary>Starts the button's recording, or stops it; three flashes say that others go on recording.</summary>
    private async Task<int> ToggleAsync()
    {
        if (!_box.Recording.IsRunning)
            return _box.Recording.Start() ? 0 : NotDone;
        var channels = _box.Recording.Channels;
        await _box.Recording.StopAsync();
        return channels.Any(_box.Recording.Wants) ? OthersRecord : 0;
    }

    private bool KeepLastMinute()
    {
        var now = _box.Time.GetElapsedTime(0);
        _box.Ring.SyncNow();
        return _box.Events.Lock(_box.Events.Note("button", _options.RecordButton, now), TimeSpan.FromSeconds(_options.LockSeconds), now, TimeSpan.Zero);
    }

    private void Alarm(string line, int number, PanelEdge edge)
    {
        var (before, after) = (TimeSpan.FromSeconds(_options.AlarmBeforeSeconds), TimeSpan.FromSeconds(_options.AlarmAfterSeconds));
        if (edge.Active && !_lasting.ContainsKey(line))
        {
            _box.Ring.SyncNow();
            var e = _box.Events.Begin("alarm-input", line, edge.At);
            _lasting[line] = (e, edge.At);
            _box.Events.Lock(e, before, edge.At, after);
            if (_options.AlarmOutputSeconds > 0)
                Switch(PanelNames.With(_options.AlarmOutputs, number), true, TimeSpan.FromSeconds(_options.AlarmOutputSeconds));
            LogAlarm(line);
        }
        else if (!edge.Active && _lasting.Remove(line, out var lasting))
        {
            _box.Events.End(lasting.Event, edge.At);
            var longest = lasting.Since + TimeSpan.FromSeconds(_options.AlarmLongestSeconds);
            _box.Events.Lock(lasting.Event, before, edge.At < longest ? edge.At : longest, after);
        }
    }

    /// <summary>On the edge's own thread: nothing is in front of the sync. Lights cost what is left in a capacitor.</summary>
    private void PowerFail(PanelEdge edge)
    {
        if (edge.Active)
            _box.Ring.SyncNow();
        foreach (var (led, _) in _leds)
            led.Darken(edge.Active);
        _buzzer?.Darken(edge.Active);
        if (edge.Active)
            Post(() =>
            {
                _box.Events.Note("power-fail", _options.PowerFail, edge.At);
                LogPowerFail();
            });
    }

    private void IgnitionChanged(PanelEdge edge)
    {
        if (!edge.Active)
            _box.Ring.SyncNow();
        Post(() =>
        {
            if (!_ignition.Set(edge.Active))
                return;
            if (!edge.Active)
                _lasting[_options.Ignition] = (_box.Events.Begin("ignition-off", _options.Ignition, edge.At), edge.At);
            else if (_lasting.Remove(_options.Ignition, out var off))
                _box.Events.End(off.Event, edge.At);
            if (edge.Active)
                foreach (var channel in _box.Catalog.All)
                    _box.Recorder.Retry(channel.Number);    // cameras have their supply back
            LogIgnition(edge.Active ? "on" : "off", _ignition.LeavesAt);
        });
    }

    private async Task LeaveAsync()
    {
        _box.Ring.SyncNow();
        if (Refused(await _box.System.PowerOffAsync()))
        {
            _ignition.Stay();
            _recordLed?.Flash(NotDone);
        }
    }

    private bool Refused(string? why)
    {
        if (why is not null)
            LogNotDone(why);
        return why is not null;
    }

    private Blinker? AddLed(string name, Func<BoxCondition, LedPattern> pattern)
    {
        if (_lines.Output(name) is not { } output)
            return null;
        var led = new Blinker(output, _box.Time);
        _leds.Add((led, pattern));
        return led;
    }

    private Blinker? AddSwitch(string name)
    {
        if (_lines.Output(name) is not { } output)
            return null;
        var contact = new AlarmSwitch(new Blinker(output, _box.Time), _box.Time);
        _switches[name] = contact;
        return contact.Output;
    }

    private IPanelInput? AddInput(string name, string kind, TimeSpan debounce, Action<PanelEdge> changed)
    {
        if (_lines.Input(name, debounce, changed) is not { } input)
            return null;
        _inputs.Add((input, kind));
        return input;
    }

    private IEnumerable<(string Name, int Number)> Numbered(string pattern)
        => _lines.Names.Select(name => (Name: name, Number: PanelNames.Number(pattern, name))).Where(line => line.Number is not null).OrderBy(line => line.Number).Select(line => (line.Name, line.Number!.Value));

    private void Post(Action work) => _box.Post(() =>
    {
        work();
        return Task.CompletedTask;
    });

    private async Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (Exception e)
            {
                answer.SetException(e);                     // whose request it is
            }
        });
        return await answer.Task;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Panel: record button, {Press} press")]
    private partial void LogPressed(Press press);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Panel: alarm input {Line}")]
    private partial void LogAlarm(string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Panel: the supply is failing; what was in memory is on its way to the disk")]
    private partial void LogPowerFail();

    [LoggerMessage(Level = LogLevel.Information, Message = "Panel: ignition {State}; the box is switched off at {At}")]
    private partial void LogIgnition(string state, DateTimeOffset? at);

    [LoggerMessage(Level = LogLevel.Error, Message = "Panel: {Reason}")]
    private partial void LogNotDone(string reason);
}
