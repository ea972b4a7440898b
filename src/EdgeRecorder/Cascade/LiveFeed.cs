using System.Threading.Channels;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Cascade;

/// <summary>
/// A stream on its way to a platform as it comes. The queue is bounded: what a slow machine cannot mux is left out up to the next sync fragment; what a slow platform does not take, its transport leaves
/// out up to the next sync sample.
/// </summary>
/// <param name="leftOut">Told how many pictures.</param>
internal sealed class LiveFeed(Action<int> leftOut) : IFragmentViewer, IDisposable
{
    private const int MostWaiting = 64;                     // 13 s of fragments of 0.2 s

    private readonly Channel<Fragment> _queue = Channel.CreateUnbounded<Fragment>();
    private readonly Lock _gate = new();
    private readonly List<FragmentUnit> _units = [];
    private bool _skipping;
    private bool _isOver;

    public void Offer(Fragment fragment)
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _skipping = (_skipping || _queue.Reader.Count >= MostWaiting) && !(fragment.IsSync && _queue.Reader.Count < MostWaiting);
            if (_skipping)
            {
                leftOut(fragment.VideoSamples);
                return;
            }
            fragment.AddReference();
            _queue.Writer.TryWrite(fragment);
        }
    }

    public void Changed(ChannelState state, string detail)
    {
    }

    public void Ended() => _queue.Writer.TryComplete();

    /// <summary>Of what watching began with only the newest sync fragment and what follows is wanted: a picture at once, and not from a while ago.</summary>
    public void BeginWithNewest()
    {
        List<Fragment> kept = [];
        lock (_gate)
        {
            while (_queue.Reader.TryRead(out var fragment))
            {
                if (fragment.IsSync)
                    Release(kept);
                kept.Add(fragment);
            }
            kept.ForEach(fragment => _queue.Writer.TryWrite(fragment));
        }
    }

    /// <summary>Runs until the channel is gone, the transport ended or <paramref name="stop"/> fires.</summary>
    public async Task RunAsync(CallSender sender, CancellationToken stop)
    {
        await foreach (var fragment in _queue.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            try
            {
                if (sender.Transport.HasEnded)
                    return;
                Send(fragment, sender);
            }
            finally
            {
                fragment.Release();
            }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _queue.Writer.TryComplete();
            while (_queue.Reader.TryRead(out var fragment))
                fragment.Release();
        }
    }

    private void Send(Fragment fragment, CallSender sender)
    {
        sender.Describe(fragment.Init);
        FragmentUnits.Read(fragment.Head.Span, fragment.Init, _units);
        foreach (var unit in _units)
            if (fragment.Find(unit.Offset, unit.Size) is { } payload)
                sender.Send(unit, payload, unit.Pts90k);
    }

    private static void Release(List<Fragment> fragments)
    {
        fragments.ForEach(fragment => fragment.Release());
        fragments.Clear();
    }
}
