using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Live;

/// <summary>The streams that are watched now, one <see cref="LiveStream"/> for each, with normal and with low latency; made for the first viewer, gone with the last.</summary>
internal sealed class LiveStreams(IRecorder recorder, IRing ring, RingRecall recall, AacSound? sound = null)
{
    private readonly Lock _changing = new();
    private readonly Dictionary<(StreamKey Stream, bool LowLatency), Watched> _watched = [];

    /// <summary>Streams that are watched.</summary>
    public int Count
    {
        get { lock (_changing) return _watched.Count; }
    }

    /// <summary>Lets a viewer watch until the lease is disposed; null when there is no such channel.</summary>
    /// <param name="history">How much of what has been he wants to begin with; zero: from the newest sync fragment on.</param>
    public async Task<IDisposable?> WatchAsync(StreamKey stream, bool lowLatency, TrackChoice tracks, ILiveViewer viewer, TimeSpan history)
    {
        if (Enter(stream, lowLatency) is not { } watched)
            return null;
        try
        {
            watched.Live.Keep((long)history.TotalMicroseconds);
            await watched.ReachBackAsync(recall, stream, (long)history.TotalMicroseconds);
            watched.Live.Join(viewer, tracks, (long)history.TotalMicroseconds);
            return new Seat(this, watched, viewer);
        }
        catch
        {
            Leave(watched);
            throw;
        }
    }

    private Watched? Enter(StreamKey stream, bool lowLatency)
    {
        lock (_changing)
        {
            var key = (stream, lowLatency);
            if (_watched.TryGetValue(key, out var known) && !known.Live.IsEnded)
            {
                known.Viewers++;
                return known;
            }
            var live = new LiveStream(ring, lowLatency ? Capture.Short90k : null, sound);
            if (recorder.Watch(stream, live, lowLatency) is not { } lease)
                return null;
            return _watched[key] = new Watched(key, live, lease) { Viewers = 1 };
        }
    }

    private void Leave(Watched watched)
    {
        lock (_changing)
        {
            if (--watched.Viewers > 0)
                return;
            if (_watched.TryGetValue(watched.Key, out var current) && current == watched)
                _watched.Remove(watched.Key);
        }
        watched.Dispose();
    }

    private sealed class Watched((StreamKey, bool) key, LiveStream live, IDisposable lease) : IDisposable
    {
        private readonly SemaphoreSlim _oneReads = new(1);
        private long _reachedUs = -1;

        public (StreamKey, bool) Key => key;
        public LiveStream Live => live;
        public int Viewers { get; set; }

        /// <summary>Fetches from the ring what a joining viewer needs and memory does not hold; once, however many join together.</summary>
        public async Task ReachBackAsync(RingRecall recall, StreamKey stream, long historyUs)
        {
            if (!live.Oldest(historyUs).NeedsMore || Volatile.Read(ref _reachedUs) >= historyUs)
                return;
            await _oneReads.WaitAsync();
            try
            {
                var (before90k, beforeUs, needsMore) = live.Oldest(historyUs);
                if (needsMore && _reachedUs < historyUs)
                    live.Prepend(await Task.Run(() => recall.Before(stream, before90k, beforeUs, historyUs)));
                Volatile.Write(ref _reachedUs, Math.Max(_reachedUs, historyUs));
            }
            finally
            {
                _oneReads.Release();
            }
        }

        public void Dispose()
        {
            lease.Dispose();
            live.Close();
            _oneReads.Dispose();
        }
    }

    private sealed class Seat(LiveStreams streams, Watched watched, ILiveViewer viewer) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) != 0)
                return;
            watched.Live.Leave(viewer);
            streams.Leave(watched);
        }
    }
}
