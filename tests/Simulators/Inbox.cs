using System.Collections.Concurrent;

namespace EdgeRecorder.Simulators;

/// <summary>What other threads have the pacer's thread do between two of its turns.</summary>
internal sealed class Inbox
{
    private const int TurnMs = 5;

    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly AutoResetEvent _wake = new(false);

    /// <summary>Has something done at once.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _wake.Set();
    }

    /// <summary>Has something answered.</summary>
    public Task<string> AskAsync(Func<string> question)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.SetResult(question());
            }
            catch (Exception e)
            {
                answer.SetException(e);                        // the one who asked learns it
            }
        });
        return answer.Task;
    }

    /// <summary>For the pacer: does all that waits.</summary>
    public void Empty()
    {
        while (_posted.TryDequeue(out var action))
            action();
    }

    /// <summary>For the pacer: waits for its next turn, which comes at once when something is posted.</summary>
    public void Wait(CancellationToken stop) => WaitHandle.WaitAny([stop.WaitHandle, _wake], TurnMs);
}
