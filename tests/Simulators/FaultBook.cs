using System.Collections.Concurrent;

namespace EdgeRecorder.Simulators;

/// <summary>Who has which faults: all the same ones, but for those targets of commands that have their own.</summary>
internal sealed class FaultBook<T> where T : class, new()
{
    private readonly ConcurrentDictionary<string, T> _own = new();
    private volatile bool _anyOwn;

    /// <summary>Of those that have none of their own.</summary>
    public T Common { get; } = new();

    public T Of(string target) => Own(target) ?? Common;

    /// <summary>Of a channel by its key: its own, or those of its owner.</summary>
    public T Of(string owner, string channel) => Own(channel) ?? Of(owner);

    /// <summary>Of a channel that has no key but its owner's and its number.</summary>
    public T Of(string owner, byte channel) => _anyOwn ? Of(owner, $"{owner}/{channel}") : Common;

    /// <summary>To be changed: from now on the target has its own. Null = all that have none.</summary>
    public T For(string? target)
    {
        if (target is null)
            return Common;
        var own = _own.GetOrAdd(target, _ => new T());
        _anyOwn = true;
        return own;
    }

    private T? Own(string target) => _anyOwn && _own.TryGetValue(target, out var own) ? own : null;
}
