using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Live;

/// <summary>
/// A stream that is watched: the fan-out from its fragments to any number of viewers. Keeps what one who joins is given at once: everything since the newest
/// sync fragment, more while somebody asked for history.
/// </summary>
/// <param name="longest90k">With low latency: what is longer was made before somebody asked for it, and is cut.</param>
internal sealed class LiveStream(IRing ring, long? longest90k = null, AacSound? sound = null) : IFragmentViewer
{
    /// <summary>What is kept for those who join, at most; a GOP beyond it is not waited for, they begin with the next.</summary>
    private const long MostBytes = 16 << 20;

    private readonly Lock _gate = new();
    private readonly LinkedList<Fragment> _window = new();
    private readonly List<LiveVariant> _variants = [];
    private long _bytes;
    private long _historyUs;
    private bool _awaitsSync;
    private (ChannelState State, string Detail) _state;
    private bool _isEnded;

    public bool IsEnded
    {
        get { lock (_gate) return _isEnded; }
    }

    /// <summary>From here on so much history is kept. Before any of it is read back: the next sync fragment would drop it again.</summary>
    public void Keep(long historyUs)
    {
        lock (_gate)
            _historyUs = Math.Max(_historyUs, historyUs);
    }

    /// <summary>The oldest fragment that is kept; what lies before it may be in the ring.</summary>
    /// <returns>Where it begins, and whether a viewer who wants so much history needs more.</returns>
    public (long? MediaStart90k, long BoottimeUs, bool NeedsMore) Oldest(long historyUs)
    {
        lock (_gate)
        {
            if (_window.First is not { } first)
                return (null, 0, true);
            var lengthUs = _window.Last!.Value.BoottimeUs - first.Value.BoottimeUs;
            return (first.Value.MediaStart90k, first.Value.BoottimeUs, !_window.Any(fragment => fragment.IsSync) || lengthUs < historyUs);
        }
    }

    /// <summary>Puts what was read back from the ring in front of what is kept; takes the references. What does not fit to it is let go.</summary>
    public void Prepend(IReadOnlyList<Fragment> older)
    {
        lock (_gate)
        {
            var fits = !_isEnded;
            foreach (var fragment in older.Reverse())
            {
                var first = _window.First?.Value;
                if (!fits || first is not null && fragment.MediaStart90k >= first.MediaStart90k)
                {
                    fragment.Release();                     // meanwhile it came by itself
                    continue;
                }
                fits = first is null || MediaTime.RunsOn(fragment.MediaStart90k + fragment.Duration90k, first.MediaStart90k);
                if (fits)
                    _window.AddFirst(fragment);
                else
                    fragment.Release();
                _bytes += fits ? fragment.Length : 0;
            }
        }
    }

    /// <summary>Begins with what is kept, from the newest sync fragment on or as much further back as <paramref name="historyUs"/> says.</summary>
    public void Join(ILiveViewer viewer, TrackChoice choice, long historyUs)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                viewer.Ended(LiveEnd.ChannelRemoved);
                return;
            }
            var variant = _variants.Find(v => v.Choice == choice);
            if (variant is null)
            {
                _variants.Add(variant = new LiveVariant(choice, ring.ToUtcUs, longest90k, sound));
                foreach (var fragment in _window)
                    variant.Add(fragment);
            }
            viewer.Changed(_state.State, DetailFor(variant));
            LivePacket[] kept = [.. variant.Packets];
            foreach (var packet in kept.AsSpan(FirstFor(kept, historyUs)))
                viewer.Add(packet);
            variant.Join(viewer);
        }
    }

    public void Leave(ILiveViewer viewer)
    {
        lock (_gate)
            foreach (var variant in _variants)
                if (variant.Leave(viewer))
                {
                    if (variant.Viewers.Count == 0)
                    {
                        variant.Clear();
                        _variants.Remove(variant);
                    }
                    return;
                }
    }

    /// <summary>Lets go of everything; the last viewer has left.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isEnded = true;
            foreach (var variant in _variants)
                variant.Clear();
            _variants.Clear();
            foreach (var fragment in _window)
                fragment.Release();
            _window.Clear();
        }
    }

    void IFragmentViewer.Offer(Fragment fragment)
    {
        lock (_gate)
        {
            if (_isEnded)
                return;
            // What the ring gave back may end before this begins; then, as behind a loss, the next sync fragment is a new start.
            if (!fragment.StartsRun && _window.Last is { } last && !MediaTime.RunsOn(last.Value.MediaStart90k + last.Value.Duration90k, fragment.MediaStart90k))
                _awaitsSync = true;
            if (_awaitsSync && !fragment.IsSync)
                return;
            _awaitsSync = false;
            fragment.AddReference();
            _window.AddLast(fragment);
            _bytes += fragment.Length;
            foreach (var variant in _variants)
            {
                var hadNothing = variant.HasNothing;
                variant.Add(fragment);
                if (variant.HasNothing != hadNothing)
                    foreach (var viewer in variant.Viewers)
                        viewer.Changed(_state.State, DetailFor(variant));
            }
            Trim();
        }
    }

    void IFragmentViewer.Changed(ChannelState state, string detail)
    {
        lock (_gate)
        {
            _state = (state, detail);
            foreach (var variant in _variants)
                foreach (var viewer in variant.Viewers)
                    viewer.Changed(state, DetailFor(variant));
        }
    }

    void IFragmentViewer.Ended()
    {
        List<ILiveViewer> viewers;
        lock (_gate)
        {
            viewers = [.. _variants.SelectMany(variant => variant.Viewers)];
            Close();
        }
        foreach (var viewer in viewers)
            viewer.Ended(LiveEnd.ChannelRemoved);
    }

    private string DetailFor(LiveVariant variant) => variant.HasNothing ? "the stream has no track that was asked for" : _state.Detail;

    private static int FirstFor(ReadOnlySpan<LivePacket> kept, long historyUs)
    {
        var first = kept.Length;
        for (var i = kept.Length - 1; i >= 0; i--)
        {
            if (kept[i].IsSync)
                first = i;
            if (first < kept.Length && kept[^1].BoottimeUs - kept[i].BoottimeUs >= historyUs)
                break;
        }
        return first;
    }

    private void Trim()
    {
        var newestSync = _window.Last;
        while (newestSync is not null && !newestSync.Value.IsSync)
            newestSync = newestSync.Previous;
        var keepFrom = newestSync;
        for (var node = newestSync; node is not null && _window.Last!.Value.BoottimeUs - keepFrom!.Value.BoottimeUs < _historyUs; node = node.Previous)
            if (node.Value.IsSync)
                keepFrom = node;
        while (_window.Count > 1 && (keepFrom is not null && _window.First != keepFrom || _bytes > MostBytes))
        {
            var oldest = _window.First!.Value;
            if (_window.First == keepFrom)
                keepFrom = null;                            // too large to keep: who joins waits for the next
            _window.RemoveFirst();
            _bytes -= oldest.Length;
            foreach (var variant in _variants)
                variant.DropBefore(_window.First!.Value.MediaStart90k);
            oldest.Release();
        }
    }
}
