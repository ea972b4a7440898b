using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>
/// Remembers the newest fragments of a stream without holding them: a viewer who joins is given those that somebody else still holds, the ring until
/// its next sync, other viewers as long as they need. So a stream that nobody watches costs no memory, and what the ring let go of can be read there.
/// </summary>
internal sealed class LiveWindow
{
    /// <summary>6 s: three GOPs of the usual two seconds (DESIGN section 2).</summary>
    public const long Longest90k = 6 * 90_000;

    private readonly Queue<Fragment> _fragments = new();
    private long _known90k;

    public void Add(Fragment fragment)
    {
        _fragments.Enqueue(fragment);
        _known90k += fragment.Duration90k;
        while (_known90k > Longest90k && _fragments.Count > 1)
            _known90k -= _fragments.Dequeue().Duration90k;
    }

    public void AddAll(LiveWindow other)
    {
        foreach (var fragment in other._fragments)
            Add(fragment);
    }

    /// <summary>Offers the newest ones that are still alive, without a hole, oldest first.</summary>
    public void OfferTo(IFragmentViewer viewer)
    {
        Fragment[] known = [.. _fragments];
        var first = known.Length;
        while (first > 0 && known[first - 1].TryAddReference())
            first--;
        foreach (var fragment in known.AsSpan(first))
        {
            viewer.Offer(fragment);
            fragment.Release();
        }
    }

    public void Clear()
    {
        _fragments.Clear();
        _known90k = 0;
    }
}
