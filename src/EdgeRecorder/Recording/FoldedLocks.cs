using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>Locks around things that follow each other: where their ranges touch, the lock that is there grows instead of a second one being made. One caller at a time.</summary>
internal sealed class FoldedLocks(LockDesk locks)
{
    private readonly Dictionary<int, Folded> _folded = [];

    /// <returns>Null when the range is locked, else why the ring refuses it.</returns>
    public string? Lock(int channelNumber, DateTimeOffset from, DateTimeOffset to, string reason, string by)
    {
        if (_folded.TryGetValue(channelNumber, out var folded) && from <= folded.To && to >= folded.From)
        {
            if (from >= folded.From && (to <= folded.To || locks.Extend(folded.Id, to)))
            {
                _folded[channelNumber] = folded with { To = to > folded.To ? to : folded.To };
                return null;
            }
            from = from < folded.From ? from : folded.From;     // somebody released it, or the beginning lies before it: a new one
        }
        var (made, refusal) = locks.Add(new StreamKey(channelNumber, 0), from, to, reason, by, null);
        if (made is not null)
            _folded[channelNumber] = new(made.Id, from, to);
        return refusal;
    }

    private readonly record struct Folded(string Id, DateTimeOffset From, DateTimeOffset To);
}
