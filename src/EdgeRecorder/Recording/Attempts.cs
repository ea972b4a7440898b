namespace EdgeRecorder.Recording;

/// <summary>When a source is tried again: after the back-off, after what the source itself asked for, or at once when there is a reason.</summary>
/// <param name="sync">The lock of the capture; <see cref="Begin"/>, <see cref="Ended"/>, <see cref="Succeeded"/> and <see cref="EndCurrent"/> are called under it.</param>
internal sealed class Attempts(Lock sync, TimeProvider time, Random chance)
{
    private readonly Backoff _backoff = new(time, chance);
    private CancellationTokenSource? _current;              // a session, or the pause before one
    private bool _isPausing;
    private bool _isReady;                                  // the source said so since the session that runs began
    private TimeSpan _least;                                // that the source wants between two attempts

    public void Begin(CancellationTokenSource session) => _current = session;

    /// <param name="least">The least that the source wants to be left alone.</param>
    public void Ended(TimeSpan least) => (_current, _least) = (null, least);

    /// <summary>Media flows.</summary>
    public void Succeeded()
    {
        _backoff.Flows();
        _isReady = false;
    }

    /// <summary>The session that runs, or the pause, ends; the next session begins at once. On another thread: what a session does at its end must not wait for the lock of the capture.</summary>
    public void EndCurrent() => _ = _current?.CancelAsync();

    /// <summary>The source can be had again: a pause ends, a session that delivers goes on.</summary>
    public void Retry()
    {
        lock (sync)
            if (_isPausing)
                EndCurrent();
            else
                _isReady = true;
    }

    public async Task PauseAsync(CancellationToken stop)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stop);
        TimeSpan wait;
        lock (sync)
        {
            if (_isReady)
            {
                _isReady = false;
                return;
            }
            wait = _backoff.Next();
            if (wait < _least)
                wait = _least;
            (_current, _isPausing) = (pause, true);
        }
        try
        {
            await Task.Delay(wait, time, pause.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // New settings, or the source is there again: try now.
        }
        lock (sync)
            (_current, _isPausing) = (null, false);
    }
}
