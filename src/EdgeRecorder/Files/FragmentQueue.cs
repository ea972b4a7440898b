using System.Collections.Concurrent;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Files;

/// <summary>Fragments on their way from a capture to whoever writes them into a file. The capture never waits: when the writer is too slow, fragments are let go of, and the ring has them.</summary>
internal sealed class FragmentQueue(long mostBytes) : IFragmentViewer
{
    private readonly ConcurrentQueue<Fragment> _fragments = new();
    private long _bytes;
    private volatile bool _isLive;
    private volatile bool _isEnded;

    /// <summary>Media flows, as far as the capture knows.</summary>
    public bool IsLive => _isLive;

    /// <summary>The channel is gone: nothing comes out of this lease any more.</summary>
    public bool IsEnded => _isEnded;

    public void Offer(Fragment fragment)
    {
        if (Interlocked.Add(ref _bytes, fragment.Length) > mostBytes)
        {
            Interlocked.Add(ref _bytes, -fragment.Length);
            return;
        }
        fragment.AddReference();
        _fragments.Enqueue(fragment);
    }

    public void Changed(ChannelState state, string detail) => _isLive = state is ChannelState.Recording or ChannelState.Live;

    public void Ended() => (_isLive, _isEnded) = (false, true);

    /// <summary>The next one, which is the caller's to release.</summary>
    public bool TryTake(out Fragment fragment)
    {
        if (!_fragments.TryDequeue(out fragment!))
            return false;
        Interlocked.Add(ref _bytes, -fragment.Length);
        return true;
    }

    public bool TryPeek(out Fragment fragment) => _fragments.TryPeek(out fragment!);

    public void Clear()
    {
        while (TryTake(out var fragment))
            fragment.Release();
    }
}
