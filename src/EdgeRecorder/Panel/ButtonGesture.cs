namespace EdgeRecorder.Panel;

/// <summary>What a press means, by how long it lasted.</summary>
internal enum Press { None, Short, Long, VeryLong }

/// <summary>
/// A button from press to release. It acts on release, so that a long press is no short one first; each threshold that is passed is announced, so that a hand knows when to let go.
/// Held for <see cref="Stuck"/>, it is no press: something leans on it, or somebody thought better of it. How long it lasted is what the kernel dated.
/// </summary>
internal sealed class ButtonGesture : IDisposable
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(3), VeryLong = TimeSpan.FromSeconds(10), Stuck = TimeSpan.FromSeconds(20);

    private readonly ITimer _timer;
    private readonly Action<Press> _announce;
    private readonly Action<Press> _act;
    private TimeSpan? _since;
    private Press _reached;

    /// <param name="post">Brings the timer's call to where edges are handled.</param>
    public ButtonGesture(TimeProvider time, Action<Action> post, Action<Press> announce, Action<Press> act)
    {
        (_announce, _act) = (announce, act);
        _timer = time.CreateTimer(_ => post(Pass), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool IsPressed => _since is not null;

    /// <summary>A button that is down at start has not been pressed: its release does nothing.</summary>
    public void Take(PanelEdge edge)
    {
        var since = _since;
        _since = null;
        Wait(Timeout.InfiniteTimeSpan);
        if (edge.Active)
        {
            (_since, _reached) = (edge.At, Press.Short);
            Wait(Long);
        }
        else if (since is { } pressed && !edge.IsBroken && Of(edge.At - pressed) is var press and not Press.None)
            _act(press);
    }

    public static Press Of(TimeSpan held) => held >= Stuck ? Press.None : held >= VeryLong ? Press.VeryLong : held >= Long ? Press.Long : Press.Short;

    public void Dispose() => _timer.Dispose();

    private void Pass()
    {
        if (_since is null)
            return;                                         // let go while the timer's call was on its way
        _reached = _reached == Press.Short ? Press.Long : _reached == Press.Long ? Press.VeryLong : Press.None;
        Wait(_reached switch { Press.Long => VeryLong - Long, Press.VeryLong => Stuck - VeryLong, _ => Timeout.InfiniteTimeSpan });
        _announce(_reached);
    }

    private void Wait(TimeSpan wait) => _timer.Change(wait, Timeout.InfiniteTimeSpan);
}
