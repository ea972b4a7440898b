namespace EdgeRecorder.Panel;

/// <summary>Shows a pattern on an output, and for a moment another one. The line is written only where its level changes.</summary>
internal sealed class Blinker : IDisposable
{
    private readonly Lock _sync = new();
    private readonly IPanelOutput _output;
    private readonly ITimer _timer;
    private LedPattern _pattern = LedPattern.Off;
    private LedPattern? _once;
    private int _step;
    private bool _wants;                                    // of the step
    private bool _lit;
    private bool _isDark;

    public Blinker(IPanelOutput output, TimeProvider time)
    {
        _output = output;
        _timer = time.CreateTimer(_ => Next(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Line => _output.Name;

    /// <summary>What it shows, by the pattern's name; what interrupts it for a moment first.</summary>
    public string Pattern
    {
        get
        {
            lock (_sync)
                return (_once ?? _pattern).Name;
        }
    }

    public bool IsLit
    {
        get
        {
            lock (_sync)
                return _lit;
        }
    }

    /// <summary>From now on; the same pattern goes on where it is.</summary>
    public void Show(LedPattern pattern)
    {
        lock (_sync)
        {
            if (pattern == _pattern)
                return;
            _pattern = pattern;
            if (_once is null)
                Begin();
        }
    }

    /// <summary>Once, then the pattern from its beginning. A later one takes the place of this.</summary>
    public void Flash(int count)
    {
        lock (_sync)
        {
            _once = LedPattern.Flashes(count);
            Begin();
        }
    }

    /// <summary>Dark whatever it shows, until told otherwise: the supply is failing.</summary>
    public void Darken(bool dark)
    {
        lock (_sync)
        {
            _isDark = dark;
            Write();
        }
    }

    public void Dispose()
    {
        lock (_sync)
            _timer.Dispose();
    }

    private void Next()
    {
        lock (_sync)
        {
            _step++;
            if (_step < (_once ?? _pattern).Steps.Length)
            {
                Take();
                return;
            }
            _once = null;
            Begin();
        }
    }

    private void Begin()
    {
        _step = 0;
        Take();
    }

    private void Take()
    {
        var (lit, ms) = (_once ?? _pattern).Steps[_step];
        _timer.Change(ms == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(ms), Timeout.InfiniteTimeSpan);
        _wants = lit;
        Write();
    }

    private void Write()
    {
        var lit = _wants && !_isDark;
        if (lit == _lit)
            return;
        _lit = lit;
        _output.Set(lit);
    }
}
