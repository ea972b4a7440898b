using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>The newest fragments of a stream that is watched: what a viewer who joins is given first. Holds a reference on each.</summary>
internal sealed class LiveWindow
{
    /// <summary>6 s: three GOPs of the usual two seconds (DESIGN section 2).</summary>
    public const long Longest90k = 6 * 90_000;

    private readonly Queue<Fragment> _fragments = new();
    private long _held90k;

    public IReadOnlyCollection<Fragment> Fragments => _fragments;

    public void Add(Fragment fragment)
    {
        fragment.AddReference();
        _fragments.Enqueue(fragment);
        _held90k += fragment.Duration90k;
        while (_held90k > Longest90k && _fragments.Count > 1)
            DropOldest();
    }

    public void Clear()
    {
        while (_fragments.Count > 0)
            DropOldest();
    }

    private void DropOldest()
    {
        var oldest = _fragments.Dequeue();
        _held90k -= oldest.Duration90k;
        oldest.Release();
    }
}
